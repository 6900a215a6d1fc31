// The live inbox: fetches what changed when the stream says so. It never moves what is under the pointer and never touches half-typed words.
import { listen } from "./live.js";
import { closestOf, localTimes, say } from "./page.js";

const $ = (id) => document.getElementById(id);
const draftOf = (session) => `draft:${session}`;  // what is being written there: kept in this tab, over a reload too, and nowhere else
let inbox, pointerOnList = false, heldList = false, running = false, again = false, timer = 0, waiting = 0;

const openSession = () => $("log")?.dataset.session ?? "";
const lastSeq = () => Number($("log")?.lastElementChild?.dataset.seq ?? 0);
const atBottom = (pane) => pane.scrollHeight - pane.scrollTop - pane.clientHeight < 80;
const scroller = () => document.querySelector("[data-scroll]");

export const toBottom = () => { const pane = scroller(); if (pane) pane.scrollTop = pane.scrollHeight; };

function soon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, 80);  // several notices of one act become one fetch
}

async function refresh() {
  if (running) return void (again = true);
  running = true;
  const session = openSession(), after = lastSeq(), pane = scroller(), stick = pane && atBottom(pane);
  heldList = pointerOnList || $("lines").contains(document.activeElement) && $("lines").scrollTop > 0;
  const ask = new URLSearchParams({ view: inbox.dataset.view, after, lines: !heldList });
  if (session) ask.set("session", session);
  try {
    await window.htmx.ajax("GET", `${inbox.dataset.refresh}?${ask}`, { source: "#waiting", target: "#waiting", swap: "none" });
  } finally {
    running = false;
  }
  if (session === openSession()) arrived(stick, after);
  document.querySelector("[data-held]").hidden = !heldList;
  mark();
  offerNext();
  localTimes();
  tellWaiting();
  untilThen();
  if (again) { again = false; soon(); }
}

// After new lines came in: drop one that came twice, keep the newest in sight, or say that it is below.
function arrived(stick, after) {
  const seen = new Set();
  for (const line of [...($("log")?.children ?? [])]) seen.has(line.dataset.seq) ? line.remove() : seen.add(line.dataset.seq);
  if (lastSeq() === after) return;
  if (!$("log").lastElementChild.matches(".customer")) $("working").textContent = "";
  const newer = document.querySelector("[data-newer]");
  if (stick) toBottom();
  else if (newer) newer.hidden = false;
}

function untilThen() {  // a sign that somebody types has an end, which nobody announces
  const sign = document.querySelector("#thread-head [data-until]");
  clearTimeout(waiting);
  if (sign) waiting = setTimeout(soon, Math.max(500, new Date(sign.dataset.until) - Date.now() + 300));
}

function mark() {
  for (const line of document.querySelectorAll(".line")) {
    if (line.dataset.session === openSession()) {
      line.setAttribute("aria-current", "true");
      inbox.dataset.place = [...document.querySelectorAll(".line")].indexOf(line);  // where to go on when this one leaves the list
    } else line.removeAttribute("aria-current");
  }
}

// A closed conversation offers the next one of the list.
function offerNext() {
  const button = document.querySelector("[data-next]");
  if (button) button.hidden = !document.querySelector(".line:not([aria-current])");
}

function showWork(words) {  // what the AI is doing now, with the way to watch it for whoever may
  const at = $("working").dataset.watch, link = Object.assign(document.createElement("a"), { className: "inspect", href: at, textContent: "Watch" });
  $("working").replaceChildren(words, ...(words && at ? [" ", link] : []));
}

function heard(notice) {
  if (notice.kind.startsWith("state:")) {
    const words = { "state:searching": "The AI is searching the knowledge base …", "state:writing": "The AI is writing …" };
    if (notice.session === openSession() && $("working")) showWork(words[notice.kind] ?? "");
    return;
  }
  if (notice.kind.startsWith("step:")) return;  // for inspect
  soon();
}

function state(word) {
  if (inbox.dataset.live === word) return;
  inbox.dataset.live = word;
  document.querySelector("[data-live-state]").textContent = word === "live" ? "" : "Reconnecting …";
}

