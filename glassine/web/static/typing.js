// While somebody writes a reply in a conversation that the AI answers, the AI waits. This says so to the server; sending, leaving and silence end it.
import { csrf } from "./page.js";

const RENEW = 5000, PATIENCE = 120000;  // milliseconds between signs, and after the last keystroke until they stop
let at = "", struck = 0, timer = 0;

const form = () => document.querySelector("[data-composer]");
const place = () => document.getElementById("log")?.dataset.session ?? "";
const writes = () => document.querySelector('#thread-head [data-owner="ai"]') && form()?.mode.value === "reply" && form().text.value.trim() && Date.now() - struck < PATIENCE;
const sign = (on) => [`/inbox/sessions/${at}/typing`, new URLSearchParams({ csrf: csrf(), on })];
const rest = () => { clearTimeout(timer); at = ""; };
const leave = () => { if (at) navigator.sendBeacon(...sign("0")); rest(); };

function tell() {
  if (at !== place() || !writes()) return rest();
  const [address, body] = sign("1");
  fetch(address, { method: "POST", body }).catch(() => {});  // without a sign the AI answers, as it would without us
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
