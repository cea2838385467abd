/**
 * The transport bar: Reset apart, Play or Pause, Step with its grain, speed, redraw rate, counter,
 * and the state of the runs in words. One bar moves all stages of the page.
 *
 * @typedef {import("./stages.js").Stage} Stage
 */

import { setRedrawRate } from "./connection.js";
import { element, say } from "./dom.js";
import { listen } from "./keys.js";
import { report } from "./probe.js";
import { arrange } from "./stages.js";
import { news, state } from "./status.js";
import { count, t } from "./text.js";
import { dress } from "./theme.js";

const GRAINS = ["beat", "iteration", "episode"];
const RATES = [1, 2, 5, 10];
const IMPATIENCE = 8_000; // ms until a start that nobody answered may be asked for again
const NEWS_STAYS = 5_000;
const REPORT_EVERY = 3_000;
const ENDED = ["finished", "diverged", "failed"];

export class Transport {
  /** @type {Record<string, any>} */ data = {};
  /** @type {Map<string, Stage>} */ stages = new Map();
  #commands = 0;
  #starting = 0; // when a start was asked for; 0 where none is pending
  /** @type {Record<string, unknown>[]} */ #pending = []; // steps for runs that are still to come
  /** @type {Record<string, unknown>} */ #how = {}; // of the start that is pending
  #reported = -Infinity; // when Python was last told that runs are gone
  /** @type {{wants: boolean, until: number} | null} */ #wish = null;
  #newsUntil = 0;
  #drawing = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    root.classList.add("rv-transport");
    this.deaf = listen({ toggle: () => this.toggle(), step: () => this.step() });
  }

  /**
   * @param {Record<string, any>} data
   * @param {"light" | "dark"} mode
   * @param {(command: unknown) => void} trigger
   */
  update(data, mode, trigger) {
    const first = this.data?.language !== data.language;
    this.data = data;
    this.trigger = trigger;
    const lost = [...this.stages.values()].some((stage) => stage.status === "gone");
    if (first) this.#build();
    dress(this.root, data.palette[mode], data.projector);
    arrange(this.stages, data.stages, {
      changed: () => this.draw(),
      event: (stage, event) => this.#heard(stage, event),
    });
    if (this.#runs().length > 0) this.#started();
    // A restarted server first learns that the old runs are gone; the press was for new ones.
    else if (lost && this.#starting > 0) this.#command({ name: "start", ...this.#how });
    this.draw();
  }

  dispose() {
    this.deaf();
    cancelAnimationFrame(this.#drawing);
    for (const stage of this.stages.values()) stage.leave();
  }

  toggle() {
    if (this.playButton.disabled) return;
    if (this.#runs().length === 0) this.#start({ playing: true, speed: this.speed });
    else if (this.playing) this.#send({ type: "Pause" }, false);
    else this.#send({ type: "Play", speed: this.speed }, true);
    this.draw();
  }

  step() {
    if (this.stepButton.disabled) return;
    const grain = this.grain.value;
    if (this.#runs().length > 0) {
      this.#send({ type: "Step", grain, n: 1 }, false);
    } else {
      this.#pending.push({ type: "Step", grain, n: 1 });
      this.#start({ playing: false, speed: this.speed, then: { grain } });
    }
    this.draw();
  }

  reset() {
    this.#pending = [];
    this.#wish = null;
    this.#command({ name: "reset" });
  }

  /** Iterations a second; null is as fast as it goes. */
  get speed() {
    return this.speeds.value === "" ? null : Number(this.speeds.value);
  }

  /** What the bar shows: the wish of the last press until the runs say otherwise. */
  get playing() {
    if (this.#wish && performance.now() < this.#wish.until) return this.#wish.wants;
    return this.#runs().some((stage) => stage.status === "playing" || stage.status === "queued");
  }

  draw() {
    this.#drawing ||= requestAnimationFrame(() => {
      this.#drawing = 0;
      this.#draw();
    });
  }

  #draw() {
    const { texts } = this.data;
    const runs = this.#runs();
    const watching = runs.length > 0 && runs.every((stage) => !stage.data.control);
    const over = runs.length > 0 && runs.every((stage) => ENDED.includes(stage.status));
    const busy = this.#starting > 0 && performance.now() - this.#starting < IMPATIENCE;
    this.playButton.disabled = watching || over || busy;
    this.stepButton.disabled = watching || over || busy;
    this.resetButton.disabled = watching || runs.length === 0;
    this.playButton.dataset.playing = String(this.playing || busy);
    this.playButton.setAttribute("aria-label", t(texts, this.playing ? "Pause" : "Play"));
    const iterations = runs.map((stage) => stage.iteration);
    say(this.counter, runs.length > 0 ? count(Math.min(...iterations)) : "0");
    const beat = runs[0]?.frame?.metadata.beat ?? 0;
    const between = beat === 0 || this.playing;
    say(
      this.unit,
      between ? t(texts, "iteration") : t(texts, "iteration · beat {n}", { n: String(beat) }),
    );
    this.counter.title = runs
      .map((stage) => `${stage.data.title} ${count(stage.iteration)}`)
      .join("\n");
    if (performance.now() > this.#newsUntil)
      say(this.words, state([...this.stages.values()], { busy, watching }, texts));
    this.root.dataset.state = busy ? "starting" : (runs[0]?.status ?? "stored");
    this.#gone();
    report(this.stages, null);
  }

  #runs() {
    return [...this.stages.values()].filter((stage) => !stage.isStored && stage.status !== "gone");
  }

  /** @param {Record<string, unknown>} command @param {boolean} playing what it will lead to */
  #send(command, playing) {
    for (const stage of this.#runs()) stage.send(command);
    this.#wish = { wants: playing, until: performance.now() + 1_500 };
  }

  /** @param {Record<string, unknown>} how */
  #start(how) {
    if (this.#starting > 0 && performance.now() - this.#starting < IMPATIENCE) return;
    this.#starting = performance.now();
    this.#how = how;
    setTimeout(() => this.draw(), IMPATIENCE);
    this.#command({ name: "start", ...how });
  }

  /** The runs that were asked for are here: what was pressed meanwhile goes to them. */
  #started() {
    this.#starting = 0;
    for (const command of this.#pending.splice(0)) this.#send(command, false);
  }

  /** @param {Record<string, unknown>} command */
  #command(command) {
    this.#commands += 1;
    this.trigger?.({ ...command, n: Date.now() * 100 + (this.#commands % 100) });
  }

  /**
   * Runs whose sockets were closed for good: Python is told until it shows something else, because
   * a page that has just lost its server can not send yet.
   */
  #gone() {
    const ended = [...this.stages.values()].filter(
      ({ connection }) => connection?.ended && connection.ended.code !== 4400,
    );
    if (ended.length === 0 || performance.now() - this.#reported < REPORT_EVERY) return;
    this.#reported = performance.now();
    setTimeout(() => this.draw(), REPORT_EVERY + 50);
    const code = ended[0].connection?.ended?.code;
    this.#command({ name: "gone", code, runs: ended.map((stage) => stage.data.run) });
  }

  /** @param {Stage} stage @param {Record<string, any>} event */
  #heard(stage, event) {
    if (event.type === "Status" || event.type === "Refused") this.#wish = null;
    const sentence = news(event, this.data.signals, this.data.texts);
    if (sentence) {
      say(this.words, sentence);
      this.#newsUntil = performance.now() + NEWS_STAYS;
      setTimeout(() => this.draw(), NEWS_STAYS + 50);
    }
    this.draw();
  }

  #build() {
    const { texts, speeds, speed, grain } = this.data;
    const word = (/** @type {string} */ key) => t(texts, key);
    const before = {
      speed: this.speeds?.value ?? speed ?? "",
      grain: this.grain?.value ?? grain,
      rate: this.rate?.value ?? 10,
    };
    this.resetButton = button("reset", word("Reset"), "⟲", () => this.reset());
    this.playButton = button("play", word("Play"), "", () => this.toggle());
    this.playButton.title = word("Space");
    this.stepButton = button("step", word("Step"), "▸|", () => this.step());
    this.stepButton.append(element("kbd", {}, "→"));
    this.grain = select(
      "grain",
      word("Step by"),
      GRAINS.map((name) => [name, word(name)]),
      before.grain,
      () => {},
    );
    const paces = speeds.map((/** @type {number | null} */ n) => [
      n ?? "",
      n === null ? word("full speed") : t(texts, "{n} a second", { n: count(n) }),
    ]);
    this.speeds = select("speed", word("Iterations a second"), paces, before.speed, () =>
      this.#respeed(),
    );
    const rates = RATES.map((n) => [n, t(texts, "draw {n}/s", { n: String(n) })]);
    this.rate = select("rate", word("Pictures a second"), rates, before.rate, () =>
      setRedrawRate(Number(this.rate.value)),
    );
    this.counter = element(
      "output",
      { class: "rv-counter", "data-testid": "counter", "aria-label": word("Iteration") },
      "0",
    );
    this.words = element("span", { class: "rv-state", "data-testid": "status", role: "status" });
    this.unit = element("small", {}, word("iteration"));
    const counted = element("span", { class: "rv-counted" }, this.counter, this.unit);
    this.root.replaceChildren(
      this.resetButton,
      element("span", { class: "rv-main" }, this.playButton, this.stepButton, this.grain),
      counted,
      element("span", { class: "rv-paces" }, this.speeds, this.rate),
      this.words,
    );
  }

  /** Another speed acts at once on what is playing. */
  #respeed() {
    if (this.playing) this.#send({ type: "Play", speed: this.speed }, true);
  }
}

/** @param {string} id @param {string} label @param {string} sign @param {() => void} pressed */
function button(id, label, sign, pressed) {
  const words = element("span", { class: "rv-label" }, label);
  const parts = [element("span", { class: "rv-icon", "aria-hidden": "true" }, sign), words];
  return element(
    "button",
    {
      type: "button",
      class: `rv-button rv-${id}`,
      "data-testid": id,
      "aria-label": label,
      onclick: pressed,
    },
    ...parts,
  );
}

/**
 * @param {string} id
 * @param {string} label
 * @param {[string | number, string][]} options
 * @param {string | number} value
 * @param {() => void} changed
 */
function select(id, label, options, value, changed) {
  const nodes = options.map(([key, text]) =>
    element("option", { value: key, selected: String(key) === String(value) }, text),
  );
  return element(
    "select",
    { class: "rv-select", "data-testid": id, "aria-label": label, title: label, onchange: changed },
    ...nodes,
  );
}
