"""The leaves that a figure may hold in place of a number, a text or a colour: one closed list.

    {"$ref": signal, "run": alias, ...}    what a run measured, through transforms, in this order:
        now                 the newest value of replica 0 instead of the curve
        smooth              bins merged over a window of so many, weighted by their counts
        column | band       one row | mean ± sd: an edge, or the x or y of its closed outline
        scale, shift        times a number, plus a number (a level, so none for sd)
        stat | quantile | symmetric_range      one number, or [-m, m], of the finite values
        default             instead of a missing value
    {"$iteration": alias}                  how far a run is
    {"$text": template, "slots": {...}}    words with numbers of a fixed number of digits
    {"$range": [leaves], ...}              an axis that spans them
    {"$color": role}  {"$dash": role}  {"$symbol": role}  {"$size": name}      looks, by the theme

`resolve` and `ui/assets/resolve.js` know these and nothing else.
"""

from __future__ import annotations

from typing import Any, Literal

from rlviz.signals import signal

Leaf = Any  # JSON in which any part may be one of the objects above
Plain = dict[str, Any]  # a JSON object

Column = Literal["at", "n", "mean", "sd", "min", "max", "replica_0"]
Band = Literal["upper", "lower", "x", "y"]
Stat = Literal["min", "max", "mean", "last", "first", "sum"]


def ref(
    name: str,
    run: str,
    *,
    column: Column | None = None,
    smooth: int | None = None,
    band: Band | None = None,
    now: bool | None = None,
    scale: float | None = None,
    shift: float | None = None,
    stat: Stat | None = None,
    quantile: float | None = None,
    symmetric_range: bool | None = None,
    default: Leaf = None,
) -> Plain:
    """What `run` measured under that name; raises UnknownName where no signal is called so."""
    signal(name)
    transforms = {
        "now": now,
        "smooth": smooth,
        "column": column,
        "band": band,
        "scale": scale,
        "shift": shift,
        "stat": stat,
        "quantile": quantile,
        "symmetric_range": symmetric_range,
        "default": default,
    }
    return {"$ref": name, "run": run, **{k: v for k, v in transforms.items() if v is not None}}


def iteration(run: str) -> Plain:
    """The iteration at which that run's newest frame was made."""
    return {"$iteration": run}


def text(template: str, **slots: Leaf) -> Plain:
    """Words with slots `{name:.1f}`, `{name:,d}` or, for a text, `{name}`."""
    return {"$text": template, "slots": slots}


def span(
    *leaves: Leaf,
    pad: float = 0.0,
    include: tuple[float, ...] = (),
    exact: bool = False,
    log: bool = False,
) -> Plain:
    """Plotly's `autorangeoptions` from the least to the greatest; ends are round unless `exact`."""
    options = {"pad": pad, "include": list(include), "exact": exact, "log": log}
    return {"$range": list(leaves), **{k: v for k, v in options.items() if v}}


def color(role: str, alpha: float | None = None) -> Plain:
    """The colour of a role ("truth") or of a family's member ("series:td:0")."""
    return {"$color": role} if alpha is None else {"$color": role, "alpha": alpha}


def text_color(role: str) -> Plain:
    """The same hue, strong enough for small letters."""
    return {"$color": role, "text": True}


def dash(role: str) -> Plain:
    """A member's dash, so that lines are told apart without colour."""
    return {"$dash": role}


def size(name: str) -> Plain:
    """Pixels by the theme: a projector's lines and letters are larger."""
    return {"$size": name}


def needs(figure: Plain) -> dict[str, list[str]]:
    """The signals that each stage must send for this figure, sorted."""
    found: dict[str, set[str]] = {alias: set() for alias in figure.get("marks", ())}
    _collect(figure, found)
    return {alias: sorted(found[alias]) for alias in sorted(found)}


def _collect(value: Leaf, found: dict[str, set[str]]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, found)
    elif isinstance(value, dict):
        if "$ref" in value:
            found.setdefault(value["run"], set()).add(value["$ref"])
        else:
            for item in value.values():
                _collect(item, found)
