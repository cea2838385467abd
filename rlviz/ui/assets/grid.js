/**
 * A gridworld as one picture: a canvas, the numbers of a cell on hover or by arrow keys, the whole
 * as a table and as sentences.
 *
 * @typedef {import("./stages.js").Stage} Stage
 * @typedef {import("./gridmodel.js").GridModel} GridModel
 * @typedef {import("./gridmodel.js").Face} Face
 * @typedef {import("./gridpaint.js").Layers} Layers
 * @typedef {import("./mapedit.js").MapEditor} MapEditor
 * @typedef {{face: Face, layers: Layers}} Choice
 * @typedef {{texts: Record<string, string>, theme: Record<string, any>, projector: boolean,
 *   link?: () => Promise<string>, runs?: Record<string, {run: string, token: string,
 *   title: string}>}} Setting
 */

import { diagram } from "./backup.js";
import { values } from "./codec.js";
import { sign } from "./directions.js";
import { element, say, table } from "./dom.js";
import { CLIFF, GOAL, PIT, START, WALL, empty, gridModel, isFloor } from "./gridmodel.js";
import { paint } from "./gridpaint.js";
import { geometry } from "./gridplace.js";
import { past } from "./past.js";
import { number, signed, t } from "./text.js";
import { series as look } from "./theme.js";

const UNKEPT = "Nobody looked at this then, so it was not kept.";
const KEYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const MOST_ROWS = 8; // of a cell's actions, in its tooltip
const SPOKEN_EVERY = 8_000; // ms; a screen reader must not be drowned in frames

export class Grid {
  /** @type {GridModel | null} */ model = null;
  /** @type {number | null} */ #cursor = null;
  /** @type {number | null} */ #hovered = null;
  #spoken = 0;
  /** Its size, which is dear to ask for while others draw. @type {DOMRectReadOnly | null} */ #box = null;
  /** @type {MapEditor | null} while it is open */ editor = null;
  /** @type {import("./mapedit.js").Plan | null} a map that no run has yet */ planned = null;
  /** @type {import("./gridpaint.js").Brush | null} of the newest drawing */ brush = null;

  /**
   * @param {Stage} stage
   * @param {() => void} redraw
   */
  constructor(stage, redraw) {
    this.stage = stage;
    this.canvas = element("canvas", {
      tabindex: 0,
      role: "application",
      "data-testid": `grid-${stage.data.alias}`,
      onpointermove: (/** @type {PointerEvent} */ event) => this.#hover(event),
      onpointerdown: (/** @type {PointerEvent} */ event) => {
        this.#hover(event);
        if (event.button === 0 && this.editor && this.#hovered !== null) {
          this.canvas.setPointerCapture(event.pointerId);
          this.editor.press(this.#hovered);
        }
      },
      onpointerup: () => this.editor?.release(),
      onpointercancel: () => this.editor?.cancel(),
      // A finger that is lifted leaves too; its numbers stay until the focus goes.
      onpointerleave: (/** @type {PointerEvent} */ event) =>
        event.pointerType !== "touch" && this.#leave(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
      onblur: () => this.#leave(),
    });
    this.tooltip = element("div", { class: "rv-tip", role: "tooltip", hidden: true });
    this.notice = element("p", { class: "rv-notice", hidden: true });
    this.summary = element("p", { class: "rv-spoken", "aria-live": "polite" });
    this.frame = element(
      "div",
      { class: "rv-canvas" },
      this.canvas,
      this.notice,
      this.tooltip,
      this.summary,
    );
    this.redraw = redraw;
    this.observer = new ResizeObserver(([{ contentRect }]) => {
      this.#box = contentRect;
      redraw();
    });
    this.observer.observe(this.frame);
  }

  dispose() {
    this.observer.disconnect();
  }

  /**
   * @param {Choice} choice
   * @param {Setting} setting
   */
  draw(choice, setting) {
    this.setting = setting;
    const { frame, map } = this.stage;
    const { width, height } = this.#box ?? this.frame.getBoundingClientRect();
    if (!frame || !map || width === 0 || height === 0) return;
    this.model = this.#shown(frame, map, choice);
    this.canvas.classList.toggle("rv-painting", this.editor !== null);
    this.size = geometry(this.model, width, height);
    const missing = past.at !== null && this.model.missing ? UNKEPT : this.model.missing;
    this.notice.hidden = missing === "";
    say(this.notice, missing && t(setting.texts, missing));
    const context = this.#context(width, height);
    const look = this.#look(choice, setting);
    this.brush = { context, model: this.model, size: this.size, look };
    paint(this.brush);
    this.#describe(choice, setting);
    if (this.#place !== null) this.#tip();
  }

  /**
   * What is drawn: the run's world, on the map of the editor where that is ahead.
   * @param {import("./codec.js").Frame} frame
   * @param {import("./codec.js").Frame} map
   * @param {Choice} choice
   */
  #shown(frame, map, { face, layers }) {
    if (this.stage.isElsewhere) return empty(this.planned);
    const model = gridModel(frame, map, face, layers.advantages);
    // Colours mean the same at every moment of the past.
    for (const end of this.stage.ends)
      model.range = Math.max(model.range, gridModel(end, map, face, layers.advantages).range);
    const plan = this.planned;
    if (!plan || String(plan.kinds) === String(model.kinds)) return model;
    if (this.stage.isStored) return empty(plan);
    const fits = plan.rows === model.rows && plan.columns === model.columns;
    return fits ? { ...model, kinds: plan.kinds } : model;
  }

  /** Whether it shows a map and no run on it. */
  get isBare() {
    return this.model !== null && this.model.actions.length === 0;
  }

  /** The numbers of every cell, for those who do not see the picture. @param {Setting} setting */
  table(setting) {
    const { frame } = this.stage;
    if (!this.model || !frame || this.isBare)
      return element("p", {}, t(setting.texts, "The first numbers are on their way."));
    const { model } = this;
    const names = model.actions.map((name) => sign(name, setting.texts));
    const words = (/** @type {string} */ key) => t(setting.texts, key);
    const rows = Array.from(model.kinds).flatMap((kind, s) => {
      if (!isFloor(kind)) return [];
      const [row, column] = this.#position(s);
      const q = names.map((_, a) => number(values(frame, "action_value")[s * names.length + a] ?? NaN));
      const truth = number(values(frame, "truth_value")[s] ?? NaN);
      return [[`${row}, ${column}`, ...q, number(values(frame, "state_value")[s] ?? NaN), truth]];
    });
    const head = [
      words("row, column"),
      ...names.map((arrow) => `Q ${arrow}`),
      "V",
      words("truth of V"),
    ];
    return table(`${this.stage.data.title}: ${words("values of replica 0")}`, head, rows);
  }

  /** @returns {number | null} */
  get #place() {
    return this.#hovered ?? this.#cursor;
  }

