/**
 * Figures as data, resolved against frames: what Plotly.react takes, words, and a table.
 * rlviz/figures/resolve.py does the same; tests/figures/test_twins.py holds the two together.
 *
 * A leaf of a figure may be one of these objects (rlviz/figures/references.py), and nothing else
 * is computed:
 *   {$ref, run, now, smooth, column, band, scale, shift, stat, quantile, symmetric_range, default}
 *   {$iteration: alias}   {$text, slots}   {$range: [leaves], pad, include, exact, log}
 *   {$color: role, alpha | text}   {$dash: role}   {$symbol: role}   {$size: name}
 *
 * frames = {alias: {metadata, tensors: {name: number | {shape, data: TypedArray}}}}; an alias
 * without a frame is absent or null. theme = rlviz.figures.theme.theme(name) as JSON.
 */

import { series } from "./theme.js";
import { endLabels, knobMarks, markLines } from "./placing.js";
import {
  axisSpan, band, columns, filled, quantile, smoothed, STATS, symmetricRange, textWidth,
} from "./transforms.js";

const BOX = { width: 420, height: 200 };
const MISSING = Symbol("missing");

/**
 * What Plotly.react takes, or the sentence to show instead. `notes` says why a part is absent.
 * @param {object} figure one entry of `data.figures`
 * @param {Object<string, {metadata: object, tensors: object}|null>} frames newest frame by alias
 * @param {object} theme palette, sizes and Plotly template
 * @param {{width: number, height: number}} [box] pixels of the div, for labels that never overlap
 * @returns {{data: object[], layout: object, notes: string[]} | {missing: string, notes: string[]}}
 */
export function resolve(figure, frames, theme, box = BOX) {
  const context = { figure, frames, theme, absent: [], curves: new Map() };
  const data = figure.data.map((trace) => whole(trace, context)).filter((d) => d !== MISSING);
  const notes = [...new Set(context.absent)];
  if (!data.length) return { missing: notes[0] ?? figure.missing, notes };
  const layout = value(figure.layout, context);
  const labels = figure.labels.map((l) => whole(l, context)).filter((l) => l !== MISSING);
  const margin = { ...theme.size.margin, ...layout.margin };
  if (labels.length) {
    const widest = Math.max(...labels.map((label) => textWidth(label.text, theme.size.label)));
    margin.r = Math.ceil(6 + widest);
  }
  const width = box.width - margin.l - margin.r;
  const height = box.height - margin.t - margin.b;
  const marks = marksOf(figure, frames, layout, width, margin.r, theme);
  layout.template = theme.template;
  layout.margin = margin;
  layout.shapes = [...(layout.shapes ?? []), ...marks.shapes];
  layout.annotations = [...endLabels(labels, layout, height, theme), ...marks.annotations];
  layout.uirevision = revision(figure, frames);
  return { data, layout, notes };
}

/** The signals that each stage must send, {alias: [names]}, sorted: this is what Watch asks for. */
export function needs(figure) {
  const found = Object.fromEntries(figure.marks.map((alias) => [alias, new Set()]));
  collect(figure, found);
  const aliases = Object.keys(found).sort();
  return Object.fromEntries(aliases.map((alias) => [alias, [...found[alias]].sort()]));
}

/** The figure in words: the sentences whose numbers are there, or why there are none. */
export function summary(figure, frames) {
  const context = { figure, frames, theme: null, absent: [], curves: new Map() };
  const texts = figure.summary.map((item) => fill(item.text, item.slots, context));
  const there = texts.filter((t) => t !== MISSING);
  return there.length ? there : [context.absent[0] ?? figure.missing];
}

/** {columns, digits, rows: [[text or number or null]]}; a row for each bin that is not empty. */
export function table(figure, frames) {
  const context = { figure, frames, theme: null, absent: [], curves: new Map() };
  const rows = [];
  for (const group of figure.table.groups) {
    const cells = group.cells.map((cell) => value(cell, context));
    const lists = cells.map((cell) => (Array.isArray(cell) ? cell : []));
    for (let i = 0; i < Math.max(...lists.map((cell) => cell.length)); i++) {
      const row = lists.map((cell) => cell[i] ?? null);
      if (row[1] !== null) rows.push([group.label, ...row]);
    }
  }
  return { columns: figure.table.columns, digits: figure.table.digits, rows };
}

/** A leaf, or anything that holds leaves, with what it refers to; parts without are left out. */
function value(leaf, context) {
  if (Array.isArray(leaf)) return leaf.map((v) => value(v, context)).filter((v) => v !== MISSING);
  if (leaf === null || typeof leaf !== "object") return leaf;
  if ("$ref" in leaf) return reference(leaf, context);
  if ("$iteration" in leaf) return reached(context.frames[leaf.$iteration]?.metadata);
  if ("$text" in leaf) return fill(leaf.$text, leaf.slots, context);
  if ("$range" in leaf) return range(leaf, context);
  if ("$color" in leaf) {
    const hue = look(leaf.$color, context.theme)[leaf.text ? "text" : "color"];
    return "alpha" in leaf ? shade(hue, leaf.alpha) : hue;
  }
  if ("$dash" in leaf) return look(leaf.$dash, context.theme).dash;
  if ("$symbol" in leaf) return look(leaf.$symbol, context.theme).marker;
  if ("$size" in leaf) return context.theme.size[leaf.$size];
  const entries = Object.entries(leaf).map(([key, item]) => [key, value(item, context)]);
  return Object.fromEntries(entries.filter(([, item]) => item !== MISSING));
}

