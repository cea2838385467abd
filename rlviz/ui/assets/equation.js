/**
 * An equation with slots, set as mathematics: each number over its symbol, underlined in the colour
 * of its role; inside max(...) or min(...) the number that won is bold and doubly underlined, and
 * dot({a}, {b}) is set as the sum of products that it is: Σ(a₁, a₂)·(b₁, b₂).
 *
 * @typedef {import("./codec.js").Frame} Frame
 * @typedef {{symbol: string, meaning: string, role?: string}} SignalWords
 * @typedef {{kind: "text", text: string} | {kind: "slot", name: string, of: "" | "max" | "min"}} Part
 */

import { scalar, values } from "./codec.js";
import { sign } from "./directions.js";
import { element } from "./dom.js";
import { fill, number, setting, t } from "./text.js";

const MOST_NUMBERS = 6; // of a vector, as far as a line has room

/**
 * A template as text and slots; a slot knows the max or min around it.
 * @param {string} template
 * @returns {Part[]}
 */
export function parts(template) {
  template = template.replace(/dot\((\{\w+\}), *(\{\w+\})\)/g, "Σ($1)·($2)");
  const found = [];
  let end = 0;
  for (const match of template.matchAll(/\{(\w+)\}/g)) {
    if (match.index > end) found.push({ kind: "text", text: template.slice(end, match.index) });
    const around = /(max|min)\($/.exec(template.slice(0, match.index));
    found.push({ kind: "slot", name: match[1], of: around ? around[1] : "" });
    end = match.index + match[0].length;
  }
  if (end < template.length) found.push({ kind: "text", text: template.slice(end) });
  return /** @type {Part[]} */ (found);
}

/**
 * The signals that an equation and its captions show.
 * @param {import("./stages.js").Equation} equation
 */
export function equationNeeds(equation) {
  const slots = [equation.template, ...equation.captions.map(([, sentence]) => sentence)].flatMap(
    (text) => [...text.matchAll(/\{(\w+)(?::[^}]*)?\}/g)].map((match) => match[1]),
  );
  const conditions = equation.captions
    .map(([condition]) => condition.split(/[<>]/)[0])
    .filter(Boolean);
  // The newest value alone: a curve under its own name would come with all its bins.
  return [...new Set([...slots, ...conditions])].map((name) => `${name}.now`);
}

/**
 * All numbers of a slot: one, or those of a vector.
 * @param {Frame} frame
 * @param {string} name
 * @returns {number[]}
 */
export function slotValues(frame, name) {
  const one = scalar(frame, name);
  if (one !== undefined) return [one];
  const own = values(frame, name);
  return Array.from(own.length > 0 ? own : values(frame, `${name}.now`));
}

/**
 * The equation as elements, and as one sentence to be spoken.
 * @param {string} template
 * @param {Frame | null} frame null shows the symbols alone
 * @param {Record<string, SignalWords>} signals
 * @param {Record<string, string>} texts
 */
export function typeset(template, frame, signals, texts) {
  const nodes = [];
  const spoken = [];
  let afterEquals = false;
  for (const part of parts(template)) {
    if (part.kind === "text") {
      afterEquals ||= part.text.includes("=");
      nodes.push(...symbols(part.text));
      spoken.push(
        part.text.replaceAll("·", ` ${t(texts, "times")} `).replace("←", t(texts, "becomes")),
      );
      continue;
    }
    const words = signals[part.name] ?? { symbol: part.name, meaning: part.name };
    const shown = frame ? slotValues(frame, part.name) : [];
    const role = afterEquals ? "result" : (words.role ?? "value");
    nodes.push(slot(part, words, shown, role));
    const best = part.of ? Math[part.of](...shown) : NaN;
    const said = few(shown, best).map((value) => (value === null ? "…" : figure(value, role)));
    spoken.push(shown.length > 0 ? said.join(", ") : words.symbol);
  }
  return { nodes, spoken: spoken.join("").replace(/\s+/g, " ").trim() };
}

/**
 * The caption of a beat: the first whose condition holds.
 * @param {[string, string][]} captions
 * @param {Frame} frame
 * @param {Record<string, string>} texts
 * @param {string[]} [actions] of the world, by number
 */
export function caption(captions, frame, texts, actions = ["up", "right", "down", "left"]) {
  const chosen = captions.find(([condition]) => holds(condition, frame));
  return chosen ? fill(texts[chosen[1]] ?? chosen[1], places(chosen[1], frame, actions, texts)) : "";
}

