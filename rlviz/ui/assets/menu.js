/**
 * The menu of a picture: its data and itself as files, the link to what is shown, the whole run.
 *
 * @typedef {{label: string, testid: string, act?: () => Promise<string> | string, href?: string}} Item
 *   `act` answers what has been done, in words
 */

import { element, popover, say } from "./dom.js";
import { t } from "./text.js";

/**
 * A small button that opens the list; the items are asked for when it opens.
 * @param {Record<string, string>} texts
 * @param {string} testid
 * @param {() => Item[]} items
 */
export function menu(texts, testid, items) {
  const list = element("ul", { class: "rv-saves" });
  const said = element("p", { class: "rv-note", role: "status" });
  const words = t(texts, "Save or share it");
  const made = popover(
    "\u2193",
    { "aria-label": words, "data-testid": testid },
    list,
    said,
  );
  made.firstChild.title = words;
  // Before it opens, and not at its "toggle", which comes later than a quick next key.
  made.firstChild.addEventListener("click", () => {
    if (made.open) return;
    say(said, "");
    list.replaceChildren(...items().map((item) => element("li", {}, entry(item, said, texts))));
  });
  made.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => walk(event, list));
  return made;
}

/**
 * @param {Item} item
 * @param {HTMLElement} said
 * @param {Record<string, string>} texts
 */
function entry({ label, testid, act, href }, said, texts) {
  if (href) return element("a", { href, download: "", "data-testid": testid, target: "_self" }, label);
  const run = async () => {
    say(said, "");
    try {
      say(said, (await act?.()) ?? "");
    } catch {
      say(said, t(texts, "That did not work in this browser."));
    }
  };
  return element("button", { type: "button", "data-testid": testid, onclick: run }, label);
}

/**
 * Up and Down go from one item to the next; the page's own keys rest meanwhile.
 * @param {KeyboardEvent} event
 * @param {HTMLElement} list
 */
function walk(event, list) {
  event.stopPropagation();
  const step = { ArrowDown: 1, ArrowUp: -1 }[/** @type {"ArrowUp"} */ (event.key)];
  if (!step) return;
  event.preventDefault();
  const all = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("a, button")]);
  const now = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  all[(now + step + all.length) % all.length]?.focus();
}

/**
 * The address of what the page shows, at the iterations that it shows, into the clipboard; where
 * the browser does not let us, in words to copy.
 * @param {import("./grid.js").Setting} setting
 */
export function linkItem({ texts, link }) {
  const act = async () => {
    const address = (await link?.()) || location.href;
    try {
      await navigator.clipboard.writeText(address);
      return t(texts, "Copied: {address}", { address });
    } catch {
      return t(texts, "Copy this address: {address}", { address });
    }
  };
  return { label: t(texts, "Link to exactly this state"), testid: "save-link", act };
}

/**
 * Everything that was kept of each run, from the server.
 * @param {import("./grid.js").Setting} setting
 * @param {string[]} aliases of the stages that the picture shows
 */
export function runItems({ texts, runs }, aliases) {
  const live = aliases.filter((alias) => runs?.[alias]);
  return live.map((alias) => {
    const { run, token, title } = runs[alias];
    const label =
      live.length > 1
        ? t(texts, "The whole run of {title} (zip with Parquet)", { title })
        : t(texts, "The whole run (zip with Parquet)");
    const query = `token=${encodeURIComponent(token)}`;
    const href = `/api/runs/${encodeURIComponent(run)}/export.zip?${query}`;
    return { label, testid: `save-run-${alias}`, href };
  });
}
