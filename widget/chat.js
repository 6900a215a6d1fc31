/* One customer's conversations: what is known, what is on its way, and how both are kept up to date. It must not touch the page. */

import { Outbox } from "./outbox.js";
import { uuid } from "./wire.js";

const SHOWN = ["user", "agent", "ai"];
const CSAT = ["csat_requested", "csat_submitted"];
const PATIENT = 60_000; // milliseconds after which an unanswered message is no longer shown as being worked on

export class Chat {
  /** `options`: user, context, customData and language of the page; `changed()` is called after every change; `tell(name, detail)` informs the page. */
  constructor({ wire, storage, options, changed, tell }) {
    Object.assign(this, { wire, storage, options, changed, tell });
    this.config = null;
    this.sessions = [];
    this.session = null;
    this.items = null; // null: not loaded yet
    this.phase = "idle"; // what the AI does, as the stream says it: received | searching | acting | writing | idle
    this.draft = ""; // of the answer, what is written and has passed
    this.trouble = null; // null | unreachable | a sentence of the server
    this.watched = false; // the customer looks at it right now
    this.streaming = false;
    this.solving = new Set(); // the AI's answers that may have solved it
    this.voted = new Set();
    this.latecomers = new Map(); // what the stream said while a poll was under way
    this.outbox = new Outbox(this);
    this.bell = new EventTarget(); // rings when a poll should happen at once (poll) and when somebody starts or stops looking (watch)
  }

  nudge() {
    this.bell.dispatchEvent(new Event("poll"));
  }

  get returning() {
    return Boolean(this.options.user.token || this.storage.get("contact-token"));
  }

  /** Finds out who we are and what there is; safe to call often, and tried again until it works. */
  wake() {
    this.waking ??= this.prepare(0);
    return this.waking;
  }

  async prepare(attempt) {
    try {
      await this.meet();
      this.trouble = null;
    } catch (trouble) {
      const stale = trouble.status === 401 && this.wire.contact && !this.options.user.token;
      if (stale) this.forget();
      this.trouble = [401, 403].includes(trouble.status) && !stale ? trouble.message : "unreachable"; // a refusal is a sentence for the customer
      this.changed();
      await new Promise((go) => setTimeout(go, Math.min(60_000, 1000 * 2 ** attempt)));
      await this.prepare(attempt + 1);
    }
  }

  /** Steps 1 to 3 of the protocol: the organisation, the contact, their sessions. */
  async meet() {
    this.config ??= await this.wire.config();
    await this.identify();
    await this.refreshSessions();
    const latest = [...this.sessions].sort((a, b) => b.createdAt.localeCompare(a.createdAt)).find((one) => one.isOpened);
    if (!this.session && latest) this.select(latest);
    if (!this.session) this.items = [];
    this.changed();
  }

  async identify() {
    const { token, email, name, customData } = this.options.user;
    this.wire.contact = token ?? this.storage.get("contact-token");
    if (!this.storage.get("external-id")) this.storage.set("external-id", uuid());
    if (this.wire.contact) return;
    const who = { email, non_verified_name: name, non_verified_custom_data: customData };
    this.wire.contact = (await this.wire.createContact(who)).token;
    this.storage.set("contact-token", this.wire.contact);
  }

  /** What a server that no longer knows our contact leaves us with: nothing, so that the next call starts afresh. */
  forget() {
    this.wire.contact = null;
    this.storage.set("contact-token", null);
    this.leave();
    this.sessions = [];
  }

  /** The server knows the contact (401) or the session (404) no longer: start again rather than ask for ever. */
  lose(trouble) {
    this.sessions = this.sessions.filter((one) => one.id !== this.session?.id);
    if (trouble.status === 404) return this.leave();
    if (this.options.user.token) this.leave();
    else this.forget();
    this.waking = null;
    return this.wake();
  }

  /** Sessions nobody has verified are scoped by an id that only this browser knows. */
  get scope() {
    return this.options.user.token ? {} : { external_id: this.storage.get("external-id") };
  }

  async refreshSessions() {
    const found = [];
    let cursor = null;
    for (let page = 0; page < 5 && (page === 0 || cursor); page += 1) {
      const { items, next } = await this.wire.sessions(this.scope, cursor);
      found.push(...items);
      cursor = next;
    }
    this.sessions = found;
    this.changed();
  }

  /** Shows a session and keeps it up to date. */
  select(session) {
    this.leave();
    this.session = session;
    this.items = null;
    this.following = new AbortController();
    follow(this, session.id, this.following.signal);
    this.changed();
  }

  /** Back to an empty page: the next message opens a session. */
  leave() {
    this.following?.abort();
    Object.assign(this, { following: null, session: null, items: [], phase: "idle", draft: "", streaming: false });
    this.latecomers.clear();
    this.changed();
  }

