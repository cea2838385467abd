/**
 * What a reader takes home: tables as CSV, pictures as PNG and SVG, all made in the browser, under
 * names that tell what they hold.
 *
 * @typedef {import("./codec.js").Frame} Frame
 * @typedef {{title: string}} Caption what is written above a picture
 */

import { element } from "./dom.js";

const LONGEST_NAME = 120; // characters, without the ending
const BOM = "\ufeff"; // by which spreadsheets know UTF-8; readers of data frames skip it
const FORMULA = /^[=+\-@\t\r]/; // a spreadsheet would compute such a text
const HEAD = 30; // px above a picture, for its title
const SCALE = 2; // pixels of a PNG for one on screen

/**
 * Method, world, figure and iteration, in letters that every system takes.
 * @param {string} what the figure
 * @param {(Frame | null)[]} frames those it shows
 */
export function fileName(what, frames) {
  const shown = frames.filter((frame) => frame !== null).map((frame) => frame.metadata);
  const each = (/** @type {string} */ key) =>
    [...new Set(shown.map((one) => one[key]).filter((value) => value !== undefined))].join("+");
  const parts = [each("algorithm"), each("world"), what, each("iteration")];
  const plain = parts.map((part) => part.replace(/[^A-Za-z0-9_+]+/g, "_").replace(/^_+|_+$/g, ""));
  return plain.filter((part) => part !== "").join("-").slice(0, LONGEST_NAME) || "rlviz";
}

/**
 * RFC 4180, every digit of every number: a reader may round, a file may not.
 * @param {string[]} columns
 * @param {(string | number | null)[][]} rows
 */
export function csv(columns, rows) {
  return BOM + [columns, ...rows].map((row) => row.map(cell).join(",") + "\r\n").join("");
}

/** @param {string | number | null} value */
function cell(value) {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  if (value === null || value === undefined) return "";
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Gives a file to the reader, as a link that is followed would.
 * @param {string} name
 * @param {Blob} blob
 */
export function save(name, blob) {
  const url = URL.createObjectURL(blob);
  const link = element("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may still be reading it
}

/** @param {string} text */
export function tableFile(text) {
  return new Blob([text], { type: "text/csv;charset=utf-8" });
}

/**
 * What Plotly shows in an element, with its title above.
 * @param {any} library Plotly
 * @param {any} plot
 * @param {"png" | "svg"} format
 * @param {Caption} caption
 * @param {Record<string, any>} theme
 */
export async function plotFile(library, plot, format, caption, theme) {
  const { width, height, margin } = plot._fullLayout;
  const words = { text: caption.title, font: { size: 14, color: theme.ink }, x: 0.01, y: 0.985 };
  const title = { ...words, xanchor: "left", yanchor: "top", subtitle: { text: "" } };
  const layout = {
    ...plot.layout,
    title,
    width,
    height: height + HEAD,
    margin: { ...plot.layout.margin, t: margin.t + HEAD },
  };
  const size = { format, width, height: height + HEAD, scale: format === "png" ? SCALE : 1 };
  const url = await library.toImage({ data: plot.data, layout }, size);
  return blobOf(url);
}

/**
 * A data address as bytes, without asking the network.
 * @param {string} url
 */
export function blobOf(url) {
  const [head, body] = [url.slice(5, url.indexOf(",")), url.slice(url.indexOf(",") + 1)];
  const [type] = head.split(";");
  if (!head.endsWith(";base64")) return new Blob([decodeURIComponent(body)], { type });
  return new Blob([Uint8Array.from(atob(body), (c) => c.charCodeAt(0))], { type });
}

/**
 * A canvas on the paper of the theme, with its title above.
 * @param {HTMLCanvasElement} canvas
 * @param {Caption} caption
 * @param {Record<string, any>} theme
 * @param {string} font
 * @returns {Promise<Blob | null>}
 */
export function canvasFile(canvas, caption, theme, font) {
  const { width: shown } = canvas.getBoundingClientRect();
  const ratio = canvas.width / Math.max(1, shown);
  const head = Math.round(HEAD * ratio);
  const paper = element("canvas", { width: canvas.width, height: canvas.height + head });
  const context = paper.getContext("2d");
  context.fillStyle = theme.panel;
  context.fillRect(0, 0, paper.width, paper.height);
  context.fillStyle = theme.ink;
  context.font = `600 ${14 * ratio}px ${font}`;
  context.textBaseline = "middle";
  context.fillText(caption.title, 6 * ratio, head / 2);
  context.drawImage(canvas, 0, head);
  return new Promise((done) => paper.toBlob(done, "image/png"));
}

/**
 * What a grid's brush has drawn, as an SVG with its title above.
 * @param {import("./svgpen.js").SvgPen} pen
 * @param {{width: number, height: number}} size
 * @param {Caption} caption
 * @param {Record<string, any>} theme
 * @param {string} font
 */
export function penFile(pen, { width, height }, caption, theme, font) {
  const text = pen.svg({ width, height, head: HEAD, paper: theme.panel, title: caption.title, ink: theme.ink, font });
  return new Blob([text], { type: "image/svg+xml" });
}
