"""Baselines on trial: exact variances beside measured ones, and the estimates one by one."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.pieces import axes, bars, line, missing, table
from rlviz.figures.references import Plain, color, ref, size, span
from rlviz.signals.baseline_court import KINDS

_SHORT = ("0", "b", "Ḡ", "w", "V", "b*", "Q")  # in the order of KINDS


def variance_court(stages: Stages, say: Say) -> Plain:
    """The exact parabola over b, with 0, V and b* on it, and what the runs measure."""
    layout = axes(say("baseline b (reward)"), say("variance (reward²)"))
    layout["xaxis"]["autorangeoptions"] = span(
        *(ref("court_baselines", s.alias) for s in stages), exact=True
    )
    layout["xaxis"]["tickformat"] = ""
    layout["yaxis"]["rangemode"] = "tozero"
    return {
        "name": "variance_court",
        "title": say("The trial of a baseline"),
        "short": say("over b"),
        "subtitle": say("of one episode's g; green: exact, with 0, V and b*; others: measured"),
        "plots": "Var g = E[‖s‖²(G − b)²] − ‖∇J‖²",
        "reading": say(
            "Every number b that does not look at the action leaves the mean of g as it is and "
            "moves its variance along a parabola. Its lowest point is b*, and V may stand high."
        ),
        **missing(say),
        "data": [
            *(_parabola(s, say) for s in stages),
            *(_own(s) for s in stages),
            *(_marks(s, say) for s in stages[:1]),
        ],
        "layout": layout | {"hovermode": "closest"},
        "summary": [_verdict(s, say) for s in stages],
        "table": table(
            stages,
            [say("baseline"), say("variance, exact")],
            ["court_baselines", "court_variances"],
            [3, 5],
            say,
        ),
    }


def baseline_variance(stages: Stages, say: Say) -> Plain:
    """Every kind of baseline: exact variance, share of the gradient kept, and the measured one."""
    layout = axes(say("baseline (kind)"), say("variance (reward²)"))
    layout["xaxis"] |= {
        "range": [-0.6, len(KINDS) - 0.4],
        "tickvals": list(range(len(KINDS))),
        "ticktext": list(_SHORT),
    }
    layout["yaxis"]["rangemode"] = "tozero"
    return {
        "name": "baseline_variance",
        "title": say("Every kind of baseline, exactly"),
        "short": say("by kind"),
        "subtitle": say("variance of one episode's g; green: exact, and how much of ∇J is left"),
        "plots": "Var g, E[g]/∇J",
        "reading": say(
            "0: none; b: a number; Ḡ: mean of the batch; w: learned; V and b*: exact; Q: the exact "
            "value of the action itself. A small variance is worth nothing where 0 % of the "
            "gradient is left."
        ),
        **missing(say),
        "data": [
            *(_measured(s) for s in stages),
            *(_exact(s, "baseline_exact", say) for s in stages[1:]),
            *(_exact(s, "baseline_variances", say) | _kept(s) for s in stages[:1]),
        ],
        "layout": layout | {"hovermode": "closest", "barmode": "overlay"},
        "summary": [_beside(s, say) for s in stages],
        "table": table(
            stages,
            [say("variance, exact"), say("share of ∇J that is left"), say("measured")],
            ["baseline_variances", "baseline_kept", "baseline_measured"],
            [5, 3, 5],
            say,
        ),
    }


def slope_spread(stages: Stages, say: Say) -> Plain:
    """The estimates of all replicas along one axis, their mean, and the exact slope."""
    layout = axes(say("estimated slope of θ₁ (reward)"), say("replicas (share)"))
    layout["xaxis"] |= {
        "autorangeoptions": span(*(ref("slope_levels", s.alias) for s in stages), pad=0.04),
        "tickformat": "",
    }
    layout["yaxis"]["autorangeoptions"] = span(include=(0.0, 1.0), exact=True)
    return {
        "name": "slope_spread",
        "title": say("The same slope, estimated by every replica"),
        "short": say("estimates"),
        "subtitle": say("bars: replicas; amber: their mean ± standard error; green: exact"),
        "plots": "E[g_1] = ∂J/∂θ_1",
        "reading": say(
            "Unbiased says that the amber mark stands at the green line, give or take its bar. "
            "How far the single estimates lie from it is the variance."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in _slopes(s, say)],
        "layout": layout | {"bargap": 0, "hovermode": "closest"},
        "summary": [_spread(s, say) for s in stages],
        "table": table(
            stages,
            [say("estimate"), say("replicas (share)")],
            ["slope_levels", "slope_shares"],
            [4, 3],
            say,
        ),
    }


def batch_advantages(stages: Stages, say: Say) -> Plain:
    """What each episode of one batch is weighed with, before and after normalising."""
    layout = axes(say("episode of the batch (number)"), say("weight (reward; pale: sd)"))
    layout["xaxis"] |= {"dtick": 1, "tickformat": "d"}
    return {
        "name": "batch_advantages",
        "title": say("The weights of one batch"),
        "short": say("batch"),
        "subtitle": say("full: G − b; pale: the same, normalised; green: exact advantage"),
        "plots": "A_i = G_i − b, (A_i − mean A)/sd A",
        "reading": say(
            "Up makes the action of that episode more likely, down less. Normalising subtracts the "
            "batch's own mean, so that its bars always cancel: weights that are all good come out "
            "half bad."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in _weights(s, say)],
        "layout": layout | {"barmode": "group", "bargap": 0.25},
        "summary": [_cancelled(s, say) for s in stages],
        "table": table(
            stages,
            [say("episode"), say("action"), say("weight"), say("normalised"), say("exact")],
            [
                "batch_number",
                "batch_action",
                "batch_advantage",
                "batch_normalised",
                "batch_exact",
            ],
            [0, 0, 4, 4, 4],
            say,
        ),
    }


def _parabola(stage: StageStyle, say: Say) -> Plain:
    drawn = line(stage, "court_baselines", "court_variances", color("truth"))
    drawn["line"]["width"] = size("truth")
    return drawn | {"name": f"{stage.title}: {say('exact')}", "hovertemplate": "%{x:.3f}: %{y:.5f}"}


def _marks(stage: StageStyle, say: Say) -> Plain:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": say("exact"),
        "x": ref("court_marks", stage.alias),
        "y": ref("court_mark_variances", stage.alias),
        "text": ["<b>0</b>", "<b>V</b>", "<b>b*</b>"],
        "textposition": "top center",
        "cliponaxis": False,
        "marker": {"color": color("truth"), "symbol": "diamond", "size": 7},
        "hovertemplate": "%{x:.3f}: %{y:.5f}",
    }


def _own(stage: StageStyle) -> Plain:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": stage.title,
        "x": [ref("court_own", stage.alias)],
        "y": [ref("court_measured", stage.alias)],
        "cliponaxis": False,
        "marker": {
            "color": color(stage.role),
            "symbol": {"$symbol": stage.role},
            "size": 13,
            "line": {"color": color("panel"), "width": 1.5},
        },
        "hovertemplate": "%{x:.3f}: %{y:.5f}",
    }


def _measured(stage: StageStyle) -> Plain:
    return {
        "type": "bar",
        "name": stage.title,
        "x": list(range(len(KINDS))),
        "y": ref("baseline_measured", stage.alias),
        "width": 0.6,
        "marker": {"color": color(stage.role, 0.6)},
        "hovertemplate": "%{y:.5f}",
    }


def _exact(stage: StageStyle, name: str, say: Say) -> Plain:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"{stage.title}: {say('exact')}",
        "x": list(range(len(KINDS))),
        "y": ref(name, stage.alias),
        "cliponaxis": False,
        "marker": {"color": color("truth"), "symbol": "line-ew-open", "size": 22},
        "hovertemplate": "%{y:.5f}",
    }


def _kept(stage: StageStyle) -> Plain:
    """How much of the gradient is left, in words above the mark."""
    return {
        "mode": "markers+text",
        "text": ref("baseline_kept", stage.alias, scale=100),
        "texttemplate": "%{text:.0f} %",
        "textposition": "top center",
    }


def _slopes(stage: StageStyle, say: Say) -> list[Plain]:
    exact = ref("slope_exact", stage.alias)
    histogram = bars(stage, "slope_levels", "slope_shares", 0.6, say("replicas (share)"))
    truth = {
        "type": "scatter",
        "mode": "lines",
        "name": say("exact slope"),
        "x": [exact, exact],
        "y": [0, 1],
        "line": {"color": color("truth"), "width": size("truth")},
        "hoverinfo": "skip",
    }
    mean = {
        "type": "scatter",
        "mode": "markers",
        "name": say("mean of the replicas"),
        "x": [ref("slope_mean", stage.alias)],
        "y": [0],
        "error_x": {
            "type": "data",
            "array": [ref("slope_error", stage.alias)],
            "color": color("reward"),
            "thickness": size("truth"),
            "width": 5,
        },
        "cliponaxis": False,
        "marker": {"color": color("reward"), "symbol": "diamond", "size": 12},
        "hovertemplate": "%{x:.4f}",
    }
    return [histogram | {"hovertemplate": "%{x:.3f}: %{y:.3f}"}, truth, mean]


def _weights(stage: StageStyle, say: Say) -> list[Plain]:
    exact = {
        "type": "scatter",
        "mode": "markers",
        "name": say("exact advantage"),
        "x": ref("batch_number", stage.alias),
        "y": ref("batch_exact", stage.alias),
        "marker": {"color": color("truth"), "symbol": "line-ew-open", "size": 18},
        "hovertemplate": "%{y:.4f}",
    }
    return [
        bars(stage, "batch_number", "batch_advantage", None, say("weight")),
        bars(stage, "batch_number", "batch_normalised", 0.35, say("normalised")),
        exact,
    ]


def _verdict(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say(
            "{title}: the measured variance is {found:.4f}. Exactly it is {none:.4f} without a "
            "baseline, and {least:.4f} at best, with b* = {best:.3f}."
        ),
        "slots": {
            "title": stage.title,
            "found": ref("court_measured", stage.alias),
            "none": ref("court_mark_variances", stage.alias, stat="first"),
            "least": ref("court_mark_variances", stage.alias, stat="last"),
            "best": ref("court_marks", stage.alias, stat="last"),
        },
    }


def _beside(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say("{title}: the variance is {found:.4f} as measured and {exact:.4f} exactly."),
        "slots": {
            "title": stage.title,
            "found": ref("baseline_measured", stage.alias, stat="max"),
            "exact": ref("baseline_exact", stage.alias, stat="max"),
        },
    }


def _spread(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say(
            "{title}: the estimates have the mean {mean:.3f} ± {error:.3f}; the exact slope is "
            "{exact:.3f}."
        ),
        "slots": {
            "title": stage.title,
            "mean": ref("slope_mean", stage.alias),
            "error": ref("slope_error", stage.alias),
            "exact": ref("slope_exact", stage.alias),
        },
    }


def _cancelled(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say(
            "{title}: the weights add up to {total:.2f}, the normalised ones to 0; {turned:.0f} of "
            "them change their sign by it."
        ),
        "slots": {
            "title": stage.title,
            "total": ref("batch_sum", stage.alias),
            "turned": ref("batch_turned", stage.alias),
        },
    }
