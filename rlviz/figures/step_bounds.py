"""What a step promises and what it brings: the lemma, the surrogate, the bound, and two paths."""

from __future__ import annotations

from rlviz.figures.curves import (
    Say,
    Stages,
    StageStyle,
    counted,
    curve_table,
    end_label,
    iterations,
    newest,
    roles,
    smooth_line,
    thin_line,
)
from rlviz.figures.pieces import axes, line, missing, table
from rlviz.figures.references import Plain, color, iteration, ref, size, span, text_color
from rlviz.signals import signal


def performance_difference(stages: Stages, say: Say) -> Plain:
    """Two bars of one height, and what the surrogate makes of them."""
    names = ["J(π′) − J(π)", say("the lemma"), say("the surrogate")]
    layout = axes(say("three sums (name)"), say("difference (reward)"))
    layout["xaxis"] |= {"tickmode": "array", "tickvals": [1, 2, 3], "ticktext": names}
    every = [ref("lemma_bars", s.alias) for s in stages]
    layout["yaxis"] |= {"autorangeoptions": span(*every, include=(0.0,), pad=0.08)}
    return {
        "name": "performance_difference",
        "title": say("What another policy is worth, counted twice"),
        "short": say("lemma"),
        "subtitle": say("exact: policy π of now, and the other one, π′"),
        "plots": signal("lemma_bars").formula,
        "reading": say(
            "The first two are always equal: old advantages, met where the new policy goes. The "
            "third meets them where the old policy goes, for that is what a batch shows; it is "
            "right only for a small step."
        ),
        **missing(say),
        "data": [_bars(s, say) for s in stages],
        "layout": layout | {"hovermode": "closest"},
        "summary": [_both(s, say) for s in stages],
        "table": table(
            stages, [say("number"), say("difference")], ["lemma_index", "lemma_bars"], [0, 6], say
        ),
    }


def surrogate_curve(stages: Stages, say: Say) -> Plain:
    """J and the surrogate along the whole way to the other policy."""
    layout = axes(say("part of the step (share)"), say("gain (reward)"))
    layout["xaxis"] |= {"tickformat": ".3~g", "hoverformat": ".4f"}
    return {
        "name": "surrogate_curve",
        "title": say("The surrogate touches J, and leaves it"),
        "short": say("surrogate"),
        "subtitle": say("green: J, exact; dashed: the surrogate, exact; 1 is the other policy"),
        "plots": "ΔL = Σ_s η_π(s) Σ_a π′(a|s) A_π(s, a)",
        "reading": say(
            "Both begin at 0 with the same slope: near the old policy its own visits are good "
            "enough. Farther away the new policy is somewhere else, and the two part."
        ),
        **missing(say),
        "data": [
            trace
            for s in stages
            for trace in (
                _surrogate(s, "step_whole", say),
                _exact(s, "step_whole", say),
            )
        ],
        "layout": layout,
        "summary": [_both(s, say) for s in stages],
        "table": table(
            stages,
            [say("part of the step"), "ΔJ", "ΔL"],
            ["step_whole_part", "step_whole_gain", "step_whole_surrogate"],
            [3, 5, 5],
            say,
        ),
    }


def surrogate_bound(stages: Stages, say: Say) -> Plain:
    """The same near the old policy, with what TRPO's theorem guarantees."""
    layout = axes(say("part of the step (share)"), say("gain (reward)"))
    layout["xaxis"] |= {"tickformat": ".3~g", "hoverformat": ".4f"}
    return {
        "name": "surrogate_bound",
        "title": say("What is guaranteed of a step"),
        "short": say("bound"),
        "subtitle": say("green: J, exact; dashed: surrogate; solid: the lower bound"),
        "plots": signal("step_near_bound").formula,
        "reading": say(
            "The bound touches J at 0 and lies below it everywhere, so its highest point is an "
            "improvement for certain. It is a small one: C is so large that the bound turns down "
            "long before J does."
        ),
        **missing(say),
        "data": [
            trace
            for s in stages
            for trace in (
                _surrogate(s, "step_near", say),
                _exact(s, "step_near", say),
                _bound(s, say),
                _peak(s, say),
            )
        ],
        "layout": layout | {"hovermode": "closest"},
        "summary": [_promise(s, say) for s in stages],
        "table": table(
            stages,
            [say("part of the step"), "ΔJ", "ΔL", say("bound")],
            ["step_near_part", "step_near_gain", "step_near_surrogate", "step_near_bound"],
            [4, 5, 5, 5],
            say,
        ),
    }


