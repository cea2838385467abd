/**
 * A grid as files: its numbers, its picture as it is on the screen, and the same drawn as lines.
 *
 * @typedef {import("./grid.js").Grid} Grid
 * @typedef {import("./grid.js").Setting} Setting
 */

import { values } from "./codec.js";
import { sign } from "./directions.js";
import { canvasFile, csv, fileName, penFile, save, tableFile } from "./files.js";
import { isFloor } from "./gridmodel.js";
import { paint } from "./gridpaint.js";
import { SvgPen } from "./svgpen.js";
import { count, t } from "./text.js";

/** Column heads before an action's sign, and the signals they are of; each where the frame has it. */
const OF_PAIRS = { Q: "action_value", "Q†": "truth_q", π: "shown_policy" };
const OF_STATES = { V: "state_value", "V†": "truth_value", N: "visits" };

/**
 * What the menu of a grid offers.
 * @param {Grid} grid
 * @param {Setting} setting
 * @returns {import("./menu.js").Item[]}
 */
export function gridItems(grid, setting) {
  const { texts, theme } = setting;
  const { brush } = grid;
  const { frame, data } = grid.stage;
  if (!brush || !frame || grid.isBare) return [];
  const iteration = t(texts, "iteration {n}", { n: count(frame.metadata.iteration) });
  const name = fileName("grid", [frame]);
  const caption = { title: `${data.title} · ${iteration}` };
  const saved = (/** @type {string} */ ending, /** @type {Blob} */ blob) => {
    save(`${name}.${ending}`, blob);
    return t(texts, "Saved as {name}", { name: `${name}.${ending}` });
  };
  const { font } = brush.look;
  const still = { ...brush, look: { ...brush.look, cursor: null } };
  return [
    {
      label: t(texts, "Data as CSV"),
      testid: "save-csv",
      act: () => saved("csv", tableFile(csv(...gridTable(grid, texts)))),
    },
    {
      label: t(texts, "Picture as PNG"),
      testid: "save-png",
      act: async () => {
        paint(still); // without the mark of the cell that is read
        return saved("png", /** @type {Blob} */ (await canvasFile(grid.canvas, caption, theme, font)));
      },
    },
    {
      label: t(texts, "Picture as SVG"),
      testid: "save-svg",
      act: () => {
        const pen = new SvgPen(brush.context);
        paint(/** @type {any} */ ({ ...still, context: pen }));
        return saved("svg", penFile(pen, brush.size, caption, theme, font));
      },
    },
  ];
}

/**
 * Columns and rows: a row for each cell in which something can be learned, whose place is counted
 * from 1, with every digit that came.
 * @param {Grid} grid
 * @param {Record<string, string>} texts
 * @returns {[string[], (number | null)[][]]}
 */
export function gridTable({ model, stage }, texts) {
  const { frame } = stage;
  const { actions, columns, kinds } = /** @type {import("./gridmodel.js").GridModel} */ (model);
  const has = (/** @type {[string, string]} */ [, name]) => values(frame, name).length > 0;
  const ofStates = Object.entries(OF_STATES).filter(has);
  const ofPairs = Object.entries(OF_PAIRS).filter(has);
  const signs = actions.map((action) => sign(action, texts));
  const head = [
    t(texts, "row"),
    t(texts, "column"),
    ...ofStates.map(([letter]) => letter),
    ...ofPairs.flatMap(([letter]) => signs.map((one) => `${letter} ${one}`)),
  ];
  const rows = Array.from(kinds, (kind, s) => [kind, s]).flatMap(([kind, s]) => {
    if (!isFloor(kind)) return [];
    const states = ofStates.map(([, name]) => values(frame, name)[s]);
    const pairs = ofPairs.flatMap(([, name]) =>
      actions.map((_, a) => values(frame, name)[s * actions.length + a]),
    );
    return [[Math.floor(s / columns) + 1, (s % columns) + 1, ...states, ...pairs]];
  });
  return [head, rows];
}
