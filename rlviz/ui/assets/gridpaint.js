/**
 * Paints a grid model on a canvas. Sizes are CSS pixels; the caller has scaled the context.
 *
 * @typedef {import("./gridmodel.js").GridModel} GridModel
 * @typedef {Record<string, any>} Palette
 * @typedef {{width: number, height: number, cellWidth: number, cellHeight: number, left: number, top: number}} Geometry
 * @typedef {{numbers: boolean, triangles: boolean, arrows: boolean, visits: boolean, trail: boolean}} Layers
 * @typedef {{palette: Palette, color: string, marker: string, layers: Layers, bold: number, font: string,
 *   words: Record<string, string>, cursor: number | null}} Look
 */

import { CLIFF, GOAL, START, WALL, isFloor } from "./gridmodel.js";
import { brief, number } from "./text.js";

const TIED = 0.999; // a share below this means that several actions tie

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
  return { width, height, cellWidth, cellHeight, left, top: (height - cellHeight * model.rows) / 2 };
}

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

/**
 * @param {CanvasRenderingContext2D} context
 * @param {GridModel} model
 * @param {Geometry} size
 * @param {Look} look
 */
export function paint(context, model, size, look) {
  context.clearRect(0, 0, size.width, size.height);
  const n = model.actions.length;
  for (let s = 0; s < model.kinds.length; s++) {
    const cell = box(size, model.columns, s);
    if (isFloor(model.kinds[s])) floor(context, cell, model, s, n, look);
    else if (model.kinds[s] !== CLIFF) plain(context, cell, model.kinds[s], look);
  }
  cliffs(context, model, size, look);
  if (look.layers.trail) trail(context, model, size, look);
  for (let s = 0; s < model.kinds.length; s++) {
    if (!isFloor(model.kinds[s])) continue;
    const cell = box(size, model.columns, s);
    if (look.layers.arrows) arrows(context, cell, model, s, n, look);
    if (look.layers.visits) visits(context, cell, model, s, look);
    if (look.layers.numbers) figure(context, cell, model.tops[s], look);
    if (model.kinds[s] === START && !look.layers.visits) label(context, cell, look.words.start, look);
  }
  if (look.layers.trail && model.agent >= 0) agent(context, box(size, model.columns, model.agent), look);
  if (look.cursor !== null) cursor(context, box(size, model.columns, look.cursor), look);
}

/**
 * @param {Geometry} size
 * @param {number} columns
 * @param {number} s
 */
export function box(size, columns, s) {
  const x = size.left + (s % columns) * size.cellWidth;
  const y = size.top + Math.floor(s / columns) * size.cellHeight;
  const [width, height] = [size.cellWidth, size.cellHeight];
  return { x, y, width, height, cx: x + width / 2, cy: y + height / 2 };
}

/** @typedef {ReturnType<typeof box>} Box */

/**
 * V as the fill of the whole cell, or Q as four triangles.
 * @param {CanvasRenderingContext2D} context @param {Box} cell @param {GridModel} model
 * @param {number} s @param {number} n @param {Look} look
 */
function floor(context, cell, model, s, n, look) {
  const { x, y, width, height, cx, cy } = cell;
  context.fillStyle = fieldColor(model.tops[s], model.range, look.palette);
  context.fillRect(x, y, width, height);
  if (look.layers.triangles && model.values.length > 0) {
    for (let a = 0; a < n; a++) {
      const [down, right] = model.steps[a];
      context.fillStyle = fieldColor(model.values[s * n + a], model.range, look.palette);
      context.beginPath();
      context.moveTo(cx, cy);
      // The two corners of the side that the action leads to.
      context.lineTo(cx + ((right - down) * width) / 2, cy + ((down - right) * height) / 2);
      context.lineTo(cx + ((right + down) * width) / 2, cy + ((down + right) * height) / 2);
      context.fill();
    }
  }
  context.strokeStyle = look.palette.panel;
  context.lineWidth = 1.5;
  context.strokeRect(x, y, width, height);
}

/** @param {CanvasRenderingContext2D} context @param {Box} cell @param {number} kind @param {Look} look */
function plain(context, cell, kind, look) {
  context.fillStyle = kind === WALL ? look.palette.wall : look.palette.goal;
  context.fillRect(cell.x, cell.y, cell.width, cell.height);
  context.strokeStyle = look.palette.panel;
  context.lineWidth = 1.5;
  context.strokeRect(cell.x, cell.y, cell.width, cell.height);
  if (kind !== GOAL) return;
  context.fillStyle = "#fff";
  centred(context, look.words.goal, cell.cx, cell.cy, `600 ${Math.min(13, cell.width * 0.36) * look.bold}px ${look.font}`);
}

