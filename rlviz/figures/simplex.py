"""Policies of three arms in a triangle, and the scores that a gradient is made of."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.pieces import axes, missing, plane, table
from rlviz.figures.references import Leaf, Plain, color, ref, size

_SIDE = 0.5  # of a unit upwards to one across: a place for it is wider than high


def policy_triangle(stages: Stages, say: Say) -> Plain:
    """Every replica's policy over lines of equal J, the exact ascent, and one step of each kind."""
    layout = plane(say("arm 2 + half of arm 3 (probability)"), say("arm 3 (probability)"))
    layout["xaxis"] |= {"range": [-0.3, 1.3]}
    layout["yaxis"] |= {"range": [-0.06, 1.06], "scaleratio": _SIDE}
    return {
        "name": "policy_triangle",
        "title": say("Every policy is a point"),
        "short": say("triangle"),
        "subtitle": say("dots: replicas; green: exact ascent, lines of equal J"),
        "plots": "π = (π(1), π(2), π(3)), J(π) = Σ_a π(a)·r(a)",
        "reading": say(
            "A corner is a policy that always takes one arm; the number is what that arm pays. "
            "Along a thin green line J is the same. The thick green curve is the ascent with the "
            "exact gradient; the two arrows are replica 0's last step, exact and as it was "
            "estimated, the same number of times enlarged."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in _triangle(s, say)],
        "layout": layout,
        "summary": [_dots_in_words(s, say) for s in stages],
        "table": table(
            stages,
            [say("across"), say("upwards"), say("exact return")],
            ["policies_across", "policies_up", "policy_worth"],
            [3, 3, 4],
            say,
        ),
    }


def score_arrows(stages: Stages, say: Say) -> Plain:
    """Scores end to end come back to 0; weighted with what they pay they end at ∇J."""
    first = stages[:1]
    layout = axes(say("across: arm 2 + half of arm 3 (score)"), say("upwards: arm 3 (score)"))
    layout["xaxis"] |= {"tickformat": ".1f"}
    return {
        "name": "score_arrows",
        "title": say("Scores have mean zero"),
        "short": say("scores"),
        "subtitle": say("grey: scores, end to end; green: the same times what the arm pays"),
        "plots": "Σ_a π(a)·∇log π(a) = 0, Σ_a π(a)·r(a)·∇log π(a) = ∇J",
        "reading": say(
            "An arrow is the score of an arm, as long as the arm is often taken. Laid end to end "
            "the grey ones come back to where they began. Only what the arms pay differently is "
            "left: the green chain ends at the tip of the exact gradient."
        ),
        **missing(say),
        "data": [trace for s in first for trace in _scores(s, say)],
        "layout": layout | {"hovermode": "closest"},
        "summary": [
            {
                "text": say("{title}: the chain of scores ends {end:.6f} from where it began."),
                "slots": {"title": s.title, "end": ref("chain_end", s.alias)},
            }
            for s in stages
        ],
        "table": table(
            first,
            [say("scores, across"), say("upwards"), say("times reward, across"), say("upwards")],
            ["chain_across", "chain_up", "paid_across", "paid_up"],
            [4, 4, 4, 4],
            say,
        ),
    }


def _triangle(stage: StageStyle, say: Say) -> list[Plain]:
    pays = ref("corner_rewards", stage.alias)
    outline = _line([0, 1, 0.5, 0], [0, 0, 1, 0], color("reference"), "thin")
    corners = {
        "type": "scatter",
        "mode": "text",
        "x": [0, 1, 0.5],
        "y": [0, 0, 1],
        "customdata": [1, 2, 3],
        "text": pays,
        "texttemplate": "\u2002" + say("arm %{customdata}: %{text:.1f}") + "\u2002",
        "textposition": ["middle left", "middle right", "middle right"],
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    level = _named(stage, "level", color("truth", 0.4), "thin") | {
        "name": "J",
        "text": ref("level_values", stage.alias),
        "hovertemplate": "J = %{text:.2f}",
    }
    path = _named(stage, "ascent", color("truth", 0.75), "line") | {
        "name": say("exact ascent"),
        "hoverinfo": "skip",
    }
    dots = {
        "type": "scatter",
        "mode": "markers",
        "name": stage.title,
        "x": ref("policies_across", stage.alias),
        "y": ref("policies_up", stage.alias),
        "text": ref("policy_worth", stage.alias),
        "marker": {
            "color": color(stage.role, 0.45),
            "symbol": {"$symbol": stage.role},
            "size": 8,
            "line": {"color": color(stage.role), "width": size("thin")},
        },
        "cliponaxis": False,
        "hovertemplate": "J = %{text:.3f}",
    }
    exact = _arrow(stage, "step", color("truth"), say("exact step"))
    guess = _arrow(stage, "guess", color("reward"), say("estimated step"))
    return [outline | {"customdata": pays}, level, path, dots, guess, exact, corners]


def _scores(stage: StageStyle, say: Say) -> list[Plain]:
    return [
        _chain(stage, "paid", color("truth"), say("times what the arm pays")),
        _chain(stage, "chain", color("reference"), say("scores, end to end")),
    ]


def _chain(stage: StageStyle, name: str, look: Leaf, title: str) -> Plain:
    """Arrows tip to tail, the first of them from 0."""
    head = {"symbol": "arrow", "angleref": "previous", "size": [0, 10, 10, 10], "color": look}
    return _named(stage, name, look, "line") | {
        "mode": "lines+markers",
        "name": title,
        "marker": head | {"line": {"width": 0}},
        "hovertemplate": "(%{x:.3f}, %{y:.3f})",
    }


def _arrow(stage: StageStyle, name: str, look: Leaf, title: str) -> Plain:
    head = {"symbol": "arrow", "angleref": "previous", "size": [0, 11], "color": look}
    return _named(stage, name, look, "line") | {
        "mode": "lines+markers",
        "name": title,
        "marker": head | {"line": {"width": 0}},
        "cliponaxis": False,
        "hoverinfo": "name",
    }


def _named(stage: StageStyle, name: str, look: Leaf, width: str) -> Plain:
    across, up = (ref(f"{name}_{way}", stage.alias) for way in ("across", "up"))
    return _line(across, up, look, width)


def _line(x: Leaf, y: Leaf, look: Leaf, width: str) -> Plain:
    line = {"color": look, "width": size(width)}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip"}


def _dots_in_words(stage: StageStyle, say: Say) -> Plain:
    name = "policy_worth"
    return {
        "text": say(
            "{title}: the policies of the replicas are worth {least:.2f} to {most:.2f}, on "
            "average {mean:.2f}."
        ),
        "slots": {
            "title": stage.title,
            "least": ref(name, stage.alias, stat="min"),
            "most": ref(name, stage.alias, stat="max"),
            "mean": ref(name, stage.alias, stat="mean"),
        },
    }
