"""How far a step may go: the triangle of three arms, conjugate gradient, and the line search."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.pieces import axes, missing, plane, table
from rlviz.figures.references import Leaf, Plain, color, dash, ref, size, span

_GAIN = 0.001  # a gain that is drawn with some height: what is smaller by far is rounding


def trust_triangle(stages: Stages, say: Say) -> Plain:
    """All policies of three arms, and the trust region of the newest step."""
    layout = plane(*_sides(say))
    layout["xaxis"] |= {"range": [-0.08, 1.08], "hoverformat": ".3f"}
    layout["yaxis"] |= {"range": [-0.12, 0.98]}
    return {
        "name": "trust_triangle",
        "title": say("All policies of three arms"),
        "short": say("triangle"),
        "subtitle": say("green: exact trust region; dots: replicas; grey: equal return"),
        "plots": "KL(π_old‖π) = δ",
        "reading": say(
            "A corner is the policy that always pulls that arm. The green outline holds what is "
            "within δ of the old policy; it becomes flat towards a side, where a small step "
            "already takes most of an arm's probability away."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in (*_ground(s, say), *_replicas(s, say))],
        "layout": layout,
        "summary": [_room(s, say) for s in stages],
        "table": table(
            stages,
            [say("policy, across"), say("policy, up")],
            ["policy_place_x", "policy_place_y"],
            [3, 3],
            say,
        ),
    }


def trust_step(stages: Stages, say: Say) -> Plain:
    """The newest step seen closely: the model of the KL, the KL itself, and what was tried."""
    layout = axes(*_sides(say)) | {"hovermode": "closest"}
    layout["xaxis"] |= {"constrain": "domain", "tickformat": ".3~f", "hoverformat": ".3f"}
    for axis in ("x", "y"):
        every = [
            ref(f"{n}_{axis}", s.alias) for s in stages for n in ("trust_ball", "trust_ellipse")
        ]
        layout[f"{axis}axis"] |= {"autorangeoptions": span(*every, pad=0.04)}
    return {
        "name": "trust_step",
        "title": say("The newest step, closely"),
        "short": say("step"),
        "subtitle": say("green: KL = δ, exactly; dashed: its quadratic model; circles: tries"),
        "plots": "½ ΔᵀFΔ = δ",
        "reading": say(
            "The full step ends on the dashed outline, because it takes the model for the KL. "
            "Where that is outside the green one, the line search goes back. The star is the best "
            "policy inside; the dotted way is that of the gradient itself."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in (*_ground(s, say)[1:], *_tries(s, say))],
        "layout": layout,
        "summary": [_best(s, say) for s in stages],
        "table": table(
            stages,
            [say("part of the full step"), say("policy, across"), say("policy, up")],
            ["search_parts", "trust_tried_x", "trust_tried_y"],
            [3, 4, 4],
            say,
        ),
    }


def conjugate_gradient(stages: Stages, say: Say) -> Plain:
    """What is left of the gradient after each iteration."""
    every = [ref("solve_residuals", s.alias) for s in stages]
    layout = axes(say("iteration (number)"), say("gradient left (length)"))
    layout["yaxis"] |= {"rangemode": "tozero", "autorangeoptions": span(*every, include=(0.0,))}
    layout["xaxis"] |= {"dtick": 1}
    return {
        "name": "conjugate_gradient",
        "title": say("Conjugate gradient, step by step"),
        "short": say("conjugate gradient"),
        "subtitle": say("what F x does not explain of the gradient yet"),
        "plots": "‖g − F x‖",
        "reading": say(
            "It needs no matrix, only products with it, and as many iterations as there are "
            "directions in which the policy can turn: two for three arms. Then the line is at 0."
        ),
        **missing(say),
        "data": [_residuals(s) for s in stages],
        "layout": layout,
        "summary": [_left(s, say) for s in stages],
        "table": table(
            stages,
            [say("iteration"), say("unexplained gradient")],
            ["solve_steps", "solve_residuals"],
            [0, 8],
            say,
        ),
    }


def line_search(stages: Stages, say: Say) -> Plain:
    """Each try as a point of divergence and gain."""
    layout = axes(say("KL divergence (nat)"), say("gain (reward)"))
    names = ("search_kls", "search_kls_exact", "search_limit")
    every = [ref(n, s.alias) for s in stages for n in names]
    rises = [ref(n, s.alias) for s in stages for n in ("search_gains", "search_gains_exact")]
    layout["xaxis"] |= {
        "autorangeoptions": span(*every, include=(0.0,), pad=0.05),
        "tickformat": ".3~g",
        "hoverformat": ".5f",
    }
    layout["yaxis"] |= {"autorangeoptions": span(*rises, include=(0.0, _GAIN), pad=0.05)}
    return {
        "name": "line_search",
        "title": say("The line search"),
        "short": say("line search"),
        "subtitle": say("circles: by the batch; green: exact, L replaced by J; line: δ"),
        "plots": "KL(π_old‖π) ≤ δ, ΔL > 0",
        "reading": say(
            "It begins at the right and goes back. The first circle that is left of the line and "
            "above 0 is taken. A green mark far from its circle shows what the batch had wrong."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in _search(s, say)],
        "layout": layout | {"hovermode": "closest"},
        "summary": [_found(s, say) for s in stages],
        "table": table(
            stages,
            [say("part of the full step"), "KL", "ΔL", say("KL, exact"), say("ΔJ, exact")],
            [
                "search_parts",
                "search_kls",
                "search_gains",
                "search_kls_exact",
                "search_gains_exact",
            ],
            [3, 6, 5, 6, 5],
            say,
        ),
    }


def _sides(say: Say) -> tuple[str, str]:
    """What the triangle's axes are: no side is longer than another."""
    return say("arm 2, and half of arm 3 (probability)"), say("arm 3 (0.87 · probability)")


