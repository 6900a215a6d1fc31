/* Makes elements and icons. It must not take markup: what comes in as text stays text. */

/**
 * An element. Attributes: `on…` are listeners, `true` is an empty one, `false`, `null` and `undefined` none.
 * Children: nodes and strings (which become text); empty ones are left out.
 */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if ((value ?? false) !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child || child === 0));
  return made;
}

const paths = {
  ai: "M12 3.5l1.9 5.1 5.1 1.9-5.1 1.9L12 17.5l-1.9-5.1L5 10.5l5.1-1.9zM18.5 16v4M16.5 18h4",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20a7.5 7.5 0 0 1 15 0",
  you: "M4.5 6h15v10H11l-4.5 3.5V16h-2z",
  system: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.5v.1",
  close: "M6 6l12 12M18 6L6 18",
  list: "M5 7h14M5 12h14M5 17h9",
  back: "M14.5 5.5L8 12l6.5 6.5",
  fresh: "M12 5v14M5 12h14",
  resolve: "M5 12.5l4.5 4.5L19 7.5",
  send: "M5 12h13M12.5 6l6 6-6 6",
  attach: "M8 12.5l6-6a3 3 0 0 1 4.3 4.3l-8.3 8.3a4.8 4.8 0 0 1-6.8-6.8L11 4.5",
  file: "M7 3.5h7l4 4v13H7zM14 3.5v4h4",
  shield: "M12 3.5l7 2.5v5.5c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6z",
  down: "M12 5v13M6 12.5l6 6 6-6",
};

/** A line icon of 20 by 20 that screen readers skip: a label always stands beside it. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawn = document.createElementNS(space, "svg");
  drawn.setAttribute("viewBox", "0 0 24 24");
  drawn.setAttribute("class", `icon icon-${name}`);
  drawn.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", paths[name]);
  drawn.append(path);
  return drawn;
}

/** A button with an icon alone, and a label for screen readers and the tooltip. */
export function iconButton(name, label, onclick) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick }, icon(name));
}
