"""What the clip does: the objective over the ratio, and where the samples of a batch land."""

from __future__ import annotations

from rlviz.figures import pieces
from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.references import Leaf, Plain, color, ref, size, span, text, text_color
from rlviz.signals import signal
from rlviz.signals.clipping import BOARD

_SIDES = (("up", "solid"), ("down", "dash"))  # A = 1, A = −1
_LOW, _HIGH = BOARD[0] / 1.2, BOARD[1] * 1.2  # beyond the samples that stand on its ends
_TICKS = (0.4, 0.6, 0.8, 1.0, 1.2, 1.6, 2.4)
_PLACES = {"below": 0.55, "inside": 1.0, "above": 1.8}  # where the words of the board stand
_SILENT = ("up_above", "down_below")


def clip_objective(stages: Stages, say: Say) -> Plain:
    """What one sample adds to the objective, over its ratio."""
    words = {
        "title": say("What a sample adds to the objective"),
        "short": say("objective"),
        "subtitle": say("solid: A = 1; dashed: A = −1; green: the edges of the band"),
        "reading": say(
            "A flat stretch is where a sample has nothing left to gain. There is one on one side "
            "of each line only: out of the band on the other side the line goes on, because there "
            "the sample is to come back."
        ),
    }
    return _over_ratio("clip_objective", words, say("objective of a sample (A)"), stages, say)


def clip_slope(stages: Stages, say: Say) -> Plain:
    """Its derivative by the ratio."""
    words = {
        "title": say("What a sample pulls with"),
        "short": say("gradient"),
        "subtitle": say("∂L/∂ρ; solid: A = 1; dashed: A = −1; green: the edges of the band"),
        "reading": say(
            "Either the whole of A or nothing. Where it is 0 the sample is silent: it pushes no "
            "further, and it does not pull back."
        ),
    }
    return _over_ratio("clip_slope", words, say("slope (A)"), stages, say)


def six_cases(stages: Stages, say: Say) -> Plain:
    """Every sample of the newest batch by its ratio and its advantage."""
    names = ("alive_ratio", "alive_advantage", "silent_ratio", "silent_advantage")
    titles = [say("alive: ρ"), "A", say("silent: ρ"), "A"]
    return {
        "name": "six_cases",
        "title": say("Six cases, and who is silent"),
        "short": say("six cases"),
        "subtitle": say("samples of the newest batch after its newest epoch; grey: gradient 0"),
        "plots": "ρ = π(a|s) / π_old(a|s), A",
        "reading": say(
            "Outside the band is not the same as silent. Only the two grey fields take a gradient "
            "away: A > 0 above the band, A < 0 below it. In the other two outer fields it is alive."
        ),
        **pieces.missing(say),
        "data": [
            *(trace for s in stages[:1] for trace in _fields(s, say)),
            *(trace for s in stages for trace in _landed(s, say)),
        ],
        "layout": {
            "xaxis": {
                **_ratios(say, logarithmic=True),
                "range": [-0.45, 0.45],  # log10 of the least and the greatest
            },
            "yaxis": {
                "title": {"text": say("advantage (largest = 1)")},
                "range": [-1.4, 1.4],
                "tickvals": [-1, 0, 1],
                "tickmode": "array",
            },
            "hovermode": "closest",
        },
        "summary": [_cases(s, say) for s in stages],
        "table": pieces.table(stages, titles, names, (3, 3, 3, 3), say),
    }


