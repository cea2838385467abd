/**
 * What a gridworld picture shows, worked out from a frame and the map, before anything is drawn.
 *
 * @typedef {import("./codec.js").Frame} Frame
 * @typedef {"estimate" | "truth" | "gap"} Face
 * @typedef {{from: number, to: number, row: number, column: number, exploratory: boolean,
 *   fell: boolean}} Move
 *   `row`, `column`: where it went on the map, also where the world then put the agent elsewhere
 * @typedef {{rows: number, columns: number, kinds: ArrayLike<number>, actions: string[],
 *   steps: [number, number][], values: ArrayLike<number>, tops: ArrayLike<number>,
 *   policy: ArrayLike<number>, visits: ArrayLike<number>, range: number,
 *   trail: Move[], agent: number, missing: string}} GridModel
 */

import { scalar, values } from "./codec.js";

export const FLOOR = 0;
export const WALL = 1;
export const START = 2;
export const GOAL = 3;
export const CLIFF = 4;

/** Down and right are positive: [rows, columns] of each action, by its name. */
const STEPS = { up: [-1, 0], right: [0, 1], down: [1, 0], left: [0, -1] };
export const ARROWS = { up: "↑", right: "→", down: "↓", left: "←" };

/** Which signals each face shows: a value for each pair, one for each state, arrows. */
const FACES = {
  estimate: { values: "q", tops: "state_value", policy: "greedy_policy" },
  truth: { values: "truth_q", tops: "truth_value", policy: "truth_policy" },
  gap: { values: "q_gap", tops: "q_gap", policy: "greedy_policy" },
};

const TRAIL = ["state", "action", "next_state", "exploratory", "terminated", "truncated"];

/**
 * The signals that a grid needs for its face and layers.
 * @param {Face} face
 * @param {{visits: boolean}} layers
 */
export function gridNeeds(face, layers) {
  const tails = TRAIL.map((name) => `${name}.tail`);
  const always = [
    "q",
    "state_value",
    "greedy_policy",
    "truth_q",
    "truth_value",
    "next_state",
    ...tails,
  ];
  return [...always, ...Object.values(FACES[face]), ...(layers.visits ? ["visits"] : [])];
}

/**
 * @param {Frame} frame
 * @param {Frame} map the static frame
 * @param {Face} face
 * @returns {GridModel}
 */
export function gridModel(frame, map, face) {
  const [rows, columns] = Array.from(values(map, "grid_shape"));
  const kinds = values(map, "cell_kind");
  const actions = map.metadata.actions;
  const steps = actions.map((/** @type {"up"} */ name) => STEPS[name]);
  const names = FACES[face];
  const shown = values(frame, names.values);
  const policy = values(frame, names.policy);
  return {
    rows,
    columns,
    kinds,
    actions,
    steps,
    values: shown,
    tops: face === "gap" ? gapOfBest(shown, policy, actions.length) : values(frame, names.tops),
    policy,
    visits: values(frame, "visits"),
    range: faceRange(frame, kinds, face, actions.length),
    trail: trail(frame, kinds, columns, steps),
    agent: agent(frame),
    missing: shown.length > 0 ? "" : whyMissing(frame, names.values),
  };
}

/** Whether an agent can stand there with something left to learn. @param {number} kind */
export function isFloor(kind) {
  return kind === FLOOR || kind === START;
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
 */
function faceRange(frame, kinds, face, n) {
  const onFloor = (/** @type {ArrayLike<number>} */ all) =>
    Array.from(all).filter((_, i) => isFloor(kinds[Math.floor(i / n)]));
  if (face === "gap") return symmetricRange(onFloor(values(frame, "q_gap")));
  const truth = onFloor(values(frame, "truth_q")).filter(Number.isFinite);
  return symmetricRange(truth.length > 0 ? truth : onFloor(values(frame, "q")));
}

/**
 * In each state the gap of the action that the estimate likes best (the mean where several tie).
 * @param {ArrayLike<number>} gap
 * @param {ArrayLike<number>} policy
 * @param {number} n
 */
function gapOfBest(gap, policy, n) {
  return Float32Array.from({ length: gap.length / n }, (_, s) => {
    let sum = 0;
    for (let a = 0; a < n; a++)
      if (policy[s * n + a] > 0) sum += policy[s * n + a] * gap[s * n + a];
    return sum;
  });
}

/**
 * The moves of replica 0 since its episode began, oldest first; the last finished episode where a
 * new one has not moved yet.
 * @param {Frame} frame
 * @param {ArrayLike<number>} kinds
 * @param {number} columns
 * @param {[number, number][]} steps
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
    moves.push({ ...move, ...landing(move, steps[action[i]], kinds, columns) });
  }
  return moves;
}

/**
 * Where a move is drawn to: the next cell where it is a neighbour (a slip may have chosen it), else
 * the one that the action points at, which is the wall it bumped into or the cliff it fell from.
 * @param {{from: number, to: number}} move
 * @param {[number, number]} step
 * @param {ArrayLike<number>} kinds
 * @param {number} columns
 */
function landing({ from, to }, [down, right], kinds, columns) {
  const row = (/** @type {number} */ s) => Math.floor(s / columns);
  const column = (/** @type {number} */ s) => s % columns;
  const distance = Math.abs(row(from) - row(to)) + Math.abs(column(from) - column(to));
  if (distance === 1) return { row: row(to), column: column(to), fell: false };
  const aim = { row: row(from) + down, column: column(from) + right };
  const inside = aim.column >= 0 && aim.column < columns;
  // The start lies beside the cliff: a fall from there ends where it began.
  const over = inside && kinds[aim.row * columns + aim.column] === CLIFF;
  return { ...aim, fell: distance > 1 || over };
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
