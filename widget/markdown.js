/* Turns the Markdown an AI writes into elements: paragraphs, lists, bold, code, links. It must not know HTML or images. */

import { h } from "./dom.js";

const DEEPEST = 4; // lists and quotes inside each other: deeper ones are shown as text
const MASK = /\[(EMAIL|PHONE|CARD|IBAN|BANK|NATIONAL_ID|TAX_ID|PASSPORT|LICENCE|IP|MAC|IMEI|COORDINATES|CREDENTIALS|SECRET|BIRTHDATE|PLATE|VIN|NAME|ADDRESS|CUSTOM)(?:_([1-9]\d{0,5}))?\]/g;
const ITEM = /^( {0,12})(?:[-*+]|(\d{1,9})[.)]) +(.*)$/;
const FENCE = /^ {0,12}(`{3,}|~{3,})/;

/** Where a link may lead: http, https or mailto, as an absolute address; otherwise null. */
export function address(target) {
  try {
    const url = new URL(target, location.href);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A link that tells the other side nothing about where it came from and gets no hold of this window. */
export function link(href, ...inside) {
  return h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...inside);
}

/** Text with its masked values as chips; `say` gives the chip's explanation. */
export function chips(text, say) {
  const made = [];
  let from = 0;
  for (const found of text.matchAll(MASK)) {
    made.push(text.slice(from, found.index), chip(found[1], found[2], say));
    from = found.index + found[0].length;
  }
  return [...made, text.slice(from)];
}

/** A value without a number is gone for good; behind one with a number lies the sealed original. */
export function chip(kind, number, say) {
  const [look, more] = number ? ["mask", "maskedMore"] : ["mask gone", "goneMore"];
  return h("span", { class: look, title: say(more) }, h("span", { class: "unseen" }, `${say("masked")}: `), [kind.replace("_", " "), number].filter(Boolean).join(" "));
}

/** Text as it was typed, with chips, and with web addresses as links. */
export function plain(text, say) {
  return text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}'])/).flatMap((part, at) => {
    const href = at % 2 ? address(part) : null;
    return href ? [link(href, part)] : chips(part, say);
  });
}

/** The elements of a Markdown text. */
export function markdown(text, say) {
  return blocks(text.replace(/\r\n?/g, "\n").split("\n"), say, 0);
}

function blocks(lines, say, depth) {
  const made = [];
  for (let at = 0; at < lines.length; ) {
    const [block, next] = blockAt(lines, at, say, depth);
    if (block) made.push(block);
    at = next;
  }
  return made;
}

/** The block that begins at a line, and the line after it. */
function blockAt(lines, at, say, depth) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  if (FENCE.test(line)) return fenced(lines, at);
  if (/^ {0,3}([-*_])( *\1){2,} *$/.test(line)) return [h("hr"), at + 1];
  const heading = /^ {0,3}#{1,6} +(.*?)[ #]*$/.exec(line);
  if (heading) return [h("p", { class: "heading" }, h("strong", {}, inline(heading[1], say))), at + 1];
  if (depth < DEEPEST && line.startsWith(">")) return quoted(lines, at, say, depth);
  if (depth < DEEPEST && ITEM.test(line)) return listed(lines, at, say, depth);
  return paragraph(lines, at, say, depth);
}

function fenced(lines, at) {
  const fence = FENCE.exec(lines[at])[1];
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(fence)) end += 1;
  return [h("pre", { tabindex: 0, dir: "ltr" }, h("code", {}, lines.slice(at + 1, end).join("\n"))), end + 1];
}

function quoted(lines, at, say, depth) {
  let end = at;
  while (end < lines.length && lines[end].startsWith(">")) end += 1;
  const inside = lines.slice(at, end).map((line) => line.replace(/^> ?/, ""));
  return [h("blockquote", {}, blocks(inside, say, depth + 1)), end];
}

function listed(lines, at, say, depth) {
  const [, indent, number] = ITEM.exec(lines[at]);
  const items = [];
  let end = at;
  for (; end < lines.length; end += 1) {
    const item = ITEM.exec(lines[end]);
    const own = item && item[1].length <= indent.length + 1;
    if (own && Boolean(item[2]) !== Boolean(number)) break;
    if (own) items.push([item[3]]);
    else if (belongs(lines, end, indent.length)) items.at(-1).push(lines[end].slice(Math.min(indent.length + 2, /^ */.exec(lines[end])[0].length)));
    else break;
  }
  const start = number && Number(number) !== 1 ? Number(number) : null;
  return [h(number ? "ol" : "ul", { start }, items.map((inside) => h("li", {}, tight(blocks(inside, say, depth + 1))))), end];
}

/** Whether a line still belongs to the list item before it: it is indented, or blank with such a line or an item after it. */
function belongs(lines, at, indent) {
  if (lines[at].trim()) return lines[at].startsWith(" ".repeat(indent + 2));
  const next = lines[at + 1] ?? "";
  return ITEM.test(next) || (Boolean(next.trim()) && next.startsWith(" ".repeat(indent + 2)));
}

/** A list item of one paragraph needs no paragraph around it. */
function tight(made) {
  return made[0]?.tagName === "P" && !made[0].className ? [...made[0].childNodes, ...made.slice(1)] : made;
}

function paragraph(lines, at, say, depth) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !begins(lines[end], depth)) end += 1;
  const made = lines.slice(at, end).flatMap((line, n) => (n ? [h("br"), ...inline(line.trim(), say)] : inline(line.trim(), say)));
  return [h("p", {}, made), end];
}

function begins(line, depth) {
  return FENCE.test(line) || /^ {0,3}#{1,6} /.test(line) || (depth < DEEPEST && (line.startsWith(">") || ITEM.test(line)));
}

// Each alternative excludes its own closing mark and has a longest length, so that no text takes long to match.
const INLINE = new RegExp(
  [
    "\\\\([!-/:-@[-`{-~])", // 1 an escaped mark
    "(`{1,3})([^`]+)\\2(?!`)", // 2, 3 code
    "!?\\[([^\\[\\]]{1,500})\\]\\(\\s*<?([^\\s()<>]{1,2000}(?:\\([^\\s()]{0,200}\\)[^\\s()<>]{0,200})?)>?(?:\\s+\"[^\"]{0,300}\")?\\s*\\)", // 4, 5 a link
    "<((?:https?://|mailto:)[^\\s<>]{1,2000})>", // 6 an address in angle brackets
    "(https?://[^\\s<>\"]{0,2000}[^\\s<>\".,;:!?)\\]}'*_])", // 7 an address
    "(\\*\\*|__)(?=\\S)((?:(?!\\8).){1,2000})\\8", // 8, 9 bold
    "(?<![\\w*])([*_])(?=\\S)((?:(?!\\10).){1,2000})\\10(?!\\w)", // 10, 11 emphasis
  ].join("|"),
  "g",
);

function inline(text, say) {
  const made = [];
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    made.push(...chips(text.slice(from, found.index), say), ...span(found, say));
    from = found.index + found[0].length;
  }
  return [...made, ...chips(text.slice(from), say)];
}

function span([whole, escaped, , code, label, target, angled, bare, , bold, , emphasis], say) {
  if (escaped !== undefined) return [escaped];
  if (code !== undefined) return [h("code", {}, code.trim() || code)];
  if (bold !== undefined) return [h("strong", {}, inline(bold, say))];
  if (emphasis !== undefined) return [h("em", {}, inline(emphasis, say))];
  const href = address(target ?? angled ?? bare);
  const inside = label ?? (angled ?? bare).replace(/^mailto:/, "");
  if (!href) return label === undefined ? [whole] : chips(label, say);
  return [link(href, label === undefined ? inside : withoutLinks(inline(label, say)))];
}

/** A link's label may hold an address of its own; links do not nest. */
function withoutLinks(nodes) {
  return nodes.map((node) => (node.tagName === "A" ? node.textContent : node));
}
