/**
 * What stands on the axes: names at the ends of lines, and the knobs that were turned.
 * rlviz/figures/placing.py is its twin. Places are found in pixels of the box, so that labels
 * neither overlap nor run out of it, and given in data units and shifts, so that they follow a zoom.
 */

import { log10, rounded, short, textWidth, total } from "./transforms.js";

const MERGE_SECONDS = 0.4; // marks of one knob closer than this are one turn of it
const MERGE_PIXELS = 8; // so are those closer than this, and equal marks of two runs
const MARKS_SHOWN = 40;
const LEAST = 1e-12; // an estimate may be exactly right, a distance 0

/** Annotations right of the plot, each at its line's end or as near as the others let it. */
export function endLabels(labels, layout, height, theme) {
  const ends = layout.yaxis.autorangeoptions;
  if (ends === undefined) return [];
  const line = theme.size.label * 1.25;
  const { minallowed: low, maxallowed: high } = ends; // on a logarithmic axis, exponents
  const items = labels.map((label) => {
    const along = layout.yaxis.type === "log" ? log10(Math.max(label.y, LEAST)) : label.y;
    const y = Math.min(high, Math.max(low, along));
    const middle = ((high - y) / (high - low)) * height; // pixels from the top, where the line ends
    return { label, y, middle, tall: line * label.text.split("<br>").length };
  });
  while (total(items.map((item) => item.tall)) > height) items.pop();
  items.sort((a, b) => a.middle - b.middle);
  let free = 0;
  for (const item of items) {
    item.top = Math.max(item.middle - item.tall / 2, free);
    free = item.top + item.tall;
  }
  let floor = height;
  for (const item of [...items].reverse()) {
    item.top = Math.min(item.top, floor - item.tall);
    floor = item.top;
  }
  return items.map((item) => annotation(item, theme));
}

function annotation({ label, y, middle, tall, top }, theme) {
  return {
    text: label.text,
    x: 1,
    xref: "paper",
    xanchor: "left",
    xshift: 4,
    align: "left",
    showarrow: false,
    y,
    yref: "y",
    yanchor: "middle",
    yshift: rounded(middle - tall / 2 - top),
    font: { color: label.color, size: theme.size.label },
  };
}

/**
 * Shapes and annotations of marks, the newest first; a text without room is left out. One row of
 * them stands above the plot and may reach over the `right` pixels beside it, one within it.
 * looks = {size, line, background, colors: {role: {color, text}}}.
 */
export function markLines(marks, ends, width, right, looks) {
  const { minallowed: low, maxallowed: high } = ends;
  const rows = [[], []];
  const shapes = [];
  const annotations = [];
  for (const mark of marks) {
    const colors = looks.colors[mark.color];
    shapes.push(line(mark.iteration, colors.color, looks.line));
    const at = ((mark.iteration - low) / (high - low)) * width;
    const wide = textWidth(mark.text, looks.size) + 4;
    const places = rows.map((taken, row) => {
      const rightwards = at + wide <= width + (row ? 0 : right);
      const [start, end] = rightwards ? [at, at + wide] : [at - wide, at];
      const free = start >= 0 && taken.every(([a, b]) => end <= a || start >= b);
      return { rightwards, start, end, free };
    });
    const row = places.findIndex((place) => place.free);
    if (row < 0) continue;
    const { rightwards, start, end } = places[row];
    rows[row].push([start, end]);
    annotations.push({
      text: mark.text,
      x: mark.iteration,
      xref: "x",
      xanchor: rightwards ? "left" : "right",
      showarrow: false,
      y: 1,
      yref: "paper",
      yanchor: row ? "top" : "bottom",
      borderpad: 1,
      bgcolor: looks.background,
      font: { color: colors.text, size: looks.size },
    });
  }
  return { shapes, annotations };
}

function line(at, color, width) {
  const place = { xref: "x", yref: "paper", x0: at, x1: at, y0: 0, y1: 1 };
  return { type: "line", ...place, line: { color, width, dash: "dot" } };
}

const oneTurn = (iterations, seconds, pixelsEach) =>
  seconds <= MERGE_SECONDS || iterations * pixelsEach <= MERGE_PIXELS;

/** The marks of all its runs, newest first, those of one turn and of two equal runs as one. */
export function knobMarks(figure, frames, pixelsEach) {
  const found = [];
  for (const alias of figure.marks) {
    const turning = {}; // the newest mark of each knob
    for (const mark of frames[alias]?.metadata.marks ?? []) {
      const last = turning[mark.field];
      const wall = mark.wall ?? Infinity;
      if (last && oneTurn(mark.iteration - last.iteration, wall - last.wall, pixelsEach)) {
        Object.assign(last, { new: mark.new, wall, iteration: mark.iteration });
      } else {
        turning[mark.field] = { ...mark, wall, alias, color: figure.roles[alias] };
        found.push(turning[mark.field]);
      }
    }
  }
  const apart = [];
  for (const mark of found) {
    if (JSON.stringify(mark.old) === JSON.stringify(mark.new)) continue; // turned back at once
    mark.text = `${mark.symbol || mark.field} ${short(mark.old)} → ${short(mark.new)}`;
    const twin = apart.find((other) => {
      const near = Math.abs(other.iteration - mark.iteration) * pixelsEach <= MERGE_PIXELS;
      return near && other.text === mark.text && other.alias !== mark.alias;
    });
    if (twin) Object.assign(twin, { alias: null, color: "soft" });
    else apart.push(mark);
  }
  return apart.sort((a, b) => b.iteration - a.iteration).slice(0, MARKS_SHOWN);
}
