/**
 * Light or dark is Streamlit's choice; the colours are ours and come with the data.
 *
 * @typedef {Record<string, any>} Theme
 */

const ROLES = [
  "bg",
  "panel",
  "line",
  "ink",
  "soft",
  "accent",
  "reference",
  "truth",
  "reward",
  "neg",
  "zero",
  "pos",
];

/**
 * "dark" where the host's background is darker than middle grey.
 * @param {Element} host
 * @returns {"light" | "dark"}
 */
export function mode(host) {
  const named = getComputedStyle(host).getPropertyValue("--st-background-color").trim();
  const [r, g, b] = channels(named || getComputedStyle(document.body).backgroundColor);
  return 0.299 * r + 0.587 * g + 0.114 * b < 128 ? "dark" : "light";
}

/**
 * The palette as CSS variables on one root.
 * @param {HTMLElement} root
 * @param {Theme} theme
 * @param {boolean} projector
 */
export function dress(root, theme, projector) {
  for (const role of ROLES) root.style.setProperty(`--rv-${role}`, theme[role]);
  root.classList.toggle("rv-projector", projector);
}

/** @param {string} color #rgb, #rrggbb or rgb(…) */
function channels(color) {
  const short = /^#(.)(.)(.)$/.exec(color);
  if (short) return short.slice(1).map((digit) => parseInt(digit + digit, 16));
  if (color.startsWith("#")) return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return (color.match(/[\d.]+/g) ?? ["255", "255", "255"]).slice(0, 3).map(Number);
}
