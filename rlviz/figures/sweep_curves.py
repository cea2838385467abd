"""How the points of a sweep came to their numbers: a curve for each."""

from __future__ import annotations

from rlviz.figures.curves import Say
from rlviz.figures.references import Plain, color, dash, size, span, text_color
from rlviz.figures.sweeps import STILL, Found, Spot

MOST_NAMED = 8  # curves with a name of their own; of more, the best, the median and the worst


def sweep_curves(found: Found, say: Say) -> Plain:
    """How each point came to its number."""
    chosen = named(found)
    quiet = [p for p in range(len(found.spots)) if p not in chosen]
    return {
        "name": "sweep_curves",
        "title": say("Their curves"),
        "short": say("curves"),
        "subtitle": say("means over replicas, in {bins} bins").format(bins=len(found.at)),
        "plots": "m(i) = Σ x / n",
        "reading": say(
            "A curve is the mean of all values of a point's replicas in each bin of iterations. "
            "Where there are many points, the best, the median and the worst are named."
        ),
        "missing": say("Nothing has been measured yet."),
        "data": [
            *(_thin(found, point) for point in quiet if _there(found, point)),
            *(_named(found, point, nth) for nth, point in enumerate(chosen)),
        ],
        "labels": [_label(found, point, nth) for nth, point in enumerate(chosen)],
        "layout": {
            "xaxis": {
                "title": {"text": say("iteration (steps of one agent)")},
                "autorangeoptions": span(include=(0.0, float(found.iterations)), exact=True),
            },
            "yaxis": {
                "title": {"text": f"{found.curve} ({found.unit})"},
                "autorangeoptions": span(*(found.heights or ()), pad=0.03),
            },
            "hovermode": "closest",
        },
        **STILL,
        "summary": [
            {
                "text": say("The curve of {name} ends at {last:.2f}."),
                "slots": {"name": found.name(p), "last": _last(found.spots[p])},
            }
            for p in chosen
        ],
        "table": {
            "columns": [say("point"), say("iteration"), say("mean")],
            "digits": [0, 0, found.digits],
            "groups": [
                {"label": found.name(p), "cells": [list(found.at), list(found.spots[p].curve)]}
                for p in range(len(found.spots))
                if _there(found, p)
            ],
        },
    }


def named(found: Found) -> list[int]:
    """The points whose curves have a name: all of few; of many the best, median and worst."""
    there = [p for p in range(len(found.spots)) if _there(found, p)]
    if len(there) <= MOST_NAMED:
        return there
    means = {p: m for p in there if (m := found.spots[p].mean) is not None}
    ranked = sorted(means, key=lambda p: means[p], reverse=found.highest)
    return list(dict.fromkeys(ranked[i] for i in (0, len(ranked) // 2, -1))) if ranked else []


def _there(found: Found, point: int) -> bool:
    return any(value is not None for value in found.spots[point].curve)


def _last(spot: Spot) -> float:
    return next(value for value in reversed(spot.curve) if value is not None)


def _drawn(found: Found, point: int) -> Plain:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(found.at),
        "y": list(found.spots[point].curve),
        "connectgaps": True,
        "name": found.name(point),
        "customdata": [point] * len(found.at),
        "hovertemplate": f"{found.name(point)}: %{{y:,.{found.digits}f}}<extra></extra>",
    }


def _thin(found: Found, point: int) -> Plain:
    look = {"color": color("reference", 0.35), "width": size("thin")}
    return {**_drawn(found, point), "line": look}


def _named(found: Found, point: int, nth: int) -> Plain:
    role = f"series:td:{nth}"
    look = {"color": color(role), "dash": dash(role), "width": size("line")}
    return {**_drawn(found, point), "line": look}


def _label(found: Found, point: int, nth: int) -> Plain:
    return {
        "text": f"<b>{found.name(point)}</b>",
        "y": _last(found.spots[point]),
        "color": text_color(f"series:td:{nth}"),
    }
