/**
 * A person's runs as a list: looked through, renamed, deleted, chosen for a comparison, taken home.
 * Everything that a person wrote is set as text and never as markup.
 *
 * @typedef {Record<string, any>} Data what rlviz/ui/runs.py sends
 * @typedef {{run: string, own: string, name: string, method: string, world: string,
 *   differs: [string, string][], changes: number, seed: number, replicas: number, status: string,
 *   sentence: string, iteration: number, created: number, depth: number, signal: string,
 *   symbol: string, measures: string, curve: (number | null)[], token: string, open: string,
 *   parent: {name: string, iteration: number} | null}} Row
 */

import { element, popover, say } from "./dom.js";
import { between, sparkline } from "./sparkline.js";
import { brief, count, t } from "./text.js";
import { dress } from "./theme.js";

const LONGEST_NAME = 80;
const WORDS = {
  queued: "waiting for its turn",
  playing: "running",
  paused: "paused",
  stalled: "waits for room on the disk",
  recovering: "recovering",
  finished: "finished",
  diverged: "diverged",
  failed: "failed",
};
const EXPORTS = /** @type {[string, string][]} */ ([
  ["export.zip", "Everything (zip)"],
  ["script.py", "Python script"],
  ["notebook.ipynb", "Notebook"],
  ["series.csv", "Curve (CSV)"],
]);
const UNITS = /** @type {[Intl.RelativeTimeFormatUnit, number][]} */ ([
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
]);

