// While somebody writes a reply in a conversation that the AI answers, the AI waits. This says so to the server; sending, leaving and silence end it.
import { csrf } from "./page.js";

const RENEW = 5000, PATIENCE = 120000;  // milliseconds between signs, and after the last keystroke until they stop
let at = "", struck = 0, timer = 0;

const form = () => document.querySelector("[data-composer]");
const place = () => document.getElementById("log")?.dataset.session ?? "";
const writes = () => document.querySelector('#thread-head [data-owner="ai"]') && form()?.mode.value === "reply" && form().text.value.trim() && Date.now() - struck < PATIENCE;
const sign = (on) => navigator.sendBeacon(`/inbox/sessions/${at}/typing`, new URLSearchParams({ csrf: csrf(), on }));  // if it is lost the AI answers, as without us
const rest = () => { clearTimeout(timer); at = ""; };
const leave = () => { if (at) sign("0"); rest(); };

function tell() {
  if (at !== place() || !writes()) return rest();
  sign("1");
  timer = setTimeout(tell, RENEW);
}

export function startTyping() {
  document.addEventListener("input", (event) => {
    if (!event.target.matches?.("[data-composer] textarea")) return;
    struck = Date.now();
    if (!at) { at = place(); tell(); }
  });
  document.addEventListener("sent", rest);  // whoever sends takes over
  document.addEventListener("htmx:before:request", (event) => event.detail.ctx.target?.id === "thread" && leave());
  addEventListener("pagehide", leave);
}
