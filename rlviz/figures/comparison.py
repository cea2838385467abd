"""Runs on shared axes: a centre and a named band for each, between chance and the best possible.

The numbers of the lines come with the figure, from `rlviz.runs.comparison`; the baselines are
signals, which a run of each world sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlviz.figures.curves import Say, StageStyle
from rlviz.figures.references import (
    Leaf,
    Plain,
    color,
    dash,
    ref,
    size,
    span,
    text,
    text_color,
)
from rlviz.figures.transforms import finite, quantile
from rlviz.signals import signal

RETURN = "episode_return"  # the only signal that the baselines are of
BASELINES = ("baseline_optimal", "baseline_random")
SETTLED = 0.1  # the share of worst bins, those of the first episodes, that may leave the picture
STATISTICS = ("mean", "median", "iqm")

Row = list[float | None]


@dataclass(frozen=True)
class Compared:
    """One run: how it looks, and the rows `at`, `centre`, `low`, `high` and `replicas`."""

    style: StageStyle
    rows: dict[str, Row]


def named(statistic: str, say: Say) -> str:
    """What a centre and its band are called."""
    return {
        "mean": say("mean ± standard error over replicas"),
        "median": say("median and quartiles over replicas"),
        "iqm": say("interquartile mean with 95 % bootstrap interval over replicas"),
    }[statistic]


def titled(name: str, say: Say) -> str:
    """What a signal is called on the figure and in the choice of what is measured."""
    titles = {
        RETURN: say("Return of an episode"),
        "episode_length": say("Length of an episode"),
        "truth_distance": say("Distance to the truth"),
    }
    return titles[name] if name in titles else say(signal(name).meaning)


def comparison(
    runs: Sequence[Compared],
    name: str,
    statistic: str,
    say: Say,
    *,
    axis: str,
    worlds: Sequence[tuple[str, str]] = (),
    marks: bool = True,
) -> Plain:
    """The lines of `runs`; `worlds` are pairs of a run's alias and the letters of its world's."""
    declared, there = signal(name), [run for run in runs if _known(run.rows["centre"])]
    lines = worlds if name == RETURN and there else ()
    styles = [run.style for run in there] if marks else []
    unit = f" ({say(declared.unit)})" if declared.unit else ""
    return {
        "name": f"comparison_{name}_{statistic}",
        "title": titled(name, say),
        "subtitle": named(statistic, say),
        "plots": declared.formula,
        "reading": say(
            "Each replica counts with the mean of what it measured in a bin; centre and band are "
            "over replicas. Where bands overlap, the runs can not be told apart by these replicas."
        ),
        "missing": say("Nothing has been measured that can be compared; let the runs go on."),
        "data": [
            *(_band(run) for run in there),
            *(_baseline(alias, which, there) for alias, _ in lines for which in BASELINES),
            *(_line(run) for run in there),
        ],
        "labels": [
            *(_label(run) for run in there),
            *(_named_baseline(a, of, which, say) for a, of in lines for which in BASELINES),
        ],
        "layout": {
            "xaxis": {
                "title": {"text": axis},
                "autorangeoptions": span(*(run.rows["at"] for run in there), include=(0.0,)),
            },
            "yaxis": {
                "title": {"text": f"{declared.symbol or say('value')}{unit}"},
                "autorangeoptions": _heights(there, [alias for alias, _ in lines]),
            },
        },
        "marks": [style.alias for style in styles],
        "roles": {style.alias: style.role for style in styles},
        "summary": [
            *(_sentence(run, statistic, say) for run in there),
            *(_exact(alias, of, say) for alias, of in lines),
        ],
        "table": _table(runs, axis, say),
    }


def _line(run: Compared) -> Plain:
    look = {"color": color(run.style.role), "dash": dash(run.style.role), "width": size("line")}
    return {
        "type": "scatter",
        "mode": "lines" if len(_known(run.rows["centre"])) > 1 else "markers",
        "name": run.style.title,
        "x": run.rows["at"],
        "y": run.rows["centre"],
        "connectgaps": True,
        "line": look,
        "marker": {"color": color(run.style.role), "symbol": {"$symbol": run.style.role}},
        "hovertemplate": "%{y:,.2f}",
    }


def _band(run: Compared) -> Plain:
    rows = zip(*(run.rows[name] for name in ("at", "low", "high")), strict=True)
    known = [(x, low, high) for x, low, high in rows if low is not None and high is not None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x for x, _, _ in known] + [x for x, _, _ in reversed(known)],
        "y": [high for _, _, high in known] + [low for _, low, _ in reversed(known)],
        "fill": "toself",
        "fillcolor": color(run.style.role, 0.18),
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def _baseline(alias: str, name: str, runs: Sequence[Compared]) -> Plain:
    level = ref(name, alias)
    ends = [x for run in runs for x in run.rows["at"] if x is not None]
    role = "truth" if name == BASELINES[0] else "reference"
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [0.0, max(ends)],
        "y": [level, level],
        "line": {"color": color(role), "width": size("truth"), "dash": "dot"},
        "hoverinfo": "skip",
    }


def _label(run: Compared) -> Plain:
    return {
        "text": f"<b>{run.style.title}</b>",
        "y": _known(run.rows["centre"])[-1],
        "color": text_color(run.style.role),
    }


def _named_baseline(alias: str, of: str, name: str, say: Say) -> Plain:
    words = say("best {value:.1f}") if name == BASELINES[0] else say("random {value:.1f}")
    level = ref(name, alias)
    role = "truth" if name == BASELINES[0] else "reference"
    return {
        "text": text(f"{words} {of}".strip(), value=level),
        "y": level,
        "color": text_color(role),
    }


def _heights(runs: Sequence[Compared], worlds: Sequence[str]) -> Leaf:
    """Room for every line but its first, worst bins; chance may be far below, and is a label."""
    settled = [quantile(_known(run.rows["centre"]), SETTLED) for run in runs]
    bands = [value for run in runs for value in _settled(run.rows)]
    best = [ref(BASELINES[0], alias) for alias in worlds]
    return span(settled, bands, *best, pad=0.03)


def _settled(rows: dict[str, Row]) -> list[float]:
    """Edges of the band in the newer half of the bins."""
    edges = [rows[name][len(rows[name]) // 2 :] for name in ("low", "high")]
    return [value for edge in edges for value in _known(edge)]


def _known(row: Row) -> list[float]:
    return finite(value for value in row if value is not None)


def _sentence(run: Compared, statistic: str, say: Say) -> Plain:
    rows = run.rows
    last = max(i for i, value in enumerate(rows["centre"]) if value is not None)
    slots: Plain = {"title": run.style.title, "centre": rows["centre"][last]}
    if rows["low"][last] is None:
        return {"text": say("{title}: {centre:.2f}, from one replica."), "slots": slots}
    slots |= {"low": rows["low"][last], "high": rows["high"][last], "named": named(statistic, say)}
    slots |= {"n": rows["replicas"][last]}
    words = say("{title}: {centre:.2f}, between {low:.2f} and {high:.2f} ({named}; {n:d} of them).")
    return {"text": words, "slots": slots}


def _exact(alias: str, of: str, say: Say) -> Plain:
    words = say("Exactly, an episode returns {best:.2f} at best and {chance:.2f} at random.")
    slots = dict(zip(("best", "chance"), (ref(name, alias) for name in BASELINES), strict=True))
    return {"text": f"{of} {words}".strip(), "slots": slots}


def _table(runs: Sequence[Compared], axis: str, say: Say) -> Plain:
    columns = [say("series"), axis, say("centre"), say("lower edge"), say("upper edge")]
    names = ("at", "centre", "low", "high", "replicas")
    groups = [
        {"label": run.style.title, "cells": [run.rows[name] for name in names]} for run in runs
    ]
    return {"columns": [*columns, say("replicas")], "digits": [0, 0, 3, 3, 3, 0], "groups": groups}
