"""Derived signals: made from others on the worker side, when somebody watches.

Each is a function of a `View`: the newest values, the config of now, and the world's exact truth.
What has an exact value that does not exist raises NoFiniteTruth, and the page shows the sentence.
The functions stand in the modules of this package, by subject, each with its table DERIVED.
"""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np

from rlviz.derived.view import TRUTH_SHARE, Array, Table, Truth, View
from rlviz.errors import RlvizError


def _found() -> Table:
    table: Table = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda i: i.name):
        table |= vars(importlib.import_module(f"{__name__}.{info.name}")).get("DERIVED", {})
    return table


DERIVED = _found()


def derive(name: str, view: View) -> Array | str | None:
    """The value; the sentence that says why there is none; None where it only has to wait."""
    needs, function = DERIVED[name]
    if not all(any(one in view.latest for one in need.split("|")) for need in needs):
        return None
    try:
        with np.errstate(all="ignore"):  # that a run diverges is told by the run, not by a warning
            return function(view)
    except RlvizError as reason:
        return str(reason)


__all__ = ["DERIVED", "TRUTH_SHARE", "Array", "Truth", "View", "derive"]
