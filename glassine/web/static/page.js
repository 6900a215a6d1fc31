// What the other modules share: who we are to the server, messages about what was just done, and times in the viewer's zone.

export const csrf = () => document.querySelector('#reveal input[name="csrf"]')?.value ?? "";

export const closestOf = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);

// A message below the navigation, where it covers no work; with `undo` (an address of ours) and `fields` it carries a button that takes the act back.
export function say({ text, undo, fields, kind }) {
  const toast = document.createElement("div"), words = document.createElement("span");
  toast.className = "toast";
  toast.dataset.toast = "";
  toast.setAttribute("role", kind === "bad" ? "alert" : "status");
  words.textContent = text;
  toast.append(words);
  if (undo) {
    const form = document.createElement("form"), button = document.createElement("button");
    form.method = "post";
    form.action = undo;
    form.setAttribute("hx-post", undo);
    form.setAttribute("hx-swap", "none");
    for (const [name, value] of Object.entries({ csrf: csrf(), ...fields })) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      form.append(field);
    }
    button.textContent = "Undo";
    form.append(button);
    toast.append(form);
  }
  const toasts = document.getElementById("toasts");
  toasts.replaceChildren(toast);  // the newest is the one that can be undone
  if (undo) window.htmx.process(toast);
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
  setTimeout(leave, kind === "bad" ? 12000 : 8000);
}

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

const span = (seconds) => (seconds < 3600 ? `${Math.floor(seconds / 60)} min` : seconds < 86400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`);

// Relative within a day, then the date; exact on hover, in the viewer's zone.
export function localTimes() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime), ago = (now - moment) / 1000;
    let words;
    if ("due" in time.dataset) {
      words = ago > 0 ? `overdue by ${span(ago)}` : `due in ${span(-ago)}`;
      time.className = ago > 0 ? "bad" : ago > -600 ? "warn" : "quiet";
    } else if (ago < 60) words = ago < -60 ? `in ${span(-ago)}` : "now";
    else if (ago < 86400) words = span(ago);
    else words = (moment.getFullYear() === new Date().getFullYear() ? day : dayOfYear).format(moment);
    if (time.textContent !== words) time.textContent = words;
    time.title = exact.format(moment);
  }
}
