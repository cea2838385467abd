/**
 * Space plays and pauses, Right steps, Left steps back, N returns to now, wherever the page has
 * the focus, unless what has it wants the key itself.
 */

const TAKES_TEXT =
  "input, select, textarea, [contenteditable], [role=slider], [role=textbox], [role=combobox]";
const TAKES_ARROWS =
  "canvas, [role=tab], [role=radio], [role=menuitem], [role=option], [role=listbox], .js-plotly-plot";
const TAKES_SPACE =
  "button, summary, a[href], [role=button], [role=tab], [role=option], [role=checkbox], [role=switch]";

/**
 * @param {{toggle: () => void, step: () => void, back: () => void, now: () => void}} acts
 * @returns {() => void} stops listening
 */
export function listen({ toggle, step, back, now }) {
  const arrows = { ArrowRight: step, ArrowLeft: back };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)
      return;
    const focus = event.target instanceof Element ? event.target : document.body;
    if (focus.closest(TAKES_TEXT)) return;
    if (event.code === "Space" && !focus.closest(TAKES_SPACE)) {
      event.preventDefault(); // the page would scroll
      if (!event.repeat) toggle();
    } else if (event.key in arrows && !focus.closest(TAKES_ARROWS)) {
      event.preventDefault();
      arrows[event.key]();
    } else if (event.key === "n" || event.key === "N") {
      now();
    }
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}
