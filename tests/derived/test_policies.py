"""What a policy is worth, and why it stops: exact values of what a run has learned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rlviz.derived import derive
from rlviz.exact import actors, dynamic_programming, gaussian, policy_gradient
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec
from rlviz.worlds import cliff_walking, gaussian_bandit, key_door
from tests.derived.test_suspects import known, run_of, said
from tests.public import PUBLIC


def run(world: str, config: dict[str, Any] | None = None, **changes: Any) -> Run:
    return Run(RunSpec("reinforce", world, config or {}, seed=2, **{"replicas": 3, **changes}))


def derived(name: str, of: Run) -> Any:
    found = derive(name, of.view())
    assert isinstance(found, np.ndarray), found
    return found


@pytest.mark.parametrize("gamma", [0.9, 1.0])
def test_values_of_many_policies_are_those_of_each_alone(gamma: float) -> None:
    world = cliff_walking.make(cliff_walking.Config())
    theta = np.random.default_rng(0).normal(size=(3, world.n_states, world.n_actions))
    policies = actors.softmax_policies(world, theta)
    v, q = actors.values(world, policies, gamma)
    for b in range(3):
        np.testing.assert_allclose(policies[b], policy_gradient.softmax_policy(world, theta[b]))
        expected = dynamic_programming.policy_value(world, policies[b], gamma)
        np.testing.assert_allclose(v[b], expected, rtol=1e-6)
        np.testing.assert_allclose(
            q[b], dynamic_programming.action_values(world, expected, gamma), rtol=1e-6
        )


def test_each_policy_may_have_its_own_discount() -> None:
    world = key_door.make(key_door.Config(delay=3))
    policies = actors.softmax_policies(world, np.zeros((2, world.n_states, 2)))
    v = actors.state_values(world, policies, np.array([1.0, 0.5])) @ world.start

    np.testing.assert_allclose(v, [0.5, 0.5 * 0.5**3])


def test_a_policy_that_never_arrives_has_no_value() -> None:
    corridor = run("short_corridor")
    corridor.state.actor["theta"] = torch.tensor([[[400.0, -400.0]]] * 3, dtype=torch.float64)

    assert "wander for ever" in str(derive("policy_objective", corridor.view()))


def test_the_objective_of_every_replica_is_that_of_its_own_preferences() -> None:
    arms = run("bandit_3")
    arms.state.actor["theta"][1] = torch.tensor([[0.0, 0.0, 30.0]])
    found = derived("policy_objective", arms)

    assert found[[0, 2]] == pytest.approx(PUBLIC["P20"]["V"], abs=1e-8)
    assert found[1] == pytest.approx(4.0)


@pytest.mark.parametrize("world", ["bandit_3", "two_step", "gaussian_bandit", "key_door"])
def test_the_exact_gradient_is_the_slope_of_the_exact_objective(world: str) -> None:
    of, h = run(world, {"gamma": 0.8}), 1e-5
    theta = of.state.actor["theta"]
    theta += torch.linspace(-0.3, 0.4, theta[0].numel()).view_as(theta[0])
    slopes = []
    for i in range(theta[0].numel()):
        ends = []
        for side in (h, -h):
            of.state.actor["theta"] = theta.clone()
            of.state.actor["theta"][0].view(-1)[i] += side
            ends.append(derived("policy_objective", of)[0])
        slopes.append((ends[0] - ends[1]) / (2 * h))
    of.state.actor["theta"] = theta

    np.testing.assert_allclose(derived("exact_gradient", of), slopes, atol=1e-7)


@pytest.mark.parametrize(
    ("world", "gamma", "best"),
    [
        ("short_corridor", 1.0, PUBLIC["P08"]["J_star"]),
        ("bandit_3", 1.0, 4.0),
        # J(p) = p − γ·1.5·p is largest at an end.
        ("two_step", 0.5, 0.25),
        ("two_step", 0.9, 0.0),
        ("key_door", 0.9, 0.9**6),
    ],
)
def test_the_best_objective_is_that_of_the_best_policy_there_is(
    world: str, gamma: float, best: float
) -> None:
    assert derived("best_objective", run(world, {"gamma": gamma})) == pytest.approx(best, abs=1e-5)


def test_the_best_number_is_the_top_of_the_narrow_bump() -> None:
    found = derived("best_objective", run("gaussian_bandit"))

    assert found == pytest.approx(2.0 + np.exp(-16 / 4.5), abs=1e-3)


def test_a_critic_is_compared_with_the_value_of_its_own_policy() -> None:
    of = run("key_door", {"baseline": "learned"})
    expected = derived("truth_value", of)  # half of the episodes take the key
    of.state.critic["w"][0] = torch.from_numpy(expected)

    assert derived("truth_distance", of)[0] == pytest.approx(0.0)
    assert derived("truth_distance", of)[1] > 0.3
    np.testing.assert_allclose(derived("state_value", of), expected)


def test_where_no_critic_is_learned_there_is_no_distance() -> None:
    assert derive("truth_distance", run("key_door").view()) == (
        "No critic is learned with this baseline."
    )


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (1.9, 0.2), (-2.0, 1.5)])
def test_closed_forms_of_a_bell_curve_are_those_of_the_quadrature(
    mean: float, deviation: float
) -> None:
    world = gaussian_bandit.make(gaussian_bandit.Config())
    of = (world, np.array([mean]), np.array([deviation]))

    assert actors.gaussian_objectives(*of)[0] == pytest.approx(
        gaussian.objective(world.paid, mean, deviation, nodes=150), abs=1e-7
    )
    np.testing.assert_allclose(
        actors.gaussian_gradients(*of)[0],
        gaussian.gradient(world.paid, mean, deviation, nodes=150),
        atol=1e-6,
    )


# ------------------------------------------------------------------ why


def test_a_policy_that_leapt_to_a_wrong_arm_says_so() -> None:
    of = run_of("reinforce", "bandit_3", 80, config={"alpha_theta": 50.0, "episodes": 1})
    found = said(of)

    assert [(kind, sentence) for kind, sentence, _ in found] == [
        ("collapsed", "decided"),
        ("collapsed", "since"),
        ("collapsed", "leap"),
    ]
    assert found[0][2]["best"] == 4.0
    assert found[0][2]["now"] < 3.9


def test_a_batch_mean_of_one_says_that_nothing_is_left() -> None:
    of = run_of("reinforce", "bandit_3", 60, config={"episodes": 1, "baseline": "batch_mean"})

    assert [sentence for _, sentence, _ in said(of)] == ["no_gradient", "alone"]


def test_a_policy_that_is_the_best_one_is_well() -> None:
    of = run_of("reinforce", "bandit_3", 300, config={"alpha_theta": 0.5, "baseline": "optimal"})

    assert known(of).curves["policy_entropy"] is not None
    assert said(of) == []
