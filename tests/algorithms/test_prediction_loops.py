"""Each method of prediction against the plain loop of its definition, on the same steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from rlviz import registry
from rlviz.streams import Streams
from rlviz.worlds.tabular import TabularWorld
from tests.exact.test_prediction import walk

WORLD = walk(5, left=-1.0)
CUT = TabularWorld(**{**vars(WORLD), "time_limit": 7})
REPLICAS, STEPS, ALPHA, GAMMA = 3, 300, 0.3, 0.9
Step = tuple[int, float, int, bool, bool]


def run(name: str, world: TabularWorld = WORLD, steps: int = STEPS, **config: Any) -> Any:
    """The state after so many steps, and the steps of each replica."""
    module = registry.algorithm(name)
    settings = module.Config(**{"alpha": ALPHA, "gamma": GAMMA, "initial_value": 0.25, **config})
    tables, streams = world.on("cpu"), Streams(3, REPLICAS)
    state = module.init(tables, settings, streams)
    taken: list[list[Step]] = [[] for _ in range(REPLICAS)]
    for _ in range(steps):
        seen: dict[str, torch.Tensor] = {}
        for _, signals in module.iterate(tables, state, settings):
            seen |= signals
        names = ("state", "reward", "next_state", "terminated", "truncated")
        for b in range(REPLICAS):
            taken[b].append(tuple(seen[n][b].item() for n in names))
    return state, taken


def episodes(taken: list[Step]) -> Iterator[list[Step]]:
    """Finished and unfinished episodes, in order."""
    at = 0
    for end, step in enumerate(taken, 1):
        if step[3] or step[4]:
            yield taken[at:end]
            at = end
    yield taken[at:]


def fresh(world: TabularWorld = WORLD) -> list[float]:
    return [0.0 if t else 0.25 for t in world.terminal]


def n_step_loop(taken: list[Step], n: int) -> list[float]:
    """Sutton & Barto 2018, section 7.1: τ = t − n + 1, on to τ = T − 1."""
    v = fresh()
    for steps in episodes(taken):
        length = len(steps)
        over = bool(steps) and (steps[-1][3] or steps[-1][4])
        for t in range(length + n - 1 if over else length):
            if (tau := t - n + 1) < 0:
                continue
            upto = min(tau + n, length)
            g = sum(GAMMA ** (i - tau) * steps[i][1] for i in range(tau, upto))
            last = steps[upto - 1]
            g += 0.0 if last[3] else GAMMA ** (upto - tau) * v[last[2]]
            v[steps[tau][0]] += ALPHA * (g - v[steps[tau][0]])
    return v


@pytest.mark.parametrize("n", [1, 2, 4, 9])
def test_n_step_td_equals_its_loop(n: int) -> None:
    state, taken = run("n_step_td", n=n)

    for b in range(REPLICAS):
        np.testing.assert_allclose(state.v[b], n_step_loop(taken[b], n), rtol=0, atol=1e-12)


def test_one_step_is_td() -> None:
    one, _ = run("n_step_td", n=1, world=CUT)
    td, _ = run("td_prediction", world=CUT)

    torch.testing.assert_close(one.v, td.v)


def test_lambda_of_zero_is_td_with_every_trace() -> None:
    td, _ = run("td_prediction", world=CUT)
    for trace in ("accumulating", "replacing", "dutch"):
        got, _ = run("td_lambda", world=CUT, lambda_=0.0, trace=trace)
        torch.testing.assert_close(got.v, td.v)


def monte_carlo_loop(taken: list[Step], visit: str, averaging: str) -> list[float]:
    v, count = fresh(), [0] * WORLD.n_states
    for steps in list(episodes(taken))[:-1]:
        g = 0.0 if steps[-1][3] else v[steps[-1][2]]
        returns = []
        for step in reversed(steps):
            g = step[1] + GAMMA * g
            returns.insert(0, g)
        met: set[int] = set()
        for step, target in zip(steps, returns, strict=True):
            s = step[0]
            if visit == "first" and s in met:
                continue
            met.add(s)
            count[s] += 1
            v[s] += (ALPHA if averaging == "step_size" else 1 / count[s]) * (target - v[s])
    return v


@pytest.mark.parametrize("world", [WORLD, CUT], ids=["whole", "cut"])
@pytest.mark.parametrize("visit", ["first", "every"])
@pytest.mark.parametrize("averaging", ["step_size", "mean"])
def test_monte_carlo_equals_its_loop(world: TabularWorld, visit: str, averaging: str) -> None:
    state, taken = run("monte_carlo_prediction", world=world, visit=visit, averaging=averaging)

    for b in range(REPLICAS):
        expected = monte_carlo_loop(taken[b], visit, averaging)
        np.testing.assert_allclose(state.v[b], expected, rtol=0, atol=1e-12)


def td_lambda_loop(taken: list[Step], trace: str, lambda_: float) -> list[float]:
    v = np.array(fresh())
    for steps in episodes(taken):
        e, v_old = np.zeros(len(v)), 0.0
        for s, r, after, terminated, _ in steps:
            here = np.eye(len(v))[s]
            value, ahead = v[s], 0.0 if terminated else v[after]
            delta = r + GAMMA * ahead - value
            e = GAMMA * lambda_ * e
            e += {
                "accumulating": 1.0,
                "replacing": 1.0 - e[s],
                "dutch": 1.0 - ALPHA * e[s],
            }[trace] * here
            drift = value - v_old if trace == "dutch" else 0.0
            v = v + ALPHA * (delta + drift) * e - ALPHA * drift * here
            v_old = ahead
    return list(v)


@pytest.mark.parametrize("world", [WORLD, CUT], ids=["whole", "cut"])
@pytest.mark.parametrize("trace", ["accumulating", "replacing", "dutch"])
def test_td_lambda_equals_its_loop(world: TabularWorld, trace: str) -> None:
    state, taken = run("td_lambda", world=world, trace=trace, lambda_=0.8)

    for b in range(REPLICAS):
        expected = td_lambda_loop(taken[b], trace, 0.8)
        np.testing.assert_allclose(state.v[b], expected, rtol=0, atol=1e-12)


def filled(method: str) -> Any:
    """A batch of the eight episodes of example 6.4, swept until it stands still."""
    module, world = registry.algorithm("batch_prediction"), registry.world("ab_episodes")
    tables, streams = world.make(world.Config()).on("cpu"), Streams(0, 1)
    config = module.Config(method=method, alpha=0.5)
    state = module.init(tables, config, streams)
    # A 0 B 0; then B 1 six times; then B 0.
    state.states[0, :9] = torch.tensor([0, 1] + [1] * 7)
    state.successors[0, :9] = torch.tensor([1, 2] + [2] * 7)
    state.rewards[0, :9] = torch.tensor([0.0, 0.0] + [1.0] * 6 + [0.0])
    state.returns[0, :9] = state.rewards[0, :9]
    state.going_on[0, 0] = 1.0
    state.length[0] = state.finished[0] = 9
    state.episodes[0] = 8
    for _ in range(200):
        list(module.iterate(tables, state, config))
    return state


@pytest.mark.parametrize(("method", "a"), [("td", 0.75), ("mc", 0.0)])
def test_the_predictor_of_a(method: str, a: float) -> None:
    state = filled(method)

    assert state.v[0, :2].tolist() == pytest.approx([a, 0.75], abs=1e-8)
    assert int(state.finished) == 9


def test_a_batch_holds_the_returns_of_its_episodes() -> None:
    state, taken = run("batch_prediction", episodes=4, method="mc")

    for b in range(REPLICAS):
        expected = []
        for steps in list(episodes(taken[b]))[:4]:
            for first in range(len(steps)):
                expected.append(sum(GAMMA**k * step[1] for k, step in enumerate(steps[first:])))
        assert state.returns[b, : int(state.finished[b])].tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("gradient", "expected"), [("semi", [0.5, 1, 0]), ("full", [0.5, 0.75, 0.25])]
)
def test_where_the_gradients_settle(gradient: str, expected: list[float]) -> None:
    world = registry.world("a_split")
    module = registry.algorithm("td_gradient")
    tables, streams = world.make(world.Config()).on("cpu"), Streams(1, 400)
    config = module.Config(gradient=gradient, alpha=0.02)
    state = module.init(tables, config, streams)
    for _ in range(3000):
        list(module.iterate(tables, state, config))

    # Means over 400 replicas that waver by about .05 each, so by .0025 together.
    np.testing.assert_allclose(state.v[:, :3].mean(0), expected, rtol=0, atol=0.012)
