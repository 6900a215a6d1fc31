/* Draws one message: who, when, what, from where. It must not interpret a customer's or a person's words as markup. */

import { address, link, markdown, plain } from "./markdown.js";
import { h, icon } from "./dom.js";

/** `{kind, name, at, text, attachments, sources}` of a history item or of a letter that has not arrived yet. */
export function spoken({ item, letter }) {
  if (letter) return { kind: "user", at: letter.sentAt, text: letter.text, attachments: letter.attachments, sources: [] };
  const { sender, sentAt, content, attachments, sources } = item;
  return { kind: sender.kind, name: sender.name, at: sentAt, text: content?.text ?? "", attachments: attachments ?? [], sources: sources ?? [] };
}

/** The element of one message; `first`: the first of several in a row by the same sender, which carries the label for all. */
export function draw(words, first, say, language) {
  const from = { user: "you", ai: "ai", agent: "person" }[words.kind];
  const label = words.kind === "user" ? say("you") : words.name || say(from);
  const when = new Date(words.at);
  const body = words.kind === "ai" ? markdown(words.text, say) : plain(words.text, say);
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
    words.text && h("div", { class: "body", dir: "auto" }, body),
    files(words.attachments),
    cited(words.sources, say),
  );
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