// The number of waiting conversations in the title, and a notification for a new one when nobody looks at this page.
let told = null;  // when the newest of those that this page knows was handed off
function tellWaiting() {
  const count = document.querySelector("#view-unassigned .count")?.textContent ?? "0";
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (count !== "0") document.title = `(${count}) ${document.title}`;
  const newest = $("waiting").firstElementChild, since = newest?.dataset.since ?? "";
  const fresh = told !== null && since > told;  // an older one comes up again when the newest is taken, and was told before
  if (fresh && localStorage.glassine_sound && (document.hidden || openSession() !== newest.dataset.session)) ring();
  if (fresh && document.hidden && window.Notification?.permission === "granted") {
    const note = new Notification(`#${newest.dataset.ticket} waits for a person`, { body: "A conversation was handed off to the team.", tag: newest.dataset.session + since });
    note.onclick = () => { window.focus(); location.href = `/inbox/sessions/${newest.dataset.session}?view=unassigned`; };
  }
  if (told === null || since > told) told = since;
}

function ring() {
  const audio = new AudioContext(), tone = audio.createOscillator(), volume = new GainNode(audio, { gain: 0.08 });
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.25);
}

function sound() {
  const button = document.querySelector("[data-sound]");
  const show = () => {
    button.setAttribute("aria-pressed", String(Boolean(localStorage.glassine_sound)));
    button.querySelector("span").textContent = `Sound for handoffs: ${localStorage.glassine_sound ? "on" : "off"}`;
  };
  button.hidden = false;
  button.addEventListener("click", () => { localStorage.glassine_sound = localStorage.glassine_sound ? "" : "on"; show(); if (localStorage.glassine_sound) ring(); });
  show();
}

function notifications() {
  const button = document.querySelector("[data-notify]");
  if (!button || !window.Notification || Notification.permission !== "default") return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const answer = await Notification.requestPermission();
    button.hidden = true;
    say({ text: answer === "granted" ? "You will be told when a conversation waits and this page is in the background." : "The browser does not allow it. You can change that in its settings for this site." });
  });
}

function lists() {
  const pane = document.querySelector(".list"), held = document.querySelector("[data-held]");
  pane.addEventListener("pointerenter", (event) => { pointerOnList = event.pointerType === "mouse"; });
  pane.addEventListener("pointerleave", () => { pointerOnList = false; if (heldList) soon(); });
  held.addEventListener("click", () => { pointerOnList = false; refresh(); });
}

function threads() {
  document.addEventListener("htmx:before:request", (event) => {
    const to = event.detail.ctx.target;
    if (to?.id === "thread" && openSession()) keepDraft();
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const to = event.detail.ctx?.target;
    if (to?.id !== "thread") return;
    inbox.dataset.pane = "thread";
    const chosen = event.detail.ctx.sourceElement;
    if (chosen?.matches?.("a.line") && matchMedia("(max-width: 760px)").matches) scroller()?.focus();
    giveDraft();
    untilThen();
    mark();
    offerNext();
    toBottom();
  });
  document.addEventListener("scroll", (event) => {
    const newer = document.querySelector("[data-newer]");
    if (newer && event.target === scroller() && atBottom(event.target)) newer.hidden = true;
  }, true);
  document.addEventListener("click", (event) => { if (closestOf(event, "[data-newer]")) { toBottom(); closestOf(event, "[data-newer]").hidden = true; } });
}

function keepDraft() {
  const form = document.querySelector("[data-composer]");
  if (form?.text.value) sessionStorage[draftOf(openSession())] = JSON.stringify({ text: form.text.value, mode: form.mode.value });
  else if (form) sessionStorage.removeItem(draftOf(openSession()));
}

function giveDraft() {
  const form = document.querySelector("[data-composer]"), draft = JSON.parse(sessionStorage[draftOf(openSession())] ?? "null");
  if (form && draft && !form.text.value) {
    form.text.value = draft.text;
    form.mode.value = draft.mode;
  }
}

function composer() {
  document.addEventListener("sent", () => {
    const form = document.querySelector("[data-composer]");
    form.text.value = "";
    keepDraft();
    toBottom();
  });
  document.addEventListener("input", (event) => { if (event.target.matches("[data-composer] *")) keepDraft(); });
  document.addEventListener("change", (event) => { if (event.target.matches('[data-composer] [name="mode"]')) event.target.form.text.focus(); });
  giveDraft();
}

export function startInbox() {
  inbox = document.querySelector("[data-stream]");
  if (!inbox) return;
  lists();
  threads();
  composer();
  notifications();
  sound();
  toBottom();
  mark();
  offerNext();
  tellWaiting();
  untilThen();
  document.addEventListener("changed", soon);
  listen(inbox.dataset.stream, document.body.dataset.person, heard, state);
}