  async openSession() {
    await this.wake();
    if (!this.session) {
      const session = await this.wire.createSession({ ...this.options.customData, ...this.scope });
      this.sessions.unshift(session);
      this.select(session);
      this.tell("session", { id: session.id, ticketNumber: session.ticketNumber });
    }
    this.outbox.adopt(this.session);
    return this.session;
  }

  watch(watched) {
    if (this.watched === watched) return;
    this.watched = watched;
    this.bell.dispatchEvent(new Event("watch"));
    this.nudge();
    if (watched && this.items?.length) this.arrived();
    this.changed();
  }

  /** One poll: the whole history, plus what the stream said since we asked. */
  async poll(id) {
    if (!id) return;
    const asked = performance.now();
    const { session, history } = await this.wire.poll(id);
    if (this.session?.id !== id) return;
    const known = new Set(history.map((item) => item.publicId));
    for (const [publicId, late] of this.latecomers) {
      if (late.at <= asked || known.has(publicId)) this.latecomers.delete(publicId);
    }
    this.items = [...history.filter(shown), ...[...this.latecomers.values()].map((late) => late.item)];
    if (this.trouble === "unreachable") this.outbox.retryAll();
    this.trouble = null;
    this.learn(session);
    this.arrived();
  }

  /** One item from the stream, or from the answer to a send. */
  hear(item) {
    if (!shown(item) || this.items === null) return this.nudge();
    const at = this.items.findIndex((one) => one.publicId === item.publicId);
    if (at >= 0) this.items[at] = item;
    else this.items.push(item);
    this.latecomers.set(item.publicId, { item, at: performance.now() });
    return this.arrived(at < 0);
  }

  arrived(fresh = false) {
    this.outbox.settle(new Set(this.items.map((item) => item.publicId)));
    const last = this.items.at(-1);
    if (last && last.sender.kind !== "user") Object.assign(this, { phase: "idle", draft: "" });
    if (fresh && this.items.some((item) => item.waiting?.open && item !== last)) this.nudge(); // its card may have ended
    if (this.watched && last) this.storage.set(`seen:${this.session.id}`, last.sentAt);
    this.changed();
  }

  /** What the server says of the session now. */
  learn(session) {
    const named = (one) => ({ ...session, title: session.title ?? one.title, lastMessage: session.lastMessage ?? one.lastMessage }); // only the list gives them
    this.sessions = this.sessions.map((one) => (one.id === session.id ? named(one) : one));
    const before = this.session;
    if (before?.id !== session.id || session.updatedAt < before.updatedAt) return; // an answer that was overtaken on its way
    this.session = session;
    if (session.isHandedOff && !before.isHandedOff) this.tell("handoff", { id: session.id });
    if (session.assignee.kind !== "ai" && !["searching", "acting", "writing"].includes(this.phase)) this.phase = "idle";
    if (before.isOpened && !session.isOpened) this.nudge(); // the request for a rating follows the closing
    this.changed();
  }

  say(text, attachments = [], answers = null) {
    this.outbox.add(text, attachments, answers);
  }

  /** The customer's form or code, or that they leave it, for what an item asks. Throws with a sentence. */
  async hand(item, given) {
    const session = this.session.id;
    const { state } = await this.wire.execute(session, item.publicId, given);
    Object.assign(item.waiting, { state, open: false });
    this.phase = "writing";
    await this.poll(session).catch(() => this.nudge());
  }

  /** Whether what an action asks for is still open: nothing of ours is on its way, and the AI has the conversation. */
  waitsFor(waiting) {
    return waiting.open && this.session?.isOpened && this.session.assignee.kind === "ai" && !this.outbox.here.some((letter) => letter.answers?.call === waiting.id);
  }

  async vote(item, action) {
    this.voted.add(item.publicId);
    this.changed();
    await this.wire.vote(this.session.id, item.publicId, action);
  }

  async resolve() {
    this.learn(await this.wire.resolve(this.session.id));
    await this.poll(this.session.id);
  }

  async rate(score, feedback) {
    await this.wire.rate(this.session.id, score, feedback);
    await this.poll(this.session.id);
  }

  /** The request for a rating that is still open, or null. */
  get unrated() {
    const last = (this.items ?? []).filter((item) => CSAT.includes(item.systemMessagePayload?.type)).at(-1);
    return last?.systemMessagePayload.type === "csat_requested" ? last : null;
  }

