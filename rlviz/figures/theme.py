"""Every colour, font and size of the pictures: light and dark, each also for a projector.

Colours have roles, and one role means one thing on every page. Series are Okabe and Ito's
colour-blind-safe hues, in dark themes lighter shades of the same; `text` is a shade of the hue
with which small letters can be read.
"""

from __future__ import annotations

from rlviz.errors import BadValue, UnknownName
from rlviz.figures.references import Plain

THEMES = ("light", "dark", "projector", "projector-dark")
FONT = (
    '"Source Sans", "Source Sans 3", "Noto Sans", "Noto Sans CJK SC", "PingFang SC", '
    '"Microsoft YaHei", system-ui, sans-serif'
)

_LIGHT = {
    "bg": "#ffffff",
    "panel": "#ffffff",
    "line": "#e3e6eb",
    "ink": "#1b2430",
    "soft": "#5d6878",
    "accent": "#0072b2",
    "reference": "#6b7583",
    "old": "#9fb8cc",
    "truth": "#009e73",
    "truth_text": "#00795a",
    "reward": "#e69f00",
    "reward_text": "#8a5f00",
    "neg": "#b2182b",
    "zero": "#f7f7f7",
    "pos": "#2166ac",
    "wall": "#3b4452",
    "cliff": "#5a4636",
    "goal": "#009e73",
    "start": "#9fb8cc",
}
_DARK = {
    "bg": "#11151b",
    "panel": "#181e27",
    "line": "#2f3845",
    "ink": "#e8edf3",
    "soft": "#a3afbd",
    "accent": "#56b4e9",
    "reference": "#8d99a8",
    "old": "#5d7587",
    "truth": "#2cc39a",
    "truth_text": "#2cc39a",
    "reward": "#f0c04f",
    "reward_text": "#f0c04f",
    "neg": "#e0565b",
    "zero": "#262d38",
    "pos": "#5aa2e0",
    "wall": "#6b7788",
    "cliff": "#6d5847",
    "goal": "#1d8f70",
    "start": "#5d7587",
}

# Eight hues that series wear, each with a shade for letters: Okabe and Ito's first, then what lies
# between them. The first two are Q-learning and SARSA.
_HUES = {
    "light": (
        ("#0072b2", "#00629a"),
        ("#d55e00", "#a84a00"),
        ("#a8437f", "#943a70"),
        ("#5b5ea6", "#4c4f92"),
        ("#7d7400", "#6a6200"),
        ("#1d7f8c", "#14707c"),
        ("#99523f", "#864534"),
        ("#3f4650", "#3f4650"),
    ),
    "dark": (
        ("#56b4e9", "#56b4e9"),
        ("#e9824a", "#f09561"),
        ("#d98bb5", "#d98bb5"),
        ("#a5a8e6", "#a5a8e6"),
        ("#c3bd5a", "#c3bd5a"),
        ("#5cc7d4", "#5cc7d4"),
        ("#cf9c8b", "#cf9c8b"),
        ("#d5dbe3", "#d5dbe3"),
    ),
}
# The hue of each member of a family; its dash and marker are those of its place.
_FAMILIES = {
    "td": (0, 1, 2, 3, 4, 5, 6, 7),
    "dp": (3, 5, 6, 4, 0, 1, 2, 7),
    "mc": (6, 4, 2, 7, 5, 0, 1, 3),
    "prediction": (0, 1, 2, 5, 4, 3, 6, 7),
    "bandit": (0, 1, 2, 4, 5, 3, 6, 7),
    "episodes": (0, 1, 2, 5, 4, 3, 6, 7),
}
# Plotly's names, and two patterns of its own kind: drawn, left out, drawn, ... in pixels.
_DASHES = (
    "solid",
    "dash",
    "dot",
    "dashdot",
    "longdash",
    "longdashdot",
    "2px 6px",
    "12px 3px 2px 3px 2px 3px",
)
_MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "triangle-down", "star")

# A run from which another was forked: its member's hue nearer to the ground, dashed.
_PARENT_DASH = "5px 4px"
_PARENT_SHADE = 0.45

