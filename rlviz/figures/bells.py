"""Policies over numbers: the bell curve above what numbers pay, and J over all bell curves."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.pieces import axes, line, missing, table
from rlviz.figures.references import Plain, color, ref, size, span


def bell_curve(stages: Stages, say: Say) -> Plain:
    """What every number pays, the policy of replica 0, and where all replicas are."""
    every = [ref("bell_reward", s.alias) for s in stages]
    layout = axes(say("action (number)"), say("reward (reward)"))
    layout["xaxis"] |= {"range": [-6, 6], "tickformat": "d"}
    layout["yaxis"] |= {"autorangeoptions": span(*every, include=(0.0,), pad=0.08)}
    return {
        "name": "bell_curve",
        "title": say("A bell curve over numbers"),
        "short": say("bell curve"),
        "subtitle": say("green: what a number pays; filled: the policy; dots: μ and J of replicas"),
        "plots": "π(a) = N(a; μ, σ²)",
        "reading": say(
            "The filled curve says how often each number is drawn; it is drawn as high as the best "
            "pay. A dot is a replica: across its mean, upwards what it is worth. It can only come "
            "near the green line by becoming narrow, and what is narrow sees nothing else."
        ),
        **missing(say),
        "data": [
            *(trace for s in stages for trace in _curve(s, say)),
            *(_replicas(s, "bell_worth", "μ = %{x:.2f}: J = %{y:.3f}") for s in stages),
        ],
        "layout": layout | {"hovermode": "closest"},
        "summary": [_curve_in_words(s, say) for s in stages],
        "table": table(
            stages,
            ["μ", "σ", say("exact return")],
            ["bell_mean", "bell_deviation", "bell_worth"],
            [3, 3, 4],
            say,
        ),
    }


def bell_map(stages: Stages, say: Say) -> Plain:
    """J over mean and standard deviation, with every replica and the exact gradient."""
    layout = axes(say("mean μ (number)"), say("deviation σ (number)"))
    layout["xaxis"] |= {"range": [-5, 5], "tickformat": "d"}
    layout["yaxis"] |= {"type": "log", "range": [-1.7, 0.7], "tickformat": "~g", "nticks": 6}
    return {
        "name": "bell_map",
        "title": say("The land that is climbed"),
        "short": say("land"),
        "subtitle": say("golden: much J, exact; dots: replicas; arrow: exact ∇J of replica 0"),
        "plots": "J(μ, σ) = E[r(a)], a ~ N(μ, σ²)",
        "reading": say(
            "Every point is a policy. A wide one, above, sees both hills and gets little of "
            "either. Below, a narrow one stands on one of them or on the plain, where the slope is "
            "almost 0 and nothing tells which way to go. The arrow has always the same length."
        ),
        **missing(say),
        "data": [
            *(_land(s, say) for s in stages[:1]),
            *(_replicas(s, "bell_deviation", "μ %{x:.2f}, σ %{y:.2f}") for s in stages),
            *(_arrow(s, say) for s in stages),
        ],
        "layout": layout | {"hovermode": "closest"},
        "summary": [_map_in_words(s, say) for s in stages],
        "table": table(
            stages,
            ["μ", "σ", say("exact return")],
            ["bell_mean", "bell_deviation", "bell_worth"],
            [3, 3, 4],
            say,
        ),
    }


def _curve(stage: StageStyle, say: Say) -> list[Plain]:
    policy = line(stage, "bell_actions", "bell_shape", color(stage.role))
    policy |= {
        "name": f"{stage.title}: π",
        "fill": "tozeroy",
        "fillcolor": color(stage.role, 0.25),
        "hoverinfo": "skip",
    }
    pay = line(stage, "bell_actions", "bell_reward", color("truth"))
    return [policy, pay | {"name": say("pay"), "hovertemplate": "r(%{x:.1f}) = %{y:.3f}"}]


def _replicas(stage: StageStyle, y: str, words: str) -> Plain:
    """Each of them across its mean."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": stage.title,
        "x": ref("bell_mean", stage.alias),
        "y": ref(y, stage.alias),
        "marker": {
            "color": color(stage.role, 0.5),
            "symbol": {"$symbol": stage.role},
            "size": 8,
            "line": {"color": color("panel"), "width": size("thin")},
        },
        "hovertemplate": words,
    }


def _land(stage: StageStyle, say: Say) -> Plain:
    return {
        "type": "contour",
        "name": say("exact J"),
        "x": ref("bell_means", stage.alias),
        "y": ref("bell_widths", stage.alias),
        "z": ref("bell_field", stage.alias),
        "colorscale": [[0, color("panel")], [1, color("reward", 0.8)]],
        "contours": {"coloring": "heatmap"},  # labels fail in Plotly where a line has no length
        "line": {"color": color("reference"), "width": size("thin")},
        "ncontours": 10,
        "showscale": False,
        "hovertemplate": "μ %{x:.2f}, σ %{y:.2f}: J = %{z:.3f}<extra></extra>",
    }


def _arrow(stage: StageStyle, say: Say) -> Plain:
    head = {"symbol": "arrow", "angleref": "previous", "size": [0, 14], "line": {"width": 0}}
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": say("exact ∇J"),
        "x": ref("bell_arrow_mean", stage.alias),
        "y": ref("bell_arrow_deviation", stage.alias),
        "line": {"color": color("truth"), "width": size("line")},
        "marker": head | {"color": color("truth")},
        "hoverinfo": "name",
    }


def _curve_in_words(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say(
            "{title}: replica 0 draws numbers around {mean:.2f} ± {deviation:.2f}; the replicas "
            "are worth {worth:.3f} on average, and no number pays more than {best:.3f}."
        ),
        "slots": {
            "title": stage.title,
            "mean": ref("bell_mean", stage.alias, stat="first"),
            "deviation": ref("bell_deviation", stage.alias, stat="first"),
            "worth": ref("bell_worth", stage.alias, stat="mean"),
            "best": ref("bell_reward", stage.alias, stat="max"),
        },
    }


def _map_in_words(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say(
            "{title}: the means lie between {low:.2f} and {high:.2f}, the standard deviations "
            "between {narrow:.2f} and {wide:.2f}; J is {worth:.3f} on average."
        ),
        "slots": {
            "title": stage.title,
            "low": ref("bell_mean", stage.alias, stat="min"),
            "high": ref("bell_mean", stage.alias, stat="max"),
            "narrow": ref("bell_deviation", stage.alias, stat="min"),
            "wide": ref("bell_deviation", stage.alias, stat="max"),
            "worth": ref("bell_worth", stage.alias, stat="mean"),
        },
    }
