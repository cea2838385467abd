/**
 * One question before the first Play; the answer stays as a line, and the run itself decides.
 *
 * @typedef {import("./grid.js").Setting} Setting
 * @typedef {import("./codec.js").Frame} Frame
 * @typedef {{signal: string, stages: string[], best: "max" | "min", after: number, window: number,
 *   tie: number}} Decide
 * @typedef {{question: string, choices: string[], decide: Decide, explanations: string[]}} Question
 */

import { element, say } from "./dom.js";
import { fill, t } from "./text.js";

export class Predict {
  /**
   * @param {Question} question
   * @param {Setting} setting
   * @param {() => void} answered
   */
  constructor(question, setting, answered) {
    this.question = question;
    this.texts = setting.texts;
    this.answered = answered;
    // Of this lesson and this visit: the path names the lesson in both languages.
    this.key = `rlviz.predict.${location.pathname}`;
    this.line = element("p", { class: "rv-verdict", "aria-live": "polite", hidden: true });
    this.card = this.#card();
    this.node = element(
      "section",
      { class: "rv-predict", "data-testid": "predict" },
      this.card,
      this.line,
    );
  }

  /** The place of the choice that was made, or −1. */
  get answer() {
    const kept = sessionStorage.getItem(this.key);
    return kept === null ? -1 : Number(kept);
  }

  /** The signals that decide it, by alias. */
  needs() {
    const { signal, stages } = this.question.decide;
    return Object.fromEntries(stages.map((alias) => [alias, [signal]]));
  }

  /**
   * @param {Record<string, Frame | null>} frames of this page's runs; a stored one decides nothing
   * @param {boolean} begun whether anything has run; the card is for before
   */
  draw(frames, begun) {
    const { answer } = this;
    this.card.hidden = begun;
    this.node.classList.toggle("rv-asking", !begun);
    this.line.hidden = answer < 0;
    this.node.hidden = begun && answer < 0;
    if (answer < 0) return;
    const mine = t(this.texts, "You said: {choice}.", { choice: this.question.choices[answer] });
    const verdict = begun ? decided(this.question, frames) : null;
    if (!verdict) {
      delete this.line.dataset.right;
      say(
        this.line,
        begun
          ? `${mine} ${t(this.texts, "The run will tell.")}`
          : `${mine} ${t(this.texts, "Now press Play.")}`,
      );
      return;
    }
    const word = t(this.texts, verdict.choice === answer ? "So it came." : "It came otherwise.");
    say(
      this.line,
      [mine, word, fill(this.question.explanations[verdict.choice], verdict.values)].join(" "),
    );
    this.line.dataset.right = String(verdict.choice === answer);
  }

  #card() {
    const options = this.question.choices.map((choice, i) => {
      const input = element("input", {
        type: "radio",
        name: "rv-predict",
        value: i,
        checked: i === this.answer,
        onchange: () => {
          sessionStorage.setItem(this.key, String(i));
          this.answered();
        },
      });
      return element("label", {}, input, element("span", {}, choice));
    });
    return element(
      "fieldset",
      {},
      element(
        "legend",
        {},
        element("b", {}, t(this.texts, "Predict first.")),
        " ",
        this.question.question,
      ),
      element("div", { class: "rv-choices" }, ...options),
    );
  }
}

/**
 * Which choice came true, once every stage has run long enough; null before that. The choices stand
 * in the order of the stages, and after them the one for "about the same".
 * @param {Question} question
 * @param {Record<string, Frame | null>} frames
 * @returns {{choice: number, values: Record<string, number>} | null}
 */
export function decided({ decide }, frames) {
  const means = decide.stages.map((alias) => {
    const frame = frames[alias];
    return frame && frame.metadata.iteration >= decide.after ? lateMean(frame, decide) : NaN;
  });
  if (means.some(Number.isNaN)) return null;
  const values = Object.fromEntries(decide.stages.map((alias, i) => [alias, means[i]]));
  const best = Math[decide.best](...means);
  const near = means.filter((mean) => Math.abs(mean - best) <= decide.tie);
  return { choice: near.length > 1 ? decide.stages.length : means.indexOf(best), values };
}

/**
 * The mean of the last part of a curve, each bin weighted by how many values it holds.
 * @param {Frame} frame
 * @param {Decide} decide
 */
function lateMean(frame, { signal, window }) {
  const curve = frame.tensors[signal];
  if (!curve || typeof curve === "number") return NaN;
  const n = curve.shape[1];
  let [weight, sum] = [0, 0];
  for (let i = Math.floor(n * (1 - window)); i < n; i++) {
    if (!(curve.data[n + i] > 0)) continue; // rows: at, n, mean, …
    weight += curve.data[n + i];
    sum += curve.data[n + i] * curve.data[2 * n + i];
  }
  return sum / weight;
}
