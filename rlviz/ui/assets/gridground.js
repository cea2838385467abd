/**
 * What belongs to the ground of some maps: rewards of cells, thin walls, wind under the columns.
 *
 * @typedef {import("./gridpaint.js").Brush} Brush
 */

import { box, hasFoot, haloed } from "./gridplace.js";
import { signed } from "./text.js";

const LEAST_WIDTH = 34; // px; a reward stands beside a value
const LEAST_LETTER = 20;
const LETTERS = { 7: "A", 8: "B", 9: "A′", 10: "B′", 11: "○" };
const APART = 26; // px between two numbers under a long row

/** A cell's own reward, in its lower left corner. @param {Brush} brush @param {number} s */
export function price(brush, s) {
  const { model, look } = brush;
  const { x, y, width, height } = box(brush, s);
  const paid = model.rewards[s];
  if (!Number.isFinite(paid) || paid === 0 || width < LEAST_WIDTH) return;
  const size = Math.min(10 * look.bold, width * 0.24, height * 0.22);
  const place = { x: x + 6, y: y + height - 3, size, color: look.palette.reward_text };
  haloed(brush, signed(paid), { ...place, corner: ["left", "bottom"] });
}

/** Walls on the sides of cells: 1 above, 2 right, 4 below, 8 left, added. @param {Brush} brush */
export function thinWalls(brush) {
  const { context, model, look } = brush;
  context.strokeStyle = look.palette.ink;
  context.lineCap = "round";
  context.lineWidth = 4 * look.bold;
  context.beginPath();
  for (let s = 0; s < model.thin.length; s++) {
    const { x, y, width, height } = box(brush, s);
    const sides = [
      [x, y, x + width, y],
      [x + width, y, x + width, y + height],
      [x, y + height, x + width, y + height],
      [x, y, x, y + height],
    ];
    sides.forEach(([fromX, fromY, toX, toY], side) => {
      if (!(model.thin[s] & (1 << side))) return;
      context.moveTo(fromX, fromY);
      context.lineTo(toX, toY);
    });
  }
  context.stroke();
}

/** A cell that leads away, and one where something can be done: its letter. @param {Brush} brush @param {number} s */
export function letter(brush, s) {
  const text = LETTERS[brush.model.kinds[s]];
  const { x, y, width, height } = box(brush, s);
  if (!text || width < LEAST_LETTER) return;
  const size = Math.min(13 * brush.look.bold, height * 0.26);
  haloed(brush, text, { x: x + 4, y: y + 3, size, corner: ["left", "top"] });
}

/** From each cell that leads away a thin arrow to where it leads, beside what stands in them. @param {Brush} brush */
export function leads(brush) {
  const { context, model, look } = brush;
  context.strokeStyle = context.fillStyle = look.palette.soft;
  context.lineWidth = 1.2 * look.bold;
  for (let s = 0; s < model.leads.length; s++) {
    if (!(model.leads[s] >= 0)) continue;
    const [from, to] = [box(brush, s), box(brush, model.leads[s])];
    const [right, down] = [to.cx - from.cx, to.cy - from.cy];
    const far = Math.hypot(right, down);
    if (far === 0) continue;
    // A quarter of a cell off the middle, where the arrows of the policy are.
    const off = 0.3 * Math.min(from.width, from.height);
    const [x, y] = [(-down / far) * off, (right / far) * off];
    const [endX, endY] = [to.cx + x, to.cy + y];
    const bend = 0.08 * far;
    const [midX, midY] = [from.cx + x + right / 2 - (down / far) * bend, from.cy + y + down / 2 + (right / far) * bend];
    context.beginPath();
    context.moveTo(from.cx + x, from.cy + y);
    context.quadraticCurveTo(midX, midY, endX, endY);
    context.stroke();
    context.beginPath();
    context.arc(from.cx + x, from.cy + y, 2.2 * look.bold, 0, 2 * Math.PI);
    context.fill();
    tip(context, Math.atan2(endY - midY, endX - midX), [endX, endY], 7 * look.bold);
  }
}

/** @param {CanvasRenderingContext2D} context @param {number} angle @param {number[]} at @param {number} size */
function tip(context, angle, [x, y], size) {
  context.beginPath();
  context.moveTo(x, y);
  for (const turn of [-0.4, 0.4])
    context.lineTo(x - size * Math.cos(angle + turn), y - size * Math.sin(angle + turn));
  context.fill();
}

/** Under the columns: the wind with its strength, or the numbers of a long row's states. @param {Brush} brush */
export function foot(brush) {
  const { context, model, size, look } = brush;
  if (!hasFoot(model)) return;
  const windy = Array.from(model.wind).some((strength) => strength !== 0);
  const letters = 11 * look.bold;
  context.font = `${letters}px ${look.font}`;
  context.textAlign = "center";
  context.textBaseline = "top";
  const y = size.top + size.cellHeight * model.rows + 3;
  const every = Math.max(1, niceEvery(APART / size.cellWidth));
  for (let column = 0; column < model.columns; column++) {
    const x = size.left + (column + 0.5) * size.cellWidth;
    const strength = model.wind[column];
    context.fillStyle = windy && strength ? look.palette.accent : look.palette.soft;
    if (windy && strength) context.fillText(`${strength > 0 ? "↑" : "↓"}${Math.abs(strength)}`, x, y);
    else if (!windy && column % every === 0) {
      const half = context.measureText(String(column)).width / 2;
      context.fillText(String(column), Math.min(x, size.width - half), y);
    }
  }
}

/** 1, 5, 10, 25 …: the least round number that is not smaller. @param {number} least */
function niceEvery(least) {
  return [1, 2, 5, 10, 20, 25, 50, 100].find((one) => one >= least) ?? 200;
}
