/**
 * Paints a grid model on a canvas: the ground here, what moves on it in gridmarks.js. Sizes are
 * CSS pixels; the caller has scaled the context.
 *
 * @typedef {import("./gridmodel.js").GridModel} GridModel
 * @typedef {Record<string, any>} Palette
 * @typedef {{width: number, height: number, cellWidth: number, cellHeight: number,
 *   left: number, top: number}} Geometry
 * @typedef {{numbers: boolean, triangles: boolean, advantages: boolean, arrows: boolean, visits: boolean,
 *   trail: boolean}} Layers
 * @typedef {{palette: Palette, color: string, marker: string, layers: Layers, bold: number,
 *   font: string, words: Record<string, string>, cursor: number | null}} Look
 * @typedef {{context: CanvasRenderingContext2D, model: GridModel, size: Geometry, look: Look}} Brush
 */

import { foot, leads, letter, price, thinWalls } from "./gridground.js";
import { agent, arrows, cursor, trail, visits } from "./gridmarks.js";
import { CLIFF, GOAL, PIT, START, WALL, isFloor } from "./gridmodel.js";
import { box, haloed } from "./gridplace.js";
import { number, signed } from "./text.js";

const LEAST_SIZE = 9; // px of a number
const LEAST_HEIGHT = 20; // px of a cell with both an arrow and a number
const WORD_WIDTH = 46; // px of a cell that has room for a word
export const LEAST_WIDTH = 25; // px; in a narrower cell no number can be read

/**
 * A signed value's colour: zero exactly the neutral one; the root spreads the small values, which
 * are most of them.
 * @param {number} value
 * @param {number} range
 * @param {Palette} palette
 */
export function fieldColor(value, range, palette) {
  if (!Number.isFinite(value)) return palette.panel;
  const share = Math.sqrt(Math.min(1, Math.abs(value) / range));
  return mixed(palette.zero, value < 0 ? palette.neg : palette.pos, share * 0.8);
}

/** @param {Brush} brush */
export function paint(brush) {
  const { context, model, size, look } = brush;
  const { kinds } = model;
  const { layers } = look;
  context.clearRect(0, 0, size.width, size.height);
  for (let s = 0; s < kinds.length; s++) {
    if (isFloor(kinds[s])) floor(brush, s);
    else if (kinds[s] !== CLIFF) plain(brush, s);
  }
  cliffs(brush);
  thinWalls(brush);
  foot(brush);
  leads(brush);
  if (layers.trail) trail(brush);
  for (let s = 0; s < kinds.length; s++) {
    if (!isFloor(kinds[s])) continue;
    if (layers.arrows) arrows(brush, s);
    if (layers.visits) visits(brush, s);
    if (layers.numbers) figure(brush, s);
    if (layers.numbers) price(brush, s);
    letter(brush, s);
    if (kinds[s] === START && !layers.visits) start(brush, s);
  }
  if (layers.trail && model.agent >= 0) agent(brush);
  if (look.cursor !== null) cursor(brush, look.cursor);
}

/** V as the fill of the whole cell, Q as a part of it for each move. @param {Brush} brush @param {number} s */
function floor(brush, s) {
  const { context, model, look } = brush;
  const { x, y, width, height, cx, cy } = box(brush, s);
  const n = model.actions.length;
  const isBare = model.tops.length === 0;
  context.fillStyle = isBare ? look.palette.zero : fieldColor(model.tops[s], model.range, look.palette);
  context.fillRect(x, y, width, height);
  for (let a = 0; a < n && look.layers.triangles && model.values.length > 0; a++) {
    const corners = model.sectors[a];
    if (corners.length === 0) continue;
    context.fillStyle = fieldColor(model.values[s * n + a], model.range, look.palette);
    context.beginPath();
    for (const [right, down] of corners) context.lineTo(cx + right * width, cy + down * height);
    context.fill();
  }
  fence(brush, s);
}

/** A wall, a goal or a pit. @param {Brush} brush @param {number} s */
function plain(brush, s) {
  const { context, model, look } = brush;
  const { x, y, width, height, cx, cy } = box(brush, s);
  const kind = model.kinds[s];
  const { wall, goal, cliff } = look.palette;
  context.fillStyle = kind === WALL ? wall : kind === GOAL ? goal : cliff;
  context.fillRect(x, y, width, height);
  fence(brush, s);
  if (kind === WALL) return;
  if (kind === PIT) hole(brush, s);
  const size = Math.min(13, width * 0.34) * look.bold;
  if (size < 6) return;
  const paid = model.rewards[s];
  const priced = Number.isFinite(paid) && paid !== 0 && height > 2.9 * size;
  context.fillStyle = "#fff";
  const word = kind === GOAL ? look.words.goal : look.words.pit;
  centred(brush, word, cx, priced ? cy - size * 0.6 : cy, `600 ${size}px`);
  if (priced) centred(brush, signed(paid), cx, cy + size * 0.7, `500 ${size * 0.9}px`);
}

