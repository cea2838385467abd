"""Tables in torch against a plain loop over the tables in numpy."""

from __future__ import annotations

import dataclasses
import math
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rlviz.errors import BadValue
from rlviz.streams import Streams
from rlviz.worlds import cliff_walking, gridworld, room
from rlviz.worlds.tabular import Episode, TabularWorld, Transition, advance, begin
from tests.worlds.random_worlds import random_world, worlds

RIGHT, LEFT = 1, 3


class Numbers:
    """A stream of numbers that the test has chosen; the same for every replica."""

    def __init__(self, *numbers: float) -> None:
        self.left = list(numbers)

    def uniform(self, n: int) -> Tensor:
        """The next `n`, for one replica."""
        taken, self.left = self.left[:n], self.left[n:]
        return torch.tensor(taken, dtype=torch.float64).unsqueeze(1)


class Chosen(NamedTuple):
    """Streams of one replica in which the world's numbers are chosen."""

    world: Numbers
    replicas: int = 1


def corridor(time_limit: int) -> TabularWorld:
    """Start, floor, goal: two steps to the right."""
    return gridworld.make("corridor", "S.G", slip=0.0, time_limit=time_limit)


def walk(world: TabularWorld, *actions: int) -> tuple[Episode, list[Transition]]:
    """One replica that takes these actions."""
    tables, streams = world.on("cpu"), Streams(0, 1)
    episode = begin(tables, streams)
    return episode, [advance(tables, episode, torch.tensor([a]), streams) for a in actions]


def pick(probability: np.ndarray, uniform: float) -> int:
    """The outcome in whose part of the unit interval the number lies."""
    below = 0.0
    for k, p in enumerate(probability):
        below += p
        if uniform < below:
            return k
    return int(np.flatnonzero(probability)[-1])


def loop(world: TabularWorld, actions: np.ndarray, seed: int) -> list[dict[str, list[float]]]:
    """What `begin` and `advance` must do, replica by replica in plain Python."""
    replicas = actions.shape[1]
    stream, some = Streams(seed, replicas).world, (world.start > 0).sum() > 1

    def draw(needed: bool) -> np.ndarray:
        return stream.uniform(1)[0].numpy() if needed else np.zeros(replicas)

    state = [pick(world.start, u) for u in draw(some)]
    steps, total = [0] * replicas, [0.0] * replicas
    rows = []
    for action in actions:
        moving, starting = draw(world.next_state.shape[2] > 1), draw(some)
        row: dict[str, list[float]] = {name: [] for name in Transition._fields}
        for b, a in enumerate(action):
            s = state[b]
            k = pick(world.probability[s, a], moving[b])
            after, r = int(world.next_state[s, a, k]), float(world.reward[s, a, k])
            steps[b], total[b] = steps[b] + 1, total[b] + r
            terminated = bool(world.terminal[after])
            truncated = steps[b] == world.time_limit and not terminated
            done = terminated or truncated
            ended = (total[b], float(steps[b])) if done else (math.nan, math.nan)
            seen = (s, int(a), r, after, terminated, truncated, done, *ended)
            for name, value in zip(Transition._fields, seen, strict=True):
                row[name].append(value)
            state[b] = after
            if done:
                state[b], steps[b], total[b] = pick(world.start, starting[b]), 0, 0.0
        rows.append(row)
    return rows


@pytest.mark.parametrize(
    "world",
    [
        cliff_walking.make(cliff_walking.Config(time_limit=23)),
        cliff_walking.make(cliff_walking.Config(slip=0.3, time_limit=23)),
        room.make(room.Config(slip=0.2, time_limit=40)),
        gridworld.make("two starts", "S..#\nS..G", slip=0.0, time_limit=5),
        random_world(3, 6, 3, 4),
    ],
    ids=["cliff", "cliff with slip", "room with slip", "two starts", "random"],
)
def test_advance_equals_a_plain_loop_over_the_tables(world: TabularWorld) -> None:
    replicas, n_steps, seed = 3, 120, 7
    actions = np.random.default_rng(1).integers(0, world.n_actions, (n_steps, replicas))
    tables, streams = world.on("cpu"), Streams(seed, replicas)
    episode = begin(tables, streams)

    got = [advance(tables, episode, torch.from_numpy(a), streams) for a in actions]

    expected = loop(world, actions, seed)
    assert any(any(row["done"]) for row in expected)
    for transition, row in zip(got, expected, strict=True):
        for name, values in row.items():
            np.testing.assert_array_equal(getattr(transition, name).numpy(), values, name)


