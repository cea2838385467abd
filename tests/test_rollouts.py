"""What a policy does in its world: batches of steps and of whole episodes."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import torch

from rlviz import policies, rollouts
from rlviz.rollouts import Rollout
from rlviz.signals import Beat
from rlviz.streams import Streams
from rlviz.worlds import key_door, short_corridor, tabular


def collected(batch: Generator[Beat, None, Rollout]) -> tuple[list[Beat], Rollout]:
    """The beats, and what is returned at the end."""
    beats = []
    while True:
        try:
            beats.append(next(batch))
        except StopIteration as end:
            return beats, end.value


def corridor(replicas: int, **config: Any) -> tuple[tabular.Tables, Any, Any, Streams]:
    world = short_corridor.make(short_corridor.Config(first_probability=0.5, **config)).on("cpu")
    streams, actor = Streams(2, replicas), policies.actor(world)
    return world, actor, actor.init(streams), streams


def test_every_copy_walks_one_episode_from_the_start_to_its_end() -> None:
    world, actor, parameters, streams = corridor(3)
    beats, batch = collected(rollouts.episodes(world, actor, parameters, streams, 4))
    lengths = batch.alive.sum(0)

    assert batch.state.shape == (len(beats), 4, 3)
    assert batch.state[0].eq(0).all()
    assert (batch.alive.int().diff(dim=0) <= 0).all()  # once it has ended it stays ended
    last = (lengths - 1).unsqueeze(0)
    assert batch.terminated.gather(0, last).all()
    assert (batch.terminated & batch.alive).sum(0).eq(1).all()
    assert len(beats) == lengths.max()


def test_samples_follow_one_another_as_the_world_says() -> None:
    world, actor, parameters, streams = corridor(2)
    _, batch = collected(rollouts.episodes(world, actor, parameters, streams, 4))
    moved = torch.tensor(short_corridor.NEXT)[batch.state, batch.action]
    running = batch.alive[1:]

    assert torch.equal(moved[batch.alive], batch.next_state[batch.alive])
    assert torch.equal(batch.next_state[:-1][running], batch.state[1:][running])


def test_an_event_is_the_mean_over_the_copies_whose_episode_ends_with_this_step() -> None:
    world, actor, parameters, streams = corridor(2)
    beats, batch = collected(rollouts.episodes(world, actor, parameters, streams, 4))
    for t, (_, values) in enumerate(beats):
        ended = batch.done[t] & batch.alive[t]
        for b in range(2):
            expected = -(t + 1) if ended[:, b].any() else np.nan  # every step costs 1
            np.testing.assert_equal(values["episode_return"][b].item(), expected)
            np.testing.assert_equal(values["episode_length"][b].item(), -expected)


def test_a_batch_leaves_the_streams_where_they_are_for_every_number_of_replicas() -> None:
    after = []
    for replicas in (1, 7):
        world, actor, parameters, streams = corridor(replicas)
        for _ in range(3):
            collected(rollouts.episodes(world, actor, parameters, streams, 5))
        after.append((streams.state_dict(), streams.policy.uniform(2)[:, 0].tolist()))

    assert after[0] == after[1]


def test_the_time_limit_cuts_and_does_not_end() -> None:
    world, actor, parameters, streams = corridor(2, time_limit=10)
    parameters = {
        "theta": torch.tensor([[[30.0, -30.0]]] * 2, dtype=torch.float64)
    }  # left for ever
    _, batch = collected(rollouts.episodes(world, actor, parameters, streams, 3))

    assert len(batch.state) == 10
    assert not batch.terminated.any()
    assert batch.truncated[-1].all()
    assert batch.truncated.sum() == 6


def test_steps_go_on_where_the_last_batch_stopped() -> None:
    world, actor, parameters, streams = corridor(2)
    episode = tabular.begin(world, streams, copies=3)
    _, first = collected(rollouts.steps(world, actor, parameters, episode, streams, 5))
    _, second = collected(rollouts.steps(world, actor, parameters, episode, streams, 5))
    goes_on = torch.where(first.done[-1], 0, first.next_state[-1])

    assert first.state.shape == (5, 3, 2)
    assert first.alive.all()
    assert torch.equal(second.state[0], goes_on)


def test_log_probabilities_are_those_of_the_policy_that_drew() -> None:
    world, actor, parameters, streams = corridor(2)
    episode = tabular.begin(world, streams, copies=3)
    _, batch = collected(rollouts.steps(world, actor, parameters, episode, streams, 9))
    expected = actor.distribution(parameters, batch.state).log_prob(batch.action)

    torch.testing.assert_close(batch.log_prob, expected)


def test_the_watched_copy_ends_in_a_gap_and_means_leave_out_who_has_ended() -> None:
    world, actor, parameters, streams = corridor(2)
    _, batch = collected(rollouts.episodes(world, actor, parameters, streams, 4))
    shown, n = rollouts.watched(batch, batch.reward), batch.alive[:, 0].sum(0)

    assert shown.isnan().sum(1).tolist() == (len(batch.state) - n).tolist()
    assert rollouts.mean(batch, batch.reward * 1.0).tolist() == [-1.0, -1.0]


@pytest.mark.parametrize("copies", [1, 16, 256])
def test_the_reserve_is_enough_for_the_longest_episodes(copies: int) -> None:
    """Noise and actions are drawn at every step; skipping back would be refused."""
    world = key_door.make(key_door.Config(delay=20)).on("cpu")
    streams, actor = Streams(0, 1), policies.actor(world)
    before = streams.world.blocks
    collected(rollouts.episodes(world, actor, actor.init(streams), streams, copies))

    assert streams.world.blocks > before
    with pytest.raises(ValueError, match="past"):
        streams.world.skip_to(before)
