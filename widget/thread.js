/* The list of messages: days, senders, questions at its end. It must not redraw what has not changed, nor move what is being read. */

import { draw, spoken } from "./message.js";
import { h, icon } from "./dom.js";

const TOGETHER = 5 * 60_000; // milliseconds: messages of one sender within it stand under one label

export class Thread {
  /** `act`: what the buttons do: `{vote, retry, rate, pick, decide, hand}`. */
  constructor(chat, say, language, act) {
    Object.assign(this, { chat, say, language, act });
    this.drawn = new Map(); // key -> {sign, node}
    this.log = h("div", { class: "log", role: "log", "aria-label": say("log"), "aria-live": "polite" });
    this.activity = h("p", { class: "activity", role: "status" });
    this.scroller = h("div", { class: "scroller", tabindex: 0, role: "group", "aria-label": say("log") }, this.log, this.activity);
    this.below = h("button", { type: "button", class: "below", hidden: true, onclick: () => this.toEnd() }, icon("down"), say("below"));
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.element = h("div", { class: "thread" }, this.scroller, this.below);
    this.ending = true; // the end is in view, and stays in view when the composer grows
    new ResizeObserver(() => this.ending && this.toEnd()).observe(this.scroller);
  }

  update() {
    const fresh = this.chat.session?.id !== this.shown || this.chat.items === null;
    this.shown = this.chat.session?.id;
    const stay = this.ending;
    this.log.setAttribute("aria-busy", String(this.chat.items === null)); // an old conversation is not read out whole
    const added = this.place(this.entries());
    this.work();
    if (!added) return stay ? this.toEnd() : undefined;
    if (fresh || added.mine) return this.toEnd();
    return stay ? this.reveal(added.node) : void (this.below.hidden = this.atEnd());
  }

  /** Everything that stands in the list, in order: `{key, sign, make}`; a node is made anew only when its sign changes. */
  entries() {
    const { chat, say } = this;
    const rows = (chat.items ?? []).map((item) => ({ item })).concat(chat.outbox.here.map((letter) => ({ letter })));
    const made = rows.length || chat.items === null ? [] : [this.greeting()];
    let before = null;
    for (const row of rows) {
      if (row.item?.systemMessagePayload?.type?.startsWith("csat_")) {
        if (row.item.systemMessagePayload.type === "csat_submitted") made.push(this.rated(row.item));
        continue;
      }
      const words = spoken(row);
      const day = new Date(words.at).toDateString();
      if (day !== before?.day) made.push({ key: `day ${day}`, sign: "", make: () => this.day(new Date(words.at)) });
      const first = day !== before?.day || words.kind !== before.kind || words.name !== before.name || Date.parse(words.at) - before.at > TOGETHER;
      made.push(this.entry(row, words, first));
      if (row.letter) made.push(...this.fate(row.letter));
      before = { day, kind: words.kind, name: words.name, at: Date.parse(words.at) };
    }
    if (chat.draft) made.push({ key: "draft", sign: chat.draft, make: () => this.draft(chat.draft) });
    if (chat.unsure) made.push({ key: `ask ${chat.unsure.publicId}`, sign: "", make: this.ask.bind(this, chat.unsure) });
    if (chat.unrated) made.push({ key: `rate ${chat.unrated.publicId}`, sign: "", make: () => ratingCard(say, this.act.rate) });
    return made;
  }

  entry(row, words, first) {
    const { chat, say, language } = this;
    const key = row.item?.publicId ?? row.letter.uuid;
    const asks = words.asks?.waiting;
    const offer = asks ? { act: this.act, live: chat.waitsFor(asks) } : chat.offered?.id === key ? { choices: chat.offered.choices, pick: this.act.pick } : null;
    const names = words.attachments.map((file) => file.name);
    const sign = JSON.stringify([words.removed, words.kind, words.name, words.text, names, words.sources, first, words.at.slice(0, 16), offer?.choices, offer?.live, asks?.state]);
    return { key, sign, mine: words.kind === "user", make: () => draw(words, first, say, language, offer) };
  }

  /** Brings the list to these entries with as few changes as possible; gives the first node added by somebody, if any. */
  place(entries) {
    const keys = new Set(entries.map((entry) => entry.key));
    for (const [key, { node }] of this.drawn) {
      if (!keys.has(key)) { node.remove(); this.drawn.delete(key); }
    }
    let added = null;
    let next = this.log.firstChild;
    for (const { key, sign, make, mine } of entries) {
      let drawn = this.drawn.get(key);
      if (drawn?.sign !== sign) {
        const node = make();
        if (drawn) drawn.node.replaceWith(node);
        else added = added && !mine ? added : { node, mine };
        if (drawn?.node === next) next = node;
        drawn = { sign, node };
        this.drawn.set(key, drawn);
      }
      if (drawn.node === next) next = next.nextSibling;
      else this.log.insertBefore(drawn.node, next);
    }
    return added;
  }

