"""One episode, looked at closely: what came, what it weighs, and what else might have come."""

from __future__ import annotations

from collections.abc import Sequence

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.references import Leaf, Plain, color, ref, size
from rlviz.signals import signal

_SUMS = ("weighted_rewards", "running_returns")


def trajectory(stages: Stages, say: Say) -> Plain:
    """States and rewards of the episode of replica 0, each at its time."""
    return {
        "name": "trajectory",
        "title": say("The episode, step by step"),
        "short": say("trajectory"),
        "subtitle": say("dots: states s_t by number; bars: reward r_{t+1}, one later"),
        "plots": "s_0, a_0, r_1, s_1, a_1, r_2, …",
        "reading": say(
            "The reward that follows s_t and a_t stands at t + 1. "
            "Other books write r_t for the same number, or give it to the state that is reached."
        ),
        **_missing(say),
        "data": [trace for s in stages for trace in (_rewards(s, say), _states(s, say))],
        "layout": _axes(say("time t (steps)"), say("reward (reward)")),
        "summary": [_sentence(s, say) for s in stages],
        "table": _table(
            stages,
            [say("time"), say("state"), say("action"), say("reward")],
            ["step_index", "episode_states", "episode_actions", "episode_rewards"],
            [0, 0, 0, 2],
            say,
        ),
    }


def discounting(stages: Stages, say: Say) -> Plain:
    """Rewards, their weights, and the sum of the products."""
    axes = _axes(say("step k (steps)"), say("weighted (reward)"))
    axes["yaxis"]["domain"] = [0, 0.62]
    axes["yaxis2"] = {
        "title": {"text": say("γ^k (weight)")},
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
        **_missing(say),
        "data": [trace for s in stages for trace in _weighted(s, say)],
        "layout": axes,
        "summary": [
            {
                "text": say("{title}: the weighted rewards shown add up to {total:.2f}."),
                "slots": {"title": s.title, "total": ref("running_returns", s.alias, stat="last")},
            }
            for s in stages
        ],
        "table": _table(
            stages,
            [say("step"), say("reward"), say("weight"), say("product"), say("sum so far")],
            ["step_index", "episode_rewards", "discount_weights", *_SUMS],
            [0, 2, 4, 4, 4],
            say,
        ),
    }


def discount_ruler(stages: Stages, say: Say) -> Plain:
    """How many steps count, as the discount comes near to 1."""
    axes = _axes(say("discount γ (no unit)"), say("1/(1 − γ) (steps)"))
    axes["yaxis"] |= {"type": "log", "range": [0, 2.1]}
    axes["xaxis"]["range"] = [0, 1]
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
        **_missing(say),
        "data": [trace for s in stages for trace in _ruler(s, say)],
        "layout": axes,
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
        "table": _table(
            stages,
            [say("discount"), say("steps")],
            ["ruler_discount", "ruler_horizon"],
            [2, 2],
            say,
        ),
    }


def advantages(stages: Stages, say: Say) -> Plain:
    """The exact advantages where the agent stands cancel under the policy."""
    names = (("advantage_here", 0.3, "A(s, a)"), ("advantage_shares", None, "π·A"))
    return {
        "name": "advantages",
        "title": say("Better or worse than the policy's mean"),
        "short": say("advantages"),
        "subtitle": say("pale: A(s, a), exact; full: π(a|s)·A(s, a), where the agent stands"),
        "plots": signal("advantage_sum").formula + " = 0",
        "reading": say(
            "V(s) is the mean of Q(s, a) under the policy, so what some actions have above it "
            "others have below: the full bars always add up to 0."
        ),
        **_missing(say),
        "data": [
            _bars(s, "action_index", name, a, said) for s in stages for name, a, said in names
        ],
        "layout": _axes(say("action (number)"), say("advantage (reward)")) | {"barmode": "overlay"},
        "summary": [
            {
                "text": say("{title}: the weighted advantages here add up to {total:.6f}."),
                "slots": {"title": s.title, "total": ref("advantage_sum", s.alias)},
            }
            for s in stages
        ],
        "table": _table(
            stages,
            [say("action"), say("advantage"), say("weighted by the policy")],
            ["action_index", "advantage_here", "advantage_shares"],
            [0, 4, 4],
            say,
        ),
    }


def trajectory_tree(stages: Stages, say: Say) -> Plain:
    """Every trajectory of the first steps, each as high as it is probable."""
    return {
        "name": "trajectory_tree",
        "title": say("All that might have come"),
        "short": say("tree"),
        "subtitle": say("every trajectory from the start; hover for its exact probability"),
        "plots": "p(τ) = p(s_0)·Π_t π(a_t|s_t)·P(s_{t+1}|s_t, a_t)",
        "reading": say(
            "One branch for each action and what it leads to. A branch takes as much of the height "
            "as it is probable, so the branches of every depth fill it: they add up to 1."
        ),
        **_missing(say),
        "data": [trace for s in stages for trace in _tree(s, say)],
        "layout": _axes(say("depth (steps)"), say("share of all trajectories (probability)"))
        | {"hovermode": "closest"},
        "summary": [
            {
                "text": say("{title}: at every depth the probabilities add up to {total:.6f}."),
                "slots": {"title": s.title, "total": ref("tree_sums", s.alias, stat="last")},
            }
            for s in stages
        ],
        "table": _table(
            stages,
            [say("depth"), say("sum of probabilities")],
            ["tree_levels", "tree_sums"],
            [0, 9],
            say,
        ),
    }


