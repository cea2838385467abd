/** The buttons and the choices of the transport. */

import { element } from "./dom.js";

/** @param {string} id @param {string} label @param {string} sign @param {() => void} pressed */
export function button(id, label, sign, pressed) {
  const words = element("span", { class: "rv-label" }, label);
  const parts = [element("span", { class: "rv-icon", "aria-hidden": "true" }, sign), words];
  return element(
    "button",
    {
      type: "button",
      class: `rv-button rv-${id}`,
      "data-testid": id,
      "aria-label": label,
      onclick: pressed,
    },
    ...parts,
  );
}

/**
 * @param {string} id
 * @param {string} label
 * @param {[string | number, string][]} options
 * @param {string | number} value
 * @param {() => void} changed
 */
export function select(id, label, options, value, changed) {
  const nodes = options.map(([key, text]) =>
    element("option", { value: key, selected: String(key) === String(value) }, text),
  );
  return element(
    "select",
    { class: "rv-select", "data-testid": id, "aria-label": label, title: label, onchange: changed },
    ...nodes,
  );
}
