/**
 * Where things stand on the canvas of a grid, and letters that can be read on it.
 *
 * @typedef {import("./gridmodel.js").GridModel} GridModel
 * @typedef {import("./gridpaint.js").Geometry} Geometry
 * @typedef {import("./gridpaint.js").Brush} Brush
 */

const FOOT = 17; // below the map, where something is written under its columns
const ONE_ROW = [34, 150]; // the height of a single row

/**
 * Cells as large as the box allows, not longer than they may be to still look like places.
 * @param {GridModel} model
 * @param {number} width
 * @param {number} height
 * @returns {Geometry}
 */
export function geometry(model, width, height) {
  const foot = hasFoot(model) ? FOOT : 0;
  const free = height - foot;
  const across = width / model.columns;
  let cellHeight = Math.min(free / model.rows, across * 1.3);
  if (model.rows === 1) cellHeight = Math.min(free, ONE_ROW[1], Math.max(ONE_ROW[0], cellHeight));
  const cellWidth = Math.min(across, cellHeight * 1.6);
  const left = (width - cellWidth * model.columns) / 2;
  const top = (free - cellHeight * model.rows) / 2;
  return { width, height, cellWidth, cellHeight, left, top };
}

/** Whether columns have a wind or, in a long row, a number. @param {GridModel} model */
export function hasFoot({ rows, wind }) {
  return rows === 1 || Array.from(wind).some((strength) => strength !== 0);
}

/**
 * The place of a cell on the canvas, with its middle.
 * @param {Brush} brush
 * @param {number} s
 */
export function box({ model, size }, s) {
  const [width, height] = [size.cellWidth, size.cellHeight];
  const x = size.left + (s % model.columns) * width;
  const y = size.top + Math.floor(s / model.columns) * height;
  return { x, y, width, height, cx: x + width / 2, cy: y + height / 2 };
}

/**
 * A text on a halo, so that it can be read on any fill.
 * @param {Brush} brush
 * @param {string} text
 * @param {{x: number, y: number, size: number, corner: [CanvasTextAlign, CanvasTextBaseline],
 *   color?: string}} where
 */
export function haloed({ context, look }, text, { x, y, size, corner, color }) {
  context.font = `${size}px ${look.font}`;
  [context.textAlign, context.textBaseline] = corner;
  context.lineJoin = "round";
  context.lineWidth = 2.5;
  context.globalAlpha = 0.6;
  context.strokeStyle = look.palette.zero;
  context.strokeText(text, x, y);
  context.globalAlpha = 1;
  context.fillStyle = color ?? look.palette.ink;
  context.fillText(text, x, y);
}
