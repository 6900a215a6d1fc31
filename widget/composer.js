/* Where the customer writes and attaches files. It must not stand in the way: whatever the state, something can be done next. */

import { h, icon, iconButton } from "./dom.js";
import { size } from "./message.js";
import { uuid } from "./wire.js";

const LARGEST = 5 * 1024 * 1024; // bytes
const TYPES = {
  png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", pdf: "application/pdf", csv: "text/csv",
  xls: "application/vnd.ms-excel", xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
};
const MORE_FOR_PEOPLE = { txt: "text/plain" };

export class Composer {
  constructor(chat, say) {
    Object.assign(this, { chat, say });
    this.files = []; // {file, attachment: null until it is uploaded, stop}
    this.text = h("textarea", { id: "text", rows: 1, dir: "auto", placeholder: say("placeholder"), maxlength: 20_000, autocomplete: "off" });
    this.picker = h("input", { type: "file", multiple: true, hidden: true, onchange: () => this.picked() });
    this.shelf = h("ul", { class: "shelf" });
    this.trouble = h("p", { class: "trouble", role: "alert" });
    this.go = h("button", { type: "submit", class: "send", "aria-label": say("send"), title: say("send") }, icon("send"));
    this.element = h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this.send(); } },
      this.trouble,
      this.shelf,
      h("div", { class: "row" },
        iconButton("attach", say("attach"), () => this.pick()),
        this.picker,
        h("label", { class: "unseen", for: "text" }, say("placeholder")),
        this.text,
        this.go));
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("input", () => { this.trouble.textContent = ""; this.fit(); });
    this.text.addEventListener("paste", (event) => event.clipboardData.files.length && (event.preventDefault(), this.add(event.clipboardData.files)));
  }

  /** Enter sends, Shift+Enter is a new line; Enter that ends the composing of a character is neither. */
  key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.send();
  }

  /** As high as what is written, up to a third of the frame. */
  fit() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, innerHeight / 3)}px`;
    this.ready();
  }

  /** An empty message cannot be sent; the button says so, but stays in its place for the keyboard. */
  ready() {
    const uploading = this.files.some((one) => !one.attachment);
    const able = !uploading && Boolean(this.text.value.trim() || this.files.length);
    this.go.setAttribute("aria-disabled", String(!able));
    return able;
  }

  send() {
    if (!this.ready()) return;
    const attachments = this.files.map((one) => one.attachment);
    const text = this.text.value.trim();
    this.files = [];
    this.text.value = "";
    this.trouble.textContent = "";
    this.shelf.replaceChildren();
    this.fit();
    this.chat.say(text, attachments);
    this.text.focus();
  }

  get types() {
    return this.chat.session?.isHandedOff ? { ...TYPES, ...MORE_FOR_PEOPLE } : TYPES;
  }

  pick() {
    this.picker.accept = Object.keys(this.types).map((type) => `.${type}`).join(",");
    this.picker.click();
  }

  picked() {
    this.add(this.picker.files);
    this.picker.value = "";
  }

  add(files) {
    const refused = [];
    for (const file of files) {
      const type = this.types[file.name.split(".").at(-1).toLowerCase()]; // by name: what browsers say of a type differs
      if (!type) refused.push(this.say("wrongType", { name: file.name, types: Object.keys(this.types).join(", ") }));
      else if (file.size > LARGEST) refused.push(this.say("tooBig", { name: file.name }));
      else this.upload(new File([file], file.name, { type }));
    }
    this.trouble.textContent = refused.join(" ");
  }

  async upload(file) {
    const stop = new AbortController();
    const one = { file, attachment: null };
    const bar = h("progress", { max: 1, value: 0, "aria-label": this.say("uploading", { name: file.name }) });
    const drop = () => {
      stop.abort();
      this.files = this.files.filter((other) => other !== one);
      row.remove();
      this.ready();
      this.text.focus();
    };
    const row = h("li", {}, icon("file"), h("span", { class: "file-name", dir: "auto" }, file.name), h("small", {}, size(file.size)), bar,
      iconButton("close", this.say("remove", { name: file.name }), drop));
    this.files.push(one);
    this.shelf.append(row);
    this.ready();
    try {
      await this.chat.wake();
      const { fileName, fileUrl, id } = await this.chat.wire.upload(file, (part) => (bar.value = part), stop.signal);
      one.attachment = { id: id ?? uuid(), name: fileName ?? file.name, size: file.size, type: file.type, url: fileUrl };
      bar.remove();
      this.ready();
    } catch (trouble) {
      if (stop.signal.aborted) return;
      drop();
      this.trouble.textContent = `${this.say("notUploaded", { name: file.name })} ${trouble.message || this.say("noAnswer")}`;
    }
  }
}
