/**
 * A place for figures: one at a time, with a small switch where there are several. Plotly redraws
 * in place, so that a zoom survives; the figure comes as data with references that resolve.js fills.
 *
 * @typedef {import("./grid.js").Setting} Setting
 * @typedef {Record<string, any>} Figure
 */

import { element, popover, say, table } from "./dom.js";
import { formula } from "./equation.js";
import { csv, fileName, plotFile, save, tableFile } from "./files.js";
import { linkItem, menu, runItems } from "./menu.js";
import { past } from "./past.js";
import { needs, resolve, summary, table as rowsOf } from "./resolve.js";
import { count, number, t } from "./text.js";

const UNKEPT = "Nobody looked at this then, so it was not kept.";
const STORED = "first"; // the run of stored frames
const REDRAW_EVERY = 160; // ms for each figure, at most this often
const LONGEST_PAUSE = 1_000;
const SHARE = 6; // a drawing is followed by this many times its own cost without one
const RELEASES = ["pointerup", "pointercancel", "blur"];
const COARSE = matchMedia("(pointer: coarse)"); // a finger scrolls the page, it does not zoom

/** @type {Promise<any> | null} */
let plotly = null;

/**
 * The browser bundle, loaded once when the first figure wants it; null where it can not be had.
 * @param {string} url
 */
export function loadPlotly(url) {
  plotly ??= new Promise((resolved) => {
    const script = element("script", { src: url, async: true });
    script.onload = () => resolved(/** @type {any} */ (window).Plotly);
    script.onerror = () => resolved(null);
    document.head.append(script);
  });
  return plotly;
}

export class FigureSlot {
  /** @type {Record<string, any> | null} */ #waiting = null;
  #timer = 0;
  #last = 0;
  #first = 0; // when it was first drawn
  #pause = REDRAW_EVERY;
  #drawn = "";
  #zoomed = false; // by the reader, since the axes began
  /** Its size, which is dear to ask for while others draw. @type {DOMRectReadOnly | null} */ #box = null;
  #present = { name: "", height: {} }; // of the axis, when now was drawn last
  #seen = { revision: "", axes: "", kept: "" };
  #drawing = Promise.resolve();
  #isGone = false;
  #held = false; // a pointer is down over the plot: a drawing would cut its drag

