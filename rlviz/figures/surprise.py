"""TD errors: how wrong each estimate was, update by update."""

from __future__ import annotations

from rlviz.figures.curves import (
    SMOOTH,
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
from rlviz.figures.references import Band, Plain, color, ref, size, span
from rlviz.signals import signal

NAME = "td_error"
EDGES: tuple[Band, Band] = ("upper", "lower")


def td_error(stages: Stages, say: Say) -> Plain:
    """Mean over replicas within ± sd, and replica 0, around zero."""
    inner = [
        ref(NAME, s.alias, band=b, smooth=SMOOTH, symmetric_range=True)
        for s in stages
        for b in EDGES
    ]
    return {
        "name": NAME,
        "title": say("TD errors"),
        "short": say("TD errors"),
        "subtitle": say("mean ± sd of replicas; thin: replica 0"),
        "plots": signal(NAME).formula,
        "reading": say(
            "Above 0 things went better than expected, below worse. "
            "The mean settles at 0; the band stays as wide as chance keeps surprising the method."
        ),
        "missing": say("No update has been made yet: the first one makes the first TD error."),
        "data": [
            *(area(s, NAME) for s in stages),
            *(thin_line(s, NAME, "replica_0") for s in stages),
            *(smooth_line(s, NAME, 2) for s in stages),
        ],
        "labels": [end_label(s, NAME, s.title) for s in stages],
        "layout": {
            "xaxis": iterations(stages, say),
            "yaxis": {
                "title": {"text": say("TD error δ (reward)")},
                "autorangeoptions": span(*inner),
            },
            "shapes": [_zero()],
        },
        **roles(stages),
        "summary": [_sentence(s, say) for s in stages],
        "table": curve_table(stages, NAME, 3, say),
    }


def _zero() -> Plain:
    look = {"color": color("reference"), "width": size("thin")}
    place = {"xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": 0, "y1": 0}
    return {"type": "line", **place, "layer": "below", "line": look}


def _sentence(stage: StageStyle, say: Say) -> Plain:
    slots = {"mean": newest(stage, NAME), "sd": newest(stage, NAME, "sd")}
    return {
        "text": say("{title}: TD errors are now {mean:.2f} on average (sd {sd:.2f})."),
        "slots": {"title": stage.title, **slots},
    }
