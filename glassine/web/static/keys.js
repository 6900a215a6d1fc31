// The keyboard: single keys where nobody is typing. The dialog on `?` lists them and can switch them off.
import { closestOf } from "./page.js";

const PLACES = { m: "/inbox?view=mine", u: "/inbox?view=unassigned", a: "/inbox?view=autopilot", c: "/inbox?view=closed", k: "/knowledge", s: "/settings" };
const REMEMBERED = "glassine-single-keys";
let going = 0;

const press = (selector) => { const button = document.querySelector(selector); button?.click(); return Boolean(button); };

function write(mode) {
  const form = document.querySelector("[data-composer]");
  if (!form) return false;
  form.mode.value = mode;
  form.text.focus();
  return true;
}

function step(by) {
  const lines = [...document.querySelectorAll(".line")];
  if (!lines.length) return false;
  const open = document.getElementById("log")?.dataset.session;  // what is shown, not what is marked: the mark follows a moment later
  const at = lines.findIndex((line) => line.dataset.session === open);
  const gone = Number(document.querySelector("[data-stream]").dataset.place ?? 0);  // closed or given away, its place is taken by the next
  const next = lines[Math.max(0, Math.min(lines.length - 1, at >= 0 ? at + by : by > 0 ? gone : gone - 1))];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  if (next.dataset.session !== open) next.click();
  return true;
}

function act(key) {
  if (going && Date.now() - going < 1500) {
    going = 0;
    if (PLACES[key]) { location.href = PLACES[key]; return true; }
  }
  switch (key) {
    case "j": return step(1);
    case "k": return step(-1);
    case "r": return write("reply");
    case "n": return write("note");
    case "e": return press('[data-act="close"]');
    case "t": return press('[data-act="owner"]');
    case "z": return press("[data-toast] form button");
    case "i": { const links = document.querySelectorAll("a.inspect"); links[links.length - 1]?.click(); return links.length > 0; }
    case "p": return press('[data-act="replay"]');
    case "g": going = Date.now(); return true;
    case "?": document.getElementById("keys").showModal(); return true;
    default: return false;
  }
}

const typing = (element) => element.matches("input, textarea, select, [contenteditable]");

export function startKeys() {
  const dialog = document.getElementById("keys");
  if (!dialog) return;
  const box = dialog.querySelector("[data-single-keys]"), help = document.querySelector("[data-help]");
  box.checked = localStorage.getItem(REMEMBERED) !== "off";
  box.addEventListener("change", () => localStorage.setItem(REMEMBERED, box.checked ? "on" : "off"));
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  if (help) { help.hidden = false; help.addEventListener("click", () => dialog.showModal()); }
  document.addEventListener("click", (event) => { if (closestOf(event, "[data-next]")) step(1); });
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey) return;
    const from = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && from.form) { event.preventDefault(); return from.form.requestSubmit(); }
    if (event.key === "Escape" && typing(from)) return from.blur();
    if (event.ctrlKey || event.metaKey || dialog.open || typing(from) || !box.checked) return;
    if (act(event.key)) event.preventDefault();
  });
}
