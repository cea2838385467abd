"""Importance sampling over time: estimates, and what the samples are worth."""

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
from rlviz.figures.references import Plain, color, dash, ref, size, span
from rlviz.signals import signal


def importance_estimates(stages: Stages, say: Say) -> Plain:
    """Estimates of every replica beside their exact limit and its standard error."""
    name = "importance_estimate"
    edges = [
        ref(f"standard_error_{side}", s.alias, column="mean", quantile=q)
        for s in stages
        for side, q in (("above", 0.85), ("below", 0.15))
    ]
    truths = [ref("target_value", s.alias, column="mean", stat="last") for s in stages]
    return {
        "name": "importance_estimates",
        "title": say("Estimates of the target's value"),
        "short": say("estimates"),
        "subtitle": say("green: exact, and limit ± σ/√n; band: mean ± sd of replicas"),
        "plots": signal(name).formula,
        "reading": say(
            "The band should fill the dotted green lines. Where it is narrower than they are, the "
            "samples that make the variance have not been drawn yet."
        ),
        "missing": say("Nothing has been drawn yet: the curve begins with the first batch."),
        "data": [
            *(area(s, name) for s in stages),
            *(_exact(s, "target_value", say("exact"), "line") for s in stages[:1]),
            *(_edge(s, side, say) for s in stages for side in ("above", "below")),
            *(thin_line(s, name, "mean") for s in stages),
            *(smooth_line(s, name, 3) for s in stages),
        ],
        "labels": [end_label(s, name, s.title) for s in stages],
        "layout": {
            "xaxis": iterations(stages, say),
            "yaxis": {
                "title": {"text": say("estimate (reward)")},
                "autorangeoptions": span(*edges, *truths, pad=0.1),
            },
        },
        **roles(stages),
        "summary": [_estimated(s, say) for s in stages],
        "table": curve_table(stages, name, 4, say),
    }


def samples_worth(stages: Stages, say: Say) -> Plain:
    """Effective sample size as a share, beside the exact one."""
    name = "samples_worth"
    return {
        "name": name,
        "title": say("What the samples are worth"),
        "short": say("effective size"),
        "subtitle": say("share of as many drawn by the target; green: exact"),
        "plots": signal(name).formula,
        "reading": say(
            "At 1 every sample counts. A curve above its green line is too sure of itself: the "
            "heavy samples that would pull it down are still to come."
        ),
        "missing": say("Nothing has been drawn yet: the curve begins with the first batch."),
        "data": [
            *(_exact(s, "samples_worth_exact", say("exact"), s.role) for s in stages),
            *(thin_line(s, name, "mean") for s in stages),
            *(smooth_line(s, name, 3) for s in stages),
        ],
        "labels": [end_label(s, name, s.title) for s in stages],
        "layout": {
            "xaxis": iterations(stages, say),
            "yaxis": {
                "title": {"text": say("effective samples (share)")},
                "autorangeoptions": span(include=(0.0, 1.0), exact=True),
            },
        },
        **roles(stages),
        "summary": [_worth(s, say) for s in stages],
        "table": curve_table(stages, name, 4, say),
    }


def _exact(stage: StageStyle, name: str, title: str, look: str) -> Plain:
    pattern = "solid" if look == "line" else dash(look)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": title,
        "x": ref(name, stage.alias, column="at"),
        "y": ref(name, stage.alias, column="mean"),
        "line": {"color": color("truth"), "dash": pattern, "width": size("truth")},
        "hovertemplate": "%{y:.3f}",
    }


def _edge(stage: StageStyle, side: str, say: Say) -> Plain:
    line = _exact(stage, f"standard_error_{side}", say("limit ± σ/√n"), "line")
    look = {"color": color("truth"), "dash": "dot", "width": size("thin")}
    return {**line, "line": look, "hoverinfo": "skip"}


def _estimated(stage: StageStyle, say: Say) -> Plain:
    text = say(
        "{title}: {now:.3f}. The target is worth {truth:.3f}; this estimate comes to rest at "
        "{limit:.3f}, and one sample scatters by {sigma:.3f}."
    )
    slots = {
        "title": stage.title,
        "now": newest(stage, "importance_estimate"),
        "truth": ref("target_value", stage.alias, column="mean", stat="last"),
        "limit": ref("importance_limit", stage.alias, column="mean", stat="last"),
        "sigma": ref("weighted_deviation", stage.alias),
    }
    return {"text": text, "slots": slots}


def _worth(stage: StageStyle, say: Say) -> Plain:
    text = say("{title}: the samples are worth {now:.4f} of as many; exactly {truth:.4f}.")
    slots = {
        "title": stage.title,
        "now": ref("samples_worth", stage.alias, column="mean", smooth=SMOOTH, stat="last"),
        "truth": ref("samples_worth_exact", stage.alias, column="mean", stat="last"),
    }
    return {"text": text, "slots": slots}
