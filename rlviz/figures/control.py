"""Control: the cliff as exploration grows, and how often noise is taken for value."""

from __future__ import annotations

from rlviz.figures.curves import (
    SMOOTH,
    Say,
    Stages,
    StageStyle,
    iterations,
    roles,
)
from rlviz.figures.references import (
    Column,
    Leaf,
    Plain,
    color,
    dash,
    iteration,
    ref,
    size,
    span,
    text_color,
)
from rlviz.signals import signal

CURVES = ("phase_edge", "phase_above", "phase_top", "phase_best")
NOW = ("edge_now", "above_now", "top_now", "best_now")
_DASHES = ("dot", "dash", "longdash", "solid")
_CUT = 0.15  # the share of the edge's returns, the worst ones, that may leave the picture
_SHARE: Plain = {"autorangeoptions": span(include=(0.0, 1.0), exact=True)}
_TICKS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5]

_LEFT = "episode_length"  # going left takes a second step, so length − 1 is 1 where one went left


def cliff_phase(stages: Stages, say: Say) -> Plain:
    """Exact returns of three routes and of the best policy against ε; learners as dots."""
    titles = [say("edge"), say("one row above"), say("top row"), say("best")]
    curves, first = [*zip(CURVES, titles, _DASHES, strict=True)], stages[:1]
    return {
        "name": "cliff_phase",
        "title": say("Which route is best for which exploration?"),
        "short": say("routes over ε"),
        "subtitle": say("green: exact; dots: what each replica does now, exact"),
        "plots": signal("phase_best").formula,
        "reading": say(
            "Where two lines cross, another route becomes the better one. No line lies above the "
            "solid one. A dot is a replica: how much it explores, and the exact return of the "
            "policy that it follows now."
        ),
        "missing": say("Nobody has taken a step yet."),
        "data": [
            *(_route(s, *curve) for s in first for curve in curves),
            *(_now(s, say) for s in first),
            *(_dots(s) for s in stages),
        ],
        "labels": [_ending(s, name, title) for s in first for name, title, _ in curves],
        "layout": {
            "xaxis": _explorations(say),
            "yaxis": _phase_returns(first, say),
            "hovermode": "closest",
        },
        "marks": [],  # no axis is the time
        "roles": {},
        "summary": [*(_routes_now(s, say) for s in first), *(_learner(s, say) for s in stages)],
        "table": _phase_table(stages, titles, say),
    }


def left_share(stages: Stages, say: Say) -> Plain:
    """How often an episode goes left, towards the noise, beside what exploring alone would do."""
    return {
        "name": "left_share",
        "title": say("How often it goes left"),
        "short": say("goes left"),
        "subtitle": say("share of episodes; green: exact, only by exploring (ε/2)"),
        "plots": say("share of episodes in which A is left by left"),
        "reading": say(
            "Left is worse by 0.1. Who goes left more often than the green line takes luck in a "
            "noisy estimate for value: that is maximisation bias."
        ),
        "missing": say("No episode has ended yet: the curve begins with the first one."),
        "data": [
            *(_exact_left(s, say) for s in stages[:1]),
            *(_left_line(s, smooth=False) for s in stages),
            *(_left_line(s, smooth=True) for s in stages),
        ],
        "labels": [_left_label(s) for s in stages],
        "layout": {
            "xaxis": iterations(stages, say),
            "yaxis": {"title": {"text": say("goes left (share)")}, **_SHARE},
        },
        **roles(stages),
        "summary": [_left_now(s, say) for s in stages],
        "table": {
            "columns": [say("series"), say("iteration"), say("share"), say("number of values")],
            "digits": [0, 0, 3, 0],
            "groups": [{"label": s.title, "cells": _left_cells(s)} for s in stages],
        },
    }


def _phase_returns(first: Stages, say: Say) -> Plain:
    """From the best return down to a part of the edge's, which falls far below the others."""
    lowest = [ref("phase_edge", s.alias, quantile=_CUT) for s in first]
    highest = [ref("phase_best", s.alias, stat="max") for s in first]
    return {
        "title": {"text": say("exact return (reward)")},
        "autorangeoptions": span(*lowest, *highest, pad=0.03),
    }


def _explorations(say: Say) -> Plain:
    return {
        "title": {"text": say("exploration (ε), logarithmic")},
        "type": "log",
        "range": [-2.35, -0.26],  # log10 of .0045 and .55
        "tickmode": "array",
        "tickvals": _TICKS,
        "ticktext": [f"{tick:g}" for tick in _TICKS],
    }


def _route(stage: StageStyle, name: str, title: str, look: str) -> Plain:
    best = name == "phase_best"
    line = {"color": color("truth"), "dash": look, "width": size("line" if best else "truth")}
    return {
        "type": "scatter",
        "mode": "lines",
        "name": title,
        "x": ref("phase_epsilons", stage.alias),
        "y": ref(name, stage.alias),
        "line": line,
        "hovertemplate": "ε %{x:.3f}: %{y:.2f}",
    }


