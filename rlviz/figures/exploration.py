"""Bandits: what is believed of each arm, and what it cost to find out."""

from __future__ import annotations

from rlviz.figures.curves import (
    Say,
    Stages,
    StageStyle,
    area,
    curve_table,
    end_label,
    iterations,
    newest,
    roles,
    smooth_line,
    thin_line,
)
from rlviz.figures.references import Plain, color, ref, span
from rlviz.signals import signal


def arms(stages: Stages, say: Say) -> Plain:
    """Estimates as bars, exact means as marks, pulls as numbers."""
    titles = [say("series"), say("arm"), say("estimate"), say("exact mean"), say("pulls")]
    names = ("arm_index", "arm_values", "arm_truth", "arm_counts")
    return {
        "name": "arms",
        "title": say("What each arm is thought to pay"),
        "short": say("arms"),
        "subtitle": say("bars: estimates; numbers: pulls; green: exact means"),
        "plots": "Q(a), N(a), q*(a) = E[r | a]",
        "reading": say(
            "A bar far from its green mark belongs to an arm that was pulled too seldom to be "
            "known. That is no fault where the arm is poor."
        ),
        "missing": say("No arm has been pulled yet."),
        "data": [trace for s in stages for trace in _arms(s, say)],
        "labels": [],
        "layout": {
            "xaxis": {"title": {"text": say("arm (number)")}, "dtick": 1},
            "yaxis": {"title": {"text": say("value (reward)")}},
        },
        "marks": [],
        "roles": {},
        "summary": [_best(s, say) for s in stages],
        "table": {
            "columns": titles,
            "digits": [0, 0, 3, 3, 0],
            "groups": [
                {"label": s.title, "cells": [ref(n, s.alias) for n in names]} for s in stages
            ],
        },
    }


def regret(stages: Stages, say: Say) -> Plain:
    """Exact expected reward that was given away, summed up."""
    ends = [ref("regret", s.alias, column="mean", stat="max") for s in stages]
    texts = {
        "title": say("Regret"),
        "short": say("regret"),
        "subtitle": say("exact, summed up; mean ± sd of replicas"),
        "reading": say(
            "A straight line means that mistakes never become rarer; a line that bends flat means "
            "that the search comes to an end."
        ),
        "sentence": say("{title}: {now:.1f} of expected reward has been given away."),
    }
    scale = {
        "title": {"text": say("regret (reward)")},
        "autorangeoptions": span(*ends, include=(0.0,)),
        "rangemode": "tozero",
    }
    return _curves("regret", texts, scale, stages, say)


def optimal_share(stages: Stages, say: Say) -> Plain:
    """How often the best arm is pulled."""
    texts = {
        "title": say("How often the best arm is pulled"),
        "short": say("best arm"),
        "subtitle": say("share of replicas"),
        "reading": say(
            "ε-greedy ends below 1 − ε + ε/10, because it never stops trying; "
            "the others may end higher, or stay with a wrong arm."
        ),
        "sentence": say("{title}: the best arm is pulled with a share of {now:.2f}."),
    }
    scale = {
        "title": {"text": say("best arm (share)")},
        "autorangeoptions": span(include=(0.0, 1.0), exact=True),
    }
    return _curves("optimal_share", texts, scale, stages, say)


def _curves(name: str, texts: dict[str, str], scale: Plain, stages: Stages, say: Say) -> Plain:
    sentence = texts.pop("sentence")
    bands = [area(s, name) for s in stages] if name == "regret" else []
    return {
        "name": name,
        **texts,
        "plots": signal(name).formula,
        "missing": say("No arm has been pulled yet."),
        "data": [
            *bands,
            *(thin_line(s, name, "mean") for s in stages),
            *(smooth_line(s, name, 2) for s in stages),
        ],
        "labels": [end_label(s, name, s.title) for s in stages],
        "layout": {"xaxis": iterations(stages, say), "yaxis": scale},
        **roles(stages),
        "summary": [
            {"text": sentence, "slots": {"title": s.title, "now": newest(s, name)}} for s in stages
        ],
        "table": curve_table(stages, name, 3, say),
    }


def _arms(stage: StageStyle, say: Say) -> list[Plain]:
    bars = {
        "type": "bar",
        "name": say("estimate"),
        "x": ref("arm_index", stage.alias),
        "y": ref("arm_values", stage.alias),
        "text": ref("arm_counts", stage.alias),
        "textposition": "outside",
        "marker": {"color": color(stage.role, 0.7)},
        "hovertemplate": "%{y:.3f}",
    }
    exact = {
        "type": "scatter",
        "mode": "markers",
        "name": say("exact mean"),
        "x": ref("arm_index", stage.alias),
        "y": ref("arm_truth", stage.alias),
        "marker": {"color": color("truth"), "symbol": "line-ew-open", "size": 18},
        "hovertemplate": "%{y:.3f}",
    }
    return [bars, exact]


def _best(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say("{title}: the highest estimate is {found:.2f}, the best arm pays {best:.2f}."),
        "slots": {
            "title": stage.title,
            "found": ref("arm_values", stage.alias, stat="max"),
            "best": ref("arm_truth", stage.alias, stat="max"),
        },
    }
