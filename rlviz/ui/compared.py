"""Runs that are compared: how each looks, what they have in common, and what they measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from rlviz.catalogue import AlgorithmEntry, Catalogue
from rlviz.figures import StageStyle
from rlviz.figures.comparison import RETURN
from rlviz.i18n import Say
from rlviz.runs import comparison
from rlviz.runs.client import RunView
from rlviz.runs.spec import Edit, RunSpec
from rlviz.signals import SIGNALS
from rlviz.ui import engine
from rlviz.ui.values import Note

LETTERS = "ABCD"
FIRST = (RETURN, "truth_distance")  # of the signals that are offered
_LINES = "rlviz.compare.lines"  # lines of now and what they depend on

THINNED = "{letter}: one of every {n} values of each replica is kept; the statistics are of those."
DAMAGED = "{letter}: some of its values can not be read any more and are left out."
BOUND = "{letter}: no values of each replica are kept of this; the error is an upper bound."
NO_QUANTILES = "{letter}: no values of each replica are kept of this, so it has no quantiles."
NO_STEPS = "{letter}: it plans and takes no steps in its world, so it has no place on this axis."


@dataclass(frozen=True)
class Shown:
    """One of the runs, with its letter and its look."""

    letter: str
    view: RunView
    entry: AlgorithmEntry
    style: StageStyle


def shown(views: Sequence[RunView], catalogue: Catalogue, say: Say) -> tuple[Shown, ...]:
    """Each with its method's look, or one of its own where two would look the same."""
    entries = [catalogue.algorithm(view.spec.algorithm) for view in views]
    looks = [(entry.family, entry.member) for entry in entries]
    if len(set(looks)) < len(looks):
        looks = [("td", i) for i in range(len(looks))]
    found = []
    for letter, view, entry, (family, member) in zip(LETTERS, views, entries, looks, strict=False):
        style = StageStyle(letter.lower(), f"{letter} {say(entry.title)}", family, member)
        found.append(Shown(letter, view, entry, style))
    return tuple(found)


def offered(runs: Sequence[Shown]) -> list[str]:
    """Signals that become curves, those of all runs before those of some."""
    each = [{*one.entry.signals, *(["truth_distance"] if one.entry.truth else [])} for one in runs]
    known = [name for name in dict.fromkeys((*FIRST, *SIGNALS)) if SIGNALS[name].is_curve]
    of_some = [name for name in known if any(name in one for one in each)]
    return sorted(of_some, key=lambda name: not all(name in one for one in each))


def line(one: Shown, of: str, how: comparison.Statistic, wide: int) -> comparison.Line | None:
    """As measured now; not again while the run stands."""
    kept = st.session_state.setdefault(_LINES, {})
    now = (one.view.run, one.view.iteration, one.view.beat, one.view.status, wide)
    if kept.get((one.letter, of, how), (None,))[0] != now:
        found = comparison.measured(engine.client(), one.view, of, how, wide)
        kept[one.letter, of, how] = (now, found)
    measured: comparison.Line | None = kept[one.letter, of, how][1]
    return measured


def pace(one: Shown) -> float:
    """Environment steps of one replica in an iteration; a mean where batches differ."""
    declared = one.entry.env_steps
    return one.view.pace if declared is None else float(declared)


def said(one: Shown, measured: comparison.Line | None, how: str, steps: float) -> list[Note]:
    """Where what is drawn of a run is less than what was asked for."""
    letter = {"letter": one.letter}
    if steps == 0:
        return [Note(NO_STEPS, letter)]
    if measured is None:
        return [Note(NO_QUANTILES, letter)] if how != "mean" and one.view.iteration else []
    if not measured.raw:
        return [Note(BOUND, letter)]
    thinned = [Note(THINNED, letter | {"n": str(measured.stride)})] if measured.stride > 1 else []
    return thinned + ([Note(DAMAGED, letter)] if measured.damaged else [])


def worlds(runs: Sequence[Shown]) -> list[tuple[str, str]]:
    """The first run of each world, with the letters of all on it where there are several."""
    together: dict[object, list[Shown]] = {}
    for one in runs:
        together.setdefault(_world(one.view.spec), []).append(one)
    several = len(together) > 1
    return [
        (group[0].style.alias, ", ".join(one.letter for one in group) if several else "")
        for group in together.values()
    ]


def _world(spec: RunSpec) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What makes a world, after all changes."""
    values = dict(spec.world_config)
    for at in spec.interventions:
        if isinstance(at.intervention, Edit):
            values |= at.intervention.world
    return spec.world, tuple(sorted((name, str(value)) for name, value in values.items()))