def _line(stage: StageStyle, name: str, title: str, look: Plain) -> Plain:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": title,
        "x": ref(f"{name}_x", stage.alias),
        "y": ref(f"{name}_y", stage.alias),
        "line": look,
        "hoverinfo": "name",
    }


def _dots(stage: StageStyle, name: str, title: str, marker: Plain) -> Plain:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": title,
        "x": ref(f"{name}_x", stage.alias),
        "y": ref(f"{name}_y", stage.alias),
        "marker": marker,
        "hovertemplate": "%{x:.4f}, %{y:.4f}",
        "cliponaxis": False,
    }


def _ground(stage: StageStyle, say: Say) -> list[Plain]:
    """The corners' names, the triangle, lines of equal return, and the region."""
    places = ["bottom center", "bottom center", "top center", "top center"]
    corners = {
        "type": "scatter",
        "mode": "text",
        "x": ref("triangle_x", stage.alias),
        "y": ref("triangle_y", stage.alias),
        "text": [say("arm 1"), say("arm 2"), say("arm 3"), ""],
        "textposition": places,
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
    thin: Plain = {"width": size("thin")}
    return [
        corners,
        _line(stage, "return_line", say("equal return"), {"color": color("line"), **thin}),
        _line(stage, "triangle", say("all policies"), {"color": color("reference"), **thin}),
        _line(
            stage,
            "trust_ball",
            say("KL = δ, exactly"),
            {"color": color("truth"), "width": size("truth")},
        ),
    ]


def _replicas(stage: StageStyle, say: Say) -> list[Plain]:
    mark = {"color": color(stage.role, 0.5), "symbol": {"$symbol": stage.role}, "size": 8}
    edge = {"line": {"color": color(stage.role), "width": size("thin")}}
    taken = {"color": color(stage.role), "width": size("line")}
    return [
        _line(stage, "trust_taken", say("the newest step"), taken),
        _dots(stage, "policy_place", say("policies of now"), mark | edge),
    ]


def _tries(stage: StageStyle, say: Say) -> list[Plain]:
    model = {"color": color(stage.role), "dash": "dash", "width": size("thin")}
    dotted = {"color": color("reference"), "dash": "dot", "width": size("truth")}
    taken = {"color": color(stage.role), "width": size("line")}
    best = {"color": color("truth"), "symbol": "star", "size": 12}
    circle = {"color": color(stage.role), "symbol": "circle-open", "size": 9}
    return [
        _line(stage, "trust_ellipse", say("its quadratic model"), model),
        _line(stage, "plain_way", say("the way of the gradient itself"), dotted),
        _line(stage, "trust_taken", say("the step that was taken"), taken),
        _dots(stage, "trust_tried", say("tries"), circle),
        _dots(stage, "trust_best", say("best within δ"), best),
    ]


def _residuals(stage: StageStyle) -> Plain:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": stage.title,
        "x": ref("solve_steps", stage.alias),
        "y": ref("solve_residuals", stage.alias),
        "line": {"color": color(stage.role), "dash": dash(stage.role), "width": size("line")},
        "marker": {"color": color(stage.role), "symbol": {"$symbol": stage.role}, "size": 8},
        "hovertemplate": "%{y:.6f}",
    }


