"""What scores are weighed with: rewards that count and those that do not, and two empty weights."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.pieces import axes, missing, table
from rlviz.figures.references import Leaf, Plain, color, ref, size

_WEIGHTS = ("weighed_return", "weighed_less_action", "weighed_state")
_SHIFTS = ("shift_return", "shift_frozen", "shift_moving")


def answered_rewards(stages: Stages, say: Say) -> Plain:
    """For each action of the watched episode the rewards that it answers for, and those before."""
    layout = axes(say("reward that came (time)"), say("action (time)"))
    layout["xaxis"] |= {"tickformat": "d", "dtick": 1, "range": [0.5, 6.5]}
    layout["yaxis"] |= {"tickformat": "d", "dtick": 1, "range": [5.5, -0.5]}
    return {
        "name": "answered_rewards",
        "title": say("Which rewards an action answers for"),
        "short": say("to go"),
        "subtitle": say("a row for each action; numbers: rewards that count; grey: past, left out"),
        "plots": "G_t = Σ_{k≥t} γ^{k−t}·r_{k+1}",
        "reading": say(
            "Read a row: the action at that time and the rewards of the same episode. With the "
            "return to go what came before it is greyed out, and what follows fades with γ. With "
            "the whole return every action answers for everything, also for what was over."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in _answers(s)],
        "layout": layout | {"hovermode": "closest"},
        "summary": [
            {
                "text": say("{title}: its first action is weighed with {first:.2f}."),
                "slots": {
                    "title": s.title,
                    "first": ref("answer_returns", s.alias, stat="first"),
                },
            }
            for s in stages
        ],
        "table": table(
            stages,
            [say("time of the reward"), say("time of the action"), say("weight"), say("reward")],
            ["answer_times", "answer_actions", "answer_weights", "answer_rewards"],
            [0, 0, 3, 2],
            say,
        ),
    }


def zero_signal(stages: Stages, say: Say) -> Plain:
    """Three weights for the same scores: one teaches, two can not."""
    words = (say("weight G"), say("weight G − Q(s, a)"), say("weight V(s)"))
    layout = axes(say("action at the start (number)"), say("mean gradient (reward)"))
    layout["xaxis"] |= {"dtick": 1, "tickformat": "d"}
    first = stages[:1]
    return {
        "name": "zero_signal",
        "title": say("Two weights that teach nothing"),
        "short": say("no signal"),
        "subtitle": say("green: with the return; marks: with Q(s, a) taken away, with V(s)"),
        "plots": "E[∇log π·G], E[∇log π·(G − Q(s, a))], E[∇log π·V(s)]",
        "reading": say(
            "All are exact means over the actions at the start. A baseline may look at the state; "
            "one that looks at the action takes the whole signal away. And V(s) is the same for "
            "every action, so that the scores, which have mean zero, are all that is left."
        ),
        **missing(say),
        "data": [trace for s in first for trace in _weighed(s, words)],
        "layout": layout | {"barmode": "group"},
        "summary": [_zero_in_words(s, say) for s in stages],
        "table": table(
            first, [say("action"), *words], ["weighed_actions", *_WEIGHTS], [0, 4, 4, 4], say
        ),
    }


def surrogate(stages: Stages, say: Say) -> Plain:
    """J and the mean of G·log π along the gradient: equal slopes, unequal values."""
    words = ("J", say("G·log π, samples frozen"), say("G·log π, samples moving"))
    layout = axes(say("shift of θ along ∇J (length of θ)"), say("value (reward)"))
    first = stages[:1]
    layout["xaxis"] |= {"tickformat": ".1f", "zeroline": True}
    return {
        "name": "surrogate",
        "title": say("What the loss averages is not J"),
        "short": say("surrogate"),
        "subtitle": say("green: J; dashed: samples frozen; dotted: moving; thin: slopes"),
        "plots": "J(θ) ≠ E[G·log π], ∇J = E[G·∇log π]",
        "reading": say(
            "At the policy of now, shift 0, the green and the dashed curve have the same slope and "
            "nothing else in common. Followed further, the dashed one goes its own way; and where "
            "its samples move with the policy, even the slope is another."
        ),
        **missing(say),
        "data": [trace for s in first for trace in _shifted(s, words)],
        "layout": layout,
        "summary": [_slopes_in_words(s, say) for s in stages],
        "table": table(first, [say("shift"), *words], ["shift_steps", *_SHIFTS], [2, 4, 4, 4], say),
    }


def _answers(stage: StageStyle) -> list[Plain]:
    past, none, full = color("reference", 0.25), color("reward", 0.1), color("reward", 0.8)
    cells = {
        "type": "heatmap",
        "x": ref("answer_columns", stage.alias),
        "y": ref("answer_columns", stage.alias, shift=-1),
        "z": ref("answer_matrix", stage.alias),
        "zmin": -1,
        "zmax": 1,
        "colorscale": [[0, past], [0.499, past], [0.5, none], [1, full]],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "hoverinfo": "skip",
    }
    numbers = {
        "type": "scatter",
        "mode": "text",
        "x": ref("answer_times", stage.alias),
        "y": ref("answer_actions", stage.alias),
        "customdata": ref("answer_weights", stage.alias),
        "text": ref("answer_rewards", stage.alias),
        "texttemplate": "%{text:.3~g}",
        "hovertemplate": "%{text:.2f} × %{customdata:.3f}",
    }
    return [cells, numbers]


def _weighed(stage: StageStyle, words: tuple[str, ...]) -> list[Plain]:
    at = ref("weighed_actions", stage.alias)
    bar, *marks = [
        {"name": word, "x": at, "y": ref(name, stage.alias), "hovertemplate": "%{y:.4f}"}
        for name, word in zip(_WEIGHTS, words, strict=True)
    ]
    looks = (("x", "reward"), ("circle-open", "neg"))
    return [
        bar | {"type": "bar", "marker": {"color": color("truth", 0.6)}, "width": 0.5},
        *(
            mark
            | {
                "type": "scatter",
                "mode": "markers",
                "marker": {"color": color(role), "symbol": symbol, "size": 12},
            }
            for mark, (symbol, role) in zip(marks, looks, strict=True)
        ),
    ]


def _zero_in_words(stage: StageStyle, say: Say) -> Plain:
    last = {name: ref(name, stage.alias, stat="last") for name in _WEIGHTS}
    return {
        "text": say(
            "{title}: for the last action {weighed_return:.4f} with the return as weight, "
            "{weighed_less_action:.4f} with Q(s, a) taken away, {weighed_state:.4f} with V(s)."
        ),
        "slots": {"title": stage.title, **last},
    }


def _shifted(stage: StageStyle, words: tuple[str, ...]) -> list[Plain]:
    looks: tuple[tuple[Leaf, str], ...] = (
        (color("truth"), "solid"),
        (color(stage.role), "dash"),
        (color("reward"), "dot"),
    )
    tangents = {
        "type": "scatter",
        "mode": "lines",
        "x": ref("tangent_steps", stage.alias),
        "y": ref("tangent_values", stage.alias),
        "line": {"color": color("ink"), "width": size("thin")},
        "hoverinfo": "skip",
    }
    curves = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": word,
            "x": ref("shift_steps", stage.alias),
            "y": ref(name, stage.alias),
            "line": {"color": look, "dash": pattern, "width": size("line")},
            "hovertemplate": "%{y:.4f}",
        }
        for name, word, (look, pattern) in zip(_SHIFTS, words, looks, strict=True)
    ]
    return [*curves, tangents]


def _slopes_in_words(stage: StageStyle, say: Say) -> Plain:
    slots = {
        "title": stage.title,
        "true": ref("shift_slopes", stage.alias, stat="first"),
        "moving": ref("shift_slopes", stage.alias, stat="last"),
    }
    return {
        "text": say(
            "{title}: at the policy of now J rises with {true:.4f}, and so does the mean of "
            "G·log π with frozen samples; with moving samples it changes with {moving:.4f}."
        ),
        "slots": slots,
    }
