"""PPO: what its first gradient is, what the clip leaves alone, and what turns β."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rlviz import minibatches, policies, rollouts
from rlviz.algorithms import ppo_clip, ppo_penalty
from rlviz.exact.policy_gradient import divergence, softmax
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec
from tests.public import PUBLIC

BOTH = pytest.mark.parametrize("name", ["ppo_clip", "ppo_penalty"])
PLAIN: dict[str, Any] = {
    "optimiser": "sgd",
    "normalise": "off",
    "minibatches": 1,
    "gamma": 1.0,
    "lambda_": 1.0,
}


def run_of(name: str, world: str = "bandit_3", **changes: Any) -> Run:
    config = PLAIN | changes
    made = config.pop("world_config", {})
    return Run(RunSpec(name, world, config=config, world_config=made, seed=2, replicas=3))


def beats(run: Run, name: str, iterations: int = 1) -> list[dict[str, Any]]:
    """What the beats of that name showed."""
    found = []
    while run.iteration < iterations:
        item = next(run._stream)
        if item is not None:
            run.recorder.take(item, run.iteration)
            found += [item[1]] if item[0] == name else []
    return found


def leap(**changes: Any) -> Run:
    """P26: two arms that pay ±1, an even policy, and steps of 1 on both preferences.

    Each sample adds ½ to the slope of the first preference, whichever arm it drew, so that the
    sampled gradient is the exact one.
    """
    pays = {"reward_1": 1.0, "reward_2": -1.0, "first_probability": 0.5}
    settings = {"alpha_theta": 1.0, "epochs": 3, "world_config": pays}
    return run_of("ppo_clip", "bandit_2", **settings | changes)


# What it does to the policy.


def test_one_leap_leaves_the_band_and_nothing_pulls_it_back() -> None:
    ratios = beats(leap(), "epoch")[-1]["inner_ratio"][0].unique(dim=1).sort(1).values

    expected = [PUBLIC["P26"]["ratio_arm0"], PUBLIC["P26"]["ratio_arm1"]]
    torch.testing.assert_close(
        ratios, torch.tensor(expected, dtype=torch.float64).t(), atol=1e-9, rtol=0
    )


def test_without_a_clip_it_goes_on() -> None:
    ratios = beats(leap(surrogate="unclipped"), "epoch")[-1]["inner_ratio"][0].amax(1)

    assert (ratios.diff() > 0.1).all()


@BOTH
def test_before_the_first_step_its_gradient_is_the_policy_gradient(name: str) -> None:
    run = run_of(name, "key_door", minibatches=2, normalise="batch")
    old, world = run.state.actor["theta"][0].numpy(), run.tables
    first = beats(run, "minibatch")[0]["gradient_estimate"][0].numpy().reshape(old.shape)

    # The same by hand: mean of A ∇log π over the samples of that minibatch.
    expected = np.zeros(old.shape)
    for state, action, advantage in samples_of_first_minibatch(name):
        row = int(world.observed[state])
        policy = softmax(np.where(world.allowed[state].numpy(), old[row], -np.inf))
        expected[row] += advantage * (np.eye(old.shape[1])[action] - policy)
    np.testing.assert_allclose(first, expected / 32, atol=1e-12)
    assert np.abs(first).max() > 0.01


def last(steps: Any) -> Any:
    """What a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def samples_of_first_minibatch(name: str) -> list[tuple[int, int, float]]:
    """State, action and normalised advantage of replica 0, told by the code's own parts."""
    run = run_of(name, "key_door", minibatches=2, normalise="batch")
    world, state = run.tables, run.state
    actor, critic = policies.actor(world), policies.critic(world)
    steps = rollouts.steps(world, actor, state.actor, state.episode, state.streams, 8)
    rollout = last(steps)
    batch = minibatches.batch(rollout, critic, state.critic, 1.0, 1.0)
    a = batch.advantage[:, 0].numpy()
    a = (a - a.mean()) / (a.std() + 1e-8)
    index = next(minibatches.parts(state.streams, 64, 2))[:, 0].tolist()
    return [(int(batch.state[i, 0]), int(batch.action[i, 0]), float(a[i])) for i in index]


def test_a_clip_of_0_lets_the_first_step_through_and_silences_its_samples() -> None:
    shown = beats(leap(clip_low=0.0, clip_high=0.0), "epoch")

    assert shown[0]["old_kl"][0] > 0.01
    assert shown[-1]["binding_share"].tolist() == [1.0] * 3
    assert torch.equal(shown[0]["old_kl"], shown[-1]["old_kl"])


@pytest.mark.parametrize("over", ["minibatch", "batch"])
def test_advantages_that_are_all_equal_move_nothing(over: str) -> None:
    run = run_of("ppo_clip", normalise=over, world_config={f"reward_{i}": 2.0 for i in (1, 2, 3)})
    first = run.state.actor["theta"].clone()
    beats(run, "epoch")

    assert torch.equal(run.state.actor["theta"], first)


def test_one_sample_is_used_as_it_came() -> None:
    run = run_of("ppo_clip", n_steps=1, copies=4, minibatches=4, normalise="minibatch", epochs=1)
    shown = beats(run, "minibatch")

    assert [b["minibatch_size"].tolist() for b in shown] == [[1.0] * 3] * 4
    assert {float(a) for b in shown for a in b["furthest_advantage"]} <= {1.0, 2.0, 4.0}


