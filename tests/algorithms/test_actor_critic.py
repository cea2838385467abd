"""One-step actor-critic and A2C, against loops, each other and the exact gradient."""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from rlviz.exact import actors
from rlviz.exact import policy_gradient as pg
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec


def made(name: str, world: str = "random_walk_5", **config: Any) -> Run:
    settings = config.pop("world_config", {})
    return Run(RunSpec(name, world, seed=4, replicas=3, config=config, world_config=settings))


def beats(run: Run, *names: str) -> dict[str, Tensor]:
    """The signals of the named beats of one iteration."""
    found: dict[str, Tensor] = {}
    for item in itertools.islice(run._stream, 1000):
        if item is None:
            return found
        if not names or item[0] in names:
            found |= item[1]
    raise AssertionError("No iteration ended.")


def to(run: Run, iteration: int) -> Run:
    run.advance(time.perf_counter() + 60, iteration)
    return run


def test_one_step_by_hand() -> None:
    # V = 0 and a fair coin: δ = r, V(s) becomes α_w r, and ∂ log π / ∂θ is ½ for the action taken.
    run = made("actor_critic", alpha_theta=0.5, alpha_w=0.1)
    for _ in range(40):
        v, theta = (run.state.critic["w"].clone(), run.state.actor["theta"].clone())
        got = beats(run)
        rows = torch.arange(3)
        s, a, to_state = got["state"], got["action"], got["next_state"]
        follows = torch.where(got["terminated"], 0.0, v[rows, to_state])
        delta = got["reward"] + follows - v[rows, s]
        score = -theta[rows, s].softmax(-1)
        score[rows, a] += 1
        v[rows, s] += 0.1 * delta
        theta[rows, s] += 0.5 * delta[:, None] * score

        torch.testing.assert_close(run.state.critic["w"], v, rtol=0, atol=1e-12)
        torch.testing.assert_close(run.state.actor["theta"], theta, rtol=0, atol=1e-12)


def test_the_discount_since_the_start_is_left_out_on_request() -> None:
    # Without γ^t later steps of an episode weigh as much as the first one.
    runs = {d: made("actor_critic", gamma=0.5, alpha_w=1.0, discounting=d) for d in (True, False)}
    lengths: dict[bool, list[Tensor]] = {d: [] for d in runs}
    ages = []
    for _ in range(200):
        ages.append(runs[True].state.episode.steps.clone())
        for d, run in runs.items():
            run.state.actor["theta"].zero_()  # so that both walk the same way
            lengths[d].append(beats(run, "update")["gradient_norm"])

    with_factor, without = (torch.stack(lengths[d]) for d in (True, False))
    expected = 0.5 ** torch.stack(ages).double() * without
    assert (without > 0).any()
    torch.testing.assert_close(with_factor, expected, rtol=0, atol=1e-12)


def test_a2c_of_one_step_is_the_one_step_method() -> None:
    one = made("actor_critic", alpha_theta=0.2, alpha_w=0.3, gamma=0.9, discounting=False)
    batch = made(
        "a2c",
        alpha_theta=0.2,
        alpha_w=0.3,
        gamma=0.9,
        lambda_=0.7,
        n_steps=1,
        copies=1,
        gradient_clip=0.0,
    )
    to(one, 200)
    to(batch, 200)

    assert torch.equal(one.state.episode.state, batch.state.episode.state)
    for which in ("actor", "critic"):
        for name, value in getattr(one.state, which).items():
            torch.testing.assert_close(getattr(batch.state, which)[name], value, rtol=0, atol=1e-12)


def looped(
    reward: Any, value: Any, after: Any, ended: Any, rule: str, gamma: float, lambda_: float
) -> list[float]:
    """GAE as a loop; ended is 1 for a terminal state and 2 for a cut."""
    advantage, found = 0.0, []
    for r, v, w, end in zip(reward[::-1], value[::-1], after[::-1], ended[::-1], strict=True):
        nothing_follows = end == 1 or (end == 2 and rule == "as_termination")
        delta = r + (0.0 if nothing_follows else gamma * w) - v
        carried = 0.0 if end > 0 and rule != "trace_leaks" else advantage
        advantage = delta + gamma * lambda_ * carried
        found.append(advantage)
    return found[::-1]


@pytest.mark.parametrize("rule", ["apart", "as_termination", "trace_leaks"])
def test_advantages_with_three_masks_against_a_loop(rule: str) -> None:
    run = made(
        "a2c",
        truncation=rule,
        n_steps=40,
        gamma=0.9,
        lambda_=0.8,
        alpha_w=0.9,
        world_config={"time_limit": 10},
    )
    to(run, 30)
    got = beats(run, "estimate")
    ends = got["trajectory_ended"]

    assert {1.0, 2.0} <= set(ends.flatten().tolist())
    for b in range(3):
        names = ("reward", "value", "value_next", "ended")
        row = [got[f"trajectory_{name}"][b].tolist() for name in names]
        np.testing.assert_allclose(
            got["trajectory_advantage"][b], looped(*row, rule, 0.9, 0.8), rtol=0, atol=1e-12
        )


