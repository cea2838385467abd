/**
 * The one component of the pages, mounted once for each of its views that a page has.
 *
 * Streamlit calls the default export at the first mount and again whenever data or theme change;
 * what it returns is called once, when the element goes.
 */

import { Board } from "./board.js";
import { Comparison } from "./comparison.js";
import { element } from "./dom.js";
import { Follower } from "./follow.js";
import { Runs } from "./runs.js";
import { SweepView } from "./sweep.js";
import { mode } from "./theme.js";
import { Transport } from "./transport.js";

const VIEWS = {
  board: Board,
  figure: Board,
  transport: Transport,
  runs: Runs,
  comparison: Comparison,
  sweep: SweepView,
};

/**
 * @typedef {{
 *   root: HTMLElement, view: Board | Transport, name: string, follower: Follower, turn: number,
 * }} Mount
 */
/** @type {Map<Element, Mount>} */
const mounts = new Map();
/** @type {Map<string, Promise<void>>} */
const styles = new Map();

/**
 * @param {{data: Record<string, any>, parentElement: HTMLElement,
 *   setTriggerValue: (name: string, value: unknown) => void}} component
 */
export default function live({ data, parentElement, setTriggerValue }) {
  let mount = mounts.get(parentElement);
  if (mount && mount.name !== data.view) dispose(parentElement);
  mount = mounts.get(parentElement) ?? created(parentElement, data);
  mount.root.lang = data.language;
  const trigger = (/** @type {unknown} */ command) => setTriggerValue("command", command);
  mount.view.update(data, mode(parentElement), trigger);
  mount.follower.update(data.follow, trigger);
  tell(mount, data.stages, mode(parentElement));
  // A call that newer data have overtaken while the script was loading is told that it goes, too.
  const turn = (mount.turn += 1);
  return () => {
    if (mounts.get(parentElement)?.turn === turn) dispose(parentElement);
  };
}

/**
 * Python tells the view that asked of new runs, and its neighbours hear of them here: a page that
 * is run anew for it keeps a browser busy for a third of a second.
 *
 * @param {Mount} teller
 * @param {Record<string, any>[]} stages
 * @param {"light" | "dark"} theme
 */
function tell(teller, stages, theme) {
  const [cast, runs] = ["alias", "run"].map((key) => String(stages.map((one) => one[key])));
  for (const { view, root } of mounts.values()) {
    if (view === teller.view || !root.isConnected || !view.data?.stages) continue;
    const [others, known] = ["alias", "run"].map((key) =>
      String(view.data.stages.map((/** @type {any} */ one) => one[key])),
    );
    if (others === cast && known !== runs) {
      view.update({ ...view.data, stages }, theme, view.trigger);
    }
  }
}

/** @param {HTMLElement} host @param {Record<string, any>} data */
function created(host, data) {
  // Of a script that was edited meanwhile and does not know that it goes.
  for (const stale of host.querySelectorAll(":scope > .rv-shell")) stale.remove();
  const root = element("div", { class: "rv rv-unstyled" });
  host.append(element("div", { class: "rv-shell" }, root));
  styled(data.style).then(() => {
    root.classList.remove("rv-unstyled");
    window.dispatchEvent(new Event("resize")); // the board measures what is left for it
  });
  const View = VIEWS[/** @type {"board"} */ (data.view)];
  const view = new View(root);
  const mount = { root, view, name: data.view, follower: new Follower(), turn: 0 };
  mounts.set(host, mount);
  return mount;
}

/** @param {HTMLElement} host */
function dispose(host) {
  const mount = mounts.get(host);
  if (!mount) return;
  mounts.delete(host);
  mount.root.parentElement?.remove();
  mount.follower.leave();
  mount.view.dispose();
}

/** Our style sheet, once in the page; nothing is shown without it. @param {string} url */
function styled(url) {
  let promise = styles.get(url);
  if (!promise) {
    const link = element("link", { rel: "stylesheet", href: url });
    promise = new Promise((done) => {
      link.onload = link.onerror = () => done();
    });
    document.head.append(link);
    styles.set(url, promise);
  }
  return promise;
}
