"""Importance sampling: weights as sizes, what two policies share, and what a weight costs."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.pieces import missing, table
from rlviz.figures.references import Leaf, Plain, color, ref, size, span
from rlviz.signals import signal

_TOP = 1.06  # of a share, where words stand
_TICKS = [10.0**power for power in range(-6, 31, 2)]


def weighted_dots(stages: Stages, say: Say) -> Plain:
    """Every sequence of a batch as a dot whose area is its weight."""
    values = [ref("dot_values", s.alias) for s in stages]
    means = [ref(n, s.alias) for s in stages for n in ("v_target", "v")]
    names = ("dot_places", "dot_values", "dot_weights")
    return {
        "name": "weighted_dots",
        "title": say("What was drawn, resized by π/μ"),
        "short": say("weights"),
        "subtitle": say("green: exact; solid: weighted; grey: unweighted"),
        "plots": "ρ = Π_t π(x_t)/μ(x_t)",
        "reading": say(
            "A large dot stands for many sequences that the target would have drawn. "
            "Where one dot is larger than all others together, that one is the estimate."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in _dots(s, say)],
        "layout": {
            "xaxis": {
                "title": {"text": say("value of a sequence (reward)")},
                "autorangeoptions": span(*values, *means, pad=0.06),
                "hoverformat": ".3f",
            },
            "yaxis": {"title": {"text": say("sequence (number)")}, "rangemode": "tozero"},
            "hovermode": "closest",
        },
        "summary": [_heaviest(s, say) for s in stages],
        "table": table(
            stages,
            [say("sequence"), say("value"), say("weight")],
            names,
            [0, 3, 4],
            say,
        ),
    }


def token_shares(stages: Stages, say: Say) -> Plain:
    """How often each token is drawn by both policies, and what one of them never draws."""
    first = stages[:1]
    names = ("token_index", "behaviour_shares", "target_shares", "token_ratios")
    return {
        "name": "token_shares",
        "title": say("Who draws what"),
        "short": say("two policies"),
        "subtitle": say("grey: behaviour; green: target; red: out of reach"),
        "plots": "μ(a), π(a), π(a)/μ(a)",
        "reading": say(
            "The number above a token is its ratio π/μ. A red bar has none: the behaviour never "
            "draws that token, so no sample and no weight will ever tell of it."
        ),
        **missing(say),
        "data": [trace for s in first for trace in _shares(s, say)],
        "layout": {
            "xaxis": {"title": {"text": say("token (number)")}, "dtick": 1},
            "yaxis": {
                "title": {"text": say("probability (share)")},
                "autorangeoptions": span(include=(0.0, 1.12), exact=True),
            },
            "barmode": "group",
        },
        "summary": [_out_of_reach(s, say) for s in first],
        "table": table(
            stages,
            [say("token"), say("behaviour"), say("target"), say("ratio")],
            names,
            [0, 3, 3, 3],
            say,
        ),
    }


def ratio_growth(stages: Stages, say: Say) -> Plain:
    """Exact variance of a weight against the length of a sequence, logarithmic."""
    across, up = "ratio_lengths", "ratio_variances"
    every = [ref(up, s.alias) for s in stages[:1]]
    return {
        "name": "ratio_growth",
        "title": say("A product of ratios explodes"),
        "short": say("growth"),
        "subtitle": say("variance of ρ, logarithmic; green: exact; filled: drawn so far"),
        "plots": signal(up).formula,
        "reading": say(
            "The line is nearly straight on a logarithmic axis, so every further token multiplies "
            "the variance. A filled mark far below its green ring has missed the heavy samples."
        ),
        **missing(say),
        "data": [
            *(_growth(s, across, up, say) for s in stages[:1]),
            *(_here(s, "ratio_variance", say("exact")) for s in stages),
            *(_here(s, "measured_ratio_variance", s.title) for s in stages),
        ],
        "layout": {
            "xaxis": {
                "title": {"text": say("length of a sequence (tokens)")},
                "autorangeoptions": span(include=(0.0, 102.0), exact=True),
            },
            "yaxis": {
                "title": {"text": say("variance of ρ (weight²)")},
                "type": "log",
                "autorangeoptions": span(*every, log=True),
                "tickmode": "array",
                "tickvals": _TICKS,
                "ticktext": [f"{tick:g}" for tick in _TICKS],
            },
            "hovermode": "closest",
        },
        "summary": [_grown(s, say) for s in stages],
        "table": table(
            stages[:1], [say("length"), say("variance, exact")], (across, up), [0, 5], say
        ),
    }


def _dots(stage: StageStyle, say: Say) -> list[Plain]:
    dots = {
        "type": "scatter",
        "mode": "markers",
        "name": stage.title,
        "x": ref("dot_values", stage.alias),
        "y": ref("dot_places", stage.alias),
        "text": ref("dot_weights", stage.alias),
        "marker": {
            "color": color(stage.role, 0.45),
            "size": ref("dot_sizes", stage.alias),
            "line": {"color": color(stage.role), "width": size("thin")},
        },
        "cliponaxis": False,
        "hovertemplate": "%{x:.3f}, ρ = %{text:.3f}",
    }
    grey = _upright(stage, ref("unweighted_mean", stage.alias), say("without weights"), "reference")
    found, truth = (ref(name, stage.alias, stat="first") for name in ("v", "v_target"))
    return [
        {**grey, "line": {**grey["line"], "dash": "dot"}},
        _upright(stage, found, say("weighted"), stage.role),
        _upright(stage, truth, say("exact"), "truth"),
        dots,
    ]


def _upright(stage: StageStyle, at: Leaf, title: str, look: str) -> Plain:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": title,
        "x": [at, at],
        "y": [0, ref("dot_places", stage.alias, stat="max")],
        "line": {"color": color(look), "width": size("truth")},
        "hovertemplate": "%{x:.3f}",
    }


def _shares(stage: StageStyle, say: Say) -> list[Plain]:
    bar = {"type": "bar", "x": ref("token_index", stage.alias), "hovertemplate": "%{y:.3f}"}
    target = {
        "name": say("target"),
        "y": ref("reached_shares", stage.alias),
        "marker": {"color": color("truth")},
        "offsetgroup": "target",
    }
    out = {
        "name": say("out of reach"),
        "y": ref("missing_shares", stage.alias),
        "marker": {"color": color("neg"), "pattern": {"shape": "/"}},
        "offsetgroup": "target",
    }
    behaviour = {
        "name": say("behaviour"),
        "y": ref("behaviour_shares", stage.alias),
        "marker": {"color": color("reference")},
        "offsetgroup": "behaviour",
    }
    return [bar | behaviour, bar | target, bar | out, *_above(stage, say)]


def _above(stage: StageStyle, say: Say) -> list[Plain]:
    """The ratio of each token at the top, or that it has none."""
    words = {"type": "scatter", "mode": "text", "hoverinfo": "skip"}
    ratio = {
        "x": ref("token_index", stage.alias),
        "y": ref("token_ratios", stage.alias, scale=0.0, shift=_TOP),
        "text": ref("token_ratios", stage.alias),
        "texttemplate": "×%{text:.2f}",
    }
    none = {
        "x": ref("token_index", stage.alias),
        "y": ref("missing_shares", stage.alias, scale=0.0, shift=_TOP),
        "text": say("out of reach"),
        "textfont": {"color": color("neg")},
    }
    return [words | ratio, words | none]


def _growth(stage: StageStyle, across: str, up: str, say: Say) -> Plain:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": say("exact"),
        "x": ref(across, stage.alias),
        "y": ref(up, stage.alias),
        "line": {"color": color("truth"), "width": size("line")},
        "hovertemplate": "T = %{x}: %{y:.4g}",
    }


def _here(stage: StageStyle, name: str, title: str) -> Plain:
    exact = name == "ratio_variance"
    ring: Plain = {"color": color("truth"), "symbol": "circle-open", "size": 15}
    dot: Plain = {"color": color(stage.role), "symbol": {"$symbol": stage.role}, "size": 9}
    return {
        "type": "scatter",
        "mode": "markers",
        "name": title,
        "x": [ref("sequence_length", stage.alias)],
        "y": [ref(name, stage.alias)],
        "marker": ring if exact else dot,
        "cliponaxis": False,
        "hovertemplate": "T = %{x}: %{y:.4g}",
    }


def _heaviest(stage: StageStyle, say: Say) -> Plain:
    text = say(
        "{title}: the heaviest sequence of this batch weighs {most:.2f}, the lightest {least:.2f}. "
        "Weighted, they say {found:.3f}; exactly it is {truth:.3f}."
    )
    slots = {
        "title": stage.title,
        "most": ref("dot_weights", stage.alias, stat="max"),
        "least": ref("dot_weights", stage.alias, stat="min"),
        "found": ref("v", stage.alias, stat="first"),
        "truth": ref("v_target", stage.alias, stat="first"),
    }
    return {"text": text, "slots": slots}


def _out_of_reach(stage: StageStyle, say: Say) -> Plain:
    text = say(
        "Of the target's draws a share of {gap:.2f} is out of reach of the behaviour; the largest "
        "ratio is {most:.2f}."
    )
    slots = {
        "gap": ref("missing_shares", stage.alias, stat="sum", default=0.0),
        "most": ref("token_ratios", stage.alias, stat="max"),
    }
    return {"text": text, "slots": slots}


def _grown(stage: StageStyle, say: Say) -> Plain:
    text = say(
        "{title}: with {length:.0f} tokens the variance of ρ is {exact:.4f}; of what was drawn it "
        "is {drawn:.4f}."
    )
    slots = {
        "title": stage.title,
        "length": ref("sequence_length", stage.alias),
        "exact": ref("ratio_variance", stage.alias),
        "drawn": ref("measured_ratio_variance", stage.alias, default=0.0),
    }
    return {"text": text, "slots": slots}