def test_behind_an_end_the_critic_is_asked_about_the_episodes_own_last_state() -> None:
    run = made("a2c", n_steps=40, alpha_w=0.9, world_config={"time_limit": 10})
    to(run, 30)
    w = run.state.critic["w"].clone()
    got = beats(run, "estimate")
    cut = got["trajectory_ended"] == 2

    assert cut.any()
    start = w[:, 3:4].expand_as(got["trajectory_value_next"])
    assert (got["trajectory_value_next"][cut] != start[cut]).any()
    assert (got["trajectory_value_next"][got["trajectory_ended"] == 1] == 0).all()


def test_a_critic_that_is_exact_knows_the_values_and_a_flat_one_their_mean() -> None:
    for error, expected in ((0.0, np.arange(1, 6) / 6), (1.0, np.full(5, 0.5))):
        run = made("a2c", critic="exact", critic_error=error, gamma=1.0, hold=True, n_steps=64)
        got = beats(to(run, 1), "estimate")
        states = got["trajectory_state"].long()
        values = torch.from_numpy(np.concatenate(([0.0], expected, [0.0])))

        torch.testing.assert_close(got["trajectory_value"], values[states], rtol=0, atol=1e-12)


def test_with_an_exact_critic_the_mean_gradient_has_the_exact_direction() -> None:
    # Without γ^t and at γ = 1 the mean of Â ∇log π over a whole episode is ∇J; a batch of steps
    # divides it by the mean length of an episode, which is 9 from the middle of the walk.
    run = Run(
        RunSpec(
            "a2c",
            "random_walk_5",
            seed=5,
            replicas=64,
            config={
                "critic": "exact",
                "gamma": 1.0,
                "lambda_": 0.0,
                "n_steps": 64,
                "copies": 16,
                "hold": True,
            },
        )
    )
    batches = [beats(run, "update")["gradient_estimate"].detach() for _ in range(6)]
    found = torch.stack(batches[1:]).flatten(0, 1).numpy()  # the first begins at the start
    world = run.truth.world
    theta = run.state.actor["theta"][0].numpy()
    expected = pg.gradient(world, theta, 1.0, world.observed).reshape(-1) / 9
    error = found.std(0) / np.sqrt(len(found))

    assert (np.abs(found.mean(0) - expected) <= 4 * error + 1e-12).all()
    assert np.abs(expected).max() > 0.01


def test_hold_keeps_the_policy_and_lets_the_critic_learn() -> None:
    for name in ("a2c", "actor_critic"):
        run = to(made(name, hold=True), 50)

        assert (run.state.actor["theta"] == 0).all()
        assert (run.state.critic["w"] != 0).any()


def test_normalised_advantages_of_one_sample_stay_as_they_are() -> None:
    # Normalised, a single one would always be 0, and nothing would be learned.
    run = to(made("a2c", n_steps=1, copies=1, normalised=True), 200)

    assert (run.state.actor["theta"] != 0).any()


def test_a_gradient_is_cut_to_its_longest() -> None:
    run = made("a2c", world="key_door", gradient_clip=0.001, alpha_theta=1.0, alpha_w=1.0)
    for _ in range(30):
        before = run.state.actor["theta"].clone()
        beats(run)
        moved = (run.state.actor["theta"] - before).flatten(1).norm(dim=1)

        assert (moved <= 0.001 + 1e-9).all()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "iterations"), [("actor_critic", 1500), ("a2c", 150)])
def test_both_learn_to_walk_to_the_right(name: str, iterations: int) -> None:
    run = to(made(name, gamma=1.0), iterations)
    world = run.truth.world
    policies = actors.softmax_policies(world, run.state.actor["theta"].numpy())

    assert (actors.state_values(world, policies, 1.0) @ world.start > 0.8).all()


@pytest.mark.slow
def test_taking_cuts_for_ends_biases_the_critic() -> None:
    def values(rule: str) -> np.ndarray[Any, Any]:
        run = made(
            "a2c",
            truncation=rule,
            gamma=1.0,
            lambda_=0.9,
            n_steps=16,
            alpha_w=0.5,
            hold=True,
            world_config={"time_limit": 10},
        )
        return np.asarray(to(run, 200).state.critic["w"][:, 1:6].mean(0))

    exact = np.arange(1, 6) / 6
    assert np.abs(values("apart") - exact).max() < 0.06
    assert (exact - values("as_termination")).max() > 0.15