/**
 * A signal that is not 0, `name<number`, `name>number`, or nothing for otherwise.
 * @param {string} condition
 * @param {Frame} frame
 */
export function holds(condition, frame) {
  if (condition === "") return true;
  const [, name, than, limit] = /^(\w+)([<>]?)(.*)$/.exec(condition) ?? [];
  const value = scalar(frame, name);
  if (value === undefined || Number.isNaN(value)) return false;
  if (than === "") return value !== 0;
  return than === "<" ? value < Number(limit) : value > Number(limit);
}

/**
 * What the places of a sentence hold; actions are arrows.
 * @param {string} sentence
 * @param {Frame} frame
 * @param {string[]} actions
 * @param {Record<string, string>} texts
 */
function places(sentence, frame, actions, texts) {
  const names = [...sentence.matchAll(/\{(\w+)/g)].map((match) => match[1]);
  const said = actions.map((action) => sign(action, texts));
  return Object.fromEntries(names.map((name) => [name, place(name, frame, said)]));
}

/** @param {string} name @param {Frame} frame @param {string[]} actions */
function place(name, frame, actions) {
  const value = scalar(frame, name);
  if (value === undefined || !/action$/.test(name)) return value;
  return actions[value] ?? (Number.isInteger(value) ? String(value) : value);
}

/**
 * A formula without slots: `r_{t+1}` and `x^2` with small letters below and above.
 * @param {string} text
 */
export function formula(text) {
  return text.split(/([_^](?:\{[^}]*\}|[^\s{]))/).flatMap((piece) => {
    if (!/^[_^]./.test(piece)) return piece === "" ? [] : symbols(piece);
    return [
      element(
        piece[0] === "_" ? "sub" : "sup",
        {},
        ...symbols(piece.slice(1).replace(/[{}]/g, "")),
      ),
    ];
  });
}

/** Letters in italics, signs upright with room around them. @param {string} text */
function symbols(text) {
  return text.split(/(max|min|[A-Za-zα-ω]'?)/).flatMap((piece) => {
    if (piece === "") return [];
    if (/^(max|min)$/.test(piece)) return [element("span", { class: "rv-word" }, piece)];
    if (/^[A-Za-zα-ω]/.test(piece)) return [element("i", {}, piece)];
    return [element("span", { class: "rv-sign" }, piece)];
  });
}

/**
 * Of a long vector the first two, the winner and the last, with null for what is left out between;
 * of those to choose from, what does not exist (−∞) is left out.
 * @param {number[]} shown
 * @param {number} winner NaN where nothing is chosen
 * @returns {(number | null)[]}
 */
export function few(shown, winner) {
  const known = Number.isNaN(winner) ? shown : shown.filter((value) => value !== -Infinity);
  if (known.length <= MOST_NUMBERS) return known.length > 0 ? known : shown;
  const places = [0, 1, known.indexOf(winner), known.length - 1];
  const kept = [...new Set(places.filter((i) => i >= 0))].sort((a, b) => a - b);
  return kept.flatMap((i, at) => (at > 0 && i > kept[at - 1] + 1 ? [null, known[i]] : [known[i]]));
}

/**
 * @param {Extract<Part, {kind: "slot"}>} part
 * @param {SignalWords} words
 * @param {number[]} shown
 * @param {string} role
 */
function slot(part, words, shown, role) {
  const winner = part.of && shown.length > 1 ? Math[part.of](...shown) : NaN;
  const numbers = few(shown, winner).flatMap((value, i) => {
    if (value === null) return [", …"];
    const mark = value === winner ? "rv-number rv-won" : "rv-number";
    const node = element(
      value === winner ? "strong" : "span",
      { class: mark },
      figure(value, role),
    );
    return i === 0 ? [node] : [", ", node];
  });
  const top = numbers.length > 0 ? numbers : [element("i", { class: "rv-number" }, words.symbol)];
  return element(
    "span",
    {
      class: `rv-slot rv-role-${role}${shown.length > 1 ? " rv-vector" : ""}`,
      title: words.meaning,
    },
    element("span", { class: "rv-value" }, ...top),
    element("span", { class: "rv-symbol" }, numbers.length > 0 ? words.symbol : ""),
  );
}

/**
 * Rewards are counted, knobs are set, everything else is measured.
 * @param {number} value
 * @param {string} role
 */
function figure(value, role) {
  if (role === "knob" && Math.abs(value) < 0.01) return setting(value);
  return role === "reward" && Number.isInteger(value) ? number(value, 0) : number(value);
}
