"""Policies that are one number: J over it, and the slopes that are taken for its own."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.pieces import axes, missing, table
from rlviz.figures.references import Leaf, Plain, color, ref, size, span

_FLOOR = 0.06  # the share of J's values, the worst ones, that may leave the picture


def choice_return(stages: Stages, say: Say) -> Plain:
    """J over the chance of the second action, with every replica where it is now."""
    lows = [ref("choice_returns", s.alias, quantile=_FLOOR) for s in stages]
    highs = [ref("choice_returns", s.alias, stat="max") for s in stages]
    layout = axes(say("π of the second action (probability)"), say("exact return (reward)"))
    layout["xaxis"] |= {"range": [-0.02, 1.02], "tickformat": ".1f"}
    layout["yaxis"] |= {"autorangeoptions": span(*lows, *highs, pad=0.06)}
    return {
        "name": "choice_return",
        "title": say("Where the replicas stand, and what is best"),
        "short": say("J over π"),
        "subtitle": say("green: exact J; dots: replicas; diamond: the best"),
        "plots": "J(π) = E[Σ_t γ^t r_{t+1}]",
        "reading": say(
            "The whole policy is one number here, so that everything it could be stands on one "
            "axis. Learning moves the dots along the green line; whoever follows the gradient "
            "moves uphill."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in _choices(s, say)],
        "layout": layout | {"hovermode": "closest"},
        "summary": [_best_in_words(s, say) for s in stages],
        "table": table(
            stages,
            [say("probability"), say("exact return")],
            ["choice_now", "choice_worth"],
            [4, 4],
            say,
        ),
    }


def slope_by_discount(stages: Stages, say: Say) -> Plain:
    """The exact slope and the mean of the printed formula over γ; estimates at the γ of now."""
    first = stages[:1]
    every = [ref(n, s.alias) for s in first for n in ("slope_true", "slope_printed")]
    layout = axes(say("discount γ (number)"), say("slope in θ₂ (reward)"))
    layout["xaxis"] |= {"range": [0, 1.03], "tickformat": ".1f"}
    layout["yaxis"] |= {"autorangeoptions": span(*every, include=(0.0,), pad=0.08)}
    layout["yaxis"] |= {"zeroline": True}
    return {
        "name": "slope_by_discount",
        "title": say("The gradient, and the formula without γᵗ"),
        "short": say("slope over γ"),
        "subtitle": say("green: exact ∂J/∂θ; dashed: mean without γᵗ; points: estimates"),
        "plots": "∇J = E[Σ_t γ^t·∇log π·G_t]",
        "reading": say(
            "Above 0 the second action ought to become more likely, below 0 less. Where the two "
            "lines lie on different sides of 0, the formula without γᵗ leads downhill. A point is "
            "the mean of all replicas' estimates with four standard errors; the bar across it is "
            "where that mean ought to be, exactly."
        ),
        **missing(say),
        "data": [
            *(_slope(s, "slope_true", say("exact")) for s in first),
            *(_slope(s, "slope_printed", say("without γᵗ")) for s in stages[-1:]),
            *(trace for i, s in enumerate(stages) for trace in _estimates(s, 0.015 * i, say)),
        ],
        "layout": layout | {"hovermode": "closest"},
        "summary": [_slopes_in_words(s, say) for s in stages],
        "table": table(
            stages,
            ["γ", say("exact"), say("without γᵗ")],
            ["slope_discounts", "slope_true", "slope_printed"],
            [3, 4, 4],
            say,
        ),
    }


def answered_slope(stages: Stages, say: Say) -> Plain:
    """What is left of the slope if an action answers for its next k rewards alone."""
    layout = axes(say("rewards that an action answers for (number)"), say("slope (reward)"))
    layout["xaxis"] |= {"tickformat": "d"}
    layout["yaxis"] |= {"zeroline": True}
    return {
        "name": "answered_slope",
        "title": say("If only the next rewards counted"),
        "short": say("cut short"),
        "subtitle": say("green: exact slope; line: with so many rewards for an action"),
        "plots": "∂J/∂θ, G_t cut after k rewards",
        "reading": say(
            "An action is to answer for everything that follows it. Where its effect comes late, "
            "cutting its return short leaves nothing: in Key and door the slope is exactly 0 until "
            "the door counts."
        ),
        **missing(say),
        "data": [
            *(_over(s, "answer_true", color("truth"), say("exact"), "solid") for s in stages[:1]),
            *(_over(s, "answer_slopes", color(s.role), s.title, "dot") for s in stages),
        ],
        "layout": layout,
        "summary": [_answers_in_words(s, say) for s in stages],
        "table": table(
            stages,
            [say("rewards"), say("slope"), say("exact")],
            ["answer_lengths", "answer_slopes", "answer_true"],
            [0, 4, 4],
            say,
        ),
    }


def _choices(stage: StageStyle, say: Say) -> list[Plain]:
    line = {
        "type": "scatter",
        "mode": "lines",
        "name": "J",
        "x": ref("choice_chances", stage.alias),
        "y": ref("choice_returns", stage.alias),
        "line": {"color": color("truth"), "width": size("line")},
        "hovertemplate": "π = %{x:.2f}: %{y:.3f}",
    }
    best = {
        "type": "scatter",
        "mode": "markers",
        "name": say("best"),
        "x": [ref("choice_best", stage.alias)],
        "y": [ref("choice_best_worth", stage.alias)],
        "marker": {"color": color("truth"), "symbol": "diamond", "size": 11},
        "cliponaxis": False,
        "hovertemplate": "π* = %{x:.4f}: %{y:.4f}",
    }
    dots = {
        "type": "scatter",
        "mode": "markers",
        "name": stage.title,
        "x": ref("choice_now", stage.alias),
        "y": ref("choice_worth", stage.alias),
        "marker": {
            "color": color(stage.role, 0.4),
            "symbol": {"$symbol": stage.role},
            "size": 10,
            "line": {"color": color(stage.role), "width": size("thin")},
        },
        "cliponaxis": False,
        "hovertemplate": "π = %{x:.3f}: %{y:.3f}",
    }
    return [line, best, dots]


def _slope(stage: StageStyle, name: str, title: str) -> Plain:
    exact = name == "slope_true"
    look, pattern = (color("truth"), "solid") if exact else (color("reference"), "dash")
    return _over(stage, name, look, title, pattern) | {"x": ref("slope_discounts", stage.alias)}


def _over(stage: StageStyle, name: str, look: Leaf, title: str, pattern: str) -> Plain:
    return {
        "type": "scatter",
        "mode": "lines" if pattern != "dot" else "lines+markers",
        "name": title,
        "x": ref("answer_lengths", stage.alias),
        "y": ref(name, stage.alias),
        "line": {"color": look, "dash": pattern, "width": size("line")},
        "hovertemplate": "%{y:.4f}",
    }


def _estimates(stage: StageStyle, aside: float, say: Say) -> list[Plain]:
    """What the replicas found, and what they ought to find, a little beside the γ of now."""
    at = [ref("gamma", stage.alias, shift=aside)]
    look = color(stage.role)
    spread = {"type": "data", "array": [ref("slope_spread", stage.alias)], "color": look}
    mark = {"type": "scatter", "mode": "markers", "x": at, "hovertemplate": "%{y:.4f}"}
    return [
        mark
        | {
            "name": stage.title,
            "y": [ref("slope_now", stage.alias)],
            "error_y": spread,
            "marker": {"color": look, "symbol": {"$symbol": stage.role}, "size": 9},
        },
        mark
        | {
            "name": f"{stage.title}: {say('exact mean')}",
            "y": [ref("slope_expected_now", stage.alias)],
            "marker": {"color": look, "symbol": "line-ew-open", "size": 20},
        },
    ]


def _best_in_words(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say(
            "{title}: the replicas are worth {worth:.3f} on average; the best is to take the "
            "second action with {best:.4f}, which is worth {top:.4f}."
        ),
        "slots": {
            "title": stage.title,
            "worth": ref("choice_worth", stage.alias, stat="mean"),
            "best": ref("choice_best", stage.alias),
            "top": ref("choice_best_worth", stage.alias),
        },
    }


def _answers_in_words(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say(
            "{title}: with one reward the slope is {first:.4f}, with twenty {last:.4f}, with all "
            "{true:.4f}."
        ),
        "slots": {
            "title": stage.title,
            "first": ref("answer_slopes", stage.alias, stat="first"),
            "last": ref("answer_slopes", stage.alias, stat="last"),
            "true": ref("answer_true", stage.alias, stat="first"),
        },
    }


def _slopes_in_words(stage: StageStyle, say: Say) -> Plain:
    slots = {name: ref(f"slope_{name}", stage.alias) for name in ("now", "true_now", "printed_now")}
    return {
        "text": say(
            "{title}: for its policies of now the exact slope is {true_now:.4f}, without γᵗ it "
            "is {printed_now:.4f}; the estimates have the mean {now:.4f}."
        ),
        "slots": {"title": stage.title, **slots},
    }
