/**
 * What a test in a browser may ask the page: `window.__rlviz`.
 *
 * @typedef {{frames: number, ready: boolean, runs: Record<string, any>, past: Record<string, any>,
 *   figures: Record<string, Element>, grids: Record<string, Picture>}} Probe
 * @typedef {{rows: number, columns: number, kinds: number[], run: string | undefined,
 *   changes: number, left: number, top: number, cellWidth: number, cellHeight: number}} Picture
 *   what the newest drawing of a grid showed, and where on its canvas
 */

import { holdings } from "./archive.js";
import { past } from "./past.js";
import { slow } from "./slow.js";

/** @returns {Probe} */
function probe() {
  const page = /** @type {any} */ (window);
  page.__rlviz ??= { frames: 0, ready: false, runs: {}, past: {}, figures: {}, grids: {} };
  return page.__rlviz;
}

/**
 * @param {Map<string, import("./stages.js").Stage>} stages
 * @param {import("./figure.js").FigureSlot[] | null} slots null where the view has no figures
 * @param {import("./grid.js").Grid[]} grids
 */
export function report(stages, slots, grids = []) {
  const known = probe();
  for (const alias of Object.keys(known.runs)) if (!stages.has(alias)) delete known.runs[alias];
  for (const [alias, stage] of stages) {
    const { iteration, beat, sequence, marks } = stage.frame?.metadata ?? {};
    const frames = stage.connection?.frames ?? 0;
    const told = stage.connection?.status ?? {};
    const settled = told.iteration === iteration && told.beat === beat; // status and picture agree
    const newest = stage.newest?.metadata.iteration ?? 0; // also while the page looks at the past
    const counted = { iteration, beat, sequence, marks: marks ?? [], frames, settled, newest };
    known.runs[alias] = {
      run: stage.data.run,
      status: stage.status,
      events: stage.connection?.events ?? [],
      ...counted,
    };
  }
  const { at, iteration, moves, playing, isThere } = past;
  const told = past.told ?? null; // what Python knows of it
  known.past = { at, iteration, moves, playing, isThere, told, slow: slow.playing, held: holdings() };
  known.frames = Object.values(known.runs).reduce((sum, run) => sum + run.frames, 0);
  if (slots === null) return;
  known.figures = Object.fromEntries(slots.map((slot) => [slot.figure.name, slot.plot]));
  known.grids = Object.fromEntries(grids.flatMap(picture));
  known.ready = [...stages.values()].every((stage) => stage.frame !== null && stage.map !== null);
}

/** @param {import("./grid.js").Grid} grid @returns {[string, Picture][]} */
function picture({ stage, model, size }) {
  if (!model || !size) return [];
  const { rows, columns } = model;
  const { left, top, cellWidth, cellHeight } = size;
  const { run, marks } = stage.isElsewhere ? {} : (stage.frame?.metadata ?? {});
  const of = { rows, columns, kinds: Array.from(model.kinds), run, changes: marks?.length ?? 0 };
  return [[stage.data.alias, { ...of, left, top, cellWidth, cellHeight }]];
}
