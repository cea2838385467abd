/**
 * The board of a lesson: stages at the left, figures at the right, the update opened up below; in
 * one column on a phone. It fits the window without scrolling where the window is large enough.
 *
 * @typedef {Record<string, any>} Data what rlviz/ui/component.py sends
 */

import { element } from "./dom.js";
import { FigureSlot } from "./figure.js";
import { gridNeeds } from "./gridmodel.js";
import { controls, isChosen, kept, take } from "./layers.js";
import { MapEditor } from "./mapedit.js";
import { past } from "./past.js";
import { Predict } from "./predict.js";
import { report } from "./probe.js";
import { Repaint } from "./repaint.js";
import { slow } from "./slow.js";
import { arrange, frames } from "./stages.js";
import { StageView } from "./stageview.js";
import { dress } from "./theme.js";
import { Update } from "./update.js";

const MANY = 3; // stages, from which on they stand in two columns
const BROAD = 1.7; // columns for each row, from which on two maps stand one below the other
const TELL_AFTER = 350; // ms after an edit
const LINK_WITHIN = 4_000; // ms; a click may fill the clipboard no longer after it
const LEAST_HEIGHT = 470;
const MOST_HEIGHT = 900;

export class Board {
  /** @type {Data} */ data = {};
  /** @type {any} */ setting = null;
  /** @type {Map<string, import("./stages.js").Stage>} */ stages = new Map();
  /** @type {StageView[]} */ #views = [];
  /** @type {FigureSlot[]} */ #slots = [];
  /** @type {Update[]} */ #updates = [];
  /** @type {Predict | null} */ #predict = null;
  /** @type {MapEditor | null} */ #editor = null;
  /** @type {HTMLElement[]} */ shared = []; // controls of all grids
  /** @type {{map: string, keep: string, sent: boolean}[]} */ #drawn = []; // Python has yet to hear
  #telling = 0;
  #commands = 0;
  /** @type {{n: number, done: (address: string) => void}} */ #linking = { n: -1, done: () => {} };
  #choice = kept();
  /** @type {string[]} */ #figures = []; // chosen, where they are not the first of their place
  #asked = ""; // what a link let it show
  #isTold = false; // whether Python knows what it shows
  #built = "";
  #repaint = new Repaint(() => this.#draw());

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.root.classList.add("rv-board");
    this.fit = () => this.#fit();
    window.addEventListener("resize", this.fit);
    this.deaf = [past, slow].map((one) => one.watch(() => this.draw()));
  }

  /**
   * @param {Data} data
   * @param {"light" | "dark"} mode
   * @param {(command: unknown) => void} [trigger]
   */
  update(data, mode, trigger) {
    this.data = data;
    this.trigger = trigger;
    const { texts, projector } = data;
    const own = data.stages.filter((/** @type {any} */ one) => one.run && one.token);
    const runs = Object.fromEntries(own.map((/** @type {any} */ one) => [one.alias, one]));
    // Where Python says nothing of links, the page's own address is the one.
    const link = "share" in data ? () => this.#link() : undefined;
    this.setting = { texts, theme: data.palette[mode], projector, link, runs };
    if (data.share?.n === this.#linking.n) this.#linking.done(data.share.address);
    dress(this.root, this.setting.theme, data.projector);
    const view = {
      changed: () => this.draw(),
      event: (/** @type {any} */ _, /** @type {Record<string, any>} */ event) => {
        if (event.type === "Refused") this.#editor?.hear(event);
        this.draw();
      },
    };
    const stages = data.stages.map((/** @type {any} */ one) => ({ ...one, world: data.world }));
    arrange(this.stages, stages, view);
    this.#ask(data.asked);
    this.#build();
    this.#editor?.update(data.editor ?? null);
    this.#watch();
    this.draw();
    if (isChosen() && !this.#isTold) this.#show();
    this.#isTold = true;
  }

  /** A link chose what to show, once. @param {any} asked */
  #ask(asked) {
    const key = JSON.stringify(asked ?? null);
    if (key === this.#asked) return;
    this.#asked = key;
    this.#built = "";
    if (asked) take(this.#choice, asked);
    this.#figures = asked?.figures ?? [];
  }

  dispose() {
    this.#repaint.end();
    window.removeEventListener("resize", this.fit);
    for (const stop of this.deaf) stop();
    this.#clear();
    for (const stage of this.stages.values()) stage.leave();
  }

  /** Draws everything once, when the browser next draws. */
  draw() {
    this.#repaint.ask();
  }

  #draw() {
    const newest = frames(this.stages);
    const begun = [...this.stages.values()].some((stage) => stage.hasBegun);
    const isAside = [...this.stages.values()].some((stage) => stage.data.live);
    this.#editor?.rest(past.at !== null || isAside);
    for (const view of this.#views) {
      view.grid.editor = this.#editor?.isOpen ? this.#editor : null;
      const isAhead = view.stage.isStored || this.#editor?.isAhead;
      view.grid.planned = (isAhead && this.#editor?.plan) || null;
      view.draw(this.#choice, this.setting);
    }
    // The drawing library takes its time to load: what moves is shown first.
    const hasCome = [...this.stages.values()].some((stage) => stage.frame);
    const plots = hasCome ? this.#slots.map((slot) => slot.draw(newest, this.setting)) : [];
    if (past.at !== null) Promise.all(plots).then(() => past.drawn());
    this.#arrange();
    const asking = this.#predict !== null && !begun;
    for (const update of this.#updates) {
      update.node.hidden = asking;
      if (!asking) update.draw(this.setting);
    }
    const own = [...this.stages].map(([alias, stage]) => [alias, stage.connection?.frame ?? null]);
    this.#predict?.draw(Object.fromEntries(own), begun);
    const grids = this.#views.filter((view) => !view.picture).map((view) => view.grid);
    report(this.stages, this.#slots, grids);
  }

  /** The elements are made anew only when what stands on the board has changed. */
  #build() {
    const { data } = this;
    const { stages, slots = [], language, projector, predict, figures = [] } = data;
    const parts = [
      stages.map((/** @type {any} */ one) => [one.alias, one.title, one.badge, one.picture, one.bare]),
      slots,
      language,
      projector,
      predict,
      data.editor?.letters,
      figures.map((/** @type {any} */ one) => one.title),
    ];
    const key = JSON.stringify(parts);
    if (key === this.#built) return;
    this.#built = key;
    this.#clear();
    const tools = controls(this.#choice, data.texts, () => this.#chosen());
    const list = [...this.stages.values()];
    const acts = {
      edit: (/** @type {string} */ map, /** @type {string} */ keep) => this.#edit(map, keep),
      changed: () => this.draw(),
    };
    this.#editor = data.editor ? new MapEditor(this.setting, acts) : null;
    const hasGrid = list.some((stage) => !stage.data.picture);
    const shared = hasGrid ? [...tools, this.#editor?.button] : [];
    this.shared = shared.filter((node) => node);
    this.bar = element("div", { class: "rv-head rv-bar" });
    const shown = list.filter((stage) => !stage.data.bare);
    this.#views = shown.map((stage) => {
      const { picture } = stage.data;
      const redraw = () => this.draw();
      const place = picture ? this.#slot([picture]) : null;
      return new StageView(stage, data.signals, this.setting, redraw, place);
    });
    this.#slots = slots.map((/** @type {string[]} */ names) => this.#slot(names));
    this.#updates = list
      .filter((stage) => stage.data.equations.length > 0)
      .map((stage) => new Update(stage, data.signals));
    this.#predict = predict ? new Predict(predict, this.setting, () => this.draw()) : null;
    this.#lay();
    requestAnimationFrame(this.fit);
  }

  /**
   * Stages stand in two columns where there are many, or two that are higher than wide; then what
   * all share has a line of its own, else it stands beside the first one's name.
   */
  #arrange() {
    const grids = this.#views.filter((view) => !view.picture);
    const high = grids.filter(({ grid: { model } }) => model && model.columns < BROAD * model.rows);
    const isPair = this.#views.length === 2 && high.length === 2 && !this.root.matches(".rv-alone");
    const inBar = isPair || this.#views.length >= MANY;
    this.root.classList.toggle("rv-pair", isPair);
    this.bar.hidden = !inBar || this.shared.length === 0;
    const place = inBar ? this.bar : grids[0]?.beside;
    if (place && this.shared[0]?.parentElement !== place) place.append(...this.shared);
  }

  /** @param {string[]} names */
  #slot(names) {
    const figures = names.map((name) =>
      this.data.figures.find((/** @type {any} */ figure) => figure.name === name),
    );
    const first = figures.find((figure) => this.#figures.includes(figure.name));
    return new FigureSlot(figures, this.data.plotly, this.setting, () => this.#chosen(), first);
  }

  #lay() {
    const worlds = element(
      "div",
      { class: "rv-card rv-worlds" },
      this.bar,
      this.#editor?.node,
      ...this.#views.map((view) => view.node),
    );
    this.root.classList.toggle("rv-many", this.#views.length >= MANY);
    const plots = element(
      "div",
      { class: "rv-card rv-figures" },
      ...this.#slots.map((slot) => slot.node),
    );
    const updates = element(
      "div",
      { class: "rv-card rv-updates" },
      this.#predict?.node,
      ...this.#updates.map((u) => u.node),
    );
    this.#views.forEach((view, i) => view.node.style.setProperty("--place", String(10 * i + 1)));
    this.#slots.forEach((slot, i) => slot.node.style.setProperty("--place", String(10 * i + 2)));
    this.root.classList.toggle("rv-alone", this.#slots.length === 0);
    const below = this.#updates.length > 0 || this.#predict ? updates : null;
    this.root.replaceChildren(
      worlds,
      ...[this.#slots.length > 0 ? plots : null, below].filter((node) => node !== null),
    );
  }

  #clear() {
    for (const part of [...this.#views, ...this.#slots]) part.dispose();
  }

  /**
   * A map that was drawn: by the live connections where there are runs, and to Python, which keeps
   * it. @param {string} map @param {string} keep
   */
  #edit(map, keep) {
    const runs = [...this.stages.values()].filter((stage) => !stage.isStored);
    for (const stage of runs) stage.send({ type: "Edit", world: { map }, keep });
    this.#drawn.push({ map, keep, sent: runs.length > 0 });
    clearTimeout(this.#telling);
    this.#telling = setTimeout(() => this.#tell(), runs.length > 0 ? TELL_AFTER : 0);
  }

  /** Python draws the whole page anew: it hears of what runs know already when they have shown it. */
  #tell() {
    this.#commands += 1;
    const n = Date.now() * 100 + (this.#commands % 100);
    this.trigger?.({ name: "edit", edits: this.#drawn.splice(0), n });
  }

  /**
   * The address of what is shown, which Python knows; empty where it does not answer.
   * @returns {Promise<string>}
   */
  #link() {
    const shown = Object.entries(frames(this.stages)).filter(([, frame]) => frame !== null);
    const at = Object.fromEntries(
      shown.map(([alias, frame]) => [alias, /** @type {any} */ (frame).metadata.iteration]),
    );
    return new Promise((done) => {
      this.#linking = { n: Date.now(), done };
      this.trigger?.({ name: "link", at, n: this.#linking.n });
      setTimeout(() => done(""), this.trigger ? LINK_WITHIN : 0);
    });
  }

  #chosen() {
    const other = this.#slots.filter(({ figure, figures }) => figure !== figures[0]);
    this.#figures = other.map(({ figure }) => figure.name);
    this.#watch();
    this.draw();
    this.#show();
  }

  /** Python hears what is shown, so that it can be shared. */
  #show() {
    if (!("asked" in this.data)) return;
    const { face, layers } = this.#choice;
    const on = Object.keys(layers).filter((layer) => layers[layer]);
    this.trigger?.({ name: "view", face, layers: on, figures: this.#figures, n: Date.now() });
  }

  /**
   * Every stage is asked for what the board can show: what nobody asks for is in no kept frame,
   * and whoever looks back may want another figure than was shown then.
   */
  #watch() {
    for (const [alias, stage] of this.stages) {
      const figures = this.#slots.flatMap((slot) => slot.mayNeed()[alias] ?? []);
      const update = this.#updates.find((one) => one.stage === stage)?.needs() ?? [];
      const predict = this.#predict?.needs()[alias] ?? [];
      const picture = this.#views.find((view) => view.stage === stage)?.picture;
      stage.watch([
        ...(picture?.needs()[alias] ?? gridNeeds()),
        ...figures,
        ...update,
        ...predict,
      ]);
    }
  }

  /** The height that the window leaves between what is above and the transport. */
  #fit() {
    const above = this.root.getBoundingClientRect().top + scrolled(this.root);
    const bar = document.querySelector(".rv-transport");
    const below = bar ? window.innerHeight - bar.getBoundingClientRect().top : 0;
    const free = window.innerHeight - above - Math.max(0, below) - 12;
    this.root.style.setProperty(
      "--height",
      `${Math.round(Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, free)))}px`,
    );
    this.draw();
  }
}

/** How far the page around an element is scrolled. @param {Element} node */
function scrolled(node) {
  let sum = 0;
  for (let at = node.parentElement; at; at = at.parentElement) sum += at.scrollTop;
  return sum;
}