  /** @param {number} width @param {number} height */
  #context(width, height) {
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h)
      Object.assign(this.canvas, { width: w, height: h });
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }

  /** @param {Choice} choice @param {Setting} setting */
  #look(choice, setting) {
    const series = look(setting.theme, this.stage.data);
    const word = (/** @type {string} */ key) => t(setting.texts, key);
    return {
      palette: setting.theme,
      color: series.color,
      marker: series.marker,
      layers: choice.layers,
      bold: setting.projector ? 1.4 : 1,
      font: getComputedStyle(this.frame).fontFamily,
      words: Object.fromEntries(
        ["start", "goal", "cliff", "pit", ...(this.model?.actions ?? [])].map((key) => [key, word(key)]),
      ),
      cursor: this.#place,
    };
  }

  /** @param {PointerEvent} event */
  #hover(event) {
    if (!this.size || !this.model) return;
    const column = Math.floor((event.offsetX - this.size.left) / this.size.cellWidth);
    const row = Math.floor((event.offsetY - this.size.top) / this.size.cellHeight);
    const inside = column >= 0 && row >= 0 && column < this.model.columns && row < this.model.rows;
    const cell = inside ? row * this.model.columns + column : null;
    if (cell === this.#hovered) return;
    this.#hovered = cell;
    if (cell !== null) this.editor?.drag(cell);
    this.#tip();
    this.redraw();
  }

  #leave() {
    this.#hovered = null;
    this.#cursor = document.activeElement === this.canvas ? this.#cursor : null;
    this.#tip();
    this.redraw();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.model || event.altKey) return;
    if (this.#place !== null && this.editor?.key(this.#place, event)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") this.#cursor = null;
    else if (event.key in KEYS)
      this.#cursor = this.#moved(KEYS[/** @type {"ArrowUp"} */ (event.key)]);
    else return;
    event.preventDefault();
    event.stopPropagation(); // Right would step the run
    this.#hovered = null;
    this.#tip();
    say(this.summary, this.#cursor === null ? "" : (this.tooltip.textContent ?? ""));
    this.#spoken = performance.now();
    this.redraw();
  }

  /** @param {number[]} by */
  #moved([down, right]) {
    const { rows, columns, agent } = /** @type {GridModel} */ (this.model);
    if (this.#cursor === null) return Math.max(0, agent);
    const row = Math.min(rows - 1, Math.max(0, Math.floor(this.#cursor / columns) + down));
    const column = Math.min(columns - 1, Math.max(0, (this.#cursor % columns) + right));
    return row * columns + column;
  }

  #tip() {
    const cell = this.#place;
    this.tooltip.hidden = cell === null || !this.model;
    if (cell === null || !this.model || !this.size || !this.setting) return;
    this.tooltip.replaceChildren(...this.#lines(cell, this.model, this.setting.texts));
    const { columns } = this.model;
    const x = this.size.left + (cell % columns) * this.size.cellWidth;
    const y = this.size.top + Math.floor(cell / columns) * this.size.cellHeight;
    const { offsetWidth: width, offsetHeight: height } = this.tooltip;
    const right = x + this.size.cellWidth + 6;
    // It may reach beyond the canvas, but not beyond the board or the window.
    const frame = this.frame.getBoundingClientRect();
    const board = this.frame.closest(".rv")?.getBoundingClientRect() ?? frame;
    const fits = frame.left + right + width <= Math.min(window.innerWidth, board.right) - 6;
    const left = fits ? right : x - width - 6;
    const bar = document.querySelector(".rv-transport")?.getBoundingClientRect();
    const lowest = (bar?.top ?? window.innerHeight) - frame.top - height - 6;
    this.tooltip.style.left = `${Math.max(board.left + 6 - frame.left, left)}px`;
    this.tooltip.style.top = `${Math.max(6 - frame.top, Math.min(y, lowest))}px`;
  }

  /** @param {number} cell @param {GridModel} model @param {Record<string, string>} texts */
  #lines(cell, model, texts) {
    const [row, column] = this.#position(cell);
    const head = element(
      "b",
      {},
      t(texts, "row {row}, column {column}", { row: String(row), column: String(column) }),
    );
    const names = { [WALL]: "wall", [GOAL]: "goal", [CLIFF]: "cliff", [PIT]: "pit" };
    const paid = model.rewards[cell] ? [` ${signed(model.rewards[cell])}`] : [];
    if (!isFloor(model.kinds[cell])) {
      return [head, ` ${t(texts, names[/** @type {1} */ (model.kinds[cell])])}`, ...paid];
    }
    // With a tool in hand the cells around must be seen.
    if (this.editor || this.isBare) return [head];
    const { frame, map } = this.stage;
    const at = (/** @type {string} */ name, /** @type {number} */ i) =>
      number(values(frame, name)[i] ?? NaN);
    const n = model.actions.length;
    const rows = [["V", at("state_value", cell), at("truth_value", cell)]];
    model.actions.forEach((name, a) => {
      const i = cell * n + a;
      const exists = values(frame, "action_value")[i] !== -Infinity;
      if (exists && n <= MOST_ROWS)
        rows.push([`Q ${sign(name, texts)}`, at("action_value", i), at("truth_q", i)]);
    });
    const tree = frame && map ? diagram(frame, map, cell, model, texts) : null;
    const numbers = table("", ["", t(texts, "estimate"), t(texts, "truth")], rows);
    return [head, numbers, ...(tree ? [tree] : [])];
  }

  /** Row and column as people count. @param {number} cell */
  #position(cell) {
    const columns = this.model?.columns ?? 1;
    return [Math.floor(cell / columns) + 1, (cell % columns) + 1];
  }

  /** @param {Choice} choice @param {Setting} setting */
  #describe(choice, setting) {
    const text = this.describe(setting);
    this.canvas.setAttribute("aria-label", text);
    const resting = this.stage.status !== "playing";
    const now = performance.now();
    if (this.#cursor !== null || (now - this.#spoken < SPOKEN_EVERY && !resting)) return;
    this.#spoken = now;
    say(this.summary, text);
  }

  /** The picture in sentences. @param {Setting} setting */
  describe(setting) {
    const { model } = this;
    if (!model || this.isBare) return this.stage.data.title;
    const start = Array.from(model.kinds).findIndex((kind) => kind === START);
    const [row, column] = this.#position(Math.max(0, model.agent));
    return t(
      setting.texts,
      "{title}: the start is worth {value:.1f} by the table, {truth:.1f} in truth; the agent stands in row {row}, column {column}. Arrow keys read the cells.",
      {
        title: this.stage.data.title,
        value: values(this.stage.frame, "state_value")[start] ?? NaN,
        truth: values(this.stage.frame, "truth_value")[start] ?? NaN,
        row: String(row),
        column: String(column),
      },
    );
  }
}