def test_kl_that_has_gone_too_far_ends_the_epochs_before_the_step() -> None:
    # One step of 1 has a k3 of .1205 in the next epoch's minibatch; SB3's limit is 1.5 times .05.
    run = leap(surrogate="unclipped", target_kl=0.05, epochs=5)
    shown = beats(run, "epoch")[-1]["inner_kl"][0]

    assert shown[0] > 0.05
    assert shown.tolist() == [shown[0]] * 5


def test_who_has_stopped_has_seen_no_gradient() -> None:
    run = leap(target_kl=0.05, epochs=5, optimiser="adam", surrogate="unclipped")
    going = beats(run, "minibatch")

    steps = torch.stack([b["going_on"] for b in going]).sum(0)
    assert torch.equal(run.state.actor_optimiser.count.double(), steps)
    assert (steps < 5).all()


@pytest.mark.parametrize(("form", "moves"), [("plain", True), ("ppo2", True), ("sb3", False)])
def test_a_critic_that_left_its_band_away_from_the_target(form: str, moves: bool) -> None:
    """V went from 0 to 1 while R = −1: SB3 has no gradient there, ppo2 and none at all have."""
    run = run_of("ppo_clip", value_loss=form, value_clip=0.2)
    one = torch.ones(4, 3, dtype=torch.float64)
    zero = torch.zeros(4, 3, dtype=torch.int64)
    run.state.critic = {"w": torch.ones_like(run.state.critic["w"])}
    part = minibatches.Batch(zero, zero, one, 0 * one, one, -one)
    ppo_clip._fit(run.tables, run.state, part, run.settings.at(0), one[0] > 0)

    assert bool((run.state.critic["w"] < 1).any()) == moves


# What it shows.


def test_exact_kl_and_its_estimates_on_one_state() -> None:
    run = run_of("ppo_clip", copies=64, alpha_theta=1.0, epochs=2)
    old = softmax(run.state.actor["theta"][0, 0].numpy())
    shown = beats(run, "epoch")[-1]
    new = softmax(run.state.actor["theta"][0, 0].numpy())

    assert float(shown["old_kl"][0]) == pytest.approx(float(divergence(old, new)), abs=1e-12)
    k3 = shown["ratio_mean"] - 1 - shown["log_ratio_mean"]
    torch.testing.assert_close(shown["inner_k3"][:, -1], k3)


def test_the_six_shares_sum_to_1_and_the_two_silent_ones_are_the_binding_share() -> None:
    run = run_of("ppo_clip", "key_door", alpha_theta=30.0, normalise="batch", epochs=3)
    shown = beats(run, "epoch", 3)[-1]
    cases = shown["inner_cases"][:, -1]

    torch.testing.assert_close(cases.sum(1), torch.ones(3).double())
    torch.testing.assert_close(cases[:, 2] + cases[:, 3], shown["binding_share"])
    torch.testing.assert_close(1 - cases[:, 1] - cases[:, 4], shown["outside_share"])


def test_epochs_that_are_still_to_come_are_gaps() -> None:
    first = beats(run_of("ppo_clip", epochs=3), "epoch")[0]

    assert first["inner_kl"].isnan().tolist() == [[False, True, True]] * 3
    assert first["inner_policy"].isnan().any(2).tolist() == [[False, False, True, True]] * 3


# β.


def test_beta_follows_the_published_sequence() -> None:
    case = [0.02, 0.016, 0.012, 0.005, 0.006, 0.0151]
    config = ppo_penalty.Config(kl_target=0.01)
    beta, found = torch.ones(1).double(), []
    for kl in case:
        beta = ppo_penalty._adapted(config, beta, torch.tensor([kl]).double())
        found.append(float(beta))

    assert found == PUBLIC["P27"]


@pytest.mark.parametrize("settings", [{"rule": "fixed"}, {"hold": True}])
def test_beta_stands_still_where_it_shall(settings: dict[str, Any]) -> None:
    shown = beats(run_of("ppo_penalty", beta_0=3.0, **settings), "adapt", 3)

    assert [b["beta"].tolist() for b in shown] == [[3.0] * 3] * 3


def test_a_target_of_0_doubles_beta_as_long_as_anything_moves() -> None:
    shown = beats(run_of("ppo_penalty", kl_target=0.0, alpha_theta=0.01), "adapt", 5)

    assert [float(b["beta"][0]) for b in shown] == [2.0, 4.0, 8.0, 16.0, 32.0]


def test_a_penalty_pulls_back() -> None:
    """The second epoch brings the ratio nearer to 1 than the first left it."""
    pays = {"reward_1": 1.0, "reward_2": -1.0, "first_probability": 0.5}
    run = run_of("ppo_penalty", "bandit_2", alpha_theta=1.0, beta_0=4.0, world_config=pays)
    ratios = beats(run, "epoch")[-1]["inner_ratio"][0].amax(1)

    assert ratios[1] < ratios[0]


@pytest.mark.slow
@BOTH
def test_it_learns_the_way_to_the_door(name: str) -> None:
    config = {"gamma": 0.95, "alpha_theta": 0.2, "epochs": 8, "minibatches": 2}
    run = Run(RunSpec(name, "key_door", config=config, seed=2, replicas=8))
    while run.iteration < 40:
        run.pull()
    found = run.recorder.curves["policy_objective"].columns()[2, -1]

    assert found > (0.72 if name == "ppo_clip" else 0.5)
