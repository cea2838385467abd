/**
 * What a gridworld picture shows, worked out from a frame and the map, before anything is drawn.
 *
 * @typedef {import("./codec.js").Frame} Frame
 * @typedef {"estimate" | "truth" | "gap"} Face
 * @typedef {{from: number, to: number, row: number, column: number, exploratory: boolean,
 *   fell: boolean}} Move
 *   `row`, `column`: where it went on the map, also where the world then put the agent elsewhere
 * @typedef {{rows: number, columns: number, kinds: ArrayLike<number>, actions: string[],
 *   steps: (import("./directions.js").Step | null)[], sectors: [number, number][][],
 *   values: ArrayLike<number>, tops: ArrayLike<number>, policy: ArrayLike<number>,
 *   visits: ArrayLike<number>, range: number, rewards: ArrayLike<number>,
 *   wind: ArrayLike<number>, thin: ArrayLike<number>, leads: ArrayLike<number>, trail: Move[], agent: number,
 *   missing: string}} GridModel
 */

import { scalar, values } from "./codec.js";
import { sectors, step } from "./directions.js";

export const FLOOR = 0;
export const WALL = 1;
export const START = 2;
export const GOAL = 3;
export const CLIFF = 4;
export const PIT = 5;

/** Which signals each face shows: a value for each pair, one for each state, arrows. */
const FACES = {
  estimate: { values: "action_value", tops: "state_value", policy: "shown_policy" },
  truth: { values: "truth_q", tops: "truth_value", policy: "truth_policy" },
  gap: { values: "q_gap", tops: "value_gap", policy: "shown_policy" },
};

const TRAIL = ["state", "action", "next_state", "exploratory", "terminated", "truncated"];

/** The signals that a grid needs for all its faces and layers. */
export function gridNeeds() {
  const tails = TRAIL.map((name) => `${name}.tail`);
  const always = ["action_value", "state_value", "truth_q", "truth_value", "next_state", "gamma"];
  const faces = Object.values(FACES).flatMap((names) => Object.values(names));
  return [...new Set([...always, ...tails, ...faces, "visits"])];
}

/**
 * @param {Frame} frame
 * @param {Frame} map the static frame
 * @param {Face} face
 * @param {boolean} [relative] A = Q − V in the place of Q
 * @returns {GridModel}
 */
export function gridModel(frame, map, face, relative = false) {
  const names = FACES[face];
  const tops = values(frame, names.tops);
  const kinds = values(map, "cell_kind");
  const [rows, columns] = shape(map, tops.length);
  const actions = map.metadata.actions;
  const steps = actions.map(step);
  return {
    rows,
    columns,
    kinds: kinds.length > 0 ? kinds : new Int32Array(rows * columns),
    actions,
    steps,
    sectors: sectors(steps),
    values: relative ? advantages(frame, names) : values(frame, names.values),
    tops,
    policy: values(frame, names.policy),
    visits: values(frame, "visits"),
    range: faceRange(frame, kinds, face, actions.length, relative),
    rewards: values(map, "cell_reward"),
    wind: values(map, "wind"),
    thin: values(map, "thin_wall"),
    leads: values(map, "leads_to"),
    trail: trail(frame, kinds, columns, steps),
    agent: agent(frame),
    missing: tops.length > 0 ? "" : whyMissing(frame, names.tops),
  };
}

/**
 * A(s, a) = Q(s, a) − V(s) of a face.
 * @param {Frame} frame
 * @param {{values: string, tops: string}} names
 */
function advantages(frame, names) {
  const [all, tops] = [values(frame, names.values), values(frame, names.tops)];
  const each = all.length / Math.max(1, tops.length);
  return Array.from(all, (value, i) => value - tops[Math.floor(i / each)]);
}

/**
 * A world in which nothing has run: its map where there is one, without numbers.
 * @param {import("./mapedit.js").Plan | null} plan
 * @returns {GridModel}
 */
export function empty(plan) {
  const { rows, columns, kinds } = plan ?? { rows: 0, columns: 0, kinds: [] };
  const none = { values: [], tops: [], policy: [], visits: [], rewards: [], wind: [], thin: [] };
  const words = { actions: [], steps: [], sectors: [], trail: [], agent: -1, range: 1 };
  const elsewhere = "The stored run is of another world. Press Play to start one here.";
  const missing = plan === null ? elsewhere : "";
  return { rows, columns, kinds, ...none, ...words, leads: [], missing };
}

/**
 * Rows and columns; a world without a map is one row of states.
 * @param {Frame} map
 * @param {number} states
 */
function shape(map, states) {
  const [rows, columns] = Array.from(values(map, "grid_shape"));
  return columns > 0 ? [rows, columns] : [1, Math.max(1, states)];
}

/** Whether an agent can stand there with something left to learn. @param {number} kind */
export function isFloor(kind) {
  return ![WALL, GOAL, CLIFF, PIT].includes(kind);
}

