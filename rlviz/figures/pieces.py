"""What pictures of one moment have in common: axes, bars, a line, a table of vectors."""

from __future__ import annotations

from collections.abc import Sequence

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.references import Leaf, Plain, color, ref, size


def missing(say: Say) -> Plain:
    """The parts of a picture that has no marks, and what it says before the first step."""
    return {
        "missing": say("Nothing has happened yet: take a step."),
        "labels": [],
        "marks": [],
        "roles": {},
    }


def axes(x: str, y: str) -> Plain:
    """A layout with two titled axes."""
    return {"xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}}


def plane(x: str, y: str) -> Plain:
    """A layout of a plane whose places have names: its two axes are named and not drawn."""
    layout = axes(x, y)
    for axis in layout.values():
        axis |= {"visible": False, "constrain": "domain"}
    layout["yaxis"] |= {"scaleanchor": "x"}
    return layout | {"margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "hovermode": "closest"}


def table(
    stages: Stages, titles: Sequence[str], names: Sequence[str], digits: Sequence[int], say: Say
) -> Plain:
    """The numbers of a picture in words: a column for each title, a group for each stage."""
    groups = [{"label": s.title, "cells": [ref(n, s.alias) for n in names]} for s in stages]
    return {"columns": [say("series"), *titles], "digits": [0, *digits], "groups": groups}


def bars(stage: StageStyle, x: str, y: str, alpha: float | None, title: str) -> Plain:
    """Bars of one vector over another."""
    return {
        "type": "bar",
        "name": title,
        "x": ref(x, stage.alias),
        "y": ref(y, stage.alias),
        "marker": {"color": color(stage.role, alpha)},
        "hovertemplate": "%{y:.4f}",
    }


def line(stage: StageStyle, x: str, y: str, look: Leaf) -> Plain:
    """A line of one vector over another."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": ref(x, stage.alias),
        "y": ref(y, stage.alias),
        "line": {"color": look, "width": size("line")},
    }
