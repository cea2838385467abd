/**
 * The stages of a page as one view of it sees them: each either a live run or a stored frame.
 *
 * @typedef {import("./codec.js").Frame} Frame
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {{beat: string, template: string, source_line: number, captions: [string, string][]}} Equation
 * @typedef {{alias: string, title: string, family: string, member: number, run: string | null,
 *   token: string | null, control: boolean, world?: string, parent?: boolean, bare?: boolean,
 *   live?: {run: string, token: string},
 *   badge?: string, age?: string, picture?: string, first_frame: string, first_static: string,
 *   equations: Equation[], source: string[]}} StageData
 */

import { BadFrame, decode } from "./codec.js";
import { join } from "./connection.js";
import { past } from "./past.js";

/** @type {Map<string, Promise<Frame | null>>} */
const stored = new Map();

export class Stage {
  /** @type {StageData} */ data;
  /** @type {Connection | null} */ connection = null;
  /** @type {Frame | null} */ frame = null;
  /** @type {Frame | null} */ map = null;
  /** @type {import("./past.js").Reel | null} */ reel = null;
  /** While a run aside is shown, the one that it stands for. @type {Connection | null} */ #live = null;
  /** @type {Set<string>} */ #signals = new Set();
  /** @type {import("./connection.js").Member} */ #member;
  /** @type {import("./connection.js").Member} */ #quiet;
  /** What was the newest when the page began to look at the past. @type {Frame | null} */ #entered = null;
  #tell;

  /**
   * @param {StageData} data
   * @param {{changed: () => void, event: (stage: Stage, event: Record<string, any>) => void}} view
   */
  constructor(data, view) {
    this.data = data;
    this.#tell = view.changed;
    this.#member = {
      signals: this.#signals,
      changed: () => {
        this.#take();
        view.changed();
      },
      event: (event) => view.event(this, event),
    };
    this.#quiet = { signals: new Set(), changed: view.changed, event: () => {} };
    this.update(data);
  }

  /** Whether what it shows was made before, and not by a run of this page. */
  get isStored() {
    return this.data.run === null;
  }

  /** Whether the stored frame is of another world than the one that was chosen. */
  get isElsewhere() {
    const { world } = this.data;
    return this.isStored && world !== undefined && this.frame?.metadata.world !== world;
  }

  /** The words of the run's state: playing, paused, …; "stored" where there is no run. */
  get status() {
    if (this.connection === null) return "stored";
    if (this.connection.ended) return "gone";
    return this.connection.online ? this.connection.status.status : "lost";
  }

  /** Whether its run has moved, or is about to. */
  get hasBegun() {
    const { iteration = 0, beat = 0 } = this.connection?.frame?.metadata ?? {};
    return iteration + beat > 0 || this.status === "playing";
  }

  get iteration() {
    if (this.connection === null) return 0;
    return this.frame && !this.#isOld() ? this.frame.metadata.iteration : 0;
  }

  /** The newest frame of its run, whether the page looks at it or at the past. */
  get newest() {
    return (this.#live ?? this.connection)?.frame ?? null;
  }

  /** Frames between which colours are fixed while the page looks at the past: the first and the newest. */
  get ends() {
    return past.at === null ? [] : [this.reel?.first, this.#entered].filter((frame) => frame);
  }

  /** @param {StageData} data */
  update(data) {
    const { run, token, live } = data;
    this.data = data;
    if (this.connection && this.connection.run !== run) this.leave();
    if (run !== null && token !== null) {
      if (this.connection) this.connection.renew(token);
      else this.connection = join(run, token, this.#member);
      if (live) this.#live = join(live.run, live.token, this.#quiet);
      const whole = live ?? { run, token };
      this.reel ??= past.join(whole.run, whole.token, this.#member.changed);
      this.#take();
    } else {
      this.#load();
    }
  }

  /** @param {Iterable<string>} names */
  watch(names) {
    this.#signals.clear();
    for (const name of names) this.#signals.add(name);
    this.connection?.watch();
  }

  /** @param {Record<string, any>} command */
  send(command) {
    if (this.data.control) this.connection?.send(command);
  }

  leave() {
    this.connection?.remove(this.#member);
    this.#live?.remove(this.#quiet);
    if (this.reel) past.leave(this.reel.archive.run, this.#member.changed);
    this.connection = this.#live = this.reel = null;
  }

  /** What it shows: of the past where the page looks there, else what has come last. */
  #take() {
    if (past.at === null) {
      this.frame = this.connection?.frame ?? this.frame;
      this.map = this.connection?.map ?? this.map;
      this.#entered = null;
    } else {
      this.#entered ??= this.newest;
      this.frame = this.reel?.shown?.frame ?? this.frame;
      this.map = this.reel?.shown?.map ?? this.map;
    }
  }

  #isOld() {
    const { run, live } = this.data;
    return ![run, live?.run].includes(this.frame?.metadata.run);
  }

  async #load() {
    const { first_frame: frame, first_static: map } = this.data;
    const [newest, statics] = await Promise.all([fetched(frame), fetched(map)]);
    if (this.connection) return; // a run came meanwhile
    this.frame = newest;
    this.map = statics;
    this.#tell();
  }
}

/**
 * Brings a list of stages in line with the data of now; those that stay keep their connection.
 * @param {Map<string, Stage>} stages
 * @param {StageData[]} data
 * @param {{changed: () => void, event: (stage: Stage, event: Record<string, any>) => void}} view
 */
export function arrange(stages, data, view) {
  const wanted = new Set(data.map((one) => one.alias));
  for (const [alias, stage] of stages) {
    if (wanted.has(alias)) continue;
    stage.leave();
    stages.delete(alias);
  }
  for (const one of data) {
    const stage = stages.get(one.alias);
    if (stage) stage.update(one);
    else stages.set(one.alias, new Stage(one, view));
  }
}

/**
 * What each stage shows, by alias, as figures want it. One of the past is told how far its run is
 * now: the axes stay as they are.
 * @param {Map<string, Stage>} stages
 * @returns {Record<string, Frame | null>}
 */
export function frames(stages) {
  return Object.fromEntries([...stages].map(([alias, stage]) => [alias, shown(stage)]));
}

/** @param {Stage} stage @returns {Frame | null} */
function shown({ frame, newest, isElsewhere }) {
  if (isElsewhere || !frame) return null;
  if (past.at === null || !newest) return frame;
  return { ...frame, metadata: { ...frame.metadata, horizon: newest.metadata.iteration } };
}

/** @param {string | undefined} url */
function fetched(url) {
  if (!url) return Promise.resolve(null);
  let promise = stored.get(url);
  if (!promise) {
    promise = fetchFrame(url);
    stored.set(url, promise);
  }
  return promise;
}

/** @param {string} url */
async function fetchFrame(url) {
  const response = await fetch(url);
  if (!response.ok) return null;
  try {
    return decode(await response.arrayBuffer());
  } catch (error) {
    if (error instanceof BadFrame) return null;
    throw error;
  }
}
