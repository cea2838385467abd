"""Where updates pull: the mean target of every state, and where gradients come to rest."""

from __future__ import annotations

import numpy as np

from rlviz.derived.prediction import chain_of
from rlviz.derived.view import Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact.prediction import (
    lambda_moments,
    least_squared_td_error,
    n_step_moments,
    squared_td_error,
)
from rlviz.signals.prediction import PLACES

_NO_PULL = 1e-6  # as far as a picture can tell
NO_TARGET = "This method does not say how far its targets reach."
NOT_A_ROW = (
    "This picture adds up what is behind and what is ahead, along a row of at most 8 places of "
    "which each leads to the next, and without a discount."
)


def _reach(view: View) -> int | None:
    """Rewards in a target, None where it goes on to the end of the episode."""
    if "target_error" in view.latest:  # a target that is built before it is compared
        return int(view.setting("n")) if "n" in vars(view.config) else None
    if "v_next" in view.latest:
        return 1
    raise NoFiniteTruth(NO_TARGET)


def expected_target(view: View) -> Array:
    """E[U] from every state for the V of now, NaN where nothing is updated."""
    v, gamma, reach = view.first("v"), view.setting("gamma"), _reach(view)
    if "lambda_" in vars(view.config):
        target = lambda_moments(chain_of(view), v, gamma, view.setting("lambda_")).mean
    elif reach is None:
        target = view.aim().v
    else:
        target = n_step_moments(chain_of(view), v, gamma, reach).mean[-1]
    return np.where(view.truth.world.terminal, np.nan, target)


def elapsed(view: View) -> Array:
    """What lies between the start and each state of a row of places."""
    world, n = view.truth.world, view.truth.world.n_states
    row = np.minimum(np.arange(n) + 1, n - 1)
    off = n > PLACES or (world.next_state != row[:, None, None]).any()
    if off or view.setting("gamma") != 1:
        raise NoFiniteTruth(NOT_A_ROW)
    gone: Array = view.aim().v[0] - view.aim().v
    return gone


def predicted_total(view: View) -> Array:
    """What is behind and what is thought to be ahead."""
    total: Array = elapsed(view) + view.first("v")
    return total


def _arrows(view: View, *, across: bool, totals: bool) -> Array:
    """For each place two ends and a gap: up to its target, or across to where that is read off."""
    gone, end = elapsed(view), view.truth.world.n_states - 1
    target, total = gone + expected_target(view), predicted_total(view)
    reach = _reach(view) or end
    out = np.full(3 * PLACES, np.nan)
    for s in np.flatnonzero(np.abs(target - total) > _NO_PULL):
        if across:
            ends = (target[s], target[s]) if totals else (s, min(s + reach, end))
        else:
            ends = (total[s], target[s]) if totals else (s, s)
        out[3 * s : 3 * s + 2] = ends
    return out


def resting_value(view: View) -> Array:
    """Where the gradient rests: semi at the exact values, full at the least E[δ²]."""
    kind = vars(view.config).get("gradient")
    if kind is None:
        raise NoFiniteTruth(NO_TARGET)
    if kind == "semi":
        return view.aim().v
    world = view.truth.world
    rest = least_squared_td_error(chain_of(view), world.start, view.setting("gamma"))
    return np.where(world.terminal, 0.0, rest)


def _squared(view: View, v: Array) -> Array:
    start = view.truth.world.start
    return np.array(squared_td_error(chain_of(view), start, v, view.setting("gamma")))


_UPDATED = ("v", "td_error|target_error")
DERIVED: Table = {
    "expected_target": (_UPDATED, expected_target),
    "elapsed": (("v",), elapsed),
    "predicted_total": (("v",), predicted_total),
    "actual_total": (("v",), lambda view: elapsed(view) + view.aim().v),
    "place_number": (("v",), lambda view: np.arange(float(view.truth.world.n_states))),
    "pull_places": (_UPDATED, lambda view: _arrows(view, across=False, totals=False)),
    "pull_totals": (_UPDATED, lambda view: _arrows(view, across=False, totals=True)),
    "source_places": (_UPDATED, lambda view: _arrows(view, across=True, totals=False)),
    "source_totals": (_UPDATED, lambda view: _arrows(view, across=True, totals=True)),
    "resting_value": (("v",), resting_value),
    "squared_error_now": (("v",), lambda view: _squared(view, view.first("v"))),
    "squared_error_truth": (("v",), lambda view: _squared(view, view.aim().v)),
}
