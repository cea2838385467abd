/**
 * The closed list of transforms, on plain arrays of numbers; rlviz/figures/transforms.py is its twin.
 * Sums run from first to last in both, so that they agree to the last bit.
 */

const CURVE = ["at", "n", "mean", "sd", "min", "max", "replica_0"];
const HUGE = 1e15; // from here on digits say nothing, and the two languages write them differently

export const total = (values) => values.reduce((sum, v) => sum + v, 0);

export const STATS = {
  min: (v) => Math.min(...v),
  max: (v) => Math.max(...v),
  mean: (v) => total(v) / v.length,
  last: (v) => v[v.length - 1],
  first: (v) => v[0],
  sum: total,
};

/** The rows of a curve by name. */
export function columns({ shape: [, n], data }) {
  return Object.fromEntries(
    CURVE.map((name, i) => [name, Array.from(data.subarray(i * n, (i + 1) * n))]),
  );
}

/** Bins merged over a window around each, exactly: weights n, sd from within and between bins. */
export function smoothed(curve, window) {
  const n = curve.at.length;
  const half = Math.min(Math.floor(window / 2), Math.floor(n / 10)); // a short curve hardly at all
  const out = { at: curve.at, n: [], mean: [], sd: [], min: [], max: [], replica_0: [] };
  for (let i = 0; i < n; i++) {
    const merged = mergedBins(curve, Math.max(0, i - half), Math.min(n - 1, i + half));
    for (const name of CURVE.slice(1)) out[name].push(merged[name]);
  }
  return out;
}

/** Plain loops: they run ten times a second over every bin and its window. */
function mergedBins(curve, from, to) {
  const counted = (j) => curve.n[j] > 0 && Number.isFinite(curve.mean[j]);
  let count = 0;
  let sum = 0;
  let [low, high] = [NaN, NaN];
  let [first, firsts] = [0, 0];
  for (let j = from; j <= to; j++) {
    if (!counted(j)) continue;
    count += curve.n[j];
    sum += curve.n[j] * curve.mean[j];
    if (Number.isFinite(curve.min[j]) && !(curve.min[j] >= low)) low = curve.min[j];
    if (Number.isFinite(curve.max[j]) && !(curve.max[j] <= high)) high = curve.max[j];
    if (Number.isFinite(curve.replica_0[j])) {
      first += curve.replica_0[j];
      firsts += 1;
    }
  }
  const mean = sum / count;
  let spread = 0;
  for (let j = from; j <= to; j++) {
    if (!counted(j)) continue;
    const away = curve.mean[j] - mean;
    spread += curve.n[j] * (curve.sd[j] * curve.sd[j] + away * away);
  }
  const sd = Math.sqrt(spread / count);
  return { n: count, mean, sd, min: low, max: high, replica_0: first / firsts };
}

/** Mean ± sd within the extremes: one edge, or one coordinate of the closed outline. */
export function band(curve, part) {
  const upper = curve.mean.map((m, i) => Math.min(m + curve.sd[i], curve.max[i]));
  const lower = curve.mean.map((m, i) => Math.max(m - curve.sd[i], curve.min[i]));
  if (part === "upper") return upper;
  if (part === "lower") return lower;
  const whole = (_, i) => Number.isFinite(upper[i]) && Number.isFinite(lower[i]);
  const there = upper.map((_, i) => i).filter((i) => whole(0, i));
  const back = [...there].reverse();
  if (part === "x") return [...there, ...back].map((i) => curve.at[i]);
  return [...there.map((i) => upper[i]), ...back.map((i) => lower[i])];
}

/** Linear between the two nearest of the sorted values. */
export function quantile(finite, p) {
  const ordered = [...finite].sort((a, b) => a - b);
  const position = p * (ordered.length - 1);
  const low = Math.floor(position);
  const high = Math.min(low + 1, ordered.length - 1);
  return ordered[low] + (ordered[high] - ordered[low]) * (position - low);
}

/** [-m, m] that holds all but the outermost 2 % at each end. */
export function symmetricRange(finite) {
  const end = Math.max(Math.abs(quantile(finite, 0.02)), Math.abs(quantile(finite, 0.98))) || 1;
  return [-end, end];
}

/** `autorangeoptions` that hold the numbers; not `range`, since a changed one undoes a zoom. */
export function axisSpan(numbers, { pad = 0, include = [], exact = false, log = false }) {
  let low = Math.min(...numbers);
  let high = Math.max(...numbers);
  if (log) {
    low = roundStep(low, false);
    high = roundStep(high, true);
    return { minallowed: log10(low), maxallowed: log10(high > low ? high : high * 10) };
  }
  if (high === low) high = low + Math.max(1, Math.abs(low));
  if (exact) return { minallowed: low, maxallowed: high };
  const width = high - low;
  if (!include.includes(low)) low -= pad * width;
  if (!include.includes(high)) high += pad * width;
  const step = roundStep(width / 10, true);
  return { minallowed: Math.floor(low / step) * step, maxallowed: Math.ceil(high / step) * step };
}

/** The nearest 1, 2 or 5 times a power of ten not below (`up`), or not above, a positive value. */
function roundStep(value, up) {
  let power = 1;
  while (power > value) power /= 10;
  while (power * 10 <= value) power *= 10;
  const steps = [1, 2, 5, 10].map((s) => s * power);
  return up ? steps.find((s) => s >= value) : steps.filter((s) => s <= value).pop();
}

/** The template with each `{name}` or `{name:spec}` replaced. */
export function filled(template, values) {
  const pattern = /\{(\w+)(?::([^}]*))?\}/g;
  return template.replace(pattern, (_, name, spec) => shown(values[name], spec ?? ""));
}

/** A slot's value as its spec says: `.1f`, `,d`, `d`, or a text as it is. */
function shown(value, spec) {
  if (typeof value === "string") return value;
  const digits = spec.endsWith("f") ? Number(spec.slice(1, -1)) : 0;
  const [whole, fraction] = fixed(value, digits).split(".");
  const grouped = spec.startsWith(",") ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** A fixed number of digits, halves away from zero, a real minus sign and no minus zero. */
export function fixed(value, digits) {
  if (Math.abs(value) >= HUGE) return value < 0 ? "−1e15+" : "1e15+";
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

/** A knob's value for a mark: `.5`, `1`, `1….1` for a schedule, `…` for one each replica. */
export function short(value) {
  if (typeof value === "boolean" || typeof value === "string") return String(value);
  if (Array.isArray(value)) return "…";
  if (value === null || value === undefined) return "–";
  if (typeof value === "object") return `${short(value.start)}…${short(value.end)}`;
  const text = fixed(value, 4).replace(/\.?0+$/, "");
  return text.replace(/^(−?)0\./, "$1.") || "0";
}

/** Estimated pixels of the longest line: near enough to keep labels apart. */
export function textWidth(text, size) {
  const lines = text.replace(/<\/?b>/g, "").split("<br>");
  const widest = Math.max(...lines.map((line) => total([...line].map(wide))));
  return widest * (text.includes("<b>") ? 1.06 : 1) * size;
}

function wide(letter) {
  if (letter.codePointAt(0) >= 0x2e80) return 1; // Chinese
  return letter >= "A" && letter <= "Z" ? 0.68 : 0.56;
}

/** To 1/steps, halves up. */
export const rounded = (value, steps = 1) => Math.floor(value * steps + 0.5) / steps;

/** In millionths, since the last bit differs between languages. */
export const log10 = (value) => rounded(Math.log10(value), 1e6);
