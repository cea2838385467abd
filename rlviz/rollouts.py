"""What a policy does in its world: so many steps, or so many whole episodes, of E copies.

Both are generators: each step of the world is a beat, and the rollout is what they return. The
samples are [T, E, B]: time, copies of the world of one replica, replicas. Copy 0 of replica 0 is
the one that is watched.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from rlviz.policies import Actor, Parameters
from rlviz.signals import Beat, beat
from rlviz.streams import BLOCK, Streams
from rlviz.worlds import tabular

COLLECTED = (
    "state",
    "action",
    "reward",
    "next_state",
    "terminated",
    "truncated",
    "episode_return",
    "episode_length",
)  # what each beat "collect" carries


class Rollout(NamedTuple):
    """Samples, each [T, E, B]; `alive` is False behind the end of a whole episode."""

    state: Tensor
    action: Tensor
    log_prob: Tensor
    reward: Tensor
    next_state: Tensor  # before the reset: what a learner bootstraps from
    terminated: Tensor
    truncated: Tensor
    alive: Tensor

    @property
    def done(self) -> Tensor:
        """Whether the episode ended with this step, by either way."""
        return self.terminated | self.truncated


@dataclass
class _Steps:
    """Steps as they come, each [E, B]."""

    copies: int
    rows: list[tuple[Tensor, ...]]

    def take(self, step: tabular.Transition, log_prob: Tensor, alive: Tensor) -> Beat:
        """Keep a step; the beat that shows it."""
        state, action, reward, next_state, terminated, truncated = (
            value.view(self.copies, -1) for value in step[:6]
        )
        row = (state, action, log_prob, reward, next_state, terminated, truncated, alive)
        self.rows.append(row)
        ended = (terminated | truncated) & alive
        return beat(
            "collect",
            state=state[0],
            action=action[0],
            reward=reward[0],
            next_state=next_state[0],
            terminated=terminated[0],
            truncated=truncated[0],
            episode_return=_mean(step.episode_return.view(self.copies, -1), ended),
            episode_length=_mean(step.episode_length.view(self.copies, -1), ended),
        )

    def rollout(self) -> Rollout:
        return Rollout(*(torch.stack(column) for column in zip(*self.rows, strict=True)))


def steps(
    world: tabular.Tables,
    actor: Actor,
    parameters: Parameters,
    episode: tabular.Episode,
    streams: Streams,
    n_steps: int,
) -> Generator[Beat, None, Rollout]:
    """So many steps of each copy; an episode that is running goes on in the next rollout.

    Args:
        world: the tables.
        actor: family of policies.
        parameters: of that family.
        episode: the moving part of E copies, [E·B]; it is moved on.
        streams: the run's.
        n_steps: T.
    """
    copies = len(episode.state) // streams.replicas
    kept = _Steps(copies, [])
    alive = torch.ones_like(episode.state, dtype=torch.bool).view(copies, -1)
    for _ in range(n_steps):
        policy = actor.distribution(parameters, episode.state.view(copies, -1))
        action = actor.sample(policy, streams.policy.uniform(copies))
        log_prob = policy.log_prob(action)
        step = tabular.advance(world, episode, action.view(-1), streams)
        yield kept.take(step, log_prob, alive)
    return kept.rollout()


def episodes(
    world: tabular.Tables,
    actor: Actor,
    parameters: Parameters,
    streams: Streams,
    copies: int,
) -> Generator[Beat, None, Rollout]:
    """One whole episode of each copy, from a start state; T is the longest of all.

    A copy whose episode has ended stands still and its samples are not `alive`. However long the
    others take, the streams go on from the same place: replica 0 is the same for every B.
    """
    afterwards = [
        (stream, stream.blocks + _blocks(world.time_limit * draws + 1, copies))
        for stream, draws in ((streams.policy, 1), (streams.world, 3))
    ]
    episode = tabular.begin(world, streams, copies)
    kept = _Steps(copies, [])
    alive = torch.ones_like(episode.state, dtype=torch.bool).view(copies, -1)
    while bool(alive.any()):
        before = episode.state
        policy = actor.distribution(parameters, before.view(copies, -1))
        action = actor.sample(policy, streams.policy.uniform(copies))
        log_prob = policy.log_prob(action)
        step = tabular.advance(world, episode, action.view(-1), streams)
        yield kept.take(step, log_prob, alive)
        alive = alive & ~step.done.view(copies, -1)
        # Who has arrived stays there: a step of the next episode belongs to no sample.
        episode.state = torch.where(alive.view(-1), episode.state, before)
    for stream, block in afterwards:
        stream.skip_to(block)
    return kept.rollout()


def watched(batch: Rollout, value: Tensor) -> Tensor:
    """Of the watched copy along its episode: [T, E, B] gives [B, T], NaN behind its end."""
    return torch.where(batch.alive[:, 0], value[:, 0].double(), tabular.NAN).t()


def mean(batch: Rollout, value: Tensor) -> Tensor:
    """Mean over the samples of each replica, [T, E, B] gives [B]."""
    total: Tensor = (value * batch.alive).sum((0, 1)) / batch.alive.sum((0, 1))
    return total


def _blocks(calls: int, n: int) -> int:
    """Blocks of a stream that so many calls for `n` numbers may open."""
    return -(-calls // (BLOCK // n)) + 1


def _mean(value: Tensor, ended: Tensor) -> Tensor:
    """Mean over the copies that ended, [B]; NaN where none did."""
    return torch.where(ended, value, tabular.NAN).nanmean(0)
