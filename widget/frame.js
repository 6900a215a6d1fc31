/* The frame's beginning: answers the page that embeds it, and it alone, and puts chat and view together. */

import { Chat } from "./chat.js";
import { View } from "./view.js";
import { Storage, Wire } from "./wire.js";
import { choose, speak } from "./words.js";
import { tint } from "./accent.js";

const page = decodeURIComponent(location.hash.slice(1)); // the origin of the page that embeds us, as its loader says
const api = new URL("../api/backend/widget/v2", location).href;

function tell(say, more) {
  parent.postMessage({ glassine: say, ...more }, page);
}

/** What the page may hand us, each thing only in the form we expect. */
function understood(text) {
  const given = JSON.parse(text);
  const flat = (data) => Object.fromEntries(Object.entries(data ?? {}).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value)));
  const word = (value) => (typeof value === "string" && value ? value : undefined);
  const user = given.user ?? {};
  return {
    token: word(given.token) ?? "",
    language: choose([given.language, ...navigator.languages]),
    accent: word(given.accent),
    theme: ["light", "dark"].includes(given.theme) ? given.theme : null,
    user: { token: word(user.token), email: word(user.email), name: word(user.name), customData: user.customData && flat(user.customData) },
    context: given.context && typeof given.context === "object" ? given.context : null,
    customData: flat(given.customData),
  };
}

function start(text) {
  const options = understood(text);
  const say = speak(options.language);
  document.documentElement.lang = options.language;
  document.title = say("title");
  if (options.theme) document.documentElement.dataset.theme = options.theme;
  tint(document.documentElement.style, options.accent);

  let view = null;
  let told = null;
  const changed = () => {
    view?.update();
    const unread = chat.unread;
    if (told === unread) return;
    told = unread;
    tell("look", { label: unread ? `${say("open")}, ${say("unread", { n: unread })}` : say("open"), title: say("title"), unread });
    tell("event", { name: "unread", detail: { count: unread } });
  };
  const chat = new Chat({
    wire: new Wire(api, options.token),
    storage: new Storage(options.token, options.user),
    options,
    changed: () => chat && changed(),
    tell: (name, detail) => tell("event", { name, detail }),
  });
  view = new View(chat, say, options.language, () => tell("close"));
  document.body.replaceChildren(view.element);
  changed();
  return live(chat, view);
}

/** What happens from outside: opening and closing, the tab hidden, the network gone and back. */
function live(chat, view) {
  let open = false;
  const look = () => {
    chat.watch(open && document.visibilityState === "visible");
    if (open || chat.returning) chat.wake(); // somebody who never opens the chat is not announced to the server
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("offline", () => view.update());
  addEventListener("online", () => { chat.outbox.retryAll(); chat.nudge(); view.update(); });
  addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.isComposing) tell("close"); });
  look();
  return {
    open() { open = true; look(); view.update(); view.thread.toEnd(); view.focus(); },
    close() { open = false; look(); },
  };
}

let running = null;
addEventListener("message", ({ source, origin, data }) => {
  if (source !== parent || origin !== page) return;
  if (data?.glassine === "start" && typeof data.options === "string") running ??= start(data.options);
  else if (data?.glassine === "open") running?.open();
  else if (data?.glassine === "close") running?.close();
});
if (parent !== window && /^https?:\/\//.test(page)) tell("ready");
