// Lists whose order can be dragged: the list names where its new order is sent. Without this, and by keyboard, the arrows do the same.
import { csrf, say } from "./page.js";

export function startOrders() {
  for (const list of document.querySelectorAll("[data-order]")) {
    let held = null;
    for (const item of list.children) item.draggable = true;
    list.addEventListener("dragstart", (event) => { held = event.target.closest("[data-order] > li"); });
    list.addEventListener("dragover", (event) => {
      const over = event.target.closest("[data-order] > li");
      if (!held || !over || over === held || over.dataset.level !== held.dataset.level) return;
      event.preventDefault();
      const box = over.getBoundingClientRect();
      over[event.clientY > box.top + box.height / 2 ? "after" : "before"](held);
    });
    list.addEventListener("dragend", async () => {
      held = null;
      const ids = JSON.stringify([...list.children].map((item) => item.dataset.id));
      const sent = await fetch(list.dataset.order, { method: "POST", body: new URLSearchParams({ csrf: csrf(), ids }), redirect: "manual" }).catch(() => null);
      say(sent && (sent.ok || sent.type === "opaqueredirect") ? { text: "The order is saved." } : { text: "The order was not saved. Load the page again.", kind: "bad" });
    });
  }
}
