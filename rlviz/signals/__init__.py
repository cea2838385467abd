"""The one vocabulary: every signal that algorithms yield and figures ask for.

Algorithms name signals, figures ask for them, and neither imports the other. A kind says what
becomes of a value:

    event     NaN-masked [B], one for each beat: becomes a curve (episode returns)
    trace     [B] or a number, one for each beat: becomes a curve (TD errors)
    snapshot  only the newest value matters; replica 0 is what is sent (tables, the current pair)
    static    sent once for a world (walls, the shape of the map)
    derived   made from others on the worker side, when somebody watches; with `curve` on a fixed
              grid of iterations, watched or not

A signal with `tail` also keeps its last values of replica 0, so that a trail can be drawn. The
declarations stand in the modules of this package, by subject.
"""

from __future__ import annotations

import importlib
import pkgutil

from rlviz.errors import UnknownName
from rlviz.signals.declaration import CURVE_COLUMNS, TAIL, Beat, Kind, Signal, beat


def _declared() -> dict[str, Signal]:
    """Every declaration of this package's modules; a name stands in one of them only."""
    found: dict[str, Signal] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda i: i.name):
        declared = vars(importlib.import_module(f"{__name__}.{info.name}")).get("SIGNALS", {})
        if twice := found.keys() & declared.keys():
            raise LookupError(f"Declared twice: {', '.join(sorted(twice))}.")
        found |= declared
    return found


SIGNALS = _declared()


def signal(name: str) -> Signal:
    """The declaration of `name`; raises UnknownName with the nearest one."""
    try:
        return SIGNALS[name]
    except KeyError:
        raise UnknownName("signal", name, SIGNALS) from None


__all__ = ["CURVE_COLUMNS", "SIGNALS", "TAIL", "Beat", "Kind", "Signal", "beat", "signal"]
