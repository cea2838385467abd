"""A bonus for entropy: probabilities at the start, how chance fades, and the price in reward."""

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
from rlviz.figures.pieces import missing, table
from rlviz.figures.references import Plain, color, iteration, ref, size, span
from rlviz.signals import signal


def start_policies(stages: Stages, say: Say) -> Plain:
    """Probabilities at the start as bars, those of the exact best with the bonus as marks."""
    names = ("start_actions", "start_policy", "start_policy_best")
    titles = [say("action"), say("probability"), say("exact best")]
    return {
        "name": "start_policies",
        "title": say("What the bonus makes of the policy"),
        "short": say("probabilities"),
        "subtitle": say("bars: learned; green: exact best"),
        "plots": "π(a) = exp(r(a)/c) / Σ_b exp(r(b)/c)",
        "reading": say(
            "A bonus does not let the best action win alone: it draws every action in proportion "
            "to exp(r/c). A small c is nearly greedy, a large one nearly even."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in _bars(s, say)],
        "layout": {
            "xaxis": {"title": {"text": say("action (number)")}, "dtick": 1},
            "yaxis": {
                "title": {"text": say("probability (share)")},
                "autorangeoptions": span(include=(0.0, 1.0), exact=True),
            },
        },
        "summary": [_gauge(s, say) for s in stages],
        "table": table(stages, titles, names, [0, 4, 4], say),
    }


def entropy_course(stages: Stages, say: Say) -> Plain:
    """Entropy of the policy over time, beside the entropy of the exact best."""
    name = "policy_entropy"
    return {
        "name": "entropy_course",
        "title": say("How much chance is left"),
        "short": say("entropy"),
        "subtitle": say("green: exact best with the bonus of now; grey: all actions alike"),
        "plots": signal(name).formula,
        "reading": say(
            "Without a bonus the curve sinks to 0. With one it rests where the next nat of chance "
            "costs as much reward as it is paid for. With the wrong sign it falls at once."
        ),
        "missing": say("No batch is done yet: the curve begins with the first one."),
        "data": [
            *(_level(s, "start_entropy_most", say("all alike"), "reference") for s in stages[:1]),
            *(_level(s, "start_entropy_best", say("exact best"), "truth") for s in stages),
            *(area(s, name) for s in stages),
            *(thin_line(s, name, "mean") for s in stages),
            *(smooth_line(s, name, 3) for s in stages),
        ],
        "labels": [end_label(s, name, s.title) for s in stages],
        "layout": {
            "xaxis": iterations(stages, say),
            "yaxis": {
                "title": {"text": say("entropy (nat)")},
                "autorangeoptions": span(
                    *(ref("start_entropy_most", s.alias) for s in stages[:1]),
                    include=(0.0,),
                    pad=0.05,
                ),
            },
        },
        **roles(stages),
        "summary": [_course(s, say) for s in stages],
        "table": curve_table(stages, name, 4, say),
    }


def reward_and_chance(stages: Stages, say: Say) -> Plain:
    """Return against entropy: the best trades as an edge, and where the policies of now are."""
    names = ("trade_chance", "trade_reward")
    every = [ref(n, s.alias) for s in stages for n in ("trade_reward", "best_trade_reward")]
    first = [ref("edge_reward", s.alias) for s in stages[:1]]
    wide = [ref(n, s.alias) for s in stages for n in ("trade_chance", "best_trade_chance")]
    wide += [ref("edge_chance", s.alias) for s in stages[:1]]
    return {
        "name": "reward_and_chance",
        "title": say("Reward against chance"),
        "short": say("the trade"),
        "subtitle": say("green line: best trades, exact; ring: best now; dots: replicas, exact"),
        "plots": "J + c·H",
        "reading": say(
            "No policy lies beyond the green line; c is its slope at the ring. A bonus buys chance "
            "and pays with reward, so the optimum moves along the line, away from the best return."
        ),
        **missing(say),
        "data": [
            *(_edge(s, say) for s in stages[:1]),
            *(_ring(s, say) for s in stages),
            *(_replicas(s) for s in stages),
        ],
        "layout": {
            "xaxis": {
                "title": {"text": say("entropy over an episode (nat)")},
                "autorangeoptions": span(*wide, include=(0.0,), pad=0.03),
                "hoverformat": ".3f",
                "tickformat": "",
            },
            "yaxis": {
                "title": {"text": say("exact return (reward)")},
                "autorangeoptions": span(*first, *every, pad=0.05),
            },
            "hovermode": "closest",
        },
        "summary": [_trade(s, say) for s in stages],
        "table": table(stages, [say("entropy"), say("return")], names, [4, 4], say),
    }


