/**
 * The kept frames of one run: the list of them, and those that were fetched, which all archives of
 * the page hold together within a bound.
 *
 * @typedef {import("./codec.js").Frame} Frame
 * @typedef {[sequence: number, iteration: number, beat: number]} Position
 * @typedef {{frame: Frame, map: Frame | null}} Shown a frame and the map that applied then
 */

import { BadFrame, decode } from "./codec.js";

const MOST_BYTES = 48 * 2 ** 20;
const PREFIX = 4; // bytes before each of several frames: its length
const BEATS = 2 ** 12; // more than an iteration has: a place is a number, iteration and beat in one
const RECENT = 1_500; // ms for which a list of kept frames is new enough
export const NEIGHBOURS = 32; // frames that are fetched at once

/** What was fetched, by address, the longest unused first. @type {Map<string, {frame: Frame, bytes: number}>} */
const cache = new Map();
let held = 0;

/** Where a frame stands, as one number. @param {number} iteration @param {number} beat */
export function place(iteration, beat = 0) {
  return iteration + Math.min(beat, BEATS - 1) / BEATS;
}

/**
 * The index of the newest position that is not after a place; −1 where there is none.
 * @param {Position[]} positions
 * @param {number} at
 */
export function newest(positions, at) {
  let [low, high] = [0, positions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (place(positions[middle][1], positions[middle][2]) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * How many iterations there are for each kept frame around an index; `even` where it is always so
 * many.
 * @param {Position[]} positions
 * @param {number} index
 */
export function spacing(positions, index) {
  const around = positions.slice(Math.max(0, index - 2), index + 3).map((one) => one[1]);
  const gaps = around.slice(1).map((iteration, i) => iteration - around[i]);
  const wide = gaps.filter((gap) => gap > 0); // beats of one iteration are no gap
  if (wide.length === 0) return { every: 1, even: true };
  const every = Math.round(wide.reduce((sum, gap) => sum + gap, 0) / wide.length);
  return { every, even: wide.every((gap) => gap === wide[0]) };
}

/**
 * Several frames, each with its length before it.
 * @param {ArrayBuffer} buffer
 * @returns {{frame: Frame, bytes: number}[]}
 */
export function unpack(buffer) {
  const view = new DataView(buffer);
  const found = [];
  for (let at = 0; at + PREFIX <= buffer.byteLength; ) {
    const bytes = view.getUint32(at, true);
    at += PREFIX;
    if (at + bytes > buffer.byteLength) throw new BadFrame("Kept frames end in the middle of one.");
    found.push({ frame: decode(buffer.slice(at, at + bytes)), bytes });
    at += bytes;
  }
  return found;
}

/** What was fetched from an address. @param {string} key */
function known(key) {
  const entry = cache.get(key);
  if (!entry) return undefined;
  cache.delete(key); // it comes last again
  cache.set(key, entry);
  return entry.frame;
}

/** @param {string} key @param {Frame} frame @param {number} bytes */
function keep(key, frame, bytes) {
  held += bytes - (cache.get(key)?.bytes ?? 0);
  cache.delete(key);
  cache.set(key, { frame, bytes });
  for (const [oldest, entry] of cache) {
    if (held <= MOST_BYTES || oldest === key) break;
    held -= entry.bytes;
    cache.delete(oldest);
  }
}

/** How many frames are held, and their bytes. */
export function holdings() {
  return { frames: cache.size, bytes: held };
}

export class Archive {
  /** @type {Position[]} oldest first */ positions = [];
  #listed = -Infinity; // when the list was fetched
  /** @type {Promise<void> | null} */ #listing = null;
  /** @type {Map<string, Promise<void>>} */ #coming = new Map();

  /** @param {string} run @param {string} token */
  constructor(run, token) {
    this.run = run;
    this.token = token;
  }

  /** Where the kept frame of an index stands. @param {number} index */
  place(index) {
    const [, iteration, beat] = this.positions[index];
    return place(iteration, beat);
  }

  /** The list of kept frames, unless it has just come. @param {number} age ms that it may have */
  async list(age = RECENT) {
    if (performance.now() - this.#listed < age) return;
    this.#listing ??= this.#list().finally(() => (this.#listing = null));
    await this.#listing;
  }

  /** A kept frame with its map where both are here; undefined where one is to be fetched. @param {number} index */
  peek(index) {
    const [sequence] = this.positions[index];
    const frame = known(this.#key(sequence));
    const map = frame && known(this.#mapKey(frame));
    return frame && map ? { frame, map } : undefined;
  }

  /**
   * A kept frame with its map, fetched where need be; null where it can not be had.
   * @param {number} index
   * @returns {Promise<Shown | null>}
   */
  async load(index) {
    const [sequence] = this.positions[index];
    const key = this.#key(sequence);
    if (!cache.has(key)) await this.#fetch(key, `/${sequence}`);
    const frame = known(key);
    if (!frame) return null;
    const mapKey = this.#mapKey(frame);
    if (!cache.has(mapKey)) await this.#fetch(mapKey, `/${sequence}`, "static=1");
    return { frame, map: known(mapKey) ?? null };
  }

  /** Fetches what lies around an index, several at once. @param {number} index @param {number} ahead how many after it */
  async near(index, ahead = NEIGHBOURS / 2) {
    const first = Math.max(0, Math.min(index + ahead, this.positions.length) - NEIGHBOURS);
    const lacking = this.positions.slice(first, first + NEIGHBOURS);
    const start = lacking.find(([sequence]) => !cache.has(this.#key(sequence)));
    if (!start) return;
    await this.#fetch(`${this.run} from ${start[0]}`, "", `from=${start[0]}&n=${NEIGHBOURS}`);
  }

  /** @param {number} sequence */
  #key(sequence) {
    return `${this.run}/${sequence}`;
  }

  /** A map holds until the next change. @param {Frame} frame */
  #mapKey(frame) {
    return `${this.run}/map/${frame.metadata.marks?.length ?? 0}`;
  }

  async #list() {
    const answer = await this.#ask("history");
    if (!answer) return;
    const { positions } = await answer.json();
    this.positions = positions;
    this.#listed = performance.now();
  }

  /**
   * Frames of one address into the cache, once where several ask.
   * @param {string} key @param {string} path @param {string} query
   */
  #fetch(key, path, query = "") {
    let coming = this.#coming.get(key);
    if (!coming) {
      coming = this.#take(key, path, query).finally(() => this.#coming.delete(key));
      this.#coming.set(key, coming);
    }
    return coming;
  }

  /** @param {string} key @param {string} path @param {string} query */
  async #take(key, path, query) {
    const answer = await this.#ask(`frames${path}`, query);
    if (!answer) return;
    try {
      const buffer = await answer.arrayBuffer();
      if (path !== "") return keep(key, decode(buffer), buffer.byteLength);
      for (const { frame, bytes } of unpack(buffer))
        keep(this.#key(frame.metadata.sequence), frame, bytes);
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
    }
  }

  /** null where the network or the server has nothing to say. @param {string} path @param {string} query */
  async #ask(path, query = "") {
    const url = new URL(`/api/runs/${encodeURIComponent(this.run)}/${path}?${query}`, location.href);
    url.searchParams.set("token", this.token);
    try {
      const answer = await fetch(url);
      if (answer.ok) return answer;
      this.#listed = -Infinity; // what was asked for has been thinned away
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // no network
    }
    return null;
  }
}