def _search(stage: StageStyle, say: Say) -> list[Plain]:
    point: Plain = {"type": "scatter", "mode": "markers", "hovertemplate": "KL %{x:.5f}: %{y:.4f}"}
    ring: Plain = {"color": color(stage.role), "symbol": "circle-open", "size": 10}
    limit: Leaf = ref("search_limit", stage.alias)
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "δ",
            "x": limit,
            "y": ref("search_span", stage.alias),
            "line": {"color": color("reference"), "dash": "dash", "width": size("truth")},
            "hoverinfo": "name",
        },
        point
        | {
            "name": say("exact"),
            "x": ref("search_kls_exact", stage.alias),
            "y": ref("search_gains_exact", stage.alias),
            "marker": {"color": color("truth"), "symbol": "x-thin-open", "size": 9},
        },
        point
        | {
            "name": stage.title,
            "x": ref("search_kls", stage.alias),
            "y": ref("search_gains", stage.alias),
            "marker": ring,
        },
        point
        | {
            "name": say("taken"),
            "x": [ref("taken_kl", stage.alias)],
            "y": [ref("taken_gain", stage.alias)],
            "marker": ring | {"symbol": "circle"},
        },
    ]


def _left(stage: StageStyle, say: Say) -> Plain:
    slots = {
        "title": stage.title,
        "first": ref("solve_residuals", stage.alias, stat="first"),
        "last": ref("solve_residuals", stage.alias, stat="last"),
    }
    text = say("{title}: of a gradient of length {first:.4f}, {last:.6f} is unexplained.")
    return {"text": text, "slots": slots}


def _room(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say("{title}: the best policy within δ earns {best:.4f} more than the old one."),
        "slots": {"title": stage.title, "best": ref("trust_best_gain", stage.alias)},
    }


def _best(stage: StageStyle, say: Say) -> Plain:
    text = say(
        "{title}: exactly, the full step has a KL of {kl:.5f} and gains {gain:.4f}; the best "
        "policy within δ = {delta:.4f} gains {best:.4f}."
    )
    slots = {
        "title": stage.title,
        "kl": ref("search_kls_exact", stage.alias, stat="first"),
        "gain": ref("search_gains_exact", stage.alias, stat="first"),
        "delta": ref("search_limit", stage.alias, stat="first"),
        "best": ref("trust_best_gain", stage.alias),
    }
    return {"text": text, "slots": slots}


def _found(stage: StageStyle, say: Say) -> Plain:
    text = say(
        "{title}: {part:.3f} of the full step was taken, KL {kl:.5f}, surrogate {gain:.4f} up."
    )
    slots = {
        "title": stage.title,
        "part": ref("taken_part", stage.alias),
        "kl": ref("taken_kl", stage.alias),
        "gain": ref("taken_gain", stage.alias),
    }
    return {"text": text, "slots": slots}
