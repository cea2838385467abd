"""What a sweep has found, on its page: progress, pictures, the best point in words, each point."""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import streamlit as st

from rlviz.catalogue import Catalogue
from rlviz.errors import RlvizError
from rlviz.figures.sweep_curves import sweep_curves
from rlviz.figures.sweeps import Found, Knob, Spot, state_word, sweep_points
from rlviz.hyperparameters import Field, Value
from rlviz.i18n import Say
from rlviz.runs import sweep as sweeps
from rlviz.runs import sweep_results as results
from rlviz.runs.sweep import Part, Sweep
from rlviz.runs.sweep_results import Measured, Metric, Result
from rlviz.signals import SIGNALS
from rlviz.ui import chrome, component, engine, sweep_draft
from rlviz.ui.runs import address
from rlviz.ui.values import as_text

POINT = "rlviz.sweep.point."  # and the sweep's id: which point was chosen
_DECADE = 10.0  # values so far apart stand on a logarithmic axis
_MOST_ALIKE = 3  # points that are named as no different from the best


def title(one: Sweep, catalogue: Catalogue, say: Say) -> str:
    """A sweep in a list: what was swept of what, and how far it came."""
    plan = one.plan
    axes = " × ".join(
        _knob(plan.spec, axis.name, catalogue).symbol or axis.name for axis in plan.axes
    )
    method = say(catalogue.algorithm(plan.spec.algorithm).title)
    world = say(catalogue.world(plan.spec.world).title)
    state = f" · {say('cancelled')}" if one.cancelled else ""
    return f"{method} · {world} · {axes} · {len(plan.points)} × {plan.repeats}{state}"


def draw(
    one: Sweep,
    catalogue: Catalogue,
    wanted: str,
    cancel: Callable[[], None],
) -> None:
    """Everything, of this moment."""
    say = chrome.say()
    offered = results.metrics(catalogue.algorithm(one.plan.spec.algorithm))
    metric = next((metric for metric in offered if metric.name == wanted), offered[0])
    parts = sweeps.parts(one.plan, catalogue, {lost.point for lost in one.lost})
    measured = [_measured(one, nth, part, metric) for nth, part in enumerate(parts)]
    points = results.results(one, parts, measured)
    with st.container(key="sweep-state"):  # always there, so that what follows keeps its place
        _progress(one, cancel, say)
    found = _found(one, points, metric, catalogue, say)
    _pictures(one, found, metric, say)
    _best(found, points, say)
    _point(one, found, parts, catalogue, say)


def quantity(signal: str, say: Say) -> str:
    """A signal's name, short enough for an axis."""
    words = {
        "episode_return": say("return of an episode"),
        "episode_length": say("steps of an episode"),
        "regret": say("regret"),
        "truth_distance": say("distance to the truth"),
    }
    return words[signal]


def measure_of(metric: Metric, say: Say) -> str:
    """A metric in words."""
    words = {
        "episode_return.last_quarter": say("return of an episode, mean over the last quarter"),
        "episode_return.whole": say("return of an episode, mean over all iterations"),
        "episode_length.last_quarter": say("steps of an episode, mean over the last quarter"),
        "regret.end": say("regret at the end"),
        "truth_distance.end": say("distance to the truth at the end"),
        "truth_distance.whole": say("distance to the truth, mean over all iterations"),
    }
    return words[metric.name]


def _progress(one: Sweep, cancel: Callable[[], None], say: Say) -> None:
    """How far it is; why it waits; the button that ends it."""
    slots = {"done": sum(one.done), "all": len(one.done), "share": f"{100 * one.progress:.0f}"}
    if one.ended:
        if one.cancelled:
            st.caption(say("Cancelled; {done} of {all} runs had finished.", **slots))
        for sentence in sorted(set(filter(None, one.sentences))):
            st.html(f'<p role="status" class="rv-said">{html.escape(sentence)}</p>')
        return
    with st.container(horizontal=True, vertical_alignment="center", key="sweep-progress"):
        words = say("{done} of {all} runs, {share} %", **slots)
        st.progress(min(one.progress, 1.0), text=words)
        st.button(say("Cancel"), key="sweep-cancel", on_click=cancel)
    if one.waits:
        st.html(f'<p role="status" class="rv-said">{html.escape(say(one.waits))}</p>')


