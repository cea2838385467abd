"""Means of returns, against a plain loop over what was seen."""

from __future__ import annotations

import time

import numpy as np
import pytest

from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec, Set


def advanced(iterations: int, replicas: int = 2, **config: float) -> Run:
    values = {"gamma": 0.9, "random_share": 0.3, **config}
    run = Run(RunSpec("follow_policy", "room", seed=3, replicas=replicas, config=values))
    if iterations:
        run.advance(time.perf_counter() + 60, iterations)
    return run


def test_means_are_those_of_first_visits() -> None:
    # The oracle keeps whole episodes and walks each of them backwards.
    run, seen = advanced(0), {}
    episode: list[tuple[int, float]] = []
    for item in run._stream:
        if item is None:
            if run.iteration >= 400:
                break
            continue
        name, values = item
        if name == "act":
            episode.append((int(values["state"][0]), float(values["reward"][0])))
        elif name == "update" and bool(values["terminated"][0]):
            g, first = 0.0, {}
            for state, reward in reversed(episode):
                g = reward + 0.9 * g
                first[state] = g  # what is written last is the first visit
            for state, value in first.items():
                seen.setdefault(state, []).append(value)
            episode = []

    assert len(seen) > 10
    for state, values in seen.items():
        assert run.state.v[0, state].item() == pytest.approx(np.mean(values))


def test_a_turned_knob_begins_the_means_anew() -> None:
    run = advanced(500)
    run.intervene("id", Set("gamma", 0.5))
    run.advance(time.perf_counter() + 60, 501)

    assert not run.state.counted.any()
    assert not run.state.v.any()


def test_the_return_of_the_episode_is_the_weighted_sum() -> None:
    run = advanced(7, gamma=0.5)
    rewards = run.state.path_rewards[0]

    # −1 each step: −(1 + 1/2 + … + 1/64) = −127/64.
    assert rewards[:7].tolist() == [-1.0] * 7
    assert run.recorder.latest["return_so_far"][0].item() == -127 / 64


@pytest.mark.slow
def test_the_means_come_to_the_exact_values() -> None:
    run = advanced(40_000, replicas=32)
    from_start = run.truth.of_policy(0.9, 0.3, 0).v[0]
    means = run.state.v[:, 0].numpy()

    assert abs(means.mean() - from_start) < 4 * means.std(ddof=1) / np.sqrt(32)
