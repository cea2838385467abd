/** A curve of a few numbers as a line in a small box, drawn over where nothing was measured. */

import { number, t } from "./text.js";

const WIDE = 120;
const HIGH = 28;
const EDGE = 2;
const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {(number | null)[]} values
 * @param {string} measures what they are of
 * @param {Record<string, string>} texts
 */
export function sparkline(values, measures, texts) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", words(values, measures, texts));
  const title = document.createElementNS(SVG, "title");
  title.textContent = words(values, measures, texts);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path(values));
  picture.append(title, line);
  return picture;
}

/** A line through what is known; a single value is a dot. @param {(number | null)[]} values */
export function path(values) {
  const known = /** @type {number[]} */ (values.filter((value) => value !== null));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const wide = (WIDE - 2 * EDGE) / Math.max(1, values.length - 1);
  const tall = (HIGH - 2 * EDGE) / (high - low || 1);
  const points = values.flatMap((value, i) => {
    if (value === null) return [];
    const y = high === low ? HIGH / 2 : EDGE + (high - value) * tall;
    return [`${(EDGE + i * wide).toFixed(1)} ${y.toFixed(1)}`];
  });
  return points.length > 0 ? `M${points[0]}h0${points.slice(1).map((point) => `L${point}`).join("")}` : "";
}

/**
 * What was measured at first and at last: "G −97.2 → −14.1".
 * @param {(number | null)[]} values
 * @param {string} symbol
 */
export function between(values, symbol) {
  const known = /** @type {number[]} */ (values.filter((value) => value !== null));
  if (known.length === 0) return "";
  return `${symbol} ${number(known[0], 1)} → ${number(known[known.length - 1], 1)}`.trim();
}

/** @param {(number | null)[]} values @param {string} measures @param {Record<string, string>} texts */
function words(values, measures, texts) {
  const known = /** @type {number[]} */ (values.filter((value) => value !== null));
  if (!measures || known.length === 0) return t(texts, "nothing measured yet");
  const [first, last] = [known[0], known[known.length - 1]].map((value) => number(value));
  return t(texts, "{measures}: from {first} to {last}", { measures, first, last });
}
