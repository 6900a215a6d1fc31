/* Draws one message: who, when, what, from where, and the card of what an action waits for. It must not interpret a customer's or a person's words as markup. */

import { address, link, markdown, plain } from "./markdown.js";
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

/** Each with its number, for who would rather write; a click says the words themselves. */
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

const STATES = { done: "cardDone", declined: "cardLeft", expired: "cardLate", refused: "cardFailed", failed: "cardFailed", unknown: "cardFailed", dry: "cardDone", running: "sending" };

/** What an action waits for. `act.decide(waiting, yes, words)` says yes or no, `act.hand(item, given)` gives a form or a code, and throws. */
function card(item, say, act, live) {
  const { waiting, choices } = item;
  const inside = [h("p", { class: "card-title", dir: "auto" }, waiting.title), told(waiting.lines)];
  if (!live) inside.push(state(waiting, say));
  else if (waiting.kind === "confirm") inside.push(yesOrNo(waiting, choices, act));
  else if (waiting.kind === "approval") inside.push(takenBack(item, say, act));
  else inside.push(fields(item, say, act));
  return h("section", { class: "card", "aria-label": waiting.title }, inside);
}

function told(lines) {
  return lines.length ? h("dl", {}, lines.flatMap(([name, value]) => [h("dt", { dir: "auto" }, name), h("dd", { dir: "auto" }, value)])) : null;
}

function state(waiting, say) {
  const name = STATES[waiting.state];
  return name && h("p", { class: `card-state is-${waiting.state}` }, icon(name === "cardDone" ? "resolve" : "system"), say(name));
}

/** What waits for the team was the customer's own wish, which they may take back. */
function takenBack(item, say, act) {
  const trouble = h("p", { class: "trouble", role: "alert" });
  const leave = h("button", { type: "button", class: "quiet-button" }, say("cardLeave"));
  leave.addEventListener("click", async () => {
    leave.disabled = true;
    try {
      await act.hand(item, { cancel: true });
    } catch (reason) {
      leave.disabled = false;
      trouble.textContent = reason.message || say("noAnswer");
    }
  });
  return h("div", {}, trouble, h("div", { class: "card-buttons" }, leave));
}

function yesOrNo(waiting, choices, act) {
  const button = (words, at) => h("button", { type: "button", class: at ? "quiet-button" : "button", onclick: () => act.decide(waiting, at === 0, words) }, words);
  return h("div", { class: "card-buttons" }, choices.map(button));
}

/** The form's fields, or the one of a code. What is wrong stands beside its field, and what was typed stays. */
function fields(item, say, act) {
  const { waiting } = item;
  const code = { properties: { code: { type: "string", title: say("cardCode"), minLength: 4, maxLength: 12 } }, required: ["code"] };
  const schema = waiting.kind === "code" ? code : waiting.schema ?? { properties: {} };
  const made = Object.entries(schema.properties).map(([name, one]) => field(`${waiting.id}-${name}`, name, one, schema.required?.includes(name), say, waiting.kind === "code"));
  const trouble = h("p", { class: "trouble", role: "alert" });
  const send = h("button", { type: "submit", class: "button" }, say("cardSend"));
  const leave = h("button", { type: "button", class: "quiet-button", onclick: () => submit(null) }, say("cardLeave"));
  const busy = (on) => { send.disabled = leave.disabled = on; send.textContent = say(on ? "sending" : "cardSend"); };
  async function submit(given) {
    trouble.textContent = "";
    busy(true);
    try {
      await act.hand(item, given === null ? { cancel: true } : waiting.kind === "code" ? { code: given.code } : { values: given });
    } catch (reason) {
      busy(false);
      const said = reason.message || say("noAnswer");
      const wrong = made.find(({ name }) => said.startsWith(`${name}:`) || said.startsWith(`${name} `));
      if (wrong) wrong.complain(said.slice(wrong.name.length).replace(/^:?\s*/, ""));
      else trouble.textContent = said;
    }
  }
  const onsubmit = (event) => {
    event.preventDefault();
    const wrong = made.filter((one) => !one.check());
    if (wrong.length) wrong[0].input.focus();
    else submit(Object.fromEntries(made.map((one) => [one.name, one.value()]).filter(([, value]) => value !== undefined)));
  };
  return h("form", { novalidate: true, onsubmit }, made.map((one) => one.element), trouble, h("div", { class: "card-buttons" }, send, leave));
}

