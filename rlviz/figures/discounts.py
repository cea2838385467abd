"""What a later reward counts, and how far a discount sees."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.pieces import axes, bars, line, missing, table
from rlviz.figures.references import Plain, color, ref, size

_SUMS = ("weighted_rewards", "running_returns")


def discounting(stages: Stages, say: Say) -> Plain:
    """Rewards, their weights, and the sum of the products."""
    layout = axes(say("step k (steps)"), say("weighted (reward)"))
    layout["yaxis"]["domain"] = [0, 0.62]
    layout["yaxis2"] = {
        "title": {"text": say("γᵏ (weight)")},
        "domain": [0.72, 1],
        "range": [0, 1.05],
    }
    return {
        "name": "discounting",
        "title": say("What each reward counts"),
        "short": say("weights"),
        "subtitle": say("top: weights; below: weighted rewards (bars) and their sum so far (line)"),
        "plots": "G_0 = Σ_k γ^k·r_{k+1}",
        "reading": say(
            "Each reward is multiplied by its weight, and the line adds the products up: "
            "where it ends stands the return of this episode from its start."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in _weighted(s, say)],
        "layout": layout,
        "summary": [
            {
                "text": say("{title}: the weighted rewards shown add up to {total:.2f}."),
                "slots": {"title": s.title, "total": ref("running_returns", s.alias, stat="last")},
            }
            for s in stages
        ],
        "table": table(
            stages,
            [say("step"), say("reward"), say("weight"), say("product"), say("sum so far")],
            ["step_index", "episode_rewards", "discount_weights", *_SUMS],
            [0, 2, 4, 4, 4],
            say,
        ),
    }


def discount_ruler(stages: Stages, say: Say) -> Plain:
    """How many steps count, as the discount comes near to 1."""
    layout = axes(say("discount γ (no unit)"), say("1/(1 − γ) (steps)"))
    layout["yaxis"] |= {"type": "log", "range": [0, 2.1]}
    layout["xaxis"]["range"] = [0, 1]
    return {
        "name": "discount_ruler",
        "title": say("How far a discount sees"),
        "short": say("horizon"),
        "subtitle": say("sum of all weights; the dot is γ of now"),
        "plots": "Σ_k γ^k = 1/(1 − γ)",
        "reading": say(
            "A reward of 1 in every step for ever is worth this much. At γ = 1 the sum is "
            "infinite, so a return is finite only where every episode ends."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in _ruler(s, say)],
        "layout": layout,
        "summary": [
            {
                "text": say(
                    "{title}: with γ = {gamma:.2f} the weights add up to {horizon:.1f} steps."
                ),
                "slots": {
                    "title": s.title,
                    "gamma": ref("gamma", s.alias),
                    "horizon": ref("horizon", s.alias),
                },
            }
            for s in stages
        ],
        "table": table(
            stages,
            [say("discount"), say("steps")],
            ["ruler_discount", "ruler_horizon"],
            [2, 2],
            say,
        ),
    }


def endless_return(stages: Stages, say: Say) -> Plain:
    """The return of a loop that pays 1 in every step, after so many steps."""
    return {
        "name": "endless_return",
        "title": say("A loop that pays 1 for ever"),
        "short": say("loop"),
        "subtitle": say("its return so far; green: what it comes to in the end"),
        "plots": "Σ_{j<k} γ^j → 1/(1 − γ)",
        "reading": say(
            "With γ below 1 the sum comes to rest at 1/(1 − γ). At γ = 1 it grows by 1 in every "
            "step and never rests: there is no value to learn."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in _loop(s, say)],
        "layout": axes(say("steps k (steps)"), say("return so far (reward)")),
        "summary": [
            {
                "text": say("{title}: after 100 steps the loop has returned {total:.2f}."),
                "slots": {"title": s.title, "total": ref("loop_sums", s.alias, stat="last")},
            }
            for s in stages
        ],
        "table": table(
            stages, [say("steps"), say("return so far")], ["loop_steps", "loop_sums"], [0, 4], say
        ),
    }


def _weighted(stage: StageStyle, say: Say) -> list[Plain]:
    weights = bars(stage, "step_index", "discount_weights", 0.5, say("weight"))
    products = bars(stage, "step_index", "weighted_rewards", None, say("product"))
    running = line(stage, "step_index", "running_returns", color(stage.role))
    return [
        weights | {"yaxis": "y2"},
        products | {"marker": {"color": color("reward")}},
        running | {"name": say("sum so far"), "hovertemplate": "%{y:.4f}"},
    ]


def _ruler(stage: StageStyle, say: Say) -> list[Plain]:
    curve = line(stage, "ruler_discount", "ruler_horizon", color("reference"))
    now = {
        "type": "scatter",
        "mode": "markers",
        "name": say("now"),
        "x": [ref("gamma", stage.alias)],
        "y": [ref("horizon", stage.alias)],
        "marker": {"color": color(stage.role), "size": 12},
        "hovertemplate": "%{y:.1f}",
    }
    return [curve | {"name": "1/(1−γ)", "hovertemplate": "%{y:.1f}"}, now]


def _loop(stage: StageStyle, say: Say) -> list[Plain]:
    sums = line(stage, "loop_steps", "loop_sums", color(stage.role))
    limit = line(stage, "loop_steps", "loop_limit", color("truth"))
    limit["line"]["width"] = size("truth")
    return [
        limit | {"name": say("in the end"), "hovertemplate": "%{y:.2f}"},
        sums | {"name": say("so far"), "hovertemplate": "%{y:.2f}"},
    ]
