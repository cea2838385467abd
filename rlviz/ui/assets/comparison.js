/**
 * Runs on shared axes: one figure whose lines come from Python, now and then, and whose baselines
 * and knob marks come from the runs' own frames.
 *
 * @typedef {Record<string, any>} Data what rlviz/ui/compare.py sends
 */

import { FigureSlot, loadPlotly } from "./figure.js";
import { Repaint } from "./repaint.js";
import { arrange, frames } from "./stages.js";
import { dress } from "./theme.js";

export class Comparison {
  /** @type {Data} */ data = { stages: [] };
  /** @type {Map<string, import("./stages.js").Stage>} */ stages = new Map();
  /** @type {FigureSlot | null} */ slot = null;
  #built = "";
  #version = 0;
  #repaint = new Repaint(() => this.#draw());
  #isTold = false; // whether Python knows that a run goes on

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    root.classList.add("rv-comparison", "rv-card");
  }

  /**
   * @param {Data} data
   * @param {"light" | "dark"} mode
   * @param {(command: unknown) => void} [trigger]
   */
  update(data, mode, trigger) {
    this.data = data;
    this.trigger = trigger;
    this.#isTold = data.moving;
    const { texts, projector } = data;
    const runs = Object.fromEntries(data.stages.map((/** @type {any} */ one) => [one.alias, one]));
    this.setting = { texts, theme: data.palette[mode], projector, share: null, runs };
    dress(this.root, this.setting.theme, data.projector);
    this.#version += 1;
    const changed = () => {
      this.#tell();
      this.draw();
    };
    const view = { changed, event: changed };
    arrange(this.stages, data.stages, view);
    this.#build();
    for (const [alias, stage] of this.stages) stage.watch(data.watch[alias] ?? []);
    this.draw();
  }

  dispose() {
    this.#repaint.end();
    this.slot?.dispose();
    for (const stage of this.stages.values()) stage.leave();
  }

  draw() {
    this.#repaint.ask();
  }

  #draw() {
    if (this.setting) this.slot?.draw(this.#frames(), this.setting);
  }

  /** Python looks again and again while a run goes on; that one has begun to it learns here. */
  #tell() {
    if (this.#isTold) return;
    this.#isTold = [...this.stages.values()].some((stage) => stage.status === "playing");
    if (this.#isTold) this.trigger?.({ name: "moving", n: Date.now() });
  }

  /** The element stays while the same thing is compared, and so does a zoom. */
  #build() {
    const { figure, language, plotly } = this.data;
    loadPlotly(plotly);
    const key = JSON.stringify([figure.name, language, this.data.projector]);
    if (key === this.#built && this.slot) {
      this.slot.figure = figure;
      this.slot.figures = [figure];
      return;
    }
    this.#built = key;
    this.slot?.dispose();
    this.slot = new FigureSlot([figure], plotly, this.setting, () => this.draw());
    this.root.replaceChildren(this.slot.node);
  }

  /** The newest frame of each run, told apart by what Python has sent since. */
  #frames() {
    const newest = Object.entries(frames(this.stages)).map(([alias, frame]) => {
      const { metadata = {}, tensors = {} } = frame ?? {};
      const sequence = `${metadata.sequence ?? 0}.${this.#version}`;
      return [alias, { metadata: { ...metadata, sequence }, tensors }];
    });
    return Object.fromEntries(newest);
  }
}
