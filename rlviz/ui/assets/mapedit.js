/**
 * The map editor: a tool in hand, and a press on a cell of any grid draws with it.
 *
 * @typedef {{map: string, default: string, letters: string, previous: string,
 *   enabled: boolean}} Editor what rlviz/ui/lesson.py sends
 * @typedef {import("./grid.js").Setting} Setting
 */

import { element, say } from "./dom.js";
import { t } from "./text.js";

const CELLS = ".#SGCPRABabO"; // the place of a letter is its kind, as in rlviz/maps.py
const TOOLS = { G: "goal", "#": "wall", ".": "floor", P: "pit", C: "cliff", S: "start", R: "reward" };
const ONE = "GS"; // a map's only one of these moves; a second one is not drawn beside it
const LISTENS = 4_000; // ms after an edit in which a sentence of the server is about it

/** @param {string} map */
export function rowsOf(map) {
  return map.split(/[\s/]+/).filter((row) => row !== "");
}

/** What each cell of a map is, as in the static signal `cell_kind`. @param {string} map */
export function kindsOf(map) {
  return Int32Array.from([...rowsOf(map).join("")].map((letter) => CELLS.indexOf(letter)));
}

/**
 * The map with that letter in that cell: the only goal and the only start move, and what is drawn
 * a second time is rubbed out.
 * @param {string} map
 * @param {number} cell
 * @param {string} letter
 */
export function edited(map, cell, letter) {
  const rows = rowsOf(map);
  const columns = rows[0].length;
  const cells = [...rows.join("")];
  const same = cells[cell] === letter;
  if (same && ONE.includes(letter)) return rows.join("/");
  const others = cells.flatMap((one, i) => (one === letter ? [i] : []));
  if (ONE.includes(letter) && others.length === 1) cells[others[0]] = ".";
  cells[cell] = same ? "." : letter;
  return rows.map((_, i) => cells.slice(i * columns, (i + 1) * columns).join("")).join("/");
}

export class MapEditor {
  /** @type {Editor | null} */ #editor = null;
  #tool = "";
  #map = "";
  #edited = -Infinity;

  /**
   * @param {Setting} setting
   * @param {{edit: (map: string, keep: string) => void, changed: () => void}} acts
   */
  constructor(setting, acts) {
    this.texts = setting.texts;
    this.acts = acts;
    this.button = element(
      "button",
      {
        class: "rv-edit",
        type: "button",
        "aria-pressed": "false",
        "data-testid": "edit-map",
        onclick: () => this.#open(this.node.hidden),
      },
      t(this.texts, "Edit map"),
    );
    this.tools = element("div", { class: "rv-switch", role: "radiogroup" });
    this.tools.setAttribute("aria-label", t(this.texts, "What a press on a cell draws"));
    this.undo = this.#act("Undo", "map-undo", () => this.#change(this.#editor?.previous ?? ""));
    this.reset = this.#act("Reset map", "map-reset", () => this.#change(this.#editor?.default ?? ""));
    this.keep = element("input", { type: "checkbox", checked: true, "data-testid": "map-keep" });
    const keeps = t(this.texts, "keep what was learned");
    const keep = element("label", { class: "rv-check" }, this.keep, ` ${keeps}`);
    this.sentence = element("p", { class: "rv-note", role: "alert", hidden: true });
    this.node = element(
      "div",
      { class: "rv-editor", hidden: true },
      this.tools,
      this.undo,
      this.reset,
      keep,
      this.sentence,
    );
  }

  /** The kinds of the map that is drawn; empty where there is none. */
  get kinds() {
    return this.#map ? kindsOf(this.#map) : new Int32Array(0);
  }

  /** Whether a press paints. */
  get isOpen() {
    return !this.node.hidden && this.#editor !== null;
  }

  /** @param {Editor | null} editor */
  update(editor) {
    const letters = this.#editor?.letters;
    this.#editor = editor;
    this.#map = editor?.map ?? "";
    this.button.hidden = !editor?.enabled;
    if (!editor?.enabled) this.node.hidden = true;
    this.undo.disabled = !editor?.previous;
    this.reset.disabled = !editor || editor.map === editor.default;
    if (editor && editor.letters !== letters) this.#choices(editor.letters);
  }

  /** @param {number} cell */
  paint(cell) {
    if (!this.isOpen || cell >= this.kinds.length) return;
    const map = edited(this.#map, cell, this.#tool);
    if (map !== rowsOf(this.#map).join("/")) this.#change(map);
  }

  /** What the server said about the last edit. @param {string} text */
  hear(text) {
    if (text === "" || performance.now() - this.#edited > LISTENS) return;
    this.#tell(text);
    this.#map = this.#editor?.map ?? "";
    this.acts.changed();
  }

  /** @param {string} map */
  #change(map) {
    if (!map) return;
    this.#edited = performance.now();
    this.#tell("");
    this.#map = map;
    this.acts.edit(map, this.keep.checked ? "weights" : "nothing");
    this.acts.changed();
  }

  /** @param {string} text */
  #tell(text) {
    this.sentence.hidden = text === "";
    say(this.sentence, text && t(this.texts, text));
  }

  /** @param {boolean} open */
  #open(open) {
    this.node.hidden = !open;
    this.button.setAttribute("aria-pressed", String(open));
    this.acts.changed();
  }

  /** @param {string} letters */
  #choices(letters) {
    const known = Object.entries(TOOLS).filter(([letter]) => letters.includes(letter));
    this.#tool = known[0]?.[0] ?? ".";
    const options = known.map(([letter, word]) => {
      const input = element("input", {
        type: "radio",
        name: "rv-tool",
        checked: letter === this.#tool,
        "data-testid": `tool-${word}`,
        onchange: () => (this.#tool = letter),
      });
      return element("label", {}, input, element("span", {}, t(this.texts, word)));
    });
    this.tools.replaceChildren(...options);
  }

  /** @param {string} word @param {string} id @param {() => void} act */
  #act(word, id, act) {
    const attributes = { class: "rv-edit", type: "button", "data-testid": id, onclick: act };
    return element("button", attributes, t(this.texts, word));
  }
}
