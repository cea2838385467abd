"""How good a target is: exact bias and variance, over n and over λ, for the values of now."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.references import Plain, color, ref, size, span
from rlviz.signals import signal
from rlviz.signals.prediction import DECAYS, STEPS

PARTS = ("bias", "variance", "mse")
LOOKS = ("dot", "dash", "solid")


def bias_variance_steps(stages: Stages, say: Say) -> Plain:
    """Squared bias, variance and their sum against the number of steps."""
    at = [float(n) for n in range(1, STEPS + 1)]
    title = say("Bias and variance of the n-step target")
    return _errors(
        "n_step", (title, say("over n"), say("rewards in the target (n)")), at, stages, say
    )


def bias_variance_decay(stages: Stages, say: Say) -> Plain:
    """The same against λ."""
    at = [round(i / (DECAYS - 1), 2) for i in range(DECAYS)]
    title = say("Bias and variance of the λ-return")
    return _errors("lambda", (title, say("over λ"), say("trace decay (λ)")), at, stages, say)


def _errors(
    kind: str, words: tuple[str, str, str], at: list[float], stages: Stages, say: Say
) -> Plain:
    name = "bias_variance_steps" if kind == "n_step" else "bias_variance_decay"
    titles = (say("squared bias"), say("variance"), say("mean squared error"))
    every = [ref(f"{kind}_{part}", s.alias) for s in stages for part in PARTS]
    return {
        "name": name,
        "title": words[0],
        "short": words[1],
        "subtitle": say("exact, from the start, for the V of now"),
        "plots": signal(f"{kind}_mse").formula,
        "reading": say(
            "Dotted: squared bias. Dashed: variance. Solid: their sum. "
            "Where V is right there is no bias, and waiting only adds variance."
        ),
        "missing": say("No values have been computed yet."),
        "data": [
            _line(s, f"{kind}_{part}", at, f"{s.title}: {title}", look)
            for s in stages
            for part, title, look in zip(PARTS, titles, LOOKS, strict=True)
        ],
        "labels": [],
        "layout": {
            "xaxis": {
                "title": {"text": words[2]},
                "range": [at[0], at[-1]],
                "tickformat": ".0f" if kind == "n_step" else ".1f",
            },
            "yaxis": {
                "title": {"text": say("squared error (reward²)")},
                "autorangeoptions": span(*every, include=(0.0,), pad=0.03),
            },
        },
        "marks": [],  # no axis is the time
        "roles": {},
        "summary": [_least(s, kind, say) for s in stages],
        "table": {
            "columns": [say("series"), *titles],
            "digits": [0, 4, 4, 4],
            "groups": [
                {"label": s.title, "cells": [ref(f"{kind}_{p}", s.alias) for p in PARTS]}
                for s in stages
            ],
        },
    }


def _line(stage: StageStyle, name: str, at: list[float], title: str, look: str) -> Plain:
    line = {"color": color(stage.role), "dash": look, "width": size("line")}
    if look != LOOKS[-1]:  # the parts stand behind their sum
        line |= {"color": color(stage.role, 0.7), "width": size("thin")}
    return {
        "type": "scatter",
        "mode": "lines",
        "name": title,
        "x": at,
        "y": ref(name, stage.alias),
        "line": line,
        "hovertemplate": "%{y:.4f}",
    }


def _least(stage: StageStyle, kind: str, say: Say) -> Plain:
    slots = {
        "title": stage.title,
        "least": ref(f"{kind}_mse", stage.alias, stat="min"),
        "first": ref(f"{kind}_mse", stage.alias, stat="first"),
        "last": ref(f"{kind}_mse", stage.alias, stat="last"),
    }
    form = say(
        "{title}: mean squared error {first:.4f} at the left end, {last:.4f} at the right, "
        "{least:.4f} at best."
    )
    return {"text": form, "slots": slots}
