/* Keeps one session up to date: a live stream while somebody looks, polling behind it always. It must not decide what is shown. */

const SLOW = 60; // seconds between polls when a stream does the work, or nobody looks
const QUICK = 1.5; // seconds between polls while an answer is awaited without a stream

/** Follows a session until `signal` aborts. */
export function follow(chat, id, signal) {
  pollOn(chat, id, signal);
  streamOn(chat, id, signal);
}

async function pollOn(chat, id, signal) {
  let rung = false;
  let wake = () => {};
  chat.bell.addEventListener("poll", () => { rung = true; wake(); }, { signal });
  for (let missed = 0; !signal.aborted; ) {
    rung = false;
    try {
      await chat.poll(id);
      missed = 0;
    } catch (trouble) {
      if (signal.aborted) return;
      if ([401, 404].includes(trouble.status)) return void chat.lose(trouble);
      missed += 1;
      chat.trouble = trouble.status === 403 ? trouble.message : "unreachable";
      chat.changed();
    }
    if (!rung) await sleep(Math.max(pace(chat), missed && Math.min(60, 2 ** missed)), signal, (go) => (wake = go));
  }
}

/** Seconds until the next poll. */
function pace(chat) {
  if (!chat.watched) return chat.config?.sessionsPollingIntervalSeconds || SLOW;
  if (chat.streaming) return SLOW;
  const awaited = chat.activity !== "idle" || chat.outbox.sending;
  return awaited ? QUICK : chat.config?.sessionPollingIntervalSeconds || 10;
}

/** A stream holds one of the browser's few connections to a host: it is open only while somebody looks. */
async function streamOn(chat, id, signal) {
  const hearing = {
    open: () => { chat.streaming = true; chat.nudge(); },
    state: ({ state }) => { chat.phase = state; chat.changed(); },
    message: (item) => chat.hear(item),
    session: (session) => chat.learn(session),
  };
  let wake = () => {};
  chat.bell.addEventListener("watch", () => wake(), { signal });
  for (let failures = 0; !signal.aborted; ) {
    if (!chat.watched) await sleep(SLOW, signal, (go) => (wake = go));
    if (!chat.watched) continue;
    const ended = new AbortController();
    wake = () => chat.watched || ended.abort();
    const began = Date.now();
    await chat.wire.listen(id, (name, data) => !signal.aborted && hearing[name]?.(data), AbortSignal.any([signal, ended.signal])).catch(() => {});
    if (signal.aborted) return;
    if (chat.streaming) {
      chat.streaming = false;
      chat.nudge();
    }
    failures = !chat.watched || Date.now() - began > 10_000 ? 0 : failures + 1;
    if (failures) await sleep(Math.min(30, 2 ** (failures - 1)) * (0.75 + Math.random() / 2), signal);
  }
}

/** Waits so many seconds, or until `signal` aborts, or until the function handed to `early` is called. */
function sleep(seconds, signal, early = () => {}) {
  return new Promise((resolve) => {
    const go = () => { clearTimeout(timer); signal.removeEventListener("abort", go); resolve(); };
    const timer = setTimeout(go, seconds * 1000);
    signal.addEventListener("abort", go);
    early(go);
  });
}
