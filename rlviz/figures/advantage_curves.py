"""One trajectory and what every λ makes of it, step by step, beside the exact advantages."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.pieces import axes, missing, table
from rlviz.figures.references import Leaf, Plain, color, ref, size, span
from rlviz.signals import signal
from rlviz.signals.advantages import CURVES, DECAYS

_DASHES = ("dot", "dash", "dashdot", "solid")
_NOW = "trajectory_lambda_now"
_MASKS = ("apart", "confused", "leaking")


def advantage_curves(stages: Stages, say: Say) -> Plain:
    """TD errors as bars, advantages of four λ as lines, the exact ones in green."""
    names = [f"trajectory_lambda_{name}" for name in CURVES]
    titles = [f"λ = {decay:g}" for decay in DECAYS]
    every = ["trajectory_delta", *names, _NOW, "trajectory_exact"]
    return {
        "name": "advantage_curves",
        "title": say("One trajectory, every λ"),
        "short": say("advantages over time"),
        "subtitle": say("bars: δ; thin: λ = 0 (dotted) to 1 (solid); thick: λ of now"),
        "plots": signal("first_advantage").formula,
        "reading": say(
            "With λ = 0 an advantage is the δ of its own step. With λ = 1 it is all that came "
            "later, the same for every step if rewards come at the end. Green: what each action "
            "was really worth. A line stops where an episode ends."
        ),
        **missing(say),
        "data": [
            *(_bars(s, say) for s in stages),
            *(
                _path(s, name, title, color(s.role, 0.6), dash, "thin")
                for s in stages
                for name, title, dash in zip(names, titles, _DASHES, strict=True)
            ),
            *(_path(s, _NOW, say("λ of now"), color(s.role), "solid") for s in stages),
            *(_truth(s, say) for s in stages),
            *(trace for s in stages for trace in _ends(s, say)),
        ],
        "layout": _layout(stages, every, say),
        "summary": [_used(s, say) for s in stages],
        "table": table(
            stages,
            [say("time"), "δ", *titles, say("λ of now"), say("exact")],
            ["trajectory_step", *every],
            [0, *[3] * len(every)],
            say,
        ),
    }


def credit_ruler(stages: Stages, say: Say) -> Plain:
    """Who gets the credit: the exact advantage, the estimate's exact mean, and mere recency."""
    names = ["trajectory_exact", "trajectory_expected", "trajectory_recency"]
    first = stages[:1]  # the trajectories of two stages would hide each other
    recent = say("critic of 0: (γλ)ᵀ⁻ᵗ of the last reward")
    return {
        "name": "credit_ruler",
        "title": say("Who gets the credit?"),
        "short": say("credit"),
        "subtitle": say("green: exact advantage; solid: mean estimate; dotted: a critic of 0"),
        "plots": signal("trajectory_recency").formula,
        "reading": say(
            "Without a critic the credit of the last reward fades backwards, whatever the step "
            "did: that is recency. Only a critic that knows the values gives it to the step that "
            "earned it, where green is not 0."
        ),
        **missing(say),
        "data": [
            *(_truth(s, say) for s in first),
            *(
                _path(s, "trajectory_expected", say("mean estimate"), color(s.role), "solid")
                for s in first
            ),
            *(_path(s, "trajectory_recency", recent, color("reward"), "dot") for s in first),
            *(trace for s in first for trace in _ends(s, say)),
        ],
        "layout": _layout(first, names, say),
        "summary": [_faded(s, say) for s in stages],
        "table": table(
            stages,
            [say("time"), say("exact"), say("mean estimate"), say("critic of 0")],
            ["trajectory_step", *names],
            [0, 3, 3, 3],
            say,
        ),
    }


def mask_leaks(stages: Stages, say: Say) -> Plain:
    """The same trajectory with three masks: what is lost, and what leaks."""
    titles = [say("told apart"), say("cut = ended"), say("runs on")]
    names = [f"trajectory_{mask}" for mask in _MASKS]
    looks: list[tuple[str, Leaf]] = [("solid", None), ("dash", 0.8), ("dot", 0.8)]
    return {
        "name": "mask_leaks",
        "title": say("Two masks, and what leaks"),
        "short": say("masks"),
        "subtitle": say("solid: told apart; dashed: cut taken for ended; dotted: sum runs on"),
        "plots": "δ_t = r + γ·(1 − terminated)·V' − V; A_t = δ_t + γλ·(1 − done)·A_{t+1}",
        "reading": say(
            "× is an end for good, ▽ a cut by the time limit. Whoever takes a cut for an end takes "
            "V away from the step before it, and λ hands that back to all steps before. Whoever "
            "lets the sum run on pays a step with rewards of another episode."
        ),
        **missing(say),
        "data": [
            *(
                _path(s, name, title, color(s.role, alpha), dash)
                for s in stages
                for name, title, (dash, alpha) in zip(names, titles, looks, strict=True)
            ),
            *(_truth(s, say) for s in stages),
            *(trace for s in stages for trace in _ends(s, say)),
        ],
        "layout": _layout(stages, [*names, "trajectory_exact"], say),
        "summary": [_masks(s, say) for s in stages],
        "table": table(
            stages,
            [say("time"), *titles, say("exact")],
            ["trajectory_step", *names, "trajectory_exact"],
            [0, 3, 3, 3, 3],
            say,
        ),
    }


