"""Exact moments of importance sampling, and its samples as dots and bars."""

from __future__ import annotations

import numpy as np

from rlviz.derived.view import Array, Table, View
from rlviz.exact import importance, weighted_means
from rlviz.exact.weighted_means import WeightedMean
from rlviz.signals.importance import LENGTHS

_AREA, _LEAST, _LARGEST = 9.0, 1.5, 60.0  # pixels across: of a weight of 1, and the ends
_MOST = 1e30  # a variance beyond this has no place in a picture


def proportions(view: View, who: str, replica: int = 0) -> Array:
    """μ or π of a replica, [3], as the algorithm makes them of its knobs."""
    given = [view.setting(f"{who}_{i}", replica) for i in (1, 2, 3)]
    return weighted_means.proportions(np.array(given))


def exact(view: View) -> WeightedMean:
    """Where the estimate of replica 0 comes to rest, and its σ."""
    world = view.truth.world
    noise = np.zeros(3) if world.reward_sd is None else world.reward_sd[0]
    of = weighted_means.weighted if _is_weighted(view) else weighted_means.ordinary
    mu, pi = proportions(view, "behaviour"), proportions(view, "target")
    return of(mu, pi, world.reward[0, :, 0], noise, _length(view))


def target_value(view: View) -> Array:
    """Σ π r: a mean over tokens does not depend on how many there are."""
    return np.array(proportions(view, "target") @ view.truth.world.reward[0, :, 0])


def edge(view: View, side: int) -> Array:
    """Limit ± σ/√n of as many samples as there are."""
    limit, sigma = exact(view)
    return np.array(limit + side * sigma / np.sqrt(view.first("drawn_totals")[0]))


def ratio_moments(view: View, length: int) -> importance.RatioMoments:
    """Of ρ for sequences of that length."""
    return importance.sequence_ratio(
        proportions(view, "behaviour"), proportions(view, "target"), length
    )


def ratio_variances(view: View) -> Array:
    """Var ρ for T = 1 to 100; a gap where it is beyond all pictures, or 0 on a logarithmic axis."""
    found = np.array([ratio_moments(view, n + 1).variance for n in range(LENGTHS)])
    return np.where((found > 0) & (found < _MOST), found, np.nan)


def measured_ratio_variance(view: View) -> Array:
    """Σ ρ²/n − (Σ ρ/n)² of all that replica 0 drew; a gap where it is 0."""
    count, weight, square, _ = view.first("drawn_totals")
    variance = float(square / count - (weight / count) ** 2)
    return np.array(variance if variance > 1e-12 else np.nan)


def token_ratios(view: View) -> Array:
    """π/μ where the behaviour draws a token at all."""
    mu, pi = proportions(view, "behaviour"), proportions(view, "target")
    ratios: Array = np.divide(pi, mu, out=np.full(3, np.nan), where=mu > 0)
    return ratios


def parted_shares(view: View, *, missing: bool) -> Array:
    """π where μ never draws what π does, or everywhere else; a gap at the others."""
    mu, pi = proportions(view, "behaviour"), proportions(view, "target")
    return np.where(((mu == 0) & (pi > 0)) == missing, pi, np.nan)


def dot_sizes(view: View) -> Array:
    """Pixels across: √ρ, so that the area says the weight."""
    return np.clip(_AREA * np.sqrt(view.first("sample_weights")), _LEAST, _LARGEST)


def _is_weighted(view: View) -> bool:
    return str(vars(view.config)["estimator"]) == "weighted"


def _length(view: View) -> int:
    return int(view.setting("sequence_length"))


def _places(view: View) -> Array:
    return np.arange(1.0, len(view.first("sample_weights")) + 1)


_DRAWN = ("importance_estimate",)
DERIVED: Table = {
    "v_target": (_DRAWN, lambda view: view.aim().v),
    "target_value": (_DRAWN, target_value),
    "importance_limit": (_DRAWN, lambda view: np.array(exact(view).limit)),
    "standard_error_above": (_DRAWN, lambda view: edge(view, 1)),
    "standard_error_below": (_DRAWN, lambda view: edge(view, -1)),
    "samples_worth_exact": (
        _DRAWN,
        lambda view: np.array(ratio_moments(view, _length(view)).ess_fraction),
    ),
    "weighted_deviation": (_DRAWN, lambda view: np.array(exact(view).deviation)),
    "ratio_lengths": (_DRAWN, lambda view: np.arange(1.0, LENGTHS + 1)),  # noqa: ARG005
    "ratio_variances": (_DRAWN, ratio_variances),
    "ratio_variance": (
        _DRAWN,
        lambda view: np.array(ratio_moments(view, _length(view)).variance),
    ),
    "measured_ratio_variance": (_DRAWN, measured_ratio_variance),
    "token_index": (_DRAWN, lambda view: np.arange(1.0, 4.0)),  # noqa: ARG005
    "behaviour_shares": (_DRAWN, lambda view: proportions(view, "behaviour")),
    "target_shares": (_DRAWN, lambda view: proportions(view, "target")),
    "reached_shares": (_DRAWN, lambda view: parted_shares(view, missing=False)),
    "missing_shares": (_DRAWN, lambda view: parted_shares(view, missing=True)),
    "token_ratios": (_DRAWN, token_ratios),
    "dot_places": (_DRAWN, _places),
    "dot_values": (_DRAWN, lambda view: view.first("sample_values")),
    "dot_weights": (_DRAWN, lambda view: view.first("sample_weights")),
    "dot_sizes": (_DRAWN, dot_sizes),
    "unweighted_mean": (_DRAWN, lambda view: np.array(view.first("sample_values").mean())),
}
