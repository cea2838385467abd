"""Estimates as random numbers: what many replicas have come to, beside the exact answer."""

from __future__ import annotations

import numpy as np

from rlviz.derived.prediction import chain_of
from rlviz.derived.view import Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact.prediction import lambda_moments
from rlviz.signals.prediction import BINS

_WIDTH = 1.5  # spreads of a single return on each side that the histogram shows
NO_MEAN = (
    "With a constant step size the estimate is not the plain mean of its returns, so its spread "
    "is not σ/√N; and the first guess stays in it, less and less."
)
NO_RETURNS = "No episode has ended yet, so there is no estimate."


def _everywhere(view: View) -> Array:
    """V of every replica, [B, S]."""
    values: Array = view.latest["v"].cpu().numpy().astype(np.float64)
    return values


def _starts(view: View) -> Array:
    """Each replica's estimate of where episodes begin, [B]."""
    start = view.truth.world.start
    met = start > 0
    estimates: Array = _everywhere(view)[:, met] @ start[met]
    return estimates


def expected(view: View) -> float:
    """E[G] from the start."""
    start = view.truth.world.start
    met = start > 0
    return float(start[met] @ view.aim().v[met])


def return_spread(view: View) -> float:
    """Standard deviation of one return from the start, over starts too."""
    made, gamma, start = chain_of(view), view.setting("gamma"), view.truth.world.start
    moments = lambda_moments(made, np.zeros(len(start)), gamma, 1.0)
    met = start > 0
    square = float(start[met] @ (moments.variance[met] + moments.mean[met] ** 2))
    return float(np.sqrt(max(square - expected(view) ** 2, 0.0)))


def _counted(view: View) -> Array:
    """Returns in each replica's estimate of the start, [B]; a sentence where it is no mean."""
    if vars(view.config).get("averaging") != "mean":
        raise NoFiniteTruth(NO_MEAN)
    counted = view.latest["returns_counted"].cpu().numpy()[:, view.truth.world.start > 0].sum(1)
    if not counted.all():
        raise NoFiniteTruth(NO_RETURNS)
    return np.asarray(counted, dtype=np.float64)


def estimate_spread(view: View) -> Array:
    """σ/√N, exact for first visits and one start; N may differ between replicas."""
    return np.array(return_spread(view) * np.sqrt((1 / _counted(view)).mean()))


def _edges(view: View) -> Array:
    """Bins that stay where they are while the estimates draw together."""
    middle, reach = expected(view), _WIDTH * return_spread(view)
    return np.linspace(middle - (reach or 1.0), middle + (reach or 1.0), BINS + 1)


def estimate_shares(view: View) -> Array:
    """What share of the replicas lies in each bin; those outside stand in the outermost."""
    edges, found = _edges(view), _starts(view)
    inside = np.clip(found, (edges[0] + edges[1]) / 2, (edges[-2] + edges[-1]) / 2)
    return np.histogram(inside, edges)[0] / len(found)


def estimate_levels(view: View) -> Array:
    """The middle of each bin."""
    edges = _edges(view)
    levels: Array = (edges[1:] + edges[:-1]) / 2
    return levels


_ENDED = ("v", "returns_counted")
DERIVED: Table = {
    "value_mean": (("v",), lambda view: _everywhere(view).mean(0)),
    "value_spread": (("v",), lambda view: _everywhere(view).std(0)),
    "estimate_levels": (_ENDED, estimate_levels),
    "estimate_shares": (_ENDED, estimate_shares),
    "estimate_mean": (_ENDED, lambda view: np.array(_starts(view).mean())),
    "estimate_one": (_ENDED, lambda view: np.array(_starts(view)[0])),
    "estimate_expected": (_ENDED, lambda view: np.array(expected(view))),
    "estimate_spread": (_ENDED, estimate_spread),
    "estimate_samples": (_ENDED, lambda view: np.array(_counted(view).mean())),
    "return_spread": (_ENDED, lambda view: np.array(return_spread(view))),
}
