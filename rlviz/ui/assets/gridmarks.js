/**
 * What moves on the ground of a grid: greedy arrows, the trail and the agent, visits, the cursor.
 *
 * @typedef {import("./gridpaint.js").Brush} Brush
 * @typedef {import("./gridmodel.js").Move} Move
 */

import { box, haloed } from "./gridplace.js";
import { brief } from "./text.js";

const TIED = 0.999; // a share below this means that several actions tie
const LOW = 36; // px of a cell's height
const LEAST_HALF = 3; // px; a shorter arrow is a speck

/**
 * The greedy policy: as thick as likely, several where several tie; short strokes where all do.
 * @param {Brush} brush
 * @param {number} s
 */
export function arrows(brush, s) {
  const { context, model, look } = brush;
  const cell = box(brush, s);
  const n = model.actions.length;
  const shares = Array.from({ length: n }, (_, a) => model.policy[s * n + a]);
  const known = shares.filter((_, a) => Number.isFinite(model.values[s * n + a] ?? 0));
  const undecided = known.length > 1 && known.every((share) => share > 0);
  const half = Math.min(cell.width, cell.height) * 0.25;
  if (half < LEAST_HALF) return;
  const middle = cell.cy - (look.layers.numbers ? cell.height * 0.07 : 0); // the number is below
  // Where a row is low, the number stands beside the arrow.
  const isLow = look.layers.numbers && cell.height < LOW && cell.width > 1.25 * cell.height;
  const center = cell.cx - (isLow ? cell.width * 0.2 : 0);
  context.strokeStyle = look.palette.ink;
  context.lineCap = context.lineJoin = "round";
  shares.forEach((share, a) => {
    if (!(share > 0)) return;
    context.globalAlpha = undecided ? 0.45 : share > TIED ? 1 : 0.8;
    context.lineWidth = (0.7 + 1.3 * share) * look.bold;
    // One that is sure goes through the middle; those that tie start from it.
    const back = share > TIED ? half * 0.8 : -half * 0.15;
    const [length, head] = undecided ? [half * 0.5, 0] : [half, half * 0.42];
    const step = model.steps[a];
    if (step) arrow(context, [center, middle], unit(step), { back, length, head });
    else if (share > TIED) name(brush, s, look.words[model.actions[a]]);
  });
  context.globalAlpha = 1;
}

/** As long as a straight one, also along a diagonal. @param {[number, number]} step */
function unit([down, right]) {
  const size = Math.hypot(down, right);
  return /** @type {[number, number]} */ ([down / size, right / size]);
}

/** The best action where it points nowhere: its name. @param {Brush} brush @param {number} s @param {string} text */
function name(brush, s, text) {
  const { cx, cy, width } = box(brush, s);
  const size = Math.min(11 * brush.look.bold, (1.7 * width) / Math.max(2, text.length));
  if (size < 6) return;
  haloed(brush, text, { x: cx, y: cy, size, corner: ["center", "middle"] });
}

/**
 * The way of replica 0 in this episode; older moves fade, exploratory ones are dashed with a ring,
 * a fall ends in a cross.
 * @param {Brush} brush
 */
export function trail(brush) {
  const { context, model, look } = brush;
  context.lineCap = "round";
  model.trail.forEach((move, i) => {
    context.globalAlpha = 0.15 + 0.65 * ((i + 1) / model.trail.length);
    context.strokeStyle = look.color;
    context.lineWidth = 3 * look.bold;
    drawn(brush, move);
  });
  context.globalAlpha = 1;
}

/** Where replica 0 stands, in the shape of its curves' marker. @param {Brush} brush */
export function agent(brush) {
  const { context, model, look } = brush;
  const { cx, cy, width, height } = box(brush, model.agent);
  const r = Math.min(width, height) * 0.17;
  context.fillStyle = look.color;
  context.strokeStyle = look.palette.panel;
  context.lineWidth = 2.5;
  context.beginPath();
  if (look.marker === "square") context.rect(cx - r * 0.9, cy - r * 0.9, r * 1.8, r * 1.8);
  else context.arc(cx, cy, r, 0, 2 * Math.PI);
  context.stroke();
  context.fill();
}

/**
 * A bar at the left side, as high as the logarithm of the visits, and their count.
 * @param {Brush} brush
 * @param {number} s
 */
export function visits(brush, s) {
  const { context, model, look } = brush;
  const { x, y, width, height } = box(brush, s);
  const most = Math.max(1, ...Array.from(model.visits));
  const share = Math.log1p(model.visits[s] ?? 0) / Math.log1p(most);
  context.fillStyle = look.palette.accent;
  context.globalAlpha = 0.85;
  context.fillRect(x + 1, y + height - 1, 4, -share * (height - 2));
  context.globalAlpha = 1;
  if (width < 34) return;
  const size = Math.min(10, height * 0.22) * look.bold;
  const place = { x: x + width - 3, y: y + 3, size };
  haloed(brush, brief(model.visits[s] ?? 0), { ...place, corner: ["right", "top"] });
}

/** @param {Brush} brush @param {number} s */
export function cursor(brush, s) {
  const { x, y, width, height } = box(brush, s);
  brush.context.strokeStyle = brush.look.palette.ink;
  brush.context.lineWidth = 2.5 * brush.look.bold;
  brush.context.strokeRect(x + 1.5, y + 1.5, width - 3, height - 3);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number]} middle
 * @param {[number, number]} direction [down, right]
 * @param {{back: number, length: number, head: number}} size
 */
function arrow(context, [x, y], [down, right], { back, length, head }) {
  const [tipX, tipY] = [x + right * length, y + down * length];
  const side = head * 0.75;
  context.beginPath();
  context.moveTo(x - right * back, y - down * back);
  context.lineTo(tipX, tipY);
  if (head > 0) {
    context.moveTo(tipX - right * head - down * side, tipY - down * head + right * side);
    context.lineTo(tipX, tipY);
    context.lineTo(tipX - right * head + down * side, tipY - down * head - right * side);
  }
  context.stroke();
}

/** One move; against a wall it is a stub. @param {Brush} brush @param {Move} move */
function drawn(brush, move) {
  const { context, size } = brush;
  const { cx, cy, width, height } = box(brush, move.from);
  const stub = move.from === move.to && !move.fell ? 0.3 : 1;
  const x = cx + (size.left + (move.column + 0.5) * width - cx) * stub;
  const y = cy + (size.top + (move.row + 0.5) * height - cy) * stub;
  const least = Math.min(width, height);
  context.setLineDash(move.exploratory ? [2, 5] : []);
  context.beginPath();
  context.moveTo(cx, cy);
  context.lineTo(x, y);
  context.stroke();
  context.setLineDash([]);
  if (move.exploratory) ring(brush, (cx + x) / 2, (cy + y) / 2, least * 0.075);
  if (move.fell) cross(brush, x, y, least * 0.13);
}

/** @param {Brush} brush @param {number} x @param {number} y @param {number} r */
function ring({ context, look }, x, y, r) {
  context.globalAlpha = 1;
  context.fillStyle = look.palette.panel;
  context.lineWidth = 2 * look.bold;
  context.beginPath();
  context.arc(x, y, r, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}

/** @param {Brush} brush @param {number} x @param {number} y @param {number} r */
function cross({ context, look }, x, y, r) {
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