function field(id, name, schema, required, say, isCode) {
  const kind = [schema.type].flat().find((type) => type !== "null") ?? "string";
  const plain = name.replace(/[_-]+/g, " ").trim();
  const label = schema.title ?? schema.description ?? plain.charAt(0).toUpperCase() + plain.slice(1);
  const common = { id, name, required, "aria-describedby": `${id}-wrong` };
  const listed = choices(kind === "array" ? schema.items ?? {} : schema);
  const input = listed ? pick(listed, kind === "array", common) : drawn(kind, schema, common, isCode);
  const wrong = h("p", { class: "trouble", id: `${id}-wrong`, role: "alert" });
  const complain = (text) => { wrong.textContent = text; input.setAttribute("aria-invalid", String(Boolean(text))); };
  input.addEventListener("input", () => complain(""));
  const value = () => {
    if (listed) {
      const chosen = [...input.selectedOptions].filter((option) => option.value).map((option) => listed[option.value - 1].value);
      return kind !== "array" ? chosen[0] : chosen.length ? chosen : undefined;
    }
    if (kind === "boolean") return input.checked || required ? input.checked : undefined;
    const text = input.value.trim();
    if (!text) return undefined;
    if (kind === "array") return text.split("\n").map((line) => line.trim()).filter(Boolean);
    return ["integer", "number"].includes(kind) ? Number(text) : text;
  };
  const check = () => { complain(input.validity.valid ? "" : input.validationMessage); return input.validity.valid; };
  const words = h("label", { for: id, dir: "auto" }, label, !required && kind !== "boolean" && h("span", { class: "optional" }, ` (${say("cardOptional")})`));
  return { name, input, value, check, complain, element: h("div", { class: `field is-${kind}` }, kind === "boolean" ? [input, words] : [words, input], wrong) };
}

/** What a value may be, with the words for each; null where it may be anything. */
function choices(schema) {
  const several = schema.oneOf ?? schema.anyOf;
  const found = Array.isArray(schema.enum) ? schema.enum.map((value) => ({ value, words: String(value) }))
    : several?.every((one) => "const" in one) ? several.map((one) => ({ value: one.const, words: String(one.title ?? one.const) })) : [];
  return found.some(({ value }) => value !== null) ? found.filter(({ value }) => value !== null) : null;
}

/** Nothing is chosen until somebody chooses: a required choice that begins with the first would be made for them. */
function pick(listed, several, common) {
  const options = listed.map(({ words }, at) => h("option", { value: at + 1 }, words));
  return h("select", { ...common, multiple: several, size: several ? Math.min(listed.length, 6) : undefined }, several ? null : h("option", { value: "" }, "–"), options);
}

function drawn(kind, schema, common, isCode) {
  const { minimum: min, maximum: max, minLength: minlength, maxLength: maxlength } = schema;
  if (kind === "boolean") return h("input", { ...common, type: "checkbox", required: false });
  if (["integer", "number"].includes(kind)) return h("input", { ...common, type: "number", step: kind === "integer" ? 1 : "any", min, max, inputmode: "decimal" });
  if (kind === "array" || maxlength > 200) return h("textarea", { ...common, rows: 3, minlength, maxlength, dir: "auto" });
  const type = { date: "date", email: "email", uri: "url", time: "time" }[schema.format] ?? "text";
  return h("input", { ...common, type, minlength, maxlength, dir: "auto", autocomplete: isCode ? "one-time-code" : "off", ...(isCode && { inputmode: "numeric" }) });
}
