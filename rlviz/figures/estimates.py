"""Estimates as random numbers: their distribution, and their mean ± sd over replicas by state."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.references import Plain, color, dash, ref, size, span

_STILL: Plain = {"labels": [], "marks": [], "roles": {}}  # no axis is the time


def estimate_distribution(stages: Stages, say: Say) -> Plain:
    """One estimate for each replica: their histogram, and the exact mean ± σ/√N."""
    levels = [ref("estimate_levels", s.alias) for s in stages]
    return {
        "name": "estimate_distribution",
        "title": say("The same estimate, made many times"),
        "short": say("distribution"),
        "subtitle": say("bars: replicas; green: exact mean ± σ/√N; amber: one of the estimates"),
        "plots": "E[V] = E[G], √Var[V] = σ/√N",
        "reading": say(
            "Unbiased says that the middle of all the bars is the exact mean. "
            "It says nothing of one estimate: the amber one may lie anywhere under them."
        ),
        "missing": say("No episode has ended yet, so there is no estimate."),
        "data": [trace for s in stages for trace in _distribution(s, say)],
        "layout": {
            "xaxis": {
                "title": {"text": say("estimate of the start (reward)")},
                "autorangeoptions": span(*levels, exact=True),
            },
            "yaxis": {"title": {"text": say("replicas (share)")}, "rangemode": "tozero"},
            "bargap": 0,
            "hovermode": "closest",
        },
        **_STILL,
        "summary": [sentence for s in stages for sentence in _in_words(s, say)],
        "table": _table(
            stages,
            [say("series"), say("estimate"), say("replicas (share)")],
            ["estimate_levels", "estimate_shares"],
        ),
    }


def batch_values(stages: Stages, say: Say) -> Plain:
    """What each method says of A and B, over all replicas, beside the exact values."""
    return _by_state(
        "batch_values",
        ("A", "B"),
        {
            "title": say("What they say of A and B"),
            "short": say("A and B"),
            "subtitle": say("mean ± sd over replicas; green: exact"),
            "reading": say(
                "With one replica both have seen the same eight episodes, and they differ in A "
                "alone. With many replicas each has a batch of its own, and the bars say how much "
                "the answer depends on the batch."
            ),
        },
        stages,
        say,
    )


def gradient_values(stages: Stages, say: Say) -> Plain:
    """The same for two gradients, with what each of them rests at."""
    figure = _by_state(
        "gradient_values",
        ("A", "B", "C"),
        {
            "title": say("Where each gradient comes to rest"),
            "short": say("by state"),
            "subtitle": say("points: mean ± sd of replicas; lines: where it rests; green: exact"),
            "reading": say(
                "The full gradient makes the TD error small, and in a world of chance that is not "
                "the same as being right: it pulls B and C towards A."
            ),
        },
        stages,
        say,
    )
    rests = [_states(s, "resting_value", say("where it rests"), 0.6) for s in stages]
    return figure | {
        "data": [*rests, *figure["data"]],
        "summary": [*figure["summary"], *(_errors(s, say) for s in stages)],
    }


def _distribution(stage: StageStyle, say: Say) -> list[Plain]:
    top = ref("estimate_shares", stage.alias, stat="max")
    middle = ref("estimate_expected", stage.alias)
    band = {
        "type": "data",
        "array": [ref("estimate_spread", stage.alias)],
        "color": color("truth"),
        "thickness": size("truth"),
        "width": 6,
    }
    mark = {"type": "scatter", "mode": "markers", "hovertemplate": "%{x:.3f}"}
    one = {"color": color("reward"), "symbol": "diamond", "size": 12}
    return [
        {
            "type": "bar",
            "name": say("replicas (share)"),
            "x": ref("estimate_levels", stage.alias),
            "y": ref("estimate_shares", stage.alias),
            "marker": {"color": color(stage.role, 0.6)},
            "hovertemplate": "%{x:.2f}: %{y:.3f}",
        },
        {
            "type": "scatter",
            "mode": "lines",
            "name": say("exact mean"),
            "x": [middle, middle],
            "y": [0, top],
            "line": {"color": color("truth"), "width": size("truth")},
            "hoverinfo": "skip",
        },
        mark
        | {
            "name": say("exact mean ± σ/√N"),
            "x": [middle],
            "y": [ref("estimate_shares", stage.alias, stat="max", scale=1.07)],
            "error_x": band,
            "marker": {"color": color("truth"), "symbol": "line-ns-open", "size": 10},
        },
        mark
        | {
            "name": say("one estimate"),
            "x": [ref("estimate_one", stage.alias)],
            "y": [0],
            "marker": one,
            "cliponaxis": False,
        },
    ]


def _in_words(stage: StageStyle, say: Say) -> list[Plain]:
    """What is always so, and what is so of plain means."""
    found = {
        "title": stage.title,
        "mean": ref("estimate_mean", stage.alias),
        "expected": ref("estimate_expected", stage.alias),
        "one": ref("estimate_one", stage.alias),
        "samples": ref("estimate_samples", stage.alias),
        "spread": ref("estimate_spread", stage.alias),
        "sigma": ref("return_spread", stage.alias),
    }
    middle = say(
        "{title}: the estimates lie around {mean:.3f}; exactly, a return is {expected:.3f} on "
        "average. One of them is {one:.3f}."
    )
    wide = say("After {samples:.0f} returns σ/√N is {spread:.3f}, with σ = {sigma:.3f}.")
    return [{"text": middle, "slots": found}, {"text": wide, "slots": found}]


def _by_state(name: str, letters: tuple[str, ...], words: Plain, stages: Stages, say: Say) -> Plain:
    ticks: Plain = {"tickmode": "array", "tickvals": list(range(len(letters) + 1))}
    ticks["ticktext"] = [*letters, say("end")]
    every = [ref(n, s.alias) for s in stages for n in ("value_mean", "truth_value")]
    return {
        "name": name,
        **words,
        "plots": "V(A), V(B), …",
        "missing": say("No values have been computed yet."),
        "data": [
            *(_states(s, "truth_value", say("exact")) for s in stages[:1]),
            *(_means(s, i, len(stages)) for i, s in enumerate(stages)),
        ],
        "layout": {
            "xaxis": {"title": {"text": say("state (letter)")}, **ticks},
            "yaxis": {
                "title": {"text": say("value (reward)")},
                "autorangeoptions": span(*every, include=(0.0, 1.0), pad=0.03),
            },
            "hovermode": "closest",
        },
        **_STILL,
        "summary": [_first(s, say) for s in stages],
        "table": _table(
            stages,
            [say("series"), say("estimate"), say("sd"), say("exact")],
            ["value_mean", "value_spread", "truth_value"],
        ),
    }


def _table(stages: Stages, titles: list[str], names: list[str]) -> Plain:
    groups = [{"label": s.title, "cells": [ref(n, s.alias) for n in names]} for s in stages]
    return {"columns": titles, "digits": [0, *[3] * len(names)], "groups": groups}


def _states(stage: StageStyle, name: str, title: str, alpha: float | None = None) -> Plain:
    exact = name == "truth_value"
    look = color("truth") if exact else color(stage.role, alpha)
    line = {"color": look, "width": size("truth"), "dash": "solid" if exact else dash(stage.role)}
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": title if exact else f"{stage.title}: {title}",
        "y": ref(name, stage.alias),
        "line": line,
        "marker": {"color": look, "symbol": "line-ew-open", "size": 16},
        "hovertemplate": "%{y:.4f}",
    }


def _means(stage: StageStyle, place: int, of: int) -> Plain:
    """Points beside each other, so that no error bar hides another."""
    look = color(stage.role)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": stage.title,
        "x0": (place - (of - 1) / 2) * 0.12,
        "dx": 1,
        "y": ref("value_mean", stage.alias),
        "error_y": {"type": "data", "array": ref("value_spread", stage.alias), "color": look},
        "marker": {"color": look, "symbol": {"$symbol": stage.role}, "size": 10},
        "cliponaxis": False,
        "hovertemplate": "%{y:.4f}",
    }


def _first(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say("{title}: A is worth {now:.3f}; exactly {exact:.3f}."),
        "slots": {
            "title": stage.title,
            "now": ref("value_mean", stage.alias, stat="first"),
            "exact": ref("truth_value", stage.alias, stat="first"),
        },
    }


def _errors(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say(
            "{title}: the mean squared TD error is {now:.4f} for the values of now and {truth:.4f} "
            "for the exact ones."
        ),
        "slots": {
            "title": stage.title,
            "now": ref("squared_error_now", stage.alias),
            "truth": ref("squared_error_truth", stage.alias),
        },
    }
