"""How far each estimate is from the exact table that it is after."""

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
from rlviz.figures.references import Plain, ref, span
from rlviz.signals import signal

NAME = "truth_distance"


def truth_distance(stages: Stages, say: Say) -> Plain:
    """Root mean square gap to the truth of each stage, from 0."""
    ends = [ref(NAME, s.alias, column="mean", stat="max") for s in stages]
    scale = {"autorangeoptions": span(*ends, include=(0.0,)), "rangemode": "tozero"}
    titles = (say("Distance to the truth"), say("distance to truth"))
    return _distance("truth_distance", titles, scale, stages, say)


def truth_distance_log(stages: Stages, say: Say) -> Plain:
    """The same on a logarithmic axis, where steady progress is a straight line."""
    ends = [ref(NAME, s.alias, column="mean") for s in stages]
    scale: Plain = {"type": "log", "autorangeoptions": span(*ends, log=True), "tickformat": "~g"}
    titles = (say("Distance to the truth, logarithmic"), say("log scale"))
    return _distance("truth_distance_log", titles, scale, stages, say)


def _distance(name: str, titles: tuple[str, str], scale: Plain, stages: Stages, say: Say) -> Plain:
    form = say("{title}<br>to {truth}")
    texts = [form.format(title=s.title, truth=_goal(s, say)) for s in stages]
    return {
        "name": name,
        "title": titles[0],
        "short": titles[1],
        "subtitle": say("root mean square over reachable (s, a)"),
        "plots": signal(NAME).formula,
        "reading": say(
            "0 is the exact answer. Each method is measured against the table that it is after, "
            "for the ε and γ of now."
        ),
        "missing": say("The distance is measured now and then; the first time is still to come."),
        "data": [
            *(area(s, NAME) for s in stages),
            *(thin_line(s, NAME, "mean") for s in stages),
            *(smooth_line(s, NAME, 2) for s in stages),
        ],
        "labels": [end_label(s, NAME, t) for s, t in zip(stages, texts, strict=True)],
        "layout": {
            "xaxis": iterations(stages, say),
            "yaxis": {"title": {"text": say("distance (reward)")}, **scale},
        },
        **roles(stages),
        "summary": [_sentence(s, say) for s in stages],
        "table": curve_table(stages, NAME, 3, say),
    }


def _goal(stage: StageStyle, say: Say) -> str:
    """What the stage is after, in as few letters as a label has room for."""
    named = {
        "q_optimal": "Q*",
        "q_soft_optimal": say("best ε-soft Q"),
        "v_optimal": "V*",
        "v_policy": "V_π",
        "v_actor": "V_π",
        "q_arms": say("the arms' means"),
        "v_bonus": "V_c",
    }
    return named[stage.truth] if stage.truth in named else signal(stage.truth).symbol


def _sentence(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say("{title} is {now:.2f} from {truth}; it began {first:.2f} away."),
        "slots": {
            "title": stage.title,
            "truth": _goal(stage, say),
            "now": newest(stage, NAME),
            "first": ref(NAME, stage.alias, column="mean", stat="first"),
        },
    }