# Pixels, and the share of the colour that a band and a raw curve keep.
_DESK = {
    "font": 11,
    "label": 11.5,
    "mark": 11,
    "thin": 1,
    "line": 2,
    "truth": 1.75,
    "margin": {"l": 54, "r": 10, "t": 17, "b": 33},
}
_PROJECTOR = {
    "font": 15,
    "label": 16,
    "mark": 13.5,
    "thin": 1.5,
    "line": 3.5,
    "truth": 3,
    "margin": {"l": 72, "r": 12, "t": 22, "b": 43},
}


def palette(name: str) -> Plain:
    """The colours of a theme by role, and `series[family][member]` with colour, dash and marker."""
    if name not in THEMES:
        raise UnknownName("theme", name, THEMES)
    base = "dark" if name.endswith("dark") else "light"
    series = {
        family: [
            {"color": hue, "text": text, "dash": mark_dash, "marker": marker}
            for (hue, text), mark_dash, marker in zip(
                (_HUES[base][place] for place in places), _DASHES, _MARKERS, strict=True
            )
        ]
        for family, places in _FAMILIES.items()
    }
    return {"name": name, **(_DARK if base == "dark" else _LIGHT), "series": series}


def theme(name: str) -> Plain:
    """Palette, sizes and the Plotly template: all that a figure asks of its surroundings."""
    colors = palette(name)
    size = _PROJECTOR if name.startswith("projector") else _DESK
    return {**colors, "size": size, "template": template(colors, size)}


def template(colors: Plain, size: Plain) -> Plain:
    """What all figures look like, as a plain Plotly template; it is passed in, never registered."""
    axis = {
        "automargin": False,
        "color": colors["soft"],
        "gridcolor": colors["line"],
        "linecolor": colors["line"],
        "zerolinecolor": colors["reference"],
        "zeroline": False,
        "ticks": "",
        "separatethousands": True,
        "title": {"font": {"size": size["font"], "color": colors["soft"]}, "standoff": 4},
    }
    layout = {
        "autosize": True,
        "paper_bgcolor": colors["panel"],
        "plot_bgcolor": colors["panel"],
        "font": {"family": FONT, "size": size["font"], "color": colors["ink"]},
        "showlegend": False,
        "hovermode": "x unified",
        "hoverlabel": {
            "bgcolor": colors["panel"],
            "bordercolor": colors["line"],
            "font": {"family": FONT, "size": size["font"], "color": colors["ink"]},
            "namelength": -1,
        },
        "xaxis": {
            **axis,
            "showgrid": False,
            "showline": True,
            "nticks": 6,
            "hoverformat": ",d",
            "tickformat": "~s",
        },
        "yaxis": {**axis, "nticks": 6},
        "colorscale": {
            "diverging": [[0, colors["neg"]], [0.5, colors["zero"]], [1, colors["pos"]]],
        },
    }
    return {"layout": layout, "data": {}}


def look(role: str, colors: Plain) -> Plain:
    """Colour and shade for letters of a role; of "series:FAMILY:MEMBER" dash and marker too.

    "series:FAMILY:MEMBER:parent" is the run from which that one was forked.
    """
    kind, *rest = role.split(":")
    if kind == "series":
        family, member, *parent = rest
        members = colors["series"].get(family, colors["series"]["td"])
        own = dict(members[int(member) % len(members)])
        lighter = {"color": _mixed(own["color"], colors["panel"]), "dash": _PARENT_DASH}
        return own | lighter if parent else own
    if role not in colors:
        raise UnknownName("role of a colour", role, colors)
    return {"color": colors[role], "text": colors.get(f"{role}_text", colors[role])}


def _mixed(color: str, ground: str) -> str:
    pairs = [(int(color[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{int(a + (b - a) * _PARENT_SHADE + 0.5):02x}" for a, b in pairs)


def shade(color: str, alpha: float) -> str:
    """A hex colour that lets the ground through."""
    if len(color) != 7:
        raise BadValue(f"`#rrggbb` must hold, but got {color=}.")
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
