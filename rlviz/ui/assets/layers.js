/**
 * What the grids show: estimate, truth or gap, and the layers on it; one choice for all stages of
 * the page, so that they can be compared, kept for this visit.
 *
 * @typedef {import("./grid.js").Choice} Choice
 */

import { element, popover } from "./dom.js";
import { t } from "./text.js";

const KEY = "rlviz.layers";
const FACES = { estimate: "Estimate", truth: "Truth", gap: "Gap" };
const MEANINGS = {
  estimate: "What the method believes",
  truth: "The exact table that this method is after",
  gap: "Estimate minus truth; the neutral colour is right",
};
const LAYERS = {
  numbers: "V as a number",
  triangles: "Q as triangles",
  advantages: "A = Q − V in their place",
  arrows: "greedy arrows",
  trail: "agent and its trail",
  visits: "visits",
};

/** @returns {Choice} */
export function kept() {
  const first = {
    face: "estimate",
    layers: {
      numbers: true,
      triangles: true,
      advantages: false,
      arrows: true,
      trail: true,
      visits: false,
    },
  };
  try {
    const saved = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    const face = saved.face in FACES ? saved.face : first.face;
    return { face, layers: { ...first.layers, ...saved.layers } };
  } catch {
    return /** @type {Choice} */ (first);
  }
}

/**
 * What a link asks for, in the place of what was kept.
 * @param {Choice} choice changed in place
 * @param {{face: string, layers: string[]}} asked
 */
export function take(choice, { face, layers }) {
  choice.face = /** @type {"estimate"} */ (face);
  for (const layer of Object.keys(LAYERS)) choice.layers[layer] = layers.includes(layer);
  sessionStorage.setItem(KEY, JSON.stringify(choice));
}

/** Whether somebody chose, now or earlier in this visit. */
export function isChosen() {
  return sessionStorage.getItem(KEY) !== null;
}

/**
 * The switch and the menu.
 * @param {Choice} choice changed in place
 * @param {Record<string, string>} texts
 * @param {() => void} changed
 */
export function controls(choice, texts, changed) {
  const keep = () => {
    sessionStorage.setItem(KEY, JSON.stringify(choice));
    changed();
  };
  const faces = Object.entries(FACES).map(([face, word]) => {
    const input = element("input", {
      type: "radio",
      name: "rv-face",
      checked: choice.face === face,
      "data-testid": `face-${face}`,
      onchange: () => {
        choice.face = /** @type {"estimate"} */ (face);
        keep();
      },
    });
    return element(
      "label",
      { title: t(texts, MEANINGS[face]) },
      input,
      element("span", {}, t(texts, word)),
    );
  });
  const boxes = Object.entries(LAYERS).map(([layer, word]) => {
    const input = element("input", {
      type: "checkbox",
      checked: choice.layers[layer],
      "data-testid": `layer-${layer}`,
      onchange: () => {
        choice.layers[layer] = input.checked;
        keep();
      },
    });
    return element("label", { class: "rv-check" }, input, ` ${t(texts, word)}`);
  });
  const marks = element(
    "p",
    { class: "rv-note" },
    t(texts, "Dashed with a ring: an exploratory move. Cross: a fall. Several arrows: a tie."),
  );
  return [
    element(
      "div",
      { class: "rv-switch", role: "radiogroup", "aria-label": t(texts, "What the grids show") },
      ...faces,
    ),
    popover(t(texts, "Layers"), { "data-testid": "layers" }, ...boxes, marks),
  ];
}
