/**
 * The bar over what was kept, from iteration 0 to now, what it shows in words, and the ways on
 * from a moment of the past: fork there, see its beats, come back.
 *
 * @typedef {{look: (at: number, asked: number) => void, step: (direction: 1 | -1) => void,
 *   now: () => void, toggle: () => void, fork: (held: boolean) => void, slow: () => void,
 *   accept: () => void, forget: () => void, end: () => void, prepare: () => void}} Acts
 * @typedef {{end: number, at: number | null, iteration: number | null, compared: boolean,
 *   spacing: {every: number, even: boolean} | null, held: Held[],
 *   can: {look: boolean, fork: boolean, slow: boolean, leave: boolean}}} Moment
 * @typedef {{symbol: string, old: string, new: string}} Held
 */

import { element, say } from "./dom.js";
import { count, t } from "./text.js";

const PAGE = 0.1; // of the whole, that PageUp and PageDown move by

export class ScrubBar {
  #down = false; // while a pointer moves it, its end stands still
  /** @type {Moment | null} */ #moment = null;

  /** @param {Record<string, string>} texts @param {Acts} acts */
  constructor(texts, acts) {
    this.texts = texts;
    this.acts = acts;
    const word = (/** @type {string} */ key) => t(texts, key);
    this.range = element("input", {
      type: "range",
      class: "rv-range",
      min: 0,
      max: 1,
      step: 1,
      value: 1,
      disabled: true,
      "data-testid": "scrub",
      "aria-label": word("History"),
      oninput: (/** @type {Event} */ event) => this.#moved(event),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
      onpointerdown: () => (this.#down = true),
      onpointerup: () => (this.#down = false),
      onpointercancel: () => (this.#down = false),
      onpointerenter: () => acts.prepare(),
      onfocus: () => acts.prepare(),
    });
    this.kept = element("span", { class: "rv-kept", "data-testid": "kept" });
    this.slow = small("slow-here", "▷", word("Slow motion here"), () => acts.slow());
    this.fork = small("fork", "↳", word("Fork here"), () => acts.fork(false));
    this.end = small("end-comparison", "✕", word("End the comparison"), () => acts.end());
    this.now = small("now", "⇥", word("Jump to now"), () => acts.now());
    this.offer = element("div", { class: "rv-offer", role: "alert", hidden: true });
    this.offer.dataset.testid = "offer";
    this.node = element(
      "div",
      { class: "rv-scrub" },
      this.range,
      this.kept,
      element("span", { class: "rv-ways" }, this.slow, this.fork, this.end, this.now),
    );
  }

  /** @param {Moment} moment */
  draw(moment) {
    this.#moment = moment;
    const { at, end, can, compared, iteration } = moment;
    const last = Math.max(1, end);
    if (!this.#down) this.range.max = String(last);
    if (!this.#down) this.range.value = String(at === null ? last : Math.floor(at));
    this.range.disabled = !can.look;
    const share = (100 * Number(this.range.value)) / Number(this.range.max);
    this.range.style.setProperty("--done", `${share.toFixed(2)}%`);
    this.range.setAttribute("aria-valuetext", this.#place(iteration, end));
    this.node.dataset.past = String(at !== null);
    this.fork.disabled = !can.fork;
    this.slow.disabled = !can.slow;
    this.now.disabled = !can.leave;
    this.end.hidden = !compared;
    say(this.kept, this.#density(moment));
    this.#offer(moment);
  }

  /** @param {number | null} iteration @param {number} end */
  #place(iteration, end) {
    const { texts } = this;
    if (iteration === null) return t(texts, "now, iteration {n}", { n: count(end) });
    return t(texts, "iteration {k} of {n}", { k: count(iteration), n: count(end) });
  }

  /** @param {Moment} moment */
  #density({ at, spacing }) {
    if (at === null || spacing === null) return "";
    const n = count(spacing.every);
    if (spacing.every <= 1) return t(this.texts, "every iteration is kept");
    if (spacing.even) return t(this.texts, "one iteration in {n} is kept", { n });
    return t(this.texts, "about one iteration in {n} is kept", { n });
  }

  /** A knob that was moved while looking at the past waits for a word. @param {Moment} moment */
  #offer({ held, iteration, can }) {
    this.offer.hidden = held.length === 0;
    const key = JSON.stringify([held, iteration, can.fork]);
    if (this.offer.dataset.key === key) return;
    this.offer.dataset.key = key;
    if (held.length === 0) return;
    const { texts, acts } = this;
    const turned = held.map((one) => `${one.symbol} ${one.old} → ${one.new}`).join(", ");
    const values = held.map((one) => `${one.symbol} ${one.new}`).join(", ");
    const n = iteration === null ? "–" : count(iteration);
    const sentence = t(texts, "You look at iteration {n}, so {turned} acts nowhere yet.", { n, turned });
    const forked = t(texts, "Fork here with {values}", { values });
    const fork = small("fork-held", "↳", forked, () => acts.fork(true));
    fork.disabled = !can.fork;
    const words = [t(texts, "Jump to now and set it there"), t(texts, "Dismiss")];
    this.offer.replaceChildren(
      element("p", {}, sentence),
      fork,
      small("now-held", "⇥", words[0], () => acts.accept()),
      small("forget-held", "✕", words[1], () => acts.forget()),
    );
  }

  /** @param {Event} event */
  #moved(event) {
    const at = Number(this.range.value);
    if (at >= Number(this.range.max)) this.acts.now();
    else this.acts.look(at, event.timeStamp);
  }

  /** Arrows go to the next kept frame, not to the next iteration, of which most were not kept. @param {KeyboardEvent} event */
  #key(event) {
    const { acts } = this;
    if (event.ctrlKey || event.metaKey || event.altKey || !this.#moment?.can.look) return;
    const { at, end } = this.#moment;
    const jump = (/** @type {number} */ by) => {
      const to = Math.max(0, Math.round((at ?? end) + by * PAGE * end));
      return to >= end ? acts.now() : acts.look(to, event.timeStamp);
    };
    const act = {
      ArrowLeft: () => acts.step(-1),
      ArrowDown: () => acts.step(-1),
      ArrowRight: () => acts.step(1),
      ArrowUp: () => acts.step(1),
      PageDown: () => jump(-1),
      PageUp: () => jump(1),
      End: () => acts.now(),
      n: () => acts.now(),
      " ": () => acts.toggle(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

/** @param {string} id @param {string} sign @param {string} label @param {() => void} pressed */
function small(id, sign, label, pressed) {
  return element(
    "button",
    { type: "button", class: "rv-button rv-way", "data-testid": id, title: label, onclick: pressed },
    element("span", { "aria-hidden": "true" }, sign),
    element("span", { class: "rv-label" }, label),
  );
}