/**
 * The ends of a symmetric colour range: the greater of the 2 % and 98 % quantiles' sizes, rounded
 * up to a round number so that it does not tremble from frame to frame.
 * @param {ArrayLike<number>} numbers
 */
export function symmetricRange(numbers) {
  const sorted = Float64Array.from(numbers).filter(Number.isFinite).sort();
  if (sorted.length === 0) return 1;
  const at = (/** @type {number} */ share) => sorted[Math.round(share * (sorted.length - 1))];
  const size = Math.max(Math.abs(at(0.02)), Math.abs(at(0.98)));
  if (size === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(size));
  const round = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find(
    (step) => step * power >= size * 0.9999,
  );
  return (round ?? 10) * power;
}

/**
 * Estimate and truth share the truth's range: it stands still while the estimates grow into it.
 * @param {Frame} frame
 * @param {ArrayLike<number>} kinds
 * @param {Face} face
 * @param {number} n actions
 * @param {boolean} relative
 */
function faceRange(frame, kinds, face, n, relative) {
  const met = (/** @type {ArrayLike<number>} */ all, each = n) =>
    Array.from(all).filter(
      (value, i) => Number.isFinite(value) && isFloor(kinds[Math.floor(i / each)] ?? FLOOR),
    );
  const onFloor = (/** @type {string} */ name, each = n) => met(values(frame, name), each);
  const first = (/** @type {number[][]} */ ...all) => all.find((one) => one.length > 0) ?? [];
  if (relative) {
    const names = face === "estimate" ? ["truth", "estimate"] : [face];
    return symmetricRange(first(...names.map((name) => met(advantages(frame, FACES[name])))));
  }
  if (face === "gap") return symmetricRange(first(onFloor("q_gap"), onFloor("value_gap", 1)));
  return symmetricRange(
    first(onFloor("truth_q"), onFloor("truth_value", 1), onFloor("action_value")),
  );
}

/**
 * The moves of replica 0 since its episode began, oldest first; the last finished episode where a
 * new one has not moved yet.
 * @param {Frame} frame
 * @param {ArrayLike<number>} kinds
 * @param {number} columns
 * @param {(import("./directions.js").Step | null)[]} steps
 * @returns {Move[]}
 */
export function trail(frame, kinds, columns, steps) {
  const [state, action, next, exploratory, terminated, truncated] = TRAIL.map((name) =>
    values(frame, `${name}.tail`),
  );
  // The beat "act" has moved already, while the update, which knows the ends, is yet to come.
  const late = frame.metadata.beat_name === "act" ? 1 : 0;
  const shift = terminated.length + late - state.length;
  const ends = (/** @type {number} */ i) =>
    terminated[i + shift] === 1 || truncated[i + shift] === 1;
  let first = state.length - 1;
  while (first > 0 && !ends(first - 1)) first -= 1;
  const moves = [];
  for (let i = Math.max(0, first); i < state.length; i++) {
    const move = { from: state[i], to: next[i], exploratory: exploratory[i] === 1 };
    moves.push({ ...move, ...landing(move, steps[action[i]] ?? null, kinds, columns) });
  }
  return moves;
}

/**
 * Where a move is drawn to: the next cell, unless the agent fell there from a cliff, or bumped into
 * something; then the cell that its action points at.
 * @param {{from: number, to: number}} move
 * @param {import("./directions.js").Step | null} step
 * @param {ArrayLike<number>} kinds
 * @param {number} columns
 */
function landing({ from, to }, step, kinds, columns) {
  const there = { row: Math.floor(to / columns), column: to % columns };
  const [row, column] = [Math.floor(from / columns), from % columns];
  const [high, wide] = [Math.abs(row - there.row), Math.abs(column - there.column)];
  const far = Math.max(high, wide);
  if (!step || high + wide === 1) return { ...there, fell: false };
  const aim = { row: row + step[0], column: column + step[1] };
  const isCliff = (/** @type {{row: number, column: number}} */ at) =>
    at.column >= 0 && at.column < columns && kinds[at.row * columns + at.column] === CLIFF;
  // The start lies beside the cliff: a fall from there ends where it began.
  if (isCliff(aim)) return { ...aim, fell: true };
  // A slip to a side may have led over the edge as well.
  const side = [
    { row: row + step[1], column: column - step[0] },
    { row: row - step[1], column: column + step[0] },
  ].find(isCliff);
  if (far > 1 && side) return { ...side, fell: true };
  return far > 1 ? { ...there, fell: false } : { ...aim, fell: false };
}

/** Where replica 0 stands: after its last move. @param {Frame} frame */
function agent(frame) {
  return scalar(frame, "next_state") ?? -1;
}

/**
 * @param {Frame} frame
 * @param {string} name
 */
function whyMissing(frame, name) {
  const missing = frame.metadata.missing ?? {};
  return missing[name] ?? Object.values(missing)[0] ?? "The first numbers are on their way.";
}