def _now(stage: StageStyle, say: Say) -> Plain:
    """A vertical line at the ε of now."""
    here = ref("epsilon", stage.alias)
    ends = [ref("phase_edge", stage.alias, stat="min"), ref("phase_best", stage.alias, stat="max")]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": say("ε of now"),
        "x": [here, here],
        "y": ends,
        "line": {"color": color("reference"), "dash": "dot", "width": size("thin")},
        "hoverinfo": "skip",
    }


def _dots(stage: StageStyle) -> Plain:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": stage.title,
        "x": ref("behaviour_epsilons", stage.alias),
        "y": ref("behaviour_returns", stage.alias),
        "marker": {
            "color": color(stage.role, 0.45),
            "symbol": {"$symbol": stage.role},
            "size": 9,
            "line": {"color": color(stage.role), "width": size("thin")},
        },
        "hovertemplate": "ε %{x:.3f}: %{y:.2f}",
    }


def _ending(stage: StageStyle, name: str, title: str) -> Plain:
    """The name of a line at its right end; the edge leaves the picture below."""
    where = {"quantile": _CUT} if name == "phase_edge" else {"stat": "last"}
    return {"text": title, "y": ref(name, stage.alias, **where), "color": text_color("truth")}


def _routes_now(stage: StageStyle, say: Say) -> Plain:
    slots = {name: ref(name, stage.alias) for name in (*NOW, "epsilon")}
    form = say(
        "At ε = {epsilon:.3f}, exactly: along the edge {edge_now:.2f}, one row above "
        "{above_now:.2f}, along the top {top_now:.2f}; the best policy {best_now:.2f}."
    )
    return {"text": form, "slots": slots}


def _learner(stage: StageStyle, say: Say) -> Plain:
    form = say(
        "{title}: what its replicas do now returns {least:.2f} to {most:.2f}, in the middle "
        "{middle:.2f}."
    )
    name = "behaviour_returns"
    slots = {
        "title": stage.title,
        "least": ref(name, stage.alias, stat="min"),
        "most": ref(name, stage.alias, stat="max"),
        "middle": ref(name, stage.alias, quantile=0.5),
    }
    return {"text": form, "slots": slots}


def _phase_table(stages: Stages, titles: list[str], say: Say) -> Plain:
    curves = ("phase_epsilons", *CURVES)
    exact = [
        {"label": say("exact"), "cells": [*(ref(n, s.alias) for n in curves), []]}
        for s in stages[:1]
    ]
    learners = [
        {
            "label": s.title,
            "cells": [
                ref("behaviour_epsilons", s.alias),
                *[[] for _ in CURVES],
                ref("behaviour_returns", s.alias),
            ],
        }
        for s in stages
    ]
    return {
        "columns": [say("series"), "ε", *titles, say("learner")],
        "digits": [0, 4, 2, 2, 2, 2, 2],
        "groups": [*exact, *learners],
    }


def _left(stage: StageStyle, column: Column, **how: Leaf) -> Plain:
    if column in ("mean", "replica_0"):
        how = {"smooth": SMOOTH, "shift": -1.0} | how
    return ref(_LEFT, stage.alias, column=column, **how)


def _left_line(stage: StageStyle, *, smooth: bool) -> Plain:
    line: Plain = {"color": color(stage.role, 0.3), "width": size("thin")}
    if smooth:
        line = {"color": color(stage.role), "dash": dash(stage.role), "width": size("line")}
    return {
        "type": "scatter",
        "mode": "lines",
        "name": stage.title,
        "x": _left(stage, "at"),
        "y": _left(stage, "mean", smooth=SMOOTH if smooth else None),
        "connectgaps": True,  # no episode need end in a bin
        "line": line,
        **({"hovertemplate": "%{y:.3f}"} if smooth else {"hoverinfo": "skip"}),
    }


def _exact_left(stage: StageStyle, say: Say) -> Plain:
    level = ref("epsilon", stage.alias, scale=0.5)  # two actions, drawn evenly by who explores
    return {
        "type": "scatter",
        "mode": "lines",
        "name": say("only by exploring, exact"),
        "x": [0, iteration(stage.alias)],
        "y": [level, level],
        "line": {"color": color("truth"), "width": size("truth")},
        "hovertemplate": "%{y:.3f}",
    }


def _left_label(stage: StageStyle) -> Plain:
    end = _left(stage, "mean", stat="last")
    return {"text": f"<b>{stage.title}</b>", "y": end, "color": text_color(stage.role)}


def _left_now(stage: StageStyle, say: Say) -> Plain:
    form = say(
        "{title}: {now:.3f} of the episodes go left now; exploring alone would give {exact:.3f}."
    )
    slots = {
        "title": stage.title,
        "now": _left(stage, "mean", stat="last"),
        "exact": ref("epsilon", stage.alias, scale=0.5),
    }
    return {"text": form, "slots": slots}


def _left_cells(stage: StageStyle) -> list[Plain]:
    return [_left(stage, "at"), _left(stage, "mean", smooth=None), _left(stage, "n")]
