"""Batch TD(0) and batch Monte Carlo: one fixed set of episodes, swept again and again (S&B 6.3).

    V(s) ← V(s) + α·(mean target of s in the batch − V(s))

Monte Carlo's targets are the returns that were seen; those of TD are rewards and the values of the
states that followed. From the same data the two settle at different answers. One iteration is one
step of every replica, kept until the batch is complete, and one sweep over the finished episodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from rlviz.equations import Equation
from rlviz.exact.following import follow
from rlviz.hyperparameters import (
    Choices,
    Discount,
    Episodes,
    InitialValue,
    InTray,
    RandomShare,
    StepSize,
    Title,
)
from rlviz.ops import prediction as op
from rlviz.ops.returns import backwards
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "Batch prediction"
FAMILY, MEMBER = "td", 5
SUMMARY = "Two answers from the same few episodes."
WORLD = tabular.TabularWorld
TRUTH = {"v": "v_policy"}  # what the values are after
TRUTH_EVERY = 16  # iterations between two points of a truth curve
ENV_STEPS = 1  # of one replica in one iteration
GAINS_FROM_CUDA = GRADIENTS = False
CAPACITY = 4096  # steps of one replica that a batch can hold


@dataclass(frozen=True)
class Config:
    """Eight episodes, as in example 6.4 of Sutton & Barto 2018."""

    alpha: StepSize = 0.1
    gamma: Discount = 1.0
    method: Annotated[str, Choices(("td", "mc")), Title("target"), InTray("method")] = "td"
    episodes: Episodes = 8
    random_share: RandomShare = 1.0
    initial_value: InitialValue = 0.5


@dataclass
class State:
    """All that moves."""

    v: Tensor  # [B, S], 0 in terminal states
    states: Tensor  # [B, M + 1] int64; the last column takes what is not kept
    successors: Tensor  # [B, M + 1] int64
    rewards: Tensor  # [B, M + 1]
    going_on: Tensor  # [B, M + 1], 0 where the step terminated
    returns: Tensor  # [B, M + 1], of finished episodes
    length: Tensor  # [B] int64, steps kept
    finished: Tensor  # [B] int64, of these in finished episodes
    episodes: Tensor  # [B] int64, finished ones
    episode: tabular.Episode
    streams: Streams


WEIGHTS = ("v",)


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """Values that know nothing, an empty batch, and an agent at the start."""
    capacity = min(config.episodes * world.time_limit, CAPACITY)
    guess = world.first_value
    v = op.fresh_values(world.terminal, streams.replicas, config.initial_value, guess)
    numbers = torch.zeros(streams.replicas, capacity + 1, dtype=v.dtype, device=v.device)
    places = numbers.long()
    none = places[:, 0]
    return State(
        v,
        states=places,
        successors=places.clone(),
        rewards=numbers,
        going_on=numbers.clone(),
        returns=numbers.clone(),
        length=none.clone(),
        finished=none.clone(),
        episodes=none.clone(),
        episode=tabular.begin(world, streams),
        streams=streams,
    )


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One step of every replica, kept while the batch is open; then one sweep over the batch."""
    s, draws = state.episode.state, state.streams.policy.uniform(2)
    a, exploratory = follow(world, s, config.gamma, config.random_share, uniform=draws)
    step = tabular.advance(world, state.episode, a, state.streams)
    yield beat(
        "act",
        state=s,
        action=a,
        exploratory=exploratory,
        reward=step.reward,
        next_state=step.next_state,
    )

    _keep(state, config, step)
    v_s = op.value_of(state.v, s)
    used = max(1, int(state.finished.max()))
    inside = torch.arange(used, device=s.device) < state.finished.unsqueeze(1)
    states, target = state.states[:, :used], state.returns[:, :used]
    if config.method == "td":
        follows = state.v.gather(1, state.successors[:, :used]) * state.going_on[:, :used]
        target = state.rewards[:, :used] + op.column(config.gamma) * follows
    mean = op.mean_target(state.v, states, target, inside)
    update_target = op.value_of(mean, s)
    state.v = state.v + op.column(config.alpha) * (mean - state.v)
    yield beat(
        "sweep",
        v=state.v,
        batch_size=state.finished.clone(),
        v_s=v_s,
        update_target=update_target,
        v_new=v_s + config.alpha * (update_target - v_s),
        terminated=step.terminated,
        truncated=step.truncated,
        episode_return=step.episode_return,
        episode_length=step.episode_length,
    )


def _keep(state: State, config: Config, step: tabular.Transition) -> None:
    """Put one step into every batch that is open; where its episode is over, its returns too."""
    spare = state.states.shape[1] - 1
    open_ = (state.episodes < config.episodes) & (state.length < spare)
    at = torch.where(open_, state.length, spare).unsqueeze(1)
    state.states.scatter_(1, at, step.state.unsqueeze(1))
    state.successors.scatter_(1, at, step.next_state.unsqueeze(1))
    state.rewards.scatter_(1, at, step.reward.unsqueeze(1))
    going_on = (~step.terminated).to(state.v.dtype)
    state.going_on.scatter_(1, at, going_on.unsqueeze(1))
    state.length = state.length + open_
    rows = (open_ & step.done).nonzero().squeeze(1)
    if len(rows):
        last = state.length[rows].unsqueeze(1)
        places = torch.arange(int(last.max()), device=rows.device)
        new = (places >= state.finished[rows].unsqueeze(1)) & (places < last)
        gamma = op.column(config.gamma, rows)
        guess = gamma * (going_on * op.value_of(state.v, step.next_state))[rows].unsqueeze(1)
        seen = state.rewards[rows, : len(places)] + (places == last - 1) * guess
        found = backwards(torch.where(new, seen, 0.0), gamma * torch.ones_like(seen))
        state.returns[rows, : len(places)] = torch.where(
            new, found, state.returns[rows, : len(places)]
        )
        state.finished[rows] = last.squeeze(1)
        state.episodes[rows] += 1


SIGNALS = {
    "act": ("state", "action", "exploratory", "reward", "next_state"),
    "sweep": (
        "v",
        "batch_size",
        "v_s",
        "update_target",
        "v_new",
        "terminated",
        "truncated",
        "episode_return",
        "episode_length",
    ),
}
EQUATIONS = (
    Equation(
        "act",
        "",
        does="a, exploratory = follow(",
        captions=(("", "The policy goes {action}. Reward {reward:.0f}."),),
    ),
    Equation(
        "sweep",
        op.TARGET_UPDATE,
        does="state.v = state.v + ",
        captions=(
            ("batch_size<1", "No episode is finished yet, so there is nothing to learn from."),
            (
                "",
                "One sweep over {batch_size:.0f} steps. The mean target of this state is "
                "{update_target:.3f}: V(s) goes from {v_s:.3f} to {v_new:.3f}.",
            ),
        ),
    ),
)