export class Runs {
  /** @type {Data} */ data = { rows: [], stages: [] };
  /** @type {Map<string, RunRow>} */ rows = new Map();
  /** @type {Set<string>} */ chosen = new Set();
  /** @type {Set<string>} */ #gone = new Set(); // deleted here, and perhaps not yet there
  #commands = 0;
  #built = "";

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    root.classList.add("rv-runs");
    this.list = element("ul", { class: "rv-rows" });
    this.nothing = element("p", { class: "rv-note", hidden: true });
  }

  /**
   * @param {Data} data
   * @param {"light" | "dark"} mode
   * @param {(command: unknown) => void} [trigger]
   */
  update(data, mode, trigger) {
    this.data = data;
    this.trigger = trigger;
    dress(this.root, data.palette[mode], data.projector);
    if (this.#built !== data.language) this.#build();
    this.#built = data.language;
    this.#fill();
    this.#sift();
    this.#choose();
  }

  dispose() {
    this.rows.clear();
  }

  /** @param {Record<string, unknown>} command */
  tell(command) {
    this.#commands += 1;
    this.trigger?.({ ...command, n: Date.now() * 100 + (this.#commands % 100) });
  }

  /** @param {string} run */
  remove(run) {
    this.#gone.add(run);
    this.chosen.delete(run);
    const { node } = /** @type {RunRow} */ (this.rows.get(run));
    const next = node.nextElementSibling ?? node.previousElementSibling;
    node.remove();
    this.rows.delete(run);
    /** @type {HTMLElement | null | undefined} */ (next?.querySelector("a"))?.focus();
    this.#choose();
    this.#sift();
    this.tell({ name: "delete", run });
  }

  /** @param {string} run @param {boolean} wanted */
  pick(run, wanted) {
    if (wanted) this.chosen.add(run);
    else this.chosen.delete(run);
    this.#choose();
  }

  #build() {
    const { texts } = this.data;
    this.rows.clear();
    this.list.replaceChildren();
    this.filter = element("input", {
      type: "search",
      class: "rv-filter",
      placeholder: t(texts, "Filter by name, method or world"),
      "aria-label": t(texts, "Filter by name, method or world"),
      oninput: () => this.#sift(),
    });
    const states = Object.entries(WORDS).map(([status, word]) =>
      element("option", { value: status }, t(texts, word)),
    );
    this.state = element(
      "select",
      { "aria-label": t(texts, "State"), onchange: () => this.#sift() },
      element("option", { value: "" }, t(texts, "every state")),
      ...states,
    );
    this.found = element("span", { class: "rv-note", role: "status" });
    this.compare = element("a", { class: "rv-button", "data-testid": "compare-runs" });
    const bar = element(
      "div",
      { class: "rv-toolbar" },
      this.filter,
      this.state,
      this.found,
      this.compare,
    );
    this.root.replaceChildren(bar, this.list, this.nothing);
  }

  /** Rows stay the elements that they are, so that nothing that is being typed is lost. */
  #fill() {
    const known = new Set(this.data.rows.map((/** @type {Row} */ row) => row.run));
    for (const run of this.#gone) if (!known.has(run)) this.#gone.delete(run);
    for (const [run, row] of this.rows) {
      if (known.has(run)) continue;
      row.node.remove();
      this.rows.delete(run);
      this.chosen.delete(run);
    }
    /** @type {Element | null} */ let at = this.list.firstElementChild;
    for (const data of this.data.rows) {
      if (this.#gone.has(data.run)) continue;
      let row = this.rows.get(data.run);
      if (!row) this.rows.set(data.run, (row = new RunRow(this, data.run)));
      row.update(data);
      if (row.node === at) at = at.nextElementSibling;
      else this.list.insertBefore(row.node, at);
    }
  }

  #sift() {
    const words = this.filter?.value.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
    let shown = 0;
    for (const row of this.rows.values()) {
      const { data } = row;
      const text = [data.name, data.method, data.world, ...data.differs.flat()].join(" ");
      const fits = words.every((word) => text.toLowerCase().includes(word));
      row.node.hidden = !fits || !["", data.status].includes(this.state?.value ?? "");
      shown += row.node.hidden ? 0 : 1;
    }
    const { texts } = this.data;
    const all = this.rows.size;
    if (this.found) say(this.found, t(texts, "{shown} of {all}", { shown: count(shown), all: count(all) }));
    this.nothing.hidden = shown > 0;
    say(this.nothing, t(texts, "No run fits that filter."));
  }

  #choose() {
    const { texts, most, compare } = this.data;
    for (const row of this.rows.values()) {
      row.box.checked = this.chosen.has(row.data.run);
      row.box.disabled = !row.box.checked && this.chosen.size >= most;
    }
    if (!this.compare) return;
    const n = this.chosen.size;
    say(this.compare, n ? t(texts, "Compare {n}", { n: String(n) }) : t(texts, "Choose up to {n} to compare", { n: String(most) }));
    if (n) this.compare.href = `${compare}&runs=${[...this.chosen].join(",")}`;
    else this.compare.removeAttribute("href");
  }
}

/** One run of the list. */
class RunRow {
  /** @type {Row} */ data = /** @type {any} */ ({ curve: [] });
  #drawn = "";

  /** @param {Runs} list @param {string} run */
  constructor(list, run) {
    this.list = list;
    const { texts } = list.data;
    this.texts = texts;
    this.box = element("input", {
      type: "checkbox",
      onchange: () => list.pick(run, this.box.checked),
    });
    this.name = element("a", { class: "rv-name" });
    this.about = element("span", { class: "rv-note" });
    this.differs = element("span", { class: "rv-note rv-differs" });
    this.line = element("span", { class: "rv-spark" });
    this.state = element("span", { class: "rv-state" });
    this.age = element("span", { class: "rv-note rv-age" });
    this.titles = element("div", { class: "rv-names" }, this.name);
    this.menu = popover("⋯", { "aria-label": t(texts, "What can be done with this run") });
    this.acts = element("div", { class: "rv-acts" }, this.menu);
    this.node = element(
      "li",
      { class: "rv-row", "data-run": run },
      element("label", { class: "rv-pick" }, this.box),
      element("div", { class: "rv-what" }, this.titles, this.about, this.differs),
      this.line,
      element("div", { class: "rv-when" }, this.state, this.age),
      this.acts,
    );
  }

  /** @param {Row} data */
  update(data) {
    const { language } = this.list.data;
    const now = Math.floor(Date.now() / 60_000); // ages are told in minutes
    const key = JSON.stringify([{ ...data, token: "" }, now]);
    this.data = data;
    if (key === this.#drawn) return;
    this.#drawn = key;
    const { texts } = this;
    this.node.style.setProperty("--depth", String(Math.min(data.depth, 4)));
    this.name.href = data.open;
    say(this.name, data.name);
    this.box.setAttribute("aria-label", t(texts, "Choose {name}", { name: data.name }));
    say(this.about, this.#about());
    say(this.differs, this.#differs());
    const ends = element("span", { class: "rv-note" }, between(data.curve, data.symbol));
    this.line.replaceChildren(sparkline(data.curve, data.measures, texts), ends);
    say(this.state, t(texts, WORDS[data.status] ?? data.status));
    this.state.dataset.status = data.status;
    this.state.title = data.sentence ? t(texts, data.sentence) : "";
    const at = t(texts, "iteration {n}", { n: brief(data.iteration) });
    say(this.age, `${at} · ${age(data.created, language)}`);
    if (!this.menu.open) this.#offer();
  }

  #about() {
    const { method, world, parent, own } = this.data;
    const parts = [own ? `${method} · ${world}` : world];
    if (parent) {
      const places = { name: parent.name || "–", n: count(parent.iteration) };
      parts.push(t(this.texts, "fork of {name} at iteration {n}", places));
    }
    return parts.join(" · ");
  }

  #differs() {
    const { differs, changes, seed, replicas } = this.data;
    const parts = differs.map(([label, value]) => `${label} ${value}`);
    parts.push(t(this.texts, "seed {n}", { n: String(seed) }));
    parts.push(t(this.texts, "replicas {n}", { n: count(replicas) }));
    if (changes) parts.push(t(this.texts, "changes: {n}", { n: count(changes) }));
    return parts.join(" · ");
  }

  /** What the menu holds. */
  #offer() {
    const { run, open, signal } = this.data;
    const { texts } = this;
    const to = (/** @type {string} */ part) => {
      const extra = part === "series.csv" ? `signal=${encodeURIComponent(signal)}&` : "";
      return `/api/runs/${run}/${part}?${extra}token=${encodeURIComponent(this.data.token)}`;
    };
    const links = EXPORTS.filter(([part]) => signal || part !== "series.csv").map(([part, word]) => {
      // The token is that of the moment of the press: a list may stand open for a day.
      const link = element("a", { href: to(part), download: "" }, t(texts, word));
      link.addEventListener("click", () => (link.href = to(part)));
      return link;
    });
    const act = (/** @type {string} */ word, /** @type {() => void} */ does) =>
      element(
        "button",
        {
          type: "button",
          onclick: () => {
            this.menu.open = false;
            does();
          },
        },
        word,
      );
    this.menu.querySelector(".rv-popover")?.replaceChildren(
      element("a", { href: open }, t(texts, "Open")),
      act(t(texts, "Rename"), () => this.#rename()),
      element("p", { class: "rv-note" }, t(texts, "Export")),
      ...links,
      act(t(texts, "Delete"), () => this.#confirm()),
    );
  }

  #rename() {
    const input = element("input", {
      type: "text",
      class: "rv-rename",
      maxlength: LONGEST_NAME,
      "aria-label": t(this.texts, "Name of the run"),
    });
    input.value = this.data.own;
    let done = false;
    const end = (/** @type {boolean} */ keep) => {
      if (done) return;
      done = true;
      const to = input.value.trim().slice(0, LONGEST_NAME);
      input.replaceWith(this.name);
      this.name.focus();
      if (!keep || to === this.data.own) return;
      say(this.name, to || this.data.method);
      this.list.tell({ name: "rename", run: this.data.run, to });
    };
    input.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the page's own keys
      if (event.key === "Enter") end(true);
      if (event.key === "Escape") end(false);
    });
    input.addEventListener("blur", () => end(true));
    this.name.replaceWith(input);
    input.focus();
    input.select();
  }

  /** Deleting is asked for twice, in place; Escape keeps the run. */
  #confirm() {
    const { texts } = this;
    const back = () => {
      this.acts.replaceChildren(this.menu);
      this.menu.querySelector("summary")?.focus();
    };
    const yes = element(
      "button",
      { type: "button", class: "rv-danger", onclick: () => this.list.remove(this.data.run) },
      t(texts, "Delete for good"),
    );
    const no = element("button", { type: "button", onclick: back }, t(texts, "Keep"));
    const asked = element("div", { class: "rv-confirm", role: "group" }, yes, no);
    asked.addEventListener("keydown", (event) => event.key === "Escape" && back());
    this.acts.replaceChildren(asked);
    yes.focus();
  }
}

/**
 * How long ago, in the words of the language.
 * @param {number} created seconds since 1970
 * @param {string} language
 */
function age(created, language) {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const seconds = Math.max(0, Date.now() / 1000 - created);
  for (const [unit, each] of UNITS) {
    if (seconds >= each) return format.format(-Math.floor(seconds / each), unit);
  }
  return format.format(0, "second");
}
