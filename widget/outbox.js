/* What the customer has written and the server has not confirmed. It must not lose, double or reorder a message. */

import { uuid } from "./wire.js";

export class Outbox {
  constructor(chat) {
    this.chat = chat;
    this.letters = []; // {uuid, session: an id or null, text, attachments, sentAt, state: waiting | sending | sent | failed, error, tried, offline}
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

  add(text, attachments) {
    const session = this.chat.session?.id ?? null;
    this.letters.push({ uuid: uuid(), session, text, attachments, sentAt: new Date().toISOString(), state: "waiting", error: "", tried: 0 });
    this.pump();
  }

  /** Sends a failed message again under the id it had, so that it cannot arrive twice. */
  retry(letter) {
    Object.assign(letter, { state: "waiting", error: "", tried: 0 });
    this.pump();
  }

  /** When the connection is back: everything that could not go out. */
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
      attachments: letter.attachments, ...(context && { clientContext: context }),
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

  /** A stale contact or session is replaced once and the message goes again; everything else waits for the customer. */
  async troubled(letter, trouble) {
    const { chat } = this;
    if (!this.letters.includes(letter)) return; // it arrived; only the answer to it was lost, and polling brings that
    if ([401, 404].includes(trouble.status) && letter.tried === 1 && !chat.options.user.token) {
      letter.session = null;
      chat.lose(trouble);
      await this.deliver(letter);
      return;
    }
    await chat.poll(letter.session).catch(() => {});
    if (this.letters.includes(letter)) this.failed(letter, trouble);
  }

  failed(letter, trouble) {
    Object.assign(letter, { state: "failed", error: trouble.status ? trouble.message : "", offline: trouble.status === 0 });
    this.chat.phase = "idle";
    this.chat.changed();
  }
}
