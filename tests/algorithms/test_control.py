"""The control family: where two of its members must be one, and oracles in loops."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch

from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec

ALL = (
    *("q_learning", "sarsa", "expected_sarsa", "double_q_learning"),
    *("n_step_sarsa", "sarsa_lambda", "monte_carlo_control"),
)


def run_of(name: str, iterations: int, **config: Any) -> Run:
    run = Run(RunSpec(name, "cliff_walking", seed=5, replicas=6, config=config))
    run.advance(time.perf_counter() + 60, iterations)
    assert run.iteration == iterations
    return run


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("n_step_sarsa", {"n": 1}),
        ("sarsa_lambda", {"lambda_": 0.0, "trace": "replacing"}),
        ("sarsa_lambda", {"lambda_": 0.0, "trace": "accumulating"}),
    ],
)
def test_without_more_steps_it_is_sarsa_bit_for_bit(name: str, config: dict[str, Any]) -> None:
    sarsa, other = run_of("sarsa", 3000, gamma=0.9), run_of(name, 3000, gamma=0.9, **config)

    assert torch.equal(sarsa.state.q, other.state.q)


def test_expected_sarsa_that_never_explores_is_q_learning() -> None:
    expected, q = (run_of(n, 2000, epsilon=0.0) for n in ("expected_sarsa", "q_learning"))

    torch.testing.assert_close(expected.state.q, q.state.q)


def test_the_table_of_double_q_learning_is_the_mean_of_its_two() -> None:
    state = run_of("double_q_learning", 3000).state

    torch.testing.assert_close(state.q, (state.q_first + state.q_second) / 2)
    assert not torch.equal(state.q_first, state.q_second)


def limited(name: str, time_limit: int, config: dict[str, Any]) -> Run:
    world = {"time_limit": time_limit}
    return Run(
        RunSpec(name, "cliff_walking", seed=5, replicas=3, config=config, world_config=world)
    )


def episodes(run: Run, iterations: int) -> list[dict[str, Any]]:
    """What replica 0 saw, a dictionary for each iteration, and the table after it."""
    seen = []
    for _ in range(iterations):
        while not run.pull():
            pass
        latest = run.recorder.latest
        seen.append({k: v[0].clone() for k, v in latest.items()})
    return seen


def test_n_step_sarsa_equals_a_loop_over_the_book() -> None:
    # Every pair moves to its n rewards and the value of the pair n steps later (S&B p. 147).
    n, gamma, alpha = 3, 0.9, 0.5
    config = {"n": n, "gamma": gamma, "alpha": alpha, "epsilon": 0.3}
    run = limited("n_step_sarsa", 40, config)
    q = np.zeros((48, 4))
    waiting: list[tuple[int, int, float]] = []
    for seen in episodes(run, 400):
        waiting.append((int(seen["state"]), int(seen["action"]), float(seen["reward"])))
        ended = bool(seen["terminated"]) or bool(seen["truncated"])
        after = q[int(seen["next_state"]), int(seen["next_action"])] * (not seen["terminated"])
        due = range(len(waiting)) if ended else range(len(waiting) - n + 1)
        for first in due:
            rest = [reward for _, _, reward in waiting[first:]]
            target = sum(gamma**k * r for k, r in enumerate(rest)) + gamma ** len(rest) * after
            s, a, _ = waiting[first]
            q[s, a] += alpha * (target - q[s, a])
        waiting = [] if ended else waiting[len(due) :]

        np.testing.assert_allclose(seen["q"], q, atol=1e-9)


@pytest.mark.parametrize("limit", [25, 2000])
def test_monte_carlo_control_equals_a_loop_over_episodes(limit: int) -> None:
    gamma, alpha, epsilon = 0.9, 0.25, 0.4
    config = {"gamma": gamma, "alpha": alpha, "epsilon": epsilon}
    run = limited("monte_carlo_control", limit, config)
    q, walked, ends = np.zeros((48, 4)), [], 0
    for seen in episodes(run, 6000):
        walked.append((int(seen["state"]), int(seen["action"]), float(seen["reward"])))
        if not (seen["terminated"] or seen["truncated"]):
            continue
        ends += 1
        row = q[int(seen["next_state"])]
        best = np.isclose(row, row.max())
        after = float((epsilon / 4 + (1 - epsilon) * best / best.sum()) @ row)
        if seen["terminated"]:
            assert after == 0
        target = after
        moved = q.copy()
        for t in reversed(range(len(walked))):
            s, a, reward = walked[t]
            target = reward + gamma * target
            if (s, a) not in {(x, y) for x, y, _ in walked[:t]}:
                moved[s, a] = q[s, a] + alpha * (target - q[s, a])
        q, walked = moved, []

        np.testing.assert_allclose(seen["q"], q, atol=1e-9)
    assert ends > 2


@pytest.mark.parametrize("trace", ["accumulating", "replacing", "dutch"])
def test_sarsa_lambda_equals_a_loop_over_the_book(trace: str) -> None:
    gamma, alpha, decay = 0.9, 0.25, 0.9 * 0.8
    config = {"gamma": gamma, "alpha": alpha, "epsilon": 0.3, "lambda_": 0.8, "trace": trace}
    run = limited("sarsa_lambda", 40, config)
    q, e, old = np.zeros((48, 4)), np.zeros((48, 4)), 0.0
    for seen in episodes(run, 400):
        at = int(seen["state"]), int(seen["action"])
        following = q[int(seen["next_state"]), int(seen["next_action"])]
        error = float(seen["reward"]) + gamma * (not seen["terminated"]) * following - q[at]
        here = q[at]
        old = here if old is None else old
        match trace:  # e is that of the step before, decayed
            case "accumulating":
                e[at] += 1
            case "replacing":
                e[at] = 1
            case "dutch":
                e[at] += 1 - alpha * e[at]
        if trace == "dutch":
            q += alpha * (error + here - old) * e
            q[at] -= alpha * (here - old)
        else:
            q += alpha * error * e
        e, old = e * decay, following
        if seen["terminated"] or seen["truncated"]:
            e, old = np.zeros((48, 4)), None

        np.testing.assert_allclose(seen["q"], q, atol=1e-9)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("behaviour", ["softmax", "ucb"])
def test_every_behaviour_learns_and_counts_only_where_it_must(name: str, behaviour: str) -> None:
    run = run_of(name, 600, behaviour=behaviour)
    tried = run.state.tried

    assert run.diverged is None
    assert run.state.q.abs().sum() > 0
    assert tried.sum(dim=tuple(range(1, tried.ndim))).sum() == (3600 if behaviour == "ucb" else 0)


def left_share(name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """How often each of 300 episodes on the maximisation-bias world goes left, over replicas."""
    replicas, episodes_, start = 1000, 300, 2
    config = {"alpha": 0.1, "epsilon": 0.1, "gamma": 1.0}
    run = Run(RunSpec(name, "max_bias", seed=3, replicas=replicas, config=config))
    left = np.zeros((replicas, episodes_))
    episode = np.zeros(replicas, dtype=int)
    while episode.min() < episodes_:
        while not run.pull():
            pass
        seen = run.recorder.latest
        here = (seen["state"].numpy() == start) & (episode < episodes_)
        left[here, episode[here]] = seen["action"].numpy()[here] == 0
        episode += (seen["terminated"] | seen["truncated"]).numpy()
    return left.mean(0)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "last"), [("q_learning", 0.122), ("double_q_learning", 0.071)])
def test_maximisation_bias_ends_where_it_should(name: str, last: float) -> None:
    # A share of 1000 replicas in 50 episodes that hang together: s.e. about .004 at most.
    assert left_share(name)[-50:].mean() == pytest.approx(last, abs=4 * 0.004)


@pytest.mark.slow
def test_q_learning_is_drawn_to_the_noise_and_double_q_learning_less() -> None:
    q, double = left_share("q_learning"), left_share("double_q_learning")

    # One episode of 1000 replicas here and of 1000 there: s.e. √(2·.94·.06/1000) = .011.
    assert q.max() == pytest.approx(0.94, abs=4 * 0.011)
    assert double[5:].max() < 0.6
