/**
 * Following a page that somebody shows: the server says when it shows something else, Python then
 * reads what. Those who follow ask at slightly different moments, so that a class of sixty does not
 * ask at once.
 */

const SPREAD = 500; // ms within which those who follow ask
const AGAIN = 3_000; // ms until what Python has not taken up is asked for again
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 8_000;
const GONE = 4404;

/** @typedef {{channel: string, token: string, n: number}} Followed `n`: what Python shows of it */

export class Follower {
  /** @type {WebSocket | null} */ #socket = null;
  #key = "";
  #newest = 0; // publication that the server told of
  #shown = 0; // the one that Python shows
  #asking = 0;
  #retry = 0;
  #pause = FIRST_PAUSE;

  /**
   * @param {Followed | null | undefined} followed null where nobody is followed
   * @param {(command: Record<string, unknown>) => void} trigger
   */
  update(followed, trigger) {
    this.trigger = trigger;
    this.#shown = followed?.n ?? 0;
    const key = followed ? `${followed.channel} ${followed.token}` : "";
    if (key === this.#key) return;
    this.leave();
    this.#key = key;
    if (followed) this.#open(followed);
  }

  leave() {
    clearTimeout(this.#retry);
    clearTimeout(this.#asking);
    this.#asking = 0;
    this.#key = "";
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** @param {Followed} followed */
  #open(followed) {
    const url = new URL(`/api/follow/${encodeURIComponent(followed.channel)}`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("token", followed.token);
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      this.#pause = FIRST_PAUSE;
      const event = JSON.parse(data);
      if (event.type !== "Published") return;
      this.#newest = event.n;
      this.#ask(Math.random() * SPREAD);
    };
    socket.onclose = ({ code }) => this.#socket === socket && this.#closed(followed, code);
  }

  /**
   * Until Python shows it: what asks while a page is run anew may be lost.
   * @param {number} after ms
   */
  #ask(after) {
    this.#asking ||= setTimeout(() => {
      this.#asking = 0;
      if (this.#newest === this.#shown) return;
      this.trigger?.({ name: "follow", n: Date.now() });
      this.#ask(AGAIN);
    }, after);
  }

  /** @param {Followed} followed @param {number} code */
  #closed(followed, code) {
    this.#socket = null;
    if (code === GONE) {
      clearTimeout(this.#asking);
      this.#asking = 0;
      return;
    }
    if (code >= 4400 && code < 4500) this.trigger?.({ name: "gone", code, n: Date.now() });
    this.#retry = setTimeout(() => this.#open(followed), this.#pause * (0.75 + Math.random() / 2));
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
  }
}
