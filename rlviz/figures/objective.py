"""What a learned policy is worth exactly, iteration by iteration."""

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

NAME, BEST = "policy_objective", "best_objective"


def expected_return(stages: Stages, say: Say) -> Plain:
    """J of every stage's policies, and the most that any policy of the family has."""
    lows = [ref(NAME, s.alias, column="mean", stat="min") for s in stages]
    tops = [ref(NAME, s.alias, column="mean", stat="max") for s in stages]
    return {
        "name": "expected_return",
        "title": say("What the policies are worth"),
        "short": say("expected return"),
        "subtitle": say("exact J; mean ± sd of replicas; green: the best policy there is"),
        "plots": signal(NAME).formula,
        "reading": say(
            "Nothing here is sampled: every point is the exact expected return of the policy of "
            "that iteration. A wide band means that luck decides what is learned."
        ),
        "missing": say("J is computed now and then; the first time is still to come."),
        "data": [
            *(area(s, NAME) for s in stages),
            *(thin_line(s, NAME, "mean") for s in stages),
            *(_best(s, say) for s in stages[:1]),
            *(smooth_line(s, NAME, 3) for s in stages),
        ],
        "labels": [
            *(end_label(s, NAME, s.title) for s in stages),
            *(_best_label(s, say) for s in stages[:1]),
        ],
        "layout": {
            "xaxis": iterations(stages, say),
            "yaxis": {
                "title": {"text": say("expected return (reward)")},
                "autorangeoptions": span(
                    *lows, *tops, *(_last(s, BEST) for s in stages[:1]), pad=0.03
                ),
            },
        },
        **roles(stages),
        "summary": [_sentence(s, say) for s in stages],
        "table": curve_table(stages, NAME, 4, say),
    }


def _last(stage: StageStyle, name: str) -> Plain:
    return ref(name, stage.alias, column="mean", stat="last")


def _best(stage: StageStyle, say: Say) -> Plain:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": say("best policy, exact"),
        "x": ref(BEST, stage.alias, column="at"),
        "y": ref(BEST, stage.alias, column="mean"),
        "connectgaps": True,
        "line": {"color": color("truth"), "width": size("truth"), "shape": "hv"},
        "hovertemplate": "%{y:,.3f}",
    }


def _best_label(stage: StageStyle, say: Say) -> Plain:
    end = _last(stage, BEST)
    return {
        "text": text(say("best {value:.2f}"), value=end),
        "y": end,
        "color": text_color("truth"),
    }


def _sentence(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say("{title}: J is now {now:.3f} on average over replicas (sd {sd:.3f})."),
        "slots": {
            "title": stage.title,
            "now": newest(stage, NAME),
            "sd": newest(stage, NAME, "sd"),
        },
    }
