/**
 * Light or dark is Streamlit's choice; the colours are ours and come with the data.
 *
 * @typedef {Record<string, any>} Theme
 */

const PARENT_DASH = "5px 4px";
const PARENT_SHADE = 0.45;
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

/**
 * What a stage wears: its member's colour, dash and marker; a parent a lighter shade of it, dashed.
 * rlviz/figures/theme.py says the same of the series of a figure.
 * @param {Theme} theme
 * @param {{family: string, member: number, parent?: boolean}} stage
 */
export function series(theme, { family, member, parent }) {
  const members = theme.series[family] ?? theme.series.td;
  const own = members[member % members.length];
  return parent ? { ...own, color: lighter(own.color, theme.panel), dash: PARENT_DASH } : own;
}

/** Nearer to the ground. @param {string} color #rrggbb @param {string} ground #rrggbb */
function lighter(color, ground) {
  const mixed = [1, 3, 5].map((i) => {
    const [own, other] = [color, ground].map((one) => parseInt(one.slice(i, i + 2), 16));
    return Math.floor(own + (other - own) * PARENT_SHADE + 0.5);
  });
  return `#${mixed.map((one) => one.toString(16).padStart(2, "0")).join("")}`;
}

/** @param {string} color #rgb, #rrggbb or rgb(…) */
function channels(color) {
  const short = /^#(.)(.)(.)$/.exec(color);
  if (short) return short.slice(1).map((digit) => parseInt(digit + digit, 16));
  if (color.startsWith("#")) return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return (color.match(/[\d.]+/g) ?? ["255", "255", "255"]).slice(0, 3).map(Number);
}
