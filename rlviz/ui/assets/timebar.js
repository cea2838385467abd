/**
 * Where the transport stands in time: the bar over the history, what Python is told of it, and the
 * ways on from a moment of the past.
 *
 * @typedef {import("./stages.js").Stage} Stage
 * @typedef {{command: (said: Record<string, unknown>) => void, draw: () => void,
 *   toggle: () => void, slow: () => void}} Bar what the transport does
 */

import { element, say } from "./dom.js";
import { past, place } from "./past.js";
import { ScrubBar } from "./scrub.js";
import { moment, why } from "./status.js";
import { count, t } from "./text.js";

const SETTLED = 300; // ms without a move until Python is told where the page looks
const IMPATIENCE = 8_000; // ms until what nobody answered may be asked for again

export class TimeBar {
  /** @type {Record<string, any>} */ data = {};
  /** @type {Stage[]} */ runs = [];
  #asked = 0; // when Python was asked for runs; 0 where it was not
  #told = ""; // where the page looks, as Python was told last
  #settling = 0;

  /** @param {Bar} transport */
  constructor(transport) {
    this.transport = transport;
  }

  /** @param {Record<string, any>} data */
  update(data) {
    const before = this.data.stages ?? [];
    this.data = data;
    this.#asked = 0;
    past.told = data.past ?? null;
    const runs = (/** @type {any[]} */ stages) => String(stages.map((one) => (one.live ?? one).run));
    const wasAside = before.some((/** @type {any} */ one) => one.live);
    // Once every view has its new runs: what is shown stays until their first frames are here.
    if (runs(before) !== runs(data.stages) || (this.isAside && !wasAside))
      setTimeout(() => past.now());
  }

  /** The elements, in the language of now. @returns {HTMLElement[]} */
  build() {
    this.bar = new ScrubBar(this.data.texts, {
      look: (at, asked) => past.look(at, asked),
      step: (direction) => this.step(direction),
      now: () => this.now(),
      toggle: () => this.transport.toggle(),
      fork: (held) => this.#ask("fork", { held }),
      slow: () => (past.at === null ? this.transport.slow() : this.#ask("slow")),
      accept: () => this.#leave({ name: "now", held: true }),
      forget: () => this.transport.command({ name: "forget" }),
      end: () => this.transport.command({ name: "end comparison" }),
      prepare: () => past.prepare(),
    });
    this.banner = element("p", { class: "rv-banner", role: "alert", hidden: true });
    this.banner.dataset.testid = "banner";
    const above = element("div", { class: "rv-above" }, this.banner, this.bar.offer);
    return [this.bar.node, above];
  }

  dispose() {
    past.now();
    clearTimeout(this.#settling);
  }

  /** Whether the stages show runs that repeat a moment of the past, to be seen beat by beat. */
  get isAside() {
    return (this.data.stages ?? []).some((/** @type {any} */ one) => one.live);
  }

  /** The place of now: that of the run that is ahead. */
  get end() {
    const newest = this.runs.flatMap((stage) => stage.newest?.metadata ?? []);
    return Math.max(0, ...newest.map(({ iteration, beat }) => place(iteration, beat)));
  }

  /** To the next kept frame, or the one before; from now, into the past. @param {1 | -1} direction */
  step(direction) {
    if (this.bar?.range.disabled) return;
    past.pause();
    past.step(direction, this.end);
  }

  /** Out of the past, and out of runs aside that repeat it. */
  now() {
    if (this.isAside) this.#leave({ name: "now" });
    else past.now();
  }

  /** What is looked at, in words; "" where that is now. @param {Stage[]} stages */
  words(stages) {
    const { texts } = this.data;
    const k = past.at === null ? this.data.past : past.iteration;
    const places = { k: count(k ?? 0), n: count(Math.floor(this.end)) };
    if (past.at !== null) return moment(stages, places, texts);
    if (!this.isAside) return "";
    return t(texts, "beat by beat from iteration {k}; now is iteration {n}", places);
  }

  /** @param {{watching: boolean, slow: boolean}} transport */
  draw({ watching, slow }) {
    const { data, isAside } = this;
    const asking = this.#asked > 0 && performance.now() - this.#asked < IMPATIENCE;
    const [end, isBack] = [Math.floor(this.end), past.at !== null];
    const iteration = isBack ? past.iteration : isAside ? data.past : null;
    const look = this.runs.length > 0 && end > 0;
    const fork = look && data.may_fork === true && !asking && !isAside;
    this.bar?.draw({
      end,
      at: past.at ?? (isAside ? data.past : null),
      iteration,
      spacing: isBack ? past.spacing : null,
      compared: data.compared === true,
      held: data.held ?? [],
      can: {
        look,
        fork,
        slow: isBack ? fork : this.runs.length > 0 && !watching && !slow,
        leave: isBack || isAside,
      },
    });
    this.#warn();
    this.#settle(iteration);
  }

  /** Training waits because what it shows can not be written down. */
  #warn() {
    const stalled = this.runs.find((stage) => stage.status === "stalled");
    this.banner.hidden = !stalled;
    if (stalled) say(this.banner, why(stalled, this.data.texts));
  }

  /**
   * Python is told where the page came to rest, so that a knob does not act meanwhile. Playing back
   * rests nowhere: that it has begun is told, and where it ends.
   * @param {number | null} iteration
   */
  #settle(iteration) {
    const { data, isAside } = this;
    if (past.at !== null && iteration === null) return; // on its way
    const key = `${past.playing ? "" : past.at} ${iteration} ${isAside}`;
    const isKnown = iteration === (data.past ?? null) && !(isAside && past.at !== null);
    if (!isKnown && (key === this.#told || (past.playing && data.past !== null))) return;
    this.#told = key;
    clearTimeout(this.#settling);
    if (isKnown) return;
    const tell = () => this.transport.command({ name: "past", at: iteration });
    this.#settling = setTimeout(tell, SETTLED);
  }

  /** Of Python, runs that begin where the page looks. @param {string} name @param {Record<string, unknown>} how */
  #ask(name, how = {}) {
    past.pause();
    this.#asked = performance.now();
    setTimeout(() => this.transport.draw(), IMPATIENCE);
    const at = past.at === null ? Math.floor(this.end) : past.iteration;
    this.transport.command({ name, at, ...how });
    this.transport.draw();
  }

  /** @param {Record<string, unknown>} said */
  #leave(said) {
    clearTimeout(this.#settling);
    past.now();
    this.transport.command(said);
  }
}