def inner_ratios(stages: Stages, say: Say) -> Plain:
    """Ratios of the newest batch after each of its epochs."""
    kinds = (("strip_up", "triangle-up"), ("strip_down", "triangle-down"))
    return {
        "name": "inner_ratios",
        "title": say("Ratios after each epoch"),
        "short": say("ratios"),
        "subtitle": say("newest batch; ▲ A > 0, ▼ A < 0, grey ×: gradient 0; green: the band"),
        "plots": "ρ = π(a|s) / π_old(a|s)",
        "reading": say(
            "Before the first epoch all ratios are 1. A sample that has left the band and turned "
            "grey stays out: no gradient of its own brings it back."
        ),
        **pieces.missing(say),
        "data": [
            *(trace for s in stages for trace in _band(s, say)),
            *(
                _dots(s, name, color(s.role, 0.35), mark, i, len(stages))
                for i, s in enumerate(stages)
                for name, mark in kinds
            ),
            *(
                _dots(s, "strip_silent", color("reference", 0.5), "x-open", i, len(stages))
                for i, s in enumerate(stages)
            ),
        ],
        "layout": {
            "xaxis": {"title": {"text": say("epoch (number)")}, "tickformat": "d"},
            "yaxis": _spread(stages, say),
            "hovermode": "closest",
        },
        "summary": [_widest(s, say) for s in stages],
        "table": pieces.table(
            stages,
            [say("epoch"), say("A > 0: ρ"), say("A < 0: ρ"), say("silent: ρ")],
            ("strip_place", "strip_up", "strip_down", "strip_silent"),
            (2, 3, 3, 3),
            say,
        ),
    }


def _spread(stages: Stages, say: Say) -> Plain:
    """An axis that holds all ratios and the band."""
    every = [ref(n, s.alias) for s in stages for n in ("strip_up", "strip_down", "strip_silent")]
    edges = [ref(n, s.alias) for s in stages for n in ("band_low", "band_high")]
    return {
        "title": {"text": say("ratio (ρ)")},
        "autorangeoptions": span(*every, *edges, include=(1.0,), pad=0.05),
    }


def _over_ratio(name: str, words: Plain, unit: str, stages: Stages, say: Say) -> Plain:
    names = tuple(f"{name}_{side}" for side, _ in _SIDES)
    every = [ref(n, s.alias) for s in stages for n in names]
    return {
        "name": name,
        **words,
        "plots": signal(names[0]).formula,
        **pieces.missing(say),
        "data": [
            *(trace for s in stages for trace in _edges(s, [-1.5, 1.5], say)),
            *(
                _line(s, "ratio_grid", f"{name}_{side}", look, f"{s.title}: A = {sign}")
                for s in stages
                for (side, look), sign in zip(_SIDES, ("1", "−1"), strict=True)
            ),
        ],
        "layout": {
            "xaxis": {**_ratios(say, logarithmic=False), "range": [0.0, 2.0]},
            "yaxis": {"title": {"text": unit}, "autorangeoptions": span(*every, pad=0.05)},
        },
        "summary": [
            {
                "text": say(
                    "{title}: for A = 1 the objective is at most {most:.2f}, for A = −1 at most "
                    "{least:.2f}."
                )
                if name == "clip_objective"
                else say("{title}: the slope is {least:.0f}, 0 or {most:.0f}."),
                "slots": {
                    "title": s.title,
                    "most": ref(names[0], s.alias, stat="max"),
                    "least": ref(
                        names[1], s.alias, stat="max" if name == "clip_objective" else "min"
                    ),
                },
            }
            for s in stages
        ],
        "table": pieces.table(
            stages, ["ρ", "A = 1", "A = −1"], ("ratio_grid", *names), (3, 3, 3), say
        ),
    }


def _ratios(say: Say, *, logarithmic: bool) -> Plain:
    axis: Plain = {"title": {"text": say("ratio (ρ)")}}
    if logarithmic:
        axis = {"title": {"text": say("ratio (ρ), logarithmic")}, "type": "log"}
        axis |= {"tickmode": "array", "tickvals": list(_TICKS)}
        axis |= {"ticktext": [f"{tick:g}" for tick in _TICKS]}
    return axis | {"tickformat": ".1f", "hoverformat": ".3f"}


def _line(stage: StageStyle, x: str, y: str, look: str, title: str) -> Plain:
    line = {"color": color(stage.role), "dash": look, "width": size("line")}
    found = pieces.line(stage, x, y, color(stage.role))
    return found | {"name": title, "line": line, "hovertemplate": "%{y:.3f}"}


def _edges(stage: StageStyle, ends: list[float], say: Say) -> list[Plain]:
    """The two edges of the band, upright."""
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": say("edge of the band"),
            "x": [ref(name, stage.alias)] * 2,
            "y": ends,
            "line": {"color": color("truth"), "width": size("thin"), "dash": "dot"},
            "hoverinfo": "skip",
        }
        for name in ("band_low", "band_high")
    ]


