/* Glassine's loader: puts one button and one iframe on a page. It must not see, hold or send anything that is said. */
(() => {
  const given = (window.Glassine ||= {});
  if (given.open) return; // the page loaded us twice
  const script = document.currentScript, options = { ...script?.dataset, ...given };
  const api = options.apiUrl ?? options.api;
  const at = api ? new URL("../widget/frame.html", new URL(api.replace(/\/*$/, "/"), location)) : new URL("frame.html", script.src);
  const accent = /^#[0-9a-f]{6}$/i.test(options.accent) ? options.accent : "#14549b";
  const light = [0.3, 0.6, 0.1].reduce((sum, part, i) => sum + part * parseInt(accent.substr(1 + 2 * i, 2), 16), 0) > 150;

  const css = `:host{all:initial}iframe,button{position:fixed;z-index:2147483000;right:20px;bottom:20px;border:0}
button{width:56px;height:56px;border-radius:50%;background:${accent};color:${light ? "#14181c" : "#fff"};
cursor:pointer;box-shadow:0 0 0 1px #ffffff30,0 4px 16px #0000003d}
button:focus-visible{outline:3px solid ${accent};outline-offset:3px}svg{width:26px;fill:none;stroke:currentColor;stroke-width:1.8}
b{position:absolute;top:-3px;right:-3px;min-width:10px;padding:0 5px;border-radius:10px;background:#b3261e;color:#fff;
font:600 12px/20px system-ui,sans-serif}b:empty,[hidden]{display:none}
iframe{bottom:88px;width:min(400px,100vw - 40px);height:min(660px,100vh - 108px);border-radius:12px;
box-shadow:0 0 0 1px #8886,0 8px 40px #0003}
@media(max-width:480px),(max-height:420px){iframe{inset:0;width:100%;height:100%;border-radius:0}[aria-expanded=true]{display:none}}`;

  const make = (tag, attributes, ...inside) => {
    const made = document.createElementNS(`http://www.w3.org/${/svg|path/.test(tag) ? "2000/svg" : "1999/xhtml"}`, tag);
    for (const name in attributes) made.setAttribute(name, attributes[name]);
    made.append(...inside);
    return made;
  };
  const icon = make("svg", { viewBox: "0 0 24 24", "aria-hidden": true }, make("path", { d: "M4 5h16v11.5H11L6.5 20v-3.5H4zM8 9.5h8M8 12.5h5" }));
  const badge = make("b"), frame = make("iframe", { title: "Chat", hidden: "" });
  const button = make("button", { type: "button", "aria-label": "Chat", "aria-expanded": false }, icon, badge);
  const host = make("div"), root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // not a style element: a strict content security policy allows this
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  root.append(frame, button);

  let open = false, ready = false;
  const heard = [], emit = (name, detail) => heard.forEach(([wanted, hear]) => wanted === name && hear(detail));
  const tell = (say, more) => ready && frame.contentWindow.postMessage({ glassine: say, ...more }, at.origin);
  const show = (wanted) => {
    if (open === wanted) return;
    open = wanted;
    frame.hidden = !open;
    button.setAttribute("aria-expanded", open);
    (open ? frame : button).focus();
    tell(open ? "open" : "close");
    emit(open ? "open" : "close");
  };
  given.open = () => show(true);
  given.close = () => show(false);
  given.on = (name, hear) => void heard.push([name, hear]);

  const words = {
    ready() {
      ready = true;
      tell("start", { options: JSON.stringify(options) });
      if (open) tell("open");
    },
    close: given.close,
    look({ label, title, unread }) {
      button.setAttribute("aria-label", label);
      frame.title = title;
      badge.textContent = unread || "";
    },
    event: ({ name, detail }) => emit(name, detail),
  };
  addEventListener("message", ({ source, origin, data }) => {
    if (source === frame.contentWindow && origin === at.origin && Object.hasOwn(words, data?.glassine)) words[data.glassine](data);
  });
  button.onclick = () => show(!open);
  at.hash = encodeURIComponent(location.origin); // the frame answers this page and trusts no other
  frame.src = at;
  const mount = () => document.body.append(host);
  document.body ? mount() : addEventListener("DOMContentLoaded", mount);
})();
