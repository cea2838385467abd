"""Estimated gradients around the exact one: where they lie, and how far they scatter."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.pieces import axes, missing, table
from rlviz.figures.references import Plain, color, ref, size, span


def gradient_cloud(stages: Stages, say: Say) -> Plain:
    """Estimates of all replicas, turned and scaled so that the exact gradient ends at (1, 0)."""
    places = [ref("cloud_along", s.alias, quantile=q) for s in stages for q in (0.06, 0.94)]
    sides = [ref("cloud_across", s.alias, quantile=q) for s in stages for q in (0.06, 0.94)]
    layout = axes(say("along ∇J (its lengths)"), say("across (lengths of ∇J)"))
    layout["xaxis"] |= {"autorangeoptions": span(*places, include=(-0.5, 2.0), pad=0.08)}
    layout["xaxis"] |= {"tickformat": ".1f", "zeroline": True}
    layout["yaxis"] |= {"autorangeoptions": span(*sides, include=(-1.0, 1.0), pad=0.08)}
    return {
        "name": "gradient_cloud",
        "title": say("The exact gradient and its estimates"),
        "short": say("cloud"),
        "subtitle": say("dots: replicas; green: exact; cross: mean"),
        "plots": "E[g] = ∇J",
        "reading": say(
            "The green arrow is the exact gradient, turned to the right and taken as 1. A dot is "
            "the estimate of a replica, turned and measured in the same way by the exact gradient "
            "of its own policy; a large dot is many equal estimates. Unbiased says that the cross "
            "comes to lie at the tip, and nothing about a single dot. Near a corner most batches "
            "miss the rare actions that it takes for that."
        ),
        **missing(say),
        "data": [
            *(_dots(s) for s in stages),
            *(_exact(s, say) for s in stages[:1]),
            *(_middle(s, say) for s in stages),
        ],
        "layout": layout | {"hovermode": "closest"},
        "summary": [_cloud_in_words(s, say) for s in stages],
        "table": table(
            stages,
            [say("along"), say("across"), say("replicas")],
            ["cloud_along", "cloud_across", "cloud_counts"],
            [3, 3, 0],
            say,
        ),
    }


def gradient_spread(stages: Stages, say: Say) -> Plain:
    """Variance of the estimate, exact and as it was measured over the replicas."""
    names = [s.title for s in stages]
    layout = axes(say("estimate (name)"), say("variance (reward²)"))
    layout["xaxis"] |= {"type": "category", "tickformat": ""}
    layout["yaxis"] |= {"rangemode": "tozero", "tickformat": "~s"}
    return {
        "name": "gradient_spread",
        "title": say("How far estimates lie from the truth"),
        "short": say("variance"),
        "subtitle": say("bars: measured over replicas; green: exact, for replica 0's policy"),
        "plots": "E‖g − ∇J‖²",
        "reading": say(
            "A reward that came before an action can not be its doing. Leaving it out changes no "
            "mean, and takes its variance away. Hold the policies still, and the bars tremble "
            "around the green marks."
        ),
        **missing(say),
        "data": [t for s, n in zip(stages, names, strict=True) for t in _spread(s, n, say)],
        "layout": layout | {"hovermode": "closest"},
        "summary": [_spread_in_words(s, say) for s in stages],
        "table": table(
            stages,
            [say("measured"), say("exact")],
            ["estimate_variances", "estimate_variances_exact"],
            [3, 3],
            say,
        ),
    }


def _dots(stage: StageStyle) -> Plain:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": stage.title,
        "x": ref("cloud_along", stage.alias),
        "y": ref("cloud_across", stage.alias),
        "text": ref("cloud_counts", stage.alias),
        "marker": {
            "color": color(stage.role, 0.4),
            "symbol": {"$symbol": stage.role},
            "size": ref("cloud_sizes", stage.alias),
            "line": {"color": color(stage.role), "width": size("thin")},
        },
        "hovertemplate": "(%{x:.2f}, %{y:.2f}) × %{text}",
    }


def _exact(stage: StageStyle, say: Say) -> Plain:
    head = {"symbol": "arrow", "angleref": "previous", "size": [0, 14], "line": {"width": 0}}
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": say("exact"),
        "x": [0, 1],
        "y": [0, 0],
        "customdata": [ref("cloud_length", stage.alias)],
        "line": {"color": color("truth"), "width": size("line")},
        "marker": head | {"color": color("truth")},
        "hoverinfo": "name",
    }


def _middle(stage: StageStyle, say: Say) -> Plain:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"{stage.title}: {say('mean')}",
        "x": [ref("cloud_middle", stage.alias, stat="first")],
        "y": [ref("cloud_middle", stage.alias, stat="last")],
        "marker": {
            "color": color(stage.role),
            "symbol": "x",
            "size": 11,
            "line": {"color": color("panel"), "width": size("thin")},
        },
        "hovertemplate": "(%{x:.3f}, %{y:.3f})",
    }


def _cloud_in_words(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say(
            "{title}: an estimate is {distance:.2f} lengths of the exact gradient away from it on "
            "average; the mean of all is ({along:.2f}, {across:.2f}), exact is (1, 0)."
        ),
        "slots": {
            "title": stage.title,
            "distance": ref("cloud_distance", stage.alias),
            "along": ref("cloud_middle", stage.alias, stat="first"),
            "across": ref("cloud_middle", stage.alias, stat="last"),
        },
    }


def _spread(stage: StageStyle, name: str, say: Say) -> list[Plain]:
    measured = {
        "type": "bar",
        "name": say("measured"),
        "x": [name],
        "y": ref("estimate_variances", stage.alias),
        "marker": {"color": color(stage.role, 0.6)},
        "width": 0.5,
        "hovertemplate": "%{y:.3f}",
    }
    exact = {
        "type": "scatter",
        "mode": "markers",
        "name": say("exact"),
        "x": [name],
        "y": ref("estimate_variances_exact", stage.alias),
        "marker": {"color": color("truth"), "symbol": "line-ew-open", "size": 46},
        "hovertemplate": "%{y:.3f}",
    }
    return [measured, exact]


def _spread_in_words(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say("{title}: variance {measured:.3f} over the replicas, {exact:.3f} exactly."),
        "slots": {
            "title": stage.title,
            "measured": ref("estimate_variances", stage.alias, stat="first"),
            "exact": ref("estimate_variances_exact", stage.alias, stat="first"),
        },
    }
