/**
 * What a sweep has found: its points over the knobs, and their curves. All numbers come from
 * Python, now and then; a press on a point is told to Python.
 *
 * @typedef {Record<string, any>} Data what rlviz/ui/swept.py sends
 */

import { FigureSlot, loadPlotly } from "./figure.js";
import { dress } from "./theme.js";

export class SweepView {
  /** @type {Data} */ data = { stages: [] };
  /** @type {FigureSlot[]} */ slots = [];
  #built = "";
  #version = 0;
  #commands = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    root.classList.add("rv-sweep");
  }

  /**
   * @param {Data} data
   * @param {"light" | "dark"} mode
   * @param {(command: unknown) => void} [trigger]
   */
  update(data, mode, trigger) {
    this.data = data;
    this.trigger = trigger;
    this.setting = { texts: data.texts, theme: data.palette[mode], projector: data.projector };
    dress(this.root, this.setting.theme, data.projector);
    this.#version += 1;
    this.#build();
    // The figures hold numbers and no references; what tells a new one from the last is this.
    const frames = { sweep: { metadata: { run: data.sweep, sequence: this.#version }, tensors: {} } };
    for (const slot of this.slots) slot.draw(/** @type {any} */ (frames), this.setting);
  }

  dispose() {
    for (const slot of this.slots) slot.dispose();
  }

  /** The elements stay while the same sweep is shown, and so does a zoom. */
  #build() {
    const { figures, language, plotly, projector, sweep } = this.data;
    loadPlotly(plotly);
    const key = JSON.stringify([sweep, language, projector]);
    if (key === this.#built) {
      this.slots.forEach((slot, i) => {
        slot.figure = figures[i];
        slot.figures = [figures[i]];
      });
      return;
    }
    this.#built = key;
    this.dispose();
    this.slots = figures.map((/** @type {any} */ figure) => {
      const slot = new FigureSlot([figure], plotly, this.setting, () => {});
      slot.picked = (/** @type {unknown} */ point) => this.#pick(point);
      return slot;
    });
    this.root.replaceChildren(...this.slots.map((slot) => slot.node));
  }

  /** @param {unknown} point */
  #pick(point) {
    if (typeof point !== "number") return;
    this.#commands += 1;
    const n = Date.now() * 100 + (this.#commands % 100); // two presses are two commands
    this.trigger?.({ name: "point", point, n });
  }
}
