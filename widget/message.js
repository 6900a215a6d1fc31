/* Draws one message: who, when, what, from where. It must not interpret a customer's or a person's words as markup. */

import { address, link, markdown, plain } from "./markdown.js";
import { card } from "./card.js";
import { h, icon } from "./dom.js";

/**
 * `{kind, name, at, text, attachments, sources}` of a history item or of a letter that has not arrived yet. The AI's word that
 * people take over is a notice: it answers nothing. An offer of topics names its sources already.
 */
export function spoken({ item, letter }) {
  if (letter) return { kind: "user", at: letter.sentAt, text: letter.text, attachments: letter.attachments, sources: [] };
  const { sender, sentAt, content, attachments, sources, choices, isHandoffNotice } = item;
  const kind = isHandoffNotice ? "notice" : sender.kind;
  if (item.isRemoved) return { kind, name: sender.name, at: sentAt, text: "", attachments: [], sources: [], removed: true };
  return { kind, name: sender.name, at: sentAt, text: content?.text ?? "", attachments: attachments ?? [], sources: choices?.length ? [] : (sources ?? []), asks: item.waiting ? item : null };
}

/**
 * The element of one message; `first`: the first of several in a row by the same sender, which carries the label for all;
 * `offer`: `{choices, pick}` when the customer can pick a topic now: buttons then take the place of the numbered list; for what an action waits
 * for, `{act, live}`: a card takes the place of the block that says what would be done.
 */
export function draw(words, first, say, language, offer = null) {
  if (words.kind === "notice") return notice(words, say, language);
  const from = { user: "you", ai: "ai", agent: "person" }[words.kind];
  const label = words.kind === "user" ? say("you") : words.name || say(from);
  const when = new Date(words.at);
  const body = (text) => text.trim() && h("div", { class: "body", dir: "auto" }, words.kind === "ai" ? markdown(text, say) : plain(text, say));
  const list = offer?.choices?.map((choice, at, { length }) => `${length > 1 ? `${at + 1}.` : "-"} ${choice}`).join("\n");
  const [before, ...after] = words.asks ? words.text.split(/```\n[^]*?\n```/) : offer ? words.text.split(list) : [words.text];
  return h(
    "div",
    { class: `message from-${from}${first ? " first" : ""}` },
    h(
      "p",
      { class: first ? "by" : "by unseen" },
      icon(from),
      h("span", { class: "name", dir: "auto" }, label),
      words.kind === "ai" && label !== say("ai") && h("span", { class: "kind" }, say("ai")),
      h("time", { datetime: words.at, title: when.toLocaleString(language) }, clock(when, language)),
    ),
    words.removed && h("p", { class: "removed" }, say("removed")),
    body(before),
    words.asks ? card(words.asks, say, offer.act, offer.live) : offer && buttons(offer, say),
    (!words.asks || offer.live) && body(after.join(list)),
    files(words.attachments),
    cited(words.sources, say),
  );
}

function notice(words, say, language) {
  const when = new Date(words.at);
  return h("div", { class: "handoff" },
    icon("person"),
    h("p", { dir: "auto" }, h("span", { class: "unseen" }, `${say("system")}: `), words.removed ? say("removed") : words.text),
    h("time", { datetime: words.at, title: when.toLocaleString(language) }, clock(when, language)));
}

/** Each with its number, as the list had it, for who would rather write; a click says the words themselves. */
function buttons({ choices, pick }, say) {
  const button = (words, at) =>
    h("button", { type: "button", class: "quiet-button", onclick: () => pick(words) }, choices.length > 1 && h("span", { class: "number", "aria-hidden": "true" }, String(at + 1)), h("span", { dir: "auto" }, words));
  return h("div", { class: "choices", role: "group", "aria-label": say("choices") }, choices.map(button));
}

/** Hours and minutes, as the customer's language writes them. */
export function clock(when, language) {
  return when.toLocaleTimeString(language, { hour: "numeric", minute: "2-digit" });
}

function files(attachments) {
  if (!attachments.length) return null;
  const chips = attachments.map((file) => {
    const inside = [icon("file"), h("span", { class: "file-name", dir: "auto" }, file.name), file.size ? h("small", {}, size(file.size)) : null];
    const href = file.url && /^https?:/.test(address(file.url) ?? "") ? address(file.url) : null;
    return h("li", {}, href ? link(href, ...inside) : h("span", {}, ...inside));
  });
  return h("ul", { class: "files" }, chips);
}

/** Kilobytes or megabytes, for people. */
export function size(bytes) {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function cited(sources, say) {
  if (!sources.length) return null;
  const rows = sources.map(({ title, url }) => {
    const href = url ? address(url) : null;
    return h("li", { dir: "auto" }, href ? link(href, title) : title);
  });
  return h("div", { class: "sources" }, h("p", {}, say("sources")), h("ul", {}, rows));
}