def _band(stage: StageStyle, say: Say) -> list[Plain]:
    """The two edges, lying along the epochs."""
    last = ref("inner_epochs", stage.alias, stat="max", shift=0.5)
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": say("edge of the band"),
            "x": [0.5, last],
            "y": [ref(name, stage.alias)] * 2,
            "line": {"color": color("truth"), "width": size("truth")},
            "hovertemplate": "%{y:.3f}",
        }
        for name in ("band_low", "band_high")
    ]


def _fields(stage: StageStyle, say: Say) -> list[Plain]:
    """The six fields: the two silent ones grey, and in each its share of the samples."""
    low, high = (ref(name, stage.alias) for name in ("band_low", "band_high"))
    grey = [
        _field([high, _HIGH, _HIGH, high], [0.0, 0.0, 1.4, 1.4]),
        _field([_LOW, low, low, _LOW], [0.0, 0.0, -1.4, -1.4]),
    ]
    upright = _edges(stage, [-1.4, 1.4], say)
    return [*grey, *upright, *(_words(stage, kind, say) for kind in ("up", "down"))]


def _field(x: list[Leaf], y: list[float]) -> Plain:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "fill": "toself",
        "fillcolor": color("reference", 0.16),
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def _words(stage: StageStyle, side: str, say: Say) -> Plain:
    kinds = {name: f"{side}_{name}" for name in _PLACES}
    forms = {True: say("silent {share:.0f} %"), False: say("alive {share:.0f} %")}
    return {
        "type": "scatter",
        "mode": "text",
        "x": list(_PLACES.values()),
        "y": [1.2 if side == "up" else -1.2] * 3,
        "text": [
            text(forms[kind in _SILENT], share=ref(f"case_{kind}", stage.alias, scale=100.0))
            for kind in kinds.values()
        ],
        "textfont": {"color": text_color("reference"), "size": size("label")},
        "hoverinfo": "skip",
    }


def _landed(stage: StageStyle, say: Say) -> list[Plain]:
    looks = {
        "alive": (say("alive"), color(stage.role, 0.6), "circle"),
        "silent": (say("silent"), color("reference", 0.9), "x-open"),
    }
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": f"{stage.title}: {title}",
            "x": ref(f"{kind}_ratio", stage.alias),
            "y": ref(f"{kind}_advantage", stage.alias),
            "marker": {"color": look, "symbol": symbol, "size": 8},
            "hovertemplate": "ρ %{x:.3f}, %{y:.2f}",
        }
        for kind, (title, look, symbol) in looks.items()
    ]


def _dots(stage: StageStyle, name: str, look: Leaf, symbol: str, place: int, of: int) -> Plain:
    """Ratios over epochs, those of several stages beside each other."""
    aside = (place - (of - 1) / 2) * 0.3
    return {
        "type": "scatter",
        "mode": "markers",
        "name": stage.title,
        "x": ref("strip_place", stage.alias, shift=aside),
        "y": ref(name, stage.alias),
        "marker": {"color": look, "symbol": symbol, "size": 5},
        "hovertemplate": "%{y:.3f}",
    }


def _cases(stage: StageStyle, say: Say) -> Plain:
    form = say(
        "{title}: {above:.0f} % of the samples have A > 0 above the band and {below:.0f} % A < 0 "
        "below it: these are silent."
    )
    slots = {
        "title": stage.title,
        "above": ref("case_up_above", stage.alias, scale=100.0),
        "below": ref("case_down_below", stage.alias, scale=100.0),
    }
    return {"text": form, "slots": slots}


def _widest(stage: StageStyle, say: Say) -> Plain:
    form = say("{title}: ratios from {least:.3f} to {most:.3f}.")
    slots = {
        "title": stage.title,
        "least": ref("inner_ratio", stage.alias, stat="min"),
        "most": ref("inner_ratio", stage.alias, stat="max"),
    }
    return {"text": form, "slots": slots}