def start_returns(stages: Stages, say: Say) -> Plain:
    """Returns that came, and the exact value that they scatter around."""
    return {
        "name": "start_returns",
        "title": say("Returns from the start, and their value"),
        "short": say("returns"),
        "subtitle": say("newest returns of all replicas; green: exact V of the start"),
        "plots": "V(s_0) = E[G_0]",
        "reading": say(
            "A return is what one episode brought; the value is the mean of all that might come. "
            "They agree only where nothing is left to chance."
        ),
        **_missing(say),
        "data": [trace for s in stages for trace in _histogram(s, say)],
        "layout": _axes(say("discounted return (reward)"), say("how often (episodes)")),
        "summary": [
            {
                "text": say("{title}: exactly, the start is worth {value:.2f}."),
                "slots": {"title": s.title, "value": ref("return_expected", s.alias)},
            }
            for s in stages
        ],
        "table": _table(
            stages,
            [say("return"), say("how often")],
            ["return_levels", "return_counts"],
            [2, 0],
            say,
        ),
    }


def _missing(say: Say) -> Plain:
    return {
        "missing": say("Nothing has happened yet: take a step."),
        "labels": [],
        "marks": [],
        "roles": {},
    }


def _axes(x: str, y: str) -> Plain:
    return {"xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}}


def _table(
    stages: Stages, titles: Sequence[str], names: Sequence[str], digits: Sequence[int], say: Say
) -> Plain:
    groups = [{"label": s.title, "cells": [ref(n, s.alias) for n in names]} for s in stages]
    return {"columns": [say("series"), *titles], "digits": [0, *digits], "groups": groups}


def _bars(stage: StageStyle, x: str, y: str, alpha: float | None, title: str) -> Plain:
    return {
        "type": "bar",
        "name": title,
        "x": ref(x, stage.alias),
        "y": ref(y, stage.alias),
        "marker": {"color": color(stage.role, alpha)},
        "hovertemplate": "%{y:.4f}",
    }


def _rewards(stage: StageStyle, say: Say) -> Plain:
    bars = _bars(stage, "reward_index", "episode_rewards", None, say("reward"))
    return bars | {"width": 0.25, "marker": {"color": color("reward")}}


def _states(stage: StageStyle, say: Say) -> Plain:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": say("state"),
        "x": ref("step_index", stage.alias),
        "y": ref("episode_states", stage.alias, scale=0),
        "text": ref("episode_states", stage.alias),
        "textposition": "top center",
        "marker": {"color": color(stage.role)},
        "hovertemplate": "%{text}",
    }


def _sentence(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say("{title}: the rewards of the steps shown add up to {total:.1f}."),
        "slots": {"title": stage.title, "total": ref("episode_rewards", stage.alias, stat="sum")},
    }


def _weighted(stage: StageStyle, say: Say) -> list[Plain]:
    weights = _bars(stage, "step_index", "discount_weights", 0.5, say("weight"))
    products = _bars(stage, "step_index", "weighted_rewards", None, say("product"))
    running = _line(stage, "step_index", "running_returns", color(stage.role))
    return [
        weights | {"yaxis": "y2"},
        products | {"marker": {"color": color("reward")}},
        running | {"name": say("sum so far"), "hovertemplate": "%{y:.4f}"},
    ]


def _line(stage: StageStyle, x: str, y: str, look: Leaf) -> Plain:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": ref(x, stage.alias),
        "y": ref(y, stage.alias),
        "line": {"color": look, "width": size("line")},
    }


def _ruler(stage: StageStyle, say: Say) -> list[Plain]:
    curve = _line(stage, "ruler_discount", "ruler_horizon", color("reference"))
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


def _tree(stage: StageStyle, say: Say) -> list[Plain]:
    nodes = {
        "type": "scatter",
        "mode": "markers",
        "name": say("probability"),
        "x": ref("tree_node_depths", stage.alias),
        "y": ref("tree_node_heights", stage.alias),
        "text": ref("tree_node_chances", stage.alias),
        "marker": {"color": color(stage.role), "size": 5},
        "hovertemplate": "p = %{text:.6f}",
    }
    branches = _line(stage, "tree_depths", "tree_heights", color(stage.role, 0.5))
    branches["line"]["width"] = size("thin")
    return [branches | {"hoverinfo": "skip"}, nodes]


def _histogram(stage: StageStyle, say: Say) -> list[Plain]:
    exact = ref("return_expected", stage.alias)
    line = {
        "type": "scatter",
        "mode": "lines",
        "name": say("exact value"),
        "x": [exact, exact],
        "y": [0, ref("return_counts", stage.alias, stat="max")],
        "line": {"color": color("truth"), "width": size("truth")},
        "hoverinfo": "skip",
    }
    return [_bars(stage, "return_levels", "return_counts", 0.7, say("how often")), line]
