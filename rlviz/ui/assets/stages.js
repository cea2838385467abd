/**
 * The stages of a page as one view of it sees them: each either a live run or a stored frame.
 *
 * @typedef {import("./codec.js").Frame} Frame
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {{beat: string, template: string, source_line: number, captions: [string, string][]}} Equation
 * @typedef {{alias: string, title: string, family: string, member: number, run: string | null,
 *   token: string | null, control: boolean, world?: string,
 *   badge?: string, age?: string, picture?: string, first_frame: string, first_static: string,
 *   equations: Equation[], source: string[]}} StageData
 */

import { BadFrame, decode } from "./codec.js";
import { join } from "./connection.js";

/** @type {Map<string, Promise<Frame | null>>} */
const stored = new Map();

export class Stage {
  /** @type {StageData} */ data;
  /** @type {Connection | null} */ connection = null;
  /** @type {Frame | null} */ frame = null;
  /** @type {Frame | null} */ map = null;
  /** @type {Set<string>} */ #signals = new Set();
  /** @type {import("./connection.js").Member} */ #member;
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

  /** @param {StageData} data */
  update(data) {
    const { run, token } = data;
    this.data = data;
    if (this.connection && this.connection.run !== run) this.leave();
    if (run !== null && token !== null) {
      if (this.connection) this.connection.renew(token);
      else this.connection = join(run, token, this.#member);
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
    this.connection = null;
  }

  #take() {
    this.frame = this.connection?.frame ?? this.frame;
    this.map = this.connection?.map ?? this.map;
  }

  #isOld() {
    return this.frame?.metadata.run !== this.data.run;
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
 * The newest frame of each stage, by alias, as figures want them.
 * @param {Map<string, Stage>} stages
 * @returns {Record<string, Frame | null>}
 */
export function frames(stages) {
  const shown = (/** @type {Stage} */ stage) => (stage.isElsewhere ? null : stage.frame);
  return Object.fromEntries([...stages].map(([alias, stage]) => [alias, shown(stage)]));
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