def parametrisations(stages: Stages, say: Say) -> Plain:
    """The exact path of each direction with two parametrisations, and what the run does."""
    names = ("path_plain", "path_scaled", "path_places")
    every = [ref(n, s.alias) for s in stages for n in names]
    until = span(*(iteration(s.alias) for s in stages), include=(0.0, 40.0), exact=True)
    layout = {
        "xaxis": {
            "title": {"text": counted(stages, say)},
            "autorangeoptions": until,
        },
        "yaxis": {
            "title": {"text": say("expected return (reward)")},
            "autorangeoptions": span(*every, pad=0.03),
        },
    }
    return {
        "name": "parametrisations",
        "title": say("One policy, written in two ways"),
        "short": say("parametrisations"),
        "subtitle": say("exact paths: solid for k of now, dotted for k = 1; dots: replicas now"),
        "plots": "t ← t + α d, θ = k t",
        "reading": say(
            "The same policy and the same α, but other numbers behind it. The path of the gradient "
            "depends on k; the two paths of the natural gradient lie on each other, unless damping "
            "keeps them apart."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in (*_paths(s, say), _here(s))],
        "layout": layout,
        "labels": [_ending(s) for s in stages],
        **roles(stages),
        "summary": [_arrived(s, say) for s in stages],
        "table": table(
            stages,
            [say("iteration"), say("k of now"), "k = 1"],
            ["path_steps", "path_scaled", "path_plain"],
            [0, 5, 5],
            say,
        ),
    }


def step_divergence(stages: Stages, say: Say) -> Plain:
    """How far each step moves the policy, over the iterations."""
    name = "step_kl"
    ends = [ref(name, s.alias, column="mean", stat="max") for s in stages]
    return {
        "name": "step_divergence",
        "title": say("How far each step moves the policy"),
        "short": say("KL of a step"),
        "subtitle": say("mean KL divergence from the old policy to the new one"),
        "plots": signal(name).formula,
        "reading": say(
            "Steps of one length in the parameters are large in one place and small in another. "
            "TRPO keeps them below δ; a step of 0 is one that the line search did not allow."
        ),
        **missing(say),
        "data": [
            *(thin_line(s, name, "mean") for s in stages),
            *(smooth_line(s, name, 5) for s in stages),
        ],
        "labels": [end_label(s, name, s.title) for s in stages],
        "layout": {
            "xaxis": iterations(stages, say),
            "yaxis": {
                "title": {"text": say("KL divergence (nat)")},
                "autorangeoptions": span(*ends, include=(0.0,)),
                "rangemode": "tozero",
            },
        },
        **roles(stages),
        "summary": [
            {
                "text": say("{title}: the newest steps move the policy by {now:.5f} nat."),
                "slots": {"title": s.title, "now": newest(s, name)},
            }
            for s in stages
        ],
        "table": curve_table(stages, name, 6, say),
    }


def _bars(stage: StageStyle, say: Say) -> Plain:
    return {
        "type": "bar",
        "name": say("difference"),
        "x": ref("lemma_index", stage.alias),
        "y": ref("lemma_bars", stage.alias),
        "marker": {
            "color": [color("truth"), color("truth", 0.55), color(stage.role, 0.6)],
            "pattern": {"shape": ["", "", "/"]},
        },
        "width": 0.6,
        "hovertemplate": "%{y:.6f}",
    }


