/**
 * A pen with the part of the canvas's drawing commands that our grids use; what it draws becomes an
 * SVG of the same shapes and letters.
 *
 * Sizes are CSS pixels and nothing is transformed, so that a command is one element.
 */

const ANCHORS = { left: "start", start: "start", center: "middle", right: "end", end: "end" };
const BASELINES = { middle: "central", top: "text-before-edge", bottom: "text-after-edge" };
const KEPT = ["fillStyle", "strokeStyle", "lineWidth", "globalAlpha", "clipped"];

export class SvgPen {
  fillStyle = "#000";
  strokeStyle = "#000";
  lineWidth = 1;
  lineCap = "butt";
  lineJoin = "miter";
  globalAlpha = 1;
  font = "10px sans-serif";
  textAlign = "start";
  textBaseline = "alphabetic";
  letterSpacing = "0px";
  clipped = ""; // the clip path that holds now
  /** @type {string[]} */ #shapes = [];
  /** @type {string[]} */ #clips = [];
  /** @type {number[]} */ #dashes = [];
  /** @type {Record<string, any>[]} */ #saved = [];
  #path = "";
  #measure;

  /** @param {CanvasRenderingContext2D} measure one that knows how wide letters are */
  constructor(measure) {
    this.#measure = measure;
  }

  clearRect() {
    this.#shapes = [];
    this.#clips = [];
  }

  beginPath() {
    this.#path = "";
  }

  closePath() {
    this.#path += "Z";
  }

  /** @param {number} x @param {number} y */
  moveTo(x, y) {
    this.#path += `M${at(x, y)}`;
  }

  /** @param {number} x @param {number} y */
  lineTo(x, y) {
    this.#path += `${this.#path === "" ? "M" : "L"}${at(x, y)}`;
  }

  /** @param {number} cx @param {number} cy @param {number} x @param {number} y */
  quadraticCurveTo(cx, cy, x, y) {
    this.#path += `Q${at(cx, cy)} ${at(x, y)}`;
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  rect(x, y, width, height) {
    this.#path += `M${at(x, y)}h${width}v${height}h${-width}Z`;
  }

  /** @param {number} x @param {number} y @param {number} radius @param {number} from @param {number} to */
  arc(x, y, radius, from, to) {
    this.ellipse(x, y, radius, radius, 0, from, to);
  }

  /**
   * @param {number} x @param {number} y @param {number} wide @param {number} high
   * @param {number} _turned not used by our grids @param {number} from @param {number} to
   */
  ellipse(x, y, wide, high, _turned, from, to) {
    const point = (/** @type {number} */ angle) =>
      at(x + wide * Math.cos(angle), y + high * Math.sin(angle));
    const middle = (from + to) / 2; // an arc of SVG can not go all the way round
    this.lineTo(x + wide * Math.cos(from), y + high * Math.sin(from));
    for (const end of [middle, to]) this.#path += `A${wide} ${high} 0 0 1 ${point(end)}`;
  }

  /** @param {number[]} dashes */
  setLineDash(dashes) {
    this.#dashes = dashes;
  }

  save() {
    this.#saved.push(Object.fromEntries(KEPT.map((key) => [key, this[/** @type {"font"} */ (key)]])));
  }

  restore() {
    Object.assign(this, this.#saved.pop());
  }

  clip() {
    this.clipped = `c${this.#clips.length}`;
    this.#clips.push(`<clipPath id="${this.clipped}"><path d="${this.#path}"/></clipPath>`);
  }

  fill() {
    this.#draw(`<path d="${this.#path}" ${this.#filled()}`, "/>");
  }

  stroke() {
    this.#draw(`<path d="${this.#path}" ${this.#stroked()}`, "/>");
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  fillRect(x, y, width, height) {
    this.#draw(`${box(x, y, width, height)} ${this.#filled()}`, "/>");
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  strokeRect(x, y, width, height) {
    this.#draw(`${box(x, y, width, height)} ${this.#stroked()}`, "/>");
  }

  /** @param {string} text @param {number} x @param {number} y */
  fillText(text, x, y) {
    this.#write(text, x, y, this.#filled());
  }

  /** @param {string} text @param {number} x @param {number} y */
  strokeText(text, x, y) {
    this.#write(text, x, y, this.#stroked());
  }

  /** @param {string} text */
  measureText(text) {
    this.#measure.font = this.font;
    return this.#measure.measureText(text);
  }

  /**
   * All that was drawn, below a line with a title.
   * @param {{width: number, height: number, head: number, paper: string, title: string, ink: string,
   *   font: string}} sheet
   */
  svg({ width, height, head, paper, title, ink, font }) {
    const whole = [width, height + head].map((length) => length.toFixed(2));
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${whole.join(" ")}" width="${whole[0]}" height="${whole[1]}">`,
      `<title>${escaped(title)}</title>`,
      `<rect width="100%" height="100%" fill="${paper}"/>`,
      `<text x="6" y="${head / 2}" dominant-baseline="central" fill="${ink}" style="font:600 14px ${escaped(font)}">${escaped(title)}</text>`,
      `<defs>${this.#clips.join("")}</defs>`,
      `<g transform="translate(0 ${head})">${this.#shapes.join("\n")}</g>`,
      "</svg>",
    ].join("\n");
  }

  #filled() {
    return `fill="${this.fillStyle}"`;
  }

  #stroked() {
    const { strokeStyle, lineWidth, lineCap, lineJoin } = this;
    const dashes = this.#dashes.length > 0 ? ` stroke-dasharray="${this.#dashes.join(" ")}"` : "";
    return `fill="none" stroke="${strokeStyle}" stroke-width="${lineWidth}" stroke-linecap="${lineCap}" stroke-linejoin="${lineJoin}"${dashes}`;
  }

  /** @param {string} text @param {number} x @param {number} y @param {string} look */
  #write(text, x, y, look) {
    const anchor = ANCHORS[/** @type {"left"} */ (this.textAlign)];
    const baseline = BASELINES[/** @type {"top"} */ (this.textBaseline)] ?? "alphabetic";
    const spacing = parseFloat(this.letterSpacing) ? `;letter-spacing:${this.letterSpacing}` : "";
    const place = `x="${x.toFixed(2)}" y="${y.toFixed(2)}" text-anchor="${anchor}" dominant-baseline="${baseline}"`;
    const style = `style="font:${escaped(this.font)}${spacing}"`;
    this.#draw(`<text ${place} ${style} ${look}`, `>${escaped(text)}</text>`);
  }

  /** @param {string} head of the element @param {string} end */
  #draw(head, end) {
    const alpha = this.globalAlpha < 1 ? ` opacity="${this.globalAlpha}"` : "";
    const clip = this.clipped === "" ? "" : ` clip-path="url(#${this.clipped})"`;
    this.#shapes.push(`${head}${alpha}${clip}${end}`);
  }
}

/** @param {number} x @param {number} y */
function at(x, y) {
  return `${x.toFixed(2)} ${y.toFixed(2)}`;
}

/** @param {number} x @param {number} y @param {number} width @param {number} height */
function box(x, y, width, height) {
  const [left, top, wide, high] = [x, y, width, height].map((length) => length.toFixed(2));
  return `<rect x="${left}" y="${top}" width="${wide}" height="${high}"`;
}

/** @param {string} text */
function escaped(text) {
  const names = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (sign) => names[/** @type {"&"} */ (sign)]);
}
