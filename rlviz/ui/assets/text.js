/**
 * Words and numbers as a person reads them. English is the key; `texts` holds another language.
 *
 * @typedef {Record<string, string>} Texts
 */

const MINUS = "\u2212";

/**
 * A sentence in the reader's language, with its named places filled.
 * @param {Texts} texts
 * @param {string} key
 * @param {Record<string, unknown>} [places] numbers are formatted by {name:.1f}
 */
export function t(texts, key, places = {}) {
  return fill(texts[key] ?? key, places);
}

/**
 * Fills {name} and {name:+.1f}; a place without a value shows a dash.
 * @param {string} template
 * @param {Record<string, unknown>} places
 */
export function fill(template, places) {
  return template.replace(/\{(\w+)(?::([^}]*))?\}/g, (_, name, format) => {
    const value = places[name];
    if (typeof value === "number") return format ? formatted(value, format) : number(value);
    return value === undefined || value === null ? "–" : String(value);
  });
}

/**
 * The part of Python's format language that our declarations use: [+][,].Nf and .Ng
 * @param {number} value
 * @param {string} format
 */
export function formatted(value, format) {
  const match = /^(\+?)(,?)(?:\.(\d+))?([fgd]?)$/.exec(format);
  if (!match || !Number.isFinite(value)) return number(value);
  const sign = match[1] && value >= 0 ? "+" : "";
  if (match[4] === "g") return sign + significant(value, Number(match[3] ?? 6));
  return sign + grouped(value, Number(match[3] ?? 0), Boolean(match[2]));
}

/**
 * So many digits that count: 0.00012, 20.8, 1,152; powers of ten only where there would be many
 * zeros or digits, later than Python's g writes them.
 * @param {number} value
 * @param {number} digits
 */
function significant(value, digits) {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) return minus(value.toExponential(digits - 1));
  const whole = size >= 10 ** digits ? Math.round(value) : Number(value.toPrecision(digits));
  const places = `${whole}`.split(".")[1]?.length ?? 0;
  return grouped(whole, places, size >= 1e4);
}

/**
 * A number for an equation or a cell: a fixed count of decimals, so that digits do not dance;
 * huge ones get a power of ten.
 * @param {number} value
 * @param {number} [places]
 */
export function number(value, places = 2) {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  const size = Math.abs(value);
  if (size >= 1e6) return minus(value.toExponential(2));
  return grouped(value, places, false);
}

/**
 * A count with thousands apart: 4,812.
 * @param {number} value
 */
export function count(value) {
  return grouped(value, 0, true);
}

/**
 * A count in four characters at most: 812, 4.8k, 12k, 3.4M.
 * @param {number} value
 */
export function brief(value) {
  for (const [unit, letter] of /** @type {[number, string][]} */ ([
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ])) {
    if (value >= unit) return (value / unit).toFixed(value < 10 * unit ? 1 : 0) + letter;
  }
  return String(Math.round(value));
}

/**
 * A reward with its sign and no more decimals than it has: −100, +0.5.
 * @param {number} value
 */
export function signed(value) {
  const text = grouped(value, 2, false).replace(/\.?0+$/, (end) => (end.includes(".") ? "" : end));
  return value > 0 ? `+${text}` : text;
}

/**
 * A hyper-parameter as the marks on the curves write it: .5, .0001, 1.
 * @param {unknown} value
 */
export function setting(value) {
  if (typeof value !== "number")
    return value !== null && typeof value === "object" ? "…" : String(value);
  const text = grouped(value, 4, false).replace(/\.?0+$/, "");
  return text.replace(/^(\D?)0\./, "$1.") || "0";
}

/**
 * @param {number} value
 * @param {number} places
 * @param {boolean} thousands
 */
function grouped(value, places, thousands) {
  const text = value.toFixed(places);
  const [whole, rest] = text.split(".");
  const apart = thousands ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
  const negative = Number(text) === 0 ? apart.replace("-", "") : apart; // no −0.00
  return minus(rest === undefined ? negative : `${negative}.${rest}`);
}

/** @param {string} text */
function minus(text) {
  return text.replace(/-/g, MINUS);
}