/**
 * Neighbours in a row are one band with its name and its price.
 * @param {CanvasRenderingContext2D} context @param {GridModel} model @param {Geometry} size @param {Look} look
 */
function cliffs(context, model, size, look) {
  for (let s = 0; s < model.kinds.length; s++) {
    const opens = s % model.columns === 0 || model.kinds[s - 1] !== CLIFF;
    if (model.kinds[s] !== CLIFF || !opens) continue;
    let end = s;
    while ((end + 1) % model.columns !== 0 && model.kinds[end + 1] === CLIFF) end += 1;
    const first = box(size, model.columns, s);
    const width = (end - s + 1) * first.width;
    context.save();
    context.beginPath();
    context.rect(first.x + 0.75, first.y + 0.75, width - 1.5, first.height - 1.5);
    context.clip();
    context.fillStyle = look.palette.cliff;
    context.fillRect(first.x, first.y, width, first.height);
    context.strokeStyle = "rgba(0,0,0,.16)";
    context.lineWidth = 2;
    context.beginPath();
    for (let x = first.x - first.height; x < first.x + width; x += 9) {
      context.moveTo(x, first.y + first.height);
      context.lineTo(x + first.height, first.y);
    }
    context.stroke();
    context.restore();
    context.fillStyle = "#f6ece2";
    const size_ = Math.min(13, first.height * 0.34) * look.bold;
    context.letterSpacing = "2px";
    centred(context, look.words.cliff, first.x + width / 2, first.cy, `500 ${size_}px ${look.font}`);
    context.letterSpacing = "0px";
  }
}

/**
 * The greedy policy: as thick as likely, several where several tie; short strokes where all do.
 * @param {CanvasRenderingContext2D} context @param {Box} cell @param {GridModel} model
 * @param {number} s @param {number} n @param {Look} look
 */
function arrows(context, cell, model, s, n, look) {
  const shares = Array.from({ length: n }, (_, a) => model.policy[s * n + a]);
  const undecided = shares.every((share) => share > 0);
  const half = Math.min(cell.width, cell.height) * 0.25;
  const cy = cell.cy - (look.layers.numbers ? cell.height * 0.07 : 0); // the number stands below
  context.strokeStyle = look.palette.ink;
  context.lineCap = context.lineJoin = "round";
  shares.forEach((share, a) => {
    if (!(share > 0)) return;
    const [down, right] = model.steps[a];
    context.globalAlpha = undecided ? 0.45 : share > TIED ? 1 : 0.8;
    context.lineWidth = (0.7 + 1.3 * share) * look.bold;
    // One that is sure goes through the middle; those that tie start from it.
    const back = share > TIED ? half * 0.8 : -half * 0.15;
    const [length, head] = undecided ? [half * 0.5, 0] : [half, half * 0.42];
    const [tipX, tipY] = [cell.cx + right * length, cy + down * length];
    context.beginPath();
    context.moveTo(cell.cx - right * back, cy - down * back);
    context.lineTo(tipX, tipY);
    if (head > 0) {
      context.moveTo(tipX - right * head - down * head * 0.75, tipY - down * head - right * head * 0.75);
      context.lineTo(tipX, tipY);
      context.lineTo(tipX - right * head + down * head * 0.75, tipY - down * head + right * head * 0.75);
    }
    context.stroke();
  });
  context.globalAlpha = 1;
}

/**
 * The way of replica 0 in this episode; older moves fade, exploratory ones are dashed and hollow,
 * a fall ends in a cross.
 * @param {CanvasRenderingContext2D} context @param {GridModel} model @param {Geometry} size @param {Look} look
 */
