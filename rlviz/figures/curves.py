"""What figures of curves share: how a stage's lines, bands, names and tables are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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

Say = Callable[[str], str]  # a sentence in the reader's language
SMOOTH = 25  # bins of at most 400


@dataclass(frozen=True)
class StageStyle:
    """What a figure knows of a stage: its name in frames, its title, and how it looks."""

    alias: str
    title: str
    family: str
    member: int
    truth: str = "truth_q"  # the exact signal that its estimate is after
    parent: bool = False  # whether it is the run from which another stage's was forked
    env_steps: int | None = 1  # of one replica in an iteration: 0 in planning, None in batches

    @property
    def role(self) -> str:
        """Its colour, dash and marker in every theme."""
        return f"series:{self.family}:{self.member}" + (":parent" if self.parent else "")


Stages = Sequence[StageStyle]


def smooth_line(stage: StageStyle, name: str, digits: int) -> Plain:
    """The mean over replicas, smoothed, in front; the one that hovering reads."""
    look = {"color": color(stage.role), "dash": dash(stage.role), "width": size("line")}
    return {
        **_curve(stage, name, "mean", SMOOTH),
        "name": stage.title,
        "line": look,
        "hovertemplate": f"%{{y:,.{digits}f}}",
    }


def thin_line(stage: StageStyle, name: str, column: Column) -> Plain:
    """What was measured, unsmoothed, behind."""
    look = {"color": color(stage.role, 0.3), "width": size("thin")}
    return {**_curve(stage, name, column, None), "line": look, "hoverinfo": "skip"}


def area(stage: StageStyle, name: str) -> Plain:
    """The band of ± sd around the smoothed mean."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": ref(name, stage.alias, band="x", smooth=SMOOTH),
        "y": ref(name, stage.alias, band="y", smooth=SMOOTH),
        "fill": "toself",
        "fillcolor": color(stage.role, 0.13),
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def _curve(stage: StageStyle, name: str, column: Column, smooth: int | None) -> Plain:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": ref(name, stage.alias, column="at"),
        "y": ref(name, stage.alias, column=column, smooth=smooth),
        "connectgaps": True,  # no episode need end in a bin
    }


def newest(stage: StageStyle, name: str, column: Column = "mean") -> Leaf:
    """Where the smoothed curve ends."""
    return ref(name, stage.alias, column=column, smooth=SMOOTH, stat="last")


def end_label(stage: StageStyle, name: str, title: str) -> Plain:
    """The name of a line, at its end."""
    return {"text": f"<b>{title}</b>", "y": newest(stage, name), "color": text_color(stage.role)}


def counted(stages: Stages, say: Say) -> str:
    """What an iteration is, in the words of an axis: a step, a batch, or one of several things."""
    kinds = {stage.env_steps for stage in stages}
    if kinds == {None}:
        return say("iteration (batches)")
    return say("iteration (steps of one agent)") if kinds == {1} else say("iteration (number)")


def iterations(stages: Stages, say: Say) -> Plain:
    """The x axis, from the start to the now of the stage that is ahead."""
    return {
        "title": {"text": counted(stages, say)},
        "autorangeoptions": span(*(iteration(s.alias) for s in stages), include=(0.0,), exact=True),
        # Between two iterations of a run that has just begun no thousandths are counted.
        "tickformatstops": [{"dtickrange": [None, 0.5], "value": ".1f"}],
    }


def roles(stages: Stages) -> Plain:
    """Whose knobs leave marks, and in which colour where only one stage was turned."""
    return {"marks": [s.alias for s in stages], "roles": {s.alias: s.role for s in stages}}


def curve_table(stages: Stages, name: str, digits: int, say: Say) -> Plain:
    """One row for each stage and bin."""
    titles = [
        say("series"),
        say("iteration"),
        say("mean"),
        say("sd"),
        say("least"),
        say("greatest"),
    ]
    titles += [say("replica 0"), say("number of values")]
    columns: tuple[Column, ...] = ("at", "mean", "sd", "min", "max", "replica_0", "n")
    groups = [
        {"label": s.title, "cells": [ref(name, s.alias, column=c) for c in columns]} for s in stages
    ]
    decimals = [0, 0, *[digits] * 5, 0]
    return {"columns": titles, "digits": decimals, "groups": groups}
