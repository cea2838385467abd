/**
 * Slow motion: one beat every second and a half, told in words that are large enough to be read.
 * One state for the page: the transport sets the pace, the board shows the beats.
 */

const EVERY = 1_500; // ms for each beat

class SlowMotion {
  /** Whether the page is in slow motion, playing or not. */ on = false;
  playing = false;
  /** @type {Set<() => void>} */ #watchers = new Set();
  #timer = 0;

  /** @param {() => void} watcher */
  watch(watcher) {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** @param {boolean} on */
  turn(on) {
    if (on === this.on) return;
    this.on = on;
    if (!on) this.pause();
    this.#tell();
  }

  /** A beat now, and one after the other. @param {() => void} beat */
  play(beat) {
    if (this.playing) return;
    this.playing = true;
    const next = () => {
      beat();
      this.#timer = setTimeout(next, EVERY);
    };
    next();
    this.#tell();
  }

  pause() {
    clearTimeout(this.#timer);
    if (!this.playing) return;
    this.playing = false;
    this.#tell();
  }

  #tell() {
    for (const watcher of this.#watchers) watcher();
  }
}

export const slow = new SlowMotion();
