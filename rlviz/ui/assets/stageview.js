/**
 * One stage on the board: its name with the mark of its curves, the grid, the colour scale, and in
 * words whatever went wrong.
 *
 * @typedef {import("./stages.js").Stage} Stage
 * @typedef {import("./grid.js").Setting} Setting
 * @typedef {import("./grid.js").Choice} Choice
 */

import { element, popover, say } from "./dom.js";
import { Grid } from "./grid.js";
import { gridItems } from "./gridfiles.js";
import { fieldColor } from "./gridpaint.js";
import { linkItem, menu, runItems } from "./menu.js";
import { why } from "./status.js";
import { count, number, t } from "./text.js";
import { series as look } from "./theme.js";
import { Why } from "./why.js";

export class StageView {
  /**
   * @param {Stage} stage
   * @param {Record<string, import("./equation.js").SignalWords>} signals
   * @param {Setting} setting
   * @param {() => void} redraw
   * @param {import("./figure.js").FigureSlot | null} [picture] in the place of the grid
   */
  constructor(stage, signals, setting, redraw, picture = null) {
    this.stage = stage;
    this.signals = signals;
    this.picture = picture;
    this.grid = new Grid(stage, redraw);
    this.beside = element("span", { class: "rv-beside" }); // of what all grids share
    this.chip = element("span", { class: "rv-chip" });
    this.note = element("span", { class: "rv-note rv-tabular" });
    this.scale = element("span", { class: "rv-scale", "aria-hidden": "true" });
    this.trouble = element("div", { class: "rv-trouble", role: "alert", hidden: true });
    this.table = element("div", { class: "rv-scroll" });
    this.why = new Why(stage.data.alias, setting.texts);
    const title = element("h3", { class: "rv-title" }, stage.data.title);
    const badges = [stage.data.badge, stage.data.age]
      .filter(Boolean)
      .map((words) => element("span", { class: "rv-badge" }, words));
    const about = popover(
      "?",
      { "aria-label": t(setting.texts, "How to read it, and its data") },
      this.table,
    );
    about.addEventListener(
      "toggle",
      () => about.open && this.table.replaceChildren(...this.#about(setting)),
    );
    this.setting = setting;
    const files = menu(setting.texts, `save-grid-${stage.data.alias}`, () => this.#files());
    this.node = element(
      "section",
      { class: picture ? "rv-stage rv-pictured" : "rv-stage" },
      element(
        "div",
        { class: "rv-head" },
        this.chip,
        title,
        badges.length ? element("span", { class: "rv-badges", title: this.#data(setting) }, ...badges) : null,
        this.note,
        picture ? element("span", { class: "rv-push" }) : this.scale,
        this.beside,
        this.why.node,
        picture ? null : element("span", { class: "rv-menus" }, files, about),
      ),
      picture ? picture.node : this.grid.frame,
      this.trouble,
    );
  }

  dispose() {
    this.grid.dispose();
    this.picture?.dispose();
  }

  /** @param {Choice} choice @param {Setting} setting */
  draw(choice, setting) {
    this.setting = setting;
    const series = look(setting.theme, this.stage.data);
    this.node.style.setProperty("--series", series.color);
    this.chip.dataset.marker = series.marker;
    this.chip.dataset.dash = series.dash;
    if (this.picture) this.picture.draw({ [this.stage.data.alias]: this.stage.frame }, setting);
    else this.grid.draw(choice, setting);
    const { model } = this.grid;
    if (model) {
      const shape = model.rows < 2 ? 3.2 : model.columns / (model.rows * 1.25);
      this.node.style.setProperty("--shape", String(shape));
      this.scale.hidden = this.grid.isBare;
      this.#scale(model.range, setting);
    }
    say(this.note, this.#state(setting));
    this.#trouble(setting);
  }

  /** @param {Setting} setting */
  #state({ texts, projector }) {
    if (this.grid.isBare) return t(texts, "not run here yet");
    const iteration = this.stage.frame?.metadata.iteration;
    if (projector && iteration !== undefined) return count(iteration); // large letters, little room
    if (this.stage.isStored) return t(texts, "stored run, {n}", { n: count(iteration ?? 0) });
    return iteration === undefined ? "" : t(texts, "iteration {n}", { n: count(iteration) });
  }

  /** What the badges say, for where there is no room for the second. @param {Setting} setting */
  #data({ texts }) {
    const { badge, age } = this.stage.data;
    if (!age) return badge ?? "";
    return t(texts, "{badge}; age of the data, from an action to what is learned of it: {age}", {
      badge: badge ?? "",
      age,
    });
  }

  /** The picture in words and as a table. @param {Setting} setting */
  #about(setting) {
    const reading = t(
      setting.texts,
      "Each triangle is the value of the move that points there; the number is V. Colours follow the root of the value, so that small ones can be told apart; zero is neutral.",
    );
    return [
      element("p", {}, reading),
      element("p", {}, this.grid.describe(setting)),
      this.grid.table(setting),
    ];
  }

  /** @param {number} range @param {Setting} setting */
  #scale(range, { theme }) {
    const key = `${theme.name} ${range}`;
    if (this.scale.dataset.key === key) return;
    this.scale.dataset.key = key;
    const stops = Array.from({ length: 17 }, (_, i) =>
      fieldColor((i / 8 - 1) * range, range, theme),
    );
    const bar = element("i", {});
    bar.style.background = `linear-gradient(90deg, ${stops.join(",")})`;
    const places = Number.isInteger(range) ? 0 : 1;
    this.scale.replaceChildren(bar, `±${number(range, places)}`);
  }

  /** The grid as files, and where what it shows can be had again. */
  #files() {
    const { alias } = this.stage.data;
    return [
      ...gridItems(this.grid, this.setting),
      linkItem(this.setting),
      ...runItems(this.setting, [alias]),
    ];
  }

  /** A failure is shown as a failure, with what was measured. @param {Setting} setting */
  #trouble({ texts }) {
    const { status, connection, frame } = this.stage;
    const reason = why(this.stage, texts);
    const diverged = connection?.events.findLast((event) => event.type === "Diverged");
    const failed = connection?.events.findLast((event) => event.type === "Failed");
    const suspects = this.stage.isStored ? [] : (frame?.metadata.suspects ?? []);
    this.why.draw(suspects, texts);
    const isTrouble = status === "diverged" || status === "failed";
    const key = isTrouble ? `${status} ${reason} ${suspects.length > 0}` : "";
    this.trouble.hidden = key === "";
    if (this.trouble.dataset.key === key) return;
    this.trouble.dataset.key = key;
    if (key === "") return;
    const what = diverged
      ? t(
          texts,
          "Diverged at iteration {n}: {signal} was the first to be infinite or not a number.",
          {
            n: count(diverged.iteration),
            signal: this.signals[diverged.signal]?.symbol || diverged.signal,
          },
        )
      : reason;
    const traceback = failed?.traceback
      ? element(
          "details",
          {},
          element("summary", {}, t(texts, "Why?")),
          element("pre", {}, failed.traceback),
        )
      : null;
    const open = element(
      "button",
      { type: "button", class: "rv-why-open", onclick: () => this.why.open() },
      t(texts, "Why?"),
    );
    this.trouble.replaceChildren(
      element("p", {}, what),
      ...[diverged && suspects.length ? open : traceback].filter((node) => node !== null),
    );
  }
}
