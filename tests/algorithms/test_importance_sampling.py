"""Importance sampling: the same estimates by a loop, exact limits, and knobs that are turned."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from rlviz.algorithms.importance_sampling import shares
from rlviz.exact import weighted_means
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec, Set
from tests.public import PUBLIC

MU, PI, REWARD = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.4, 0.2]), np.array([1.0, 2.0, 4.0])


def run(iterations: int, *, replicas: int = 4, seed: int = 1, noise: float = 0.0, **config: Any):
    """A run that has done so many batches."""
    world = {"reward_noise": noise} if noise else {}
    spec = RunSpec(
        "importance_sampling", "three_tokens", config, world, seed=seed, replicas=replicas
    )
    made = Run(spec)
    while made.iteration < iterations:
        made.pull()
    return made


@pytest.mark.parametrize("estimator", ["ordinary", "weighted"])
def test_the_estimate_equals_a_loop_over_sequences(estimator: str) -> None:
    made = run(0, replicas=1, sequence_length=3, samples=8, estimator=estimator)
    total = weight = count = 0.0
    for _ in range(5):
        tokens = None
        while not made.pull():
            if made.recorder.beat_name == "weigh":
                tokens = made.recorder.latest["sequence_tokens"][0].to(torch.int64) - 1
                rho = math.prod(PI[x] / MU[x] for x in tokens.tolist())
                latest = made.recorder.latest
                assert latest["sequence_ratio"].item() == pytest.approx(rho)
                assert latest["sequence_value"].item() == pytest.approx(REWARD[tokens].mean())
                for w, x in zip(
                    latest["sample_weights"][0], latest["sample_values"][0], strict=True
                ):
                    total, weight, count = total + w * x, weight + w, count + 1
        assert tokens is not None

    expected = total / (weight if estimator == "weighted" else count)
    assert made.state.v.item() == pytest.approx(float(expected))
    assert int(made.state.env_steps) == 5 * 3 * 8


@pytest.mark.parametrize("horizon", ["1", "4"])
def test_the_weights_have_the_moments_of_the_public_case(horizon: str) -> None:
    made, case = run(200, replicas=32, samples=64, sequence_length=int(horizon)), PUBLIC["P30"]
    stats = case["stats"][horizon]
    count, first, second, _ = made.state.totals.sum(1).tolist()  # of 409,600 sequences

    # Four standard errors of the mean; the second moment has more.
    error = 4 * math.sqrt(stats["var"] / count)
    assert abs(first / count - stats["mean"]) < error
    assert second / count - 1 == pytest.approx(stats["var"], rel=0.02)
    assert first**2 / second / count == pytest.approx(stats["ess_frac"], rel=5e-3)


@pytest.mark.parametrize("estimator", ["ordinary", "weighted"])
@pytest.mark.parametrize("gap", [False, True])
def test_estimates_scatter_by_sigma_about_their_exact_limit(estimator: str, gap: bool) -> None:
    mu = np.array([0.5, 0.3, 0.0 if gap else 0.2])
    made = run(
        100, replicas=64, sequence_length=2, estimator=estimator, noise=0.5, behaviour_3=mu[2]
    )
    moments = getattr(weighted_means, estimator)
    limit, sigma = moments(mu / mu.sum(), PI, REWARD, np.full(3, 0.5), 2)
    estimates = made.state.v[:, 0].numpy()

    assert abs(estimates.mean() - limit) < 4 * sigma / math.sqrt(64 * 3200)
    assert estimates.std() == pytest.approx(sigma / math.sqrt(3200), rel=0.35)


def test_a_token_without_a_share_is_never_drawn() -> None:
    made = run(50, behaviour_1=0.0, behaviour_3=0.0, samples=256)

    assert made.recorder.latest["sequence_tokens"].eq(2).all()
    assert made.recorder.latest["support_gap"].tolist() == pytest.approx([0.6] * 4)
    assert made.recorder.latest["sample_weights"].unique().tolist() == pytest.approx([0.4])


def test_policies_with_nothing_in_common_estimate_nothing() -> None:
    only = {"behaviour_2": 0.0, "behaviour_3": 0.0, "target_1": 0.0}
    made = run(3, **only, estimator="weighted")

    assert made.state.v.tolist() == [[0.0]] * 4
    assert made.recorder.latest["samples_worth"].tolist() == [0.0] * 4
    assert made.diverged is None


def test_the_same_policy_has_weights_of_one() -> None:
    same = {f"behaviour_{i}": p for i, p in zip((1, 2, 3), PI, strict=True)}
    made = run(4, **same, sequence_length=20)

    assert made.recorder.latest["samples_worth"].tolist() == pytest.approx([1.0] * 4)


def test_turning_a_share_begins_anew_and_turning_the_estimator_does_not() -> None:
    made = run(10)
    made.intervene("a", Set("estimator", "weighted"))
    while made.iteration < 11:
        made.pull()
    assert made.state.totals[0].tolist() == [11 * 32] * 4

    made.intervene("b", Set("target_3", 0.9))
    while made.iteration < 12:
        made.pull()
    assert made.state.totals[0].tolist() == [32] * 4


def test_each_replica_may_have_its_own_share() -> None:
    together, alone = (
        run(6, replicas=2, behaviour_3=(0.2, 0.9)),
        run(6, replicas=2, behaviour_3=0.9),
    )

    assert torch.equal(together.state.totals[:, 1], alone.state.totals[:, 1])
    assert not torch.equal(together.state.totals[:, 0], alone.state.totals[:, 0])


@pytest.mark.parametrize(("samples", "length"), [(1, 100), (5, 7)])
def test_a_replica_does_not_depend_on_how_many_stand_beside(samples: int, length: int) -> None:
    one, many = (
        run(8, replicas=n, samples=samples, sequence_length=length, noise=1.0) for n in (1, 33)
    )

    assert torch.equal(one.state.totals[:, 0], many.state.totals[:, 0])


def test_shares_are_proportions() -> None:
    got = shares(torch.tensor([[1.0, 0.0], [1.0, 0.0], [2.0, 0.0]], dtype=torch.float64))

    assert got.t().flatten().tolist() == pytest.approx([0.25, 0.25, 0.5, *[1 / 3] * 3])


def test_noise_is_added_to_every_token() -> None:
    plain, noisy = (run(1, samples=256, sequence_length=4, noise=n) for n in (0.0, 2.0))
    gap = noisy.recorder.latest["sample_values"] - plain.recorder.latest["sample_values"]

    assert gap.mean().item() == pytest.approx(0, abs=0.13)  # four standard errors of 1,024
    assert gap.std().item() == pytest.approx(1, rel=0.1)  # 2/√4
