/* What an action waits for: a yes, a form or a code, as a card under the AI's words. It must not send anything that the customer did not see. */

import { h, icon } from "./dom.js";

const STATES = { done: "cardDone", declined: "cardLeft", expired: "cardLate", refused: "cardFailed", failed: "cardFailed", unknown: "cardFailed", dry: "cardDone", approval: "cardTeam", running: "sending" };

/** `waiting` of a history item; `choices` the words for yes and no; `act.decide(waiting, yes, words)` and `act.hand(item, given)`, which throws. */
export function card(item, say, act, live) {
  const { waiting, choices } = item;
  const inside = [h("p", { class: "card-title", dir: "auto" }, waiting.title), told(waiting.lines)];
  if (!live) inside.push(state(waiting, say));
  else if (waiting.kind === "confirm") inside.push(yesOrNo(waiting, choices, act));
  else if (waiting.kind === "approval") inside.push(state({ state: "approval" }, say));
  else inside.push(fields(item, say, act));
  return h("section", { class: "card", "aria-label": waiting.title }, inside);
}

function told(lines) {
  return lines.length ? h("dl", {}, lines.flatMap(([name, value]) => [h("dt", { dir: "auto" }, name), h("dd", { dir: "auto" }, value)])) : null;
}

function state(waiting, say) {
  const name = STATES[waiting.state] ?? "cardMoved";
  return h("p", { class: `card-state is-${waiting.state}` }, icon(name === "cardDone" ? "resolve" : "system"), say(name));
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
  const input = drawn(kind, schema, common, isCode);
  const wrong = h("p", { class: "trouble", id: `${id}-wrong`, role: "alert" });
  const complain = (text) => { wrong.textContent = text; input.setAttribute("aria-invalid", String(Boolean(text))); };
  input.addEventListener("input", () => complain(""));
  const value = () => {
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

function drawn(kind, schema, common, isCode) {
  const { minimum: min, maximum: max, minLength: minlength, maxLength: maxlength } = schema;
  if (Array.isArray(schema.enum)) return h("select", common, common.required ? null : h("option", { value: "" }, "–"), schema.enum.map((one) => h("option", { value: one }, String(one))));
  if (kind === "boolean") return h("input", { ...common, type: "checkbox", required: false });
  if (["integer", "number"].includes(kind)) return h("input", { ...common, type: "number", step: kind === "integer" ? 1 : "any", min, max, inputmode: "decimal" });
  if (kind === "array" || maxlength > 200) return h("textarea", { ...common, rows: 3, minlength, maxlength, dir: "auto" });
  const type = { date: "date", email: "email", uri: "url", time: "time" }[schema.format] ?? "text";
  return h("input", { ...common, type, minlength, maxlength, dir: "auto", autocomplete: isCode ? "one-time-code" : "off", ...(isCode && { inputmode: "numeric" }) });
}
