/**
 * One websocket for each run, shared by every picture of the page that shows it.
 *
 * The newest frame wins: pictures hear of frames only when the browser draws. Network trouble
 * is tried again with growing pauses, which only a frame makes short again: a server that accepts
 * and closes at once must not be stormed. A close of 44xx is final.
 */

import { BadFrame, decode } from "./codec.js";

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;
const LINGER = 2_000; // a page that is drawn again leaves and joins within this time
const MOST_WAITING = 16;
const MOST_EVENTS = 50;

/**
 * @typedef {import("./codec.js").Frame} Frame
 * @typedef {Record<string, any>} LiveEvent
 * @typedef {{signals: Set<string>, changed: () => void, event: (event: LiveEvent) => void}} Member
 * @typedef {{code: number, reason: string}} Ending
 */

/** @type {Map<string, Connection>} */
const connections = new Map();
let redrawRate = 10;

export class Connection {
  /** @type {Frame | null} */ frame = null;
  /** @type {Frame | null} */ map = null; // the static frame
  /** @type {Record<string, any>} */ status = {
    type: "Status",
    status: "connecting",
    sentence: "",
  };
  /** @type {Record<string, any>[]} */ events = [];
  /** @type {Ending | null} */ ended = null;
  online = false;
  frames = 0;

  /** @type {Set<Member>} */ #members = new Set();
  /** @type {string[]} */ #waiting = [];
  /** @type {WebSocket | null} */ #socket = null;
  #drawing = 0;
  #pause = FIRST_PAUSE;
  #retry = 0;
  #watched = "";

  /**
   * @param {string} run
   * @param {string} token
   */
  constructor(run, token) {
    this.run = run;
    this.token = token;
  }

  /** @param {Member} member */
  add(member) {
    this.#members.add(member);
    if (!this.#socket && !this.ended) this.open();
    this.watch();
  }

  /** @param {Member} member */
  remove(member) {
    this.#members.delete(member);
    this.watch();
    setTimeout(() => this.#members.size === 0 && this.close(), LINGER);
  }

  /** A fresh token after a close that was final. @param {string} token */
  renew(token) {
    if (token === this.token) return;
    this.token = token;
    if (this.ended) {
      this.ended = null;
      this.open();
    }
  }

  /** A transport command; kept until the socket is open. @param {Record<string, any>} command */
  send(command) {
    const text = JSON.stringify(command);
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
    else if (!this.ended && this.#waiting.length < MOST_WAITING) this.#waiting.push(text);
  }

  /** Asks for what all members want together; nobody looks at a hidden page. */
  watch() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const signals = new Set([...this.#members].flatMap((member) => [...member.signals]));
    if (signals.size === 0) return; // an empty list would ask for everything
    const fps = document.hidden ? 0 : redrawRate;
    const text = JSON.stringify({ type: "Watch", signals: [...signals].sort(), fps });
    if (text === this.#watched) return;
    this.#watched = text;
    this.#socket.send(text);
  }

  open() {
    clearTimeout(this.#retry);
    const url = new URL(`/api/live/${encodeURIComponent(this.run)}`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("token", this.token);
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = (message) => this.#received(message.data);
    socket.onclose = (close) => this.#socket === socket && this.#closed(close);
  }

  close() {
    clearTimeout(this.#retry);
    cancelAnimationFrame(this.#drawing);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    if (connections.get(this.run) === this) connections.delete(this.run);
  }

  /** The network is back: do not wait out the pause. */
  hurry() {
    if (!this.online && !this.ended && this.#socket?.readyState !== WebSocket.CONNECTING)
      this.open();
  }

  /** @param {WebSocket} socket */
  #opened(socket) {
    this.online = true;
    this.#watched = "";
    this.watch();
    for (const text of this.#waiting.splice(0)) socket.send(text);
    this.#tell();
  }

  /** @param {ArrayBuffer | string} data */
  #received(data) {
    if (typeof data === "string") {
      this.#heard(JSON.parse(data));
      return;
    }
    this.#pause = FIRST_PAUSE;
    this.#read(data);
    this.#drawing ||= requestAnimationFrame(() => {
      this.#drawing = 0;
      this.#tell();
    });
  }

  /** @param {Record<string, any>} event */
  #heard(event) {
    if (event.type === "Status") this.status = event;
    else this.events = [...this.events.slice(1 - MOST_EVENTS), event];
    for (const member of this.#members) member.event(event);
    this.#tell();
  }

  /** @param {ArrayBuffer} buffer */
  #read(buffer) {
    try {
      const frame = decode(buffer);
      if (frame.metadata.static) this.map = frame;
      else this.frame = frame;
      this.frames += 1;
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      this.status = { ...this.status, sentence: error.message };
    }
  }

  /** @param {CloseEvent} close */
  #closed(close) {
    this.#socket = null;
    this.online = false;
    if (close.code >= 4400 && close.code < 4500) {
      this.ended = { code: close.code, reason: close.reason };
      this.#waiting = [];
    } else {
      this.#retry = setTimeout(() => this.open(), this.#pause * (0.75 + Math.random() / 2));
      this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
    }
    this.#tell();
  }

  #tell() {
    for (const member of this.#members) member.changed();
  }
}

/**
 * The connection of a run, with `member` told of what comes.
 * @param {string} run
 * @param {string} token
 * @param {Member} member
 */
export function join(run, token, member) {
  let connection = connections.get(run);
  if (!connection) {
    connection = new Connection(run, token);
    connections.set(run, connection);
  }
  connection.renew(token);
  connection.add(member);
  return connection;
}

/** Frames a second for every run of the page. @param {number} fps */
export function setRedrawRate(fps) {
  redrawRate = fps;
  for (const connection of connections.values()) connection.watch();
}

document.addEventListener("visibilitychange", () => {
  for (const connection of connections.values()) connection.watch();
});
window.addEventListener("online", () => {
  for (const connection of connections.values()) connection.hurry();
});
