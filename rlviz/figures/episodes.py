"""One episode, looked at closely: what came, how it is counted, and what else might have come."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.pieces import axes, bars, line, missing, table
from rlviz.figures.references import Plain, color, ref, size
from rlviz.signals import signal

_NUMBERINGS = ["R<sub>t</sub>", "r<sub>t</sub>", "r<sub>t+1</sub>"]


def trajectory(stages: Stages, say: Say) -> Plain:
    """States and rewards of the episode of replica 0, each at its time."""
    return {
        "name": "trajectory",
        "title": say("The episode, step by step"),
        "short": say("trajectory"),
        "subtitle": say("dots: states sₜ by number; bars: reward rₜ₊₁, one later"),
        "plots": "s_0, a_0, r_1, s_1, a_1, r_2, …",
        "reading": say(
            "The reward that follows sₜ and aₜ stands at t + 1: it comes with the next state."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in (_rewards(s, say), _states(s, say))],
        "layout": axes(say("time t (steps)"), say("reward (reward)")),
        "summary": [_sentence(s, say) for s in stages],
        "table": table(
            stages,
            [say("time"), say("state"), say("action"), say("reward")],
            ["step_index", "episode_states", "episode_actions", "episode_rewards"],
            [0, 0, 0, 2],
            say,
        ),
    }


def conventions(stages: Stages, say: Say) -> Plain:
    """The same rewards under three ways to number them, and which of them V(s_1) counts."""
    layout = axes(say("index that is written (number)"), say("numbering (name)"))
    layout["yaxis"] |= {"range": [0.4, 3.6], "tickvals": [1, 2, 3], "ticktext": _NUMBERINGS}
    return {
        "name": "conventions",
        "title": say("Three ways to number a reward"),
        "short": say("time index"),
        "subtitle": say("full: rewards that V(s₁) counts; pale: those that it does not"),
        "plots": "V(s_t) = E[r_{t+1} + γ·V(s_{t+1})]",
        "reading": say(
            "This page writes rₜ₊₁ for the reward that follows sₜ and aₜ. Others write rₜ "
            "for the same number; V counts the same rewards. Who gives Rₜ to the state that is "
            "reached and writes Vₜ = Rₜ + γ·Vₜ₊₁ counts a reward that was received already."
        ),
        **missing(say),
        "data": [_numbered(s, kind, say) for s in stages for kind in ("counted", "left")],
        "layout": layout,
        "summary": [
            {
                "text": say("{title}: the first reward of the episode is {first:.1f}."),
                "slots": {"title": s.title, "first": _first_reward(s)},
            }
            for s in stages
        ],
        "table": table(
            stages,
            [say("index"), say("row"), say("reward")],
            ["counted_index", "counted_row", "counted_reward"],
            [0, 0, 2],
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
        **missing(say),
        "data": [bars(s, "action_index", name, a, said) for s in stages for name, a, said in names],
        "layout": axes(say("action (number)"), say("advantage (reward)")) | {"barmode": "overlay"},
        "summary": [
            {
                "text": say("{title}: the weighted advantages here add up to {total:.6f}."),
                "slots": {"title": s.title, "total": ref("advantage_sum", s.alias)},
            }
            for s in stages
        ],
        "table": table(
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
        **missing(say),
        "data": [trace for s in stages for trace in _tree(s, say)],
        "layout": axes(say("depth (steps)"), say("share (probability)")) | {"hovermode": "closest"},
        "summary": [
            {
                "text": say("{title}: at every depth the probabilities add up to {total:.6f}."),
                "slots": {"title": s.title, "total": ref("tree_sums", s.alias, stat="last")},
            }
            for s in stages
        ],
        "table": table(
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
        **missing(say),
        "data": [trace for s in stages for trace in _histogram(s, say)],
        "layout": axes(say("discounted return (reward)"), say("how often (episodes)")),
        "summary": [
            {
                "text": say("{title}: exactly, the start is worth {value:.2f}."),
                "slots": {"title": s.title, "value": ref("return_expected", s.alias)},
            }
            for s in stages
        ],
        "table": table(
            stages,
            [say("return"), say("how often")],
            ["return_levels", "return_counts"],
            [2, 0],
            say,
        ),
    }


def _rewards(stage: StageStyle, say: Say) -> Plain:
    drawn = bars(stage, "reward_index", "episode_rewards", None, say("reward"))
    return drawn | {"width": 0.25, "marker": {"color": color("reward")}}


def _states(stage: StageStyle, say: Say) -> Plain:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": say("state"),
        "x": ref("step_index", stage.alias),
        "y": ref("episode_states", stage.alias, scale=0),
        "text": ref("episode_states", stage.alias),
        "textposition": "top center",
        "cliponaxis": False,  # they stand on the line of 0, which may be the upper end
        "marker": {"color": color(stage.role)},
        "hovertemplate": "%{text}",
    }


def _first_reward(stage: StageStyle) -> Plain:
    return ref("episode_rewards", stage.alias, stat="first")


def _numbered(stage: StageStyle, kind: str, say: Say) -> Plain:
    name, alpha = (say("counted"), None) if kind == "counted" else (say("left out"), 0.25)
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": name,
        "x": ref(f"{kind}_index", stage.alias),
        "y": ref(f"{kind}_row", stage.alias),
        "text": ref(f"{kind}_reward", stage.alias),
        "textposition": "top center",
        "marker": {"color": color("reward", alpha), "symbol": "square", "size": 14},
        "hovertemplate": "%{text}",
    }


def _sentence(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say("{title}: the rewards of the steps shown add up to {total:.1f}."),
        "slots": {"title": stage.title, "total": ref("episode_rewards", stage.alias, stat="sum")},
    }


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
    branches = line(stage, "tree_depths", "tree_heights", color(stage.role, 0.5))
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
    return [bars(stage, "return_levels", "return_counts", 0.7, say("how often")), line]
