/* The frame's page: header, notice, conversations or one of them, composer, privacy note. It must not talk to the server itself. */

import { Composer } from "./composer.js";
import { Thread } from "./thread.js";
import { chips } from "./markdown.js";
import { clock } from "./message.js";
import { h, icon, iconButton } from "./dom.js";

export class View {
  /** `close()` asks the page to close the frame. */
  constructor(chat, say, language, close) {
    Object.assign(this, { chat, say, language });
    this.listing = false;
    this.composer = new Composer(chat, say);
    this.thread = new Thread(chat, say, language, { vote: this.vote.bind(this), retry: this.retry.bind(this), rate: this.rate.bind(this), pick: this.pick.bind(this), decide: this.decide.bind(this), hand: this.hand.bind(this) });
    this.list = h("ul", { class: "list" });
    this.notice = h("p", { class: "notice", role: "status" });
    this.buildHeader(close);
    this.fresh = h("button", { type: "button", class: "button", onclick: () => this.startFresh() }, say("startFresh"));
    this.closed = h("div", { class: "closed" }, h("p", {}, say("closed")), this.fresh);
    const talk = h("div", { class: "talk" }, this.thread.element, this.composer.element, this.closed, privacy(say));
    const list = h("nav", { class: "conversations", "aria-label": say("list") }, this.list);
    Object.assign(this, { talk, conversations: list });
    this.element = h("div", { class: "app" }, this.header, h("main", {}, this.notice, talk, list));
    this.element.addEventListener("dragover", (event) => event.preventDefault());
    this.element.addEventListener("drop", (event) => { event.preventDefault(); this.composer.add(event.dataTransfer.files); });
  }

  buildHeader(close) {
    const { say } = this;
    this.title = h("h1", { dir: "auto" });
    this.answering = h("p", { class: "answering" });
    this.toList = iconButton("list", say("list"), () => this.show(true));
    this.toThread = iconButton("back", say("back"), () => this.show(false));
    this.solve = iconButton("resolve", say("resolve"), () => this.resolve());
    this.plus = iconButton("fresh", say("fresh"), () => this.startFresh());
    this.header = h("header", {}, this.toList, this.toThread, h("div", { class: "who" }, this.title, this.answering),
      this.solve, this.plus, iconButton("close", say("close"), close));
  }

  /** Where the keyboard belongs when the frame opens, or a button that had the focus goes away. */
  focus() {
    if (this.listing) (this.list.querySelector("button") ?? this.toThread).focus();
    else (this.isClosed ? this.fresh : this.composer.text).focus({ preventScroll: true });
  }

  get isClosed() {
    return Boolean(this.chat.session && !this.chat.session.isOpened);
  }

  update() {
    const { chat, say } = this;
    const others = chat.sessions.filter((one) => one.id !== chat.session?.id).length;
    this.title.textContent = this.listing ? say("list") : (chat.config?.org?.name ?? say("title"));
    this.toList.hidden = this.listing || !others;
    this.toThread.hidden = !this.listing;
    this.solve.hidden = this.listing || !chat.session?.isOpened || !chat.items?.length;
    this.plus.hidden = !this.listing && !chat.session;
    this.talk.hidden = this.listing;
    this.conversations.hidden = !this.listing;
    this.composer.element.hidden = this.isClosed;
    this.closed.hidden = !this.isClosed;
    this.composer.ready();
    this.answer();
    this.warn();
    if (this.listing) this.fillList();
    else this.thread.update();
  }

  /** Who answers, as icon and words. */
  answer() {
    const { chat, say } = this;
    const assignee = chat.session?.assignee;
    const person = assignee?.kind === "human";
    const waits = assignee && assignee.kind !== "ai" && !person;
    const text = person ? say("personAnswers", { name: assignee.name ?? say("person") }) : waits ? say("waits") : say("aiAnswers");
    this.answering.hidden = this.listing || this.isClosed;
    this.answering.className = `answering by-${person || waits ? "person" : "ai"}`;
    if (this.answering.dataset.text !== text) this.answering.replaceChildren(icon(person || waits ? "person" : "ai"), h("span", {}, text));
    this.answering.dataset.text = text;
  }