function trail(context, model, size, look) {
  const unit = Math.min(size.cellWidth, size.cellHeight);
  context.lineCap = "round";
  model.trail.forEach((move, i) => {
    const from = box(size, model.columns, move.from);
    const x = size.left + (move.column + 0.5) * size.cellWidth;
    const y = size.top + (move.row + 0.5) * size.cellHeight;
    const stays = move.from === move.to && !move.fell;
    const [toX, toY] = stays ? [from.cx + (x - from.cx) * 0.3, from.cy + (y - from.cy) * 0.3] : [x, y];
    context.globalAlpha = 0.15 + 0.65 * ((i + 1) / model.trail.length);
    context.strokeStyle = look.color;
    context.lineWidth = 3 * look.bold;
    context.setLineDash(move.exploratory ? [2, 5] : []);
    context.beginPath();
    context.moveTo(from.cx, from.cy);
    context.lineTo(toX, toY);
    context.stroke();
    context.setLineDash([]);
    if (move.exploratory) ring(context, (from.cx + toX) / 2, (from.cy + toY) / 2, unit * 0.075, look);
    if (move.fell) cross(context, toX, toY, unit * 0.13, look);
  });
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} r @param {Look} look */
function ring(context, x, y, r, look) {
  context.globalAlpha = 1;
  context.fillStyle = look.palette.panel;
  context.lineWidth = 2 * look.bold;
  context.beginPath();
  context.arc(x, y, r, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} r @param {Look} look */
function cross(context, x, y, r, look) {
  context.globalAlpha = 1;
  context.strokeStyle = "#f6ece2";
  context.lineWidth = 2.5 * look.bold;
  context.beginPath();
  context.moveTo(x - r, y - r);
  context.lineTo(x + r, y + r);
  context.moveTo(x + r, y - r);
  context.lineTo(x - r, y + r);
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {Box} cell @param {Look} look */
function agent(context, cell, look) {
  const r = Math.min(cell.width, cell.height) * 0.17;
  context.fillStyle = look.color;
  context.strokeStyle = look.palette.panel;
  context.lineWidth = 2.5;
  context.beginPath();
  if (look.marker === "square") context.rect(cell.cx - r * 0.9, cell.cy - r * 0.9, r * 1.8, r * 1.8);
  else context.arc(cell.cx, cell.cy, r, 0, 2 * Math.PI);
  context.stroke();
  context.fill();
}

/**
 * A bar at the left side, as high as the logarithm of the visits, and their count.
 * @param {CanvasRenderingContext2D} context @param {Box} cell @param {GridModel} model @param {number} s @param {Look} look
 */
function visits(context, cell, model, s, look) {
  const most = Math.max(1, ...Array.from(model.visits));
  const share = Math.log1p(model.visits[s] ?? 0) / Math.log1p(most);
  context.fillStyle = look.palette.accent;
  context.globalAlpha = 0.85;
  context.fillRect(cell.x + 1, cell.y + cell.height - 1, 4, -share * (cell.height - 2));
  context.globalAlpha = 1;
  if (cell.width < 34) return;
  const font = `${Math.min(10, cell.height * 0.22) * look.bold}px ${look.font}`;
  haloed(context, brief(model.visits[s] ?? 0), cell.x + cell.width - 3, cell.y + 3, font, look, "right", "top");
}

/**
 * V in the lower right corner, on a halo so that it can be read on any fill.
 * @param {CanvasRenderingContext2D} context @param {Box} cell @param {number} value @param {Look} look
 */
function figure(context, cell, value, look) {
  const wished = Math.min(14, Math.max(10.5, cell.height * 0.17)) * look.bold;
  const size = Math.min(wished, cell.width * 0.31, cell.height * 0.3);
  const text = number(value, Math.abs(value) >= 99.95 ? 0 : 1);
  haloed(context, text, cell.x + cell.width - 3, cell.y + cell.height - 2.5, `${size}px ${look.font}`, look, "right", "bottom");
}

/** @param {CanvasRenderingContext2D} context @param {Box} cell @param {string} text @param {Look} look */
function label(context, cell, text, look) {
  const size = Math.min(10 * look.bold, cell.width * 0.28);
  haloed(context, text, cell.x + 3, cell.y + 3, `${size}px ${look.font}`, look, "left", "top");
}

/**
 * @param {CanvasRenderingContext2D} context @param {string} text @param {number} x @param {number} y
 * @param {string} font @param {Look} look @param {CanvasTextAlign} align @param {CanvasTextBaseline} baseline
 */
function haloed(context, text, x, y, font, look, align, baseline) {
  context.font = font;
  context.textAlign = align;
  context.textBaseline = baseline;
  context.lineJoin = "round";
  context.lineWidth = 2.5;
  context.globalAlpha = 0.6;
  context.strokeStyle = look.palette.zero;
  context.strokeText(text, x, y);
  context.globalAlpha = 1;
  context.fillStyle = look.palette.ink;
  context.fillText(text, x, y);
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} x @param {number} y @param {string} font */
function centred(context, text, x, y, font) {
  context.font = font;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y);
}

/** @param {CanvasRenderingContext2D} context @param {Box} cell @param {Look} look */
function cursor(context, cell, look) {
  context.strokeStyle = look.palette.ink;
  context.lineWidth = 2.5 * look.bold;
  context.strokeRect(cell.x + 1.5, cell.y + 1.5, cell.width - 3, cell.height - 3);
}

/** @param {string} from @param {string} to @param {number} share of the second, both #rrggbb */
function mixed(from, to, share) {
  const part = (/** @type {string} */ color, /** @type {number} */ at) => parseInt(color.slice(at, at + 2), 16);
  const channels = [1, 3, 5].map((at) => Math.round(part(from, at) + (part(to, at) - part(from, at)) * share));
  return `rgb(${channels.join(",")})`;
}
