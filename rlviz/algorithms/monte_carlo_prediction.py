"""Monte Carlo prediction: whole returns as samples of a value (Sutton & Barto 2018, 5.1 and 6.1).

    V(s_t) ← V(s_t) + α [G_t − V(s_t)]     (or 1 / N(s_t) in the place of α)

Nothing is learned before an episode ends; then the states of the whole way are corrected, at their
first visit or at every visit. One iteration is one step of every replica.
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
    InitialValue,
    InTray,
    RandomShare,
    StepSize,
    Title,
)
from rlviz.ops import prediction as op
from rlviz.ops.returns import discounted_returns
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "Monte Carlo"
FAMILY, MEMBER = "td", 3
SUMMARY = "Waits for the end of the episode and learns from what really came."
WORLD = tabular.TabularWorld
TRUTH = {"v": "v_policy"}  # what the values are after
TRUTH_EVERY = 16  # iterations between two points of a truth curve
ENV_STEPS = 1  # of one replica in one iteration
GAINS_FROM_CUDA = GRADIENTS = False


@dataclass(frozen=True)
class Config:
    """Constant α as in example 6.2 of Sutton & Barto 2018, or the mean of all returns."""

    alpha: StepSize = 0.02
    gamma: Discount = 1.0
    visit: Annotated[str, Choices(("first", "every")), Title("visits"), InTray("method")] = "every"
    averaging: Annotated[
        str, Choices(("step_size", "mean")), Title("averaging"), InTray("method")
    ] = "step_size"
    random_share: RandomShare = 1.0
    initial_value: InitialValue = 0.5


@dataclass
class State:
    """All that moves."""

    v: Tensor  # [B, S], 0 in terminal states
    count: Tensor  # [B, S], returns that each value has been moved by
    states: Tensor  # [B, T] int64, the episode so far
    rewards: Tensor  # [B, T], the reward after each
    episode: tabular.Episode
    streams: Streams


WEIGHTS = ("v",)


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """Values that know nothing, and an agent at the start."""
    size = (streams.replicas, world.time_limit)
    guess = world.first_value
    v = op.fresh_values(world.terminal, streams.replicas, config.initial_value, guess)
    states = torch.zeros(size, dtype=torch.int64, device=v.device)
    rewards = torch.zeros(size, dtype=v.dtype, device=v.device)
    return State(v, torch.zeros_like(v), states, rewards, tabular.begin(world, streams), streams)


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One step of every replica; those whose episode is over learn from all of it."""
    s, t = state.episode.state, state.episode.steps.unsqueeze(1)
    draws = state.streams.policy.uniform(2)
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

    state.states.scatter_(1, t, s.unsqueeze(1))
    state.rewards.scatter_(1, t, step.reward.unsqueeze(1))
    v_next = op.value_of(state.v, step.next_state) * ~step.terminated
    first = torch.where(step.done, state.states[:, 0], s)
    v_s = op.value_of(state.v, first)
    step_size = config.alpha + torch.zeros_like(v_s)
    if config.averaging == "mean":
        step_size = 1 / (1 + op.value_of(state.count, first))
    update_target, updates = v_s.clone(), torch.zeros_like(s)
    rows = step.done.nonzero().squeeze(1)
    if len(rows):
        target, used = _learn(state, config, rows, lengths=t[rows] + 1, v_end=v_next[rows])
        update_target[rows], updates[rows] = target[:, 0], used.sum(1)
    yield beat(
        "update",
        v=state.v,
        updated_state=first,
        updates=updates,
        v_s=v_s,
        update_target=update_target,
        step_size=step_size,
        returns_counted=state.count,
        target_error=torch.where(step.done, update_target - v_s, tabular.NAN),
        v_new=v_s + step_size * (update_target - v_s),
        terminated=step.terminated,
        truncated=step.truncated,
        episode_return=step.episode_return,
        episode_length=step.episode_length,
    )


def _learn(
    state: State, config: Config, rows: Tensor, *, lengths: Tensor, v_end: Tensor
) -> tuple[Tensor, Tensor]:
    """The returns of finished episodes, [R, T], which of them count, and V moved by those."""
    longest = int(lengths.max())
    places = torch.arange(longest, device=rows.device)
    inside = places < lengths
    gamma = op.column(config.gamma, rows)
    # A truncated episode has no whole return: the guess of now stands in for the rest.
    end = (places == lengths - 1) * (op.column(config.gamma, rows) * v_end.unsqueeze(1))
    r = torch.where(inside, state.rewards[rows, :longest] + end, 0.0)
    target = discounted_returns(r, gamma * torch.ones_like(r), torch.zeros_like(v_end))
    states = torch.where(inside, state.states[rows, :longest], -1 - places)
    used = inside & (op.visits_before(states) == 0) if config.visit == "first" else inside
    if config.averaging == "mean":
        label, zero = states.clamp(min=0), torch.zeros_like(state.v[rows])
        count = state.count[rows] + zero.scatter_add(1, label, used.to(r.dtype))
        gap = torch.where(used, target - state.v[rows].gather(1, label), 0.0)
        state.v[rows] += zero.scatter_add(1, label, gap) / count.clamp(min=1)
        state.count[rows] = count
    else:
        alpha = op.column(config.alpha, rows)
        state.v[rows] = op.move_in_turn(state.v[rows], states.clamp(min=0), target, alpha, used)
    return target, used


SIGNALS = {
    "act": ("state", "action", "exploratory", "reward", "next_state"),
    "update": (
        "v",
        "updated_state",
        "updates",
        "v_s",
        "update_target",
        "step_size",
        "returns_counted",
        "target_error",
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
        "update",
        op.VISIT_UPDATE,
        does="v_new=v_s + step_size",
        captions=(
            ("updates<1", "The episode goes on: nothing is corrected before its end."),
            (
                "truncated",
                "The time limit cut the episode; V stands in for what would have followed. "
                "Its first state goes from {v_s:.2f} to {v_new:.2f}.",
            ),
            (
                "",
                "The episode is over and corrects {updates:.0f} visits. Its first state, with the "
                "return {update_target:.2f}, goes from {v_s:.2f} to {v_new:.2f}.",
            ),
        ),
    ),
)