def _measured(one: Sweep, nth: int, part: Part, metric: Metric) -> Measured | None:
    run = one.runs[nth]
    if not run:
        return None
    return (_ended if one.done[nth] else _read)(run, part.points, metric)


def _read(run: str, points: tuple[int, ...], metric: Metric) -> Measured | None:
    """From the newest frame that was kept of the run; None where there is none."""
    try:
        history = engine.client().history(run)
        frames = history.frames()
        frame = history.frame(frames[-1].sequence) if frames else b""
        return results.measured(frame, points, metric) if frame else None
    except RlvizError:  # damaged or gone
        return None


class _NotYet(Exception):
    """Raised so that a run of which nothing can be read is not remembered as such."""


@lru_cache(maxsize=2048)
def _remembered(run: str, points: tuple[int, ...], metric: Metric) -> Measured:
    found = _read(run, points, metric)
    if found is None:
        raise _NotYet
    return found


def _ended(run: str, points: tuple[int, ...], metric: Metric) -> Measured | None:
    try:
        return _remembered(run, points, metric)
    except _NotYet:
        return None


def _found(
    one: Sweep, points: tuple[Result, ...], metric: Metric, catalogue: Catalogue, say: Say
) -> Found:
    return Found(
        knobs=tuple(_axis(one, n, catalogue, say) for n in range(len(one.plan.axes))),
        spots=tuple(_spot(point) for point in points),
        measure=measure_of(metric, say),
        unit=say(SIGNALS[metric.signal].unit),
        curve=quantity(metric.signal, say),
        highest=metric.highest,
        at=results.bins_at(one.plan.iterations),
        iterations=one.plan.iterations,
        best=results.best(points, metric),
        worst=results.worst_shown(points, metric),
        heights=results.heights(points),
    )


def _axis(one: Sweep, nth: int, catalogue: Catalogue, say: Say) -> Knob:
    axis = one.plan.axes[nth]
    declared = _knob(one.plan.spec, axis.name, catalogue)
    numbers = tuple(float(v) for v in axis.values if isinstance(v, int | float) and v is not True)
    if declared.type in ("bool", "str"):
        numbers = ()
    texts = tuple(_text(value, say) for value in axis.values)
    name = f"{declared.symbol} {say(declared.title)}".strip()
    spread = min(numbers, default=0.0) > 0 and max(numbers) >= _DECADE * min(numbers)
    log = bool(numbers) and (declared.log or spread) and min(numbers) > 0
    kind = say("logarithmic") if log else say("number") if numbers else say("choice")
    return Knob(f"{name} ({kind})", declared.symbol or say(declared.title), texts, numbers, log)


def _text(value: Value, say: Say) -> str:
    return say(value.replace("_", " ")) if isinstance(value, str) else as_text(value)


def _spot(point: Result) -> Spot:
    curve = tuple(_known(value) for value in point.curve)
    return Spot(point.state, _known(point.mean), _known(point.error), point.n, curve)


def _number(value: float, digits: int) -> str:
    """So many digits that count, with a real minus sign."""
    large = abs(value) >= 10.0**digits
    return (f"{value:,.0f}" if large else f"{value:.{digits}g}").replace("-", "−")


