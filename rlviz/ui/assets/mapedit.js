/**
 * The map editor: a tool in hand, and a press on a cell of any grid draws with it.
 *
 * @typedef {{map: string, default: string, letters: string, previous: string,
 *   refused: string, enabled: boolean}} Editor what rlviz/ui/lesson.py sends
 * @typedef {import("./grid.js").Setting} Setting
 */

import { element, say } from "./dom.js";
import { t } from "./text.js";

const CELLS = ".#SGCPRABabO"; // the place of a letter is its kind, as in rlviz/maps.py
const TOOLS = [
  ["G", "goal", "G"],
  ["#", "wall", "W"],
  [".", "floor", "F"],
  ["P", "pit", "P"],
  ["C", "cliff", "C"],
  ["S", "start", "S"],
  ["R", "reward", "R"],
];
const ONE = "GS"; // a map's only one of these moves; a second one is not drawn beside it
const PATIENCE = 2_000; // ms until the picture of a run counts more than what was drawn

/** @param {string} map */
export function rowsOf(map) {
  return map.split(/[\s/]+/).filter((row) => row !== "");
}

/** What each cell of a map is, as in the static signal `cell_kind`. @param {string} map */
export function kindsOf(map) {
  return Int32Array.from([...rowsOf(map).join("")].map((letter) => CELLS.indexOf(letter)));
}

/**
 * The map with that letter in that cell: the only goal and the only start move there.
 * @param {string} map
 * @param {number} cell
 * @param {string} letter
 */
export function edited(map, cell, letter) {
  const rows = rowsOf(map);
  const columns = rows[0].length;
  const cells = [...rows.join("")];
  const others = cells.flatMap((one, i) => (one === letter ? [i] : []));
  if (ONE.includes(letter) && others.length === 1) cells[others[0]] = ".";
  cells[cell] = letter;
  return rows.map((_, i) => cells.slice(i * columns, (i + 1) * columns).join("")).join("/");
}

/** A map as the grid wants it. @typedef {{rows: number, columns: number, kinds: Int32Array}} Plan */

