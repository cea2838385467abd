/**
 * The transport bar: Reset apart, Play or Pause, Step with its grain, speed, redraw rate, counter,
 * the state of the runs in words, and the bar over their history. One bar moves all stages of the
 * page. While the page looks at the past, Play and Step go through what was kept.
 *
 * @typedef {import("./stages.js").Stage} Stage
 */

import { setRedrawRate } from "./connection.js";
import { element, say } from "./dom.js";
import { listen } from "./keys.js";
import { past } from "./past.js";
import { report } from "./probe.js";
import { Repaint } from "./repaint.js";
import { slow } from "./slow.js";
import { arrange } from "./stages.js";
import { news, state } from "./status.js";
import { count, t } from "./text.js";
import { dress } from "./theme.js";
import { TimeBar } from "./timebar.js";
import { button, select } from "./widgets.js";

const GRAINS = ["beat", "iteration", "episode"];
const RATES = [1, 2, 5, 10];
const IMPATIENCE = 8_000; // ms until a start that nobody answered may be asked for again
const NEWS_STAYS = 5_000;
const REPORT_EVERY = 3_000;
const ENDED = ["finished", "diverged", "failed"];
const SLOW = "slow";
const BACK = [1, 2, 5, 10, 30, 60]; // kept frames a second
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

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
  #repaint = new Repaint(() => this.#draw());
  #slowly = false; // beats shall go by as soon as there are runs
  #pace = ""; // the speed before runs aside were shown

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    root.classList.add("rv-transport");
    this.time = new TimeBar({
      command: (said) => this.#command(said),
      draw: () => this.draw(),
      toggle: () => this.toggle(),
      slow: () => this.#slow(),
    });
    const keys = listen({
      toggle: () => this.toggle(),
      step: () => this.step(),
      back: () => this.time.step(-1),
      now: () => this.time.now(),
    });
    const drawn = [past, slow].map((one) => one.watch(() => this.draw()));
    this.deaf = () => [keys, ...drawn].forEach((stop) => stop());
  }

  /**
   * @param {Record<string, any>} data
   * @param {"light" | "dark"} mode
   * @param {(command: unknown) => void} trigger
   */
  update(data, mode, trigger) {
    const first = this.data?.language !== data.language;
    const { isAside } = this.time;
    this.data = data;
    this.trigger = trigger;
    this.time.update(data);
    const lost = [...this.stages.values()].some((stage) => stage.status === "gone");
    if (first) this.#build();
    dress(this.root, data.palette[mode], data.projector);
    arrange(this.stages, data.stages, {
      changed: () => this.draw(),
      event: (stage, event) => this.#heard(stage, event),
    });
    if (this.time.isAside !== isAside) this.#aside(isAside);
    if (this.#runs().length > 0) this.#started();
    // A restarted server first learns that the old runs are gone; the press was for new ones.
    else if (lost && this.#starting > 0) this.#command({ name: "start", ...this.#how });
    this.draw();
  }

  dispose() {
    this.#repaint.end();
    this.deaf();
    slow.turn(false);
    this.time.dispose();
    for (const stage of this.stages.values()) stage.leave();
  }

  toggle() {
    if (this.playButton.disabled) return;
    if (past.at !== null) past.playing ? past.pause() : past.play();
    else if (slow.playing) slow.pause();
    else if (slow.on) this.#beats();
    else if (this.#runs().length === 0) this.#start({ playing: true, speed: this.speed });
    else if (this.playing) this.#send({ type: "Pause" }, false);
    else this.#send({ type: "Play", speed: this.speed }, true);
    this.draw();
  }

  step() {
    if (this.stepButton.disabled) return;
    if (past.at !== null) return this.time.step(1);
    slow.pause();
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
    past.now();
    slow.pause();
    this.#pending = [];
    this.#wish = null;
    this.#command({ name: "reset" });
  }

  /** Iterations a second; null is as fast as it goes. */
  get speed() {
    const { value } = this.speeds;
    if (value === SLOW) return this.data.speed;
    return value === "" ? null : Number(value);
  }

  /** What the bar shows: the wish of the last press until the runs say otherwise. */
  get playing() {
    if (past.at !== null) return past.playing;
    if (slow.on) return slow.playing;
    if (this.#wish && performance.now() < this.#wish.until) return this.#wish.wants;
    return this.#runs().some((stage) => stage.status === "playing" || stage.status === "queued");
  }

  draw() {
    this.#repaint.ask();
  }

  #draw() {
    const { texts } = this.data;
    const runs = this.#runs();
    const isBack = past.at !== null;
    const follows = Boolean(this.data.follow);
    const watching = follows || (runs.length > 0 && runs.every((stage) => !stage.data.control));
    const over = runs.length > 0 && runs.every((stage) => ENDED.includes(stage.status));
    const busy = this.#starting > 0 && performance.now() - this.#starting < IMPATIENCE;
    if (slow.playing && (over || runs.length === 0)) slow.pause();
    const stuck = !isBack && (watching || over || busy);
    this.playButton.disabled = this.stepButton.disabled = stuck;
    this.resetButton.disabled = watching || runs.length === 0;
    this.playButton.dataset.playing = String(this.playing || busy);
    this.playButton.setAttribute("aria-label", t(texts, this.playing ? "Pause" : "Play"));
    const iterations = runs.filter(({ data }) => !data.parent).map((stage) => stage.iteration);
    const reached = isBack ? (past.iteration ?? 0) : Math.min(...iterations);
    say(this.counter, runs.length > 0 ? count(reached) : "0");
    const beat = runs[0]?.frame?.metadata.beat ?? 0;
    const between = beat === 0 || this.playing;
    say(
      this.unit,
      between ? t(texts, "iteration") : t(texts, "iteration · beat {n}", { n: String(beat) }),
    );
    this.counter.title = runs
      .map((stage) => `${stage.data.title} ${count(stage.iteration)}`)
      .join("\n");
    this.speeds.hidden = isBack;
    this.backs.hidden = !isBack;
    this.time.runs = runs;
    this.time.draw({ watching, slow: slow.on });
    const stages = [...this.stages.values()];
    const told = this.time.words(stages) || (slow.playing ? t(texts, "slow motion, beat by beat") : "");
    if (performance.now() > this.#newsUntil)
      say(this.words, told || state(stages, { busy, watching }, texts));
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
    if (this.#slowly) this.#beats();
  }

  /** One beat after the other, slowly enough to be read. */
  #beats() {
    this.#slowly = this.#runs().length === 0;
    if (this.#slowly) this.#start({ playing: false, speed: this.speed });
    else slow.play(() => this.#send({ type: "Step", grain: "beat", n: 1 }, false));
  }

  /** Runs aside are shown, or are so no more: their beats are gone through slowly. @param {boolean} was */
  #aside(was) {
    if (!was) this.#pace = this.speeds.value;
    this.speeds.value = was ? this.#pace : SLOW;
    slow.turn(!was || this.#pace === SLOW);
    slow.pause();
    this.#slowly = !was && !STILL.matches;
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
    this.backs = select("back-speed", word("Speed of playing back"), this.#rates(), this.backs?.value ?? "frames 10", () => {
      const [unit, n] = this.backs.value.split(" ");
      past.rate = { [unit]: Number(n) };
    });
    const paces = speeds.map((/** @type {number | null} */ n) => [
      n ?? "",
      n === null ? word("full speed") : t(texts, "{n} a second", { n: count(n) }),
    ]);
    paces.push([SLOW, word("slow motion")]);
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
      ...this.time.build(),
      this.resetButton,
      element("span", { class: "rv-main" }, this.playButton, this.stepButton, this.grain),
      counted,
      element("span", { class: "rv-paces" }, this.speeds, this.backs, this.rate),
      this.words,
    );
  }

  /** How fast the history can go by: in kept frames, or in iterations. @returns {[string, string][]} */
  #rates() {
    const { texts, speeds } = this.data;
    const frames = BACK.map((n) => [`frames ${n}`, t(texts, "{n} kept moments a second", { n: count(n) })]);
    const counted = speeds.filter((/** @type {number | null} */ n) => n !== null);
    const paces = counted.map((/** @type {number} */ n) => [
      `iterations ${n}`,
      t(texts, "{n} a second", { n: count(n) }),
    ]);
    return [...frames, ...paces];
  }

  /** Another speed acts at once on what is playing. */
  #respeed() {
    const was = this.playing;
    slow.turn(this.speeds.value === SLOW);
    if (was && slow.on) this.#beats();
    else if (was) this.#send({ type: "Play", speed: this.speed }, true);
  }

  #slow() {
    this.speeds.value = SLOW;
    slow.turn(true);
    this.#beats();
    this.draw();
  }
}
