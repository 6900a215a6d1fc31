// Shows what is behind a chip, in place, to who may see it, and covers it again. The value lives in this page only.
import { closestOf, csrf, localTimes, say } from "./page.js";
import { askWhy } from "./why.js";

const covered = new WeakMap();  // chip -> its label while the value is shown, and the table below it if it is one

function cover(chip) {
  if (!covered.has(chip)) return;
  const { label, table } = covered.get(chip);
  chip.textContent = label;
  table?.remove();
  covered.delete(chip);
  chip.classList.remove("seen");
  chip.setAttribute("aria-label", `${chip.textContent}, masked. Reveal`);
}

async function reveal(chip) {
  const form = document.getElementById("reveal");
  const at = chip.dataset.revealAt || document.getElementById("log")?.dataset.session;
  const why = await askWhy(at || form.action);
  if (why === null) return chip.focus();
  const address = at ? `/inbox/sessions/${at}/reveal` : form.action;
  let answer;
  try {
    answer = await fetch(address, { method: "POST", headers: { "X-Csrf": csrf(), "HX-Request": "true" }, body: new URLSearchParams({ placeholder: chip.value, why, csrf: csrf() }) });
  } catch {
    return say({ text: "The server cannot be reached, so nothing was revealed.", kind: "bad" });
  }
  if (!answer.ok) {
    const said = JSON.parse(answer.headers.get("HX-Trigger") || "{}").say;
    return say(said ?? { text: "This could not be revealed.", kind: "bad" });
  }
  const words = await answer.text(), label = chip.textContent;
  if (answer.headers.get("Content-Type").startsWith("text/html")) {
    const table = document.createElement("div");
    table.innerHTML = words;  // a part of a page, made and escaped by the server
    chip.parentElement.append(table);
    covered.set(chip, { label, table });
    localTimes();
  } else {
    covered.set(chip, { label });
    chip.textContent = words;
  }
  chip.classList.add("seen");
  chip.setAttribute("aria-label", `${chip.textContent}. Cover again`);
  setTimeout(() => cover(chip), 60000);  // a screen left alone shows nothing
}

async function openFile(link) {
  const why = await askWhy(document.getElementById("log")?.dataset.session ?? "");
  if (why !== null) window.open(`${link.href}?${new URLSearchParams({ why })}`, "_blank", "noopener");
}

export function startReveals() {
  document.addEventListener("click", (event) => {
    const file = closestOf(event, "a.file");
    if (file && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      return void openFile(file);
    }
    const chip = closestOf(event, "button.mask");
    if (!chip) return;
    event.preventDefault();
    if (covered.has(chip)) return getSelection().isCollapsed && cover(chip);
    reveal(chip);
  });
}