def _known(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _pictures(one: Sweep, found: Found, metric: Metric, say: Say) -> None:
    data: dict[str, Any] = component.look(chrome.language(), projector=chrome.projector())
    data |= {"stages": [], "figures": [sweep_points(found, say), sweep_curves(found, say)]}
    data |= {"sweep": f"{one.id}.{metric.name}", "style": engine.asset_url("sweep.css")}

    def command() -> None:
        match st.session_state["sweep.pictures"].command:
            case {"name": "point", "point": int(point)} if point in range(len(found.spots)):
                st.session_state[POINT + one.id] = point

    component.mount("sweep", data, key="sweep.pictures", on_command=command)


def _best(found: Found, points: tuple[Result, ...], say: Say) -> None:
    """The best point in words, and what can not be told from it."""
    if found.best is None:
        return
    best = points[found.best]
    slots: dict[str, object] = {
        "name": found.name(found.best),
        "mean": _number(best.mean, 4),
        "n": best.n,
    }
    if best.n == 1:
        st.markdown(
            say("Best: **{name}** with {mean}, of one replica: no standard error, so chance may "
                "have chosen it. Take more replicas.", **slots)
        )  # fmt: skip
        return
    slots["error"] = _number(best.error, 2)
    text = say("Best: **{name}** with {mean} ± {error} (mean ± standard error, n = {n}).", **slots)
    if alike := results.alike(points, found.best):
        names = "; ".join(found.name(point) for point in alike[:_MOST_ALIKE])
        more = {"names": names, "count": len(alike) - _MOST_ALIKE}
        if len(alike) > _MOST_ALIKE:
            text += "  \n" + say(
                "Not distinguishable from {names} and {count} more: the intervals overlap.", **more
            )
        else:
            text += "  \n" + say("Not distinguishable from {names}: the intervals overlap.", **more)
    elif len(points) > 1:
        text += "  \n" + say("No other interval of one standard error overlaps its own.")
    st.markdown(text)


def _point(
    one: Sweep, found: Found, parts: tuple[Part, ...], catalogue: Catalogue, say: Say
) -> None:
    """One point, chosen here or in the picture, and the way to its run and to its lesson."""
    chosen = st.session_state.get(POINT + one.id)
    known = range(len(found.spots))
    first = chosen if chosen in known else found.best or 0
    key = "sweep.point"
    st.session_state[key] = first

    def keep() -> None:
        st.session_state[POINT + one.id] = st.session_state[key]

    with st.container(key="sweep-one", horizontal=True, vertical_alignment="bottom"):
        point: int = st.selectbox(
            say("Point"), list(known), format_func=found.name, key=key, on_change=keep
        )
        if to := sweep_draft.lesson_link(one.plan, point, catalogue):
            st.link_button(say("Open the lesson with these knobs"), address(*to))
        run = _run_of(one, parts, point)
        if run and to:
            st.link_button(say("Look at its run"), address(to[0], _of_run(to[1], run)))
    st.caption(_told(one, found, point, say))


def _told(one: Sweep, found: Found, point: int, say: Say) -> str:
    spot = found.spots[point]
    name = found.name(point)
    if lost := next((lost for lost in one.lost if lost.point == point), None):
        return say(
            "{name}: diverged. {count} of its replicas were no longer finite at iteration {at}; "
            "the other points were computed again without it.",
            name=name, count=lost.replicas, at=f"{lost.iteration:,}",
        )  # fmt: skip
    if spot.mean is None:
        return f"{name}: {state_word(spot.state, say)}"
    error = "–" if spot.error is None else _number(spot.error, 2)
    slots = {"name": name, "mean": _number(spot.mean, 4), "error": error, "n": spot.n}
    return say("{name}: mean {mean}, standard error {error}, {n} replicas with a value.", **slots)


def _run_of(one: Sweep, parts: tuple[Part, ...], point: int) -> str:
    """The run that carries that point alone; "" where several share one."""
    for part, run in zip(parts, one.runs, strict=True):
        if set(part.points) == {point}:
            return run
    return ""


def _of_run(parameters: dict[str, str], run: str) -> dict[str, str]:
    kept = {name: text for name, text in parameters.items() if not name.startswith("k.")}
    return kept | {"run": run}


def _knob(spec: Any, name: str, catalogue: Catalogue) -> Field:
    return sweeps.knobs(spec, catalogue)[name]
