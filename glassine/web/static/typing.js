// While somebody writes a reply in a conversation that the AI answers, the AI waits. This says so to the server; sending, leaving and silence end it.
import { csrf } from "./page.js";

const RENEW = 5000, PATIENCE = 120000;  // milliseconds between signs, and after the last keystroke until they stop
let at = "", struck = 0, said = 0, timer = 0;

const form = () => document.querySelector("[data-composer]");
const place = () => document.getElementById("log")?.dataset.session ?? "";
const isTheAIs = () => Boolean(document.querySelector('#thread-head [data-owner="ai"]'));
const writes = () => isTheAIs() && form()?.mode.value === "reply" && form().text.value.trim() !== "" && Date.now() - struck < PATIENCE;
const words = (on) => new URLSearchParams({ csrf: csrf(), on });

function tell() {
  said = Date.now();
  fetch(`/inbox/sessions/${at}/typing`, { method: "POST", body: words("1") }).catch(() => {});  // without a sign the AI answers, as it would without us
}

function renew() {
  if (at !== place() || !writes()) return rest();
  tell();
  timer = setTimeout(renew, RENEW);
}

function rest() {
  clearTimeout(timer);
  at = "";
}

function leave() {
  if (at) navigator.sendBeacon(`/inbox/sessions/${at}/typing`, words("0"));
  rest();
}

function struckKey(event) {
  if (!event.target.matches?.("[data-composer] textarea")) return;
  struck = Date.now();
  if (at || !writes()) return;
  at = place();
  tell();
  timer = setTimeout(renew, RENEW);
}

export function startTyping() {
  document.addEventListener("input", struckKey);
  document.addEventListener("sent", rest);  // whoever sends takes over
  document.addEventListener("htmx:before:request", (event) => { if (event.detail.ctx.target?.id === "thread") leave(); });
  addEventListener("pagehide", leave);
}
