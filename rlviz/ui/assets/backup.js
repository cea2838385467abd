/**
 * The backup diagram of a cell, lying on its side: from the state (○) over each action (●) to the
 * outcomes (○) with their probabilities and rewards, and what each is worth by the values of now.
 *
 * @typedef {import("./codec.js").Frame} Frame
 * @typedef {import("./gridmodel.js").GridModel} GridModel
 * @typedef {{next: number, probability: number, reward: number, ends: boolean, worth: number,
 *   sampled: boolean}} Outcome
 * @typedef {{action: number, outcomes: Outcome[], total: number, sampled: boolean}} Branch
 */

import { scalar, values } from "./codec.js";
import { sign } from "./directions.js";
import { element } from "./dom.js";
import { number, setting, signed, t } from "./text.js";

const MOST_BRANCHES = 8;
const MOST_OUTCOMES = 4;

/**
 * What can happen in a cell, worked out; empty where the frame does not tell.
 * @param {Frame} frame
 * @param {Frame} map the static frame
 * @param {number} cell
 * @returns {Branch[]}
 */
export function branches(frame, map, cell) {
  const table = map.tensors.outcome_next;
  const value = values(frame, "state_value");
  if (!table || typeof table !== "object" || value.length === 0) return [];
  const [, n, k] = table.shape;
  const chances = values(map, "outcome_probability");
  const rewards = values(map, "outcome_reward");
  const q = values(frame, "action_value");
  const gamma = scalar(frame, "gamma") ?? 1;
  const [action, next] = lastMove(frame, cell);
  const isEnd = (/** @type {number} */ s) => {
    for (let i = s * n * k; i < (s + 1) * n * k; i++)
      if (table.data[i] !== s || rewards[i] !== 0) return false;
    return true;
  };
  const found = [];
  for (let a = 0; a < n; a++) {
    if (q.length > 0 && q[cell * n + a] === -Infinity) continue; // there is no such pair
    /** @type {Map<string, Outcome>} */
    const outcomes = new Map();
    for (let i = (cell * n + a) * k; i < (cell * n + a + 1) * k; i++) {
      if (!(chances[i] > 0)) continue;
      const [to, reward] = [table.data[i], rewards[i]];
      const known = outcomes.get(`${to} ${reward}`);
      if (known) known.probability += chances[i];
      else {
        const ends = isEnd(to);
        const worth = reward + (ends ? 0 : gamma * value[to]);
        const sampled = a === action && to === next;
        const one = { next: to, probability: chances[i], reward, ends, worth, sampled };
        outcomes.set(`${to} ${reward}`, one);
      }
    }
    const list = [...outcomes.values()];
    const total = list.reduce((sum, one) => sum + one.probability * one.worth, 0);
    found.push({ action: a, outcomes: list, total, sampled: a === action });
  }
  return found;
}

/** Action and next state of replica 0's last move from that cell. @param {Frame} frame @param {number} cell */
function lastMove(frame, cell) {
  const [states, actions, nexts] = ["state", "action", "next_state"].map((name) =>
    values(frame, `${name}.tail`),
  );
  for (let i = states.length - 1; i >= 0; i--)
    if (states[i] === cell) return [actions[i], nexts[i]];
  return [-1, -1];
}

/**
 * @param {Frame} frame
 * @param {Frame} map
 * @param {number} cell
 * @param {GridModel} model
 * @param {Record<string, string>} texts
 */
export function diagram(frame, map, cell, model, texts) {
  const all = branches(frame, map, cell);
  if (all.length === 0) return null;
  const gamma = scalar(frame, "gamma") ?? 1;
  // Where there are too many, those that were sampled or are worth most.
  const order = [...all].sort(
    (a, b) => Number(b.sampled) - Number(a.sampled) || b.total - a.total,
  );
  const kept = new Set(order.slice(0, MOST_BRANCHES));
  const rows = all.filter((one) => kept.has(one)).map((one) => branch(one, gamma, frame, model, texts));
  const left = all.length - rows.length;
  const more = t(texts, "and {n} more actions, worth less", { n: String(left) });
  const note = t(texts, "Bold: what happened there last.");
  return element(
    "div",
    { class: "rv-backup" },
    element("div", { class: "rv-tree" }, ...rows),
    left > 0 ? element("p", { class: "rv-note" }, more) : null,
    all.some((one) => one.sampled) ? element("p", { class: "rv-note" }, note) : null,
  );
}

/**
 * @param {Branch} one
 * @param {number} gamma
 * @param {Frame} frame
 * @param {GridModel} model
 * @param {Record<string, string>} texts
 */
function branch({ action, outcomes, total, sampled }, gamma, frame, model, texts) {
  const value = values(frame, "state_value");
  const certain = outcomes.length === 1;
  const lines = outcomes.slice(0, MOST_OUTCOMES).map((one) => {
    const place = `(${Math.floor(one.next / model.columns) + 1}, ${(one.next % model.columns) + 1})`;
    const chance = certain ? "" : `${setting(one.probability)} × `;
    const ahead = one.ends ? "0" : number(value[one.next] ?? NaN);
    const discount = gamma === 1 ? "" : `${setting(gamma)}·`;
    const sum = `${signed(one.reward)} + ${discount}${ahead} = ${number(one.worth)}`;
    const text = certain ? sum : `${chance}(${sum})`;
    const mark = one.ends ? "□" : "○";
    return element("li", { "data-sampled": String(one.sampled) }, `${mark} ${place}  ${text}`);
  });
  const hidden = outcomes.length - lines.length;
  if (hidden > 0) lines.push(element("li", {}, `… +${hidden}`));
  const head = `● ${sign(model.actions[action], texts)}`;
  return element(
    "div",
    { class: "rv-branch", "data-sampled": String(sampled) },
    element("span", {}, certain ? head : `${head}  Σ = ${number(total)}`),
    element("ul", {}, ...lines),
  );
}