def test_arriving_at_the_limit_terminates_and_does_not_truncate() -> None:
    _, (_, last) = walk(corridor(time_limit=2), RIGHT, RIGHT)

    assert (last.terminated.item(), last.truncated.item(), last.done.item()) == (True, False, True)


def test_a_cut_episode_is_truncated_and_does_not_terminate() -> None:
    _, (first, last) = walk(corridor(time_limit=2), RIGHT, LEFT)

    assert not first.done.item()
    assert (last.terminated.item(), last.truncated.item(), last.done.item()) == (False, True, True)


def test_next_state_is_the_one_before_the_reset() -> None:
    episode, (_, last) = walk(corridor(time_limit=2), RIGHT, RIGHT)

    assert last.next_state.item() == 2
    assert episode.state.item() == 0


def test_return_and_length_stand_only_where_an_episode_ended() -> None:
    _, steps = walk(corridor(time_limit=9), RIGHT, RIGHT, LEFT, RIGHT, RIGHT)

    np.testing.assert_array_equal(
        torch.cat([t.episode_return for t in steps]), [math.nan, -2, math.nan, math.nan, -3]
    )
    np.testing.assert_array_equal(
        torch.cat([t.episode_length for t in steps]), [math.nan, 2, math.nan, math.nan, 3]
    )


def test_types_are_those_that_the_signals_need() -> None:
    _, (step,) = walk(corridor(time_limit=9), RIGHT)

    types = {
        name: str(value.dtype).removeprefix("torch.") for name, value in step._asdict().items()
    }
    assert types == {
        "state": "int64",
        "action": "int64",
        "reward": "float64",
        "next_state": "int64",
        "terminated": "bool",
        "truncated": "bool",
        "done": "bool",
        "episode_return": "float64",
        "episode_length": "float64",
    }


def test_a_transition_is_never_written_to_again() -> None:
    world = cliff_walking.make(cliff_walking.Config(slip=0.2, time_limit=3)).on("cpu")
    streams = Streams(0, 8)
    episode = begin(world, streams)
    action = torch.arange(8) % 4
    step = advance(world, episode, action, streams)
    then = [value.clone() for value in step]

    for _ in range(20):
        advance(world, episode, action, streams)

    for kept, value in zip(then, step, strict=True):
        torch.testing.assert_close(value, kept, rtol=0, atol=0, equal_nan=True)


def test_a_world_without_chance_draws_no_numbers() -> None:
    tables, streams = corridor(time_limit=2).on("cpu"), Streams(0, 2)
    before = streams.state_dict()

    episode = begin(tables, streams)
    advance(tables, episode, torch.tensor([RIGHT, LEFT]), streams)

    assert streams.state_dict() == before


@pytest.mark.parametrize(
    ("uniform", "expected"), [(0.0, 0), (0.24, 0), (0.26, 1), (0.75, 2), (0.99, 2)]
)
def test_begin_draws_from_the_start_distribution(uniform: float, expected: int) -> None:
    world = dataclasses.replace(random_world(0, 4, 2, 2), start=np.array([0.25, 0.5, 0.25, 0]))

    episode = begin(world.on("cpu"), Chosen(Numbers(uniform)))

    assert episode.state.tolist() == [expected]


def test_an_outcome_of_probability_zero_never_comes() -> None:
    # Ten tenths add up to 1 − 2⁻⁵³, which is a number that a stream may give.
    shape = (2, 1, 11)
    probability = np.broadcast_to([0.1] * 10 + [0.0], shape).astype(np.float64)
    next_state = np.ones(shape, dtype=np.int64)
    reward = np.zeros(shape)
    reward[0, 0, -1] = 99.0
    world = TabularWorld(
        "zero", next_state, reward, probability, np.array([False, True]), np.array([1.0, 0.0]), 9
    ).on("cpu")
    streams = Chosen(Numbers(1 - 2**-53))

    episode = begin(world, streams)
    step = advance(world, episode, torch.tensor([0]), streams)

    assert step.reward.tolist() == [0.0]


