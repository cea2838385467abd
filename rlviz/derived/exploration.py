"""The arms of a bandit, as a picture shows them."""

from __future__ import annotations

import numpy as np

from rlviz.derived.view import Array, Table, View
from rlviz.exact import bandits


def arm_index(view: View) -> Array:
    """Numbers from 1, as the arms are called."""
    return np.arange(1.0, view.truth.world.n_actions + 1)


def arm_values(view: View) -> Array:
    """Estimates of replica 0 in the only state."""
    row: Array = view.first("q")[0]
    return row


def arm_truth(view: View) -> Array:
    """The exact means beside them."""
    row: Array = bandits.arm_means(view.truth.world)[0]
    return row


def arm_counts(view: View) -> Array:
    """How often replica 0 pulled each."""
    row: Array = view.first("arm_pulls")[0]
    return row


_PULLED = ("arm_pulls",)
DERIVED: Table = {
    "q_arms": (_PULLED, lambda view: bandits.arm_means(view.truth.world)),
    "arm_index": (_PULLED, arm_index),
    "arm_values": (("q", "arm_pulls"), arm_values),
    "arm_truth": (_PULLED, arm_truth),
    "arm_counts": (_PULLED, arm_counts),
}
