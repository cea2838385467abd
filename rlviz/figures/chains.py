"""The chain that is left when the policy is frozen, and whether its states are Markov."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.pieces import axes, missing, table
from rlviz.figures.references import Plain, color, ref
from rlviz.signals import signal


def frozen_chain(stages: Stages, say: Say) -> Plain:
    """Every transition of the chain, as dark as it is probable."""
    return {
        "name": "frozen_chain",
        "title": say("The chain of a frozen policy"),
        "short": say("chain"),
        "subtitle": say("a square: from this state to that one, darker where more probable"),
        "plots": signal("chain_probability").formula,
        "reading": say(
            "Where nobody decides any more, each state leads on with fixed probabilities: "
            "a decision process with a fixed policy is a Markov chain. Every row adds up to 1."
        ),
        **missing(say),
        "data": [_links(s, say) for s in stages],
        "layout": _downwards(axes(say("next state s' (number)"), say("state s (number)"))),
        "summary": [
            {
                "text": say("{title}: the least certain transition shown has {least:.3f}."),
                "slots": {
                    "title": s.title,
                    "least": ref("chain_probability", s.alias, stat="min"),
                },
            }
            for s in stages
        ],
        "table": table(
            stages,
            [say("state"), say("next state"), say("probability")],
            ["chain_from", "chain_to", "chain_probability"],
            [0, 0, 4],
            say,
        ),
    }


def markov_probe(stages: Stages, say: Say) -> Plain:
    """Two ways into one state, and what follows each: with the whole state, and with half of it."""
    return {
        "name": "markov_probe",
        "title": say("Two pasts, one future"),
        "short": say("Markov"),
        "subtitle": say("what follows the state of now after each of its two likeliest pasts"),
        "plots": "P(s_{t+1} | s_t) = P(s_{t+1} | s_t, s_{t−1}, …)",
        "reading": say(
            "Above, the agent's state says all: how it came there changes nothing. Below only its "
            "column is seen, and now the past tells something about what comes next."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in _futures(s, say)],
        "layout": _two_panels(say),
        "summary": [
            {
                "text": say(
                    "{title}: the two futures are {whole:.3f} apart with the whole state, and "
                    "{hidden:.3f} where the row is hidden."
                ),
                "slots": {
                    "title": s.title,
                    "whole": ref("future_gap", s.alias),
                    "hidden": ref("hidden_gap", s.alias),
                },
            }
            for s in stages
        ],
        "table": table(
            stages,
            [say("next state"), say("after one past"), say("after another")],
            ["future_states", "future_first", "future_second"],
            [0, 4, 4],
            say,
        ),
    }


def _two_panels(say: Say) -> Plain:
    layout = axes(say("next state (number)"), say("whole (p)"))
    layout["yaxis"] |= {"domain": [0.62, 1], "range": [0, 1.05]}
    layout["xaxis"] |= {"anchor": "y", "type": "category"}
    layout["yaxis2"] = {
        "title": {"text": say("hidden (p)")},
        "domain": [0, 0.38],
        "range": [0, 1.05],
    }
    layout["xaxis2"] = {
        "title": {"text": say("next column (number)")},
        "anchor": "y2",
        "type": "category",
    }
    return layout | {"barmode": "group"}


def _downwards(layout: Plain) -> Plain:
    layout["yaxis"]["autorange"] = "reversed"  # state 0 above, as in a matrix
    return layout


def _links(stage: StageStyle, say: Say) -> Plain:
    probability = ref("chain_probability", stage.alias)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": say("probability"),
        "x": ref("chain_to", stage.alias),
        "y": ref("chain_from", stage.alias),
        "text": probability,
        "marker": {
            "symbol": "square",
            "size": 7,
            "color": probability,
            "colorscale": [[0, color(stage.role, 0.15)], [1, color(stage.role)]],
            "cmin": 0,
            "cmax": 1,
        },
        "hovertemplate": "%{y} → %{x}: %{text:.3f}",
    }


def _futures(stage: StageStyle, say: Say) -> list[Plain]:
    bars = []
    for panel, where, names in (
        ("", "future_states", ("future_first", "future_second")),
        ("2", "future_columns", ("hidden_first", "hidden_second")),
    ):
        for name, alpha in zip(names, (None, 0.4), strict=True):
            bars.append(
                {
                    "type": "bar",
                    "name": say("one past") if alpha is None else say("another past"),
                    "x": ref(where, stage.alias),
                    "y": ref(name, stage.alias),
                    "xaxis": f"x{panel}",
                    "yaxis": f"y{panel}",
                    "marker": {"color": color(stage.role, alpha)},
                    "hovertemplate": "%{y:.4f}",
                }
            )
    return bars