  /**
   * @param {Figure[]} figures
   * @param {string} url of Plotly's bundle
   * @param {Setting} setting
   * @param {() => void} chosen called when another figure of this place is switched on
   * @param {Figure} [first] the one to begin with, where it is not the first of them
   */
  constructor(figures, url, setting, chosen, first) {
    this.figures = figures;
    this.figure = first ?? figures[0];
    this.url = url;
    this.setting = setting;
    this.chosen = chosen;
    this.picked = (/** @type {unknown} */ _) => {}; // called with the custom data of a mark
    this.title = element("h3", { class: "rv-title" });
    this.subtitle = element("span", { class: "rv-note" });
    this.plot = element("div", { class: "rv-plot" });
    this.sentence = element("p", { class: "rv-missing", hidden: true });
    this.words = element("div", { class: "rv-about" });
    this.node = element("section", { class: "rv-figure" }, this.#head(), this.plot, this.sentence);
    this.plot.addEventListener("pointerdown", () => (this.#held = true), true);
    this.release = () => {
      if (!this.#held) return;
      // Plotly ends its drag with the same event; it must come first.
      setTimeout(() => {
        this.#held = false;
        this.#later();
      });
    };
    for (const name of RELEASES) window.addEventListener(name, this.release, true);
    this.observer = new ResizeObserver(([{ contentRect }]) => {
      this.#box = contentRect;
      this.#later();
    });
    this.observer.observe(this.plot);
    this.#name();
  }

  /** What the figure that is shown needs, {alias: [names]}. */
  needs() {
    return needs(this.figure);
  }

  /** What any figure of this place needs. */
  mayNeed() {
    /** @type {Record<string, string[]>} */
    const all = {};
    for (const figure of this.figures)
      for (const [alias, names] of Object.entries(needs(figure)))
        all[alias] = [...new Set([...(all[alias] ?? []), ...names])];
    return all;
  }

  /**
   * @param {Record<string, import("./codec.js").Frame | null>} frames
   * @param {Setting} setting
   * @returns {Promise<void> | void} of the past: once it is drawn, which is at once
   */
  draw(frames, setting) {
    this.setting = setting;
    this.#waiting = frames;
    if (past.at === null || this.#held) return this.#later();
    clearTimeout(this.#timer);
    return this.#react();
  }

  async dispose() {
    this.observer.disconnect();
    for (const name of RELEASES) window.removeEventListener(name, this.release, true);
    clearTimeout(this.#timer);
    this.#isGone = true;
    await this.#drawing; // what Plotly draws can not be taken from under it
    (await plotly)?.purge(this.plot);
  }

  /** At most one drawing in a while, always of the newest frames. */
  #later() {
    if (this.#timer || this.#held || !this.#waiting) return;
    const pause = Math.max(0, this.#last + this.#pause - performance.now());
    this.#timer = setTimeout(() => requestAnimationFrame(() => this.#react()), pause);
  }

  /** @returns {Promise<void>} */
  #react() {
    this.#drawing = this.#redraw();
    return this.#drawing;
  }

  async #redraw() {
    const library = await loadPlotly(this.url);
    this.#timer = 0;
    if (this.#isGone || this.#held) return; // the release asks again
    if (!library) {
      this.sentence.hidden = false;
      say(
        this.sentence,
        t(this.setting.texts, "The drawing library did not load. Reload the page."),
      );
      return;
    }
    const { width, height } = this.#box ?? this.plot.getBoundingClientRect();
    if (width === 0 || height === 0 || !this.#waiting) return;
    const frames = this.#waiting;
    const key = this.#key(frames, width, height);
    if (key === this.#drawn) return;
    this.#drawn = key;
    const started = (this.#last = performance.now());
    this.#first ||= started;
    const result = resolve(this.#still, frames, this.setting.theme, { width, height });
    const absent = past.at === null ? result.missing : UNKEPT;
    const missing = "missing" in result ? absent : "";
    this.sentence.hidden = missing === "";
    say(this.sentence, missing && t(this.setting.texts, missing));
    const { data, layout } = missing ? { data: [], layout: empty(this.setting.theme) } : result;
    if (!missing) layout.uirevision = this.#lasting(layout);
    if (!missing) this.#remember(layout);
    const size = { width, height, autosize: false, dragmode: COARSE.matches ? false : "zoom" };
    await library.react(
      this.plot,
      data,
      { ...layout, ...size },
      { displayModeBar: false, doubleClick: "reset" },
    );
    if (started === this.#first) this.#listen();
    this.#last = performance.now();
    this.#pause = Math.min(LONGEST_PAUSE, Math.max(REDRAW_EVERY, SHARE * (this.#last - started)));
    const spoken = summary(this.figure, frames).join(" ");
    this.plot.setAttribute("aria-label", spoken);
    if (this.menu.open) this.#tell(frames, spoken);
  }

  /**
   * Over iterations the height of the axis stays, too, while the page looks at the past.
   * @returns {Figure}
   */
  get #still() {
    const { layout, name } = this.figure;
    if (past.at === null || this.#present.name !== name) return this.figure;
    const yaxis = { ...layout.yaxis, autorangeoptions: this.#present.height };
    return { ...this.figure, layout: { ...layout, yaxis } };
  }

  /** @param {Record<string, any>} layout of now */
  #remember({ yaxis }) {
    const isOverTime = JSON.stringify(this.figure.layout.xaxis ?? {}).includes("$iteration");
    if (past.at !== null || !isOverTime || !yaxis?.autorangeoptions) return;
    this.#present = { name: this.figure.name, height: yaxis.autorangeoptions };
  }

  #listen() {
    const plot = /** @type {any} */ (this.plot);
    plot.on("plotly_relayout", () => (this.#zoomed = true));
    plot.on("plotly_doubleclick", () => (this.#zoomed = false));
    plot.on("plotly_click", (/** @type {any} */ at) => this.picked(at.points[0]?.customdata));
  }

  /**
   * A zoom ends with its run; but what a reader looked at on the stored picture stays in view when
   * a run of their own takes its place between the same axes.
   * @param {Record<string, any>} layout
   */
  #lasting({ uirevision: revision, xaxis, yaxis }) {
    const axes = JSON.stringify([xaxis, yaxis].map((axis) => [axis?.title?.text, axis?.type]));
    const was = this.#seen;
    const isOurs = was.revision.split(":").includes(STORED) && axes === was.axes;
    const stays = revision === was.revision || (this.#zoomed && isOurs);
    if (!stays) this.#zoomed = false;
    this.#seen = { revision, axes, kept: stays ? was.kept : revision };
    return this.#seen.kept;
  }

  /**
   * A figure is drawn again only when something it shows has changed.
   * @param {Record<string, any>} frames @param {number} width @param {number} height
   */
  #key(frames, width, height) {
    const seen = Object.values(frames).map((frame) => {
      const { run, iteration, beat, sequence, marks } = frame?.metadata ?? {};
      return [run, iteration, beat, sequence, marks?.length].join(".");
    });
    return [this.figure.name, this.setting.theme.name, width, height, ...seen].join(" ");
  }

  #head() {
    const head = element("div", { class: "rv-head" }, this.title, this.subtitle);
    if (this.figures.length > 1) head.append(this.#switch());
    const about = {
      class: "rv-about",
      "aria-label": t(this.setting.texts, "How to read it, and its data"),
    };
    this.menu = popover("?", about, this.words);
    this.menu.addEventListener("toggle", () => {
      if (this.menu.open && this.#waiting)
        this.#tell(this.#waiting, this.plot.getAttribute("aria-label") ?? "");
    });
    const { texts } = this.setting;
    head.append(element("span", { class: "rv-menus" }, menu(texts, "save-figure", () => this.#files()), this.menu));
    return head;
  }

  /** What is drawn now as files, and where it can be had again. */
  #files() {
    const { setting, figure } = this;
    const { texts, theme } = setting;
    const frames = this.#waiting ?? {};
    const needed = this.needs();
    const aliases = Object.keys(frames).filter((alias) => alias in needed);
    const shown = aliases.map((alias) => frames[alias] ?? null);
    const name = fileName(figure.name, shown);
    const told = [...new Set(shown.flatMap((frame) => frame?.metadata.iteration ?? []))];
    const at = told.map((n) => t(texts, "iteration {n}", { n: count(n) })).join(", ");
    const caption = { title: [figure.title, at].filter(Boolean).join(" · ") };
    const saved = (/** @type {string} */ ending, /** @type {Blob} */ blob) => {
      save(`${name}.${ending}`, blob);
      return t(texts, "Saved as {name}", { name: `${name}.${ending}` });
    };
    const picture = async (/** @type {"png" | "svg"} */ format) =>
      saved(format, await plotFile(await loadPlotly(this.url), this.plot, format, caption, theme));
    const { columns, rows } = rowsOf(figure, frames);
    const data = () => saved("csv", tableFile(csv(columns, rows)));
    const drawn = this.sentence.hidden;
    return [
      ...(rows.length ? [{ label: t(texts, "Data as CSV"), testid: "save-csv", act: data }] : []),
      ...(drawn
        ? [
            { label: t(texts, "Picture as PNG"), testid: "save-png", act: () => picture("png") },
            { label: t(texts, "Picture as SVG"), testid: "save-svg", act: () => picture("svg") },
          ]
        : []),
      linkItem(setting),
      ...runItems(setting, aliases),
    ];
  }

  #switch() {
    const name = `rv-${this.figures.map((figure) => figure.name).join("-")}`;
    const options = this.figures.map((figure) => {
      const input = element("input", {
        type: "radio",
        name,
        checked: figure === this.figure,
        onchange: () => this.#choose(figure),
      });
      return element("label", {}, input, element("span", {}, figure.short ?? figure.title));
    });
    this.switch = element("div", { class: "rv-switch", role: "radiogroup" }, ...options);
    return this.switch;
  }

  /** @param {Figure} figure */
  #choose(figure) {
    this.figure = figure;
    this.#zoomed = false;
    this.#drawn = "";
    this.#name();
    this.chosen();
    this.#later();
  }

  #name() {
    say(this.title, this.figure.title);
    say(this.subtitle, this.figure.subtitle ?? "");
    this.plot.dataset.testid = `figure-${this.figure.name}`;
    this.plot.setAttribute("role", "img");
    this.plot.setAttribute("aria-label", this.figure.title);
    if (this.switch) this.title.classList.add("rv-spoken"); // the switch names it
  }

  /**
   * Equation, reading, summary and table, in the menu.
   * @param {Record<string, any>} frames
   * @param {string} spoken
   */
  #tell(frames, spoken) {
    const { columns, rows } = rowsOf(this.figure, frames);
    const step = Math.max(1, Math.ceil(rows.length / 60));
    const shown = rows.filter((/** @type {any} */ _, /** @type {number} */ i) => i % step === 0);
    const cell = (/** @type {string | number | null} */ value) =>
      typeof value === "number" ? number(value, Number.isInteger(value) ? 0 : 2) : (value ?? "–");
    this.words.replaceChildren(
      element("p", { class: "rv-plots" }, ...formula(this.figure.plots ?? "")),
      element("p", {}, this.figure.reading ?? ""),
      element("p", {}, spoken),
      element(
        "details",
        {},
        element("summary", {}, t(this.setting.texts, "Data as a table")),
        element(
          "div",
          { class: "rv-scroll" },
          table(
            this.figure.title,
            columns,
            shown.map((/** @type {any[]} */ row) => row.map(cell)),
          ),
        ),
      ),
    );
  }
}

/** Nothing to draw yet: no axes around nothing. @param {Record<string, any>} theme */
function empty(theme) {
  return { template: theme.template, xaxis: { visible: false }, yaxis: { visible: false } };
}