def _exact(stage: StageStyle, which: str, say: Say) -> Plain:
    return line(stage, f"{which}_part", f"{which}_gain", color("truth")) | {
        "name": say("J, exact"),
        "hovertemplate": "%{y:.4f}",
    }


def _surrogate(stage: StageStyle, which: str, say: Say) -> Plain:
    look = {"color": color("reference"), "dash": "dash", "width": size("line")}
    found = line(stage, f"{which}_part", f"{which}_surrogate", color("reference"))
    return found | {"name": say("surrogate"), "line": look, "hovertemplate": "%{y:.4f}"}


def _bound(stage: StageStyle, say: Say) -> Plain:
    found = line(stage, "step_near_part", "step_near_bound", color(stage.role))
    return found | {"name": say("lower bound"), "hovertemplate": "%{y:.4f}"}


def _peak(stage: StageStyle, say: Say) -> Plain:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": say("most that is promised"),
        "x": [ref("bound_part", stage.alias), ref("bound_part", stage.alias)],
        "y": [ref("bound_promise", stage.alias), ref("bound_gain", stage.alias)],
        "marker": {"color": [color(stage.role), color("truth")], "symbol": "diamond", "size": 10},
        "hovertemplate": "%{x:.4f}: %{y:.4f}",
    }


def _paths(stage: StageStyle, say: Say) -> list[Plain]:
    thin: Plain = {"color": color("truth"), "width": size("truth")}
    one = line(stage, "path_steps", "path_plain", color("truth"))
    now = line(stage, "path_steps", "path_scaled", color("truth"))
    return [
        one
        | {"name": f"{stage.title}: k = 1", "line": thin | {"dash": "dot"}}
        | {"hovertemplate": "%{y:.4f}"},
        now
        | {"name": f"{stage.title}: {say('k of now')}", "line": thin}
        | {"hovertemplate": "%{y:.4f}"},
    ]


def _here(stage: StageStyle) -> Plain:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": stage.title,
        "x": ref("path_iterations", stage.alias),
        "y": ref("path_places", stage.alias),
        "marker": {
            "color": color(stage.role, 0.5),
            "symbol": {"$symbol": stage.role},
            "size": 10,
            "line": {"color": color(stage.role), "width": size("thin")},
        },
        "cliponaxis": False,
        "hovertemplate": "%{y:.4f}",
    }


def _ending(stage: StageStyle) -> Plain:
    end = ref("path_scaled", stage.alias, stat="last")
    return {"text": f"<b>{stage.title}</b>", "y": end, "color": text_color(stage.role)}


def _both(stage: StageStyle, say: Say) -> Plain:
    text = say(
        "The other policy returns {gain:.4f} more; the lemma's sum is the same, and the surrogate "
        "says {last:.4f}."
    )
    slots = {
        "gain": ref("lemma_bars", stage.alias, stat="first"),
        "last": ref("lemma_bars", stage.alias, stat="last"),
    }
    return {"text": text, "slots": slots}


def _promise(stage: StageStyle, say: Say) -> Plain:
    text = say(
        "At best the bound promises {promise:.4f}, at {part:.3f} of the step, where J gains "
        "{gain:.4f}; of the whole step it says {whole:.2f}. C is {constant:.1f}."
    )
    slots = {
        "promise": ref("bound_promise", stage.alias),
        "part": ref("bound_part", stage.alias),
        "gain": ref("bound_gain", stage.alias),
        "whole": ref("bound_whole", stage.alias),
        "constant": ref("bound_constant", stage.alias),
    }
    return {"text": text, "slots": slots}


def _arrived(stage: StageStyle, say: Say) -> Plain:
    text = say(
        "{title}: after 40 steps the exact path is at {now:.4f}, and with k = 1 at {one:.4f}."
    )
    slots = {
        "title": stage.title,
        "now": ref("path_scaled", stage.alias, stat="last"),
        "one": ref("path_plain", stage.alias, stat="last"),
    }
    return {"text": text, "slots": slots}
