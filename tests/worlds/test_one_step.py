"""The small worlds of the policy gradient: what they pay, what is seen, and what they are worth."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rlviz.exact import policy_gradient
from rlviz.streams import Streams
from rlviz.worlds import (
    bandit_2,
    bandit_3,
    gaussian_bandit,
    key_door,
    short_corridor,
    tabular,
    two_step,
)
from tests.public import PUBLIC


def test_two_arms_begin_with_the_probability_that_is_asked_for() -> None:
    world = bandit_2.make(bandit_2.Config(first_probability=0.9))
    theta = world.statics["first_preference"]

    np.testing.assert_allclose(policy_gradient.softmax(theta), [[0.9, 0.1]])


def test_the_gradient_of_three_arms_is_that_of_the_published_case() -> None:
    """P20 is the world as it stands: preferences .2, −.1, .4 and rewards 1, 2, 4."""
    world = bandit_3.make(bandit_3.Config())
    found = policy_gradient.gradient(world, world.statics["first_preference"], 1.0, world.observed)

    np.testing.assert_allclose(found[0], PUBLIC["P20"]["grad"], atol=1e-9)


@pytest.mark.parametrize(("p_right", "key"), [(0.05, "J_p05"), (0.95, "J_p95")])
def test_the_short_corridor_is_worth_what_the_book_says(p_right: float, key: str) -> None:
    world = short_corridor.make(short_corridor.Config(first_probability=1 - p_right))
    policy = policy_gradient.softmax_policy(
        world, world.statics["first_preference"], world.observed
    )

    found = policy_gradient.objective(world, policy, 1.0)
    assert found == pytest.approx(PUBLIC["P08"][key], abs=1e-8)


def test_forgetting_the_discount_turns_the_gradient_of_two_steps_round() -> None:
    """P21 is by one logit; by the preference of yes it is the same number."""
    world = two_step.make(two_step.Config())
    theta, expected = world.statics["first_preference"], PUBLIC["P21"]
    true = policy_gradient.gradient(world, theta, 0.5, world.observed)
    printed = policy_gradient.printed_direction(world, theta, 0.5, world.observed)

    assert true[0, 1] == pytest.approx(expected["true_grad"], abs=1e-12)
    assert printed[0, 1] == pytest.approx(expected["printed_formula_grad"], abs=1e-12)


@pytest.mark.parametrize("delay", [1, 6, 20])
def test_only_who_takes_the_key_is_paid_at_the_door(delay: int) -> None:
    world = key_door.make(key_door.Config(delay=delay))
    start = int(world.start.argmax())
    v = policy_gradient.action_values(world, np.where(world.allowed, 1.0, 0.0), 1.0)

    assert v[start].tolist() == [1.0, 0.0]


def test_the_way_to_the_door_takes_so_many_steps_whatever_is_taken() -> None:
    world = key_door.make(key_door.Config(delay=4)).on("cpu")
    streams = Streams(0, 2)
    episode = tabular.begin(world, streams)
    steps, action = 0, torch.tensor([0, 1])
    while steps < 9:
        step = tabular.advance(world, episode, action, streams)
        action, steps = torch.zeros(2, dtype=torch.int64), steps + 1
        if step.done.any():
            break

    assert steps == 5
    assert step.terminated.tolist() == [True, True]
    assert step.truncated.tolist() == [False, False]


def test_a_number_is_paid_by_the_bumps_that_it_is_near() -> None:
    """2·exp(−(a − 2)²/0.5) + exp(−(a + 2)²/4.5); at 2 the second adds exp(−16/4.5)."""
    world = gaussian_bandit.make(gaussian_bandit.Config())
    tables = world.on("cpu")
    assert tables.bumps is not None
    at = torch.tensor([2.0, -2.0], dtype=torch.float64)
    expected = [2 + np.exp(-16 / 4.5), 1 + 2 * np.exp(-16 / 0.5)]

    np.testing.assert_allclose(tabular.paid(tables.bumps, at).numpy(), expected)
    np.testing.assert_allclose(world.paid(at.numpy()), expected)


def test_copies_of_a_replica_meet_different_numbers_and_replica_0_the_same() -> None:
    """Noise is drawn for every copy; another number of replicas changes none of it."""
    world = bandit_2.make(bandit_2.Config(reward_noise=1.0)).on("cpu")
    rewards = []
    for replicas in (1, 3):
        streams = Streams(5, replicas)
        episode = tabular.begin(world, streams, copies=4)
        action = torch.zeros(4 * replicas, dtype=torch.int64)
        step = tabular.advance(world, episode, action, streams)
        rewards.append(step.reward.view(4, replicas)[:, 0])

    assert torch.equal(*rewards)
    assert len(set(rewards[0].tolist())) == 4
