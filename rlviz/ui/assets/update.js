/**
 * The update, opened up: for each stage the equation with the numbers of this beat, a caption in
 * words, and the line of the algorithm's own source that does it.
 *
 * @typedef {import("./stages.js").Stage} Stage
 * @typedef {import("./grid.js").Setting} Setting
 */

import { element, say } from "./dom.js";
import { caption, equationNeeds, typeset } from "./equation.js";
import { slow } from "./slow.js";
import { t } from "./text.js";
import { series } from "./theme.js";

const BEAT_BY_BEAT = 20; // iterations a second up to which a person can follow the beats

export class Update {
  /**
   * @param {Stage} stage
   * @param {Record<string, import("./equation.js").SignalWords>} signals
   */
  constructor(stage, signals) {
    const { alias, title } = stage.data;
    this.stage = stage;
    this.signals = signals;
    this.equation = element("div", {
      class: "rv-math",
      role: "math",
      "data-testid": `equation-${alias}`,
    });
    this.caption = element("p", { class: "rv-caption", "data-testid": `caption-${alias}` });
    this.code = element("pre", { class: "rv-code", tabindex: 0, "data-testid": `source-${alias}` });
    const name = element("b", { class: "rv-of" }, title);
    this.number = element("b", { class: "rv-beat", "data-testid": `beat-${alias}`, hidden: true });
    const line = element("div", { class: "rv-line" }, name, this.number, this.caption);
    this.node = element(
      "section",
      { class: "rv-update" },
      element("div", { class: "rv-words" }, this.equation, line),
      this.code,
    );
    this.shown = "";
  }

  /** The signals that it shows. */
  needs() {
    return this.stage.data.equations.flatMap(equationNeeds);
  }

  /** @param {Setting} setting */
  draw(setting) {
    const { data } = this.stage;
    const frame = this.stage.isElsewhere ? null : this.stage.frame;
    const { color, dash } = series(setting.theme, data);
    this.node.style.setProperty("--series", color);
    this.node.dataset.dash = dash;
    const now =
      data.equations.find(({ beat }) => beat === frame?.metadata.beat_name) ??
      data.equations.at(-1);
    // At speed the picture would jump between the beats, so it keeps to those with an equation.
    if (!now || (this.shown && !now.template && hurries(this.stage))) return;
    // A beat without an equation of its own shows the coming one with its symbols alone.
    const shown = now.template ? now : data.equations.find(({ template }) => template);
    const { run, sequence, iteration, beat } = frame?.metadata ?? {};
    const key = [run, sequence, iteration, beat, setting.theme.name, slow.on].join(" ");
    if (key === this.shown) return;
    this.shown = key;
    const numbers = now.template ? frame : null;
    const { nodes, spoken } = typeset(shown?.template ?? "", numbers, this.signals, setting.texts);
    this.equation.replaceChildren(...nodes);
    this.equation.classList.toggle("rv-coming", numbers === null);
    this.equation.setAttribute("aria-label", spoken);
    const actions = this.stage.map?.metadata.actions;
    const words = frame ? caption(now.captions, frame, setting.texts, actions) : "";
    const number = slow.on && frame ? beatNumber(frame.metadata, setting.texts) : "";
    this.number.hidden = number === "";
    say(this.number, number);
    this.node.classList.toggle("rv-slow", number !== "");
    say(this.caption, words);
    this.caption.title = words;
    this.#source(now.source_line, setting);
  }

  /**
   * The doing line, marked, with the one before it.
   * @param {number} line
   * @param {Setting} setting
   */
  #source(line, setting) {
    this.code.hidden = line === 0;
    if (line === 0 || this.code.dataset.line === String(line)) return;
    this.code.dataset.line = String(line);
    const { source } = this.stage.data;
    const around = source.slice(Math.max(0, line - 2), line);
    const indent = Math.min(
      ...around.filter((text) => text.trim()).map((text) => text.search(/\S/)),
    );
    const lines = around.map((text, i) => {
      const plain = text.slice(indent) || " ";
      return element(i === around.length - 1 ? "mark" : "span", {}, plain);
    });
    this.code.replaceChildren(...lines.flatMap((node, i) => (i === 0 ? [node] : ["\n", node])));
    // A long line wraps, and the box is low: its beginning comes first.
    this.code.scrollTop = (lines.at(-1)?.offsetTop ?? 0) - 4;
    this.code.title = t(setting.texts, "line {line} of the algorithm's file", {
      line: String(line),
    });
  }
}

/**
 * Which beat of its iteration it is: "beat 2 of 5".
 * @param {Record<string, any>} metadata of a frame
 * @param {Record<string, string>} texts
 */
export function beatNumber({ beat, beats = 0 }, texts) {
  if (beat === 0) return t(texts, "between two updates");
  if (beat > beats) return t(texts, "beat {n}", { n: String(beat) });
  return t(texts, "beat {n} of {all}", { n: String(beat), all: String(beats) });
}

/** Whether beats go by faster than they can be read. @param {Stage} stage */
function hurries({ status, connection }) {
  const speed = connection?.status.speed ?? Infinity;
  return status === "playing" && speed > BEAT_BY_BEAT;
}
