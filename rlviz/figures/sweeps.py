"""A sweep as a picture: a number for each point, over one or two knobs.

It is drawn of what was found, not of frames, so its leaves are numbers and not references.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rlviz.figures.curves import Say
from rlviz.figures.references import Plain, color, size

STILL: Plain = {"marks": [], "roles": {}}  # no axis is the time, so no knob leaves a mark


@dataclass(frozen=True)
class Knob:
    """One axis: the knob's name, and its values as they are read."""

    title: str
    symbol: str
    values: tuple[str, ...]
    numbers: tuple[float, ...] = ()  # of the values, where they are numbers
    log: bool = False


@dataclass(frozen=True)
class Spot:
    """One point; `mean` is None where it has no number, and `state` says why."""

    state: Literal["waiting", "running", "measured", "empty", "diverged", "failed", "cancelled"]
    mean: float | None = None
    error: float | None = None  # one standard error
    n: int = 0  # replicas that have a value
    curve: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Found:
    """What a sweep has found of one metric; the last knob's values turn first."""

    knobs: tuple[Knob, ...]
    spots: tuple[Spot, ...]
    measure: str  # "return of an episode, mean over the last quarter"
    unit: str
    curve: str  # what the curves are of
    highest: bool  # whether the highest is the best
    at: tuple[float, ...]  # iterations, of the curves
    iterations: int
    best: int | None = None
    worst: float | None = None  # from here on colours tell no more
    heights: tuple[float, float] | None = None  # between which the curves are shown
    digits: int = 2

    def name(self, point: int) -> str:
        """A point by its knobs: "α = 0.1, ε = 0.05"."""
        wide = len(self.knobs[-1].values)
        places = [point] if len(self.knobs) == 1 else list(divmod(point, wide))
        return ", ".join(
            f"{knob.symbol} = {knob.values[at]}"
            for knob, at in zip(self.knobs, places, strict=True)
        )


def sweep_points(found: Found, say: Say) -> Plain:
    """A heat map over two knobs, a line with its band over one."""
    both = len(found.knobs) == 2
    drawn = _map(found, say) if both else _line(found, say)
    higher, lower = say("{measure}; higher is better"), say("{measure}; lower is better")
    reading = say(
        "Each cell is one point: the mean over its replicas. Bright is better, and the worst "
        "quarter is equally dark, so that it hides no difference between the others; the frame "
        "marks the best. A cross is a point whose training diverged."
    )
    if not both:
        reading = say(
            "Each marker is the mean over the replicas of one point, the band one standard error "
            "to either side. A cross is a point whose training diverged."
        )
    return {
        "name": "sweep_points",
        "title": say("Every point"),
        "short": say("points"),
        "subtitle": (higher if found.highest else lower).format(measure=found.measure),
        "plots": "m = Σ x_r / n, SE = sd / √n",
        "reading": reading,
        "missing": say("No point has been measured yet."),
        **drawn,
        "labels": [],
        **STILL,
        "summary": _in_words(found, say),
        "table": _table(found, say),
    }


def state_word(state: str, say: Say) -> str:
    """Why a point has no number; "" where it has one."""
    words = {
        "waiting": say("waiting"),
        "running": say("running"),
        "empty": say("no value"),
        "diverged": say("diverged"),
        "failed": say("failed"),
        "cancelled": say("cancelled"),
    }
    return words.get(state, "")


