/**
 * Where an action points, by its name, and the part of a cell that it colours.
 *
 * @typedef {[number, number]} Step rows down, columns to the right
 */

/** @type {Record<string, Step>} */
const STEPS = {
  up: [-1, 0],
  "up right": [-1, 1],
  right: [0, 1],
  "down right": [1, 1],
  down: [1, 0],
  "down left": [1, -1],
  left: [0, -1],
  "up left": [-1, -1],
};

/** @type {Record<string, string>} */
const ARROWS = {
  up: "↑",
  "up right": "↗",
  right: "→",
  "down right": "↘",
  down: "↓",
  "down left": "↙",
  left: "←",
  "up left": "↖",
};

/** Null for an action that leads nowhere on the map, like a stake or a stop. @param {string} name */
export function step(name) {
  return STEPS[name.replace("-", " ")] ?? null;
}

/**
 * An action in a table or a sentence: its arrow, else its name in the language of the page.
 * @param {string} name
 * @param {Record<string, string>} texts
 */
export function sign(name, texts) {
  return ARROWS[name.replace("-", " ")] ?? texts[name] ?? name;
}

/**
 * For each action the corners of its part of the unit square around (0, 0), empty where it points
 * nowhere: what lies nearer to its direction than to any other's. Four moves give triangles, left
 * and right give halves.
 * @param {(Step | null)[]} steps
 * @returns {[number, number][][]} corners as [right, down]
 */
export function sectors(steps) {
  const full = 2 * Math.PI;
  const angles = steps.map((one) => (one ? Math.atan2(one[0], one[1]) : NaN));
  const known = angles.filter(Number.isFinite);
  if (known.length < 2) return steps.map(() => []);
  return angles.map((angle) => {
    if (Number.isNaN(angle)) return [];
    const turns = known.map((other) => (other - angle + full) % full).filter((turn) => turn > 1e-9);
    const [from, to] = [angle - (full - Math.max(...turns)) / 2, angle + Math.min(...turns) / 2];
    return [[0, 0], edge(from), ...corners(from, to), edge(to)];
  });
}

/** Where the ray of that angle leaves the square. @param {number} angle @returns {[number, number]} */
function edge(angle) {
  const [x, y] = [Math.cos(angle), Math.sin(angle)];
  const size = 2 * Math.max(Math.abs(x), Math.abs(y));
  return [x / size, y / size];
}

/** The square's corners between two angles. @param {number} from @param {number} to */
function corners(from, to) {
  const quarter = Math.PI / 2;
  /** @type {[number, number][]} */
  const found = [];
  const first = Math.ceil((from - quarter / 2 + 1e-9) / quarter);
  for (let k = first; quarter / 2 + k * quarter < to - 1e-9; k++)
    found.push(edge(quarter / 2 + k * quarter));
  return found;
}
