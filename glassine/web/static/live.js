// One stream of notices for all tabs of this browser: the tab that holds the lock listens, and tells the others.

export function listen(address, person, heard, state) {
  const radio = "BroadcastChannel" in window ? new BroadcastChannel(`glassine-${person}`) : null;
  const tell = (word) => radio?.postMessage(word);
  let leads = false, now = "";

  if (radio) {
    radio.onmessage = ({ data }) => {
      if (data.ask) return void (leads && now && tell({ state: now }));
      if (data.state) state(data.state);
      else heard(data);
    };
    tell({ ask: true });  // a tab that leads already says whether it is connected
  }

  const open = () => {
    const become = (word) => {
      if (word === now) return;
      now = word;
      state(word);
      tell({ state: word });
    };
    leads = true;
    const stream = new EventSource(address);
    const pass = (notice) => {
      heard(notice);
      tell(notice);
    };
    stream.onopen = () => {
      become("live");
      pass({ session: null, kind: "opened" });  // whatever was missed while nobody listened
    };
    stream.onerror = () => become("away");  // the browser tries again by itself
    stream.onmessage = (event) => pass(JSON.parse(event.data));
    addEventListener("pagehide", () => stream.close());
  };

  // Without locks (an address that is not secure) every tab listens for itself.
  if (!navigator.locks || !radio) return open();
  navigator.locks.request(`glassine-stream-${person}`, () => {
    open();
    return new Promise(() => {});  // held until this tab goes
  });
}
