"""Soft value iteration: the exact values, plain value iteration, and what has no end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rlviz import derived
from rlviz.exact import soft
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec


def swept(world: str, sweeps: int, *, algorithm: str = "soft_value_iteration", **config: Any):
    """A run after so many sweeps."""
    made = Run(RunSpec(algorithm, world, config, replicas=3))
    while made.iteration < sweeps:
        made.pull()
    return made


@pytest.mark.parametrize("sweep", ["synchronous", "in_place"])
def test_it_comes_to_the_exact_values_and_their_softmax(sweep: str) -> None:
    made = swept("frozen_lake_4x4", 120, entropy_bonus=0.05, gamma=0.9, sweep=sweep)
    best = soft.soft_solution(made.truth.world, 0.9, 0.05)
    alive = ~made.truth.world.terminal

    np.testing.assert_allclose(made.state.v[0], best.v, atol=1e-4)
    np.testing.assert_allclose(made.state.policy[0][alive], best.policy[alive], atol=1e-3)
    assert derived.derive("truth_distance", made.view()) == pytest.approx([0] * 3, abs=1e-4)


@pytest.mark.parametrize("bonus", [0.0, -0.7])
def test_without_a_bonus_or_with_the_wrong_sign_it_is_value_iteration(bonus: float) -> None:
    made = swept("room", 15, entropy_bonus=bonus, gamma=0.9)
    plain = swept("room", 15, algorithm="value_iteration", gamma=0.9)

    torch.testing.assert_close(made.state.v, plain.state.v, rtol=0, atol=1e-12)
    if bonus < 0:
        assert made.state.policy[:, ~made.tables.terminal].amax(-1).eq(1).sum() > 0


def test_a_bonus_for_each_replica_equals_each_alone() -> None:
    together = swept("room", 8, entropy_bonus=(0.1, 0.0, 1.0))
    for b, bonus in enumerate((0.1, 0.0, 1.0)):
        alone = swept("room", 8, entropy_bonus=bonus)
        torch.testing.assert_close(together.state.v[b], alone.state.v[0], rtol=0, atol=1e-12)


def test_where_wandering_pays_for_ever_the_truth_is_a_sentence() -> None:
    made = swept("room", 3, entropy_bonus=2.0, gamma=1.0)

    assert "wander for ever" in str(derived.derive("truth_distance", made.view()))
