/**
 * Why? on a run that diverged, collapsed or learns nothing: what was measured, in sentences with
 * their numbers (rlviz/derived/suspects.py). Nothing stands here on a run in which nothing is wrong.
 *
 * @typedef {{kind: "diverged" | "endless" | "collapsed" | "silent", text: string,
 *   values: Record<string, number | string>}} Suspect
 */

import { element, popover, say } from "./dom.js";
import { t } from "./text.js";

export class Why {
  #shown = "";

  /**
   * @param {string} alias of the stage
   * @param {Record<string, string>} texts
   */
  constructor(alias, texts) {
    this.list = element("ul", { class: "rv-suspects" });
    this.spoken = element("p", { class: "rv-spoken", role: "status" });
    this.menu = popover(
      t(texts, "Why?"),
      { "aria-label": t(texts, "Why? What was measured"), "data-testid": `why-${alias}` },
      this.list,
    );
    this.menu.classList.add("rv-why");
    this.menu.hidden = true;
    this.node = element("span", { class: "rv-reasons" }, this.menu, this.spoken);
  }

  /** Shows the list. */
  open() {
    this.menu.open = true;
    this.menu.firstChild.focus();
  }

  /**
   * @param {Suspect[]} suspects the finding first
   * @param {Record<string, string>} texts
   */
  draw(suspects, texts) {
    const sentences = suspects.map(({ text, values }) => t(texts, text, values));
    const key = sentences.join("\n");
    if (key === this.#shown) return;
    this.#shown = key;
    this.menu.hidden = sentences.length === 0;
    if (this.menu.hidden) this.menu.open = false;
    // Heard once for each kind of finding, not at each of its numbers.
    const kind = suspects[0]?.kind ?? "";
    if (kind !== this.spoken.dataset.kind) say(this.spoken, sentences[0] ?? "");
    this.spoken.dataset.kind = kind;
    const usual = t(
      texts,
      "Usual causes: a step size too large for rewards of this size, or no end to what is added up.",
    );
    this.list.replaceChildren(
      ...sentences.map((sentence) => element("li", {}, sentence)),
      ...(kind === "diverged" ? [element("li", { class: "rv-note" }, usual)] : []),
    );
  }
}