def _bars(stage: StageStyle, say: Say) -> list[Plain]:
    bars = {
        "type": "bar",
        "name": say("learned"),
        "x": ref("start_actions", stage.alias),
        "y": ref("start_policy", stage.alias),
        "marker": {"color": color(stage.role, 0.7)},
        "hovertemplate": "%{y:.4f}",
    }
    exact = {
        "type": "scatter",
        "mode": "markers",
        "name": say("exact best"),
        "x": ref("start_actions", stage.alias),
        "y": ref("start_policy_best", stage.alias),
        "marker": {
            "color": color("truth"),
            "symbol": "line-ew-open",
            "size": 34,
            "line": {"width": 3},
        },
        "cliponaxis": False,
        "hovertemplate": "%{y:.4f}",
    }
    return [bars, exact]


def _level(stage: StageStyle, name: str, title: str, look: str) -> Plain:
    level = ref(name, stage.alias)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": title,
        "x": [0, iteration(stage.alias)],
        "y": [level, level],
        "line": {
            "color": color(look),
            "dash": "dot" if look == "reference" else "solid",
            "width": size("truth"),
        },
        "hovertemplate": "%{y:.3f}",
    }


def _edge(stage: StageStyle, say: Say) -> Plain:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": say("best trades"),
        "x": ref("edge_chance", stage.alias),
        "y": ref("edge_reward", stage.alias),
        "line": {"color": color("truth"), "width": size("line")},
        "hovertemplate": "%{x:.3f}: %{y:.3f}",
    }


def _ring(stage: StageStyle, say: Say) -> Plain:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": say("best with the bonus of now"),
        "x": [ref("best_trade_chance", stage.alias)],
        "y": [ref("best_trade_reward", stage.alias)],
        "marker": {
            "color": color("truth"),
            "symbol": "circle-open",
            "size": 17,
            "line": {"width": 3},
        },
        "cliponaxis": False,
        "hovertemplate": "%{x:.3f}: %{y:.3f}",
    }


def _replicas(stage: StageStyle) -> Plain:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": stage.title,
        "x": ref("trade_chance", stage.alias),
        "y": ref("trade_reward", stage.alias),
        "marker": {
            "color": color(stage.role, 0.5),
            "symbol": {"$symbol": stage.role},
            "size": 9,
            "line": {"color": color(stage.role), "width": size("thin")},
        },
        "cliponaxis": False,
        "hovertemplate": "%{x:.3f}: %{y:.3f}",
    }


def _gauge(stage: StageStyle, say: Say) -> Plain:
    text = say(
        "{title}: at the start {now:.3f} nats of chance, {best:.3f} at the exact best with this "
        "bonus; all actions alike would have {most:.3f}."
    )
    slots = {
        "title": stage.title,
        "now": ref("start_entropy", stage.alias),
        "best": ref("start_entropy_best", stage.alias),
        "most": ref("start_entropy_most", stage.alias),
    }
    return {"text": text, "slots": slots}


def _course(stage: StageStyle, say: Say) -> Plain:
    text = say("{title}: {now:.3f} nats of chance are left; the exact best keeps {best:.3f}.")
    slots = {
        "title": stage.title,
        "now": newest(stage, "policy_entropy"),
        "best": ref("start_entropy_best", stage.alias),
    }
    return {"text": text, "slots": slots}


def _trade(stage: StageStyle, say: Say) -> Plain:
    text = say(
        "{title}: the first replica returns {reward:.3f} and keeps {chance:.3f} nats; the best "
        "with the bonus of now returns {best:.3f} and keeps {kept:.3f}."
    )
    slots = {
        "title": stage.title,
        "reward": ref("trade_reward", stage.alias, stat="first"),
        "chance": ref("trade_chance", stage.alias, stat="first"),
        "best": ref("best_trade_reward", stage.alias),
        "kept": ref("best_trade_chance", stage.alias),
    }
    return {"text": text, "slots": slots}
