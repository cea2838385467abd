/**
 * One element with its attributes, listeners and children.
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `on…` are listeners, the others as in HTML;
 *   true gives an empty attribute, false and undefined none
 * @param {...(Node | string | null | undefined)} children
 * @returns {any}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/**
 * Sets a text only where it differs, so that ten frames a second do not make work for nothing.
 * @param {HTMLElement} node
 * @param {string} text
 */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * A table of words and numbers with a caption.
 * @param {string} caption
 * @param {string[]} head
 * @param {string[][]} rows
 */
export function table(caption, head, rows) {
  return element(
    "table",
    {},
    element("caption", {}, caption),
    element(
      "thead",
      {},
      element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text))),
    ),
    element(
      "tbody",
      {},
      ...rows.map((row) => element("tr", {}, ...row.map((text) => element("td", {}, text)))),
    ),
  );
}

/**
 * A menu that opens over the page below its button and closes on Escape or a press elsewhere.
 * @param {string} label
 * @param {Record<string, any>} attributes
 * @param {...(Node | string | null)} children
 */
export function popover(label, attributes, ...children) {
  const summary = element("summary", { "aria-label": attributes["aria-label"] }, label);
  const panel = element("div", { class: "rv-popover" }, ...children);
  const details = element(
    "details",
    { class: "rv-menu", "data-testid": attributes["data-testid"] },
    summary,
    panel,
  );
  const away = (/** @type {Event} */ event) => {
    if (!details.contains(event.target)) details.open = false;
  };
  details.addEventListener("toggle", () => {
    document.removeEventListener("pointerdown", away);
    if (!details.open) return;
    document.addEventListener("pointerdown", away);
    // It opens to the left of its button, unless the view ends there.
    const edge = details.closest(".rv")?.getBoundingClientRect().left ?? 0;
    panel.classList.remove("rv-rightward");
    panel.classList.toggle("rv-rightward", panel.getBoundingClientRect().left < edge);
  });
  details.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape") return;
    details.open = false;
    summary.focus();
  });
  return details;
}
