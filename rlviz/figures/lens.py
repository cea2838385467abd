"""The exact lens: ways of one batch's epochs over the triangle of all policies of three arms."""

from __future__ import annotations

from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.pieces import missing, plane, table
from rlviz.figures.references import Leaf, Plain, color, ref, size

_SIDE = 0.75**0.5  # so that the three sides are equally long
_ROOM = [-0.1, 1.1]
# Exact ways: name, dash, and the marker at their end.
_WAYS = (
    ("free", "dot", "circle-open"),
    ("clipped", "solid", "square-open"),
    ("penalised", "dash", "diamond-open"),
    ("trusted", "longdash", "triangle-up-open"),
)


def exact_lens(stages: Stages, say: Say) -> Plain:
    """What the epochs of one batch do, and would do with exact advantages."""
    layout = plane(say("arm 2 + half of arm 3 (probability)"), say("arm 3 (probability)"))
    layout["xaxis"] |= {"range": _ROOM}
    layout["yaxis"] |= {"range": _ROOM, "scaleratio": _SIDE}
    ways = [say("no clip"), say("clip"), say("penalty"), "TRPO"]
    ends = [f"lens_{kind}_{axis}" for kind in ("taken", "clipped") for axis in ("x", "y")]
    return {
        "name": "exact_lens",
        "title": say("The epochs of one batch, through the exact lens"),
        "short": say("lens"),
        "subtitle": say(
            "thick: this run; green: exact ways (○ no clip, □ clip, ◇ penalty, △ TRPO); "
            "grey: edge of the band; thin: what is climbed"
        ),
        "plots": "π = (π(1), π(2), π(3)); J − J(old), min(ρ A, clip(ρ) A), L − β KL",
        "reading": say(
            "A corner is a policy that always takes one arm. All ways begin at the policy that "
            "collected the newest batch. Inside the grey hexagon every ratio is in the band; the "
            "way with the clip may leave it with one step, and then it stands still where it is."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in _stage(s, ways, say)],
        "layout": layout,
        "summary": [_in_words(s, say) for s in stages],
        "table": table(
            stages,
            [say("run: across"), say("upwards"), say("exact, clip: across"), say("upwards")],
            ends,
            [4, 4, 4, 4],
            say,
        ),
    }


def _stage(stage: StageStyle, ways: list[str], say: Say) -> list[Plain]:
    pays = ref("corner_rewards", stage.alias)
    sides = _line([0, 1, 0.5, 0], [0, 0, 1, 0], color("reference"), "solid", "thin")
    corners = {
        "type": "scatter",
        "mode": "text",
        "x": [0, 1, 0.5],
        "y": [0, 0, 1],
        "customdata": [1, 2, 3],
        "text": pays,
        "texttemplate": say("arm %{customdata}: %{text:.1f}"),
        "textposition": ["bottom center", "bottom center", "top center"],
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    level = _line(
        ref("level_across", stage.alias),
        ref("level_up", stage.alias),
        color("truth", 0.3),
        "solid",
        "thin",
    )
    climbed = _contour(stage, "lens_climbed", color(stage.role, 0.4)) | {
        "autocontour": True,
        "ncontours": 14,
        "name": say("what is climbed"),
    }
    band = _contour(stage, "lens_edge", color("reference")) | {
        "autocontour": False,
        "contours": {"coloring": "lines", "start": 0, "end": 0, "size": 1},
        "line": {"width": size("truth"), "smoothing": 0},
        "name": say("edge of the band"),
    }
    exact = [
        _way(stage, kind, color("truth"), dash, mark) | {"name": title}
        for (kind, dash, mark), title in zip(_WAYS, ways, strict=True)
    ]
    run = _way(stage, "taken", color(stage.role), "solid", {"$symbol": stage.role})
    run |= {"name": stage.title}
    run["line"] |= {"width": size("line")}
    return [sides | {"customdata": pays}, level, climbed, band, *exact, run, corners]


def _contour(stage: StageStyle, name: str, look: Leaf) -> Plain:
    """Lines along which that is the same, all of one colour."""
    axis = ref("lens_axis", stage.alias)
    return {
        "type": "contour",
        "x": axis,
        "y": axis,
        "z": ref(name, stage.alias),
        "colorscale": [[0, look], [1, look]],
        "contours": {"coloring": "lines"},
        "line": {"width": size("thin")},
        "showscale": False,
        "connectgaps": False,
        "hoverinfo": "skip",
    }


def _way(stage: StageStyle, kind: str, look: Leaf, dash: str, mark: Leaf) -> Plain:
    """A way with a small mark at each step."""
    x, y = (ref(f"lens_{kind}_{axis}", stage.alias) for axis in ("x", "y"))
    return _line(x, y, look, dash, "truth") | {
        "mode": "lines+markers",
        "marker": {"color": look, "symbol": mark, "size": 6},
        "cliponaxis": False,
        "hoverinfo": "name",
    }


def _line(x: Leaf, y: Leaf, look: Leaf, dash: str, width: str) -> Plain:
    line = {"color": look, "width": size(width), "dash": dash}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip"}


def _in_words(stage: StageStyle, say: Say) -> Plain:
    form = say(
        "{title}: the newest batch was collected with arm 3 at {first:.3f}; its epochs led to "
        "{last:.3f}, and with exact advantages to {free:.3f} without a clip, {clipped:.3f} with "
        "it, {penalised:.3f} with a penalty and {trusted:.3f} with a step of TRPO."
    )
    slots: Plain = {"title": stage.title}
    slots |= {"first": ref("lens_taken_y", stage.alias, stat="first")}
    slots |= {"last": ref("lens_taken_y", stage.alias, stat="last")}
    for kind, _, _ in _WAYS:
        slots[kind] = ref(f"lens_{kind}_y", stage.alias, stat="last")
    return {"text": form, "slots": slots}