@settings(deadline=None, max_examples=40)
@given(worlds(), st.floats(0, 1, exclude_max=True), st.data())
def test_the_outcome_is_the_part_of_the_interval_that_was_hit(
    world: TabularWorld, uniform: float, data: st.DataObject
) -> None:
    s = data.draw(st.integers(0, world.n_states - 2))
    a = data.draw(st.integers(0, world.n_actions - 1))
    one = dataclasses.replace(world, start=np.eye(world.n_states)[s])
    streams = Chosen(Numbers(uniform))
    tables = one.on("cpu")

    episode = begin(tables, streams)
    step = advance(tables, episode, torch.tensor([a]), streams)

    assert step.next_state.item() == one.next_state[s, a, pick(one.probability[s, a], uniform)]


def test_probabilities_that_do_not_sum_to_one_are_refused() -> None:
    world = corridor(time_limit=2)

    with pytest.raises(BadValue, match=r"`probability` of `corridor` must sum to 1, but got 0\.5"):
        dataclasses.replace(world, probability=world.probability / 2)


def test_a_terminal_state_that_leads_away_is_refused() -> None:
    world = corridor(time_limit=2)
    leads_away = world.next_state.copy()
    leads_away[2] = 0

    with pytest.raises(BadValue, match=r"must lead to themselves .* but some of \[2\] do not"):
        dataclasses.replace(world, next_state=leads_away)


def test_a_terminal_state_that_pays_is_refused() -> None:
    world = corridor(time_limit=2)
    pays = world.reward.copy()
    pays[2] = 1.0

    with pytest.raises(BadValue, match=r"with reward 0, but some of \[2\] do not"):
        dataclasses.replace(world, reward=pays)


def noisy(deviation: float) -> TabularWorld:
    """One state, two actions: the first is certain, the second has noise."""
    return TabularWorld(
        name="noisy",
        next_state=np.zeros((1, 2, 1), dtype=np.int64),
        reward=np.array([[[1.0], [3.0]]]),
        probability=np.ones((1, 2, 1)),
        terminal=np.array([False]),
        start=np.ones(1),
        time_limit=10_000,
        reward_sd=np.array([[0.0, deviation]]),
    )


def rewards(replicas: int, steps: int, action: int) -> Tensor:
    """Of so many steps with one action, [steps, B]."""
    tables, streams = noisy(2.0).on("cpu"), Streams(5, replicas)
    episode = begin(tables, streams)
    chosen = torch.full((replicas,), action)
    return torch.stack([advance(tables, episode, chosen, streams).reward for _ in range(steps)])


def test_noise_on_rewards_has_the_mean_and_deviation_of_its_pair() -> None:
    got = rewards(replicas=40, steps=500, action=1)

    # 20,000 draws: standard errors .014 of the mean and .01 of the deviation
    assert got.mean().item() == pytest.approx(3.0, abs=0.06)
    assert got.std().item() == pytest.approx(2.0, abs=0.04)
    assert (rewards(replicas=3, steps=5, action=0) == 1.0).all()


def test_noise_of_a_replica_does_not_depend_on_how_many_there_are() -> None:
    alone = rewards(replicas=1, steps=50, action=1)

    assert all(torch.equal(alone[:, 0], rewards(n, 50, 1)[:, 0]) for n in (2, 7, 64))


@pytest.mark.parametrize(("uniform", "normal"), [(0.5, 0.0), (0.975, 1.959964), (0.0, -8.3)])
def test_a_uniform_number_becomes_a_normal_one(uniform: float, normal: float) -> None:
    tables, streams = noisy(1.0).on("cpu"), Chosen(Numbers(uniform))
    step = advance(tables, begin(tables, streams), torch.tensor([1]), streams)

    assert step.reward.item() - 3.0 == pytest.approx(normal, abs=0.02 if uniform == 0 else 1e-6)


@pytest.mark.parametrize("allowed", [[0, 2], [1, 3]])
def test_a_state_has_at_least_one_action_and_at_most_all(allowed: list[int]) -> None:
    world = random_world(0, 2, 2, 1)

    with pytest.raises(BadValue, match=r"`1 <= n_allowed <= 2` must hold in every state"):
        dataclasses.replace(world, n_allowed=np.array(allowed))


def test_tables_carry_how_many_actions_there_are() -> None:
    world = dataclasses.replace(random_world(0, 2, 2, 1), n_allowed=np.array([1, 2]))

    tables = world.on("cpu")
    assert tables.n_allowed is not None
    assert tables.n_allowed.tolist() == [1, 2]
    assert world.allowed.tolist() == [[True, False], [True, True]]
    assert random_world(0, 2, 2, 1).on("cpu").n_allowed is None
