/* What the customer has written and the server has not confirmed. It must not lose, double or reorder a message. */

import { uuid } from "./wire.js";

const PAUSES = [1000, 3000, 8000]; // milliseconds before a message that reached nobody goes again by itself
const PASSING = [0, 502, 503, 504]; // no answer, or one that says to come back

export class Outbox {
  constructor(chat) {
    this.chat = chat;
    this.letters = []; // {uuid, session: an id or null, text, attachments, answers: {call, yes} or null, sentAt, state: waiting | sending | sent | failed, error, tried, missed, offline}
    this.busy = false;
  }

  /** The letters of the session that is shown. */
  get here() {
    return this.letters.filter((letter) => letter.session === (this.chat.session?.id ?? null));
  }

  get sending() {
    return this.here.some((letter) => letter.state !== "failed");
  }

  /** A session was opened for what was written without one. */
  adopt(session) {
    for (const letter of this.letters) letter.session ??= session.id;
  }

  add(text, attachments, answers) {
    const session = this.chat.session?.id ?? null;
    this.letters.push({ uuid: uuid(), session, text, attachments, answers, sentAt: new Date().toISOString(), state: "waiting", error: "", tried: 0, missed: 0 });
    this.pump();
  }

  /** Sends a failed message again under the id it had, so that it cannot arrive twice. */
  retry(letter) {
    Object.assign(letter, { state: "waiting", error: "", tried: 0, missed: 0 });
    this.pump();
  }

  /** When the connection or the server is back: everything that could not go out. */
  retryAll() {
    for (const letter of this.letters) if (letter.state === "failed" && letter.offline) this.retry(letter);
  }

  /** Letters whose rows the server has shown us are no longer ours to keep. */
  settle(known) {
    for (const letter of this.letters) if (known.has(letter.uuid)) letter.confirmed?.();
    this.letters = this.letters.filter((letter) => !known.has(letter.uuid));
  }

  /** One at a time, in order. The answer may take 20 s; the next one may go as soon as the server has the one before. */
  async pump() {
    this.chat.changed();
    if (this.busy) return;
    this.busy = true;
    for (let letter; (letter = this.letters.find((one) => one.state === "waiting")); ) {
      letter.state = "sending";
      const seen = new Promise((confirmed) => (letter.confirmed = confirmed));
      await Promise.race([this.deliver(letter), seen]);
    }
    this.busy = false;
  }

  async deliver(letter) {
    const { chat } = this;
    letter.tried += 1;
    try {
      const session = letter.session ?? (await chat.openSession()).id;
      if (chat.session?.id === session && chat.session.assignee.kind === "ai") chat.phase = "received";
      chat.changed();
      const answer = await chat.wire.send(this.envelope(letter, session));
      if (answer.success) await this.accepted(letter, answer, session);
      else this.failed(letter, { status: 400, message: answer.error?.message ?? "" });
    } catch (trouble) {
      await this.troubled(letter, trouble);
    }
  }

  envelope(letter, session) {
    const { language, context } = this.chat.options;
    return {
      uuid: letter.uuid, content: letter.text, session_id: session, language, custom_data: {},
      attachments: letter.attachments, ...(letter.answers && { answers: letter.answers }), ...(context && { clientContext: context }),
    };
  }

  async accepted(letter, answer, session) {
    const { chat } = this;
    const reply = answer.autopilotResponse;
    if (reply?.mightSolveUserIssue && reply.id) chat.solving.add(reply.id);
    if (this.letters.includes(letter)) letter.state = "sent";
    if (chat.session?.id !== session) return;
    if (answer.session) chat.learn(answer.session);
    if (answer.code) chat.phase = "idle";
    await chat.poll(session).catch(() => chat.nudge());
    chat.changed();
  }

  /**
   * A stale contact or session is replaced once and the message goes again; what reached nobody goes again after a pause, which
   * is safe because the server knows a message by its id; everything else waits for the customer.
   */
  async troubled(letter, trouble) {
    const { chat } = this;
    if (!this.letters.includes(letter)) return; // it arrived; only the answer to it was lost, and polling brings that
    if ([401, 404].includes(trouble.status) && letter.tried - letter.missed === 1 && !chat.options.user.token) {
      letter.session = null;
      chat.lose(trouble);
      await this.deliver(letter);
      return;
    }
    await chat.poll(letter.session).catch(() => {});
    if (!this.letters.includes(letter)) return;
    if (!PASSING.includes(trouble.status) || letter.missed >= PAUSES.length || !navigator.onLine) return void this.failed(letter, trouble);
    letter.missed += 1;
    chat.phase = "idle";
    chat.changed();
    await new Promise((go) => setTimeout(go, PAUSES[letter.missed - 1]));
    if (this.letters.includes(letter)) await this.deliver(letter);
  }

  failed(letter, trouble) {
    Object.assign(letter, { state: "failed", error: trouble.message, offline: PASSING.includes(trouble.status) });
    this.chat.phase = "idle";
    this.chat.changed();
  }
}
