/**
 * The state of the runs, and what happens to them, in words.
 *
 * @typedef {import("./stages.js").Stage} Stage
 * @typedef {Record<string, string>} Texts
 */

import { count, setting, t } from "./text.js";

const WORDS = {
  stored: "a stored run; press Play for your own",
  connecting: "connecting",
  queued: "waiting for its turn",
  playing: "running",
  paused: "paused",
  stalled: "what it shows can not be written down; it waits until that works again",
  finished: "finished",
  diverged: "diverged",
  failed: "failed",
  recovering: "the worker has ended; going on from the last checkpoint",
  gone: "the run is gone; press Play to start again",
  lost: "no connection to the server, trying again",
};
/** What a person must hear of first, when the stages differ. */
const URGENCY = [
  "gone",
  "lost",
  "failed",
  "diverged",
  "stalled",
  "recovering",
  "connecting",
  "queued",
  "playing",
  "paused",
  "finished",
  "stored",
];

/**
 * @param {Stage[]} stages
 * @param {{busy: boolean, watching: boolean}} bar
 * @param {Texts} texts
 */
export function state(stages, { busy, watching }, texts) {
  if (busy) return t(texts, "starting");
  const rank = (/** @type {Stage} */ stage) => (URGENCY.indexOf(stage.status) + 99) % 99;
  const worst = [...stages].sort((a, b) => rank(a) - rank(b))[0];
  if (!worst) return "";
  const given = worst.connection?.online ? said(worst.connection.status, texts) : "";
  const parts = [given || t(texts, WORDS[worst.status] ?? worst.status)];
  const device = worst.isStored ? undefined : worst.frame?.metadata.device;
  if (device && worst.status !== "gone" && worst.status !== "lost") parts.push(device);
  if (watching) parts.push(t(texts, "you are watching"));
  return parts.join(" · ");
}

/** The reason that the server gives for a run's state, else the state. @param {Stage} stage @param {Texts} texts */
export function why({ status, connection }, texts) {
  return said(connection?.status, texts) || t(texts, WORDS[status]);
}

/**
 * The sentence that the server gives, "" for none: by its text and what stands in its places.
 * @param {{sentence?: string, text?: string, values?: Record<string, string>} | undefined} status
 * @param {Texts} texts
 */
function said(status, texts) {
  return status?.sentence ? t(texts, status.text ?? status.sentence, status.values) : "";
}

/**
 * What the page shows while it looks at the past.
 * @param {Stage[]} stages
 * @param {{k: string, n: string}} places
 * @param {Texts} texts
 */
export function moment(stages, places, texts) {
  const goesOn = stages.some((stage) => stage.status === "playing");
  if (goesOn) return t(texts, "looking at iteration {k} of {n}; the run goes on", places);
  return t(texts, "looking at iteration {k} of {n}", places);
}

/**
 * An event as a sentence; empty where nobody need know.
 * @param {Record<string, any>} event
 * @param {Record<string, {symbol: string}>} signals
 * @param {Texts} texts
 */
export function news(event, signals, texts) {
  if (event.type === "Accepted") {
    return t(texts, "change accepted; it acts from iteration {n} at the earliest", {
      n: count(event.earliest),
    });
  }
  if (event.type === "Refused")
    return event.command === "Edit" ? "" : t(texts, event.text, event.values); // the editor says it
  if (event.type !== "Changed") return "";
  const { field, value } = event.intervention;
  if (field === undefined)
    return t(texts, "the world changed at iteration {n}", { n: count(event.iteration) });
  const places = { symbol: signals?.[field]?.symbol || field, n: count(event.iteration) };
  return t(texts, "{symbol} {old} → {new} from iteration {n}", {
    ...places,
    old: setting(event.old[field]),
    new: setting(value),
  });
}