export class MapEditor {
  /** @type {Editor | null} */ #editor = null;
  #tool = "";
  #map = "";
  #stroke = ""; // the letter of the line that is being drawn
  #told = ""; // the map that the runs were told last
  #before = ""; // and the one before that
  #until = -Infinity; // until when the own drawing stands for a picture that is on its way

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
    this.undo = this.#act("Undo", "↶", "map-undo", () => this.#back());
    this.reset = this.#act("Reset map", "⟲", "map-reset", () => this.#change(this.#editor?.default ?? ""));
    this.sentence = element("p", {
      class: "rv-note",
      role: "alert",
      hidden: true,
      "data-testid": "map-refused",
    });
    this.node = element(
      "div",
      { class: "rv-editor", hidden: true, "data-testid": "map-editor" },
      this.tools,
      this.#keeps(),
      this.undo,
      this.reset,
      this.sentence,
    );
  }

  /** The map that is drawn; null where there is none. @returns {Plan | null} */
  get plan() {
    const rows = rowsOf(this.#map);
    if (rows.length === 0) return null;
    return { rows: rows.length, columns: rows[0].length, kinds: kindsOf(this.#map) };
  }

  /** Whether a press paints. */
  get isOpen() {
    return !this.node.hidden && this.#editor !== null;
  }

  /** Whether runs have yet to show what was drawn. */
  get isAhead() {
    return this.#stroke !== "" || performance.now() < this.#until;
  }

  /** What is past can not be drawn anew. @param {boolean} rests */
  rest(rests) {
    this.button.disabled = rests;
    this.button.title = rests ? t(this.texts, "Jump to now to draw") : "";
    if (rests && !this.node.hidden) this.#open(false);
  }

  /** @param {Editor | null} editor */
  update(editor) {
    const letters = this.#editor?.letters;
    this.#editor = editor;
    if (editor?.refused && editor.map !== this.#told) this.#refuse(editor.refused, editor.map);
    if (!this.isAhead) this.#map = this.#told = editor?.map ?? "";
    this.button.hidden = !editor?.enabled;
    if (!editor?.enabled) this.node.hidden = true;
    this.undo.disabled = !editor?.previous || (this.isAhead && this.#told !== editor.map);
    this.reset.disabled = !editor || editor.map === editor.default;
    if (editor && editor.letters !== letters) this.#choices(editor.letters);
  }

  /** A press on a cell begins a line. @param {number} cell */
  press(cell) {
    const kinds = this.plan?.kinds ?? [];
    if (cell >= kinds.length) return;
    this.#stroke = CELLS[kinds[cell]] === this.#tool && !ONE.includes(this.#tool) ? "." : this.#tool;
    this.#draw(cell, this.#stroke);
  }

  /** The line goes on: what there is only one of stays where it was put. @param {number} cell */
  drag(cell) {
    if (this.#stroke && !ONE.includes(this.#stroke)) this.#draw(cell, this.#stroke);
  }

  /** The line ends, and the map is the runs'. */
  release() {
    if (!this.#stroke) return;
    this.#stroke = "";
    this.#change(this.#map);
  }

  /** It was no line: a finger scrolls the page. */
  cancel() {
    this.#stroke = "";
    this.#map = this.#told;
    this.acts.changed();
  }

  /**
   * A key on a cell; whether it meant something here.
   * @param {number} cell @param {KeyboardEvent} event
   */
  key(cell, { key, ctrlKey, metaKey }) {
    const command = ctrlKey || metaKey;
    if (command && key === "z" && !this.undo.disabled) this.#back();
    else if (!command && key === "Enter") this.press(cell);
    else if (!command && this.#known().some(([, , letter]) => letter === key.toUpperCase()))
      this.#draw(cell, this.#known().find(([, , letter]) => letter === key.toUpperCase())?.[0] ?? ".");
    else return false;
    this.#stroke = "";
    if (!command) this.#change(this.#map);
    return true;
  }

  /** What the server says to a command that it refused. @param {Record<string, any>} event */
  hear({ text, values }) {
    if (this.isAhead) this.#refuse(t(this.texts, text, values), this.#before);
  }

  /** @param {number} cell @param {string} letter */
  #draw(cell, letter) {
    if (CELLS[this.plan?.kinds[cell] ?? 0] === letter) return;
    this.#map = edited(this.#map, cell, letter);
    this.acts.changed();
  }

  #back() {
    this.#change(this.#editor?.previous ?? "");
  }

  /** @param {string} map */
  #change(map) {
    if (!map || map === this.#told) return;
    this.#before = this.#told;
    this.#map = this.#told = map;
    this.#until = performance.now() + PATIENCE;
    setTimeout(() => this.acts.changed(), PATIENCE + 50);
    this.sentence.hidden = true;
    this.undo.disabled = true; // until Python says what was before that
    this.acts.edit(map, this.keep.checked ? "weights" : "nothing");
    this.acts.changed();
  }

  /**
   * The map of before stands again.
   * @param {string} sentence in the reader's language
   * @param {string} map
   */
  #refuse(sentence, map) {
    this.sentence.hidden = false;
    say(this.sentence, sentence);
    this.#until = -Infinity;
    this.#map = this.#told = map;
    this.acts.changed();
  }

  /** @param {boolean} open */
  #open(open) {
    this.node.hidden = !open;
    this.button.setAttribute("aria-pressed", String(open));
    this.acts.changed();
  }

  /** The tools of this world: letter on the map, word, key. */
  #known() {
    return TOOLS.filter(([letter]) => this.#editor?.letters.includes(letter));
  }

  /** @param {string} letters */
  #choices(letters) {
    const known = this.#known();
    if (!letters.includes(this.#tool) || !this.#tool) this.#tool = known[0]?.[0] ?? ".";
    const options = known.map(([letter, word, key]) => {
      const input = element("input", {
        type: "radio",
        name: "rv-tool",
        checked: letter === this.#tool,
        "data-testid": `tool-${word}`,
        onchange: () => (this.#tool = letter),
      });
      const title = t(this.texts, "{key} on a cell draws it too", { key });
      return element("label", { title }, input, element("span", {}, t(this.texts, word)));
    });
    this.tools.replaceChildren(...options);
  }

  /** What becomes of what was learned. */
  #keeps() {
    const choice = (/** @type {string} */ id, /** @type {string} */ word, checked = false) => {
      const of = { type: "radio", name: "rv-keep", checked, "data-testid": id };
      const input = element("input", of);
      return [input, element("label", {}, input, element("span", {}, t(this.texts, word)))];
    };
    const [keep, kept] = choice("map-keep", "keep what was learned", true);
    const [, afresh] = choice("map-afresh", "start afresh");
    this.keep = keep;
    const label = t(this.texts, "What an edit does to what was learned");
    const attributes = { class: "rv-switch", role: "radiogroup", "aria-label": label };
    return element("div", attributes, kept, afresh);
  }

  /** @param {string} word @param {string} sign @param {string} id @param {() => void} act */
  #act(word, sign, id, act) {
    const attributes = { class: "rv-edit", type: "button", "data-testid": id, onclick: act };
    const name = t(this.texts, word);
    return element("button", { ...attributes, "aria-label": name, title: name }, sign);
  }
}
