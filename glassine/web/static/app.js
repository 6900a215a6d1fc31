// Starts the page's own script: small conveniences on every page, and the inbox where there is one. Everything works without it, less comfortably.
import { startEditor } from "./editor.js";
import { startInbox } from "./inbox.js";
import { startInspect } from "./inspect.js";
import { startKeys } from "./keys.js";
import { startOrders } from "./order.js";
import { closestOf, csrf, say, localTimes } from "./page.js";
import { startReveals } from "./reveal.js";
import { startTyping } from "./typing.js";

function copying() {
  const shown = () => document.querySelectorAll("[data-copy][hidden]").forEach((button) => (button.hidden = false));
  shown();
  document.addEventListener("htmx:after:swap", shown);
  document.addEventListener("click", async (event) => {
    const button = closestOf(event, "[data-copy]");
    if (!button) return;
    const label = button.querySelector("span"), before = label.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      label.textContent = "Copied";
    } catch {
      label.textContent = "Select and copy by hand";  // a browser gives its clipboard to secure addresses only
    }
    setTimeout(() => (label.textContent = before), 1500);
  });
}

// One tooltip for the whole page, shown for the pointer and for the keyboard alike.
function tooltips() {
  const tip = document.getElementById("tip");
  if (!tip?.showPopover) return;
  const hide = () => tip.matches(":popover-open") && tip.hidePopover();
  const show = (event) => {
    const target = closestOf(event, "[data-tip]");
    if (!target) return hide();
    tip.textContent = target.dataset.tip;
    target.setAttribute("aria-describedby", "tip");
    if (!tip.matches(":popover-open")) tip.showPopover();
    const at = target.getBoundingClientRect(), size = tip.getBoundingClientRect();
    const above = at.bottom + size.height + 12 > innerHeight;
    tip.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
    tip.style.top = `${above ? at.top - size.height - 6 : at.bottom + 6}px`;
  };
  document.addEventListener("pointerover", show);
  document.addEventListener("focusin", show);
  document.addEventListener("focusout", hide);
  document.addEventListener("scroll", hide, true);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}

// Leaving a page with unsaved words asks first; sending the form does not.
function guards() {
  let changed = false;
  document.addEventListener("input", (event) => { if (event.target.closest("[data-guard]")) changed = true; });
  document.addEventListener("submit", (event) => { if (event.target.closest("[data-guard]")) changed = false; });
  document.addEventListener("saved", () => (changed = false));
  addEventListener("beforeunload", (event) => {
    const words = document.querySelector("[data-composer] textarea");
    if (changed || words?.value.trim()) event.preventDefault();
  });
}

function colours() {
  document.querySelector("[data-theme-form]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const root = document.documentElement, button = event.target.querySelector("button");
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `glassine_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
    button.querySelector("span").textContent = dark ? "Dark colours" : "Light colours";
  });
}

function toasts() {
  document.addEventListener("say", (event) => say(event.detail));
  document.addEventListener("htmx:error", () => say({ text: "The server cannot be reached. Nothing was lost here; try again in a moment.", kind: "bad" }));
  document.querySelectorAll("[data-toast]").forEach((toast) => setTimeout(() => toast.remove(), 10000));
  document.addEventListener("submit", (event) => closestOf(event, "[data-toast]") && setTimeout(() => event.target.closest("[data-toast]").remove()));
}

document.addEventListener("reload", () => location.reload());
document.addEventListener("change", (event) => event.target.matches("[data-submits]") && event.target.form.requestSubmit());
document.addEventListener("submit", (event) => event.target.action.endsWith("/sign-out") && sessionStorage.clear());  // half-written replies are nobody else's
document.querySelector("[data-submit-now]")?.requestSubmit();
document.addEventListener("htmx:config:request", (event) => {
  if (csrf()) event.detail.ctx.request.headers["X-Csrf"] = csrf();
});
// htmx carries inline styles over a swap, which our content policy forbids. We set none; what a browser's extension left in a field may go.
document.addEventListener("htmx:before:swap", () => document.querySelectorAll("main [id][style]").forEach((element) => element.removeAttribute("style")));
copying();
tooltips();
guards();
colours();
toasts();
startReveals();
startKeys();
startInbox();
startTyping();
startInspect();
startEditor();
startOrders();
localTimes();
setInterval(localTimes, 30000);
document.addEventListener("htmx:after:swap", localTimes);
