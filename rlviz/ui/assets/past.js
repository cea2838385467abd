/**
 * Where the page looks: at now, or at a moment of the past. One state for all its views, because a
 * page has one time. Frames of the past come from the archives of its runs; live frames keep
 * coming meanwhile and are not drawn.
 *
 * @typedef {import("./archive.js").Shown} Shown
 * @typedef {{frames?: number, iterations?: number}} Rate of playing back, a second
 */

import { Archive, newest, place, spacing } from "./archive.js";

const LINGER = 2_000; // ms; a page that is drawn again leaves and joins within this time
const AGAIN = 2_000; // ms between two looks at what a run that trains on has kept meanwhile
const REST = 80; // ms without a move until the neighbourhood is fetched
const AHEAD = 24; // frames that are fetched before playing back comes to them
const FASTEST = 60; // frames a second
const MOST_MOVES = 400; // whose duration is remembered

/** The kept frames of one run, and the one of them that is shown. */
export class Reel {
  /** @type {Shown | null} */ shown = null;
  /** @type {Set<() => void>} */ members = new Set();
  /** The first one that was kept. @type {import("./archive.js").Frame | null} */ first = null;
  wanted = -1; // the index of what is to be shown
  #loading = false;

  /** @param {string} run @param {string} token */
  constructor(run, token) {
    this.archive = new Archive(run, token);
  }

  /** Whether it shows what was asked for last. */
  get isThere() {
    const wanted = this.archive.positions[this.wanted]?.[0];
    return wanted !== undefined && this.shown?.frame.metadata.sequence === wanted;
  }

  /** The newest frame that is not after `at`, at once where it is here. @param {number} at */
  seek(at) {
    const { positions } = this.archive;
    if (positions.length === 0) return;
    // Before the first one that was kept stands nothing; the first one is the nearest.
    this.wanted = Math.max(0, newest(positions, at));
    this.#bring();
  }

  /** What has been kept; the first of it too, by which colours are told. */
  async list() {
    await this.archive.list();
    if (this.archive.positions.length > 0)
      this.first ??= (await this.archive.load(0))?.frame ?? null;
  }

  /** Nothing of the past is shown any more. */
  rest() {
    Object.assign(this, { shown: null, wanted: -1 });
    for (const changed of this.members) changed();
  }

  #bring() {
    const shown = this.archive.peek(this.wanted);
    if (shown) this.#show(shown);
    else if (!this.#loading) this.#load();
  }

  /** One request at a time, and the newest wish next: a drag asks faster than a server answers. */
  async #load() {
    this.#loading = true;
    const [sequence] = this.archive.positions[this.wanted];
    const shown = await this.archive.load(this.wanted);
    this.#loading = false;
    if (this.wanted < 0) return; // the page looks at now again
    if (this.archive.positions[this.wanted][0] !== sequence) this.#bring();
    else if (shown) this.#show(shown);
  }

  /** @param {Shown} shown */
  #show(shown) {
    if (this.shown?.frame === shown.frame) return;
    this.shown = shown;
    for (const changed of this.members) changed();
  }
}

class Past {
  /** Where it looks, as a place; null for now. @type {number | null} */ at = null;
  playing = false;
  /** Where Python knows it to look. @type {number | null} */ told = null;
  /** @type {Rate} */ rate = { frames: 10 };
  /** Milliseconds from a move to what it drew, the newest last. @type {number[]} */ moves = [];
  /** @type {Map<string, Reel>} */ #reels = new Map();
  /** @type {Set<() => void>} */ #watchers = new Set();
  #moved = 0; // when the newest move was asked for; 0 once it is drawn
  #resting = 0;
  #timer = 0;
  #following = 0;