  greeting() {
    const org = this.chat.config?.org?.name ?? "…";
    const make = () => h("div", { class: "greeting" }, h("p", { class: "hello" }, this.say("hello")), h("p", {}, this.say("helloMore", { org })));
    return { key: "greeting", sign: org, make };
  }

  day(when) {
    const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(when).setHours(0, 0, 0, 0)) / 86_400_000);
    const name = days < 2
      ? new Intl.RelativeTimeFormat(this.language, { numeric: "auto" }).format(-days, "day")
      : when.toLocaleDateString(this.language, { weekday: "long", day: "numeric", month: "long" });
    return h("p", { class: "day" }, h("span", {}, name));
  }

  /** What became of a message that the server has not shown us yet. */
  fate(letter) {
    const { say } = this;
    if (letter.state !== "failed") {
      const words = say(letter.missed ? "unreachable" : "sending");
      return [{ key: `fate ${letter.uuid}`, sign: words, make: () => h("p", { class: "fate" }, words) }];
    }
    const again = () => h("button", { type: "button", class: "text-button", onclick: () => this.act.retry(letter) }, say("retry"));
    const make = () => h("p", { class: "fate failed" }, icon("system"), h("span", { dir: "auto" }, `${say("failed")} ${letter.error || say("noAnswer")}`), again());
    return [{ key: `fate ${letter.uuid}`, sign: letter.error + letter.tried, make }];
  }

  /** What is being written; read out when it is whole. */
  draft(text) {
    const words = { kind: "ai", at: Date.now(), text, attachments: [], sources: [] };
    const node = draw(words, true, this.say, this.language);
    node.ariaLive = "off";
    return node;
  }

  ask(item) {
    const { say, act } = this;
    const button = (action, name) => h("button", { type: "button", class: "quiet-button", onclick: () => act.vote(item, action) }, say(name));
    return h("div", { class: "ask", role: "group", "aria-label": say("solved") }, button("upvote", "helpful"), button("downvote", "more"));
  }

  rated(item) {
    const score = item.systemMessagePayload.payload?.score ?? "";
    return { key: item.publicId, sign: String(score), make: () => h("p", { class: "rated" }, icon("resolve"), this.say("rated", { n: score })) };
  }

  /** The line below the last message: what the AI, or a person, is doing. */
  work() {
    const { chat, say } = this;
    const { activity, session } = chat;
    const person = session && session.assignee.kind !== "ai";
    const name = session?.assignee.name ?? say("person");
    const text = activity === "idle" ? "" : person ? (activity === "writing" ? say("typing", { name }) : "") : say(activity);
    if (this.activity.dataset.text === text) return;
    this.activity.dataset.text = text;
    this.activity.replaceChildren(...(text ? [icon(person ? "person" : "ai"), text, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"))] : []));
  }

  scrolled() {
    this.ending = this.atEnd();
    if (this.ending) this.below.hidden = true;
  }

  atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < 48;
  }

  toEnd() {
    this.ending = this.below.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** Shows a new message from its beginning, however long it is. */
  reveal(node) {
    const top = node.offsetTop - 12;
    this.scroller.scrollTop = Math.min(top, this.scroller.scrollHeight - this.scroller.clientHeight);
    this.scrolled();
    this.below.hidden = this.ending;
  }
}

function ratingCard(say, rate) {
  const names = say("rates").split("|");
  const score = (n) =>
    h("label", { class: "score", title: names[n - 1] },
      h("input", { type: "radio", name: "score", value: n, required: true, "aria-label": `${n}: ${names[n - 1]}` }),
      h("span", { "aria-hidden": "true" }, String(n)));
  const trouble = h("p", { class: "trouble", role: "alert" });
  const onsubmit = async (event) => {
    event.preventDefault();
    const said = new FormData(event.target);
    trouble.textContent = "";
    await rate(Number(said.get("score")), String(said.get("feedback")).trim()).catch((reason) => (trouble.textContent = `${say("failed")} ${reason.message || say("noAnswer")}`));
  };
  return h("form", { class: "rating", onsubmit },
    h("fieldset", {}, h("legend", {}, say("rate")),
      h("div", { class: "scores" }, [1, 2, 3, 4, 5].map(score)),
      h("p", { class: "ends", "aria-hidden": "true" }, h("span", {}, names[0]), h("span", {}, names[4]))),
    h("label", { class: "unseen", for: "feedback" }, say("rateMore")),
    h("textarea", { id: "feedback", name: "feedback", rows: 2, maxlength: 2000, dir: "auto", placeholder: say("rateMore") }),
    trouble,
    h("button", { type: "submit", class: "button" }, say("rateSend")));
}