/** A darker round in the middle. @param {Brush} brush @param {number} s */
function hole(brush, s) {
  const { width, height, cx, cy } = box(brush, s);
  brush.context.fillStyle = "rgba(0,0,0,.3)";
  brush.context.beginPath();
  brush.context.ellipse(cx, cy, width * 0.4, height * 0.4, 0, 0, 2 * Math.PI);
  brush.context.fill();
}

/** The line between cells. @param {Brush} brush @param {number} s */
function fence(brush, s) {
  const { x, y, width, height } = box(brush, s);
  brush.context.strokeStyle = brush.look.palette.panel;
  brush.context.lineWidth = Math.min(1.5, width * 0.08);
  brush.context.strokeRect(x, y, width, height);
}

/** Neighbours in a row are one band with its name and what a fall pays. @param {Brush} brush */
function cliffs(brush) {
  const { kinds, columns } = brush.model;
  for (let s = 0; s < kinds.length; s++) {
    const opens = s % columns === 0 || kinds[s - 1] !== CLIFF;
    if (kinds[s] !== CLIFF || !opens) continue;
    let end = s;
    while ((end + 1) % columns !== 0 && kinds[end + 1] === CLIFF) end += 1;
    band(brush, s, end - s + 1);
  }
}

/** @param {Brush} brush @param {number} s the first cell @param {number} cells how many */
function band(brush, s, cells) {
  const { context, look } = brush;
  const { x, y, height, cy, width: one } = box(brush, s);
  const width = cells * one;
  context.save();
  context.beginPath();
  context.rect(x + 0.75, y + 0.75, width - 1.5, height - 1.5);
  context.clip();
  context.fillStyle = look.palette.cliff;
  context.fillRect(x, y, width, height);
  context.strokeStyle = "rgba(0,0,0,.16)";
  context.lineWidth = 2;
  context.beginPath();
  for (let at = x - height; at < x + width; at += 9) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
  const size = Math.min(13, height * 0.34) * look.bold;
  context.fillStyle = "#f6ece2";
  context.letterSpacing = "2px";
  const paid = brush.model.rewards[s];
  const name = [look.words.cliff, ...(paid ? [signed(paid)] : [])];
  const fits = width > size * 1.1 * name.join(" ").length;
  centred(brush, fits ? name.join(" ") : name[0], x + width / 2, cy, `500 ${size}px`);
  context.letterSpacing = "0px";
}

/** V in the lower right corner, where it can be read. @param {Brush} brush @param {number} s */
function figure(brush, s) {
  const { model, look } = brush;
  const { x, y, width, height } = box(brush, s);
  const value = model.tops[s];
  const isCrowded = look.layers.arrows && height < LEAST_HEIGHT;
  if (!Number.isFinite(value) || width < LEAST_WIDTH || isCrowded) return;
  const wished = Math.min(14, Math.max(10.5, height * 0.17)) * look.bold;
  const size = Math.min(wished, width * 0.31, Math.max(LEAST_SIZE, height * 0.3));
  const places = model.range < 1.5 ? 2 : Math.abs(value) >= 99.95 ? 0 : 1;
  const text = number(value, places);
  haloed(brush, text, { x: x + width - 3, y: y + height - 2.5, size, corner: ["right", "bottom"] });
}

/** @param {Brush} brush @param {number} s */
function start(brush, s) {
  const { x, y, width } = box(brush, s);
  if (width < LEAST_WIDTH) return;
  const size = Math.min(10 * brush.look.bold, width * 0.28);
  const word = width < WORD_WIDTH ? "S" : brush.look.words.start;
  haloed(brush, word, { x: x + 3, y: y + 3, size, corner: ["left", "top"] });
}

/**
 * @param {Brush} brush
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {string} weight of the letters, and their size
 */
function centred({ context, look }, text, x, y, weight) {
  context.font = `${weight} ${look.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y);
}

/** @param {string} from @param {string} to @param {number} share of the second, both #rrggbb */
function mixed(from, to, share) {
  const channels = [1, 3, 5].map((at) => {
    const [a, b] = [from, to].map((color) => parseInt(color.slice(at, at + 2), 16));
    return Math.round(a + (b - a) * share);
  });
  return `rgb(${channels.join(",")})`;
}
