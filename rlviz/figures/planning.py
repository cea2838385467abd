"""Sweeps over a known world: what still moves, the values themselves, and two distances."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle, curve_table, roles
from rlviz.figures.references import (
    Column,
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

TICKS = [digit * 10.0**power for power in range(-12, 5) for digit in (1, 3)]


def residual(stages: Stages, say: Say) -> Plain:
    """How much the values still move in a sweep, on a logarithmic axis."""
    name = "residual"
    ends = [ref(name, s.alias, column="mean") for s in stages]
    ticks = {"tickmode": "array", "tickvals": TICKS, "ticktext": [f"{t:g}" for t in TICKS]}
    scale: Plain = {"type": "log", "autorangeoptions": span(*ends, log=True), **ticks}
    return {
        "name": name,
        "title": say("What a sweep still changes"),
        "short": say("residual"),
        "subtitle": say("largest change of a value in a sweep, logarithmic"),
        "plots": signal(name).formula,
        "reading": say(
            "A straight line down: each sweep leaves the same share of the error. "
            "The line ends where nothing moves any more."
        ),
        "missing": say("No sweep is done yet: the first one makes the first point."),
        "data": [_line(s, name, "at") for s in stages],
        "labels": [_label(s, name) for s in stages],
        "layout": {
            "xaxis": _sweeps(stages, say),
            "yaxis": {"title": {"text": say("largest change (reward)")}, **scale},
        },
        **roles(stages),
        "summary": [_moved(s, say) for s in stages],
        "table": curve_table(stages, name, 6, say),
    }


def policy_iteration_zigzag(stages: Stages, say: Say) -> Plain:
    """Evaluation goes to the left, improvement goes down."""
    across, down = "evaluation_distance", "policy_distance"
    return {
        "name": "policy_iteration_zigzag",
        "title": say("Evaluation and improvement in turn"),
        "short": say("zig-zag"),
        "subtitle": say("each point is a sweep; both distances are exact"),
        "plots": signal(across).formula,
        "reading": say(
            "A sweep of evaluation goes left: V comes nearer to the values of its policy. "
            "An improvement jumps down to a better policy, and V is off again. "
            "The corner at the bottom left is the solution."
        ),
        "missing": say("Only policy iteration has these two distances, and only where finite."),
        "data": [_path(s, across, down) for s in stages],
        "labels": [],
        "layout": {
            "xaxis": {
                "title": {"text": say("V to the values of its policy (reward)")},
                "autorangeoptions": span(*_means(stages, across), include=(0.0,), pad=0.03),
            },
            "yaxis": {
                "title": {"text": say("gap to the best (reward)")},
                "autorangeoptions": span(*_means(stages, down), include=(0.0,), pad=0.03),
            },
        },
        "marks": [],  # no axis is the time
        "roles": {},
        "summary": [_corner(s, across, down, say) for s in stages],
        "table": curve_table(stages, down, 4, say),
    }


def state_values(stages: Stages, say: Say) -> Plain:
    """The value of each state by its number, beside the exact one."""
    shown = ("state_value", "truth_value")
    every = [ref(name, s.alias) for s in stages for name in shown]
    return {
        "name": "state_values",
        "title": say("Values of the states"),
        "short": say("values"),
        "subtitle": say("green: exact, for the settings of now"),
        "plots": signal("v").formula,
        "reading": say(
            "Each point is a state. The estimate creeps towards the green truth, "
            "from the states whose future is known first."
        ),
        "missing": say("No values have been computed yet."),
        "data": [
            *(_states(s, "truth_value", say("exact")) for s in stages),
            *(_states(s, "state_value", s.title) for s in stages),
        ],
        "labels": [],
        "layout": {
            "xaxis": {"title": {"text": say("state (number)")}},
            "yaxis": {
                "title": {"text": say("value (reward)")},
                "autorangeoptions": span(*every, include=(0.0,), pad=0.03),
            },
        },
        "marks": [],  # no axis is the time
        "roles": {},
        "summary": [_extent(s, say) for s in stages],
        "table": {
            "columns": [say("series"), say("estimate"), say("exact")],
            "digits": [0, 3, 3],
            "groups": [
                {"label": s.title, "cells": [ref(name, s.alias) for name in shown]} for s in stages
            ],
        },
    }


def _line(stage: StageStyle, name: str, x: Column) -> Plain:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": stage.title,
        "x": ref(name, stage.alias, column=x),
        "y": ref(name, stage.alias, column="mean"),
        "line": _look(stage),
        "hovertemplate": "%{y:.3g}",
    }


def _path(stage: StageStyle, across: str, down: str) -> Plain:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": stage.title,
        "x": ref(across, stage.alias, column="mean"),
        "y": ref(down, stage.alias, column="mean"),
        "line": _look(stage),
        "marker": {"color": color(stage.role)},
        "hovertemplate": "%{x:.3g} · %{y:.3g}",
    }


def _states(stage: StageStyle, name: str, title: str) -> Plain:
    exact = name == "truth_value"
    look: Plain = {"color": color("truth"), "width": size("truth")} if exact else _look(stage)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": title,
        "y": ref(name, stage.alias),
        "line": look,
        "marker": {"color": look["color"]},
        "hovertemplate": "%{y:.2f}",
    }


def _look(stage: StageStyle) -> Plain:
    return {"color": color(stage.role), "dash": dash(stage.role), "width": size("line")}


def _label(stage: StageStyle, name: str) -> Plain:
    end = ref(name, stage.alias, column="mean", stat="last")
    return {"text": f"<b>{stage.title}</b>", "y": end, "color": text_color(stage.role)}


def _sweeps(stages: Stages, say: Say) -> Plain:
    ends = [iteration(s.alias) for s in stages]
    return {
        "title": {"text": say("iteration (sweeps)")},
        "autorangeoptions": span(*ends, include=(0.0,), exact=True),
    }


def _means(stages: Stages, name: str) -> list[Plain]:
    return [ref(name, s.alias, column="mean") for s in stages]


def _last(stage: StageStyle, name: str) -> Plain:
    return ref(name, stage.alias, column="mean", stat="last")


def _moved(stage: StageStyle, say: Say) -> Plain:
    slots = {"title": stage.title, "now": _last(stage, "residual")}
    return {"text": say("{title}: the last sweep moved a value by {now:.6f}."), "slots": slots}


def _corner(stage: StageStyle, across: str, down: str, say: Say) -> Plain:
    form = say(
        "{title}: V is {across:.3f} from the values of its policy, and that policy is "
        "{down:.3f} from the best."
    )
    slots = {"title": stage.title, "across": _last(stage, across), "down": _last(stage, down)}
    return {"text": form, "slots": slots}


def _extent(stage: StageStyle, say: Say) -> Plain:
    slots = {
        "title": stage.title,
        "least": ref("state_value", stage.alias, stat="min"),
        "most": ref("state_value", stage.alias, stat="max"),
    }
    return {"text": say("{title}: values from {least:.2f} to {most:.2f}."), "slots": slots}
