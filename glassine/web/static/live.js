// One stream of notices for all tabs of this browser: the tab that holds the lock listens, and tells the others.

export function listen(address, person, heard, state) {
  const radio = "BroadcastChannel" in window ? new BroadcastChannel(`glassine-${person}`) : null;
  if (radio) radio.onmessage = (event) => (event.data.state ? state(event.data.state, false) : heard(event.data));

  const open = (tell) => {
    let was = "";
    const now = (word) => {
      if (word === was) return;
      was = word;
      state(word, true);
      tell({ state: word });
    };
    const stream = new EventSource(address);
    stream.onopen = () => now("live");
    stream.onerror = () => now("away");  // the browser tries again by itself
    stream.onmessage = (event) => {
      const notice = JSON.parse(event.data);
      heard(notice);
      tell(notice);
    };
    addEventListener("pagehide", () => stream.close());
    return stream;
  };

  // Without locks (an address that is not secure) every tab listens for itself.
  if (!navigator.locks || !radio) return void open(() => {});
  navigator.locks.request(`glassine-stream-${person}`, () => {
    open((word) => radio.postMessage(word));
    return new Promise(() => {});  // held until this tab goes
  });
}