/** The same, but missing altogether where any part of it is. */
function whole(leaf, context) {
  const before = context.absent.length;
  const done = value(leaf, context);
  return context.absent.length === before ? done : MISSING;
}

/** How far a run is; a frame of the past stands between the ends of now (`horizon`). */
function reached(metadata) {
  return metadata?.horizon ?? metadata?.iteration ?? MISSING;
}

function fill(template, slots, context) {
  const found = Object.fromEntries(
    Object.entries(slots).map(([name, leaf]) => [name, whole(leaf, context)]),
  );
  return Object.values(found).includes(MISSING) ? MISSING : filled(template, found);
}

function reference(leaf, context) {
  const frame = context.frames[leaf.run];
  const found = frame ? transformed(leaf, frame.tensors, context.curves) : MISSING;
  if (found !== MISSING) return found;
  if ("default" in leaf) return leaf.default;
  context.absent.push(frame?.metadata.missing?.[leaf.$ref] || context.figure.missing);
  return MISSING;
}

function transformed(leaf, tensors, curves) {
  const tensor = tensors[leaf.now ? `${leaf.$ref}.now` : leaf.$ref];
  if (tensor === undefined) return MISSING;
  const moved = (v) => v * (leaf.scale ?? 1) + (leaf.shift ?? 0);
  if (typeof tensor === "number") return Number.isFinite(moved(tensor)) ? moved(tensor) : MISSING;
  if (!leaf.column && !leaf.band) {
    return reduced(leaf, Array.from(tensor.data, moved), tensor.shape);
  }
  const curve = curveOf(leaf, tensor, curves);
  let row = leaf.band ? band(curve, leaf.band) : curve[leaf.column];
  if (leaf.column !== "at" && leaf.band !== "x") row = row.map(moved);
  return reduced(leaf, row, [row.length]);
}

/** Each curve is smoothed once for a figure, however many leaves ask for it. */
function curveOf(leaf, tensor, curves) {
  const key = [leaf.run, leaf.$ref, leaf.smooth ?? 0].join(" ");
  if (!curves.has(key)) {
    const plain = columns(tensor);
    curves.set(key, leaf.smooth ? smoothed(plain, leaf.smooth) : plain);
  }
  return curves.get(key);
}

function reduced(leaf, values, shape) {
  const finite = values.filter(Number.isFinite);
  if (!finite.length) return MISSING;
  if (leaf.stat) return STATS[leaf.stat](finite);
  if (leaf.quantile !== undefined) return quantile(finite, leaf.quantile);
  if (leaf.symmetric_range) return symmetricRange(finite);
  const plain = values.map((v) => (Number.isFinite(v) ? v : null));
  if (shape.length === 1) return plain;
  const wide = shape[1];
  return Array.from({ length: shape[0] }, (_, i) => plain.slice(i * wide, (i + 1) * wide));
}

function range(leaf, context) {
  const quiet = { ...context, absent: [] };
  const found = leaf.$range.map((item) => value(item, quiet)).filter((v) => v !== MISSING);
  const all = [...found.flat(), ...(leaf.include ?? [])].filter((v) => v !== null);
  const numbers = all.filter((v) => v > 0 || !leaf.log);
  return numbers.length ? axisSpan(numbers, leaf) : MISSING;
}

/** A zoom is kept as long as this text stays: another run begins unzoomed. */
function revision(figure, frames) {
  const runs = Object.keys(needs(figure)).map((alias) => frames[alias]?.metadata.run ?? "");
  return [figure.name, ...runs].join(":");
}

function marksOf(figure, frames, layout, width, right, theme) {
  const ends = layout.xaxis.autorangeoptions;
  if (ends === undefined) return { shapes: [], annotations: [] };
  const marks = knobMarks(figure, frames, width / (ends.maxallowed - ends.minallowed));
  const looks = {
    size: theme.size.mark,
    line: theme.size.thin * 1.5,
    background: shade(theme.panel, 0.8),
    colors: Object.fromEntries(marks.map((mark) => [mark.color, look(mark.color, theme)])),
  };
  return markLines(marks, ends, width, right, looks);
}

/** Colour and shade for letters of a role; of "series:FAMILY:MEMBER" dash and marker too. */
function look(role, theme) {
  const [kind, family, member, parent] = role.split(":");
  if (kind !== "series") return { color: theme[role], text: theme[`${role}_text`] ?? theme[role] };
  return series(theme, { family, member: Number(member), parent: parent !== undefined });
}

function shade(color, alpha) {
  const [red, green, blue] = [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
  return `rgba(${red},${green},${blue},${alpha})`;
}

function collect(leaf, found) {
  if (Array.isArray(leaf)) for (const item of leaf) collect(item, found);
  else if (leaf !== null && typeof leaf === "object") {
    if ("$ref" in leaf) (found[leaf.run] ??= new Set()).add(leaf.$ref);
    else for (const item of Object.values(leaf)) collect(item, found);
  }
}
