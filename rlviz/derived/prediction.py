"""How good the targets of prediction are: exact bias and variance for the V of now."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from rlviz.derived.view import Array, Table, View
from rlviz.exact.policies import followed
from rlviz.exact.prediction import Chain, chain, lambda_moments, n_step_moments
from rlviz.signals.prediction import DECAYS, STEPS
from rlviz.worlds.tabular import TabularWorld


def n_step_errors(view: View) -> Array:
    """Bias², variance and mean squared error from the start, [3, 32]."""
    moments = n_step_moments(chain_of(view), view.first("v"), view.setting("gamma"), STEPS)
    return _errors(view, moments.mean, moments.variance)


def lambda_errors(view: View) -> Array:
    """The same of λ-returns, [3, 21]."""
    made, v, gamma = chain_of(view), view.first("v"), view.setting("gamma")
    each = [lambda_moments(made, v, gamma, decay) for decay in np.linspace(0, 1, DECAYS)]
    return _errors(view, *(np.stack(which) for which in zip(*each, strict=True)))


def chain_of(view: View) -> Chain:
    """The world under the policy that is evaluated."""
    return _chain(view.truth.world, view.setting("gamma"), view.setting("random_share"))


def _errors(view: View, mean: Array, variance: Array) -> Array:
    start = view.truth.world.start
    here = start > 0  # a state without a finite value may not spoil the sum
    bias = ((mean[:, here] - view.aim().v[here]) ** 2) @ start[here]
    spread = variance[:, here] @ start[here]
    return np.stack([bias, spread, bias + spread])


@lru_cache(maxsize=16)
def _chain(world: TabularWorld, gamma: float, share: float) -> Chain:
    return chain(world, followed(world, gamma, share))


def _row(errors: Callable[[View], Array], row: int) -> Callable[[View], Array]:
    return lambda view: np.asarray(errors(view)[row])


DERIVED: Table = {
    f"{name}_{what}": (("v",), _row(errors, row))
    for name, errors in (("n_step", n_step_errors), ("lambda", lambda_errors))
    for row, what in enumerate(("bias", "variance", "mse"))
}
