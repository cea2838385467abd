/**
 * Where things stand on the canvas of a grid, and letters that can be read on it.
 *
 * @typedef {import("./gridmodel.js").GridModel} GridModel
 * @typedef {import("./gridpaint.js").Geometry} Geometry
 * @typedef {import("./gridpaint.js").Brush} Brush
 */

/**
 * Cells as large as the box allows, not longer than they may be to still look like places.
 * @param {GridModel} model
 * @param {number} width
 * @param {number} height
 * @returns {Geometry}
 */
export function geometry(model, width, height) {
  const cellHeight = Math.min(height / model.rows, (width / model.columns) * 1.3);
  const cellWidth = Math.min(width / model.columns, cellHeight * 1.6);
  const left = (width - cellWidth * model.columns) / 2;
  const top = (height - cellHeight * model.rows) / 2;
  return { width, height, cellWidth, cellHeight, left, top };
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
 * @param {{x: number, y: number, size: number, corner: [CanvasTextAlign, CanvasTextBaseline]}} where
 */
export function haloed({ context, look }, text, { x, y, size, corner }) {
  context.font = `${size}px ${look.font}`;
  [context.textAlign, context.textBaseline] = corner;
  context.lineJoin = "round";
  context.lineWidth = 2.5;
  context.globalAlpha = 0.6;
  context.strokeStyle = look.palette.zero;
  context.strokeText(text, x, y);
  context.globalAlpha = 1;
  context.fillStyle = look.palette.ink;
  context.fillText(text, x, y);
}
