"""Policy evaluation, policy iteration and value iteration: sweep by sweep against the books."""

from __future__ import annotations

import time
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rlviz.algorithms import policy_evaluation, policy_iteration, value_iteration
from rlviz.exact import dynamic_programming as dp
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec, Set
from rlviz.streams import Streams
from rlviz.worlds.tabular import TabularWorld

MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))  # up, right, down, left
# Sutton & Barto 2018, figure 4.1: V of the equiprobable policy.
FOUR = [[0, -14, -20, -22], [-14, -18, -20, -20], [-20, -20, -18, -14], [-22, -20, -14, 0]]


def grid(size: int, jumps: dict[tuple[int, int], Any], ends: list[int], *, off: float, step: float):
    """A square grid whose border holds; `jumps` lead from a cell to a cell with a reward."""
    landing = np.empty((size * size, 4, 1), np.int64)
    reward = np.full((size * size, 4, 1), step)
    for s in range(size * size):
        for a, (down, right) in enumerate(MOVES):
            row, column = s // size + down, s % size + right
            inside = 0 <= row < size and 0 <= column < size
            landing[s, a] = row * size + column if inside else s
            reward[s, a] = step if inside else off
            if (s // size, s % size) in jumps:
                (row, column), reward[s, a] = jumps[s // size, s % size]
                landing[s, a] = row * size + column
    terminal = np.isin(np.arange(size * size), ends)
    landing[terminal] = np.flatnonzero(terminal)[:, None, None]
    reward[terminal] = 0.0
    start = np.where(terminal, 0.0, 1.0 / (~terminal).sum())
    return TabularWorld("grid", landing, reward, np.ones_like(reward), terminal, start, 100)


def four() -> TabularWorld:
    return grid(4, {}, [0, 15], off=-1.0, step=-1.0)


def five() -> TabularWorld:
    jumps = {(0, 1): ((4, 1), 10.0), (0, 3): ((2, 3), 5.0)}
    return grid(5, jumps, [], off=-1.0, step=0.0)


class Sweeps:
    """An algorithm on a world of its own, without a run around it."""

    def __init__(self, module: ModuleType, world: TabularWorld, **config: Any) -> None:
        self.module, self.tables = module, world.on("cpu")
        self.config = module.Config(**config)
        self.state = module.init(self.tables, self.config, Streams(1, 2, torch.device("cpu")))

    def go(self, sweeps: int = 1) -> dict[str, torch.Tensor]:
        shown: dict[str, torch.Tensor] = {}
        for _ in range(sweeps):
            for _, values in self.module.iterate(self.tables, self.state, self.config):
                shown |= values
        return shown

    def until(self, theta: float) -> int:
        """Sweeps before the first that moves no value by `theta`."""
        for sweep in range(2000):
            if float(self.go()["residual"][0]) < theta:
                return sweep
        raise AssertionError("It does not settle.")

    @property
    def v(self) -> NDArray[np.float64]:
        return self.state.v[0].numpy()


@pytest.mark.parametrize(("sweep", "expected"), [("synchronous", 172), ("in_place", 113)])
def test_sweeps_until_the_small_grid_is_evaluated(sweep: str, expected: int) -> None:
    run = Sweeps(policy_evaluation, four(), sweep=sweep)

    assert run.until(1e-4) == expected
    np.testing.assert_allclose(run.v.reshape(4, 4), FOUR, atol=0.01)


def test_synchronous_sweeps_one_by_one() -> None:
    # From V = 0: one step costs 1. Next to a goal one move of four ends, so
    # V_2 = −1 + ¾·(−1) = −1.75; elsewhere all four lead to −1, so −2.
    run = Sweeps(policy_evaluation, four())
    run.go()
    one = run.v.copy()
    run.go()
    two = run.v.copy()
    run.go()
    three = run.v.copy()
    run.go(7)

    np.testing.assert_array_equal(one, [0, *[-1] * 14, 0])
    np.testing.assert_array_equal(two.reshape(4, 4)[0], [0, -1.75, -2, -2])
    np.testing.assert_array_equal(three.reshape(4, 4)[1], [-2.4375, -2.875, -3.0, -2.9375])
    np.testing.assert_allclose(
        run.v.reshape(4, 4)[:2],
        [
            [0.0, -6.137969971, -8.352355957, -8.967315674],
            [-6.137969971, -7.73739624, -8.427825928, -8.352355957],
        ],
        atol=1e-9,
    )


def test_one_sweep_in_place_reads_what_it_has_just_written() -> None:
    # Cell 1 reads the goal 0 and old zeros: −1. Cell 2 reads the new −1 of cell 1: −1.25.
    run = Sweeps(policy_evaluation, four(), sweep="in_place")
    run.go()

    np.testing.assert_array_equal(run.v[:3], [0.0, -1.0, -1.25])


@pytest.mark.parametrize("sweep", ["synchronous", "in_place"])
def test_value_iteration_has_the_optimum_of_the_small_grid_in_four_sweeps(sweep: str) -> None:
    # The farthest cells are three moves away; the fourth sweep finds nothing to change.
    run = Sweeps(value_iteration, four(), sweep=sweep)
    shown = run.go(4)
    expected = [[0, -1, -2, -3], [-1, -2, -3, -2], [-2, -3, -2, -1], [-3, -2, -1, 0]]

    np.testing.assert_array_equal(run.v.reshape(4, 4), expected)
    assert float(shown["residual"][0]) == 0


def test_the_five_by_five_grid() -> None:
    # Sutton & Barto 2018, figures 3.2 and 3.5.
    mean = Sweeps(policy_evaluation, five(), gamma=0.9)
    best = Sweeps(value_iteration, five(), gamma=0.9)
    turns = Sweeps(policy_iteration, five(), gamma=0.9, evaluation_sweeps=5)
    for run in (mean, best, turns):
        run.go(400)

    np.testing.assert_allclose(
        mean.v[:5], [3.308996336, 8.789291863, 4.427619183, 5.322367593, 1.492178759], atol=1e-8
    )
    optimal = [21.97748529, 24.4194281, 21.97748529, 19.4194281, 17.47748529]
    np.testing.assert_allclose(best.v[:5], optimal, atol=1e-7)
    np.testing.assert_allclose(turns.v, best.v, atol=1e-9)


@pytest.mark.parametrize("evaluation_sweeps", [1, 2, 7, 1000])
@pytest.mark.parametrize("sweep", ["synchronous", "in_place"])
def test_policy_iteration_comes_to_rest_although_actions_tie(
    evaluation_sweeps: int, sweep: str
) -> None:
    world = four()
    run = Sweeps(policy_iteration, world, sweep=sweep, evaluation_sweeps=evaluation_sweeps)
    run.go(1200)
    policy = run.state.policy.clone()
    shown = run.go(50)

    assert torch.equal(run.state.policy, policy)
    assert shown["improved"].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(run.v, dp.best_policy(world, 1.0).v, atol=1e-9)


def test_full_evaluation_ends_when_the_values_have_settled() -> None:
    # 1000 sweeps are allowed; γ = 0.5 loses half of the distance in each, so 1e-9 takes about 30.
    run = Sweeps(policy_iteration, four(), gamma=0.5, evaluation_sweeps=1000)
    counts = []
    for _ in range(40):
        counts.append(int(run.go()["evaluated"][0]))

    assert 20 < max(counts) < 40


def test_one_sweep_of_evaluation_is_what_value_iteration_does() -> None:
    # After the first improvement each sweep backs up the greedy action of the sweep before.
    turns = Sweeps(policy_iteration, five(), gamma=0.9, evaluation_sweeps=1)
    best = Sweeps(value_iteration, five(), gamma=0.9)
    turns.go(1)
    best.state.v.copy_(turns.state.v)
    turns.go(6)
    best.go(6)

    np.testing.assert_allclose(turns.v, best.v, atol=1e-12)


def test_values_that_have_no_end_just_keep_falling() -> None:
    # Nothing ends in the 5×5 grid, so that at γ = 1 the mean reward is added for ever.
    # Rewards are never below −1, so that 500 sweeps can not lose more than 500.
    endless = Sweeps(policy_evaluation, five(), gamma=1.0)
    endless.go(500)

    assert np.isfinite(endless.v).all()
    assert float(endless.go()["residual"][0]) > 0.01


def test_an_optimal_policy_that_does_not_exist_is_no_reason_to_stop() -> None:
    run = Sweeps(policy_evaluation, five(), gamma=1.0, random_share=0.3)
    shown = run.go()

    np.testing.assert_array_equal(shown["policy"][0].numpy(), np.full((25, 4), 0.25))


@pytest.mark.parametrize("name", ["policy_evaluation", "policy_iteration", "value_iteration"])
@pytest.mark.parametrize("sweep", ["synchronous", "in_place"])
def test_terminal_states_stay_at_zero(name: str, sweep: str) -> None:
    run = Run(RunSpec(name, "room", replicas=3, config={"sweep": sweep}))
    run.advance(time.perf_counter() + 60, 50)

    assert not run.state.v[:, run.tables.terminal].any()


def test_one_discount_for_each_replica_is_many_runs_in_one() -> None:
    for name in ("policy_evaluation", "policy_iteration", "value_iteration"):
        gammas = (0.9, 0.5, 1.0)
        many = Run(RunSpec(name, "cliff_walking", replicas=3, config={"gamma": gammas}))
        many.advance(time.perf_counter() + 60, 25)
        for replica, gamma in enumerate(gammas):
            alone = Run(RunSpec(name, "cliff_walking", config={"gamma": gamma}))
            alone.advance(time.perf_counter() + 60, 25)

            assert torch.equal(alone.state.v[0], many.state.v[replica])


def test_the_kind_of_sweep_may_change_on_the_way() -> None:
    run = Run(RunSpec("value_iteration", "cliff_walking"))
    run.advance(time.perf_counter() + 60, 3)
    run.intervene("id", Set("sweep", "in_place"))
    beats = 0
    while not run.pull():
        beats += 1

    assert beats > 2  # one wave after another, and the end of the sweep


@pytest.mark.parametrize("sweep", ["synchronous", "in_place"])
def test_a_room_of_400_cells_is_solved_in_half_a_second(sweep: str) -> None:
    world = grid(20, {}, [399], off=-1.0, step=-1.0)
    run = Sweeps(value_iteration, world, sweep=sweep)
    run.go()  # the waves are found once for a world
    start = time.process_time()
    run.until(1e-6)

    assert time.process_time() - start < 0.5
    np.testing.assert_array_equal(run.v, dp.best_policy(world, 1.0).v.round(9))
