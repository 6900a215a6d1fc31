// The editor of an article: marks and shortcuts, pictures and formatted text by paste or drop, and a working copy that saves itself. Without it the form works.
import { closestOf, csrf, say } from "./page.js";

const PAUSE = 1500;  // milliseconds after the last change

async function send(path, fields) {
  const body = new FormData();
  for (const [name, value] of Object.entries({ csrf: csrf(), ...fields })) body.append(name, value);
  const answer = await fetch(path, { method: "POST", body }).catch(() => null);
  if (answer?.ok) return answer.text();
  const plain = answer?.headers.get("content-type")?.startsWith("text/plain");
  say({ text: plain ? await answer.text() : answer?.status === 413 ? "This is too large. Nothing was taken." : "That did not work. Try again in a moment.", kind: "bad" });
  return "";
}

export function startEditor() {
  const form = document.querySelector("[data-editor]"), area = form?.elements.body;
  if (!area) return;
  const insert = (text, from = area.selectionStart, to = area.selectionEnd) => {
    area.focus();
    area.setSelectionRange(from, to);
    if (text && !document.execCommand("insertText", false, text)) area.setRangeText(text, from, to, "end");  // the command keeps what can be undone
  };
  const apply = ({ wrap, lines, put }) => {
    const from = area.selectionStart, to = area.selectionEnd, chosen = area.value.slice(from, to);
    if (put) return insert(put.replaceAll("\\n", "\n"));
    if (wrap) {
      const [before, after] = wrap.split("…"), inside = chosen || "text";
      insert(before + inside + after);
      return area.setSelectionRange(from + before.length, from + before.length + inside.length);
    }
    const start = area.value.lastIndexOf("\n", from - 1) + 1;
    insert(area.value.slice(start, to).split("\n").map((line) => lines.replaceAll("\\n", "\n") + line).join("\n"), start, to);
  };
  const take = async (event, data) => {
    const html = data.getData("text/html"), files = [...data.files].filter((file) => file.type.startsWith("image/"));
    if (event.type === "paste" && html.replace(/<style[^]*?<\/style>|<[^>]*>/gi, "").trim()) {
      event.preventDefault();
      insert(await send("/knowledge/paste", { html }) || data.getData("text/plain"));
    } else if (files.length) {
      event.preventDefault();
      for (const file of files) insert(await send("/knowledge/images", { file }));
    }
  };
  area.addEventListener("paste", (event) => take(event, event.clipboardData));
  area.addEventListener("drop", (event) => take(event, event.dataTransfer));
  form.querySelector("[data-tools]").hidden = false;
  form.addEventListener("click", (event) => {
    const tool = closestOf(event, "[data-tools] button");
    if (tool) apply(tool.dataset);
  });
  form.querySelector("[data-picture]").addEventListener("change", async (event) => {
    for (const file of event.target.files) insert(await send("/knowledge/images", { file }));
    event.target.value = "";
  });
  form.addEventListener("keydown", (event) => {
    const button = (event.ctrlKey || event.metaKey) && !event.altKey && form.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  });
  let edits = 0, timer = 0, busy = false;
  const save = async () => {
    if (busy) return (timer = setTimeout(save, PAUSE));
    busy = true;
    const sent = edits, saved = document.getElementById("saved");
    const answer = await fetch("/knowledge/autosave", { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(() => null);
    busy = false;
    if (!answer?.ok) return (saved.querySelector("span").textContent = "Not saved: the server cannot be reached");
    saved.innerHTML = await answer.text();
    if (answer.headers.get("X-Address")) history.replaceState(null, "", answer.headers.get("X-Address"));
    if (sent === edits && answer.headers.get("X-Saved")) document.dispatchEvent(new Event("saved"));
  };
  form.addEventListener("input", () => { edits += 1; clearTimeout(timer); timer = setTimeout(save, PAUSE); });
  form.addEventListener("submit", () => clearTimeout(timer));
}