def _map(found: Found, say: Say) -> Plain:
    across, up = found.knobs
    wide = len(up.values)
    rows = [[x * wide + y for x in range(len(across.values))] for y in range(wide)]
    heat = {
        "type": "heatmap",
        "x": list(across.values),
        "y": list(up.values),
        "z": [[found.spots[p].mean for p in row] for row in rows],
        "text": [[short(found.spots[p].mean) for p in row] for row in rows],
        "texttemplate": "%{text}",
        "hovertext": [[_hover(found, p, say) for p in row] for row in rows],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "hoverongaps": True,
        "customdata": rows,
        "colorscale": "Viridis",
        "reversescale": not found.highest,
        **({} if found.worst is None else {"zmin" if found.highest else "zmax": found.worst}),
        **({} if found.best is None else {"zmax" if found.highest else "zmin": _best(found)}),
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
    }
    missing = [p for p, spot in enumerate(found.spots) if spot.mean is None]
    marks = {
        "type": "scatter",
        "mode": "text",
        "x": [across.values[p // wide] for p in missing],
        "y": [up.values[p % wide] for p in missing],
        "text": [_sign(found.spots[p].state) for p in missing],
        "textfont": {"color": color("soft")},
        "customdata": missing,
        "hoverinfo": "skip",
    }
    grid = {"nticks": 40, "showgrid": False}
    frame = []
    if found.best is not None:
        x, y = divmod(found.best, wide)
        edges = {"x0": x - 0.5, "x1": x + 0.5, "y0": y - 0.5, "y1": y + 0.5}
        look = {"color": color("reward"), "width": size("line")}
        frame = [{"type": "rect", **edges, "line": look}]
    return {
        "data": [heat, *([marks] if missing else [])],
        "layout": {
            "xaxis": {"type": "category", "title": {"text": across.title}, **grid},
            "yaxis": {"type": "category", "title": {"text": up.title}, **grid},
            "hovermode": "closest",
            "shapes": frame,
        },
    }


def _line(found: Found, say: Say) -> Plain:
    (knob,) = found.knobs
    x: list[float] | list[str] = list(knob.numbers) or list(knob.values)
    edged = _intervals(found)
    band = {
        "type": "scatter",
        "mode": "lines",
        "x": [x[p] for p, _, _ in edged] + [x[p] for p, _, _ in reversed(edged)],
        "y": [m + e for _, m, e in edged] + [m - e for _, m, e in reversed(edged)],
        "fill": "toself",
        "fillcolor": color("accent", 0.15),
        "line": {"width": 0},
        "hoverinfo": "skip",
    }
    best = [12 if p == found.best else 7 for p in range(len(found.spots))]
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": [spot.mean for spot in found.spots],
        "line": {"color": color("accent"), "width": size("line")},
        "marker": {"color": color("accent"), "size": best, "symbol": "circle"},
        "hovertext": [_hover(found, p, say) for p in range(len(found.spots))],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": list(range(len(found.spots))),
    }
    missing = [p for p, spot in enumerate(found.spots) if spot.mean is None]
    marks = {
        "type": "scatter",
        "mode": "text",
        "x": [x[p] for p in missing],
        "y": [0.05] * len(missing),
        "yaxis": "y2",
        "text": [_sign(found.spots[p].state) for p in missing],
        "textfont": {"color": color("soft"), "size": size("label")},
        "hovertext": [_hover(found, p, say) for p in missing],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": missing,
    }
    ticks = {"tickmode": "array", "tickvals": x, "ticktext": list(knob.values), "tickangle": 0}
    kind = "log" if knob.log else "linear" if knob.numbers else "category"
    return {
        "data": [band, line, *([marks] if missing else [])],
        "layout": {
            "xaxis": {"type": kind, "title": {"text": knob.title}, **ticks, "hoverformat": ""},
            "yaxis": {"title": {"text": f"{found.curve} ({found.unit})"}},
            "yaxis2": {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True},
            "hovermode": "closest",
        },
    }


def _intervals(found: Found) -> list[tuple[int, float, float]]:
    """Points with mean and standard error, where they have both."""
    pairs = [(p, spot.mean, spot.error) for p, spot in enumerate(found.spots)]
    return [(p, mean, error) for p, mean, error in pairs if mean is not None and error is not None]


def _in_words(found: Found, say: Say) -> list[Plain]:
    spots = found.spots
    counted = {"measured": sum(s.mean is not None for s in spots), "all": len(spots)}
    said = [{"text": say("{measured:d} of {all:d} points have a number."), "slots": counted}]
    if found.best is not None:
        spot = spots[found.best]
        slots = {"name": found.name(found.best), "mean": spot.mean, "n": spot.n}
        if spot.error is None:
            text = say("The best of them is {name}, with {mean:.2f} (one replica).")
        else:
            slots["error"] = spot.error
            text = say(
                "The best of them is {name}, with {mean:.2f} ± {error:.2f} ({n:d} replicas)."
            )
        said.append({"text": text, "slots": slots})
    if diverged := sum(s.state == "diverged" for s in spots):
        text = say("Diverged: {count:d}.")
        said.append({"text": text, "slots": {"count": diverged}})
    return said


def _table(found: Found, say: Say) -> Plain:
    columns = [say("point"), say("mean"), say("state"), say("standard error"), say("replicas")]
    groups = [
        {
            "label": found.name(p),
            "cells": [[s.mean], [state_word(s.state, say) or say("measured")], [s.error], [s.n]],
        }
        for p, s in enumerate(found.spots)
    ]
    return {"columns": columns, "digits": [0, found.digits, 0, found.digits, 0], "groups": groups}


def _hover(found: Found, point: int, say: Say) -> str:
    """A point's knobs and what was found there."""
    spot = found.spots[point]
    if spot.mean is None:
        return f"{found.name(point)}<br>{state_word(spot.state, say)}"
    around = "" if spot.error is None else f" ± {short(spot.error)} SE"
    replicas = say("n = {n} replicas").format(n=spot.n)
    return f"{found.name(point)}<br>{short(spot.mean)}{around}<br>{replicas}"


def short(value: float | None) -> str:
    """At most four characters of digits, with a real minus sign."""
    if value is None:
        return ""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}".replace("-", "−")


def _best(found: Found) -> float | None:
    return None if found.best is None else found.spots[found.best].mean


def _sign(state: str) -> str:
    return {"diverged": "✕", "running": "…", "failed": "!", "empty": "–"}.get(state, "·")
