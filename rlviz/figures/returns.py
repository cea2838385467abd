"""Returns of episodes as they end, beside what the best policies earn exactly."""

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
from rlviz.figures.references import Plain, color, ref, size, span, text, text_color
from rlviz.signals import signal

NAME = "episode_return"
EXACT = ("optimal_return", "optimal_return_exploring")
SETTLED = 0.1  # the share of worst bins, those of the first episodes, that may leave the picture


def episode_return(stages: Stages, say: Say) -> Plain:
    """How much an episode earns, for each stage, with the two exact lines."""
    lines = [line for s in stages[:1] for line in _exact_lines(s, say)]
    labels = [end_label(s, NAME, s.title) for s in stages]
    return {
        "name": NAME,
        "title": say("Return of an episode"),
        "short": say("return"),
        "subtitle": say("mean ± sd of replicas; green: γ-optimal policy, exact, and with ε"),
        "plots": signal(NAME).formula,
        "reading": say(
            "Higher is better. The solid green line is what the γ-optimal policy earns; "
            "the dotted one is what the same policy earns while it explores."
        ),
        "missing": say("No episode has ended yet: the curve begins with the first one."),
        "data": [
            *(area(s, NAME) for s in stages),
            *(thin_line(s, NAME, "mean") for s in stages),
            *lines,
            *(smooth_line(s, NAME, 1) for s in stages),
        ],
        "labels": labels + [label for s in stages[:1] for label in _exact_labels(s, say)],
        "layout": {"xaxis": iterations(stages, say), "yaxis": _returns(stages, say)},
        **roles(stages),
        "summary": [*(_sentence(s, say) for s in stages), *(_exact(s, say) for s in stages[:1])],
        "table": curve_table(stages, NAME, 2, say),
    }


def _returns(stages: Stages, say: Say) -> Plain:
    worst = [ref(NAME, s.alias, column="mean", quantile=SETTLED) for s in stages]
    most = [newest(s, NAME) for s in stages]
    lines = [_end(s, name) for s in stages[:1] for name in EXACT]
    return {
        "title": {"text": say("return (reward)")},
        "autorangeoptions": span(*worst, *most, *lines, pad=0.03),
    }


def _exact_lines(stage: StageStyle, say: Say) -> list[Plain]:
    names = (say("γ-optimal policy, exact"), say("the same, exploring with ε"))
    look = {"color": color("truth"), "width": size("truth"), "shape": "hv"}
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": title,
            "x": ref(name, stage.alias, column="at"),
            "y": ref(name, stage.alias, column="mean"),
            "connectgaps": True,
            "line": {**look, "dash": dash},
            "hovertemplate": "%{y:,.1f}",
        }
        for name, title, dash in zip(EXACT, names, ("solid", "dot"), strict=True)
    ]


def _exact_labels(stage: StageStyle, say: Say) -> list[Plain]:
    titles = (say("optimal {value:.1f}"), say("with ε {value:.1f}"))
    ends = [_end(stage, name) for name in EXACT]
    return [
        {"text": text(title, value=end), "y": end, "color": text_color("truth")}
        for title, end in zip(titles, ends, strict=True)
    ]


def _end(stage: StageStyle, name: str) -> Plain:
    return ref(name, stage.alias, column="mean", stat="last")


def _sentence(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say("{title}: episodes now return {mean:.1f} on average (sd {sd:.1f})."),
        "slots": {
            "title": stage.title,
            "mean": newest(stage, NAME),
            "sd": newest(stage, NAME, "sd"),
        },
    }


def _exact(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say(
            "Exactly, the γ-optimal policy returns {best:.1f}, "
            "and {same:.1f} when it explores with ε."
        ),
        "slots": {k: _end(stage, name) for k, name in zip(("best", "same"), EXACT, strict=True)},
    }