  warn() {
    const { chat, say } = this;
    const waits = chat.session?.isOpened && chat.session.isHandedOff && chat.session.assignee.kind !== "human";
    const trouble = !navigator.onLine ? say("offline") : chat.trouble === "unreachable" ? say("unreachable") : chat.trouble;
    const text = trouble ?? (waits && !this.listing ? say("waitsMore") : "");
    this.notice.className = trouble ? "notice bad" : "notice";
    this.notice.hidden = !text;
    if (this.notice.dataset.text !== text) this.notice.replaceChildren(...(text ? [icon(trouble ? "system" : "person"), h("span", {}, text)] : []));
    this.notice.dataset.text = text;
  }

  fillList() {
    const { chat, say, language } = this;
    const sign = JSON.stringify(chat.sessions);
    if (this.listed === sign) return;
    this.listed = sign;
    const focused = this.list.contains(document.activeElement);
    const newest = [...chat.sessions].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
    this.list.replaceChildren(...newest.map((session) => this.row(session, say, language)));
    if (focused) this.focus();
  }

  row(session, say, language) {
    const when = new Date(session.createdAt);
    const day = when.toLocaleDateString(language, { day: "numeric", month: "long", year: "numeric" });
    const pick = () => { if (this.chat.session?.id !== session.id) this.chat.select(session); this.show(false); };
    const number = say("ticket", { n: session.ticketNumber });
    const last = session.lastMessage === session.title ? null : session.lastMessage;
    return h("li", {}, h("button", { type: "button", onclick: pick },
      h("span", { class: "row-title", dir: "auto" }, chips(session.title ?? number, say)),
      state(session, say),
      last && h("span", { class: "row-last", dir: "auto" }, chips(last.replace(/\*\*|`/g, ""), say)),
      h("span", { class: "row-when" }, session.title ? `${number} · ` : "", h("time", { datetime: session.createdAt }, `${day}, ${clock(when, language)}`))));
  }

  show(listing) {
    this.listing = listing;
    if (listing) this.chat.refreshSessions().catch(() => {});
    this.update();
    if (!listing) this.thread.toEnd();
    this.focus();
  }

  startFresh() {
    this.chat.leave();
    this.show(false);
  }

  async resolve() {
    await this.chat.resolve().catch((trouble) => this.complain(trouble));
    this.focus();
  }

  /** "It helped" closes the conversation; "I need more" asks for a person in the customer's name. */
  async vote(item, action) {
    const counted = this.chat.vote(item, action).catch((trouble) => this.complain(trouble));
    if (action === "downvote") this.chat.say(this.say("askPerson"));
    this.focus();
    await counted;
    if (action === "upvote") await this.resolve();
  }

  /** A topic of the AI's offer, said in the customer's name. */
  pick(words) {
    this.chat.say(words);
    this.focus();
  }

  /** Yes or no to what an action would do, said in the customer's name, with the call that it is about. */
  decide(waiting, yes, words) {
    this.chat.say(words, [], { call: waiting.id, yes });
    this.focus();
  }

  async hand(item, given) {
    await this.chat.hand(item, given);
    this.focus();
  }

  retry(letter) {
    this.chat.outbox.retry(letter);
    this.focus();
  }

  async rate(score, feedback) {
    await this.chat.rate(score, feedback);
    this.focus();
  }

  complain(trouble) {
    this.chat.trouble = trouble.message || "unreachable";
    this.update();
  }
}

/** Who has the next word in a conversation, as icon and words. */
function state(session, say) {
  const kind = session.assignee.kind;
  const [name, words] = !session.isOpened ? ["resolve", "isClosed"] : kind === "ai" ? ["ai", "isOpen"] : ["person", kind === "human" ? "isOpen" : "waits"];
  return h("span", { class: `status${session.isOpened ? " open" : ""} by-${name}` }, icon(name), say(words));
}

function privacy(say) {
  return h("details", { class: "privacy" },
    h("summary", {}, icon("shield"), say("privacy")),
    h("p", {}, chips(say("privacyMore", { chip: "[EMAIL_1]" }), say)));
}
