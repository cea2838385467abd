"""Predicted totals along a way: which way each update pulls, and what it reads its target off."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.references import Plain, color, dash, ref, size, span
from rlviz.signals.prediction import PLACES


def predicted_totals(stages: Stages, say: Say) -> Plain:
    """Behind plus ahead at every place, and an arrow to what it is moved towards."""
    return {
        "name": "predicted_totals",
        "title": say("How long the whole way will take"),
        "short": say("totals"),
        "subtitle": say("arrows: to the target; dotted: where it is read off; green: exact"),
        "plots": "elapsed + V(s) → elapsed + U",
        "reading": say(
            "Monte Carlo's arrows all go to what the trip took in the end. Those of TD go to what "
            "is predicted at the next place, which is known as soon as one is there."
        ),
        "missing": say("Nothing has been predicted yet: take a step."),
        "data": [trace for s in stages for trace in _traces(s, say)],
        "labels": [],
        "layout": _layout(stages, say),
        "marks": [],  # no axis is the time
        "roles": {},
        "summary": [_sentence(s, say) for s in stages],
        "table": _table(stages, say),
    }


def _layout(stages: Stages, say: Say) -> Plain:
    names = ("predicted_total", "actual_total", "pull_totals")
    every = [ref(name, s.alias) for s in stages for name in names]
    places = [say("office"), say("car"), say("exit"), say("road"), say("street"), say("home")]
    ticks = {"tickmode": "array", "tickvals": list(range(len(places))), "ticktext": places}
    return {
        "xaxis": {"title": {"text": say("where one is (place)")}, **ticks},
        "yaxis": {
            "title": {"text": say("predicted total (minutes)")},
            "autorangeoptions": span(*every, pad=0.05),
        },
        "hovermode": "closest",
    }


def _table(stages: Stages, say: Say) -> Plain:
    titles = [say("place"), say("elapsed"), say("time to go"), say("predicted total")]
    names = ("place_number", "elapsed", "state_value", "predicted_total")
    groups = [{"label": s.title, "cells": [ref(n, s.alias) for n in names]} for s in stages]
    return {"columns": [say("series"), *titles], "digits": [0, 0, 2, 2, 2], "groups": groups}


def _traces(stage: StageStyle, say: Say) -> list[Plain]:
    line: Plain = {"type": "scatter", "mode": "lines", "x": ref("place_number", stage.alias)}
    look = color(stage.role)
    exact = {"color": color("truth"), "width": size("truth")}
    dotted = {"color": color("reference"), "width": size("thin"), "dash": "dot"}
    heads = [0, 11, 0] * PLACES  # at the second of two ends and a gap
    arrow: Plain = {"symbol": "arrow", "angleref": "previous", "size": heads, "line": {"width": 0}}
    arrow["color"] = color("reward")
    return [
        line
        | {
            "name": say("exact"),
            "y": ref("actual_total", stage.alias),
            "line": exact,
            "hovertemplate": "%{y:.2f}",
        },
        line
        | {
            "name": say("where the target is read off"),
            "x": ref("source_places", stage.alias),
            "y": ref("source_totals", stage.alias),
            "line": dotted,
            "hoverinfo": "skip",
        },
        line
        | {
            "name": stage.title,
            "mode": "lines+markers",
            "y": ref("predicted_total", stage.alias),
            "line": {"color": look, "dash": dash(stage.role), "width": size("line")},
            "marker": {"color": look, "symbol": {"$symbol": stage.role}, "size": 8},
            "hovertemplate": "%{y:.2f}",
        },
        line
        | {
            "name": say("target"),
            "mode": "lines+markers",
            "x": ref("pull_places", stage.alias),
            "y": ref("pull_totals", stage.alias),
            "line": {"color": color("reward"), "width": size("line")},
            "marker": arrow,
            "hovertemplate": "%{y:.2f}",
        },
    ]


def _sentence(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say(
            "{title}: at the start {first:.2f} minutes are predicted; the trip takes {all:.2f}."
        ),
        "slots": {
            "title": stage.title,
            "first": ref("predicted_total", stage.alias, stat="first"),
            "all": ref("actual_total", stage.alias, stat="first"),
        },
    }
