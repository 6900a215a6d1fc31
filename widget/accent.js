/* Fits a customer's accent colour to paper and night, so that what is drawn in it can be read. It must not choose other colours. */

const PAPER = [243, 241, 235];
const NIGHT = [26, 30, 34];
const READABLE = 6; // contrast against the page (WCAG asks 4.5): more, because links also stand on tints

/** Sets the accent's tokens for light and dark from `#rrggbb`; anything else leaves the style sheet's own. */
export function tint(style, accent) {
  if (!/^#[0-9a-f]{6}$/i.test(accent)) return;
  const given = [1, 3, 5].map((at) => parseInt(accent.slice(at, at + 2), 16));
  const [day, night] = [toward(given, [0, 0, 0], PAPER), toward(given, [255, 255, 255], NIGHT)];
  style.setProperty("--accent", `light-dark(${css(day)}, ${css(night)})`);
  style.setProperty("--on-accent", `light-dark(${over(day)}, ${over(night)})`);
}

/** The colour mixed just far enough to be read on a background. */
function toward(colour, end, background) {
  for (let part = 0; part < 1; part += 0.05) {
    const mixed = colour.map((value, at) => Math.round(value + (end[at] - value) * part));
    if (contrast(mixed, background) >= READABLE) return mixed;
  }
  return end;
}

/** Whichever reads better on the colour. */
function over(colour) {
  const [white, black] = [[255, 255, 255], [20, 24, 28]];
  return css(contrast(colour, white) >= contrast(colour, black) ? white : black);
}

/** The contrast ratio of two sRGB colours, 1 to 21 (WCAG 2.2, relative luminance). */
export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour) {
  const [r, g, b] = colour.map((value) => (value <= 10.31475 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function css(colour) {
  return `rgb(${colour.join(" ")})`;
}