def credit_weights(stages: Stages, say: Say) -> Plain:
    """How much of a TD error so many steps later is in an advantage."""
    others = list(zip(CURVES[1:3], DECAYS[1:3], ("dot", "dash"), strict=True))
    return {
        "name": "credit_weights",
        "title": say("How far an advantage looks ahead"),
        "short": say("weights"),
        "subtitle": say("thick: λ of now; thin: λ = 0.5 and 0.9"),
        "plots": signal("credit_now").formula,
        "reading": say(
            "An advantage is a sum of TD errors, and this is the weight of each. At γ·λ = 0.95 "
            "0.6 is left after 10 steps and 0.08 after 50."
        ),
        **missing(say),
        "data": [
            *(
                _weight(s, f"credit_{name}", f"λ = {decay:g}", "thin", dash)
                for s in stages
                for name, decay, dash in others
            ),
            *(_weight(s, "credit_now", say("λ of now"), "line", "solid") for s in stages),
        ],
        "layout": {
            "xaxis": {"title": {"text": say("distance (steps)")}, "tickformat": "d"},
            "yaxis": {
                "title": {"text": say("weight (share)")},
                "autorangeoptions": span(include=(0.0, 1.0), exact=True),
            },
        },
        "summary": [_fading(s, say) for s in stages],
        "table": table(
            stages,
            [say("distance"), say("λ of now"), *(f"λ = {decay:g}" for decay in DECAYS[1:3])],
            ["credit_length", "credit_now", *(f"credit_{name}" for name in CURVES[1:3])],
            [0, 4, 4, 4],
            say,
        ),
    }


def _layout(stages: Stages, names: list[str], say: Say) -> Plain:
    every = [ref(name, s.alias) for s in stages for name in names]
    steps = [ref("trajectory_step", s.alias) for s in stages]
    layout = axes(say("time t (steps)"), say("advantage (reward)"))
    layout["xaxis"] |= {"autorangeoptions": span(*steps, pad=0.03), "tickformat": "d"}
    layout["yaxis"] |= {
        "autorangeoptions": span(*every, include=(0.0,), pad=0.05),
        "zeroline": True,
    }
    return layout


def _bars(stage: StageStyle, say: Say) -> Plain:
    return {
        "type": "bar",
        "name": say("TD error δ"),
        "x": ref("trajectory_step", stage.alias),
        "y": ref("trajectory_delta", stage.alias),
        "width": 0.5,
        "marker": {"color": color(stage.role, 0.25)},
        "hovertemplate": "%{y:.3f}",
    }


def _path(
    stage: StageStyle, name: str, title: str, look: Leaf, dash: str, width: str = "line"
) -> Plain:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": title,
        "x": ref("trajectory_step", stage.alias),
        "y": ref(name, stage.alias),
        "line": {"color": look, "dash": dash, "width": size(width)},
        "marker": {"color": look, "size": 4 if width == "line" else 2},
        "connectgaps": False,
        "hovertemplate": "%{y:.3f}",
    }


def _truth(stage: StageStyle, say: Say) -> Plain:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": say("exact advantage"),
        "x": ref("trajectory_step", stage.alias),
        "y": ref("trajectory_exact", stage.alias),
        "marker": {
            "color": color("truth"),
            "symbol": "line-ew-open",
            "size": 12,
            "line": {"width": size("truth")},
        },
        "hovertemplate": "%{y:.3f}",
    }


def _ends(stage: StageStyle, say: Say) -> list[Plain]:
    """How each episode ended, on the line of 0."""
    kinds = (("ended_steps", "x", say("ended")), ("cut_steps", "triangle-down-open", say("cut")))
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": title,
            "x": ref(name, stage.alias),
            "y": ref(name, stage.alias, scale=0),
            "marker": {"color": color("ink"), "symbol": symbol, "size": 9},
            "cliponaxis": False,
            "hovertemplate": title,
        }
        for name, symbol, title in kinds
    ]


def _weight(stage: StageStyle, name: str, title: str, width: str, dash: str) -> Plain:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": title,
        "x": ref("credit_length", stage.alias),
        "y": ref(name, stage.alias),
        "line": {"color": color(stage.role), "dash": dash, "width": size(width)},
        "hovertemplate": "%{y:.4f}",
    }


def _used(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say(
            "{title}: the first step of the trajectory has an advantage of {one:.3f} with λ = 0 "
            "and of {all:.3f} with λ = 1; exactly it is {exact:.3f}."
        ),
        "slots": {
            "title": stage.title,
            "one": ref("trajectory_lambda_0", stage.alias, stat="first"),
            "all": ref("trajectory_lambda_all", stage.alias, stat="first"),
            "exact": ref("trajectory_exact", stage.alias, stat="first"),
        },
    }


def _faded(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say(
            "{title}: 10 steps before a reward a critic of 0 leaves {ten:.4f} of it, 50 steps "
            "before {fifty:.4f}. The largest exact advantage on this way is {most:.3f}."
        ),
        "slots": {
            "title": stage.title,
            "ten": ref("credit_at_10", stage.alias),
            "fifty": ref("credit_at_50", stage.alias),
            "most": ref("trajectory_exact", stage.alias, stat="max"),
        },
    }


def _masks(stage: StageStyle, say: Say) -> Plain:
    slots = {
        mask: ref(f"trajectory_{mask}", stage.alias, stat="mean") for mask in ("apart", *_MASKS[1:])
    }
    return {
        "text": say(
            "{title}: over the steps shown the mean advantage is {apart:.3f}, with cuts taken for "
            "ends {confused:.3f}, and with a sum that runs on {leaking:.3f}."
        ),
        "slots": {"title": stage.title, **slots},
    }


def _fading(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say(
            "{title}: with λ = {now:.2f} the weight is {ten:.4f} after 10 steps and {fifty:.4f} "
            "after 50."
        ),
        "slots": {
            "title": stage.title,
            "now": ref("lambda_now", stage.alias),
            "ten": ref("credit_at_10", stage.alias),
            "fifty": ref("credit_at_50", stage.alias),
        },
    }
