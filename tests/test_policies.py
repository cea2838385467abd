"""Policies as functions of their parameters: probabilities, draws, gradients of each replica."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, Normal

from rlviz import policies
from rlviz.streams import Streams
from rlviz.worlds import bandit_3, gaussian_bandit, key_door, max_bias, short_corridor, tabular

F64 = torch.float64


def three_arms() -> tabular.Tables:
    return bandit_3.make(bandit_3.Config()).on("cpu")


def test_every_replica_has_its_own_probabilities() -> None:
    world = three_arms()
    theta = torch.tensor([[[0.0, 0.0, 0.0]], [[0.0, np.log(2), -torch.inf]]], dtype=F64)
    state = torch.zeros(5, 2, dtype=torch.int64)
    policy = policies.actor(world).distribution({"theta": theta}, state)

    assert isinstance(policy, Categorical)
    assert policy.probs.shape == (5, 2, 3)
    torch.testing.assert_close(
        policy.probs[4], torch.tensor([[1.0] * 3, [1.0, 2, 0]], dtype=F64) / 3
    )


def test_states_that_look_alike_share_their_preferences() -> None:
    world = short_corridor.make(short_corridor.Config(first_probability=0.25)).on("cpu")
    parameters = policies.actor(world).init(Streams(0, 2))

    assert parameters["theta"].shape == (2, 1, 2)
    assert policies.table(world, parameters)[1, :3].tolist() == [[0.25, 0.75]] * 3


def test_an_action_that_does_not_exist_is_never_drawn_and_has_no_gradient() -> None:
    world = max_bias.make(max_bias.Config()).on("cpu")
    actor = policies.actor(world)
    theta = policies.leaves(actor.init(Streams(0, 1)))
    policy = actor.distribution(theta, torch.full((100, 1), max_bias.A))
    action = actor.sample(policy, torch.linspace(0, 1 - 1e-12, 100, dtype=F64).unsqueeze(1))
    slope = policies.gradients(policy.log_prob(action).sum(0), theta)["theta"]

    assert sorted(set(action.flatten().tolist())) == [0, 1]
    assert slope[0, max_bias.A, 2:].abs().max() == 0
    assert policy.entropy()[0].item() == pytest.approx(np.log(2))


@pytest.mark.parametrize(
    ("uniform", "action"),
    [(0.0, 0), (0.1999, 0), (0.2001, 1), (0.4999, 1), (0.5001, 2), (1 - 1e-16, 2)],
)
def test_a_uniform_number_falls_into_the_share_of_its_action(uniform: float, action: int) -> None:
    world = three_arms()
    theta = torch.tensor([[[0.2, 0.3, 0.5]]], dtype=F64).log()
    actor = policies.actor(world)
    policy = actor.distribution({"theta": theta}, torch.zeros(1, dtype=torch.int64))

    assert actor.sample(policy, torch.tensor([uniform], dtype=F64)).tolist() == [action]


def test_a_gaussian_policy_draws_its_quantiles() -> None:
    world = gaussian_bandit.make(gaussian_bandit.Config(first_mean=3.0, first_deviation=2.0))
    tables = world.on("cpu")
    actor = policies.actor(tables)
    parameters = actor.init(Streams(0, 1))
    policy = actor.distribution(parameters, torch.zeros(2, 1, dtype=torch.int64))
    drawn = actor.sample(policy, torch.tensor([[0.5], [0.975]], dtype=F64))

    assert isinstance(policy, Normal)
    assert drawn.flatten().tolist() == pytest.approx([3.0, 3.0 + 2 * 1.959963985])


def test_the_gradient_of_a_replica_knows_nothing_of_the_others() -> None:
    world = three_arms()
    actor = policies.actor(world)
    theta = policies.leaves({"theta": torch.randn(4, 1, 3, dtype=F64)})
    state, action = torch.zeros(6, 4, dtype=torch.int64), torch.arange(24).view(6, 4) % 3
    log_prob = actor.distribution(theta, state).log_prob(action)
    together = policies.gradients(log_prob.square().sum(0), theta)["theta"]
    for b in range(4):
        alone = policies.leaves({"theta": theta["theta"][b : b + 1]})
        one = actor.distribution(alone, state[:, b : b + 1]).log_prob(action[:, b : b + 1])
        expected = policies.gradients(one.square().sum(0), alone)["theta"]

        torch.testing.assert_close(together[b : b + 1], expected)


def test_an_end_is_worth_nothing_whatever_the_critic_has_learned() -> None:
    world = key_door.make(key_door.Config()).on("cpu")
    critic = policies.critic(world)
    w = torch.ones_like(critic.init(Streams(0, 2))["w"])
    states = torch.arange(world.n_states).unsqueeze(1).expand(-1, 2)

    assert torch.equal(critic.value({"w": w}, states)[:, 1], (~world.terminal).to(F64))


@pytest.mark.parametrize("kind", ["sgd", "rmsprop", "adam"])
def test_an_optimiser_remembers_as_torchs_does(kind: str) -> None:
    """Each replica is a run of its own, with its own step size."""
    classes = {"sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam}
    alpha = torch.tensor([0.1, 0.01], dtype=F64)
    found = {"theta": torch.tensor([[1.0, -2.0], [0.5, 3.0]], dtype=F64)}
    own = [row.clone().requires_grad_() for row in found["theta"]]
    theirs = [classes[kind]([row], lr=float(a)) for row, a in zip(own, alpha, strict=True)]
    ours = policies.Optimiser.fresh(found)
    for _ in range(7):
        found = ours.step(kind, found, {"theta": 2 * found["theta"]}, alpha)
        for row, one in zip(own, theirs, strict=True):
            one.zero_grad()
            row.square().sum().backward()
            one.step()

    torch.testing.assert_close(found["theta"], torch.stack(own).detach())
    assert ours.count.tolist() == [7, 7]


def test_the_number_that_moved_most_is_shown_before_and_after() -> None:
    before = {"a": torch.tensor([[1.0, 2.0]]), "b": torch.tensor([[[5.0]]])}
    after = {"a": torch.tensor([[1.1, 2.0]]), "b": torch.tensor([[[4.0]]])}

    assert [v.tolist() for v in policies.most_moved(before, after)] == [[2], [5.0], [4.0]]


@pytest.mark.parametrize("make", [bandit_3, gaussian_bandit])
def test_the_best_baseline_has_a_smaller_second_moment_than_its_neighbours(make: object) -> None:
    """E[‖∇log π‖² (r − b)²] over many draws is least at b*."""
    world = make.make(make.Config()).on("cpu")  # type: ignore[attr-defined]  # two world modules
    actor, n = policies.actor(world), 200_000
    parameters = actor.init(Streams(0, 1))
    _, best = policies.exact_baselines(world, parameters, 1.0)
    uniform = (torch.arange(n, dtype=F64) + 0.5) / n
    state = torch.zeros(n, 1, dtype=torch.int64)
    action = actor.sample(actor.distribution(parameters, state), uniform.unsqueeze(1))
    if world.bumps is None:
        probs = policies.table(world, parameters)[0, 0]
        squares = (torch.eye(3, dtype=F64)[action[:, 0]] - probs).square().sum(1)
        reward = world.reward[action[:, 0]]
    else:
        squares = action[:, 0].square() + (action[:, 0].square() - 1).square()  # μ = 0, σ = 1
        reward = tabular.paid(world.bumps, action[:, 0])
    moments = [
        float((squares * (reward - b).square()).mean())
        for b in best[0, 0] + torch.tensor([-0.1, 0, 0.1])
    ]

    assert moments[1] < min(moments[0], moments[2])
    assert float((squares * reward).mean() / squares.mean()) == pytest.approx(
        float(best[0, 0]), abs=1e-3
    )