  /** What is told of every move, beside the members of reels. @param {() => void} watcher */
  watch(watcher) {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** The kept frames of a run, with `changed` called when another one is shown. @param {string} run @param {string} token @param {() => void} changed */
  join(run, token, changed) {
    let reel = this.#reels.get(run);
    if (!reel) {
      reel = new Reel(run, token);
      this.#reels.set(run, reel);
      if (this.at !== null) this.#list();
    }
    reel.archive.token = token;
    reel.members.add(changed);
    return reel;
  }

  /** @param {string} run @param {() => void} changed */
  leave(run, changed) {
    const reel = this.#reels.get(run);
    reel?.members.delete(changed);
    setTimeout(() => {
      if (reel?.members.size === 0 && this.#reels.get(run) === reel) this.#reels.delete(run);
    }, LINGER);
  }

  /** Look at a place. @param {number} at @param {number} [asked] when, as performance.now() tells it */
  look(at, asked = performance.now()) {
    const entered = this.at === null;
    this.at = at;
    this.#moved = asked;
    for (const reel of this.#used()) reel.seek(at);
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#rest(), entered ? 0 : REST);
    if (entered) this.#follow();
    this.#tell();
  }

  /** Look at now. */
  now() {
    if (this.at === null) return;
    this.at = null;
    this.playing = false;
    this.#moved = 0;
    clearTimeout(this.#timer);
    clearTimeout(this.#resting);
    for (const reel of this.#reels.values()) reel.rest();
    this.#tell();
  }

  /**
   * To the next kept frame of any run, or to the one before; to now where none comes after.
   * @param {1 | -1} direction @param {number} end the place of now
   */
  async step(direction, end) {
    const from = this.at ?? end;
    await this.#list();
    const to = this.neighbour(direction, from);
    if (to !== null) this.look(to);
    else if (direction > 0) this.now();
  }

  /** The place of the kept frame that is next to a place; null where there is none. @param {1 | -1} direction @param {number} from */
  neighbour(direction, from) {
    const places = this.#used().flatMap(({ archive }) => {
      const at = newest(archive.positions, from);
      const to = direction > 0 ? at + 1 : at - Number(at >= 0 && archive.place(at) === from);
      return to >= 0 && to < archive.positions.length ? [archive.place(to)] : [];
    });
    if (places.length === 0) return null;
    return direction > 0 ? Math.min(...places) : Math.max(...places);
  }

  /** The history goes by, at the chosen rate. */
  play() {
    if (this.at === null || this.playing) return;
    this.playing = true;
    this.#run(this.at, performance.now());
    this.#tell();
  }

  pause() {
    this.playing = false;
    clearTimeout(this.#timer);
    this.#tell();
  }

  /**
   * The iteration that is looked at: that of the newest of the frames that are shown. A fork shows
   * its first one where the page looks at what was before it.
   */
  get iteration() {
    const { at } = this;
    const shown = this.#used().flatMap(({ shown }) => shown?.frame.metadata.iteration ?? []);
    const there = shown.filter((iteration) => at !== null && iteration <= at);
    if (there.length > 0) return Math.max(...there);
    return shown.length > 0 ? Math.min(...shown) : null;
  }

  /** How densely frames are kept where it looks. */
  get spacing() {
    const reels = this.#used().filter((reel) => reel.wanted >= 0);
    const found = reels.map(({ archive, wanted }) => spacing(archive.positions, wanted));
    return found.sort((a, b) => b.every - a.every)[0] ?? null;
  }

  /** Whether every run shows what was asked for last. */
  get isThere() {
    return this.#used().every((reel) => reel.isThere);
  }

  /** Everything is drawn as it was asked for. */
  drawn() {
    if (this.#moved === 0 || !this.isThere) return;
    this.moves = [...this.moves.slice(1 - MOST_MOVES), performance.now() - this.#moved];
    this.#moved = 0;
  }

  /** Before somebody may scrub: what has been kept. */
  prepare() {
    this.#list();
  }

  /** Reels of runs that a view of the page shows. */
  #used() {
    return [...this.#reels.values()].filter((reel) => reel.members.size > 0);
  }

  async #list() {
    await Promise.all(this.#used().map((reel) => reel.list()));
    const { at } = this;
    if (at !== null) for (const reel of this.#used()) reel.seek(at);
  }

  /** While a run trains on, there is more and more to look at. */
  async #follow() {
    if (this.at === null) return;
    await this.#list();
    if (this.at === null) return;
    this.#tell();
    clearTimeout(this.#following);
    this.#following = setTimeout(() => this.#follow(), AGAIN);
  }

  #rest() {
    for (const reel of this.#used()) if (reel.wanted >= 0) reel.archive.near(reel.wanted);
  }

  /** One move of playing back, and the next one after it. @param {number} at @param {number} last when that was */
  async #run(at, last) {
    const { frames, iterations } = this.rate;
    const [now, gone] = [performance.now(), performance.now() - last];
    let next = iterations ? at + (iterations * gone) / 1000 : this.neighbour(1, at);
    if (next === null || this.neighbour(1, at) === null) {
      await this.#list();
      next = iterations ? next : this.neighbour(1, at);
      if (this.neighbour(1, at) === null) next = null;
    }
    if (!this.playing || this.at === null) return;
    if (next === null) return this.now(); // all that was kept has been shown
    for (const { archive, wanted } of this.#used()) if (wanted >= 0) archive.near(wanted, AHEAD);
    if (iterations) this.#glide(next);
    else this.look(next);
    await this.#arrived();
    const pause = iterations ? 1000 / FASTEST : 1000 / Math.min(frames ?? FASTEST, FASTEST);
    const spent = performance.now() - now;
    this.#timer = setTimeout(() => this.#run(next, now), Math.max(0, pause - spent));
  }

  /** Between two kept frames there is nothing to draw. @param {number} at */
  #glide(at) {
    const moves = this.#used().some(
      ({ archive, wanted }) => Math.max(0, newest(archive.positions, at)) !== wanted,
    );
    if (moves) this.look(at);
    else this.at = at;
  }

  /** Until what was asked for is here: playing back leaves nothing out for want of time. */
  async #arrived() {
    const give_up = performance.now() + 3_000;
    while (!this.isThere && this.playing && performance.now() < give_up)
      await new Promise((done) => requestAnimationFrame(() => done(null)));
  }

  #tell() {
    for (const watcher of this.#watchers) watcher();
  }
}

export const past = new Past();
export { place };