  /** The answer to ask about, when it is the last word so far: "did this help?". */
  get unsure() {
    const last = this.items?.at(-1);
    if (!last || !this.session?.isOpened || this.session.assignee.kind !== "ai" || this.outbox.here.length) return null;
    return last.sender.kind === "ai" && (this.solving.has(last.publicId) || last.mightSolveUserIssue) && !this.voted.has(last.publicId) ? last : null;
  }

  /** The topics the AI asks back with, `{id, choices}`, as long as that is the last word and the AI is listening; or null. */
  get offered() {
    const last = this.items?.at(-1);
    if (!last?.choices?.length || last.waiting || !this.session?.isOpened || this.session.assignee.kind !== "ai" || this.outbox.here.length) return null;
    return { id: last.publicId, choices: last.choices };
  }

  /** The phase, as long as the last message waits for something. */
  get activity() {
    const last = this.items?.at(-1);
    const asked = this.outbox.sending || (last?.sender.kind === "user" && Date.now() - Date.parse(last.sentAt) < PATIENT);
    return asked || this.phase === "writing" ? this.phase : "idle";
  }

  get unread() {
    if (this.watched || !this.session) return 0;
    const seen = this.storage.get(`seen:${this.session.id}`) ?? "";
    return (this.items ?? []).filter((item) => ["agent", "ai"].includes(item.sender.kind) && item.sentAt > seen).length;
  }
}

/** The protocol's rule for what a customer sees: what was said, and of the system's rows only what asks or confirms something. */
function shown(item) {
  if (item.type === "agent_comment") return false;
  return SHOWN.includes(item.sender.kind) || CSAT.includes(item.systemMessagePayload?.type);
}

const SLOW = 60; // seconds between polls when a stream does the work, or nobody looks
const QUICK = 1.5; // seconds between polls while an answer is awaited without a stream

/** Follows a session until `signal` aborts. */
function follow(chat, id, signal) {
  pollOn(chat, id, signal);
  streamOn(chat, id, signal);
}

async function pollOn(chat, id, signal) {
  let rung = false;
  let wake = () => {};
  chat.bell.addEventListener("poll", () => { rung = true; wake(); }, { signal });
  for (let missed = 0; !signal.aborted; ) {
    rung = false;
    try {
      await chat.poll(id);
      missed = 0;
    } catch (trouble) {
      if (signal.aborted) return;
      if ([401, 404].includes(trouble.status)) return void chat.lose(trouble);
      missed += 1;
      chat.trouble = trouble.status === 403 ? trouble.message : "unreachable";
      chat.changed();
    }
    if (!rung) await sleep(Math.max(pace(chat), missed && Math.min(60, 2 ** missed)), signal, (go) => (wake = go));
  }
}

/** Seconds until the next poll. */
function pace(chat) {
  if (!chat.watched) return chat.config?.sessionsPollingIntervalSeconds || SLOW;
  if (chat.streaming) return SLOW;
  const awaited = chat.activity !== "idle" || chat.outbox.sending;
  return awaited ? QUICK : chat.config?.sessionPollingIntervalSeconds || 10;
}

/** A stream holds one of the browser's few connections to a host: it is open only while somebody looks. */
async function streamOn(chat, id, signal) {
  const hearing = {
    open: () => { chat.streaming = true; chat.nudge(); },
    state: ({ state }) => { chat.phase = state; chat.changed(); },
    draft: ({ text }) => { chat.draft = text; chat.changed(); },
    message: (item) => chat.hear(item),
    session: (session) => chat.learn(session),
  };
  let wake = () => {};
  chat.bell.addEventListener("watch", () => wake(), { signal });
  for (let failures = 0; !signal.aborted; ) {
    if (!chat.watched) await sleep(SLOW, signal, (go) => (wake = go));
    if (!chat.watched) continue;
    const ended = new AbortController();
    wake = () => chat.watched || ended.abort();
    const began = Date.now();
    await chat.wire.listen(id, (name, data) => !signal.aborted && hearing[name]?.(data), AbortSignal.any([signal, ended.signal])).catch(() => {});
    if (signal.aborted) return;
    if (chat.streaming) {
      chat.streaming = false;
      chat.draft = "";
      chat.nudge();
    }
    failures = !chat.watched || Date.now() - began > 10_000 ? 0 : failures + 1;
    if (failures) await sleep(Math.min(30, 2 ** (failures - 1)) * (0.75 + Math.random() / 2), signal);
  }
}

/** Waits so many seconds, or until `signal` aborts, or until the function handed to `early` is called. */
function sleep(seconds, signal, early = () => {}) {
  return new Promise((resolve) => {
    const go = () => { clearTimeout(timer); signal.removeEventListener("abort", go); resolve(); };
    const timer = setTimeout(go, seconds * 1000);
    signal.addEventListener("abort", go);
    early(go);
  });
}
