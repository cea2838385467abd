/** Paints once for each picture of the browser, and never after its end. */
export class Repaint {
  #frame = 0;
  #isOver = false;

  /** @param {() => void} paint */
  constructor(paint) {
    this.paint = paint;
  }

  /** A timer or a plot may still ask when the view has gone. */
  ask() {
    if (this.#isOver) return;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.paint();
    });
  }

  end() {
    this.#isOver = true;
    cancelAnimationFrame(this.#frame);
  }
}
