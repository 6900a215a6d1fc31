/* Every request the widget makes: widget protocol v2, and our live stream beside it. It must not keep state but the two tokens. */

const PATIENCE = 40_000; // milliseconds: the server itself waits 20 s for an answer before it says "later"
const SILENCE = 60_000; // a stream that says nothing for so long, not even a comment, is taken for dead

/** A request that failed. `status` 0 means that no answer came: no network, or nobody there. The message is for the customer, and may be empty. */
export class Trouble extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** A random UUID (version 4), also without TLS, where `crypto.randomUUID` is missing. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export class Wire {
  /** `base`: the address of the widget endpoints, without a slash at the end; `token`: the organisation's widget token. */
  constructor(base, token) {
    this.base = base;
    this.token = token;
    this.contact = null; // the contact's token, once there is one
  }

  config = () => this.ask("GET", "/config");
  createContact = (who) => this.ask("POST", "/contact/create-unverified", who);
  sessions = (filters, cursor) => this.ask("GET", `/sessions?${new URLSearchParams({ filters: JSON.stringify(filters), ...(cursor && { cursor }) })}`);
  createSession = (customData) => this.ask("POST", "/create-session", { customData });
  poll = (session) => this.ask("GET", `/poll/${session}`);
  send = (message) => this.ask("POST", "/chat/send", { ...message, bot_token: this.token });
  vote = (sessionId, messagePublicId, action) => this.ask("POST", "/chat/vote", { action, sessionId, messagePublicId });
  execute = (sessionId, formMessageId, { values = {}, code, cancel }) =>
    this.ask("POST", "/action/execute", { sessionId, formMessageId, request: { queryParams: {}, pathParams: {}, bodyParams: values, headers: {} }, ...(code && { code }), ...(cancel && { cancel }) });
  resolve = (session) => this.ask("POST", "/session/resolve", { session_id: session });
  rate = (session, score, feedback) =>
    this.ask("POST", "/submit-csat", { session_id: session, score, ...(feedback && { feedback }), system_message_uuid: uuid() });

  headers(more) {
    return { "X-Bot-Token": this.token, ...(this.contact && { Authorization: `Bearer ${this.contact}` }), ...more };
  }

  async ask(method, path, body) {
    const headers = this.headers({ "Content-Type": "application/json", Accept: "application/json" });
    let answer;
    try {
      answer = await fetch(this.base + path, {
        method, headers, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(PATIENCE), ...(body && { body: JSON.stringify(body) }),
      });
    } catch {
      throw new Trouble(0, "");
    }
    const said = await answer.json().catch(() => null);
    if (!answer.ok || said === null) throw new Trouble(answer.ok ? 0 : answer.status, textOf(answer.status, said));
    return said;
  }

  /** Uploads a file; `progress` is called with a number from 0 to 1. Gives `{fileName, fileUrl}`, and takes `signal` to stop. */
  upload(file, progress, signal) {
    return new Promise((done, failed) => {
      const request = new XMLHttpRequest(); // fetch cannot tell how far an upload is
      request.open("POST", `${this.base}/upload`);
      for (const [name, value] of Object.entries(this.headers())) request.setRequestHeader(name, value);
      request.responseType = "json";
      request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
      request.onload = () => {
        const said = request.response;
        if (request.status < 300 && said?.fileUrl) done(said);
        else failed(new Trouble(request.status, textOf(request.status, said)));
      };
      request.onerror = request.onabort = () => failed(new Trouble(0, ""));
      signal.addEventListener("abort", () => request.abort());
      const form = new FormData();
      form.append("file", file);
      request.send(form);
    });
  }

  /** Reads a session's live stream and hands each event to `heard(name, data)`. Returns when it ends; throws when it cannot be had. */
  async listen(session, heard, signal) {
    const dead = new AbortController();
    const stop = () => dead.abort();
    signal.addEventListener("abort", stop);
    let watch = setTimeout(stop, SILENCE);
    try {
      const answer = await fetch(`${this.base}/stream/${session}`, {
        headers: this.headers({ Accept: "text/event-stream" }), credentials: "omit", cache: "no-store", signal: dead.signal,
      });
      if (!answer.ok || !answer.headers.get("content-type")?.startsWith("text/event-stream")) throw new Trouble(answer.status, "no stream");
      heard("open", null);
      const read = events(heard);
      for (const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader(); ; ) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(watch);
        watch = setTimeout(stop, SILENCE);
        read(value);
      }
    } finally {
      clearTimeout(watch);
      signal.removeEventListener("abort", stop);
    }
  }
}

/** A function that takes pieces of a text/event-stream (WHATWG HTML 9.2) and calls `heard(name, data)` with each event's parsed JSON. */
function events(heard) {
  let rest = "";
  return (piece) => {
    const whole = (rest + piece).replace(/\r\n/g, "\n").split("\n\n");
    rest = whole.pop();
    for (const block of whole) {
      const fields = block.split("\n").map((line) => /^(event|data): ?(.*)$/.exec(line)).filter(Boolean);
      const data = fields.filter(([, field]) => field === "data").map(([, , value]) => value).join("\n");
      const name = fields.findLast(([, field]) => field === "event")?.[2] ?? "message";
      if (data) heard(name, JSON.parse(data));
    }
  };
}

/** What a server says of its own failure is meant for its operator. */
function textOf(status, said) {
  const message = status < 500 ? said?.message : "";
  return Array.isArray(message) ? message.join(" ") : String(message ?? "");
}

/**
 * A place of its own for each customer of each organisation, so that whoever signs in next on a shared computer
 * does not see the last one's conversations. Where the browser forbids storage, it lasts as long as the page.
 */
export class Storage {
  constructor(token, user) {
    const who = user.email || user.name ? `${fingerprint(`${user.email ?? ""}\n${user.name ?? ""}`)}:` : "";
    this.prefix = `glassine:${token}:${who}`;
    this.spare = new Map();
  }

  get(name) {
    try {
      return localStorage.getItem(this.prefix + name) ?? this.spare.get(name) ?? null;
    } catch {
      return this.spare.get(name) ?? null;
    }
  }

  set(name, value) {
    try {
      if (value === null) localStorage.removeItem(this.prefix + name);
      else localStorage.setItem(this.prefix + name, value);
    } catch {
      // Storage of embedded pages can be shut off: then the page's own memory has to do.
    }
    if (value === null) this.spare.delete(name);
    else this.spare.set(name, value);
  }
}

/** 64 bits of FNV-1a (Fowler, Noll, Vo): tells customers apart without writing their address down. It protects nothing by itself. */
function fingerprint(text) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(36);
}
