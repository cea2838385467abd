"""Monte Carlo control: whole episodes, no guess in the target (Sutton & Barto 2018, 5.4).

    Q(s, a) ← Q(s, a) + α [G − Q(s, a)],  G = r_{t+1} + γ r_{t+2} + ...

First visit, with a constant step. A pair waits until the episode ends. Where the time limit cuts
an episode the rest of the return is missing, and there alone the table says what the last state is
worth. One iteration is one step of every replica.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rlviz.equations import Equation
from rlviz.hyperparameters import Discount, InitialValue, StepSize
from rlviz.ops import behaviour, captions, td
from rlviz.ops.tables import fresh, read
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "Monte Carlo control"
FAMILY, MEMBER = "td", 6
SUMMARY = "Waits for the end of the episode, and learns from what it really brought."
WORLD = tabular.TabularWorld
TRUTH = {"q": "q_soft_optimal"}  # what the table is after
TRUTH_EVERY = 256  # iterations between two points of a truth curve
ON_POLICY = True  # it learns about the policy that it follows
AGE_OF_DATA = "an episode"  # between an action and what is learned from it
ENV_STEPS = 1  # of one replica in one iteration
GAINS_FROM_CUDA = GRADIENTS = False


@dataclass(frozen=True)
class Config(behaviour.Acting):
    """A whole return is noisier than one step, so the step is smaller than that of SARSA."""

    alpha: StepSize = 0.1
    gamma: Discount = 1.0
    initial_value: InitialValue = 0.0


@dataclass
class State:
    """All that moves."""

    q: Tensor  # [B, S, A], 0 in terminal states
    pairs: Tensor  # [T, B] int64, s·A + a of each step of the episode that is running
    rewards: Tensor  # [T, B] float64; T is the time limit
    tried: Tensor  # [B, S, A] times taken, kept under UCB alone
    episode: tabular.Episode
    streams: Streams


WEIGHTS = ("q",)


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """A table that knows nothing, and an agent at the start."""
    size = (world.n_actions, streams.replicas)
    q = fresh(world.terminal, *size, config.initial_value, world.n_allowed)
    tried = behaviour.nothing_tried(q, config)
    pairs = torch.zeros(world.time_limit, streams.replicas, dtype=torch.int64, device=q.device)
    return State(q, pairs, pairs.to(q.dtype), tried, tabular.begin(world, streams), streams)


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One step of every replica; those whose episode ended learn from all of it."""
    s, t = state.episode.state, state.episode.steps
    q_s = read(state.q, s)
    uniform = state.streams.policy.uniform(2)
    a, exploratory = behaviour.draw(q_s, state.tried, s, config, uniform)
    behaviour.count(state.tried, s, a)
    step = tabular.advance(world, state.episode, a, state.streams)
    yield beat(
        "act",
        state=s,
        action=a,
        exploratory=exploratory,
        reward=step.reward,
        next_state=step.next_state,
    )

    rows = torch.arange(len(s), device=s.device)
    state.pairs[t, rows] = torch.add(a, s, alpha=world.n_actions)
    state.rewards[t, rows] = step.reward
    first = state.pairs[0]  # the pair with which the episode began stands for all of it
    q_sa = td.chosen(state.q.flatten(1), first)
    target = q_sa.clone()  # where no episode ended nothing is learned
    updates = torch.zeros_like(t)
    if bool(step.done.any()):
        target[step.done], updates[step.done] = _learn(state, config, step, t + 1)
    q_new = q_sa + config.alpha * (target - q_sa)
    yield beat(
        "update",
        q=state.q,
        q_sa=q_sa,
        update_target=target,
        updates=updates,
        target_error=torch.where(step.done, target - q_sa, tabular.NAN),
        q_new=q_new,
        terminated=step.terminated,
        truncated=step.truncated,
        episode_return=step.episode_return,
        episode_length=step.episode_length,
    )


def _learn(
    state: State, config: Config, step: tabular.Transition, length: Tensor
) -> tuple[Tensor, Tensor]:
    """First visits of ended episodes move to their returns; G of the first, and how many."""
    ended = step.done.nonzero().squeeze(1)
    length = length[ended]
    n = int(length.max())
    past = torch.arange(n, device=ended.device).unsqueeze(1) >= length  # [n, K]: after the end
    gamma, alpha = (_of(x, ended) for x in (config.gamma, config.alpha))
    pairs, rewards = state.pairs[:n, ended], state.rewards[:n, ended].masked_fill(past, 0.0)
    # The row of a terminal state is 0; where the time limit cut, the last state has a future.
    q_last = read(state.q, step.next_state)
    policy = behaviour.probabilities(q_last, state.tried, step.next_state, config)
    last = torch.arange(len(ended), device=ended.device)
    rewards[length - 1, last] += gamma * td.expected(q_last, policy)[ended]
    returns = td.discounted_returns(rewards, gamma)
    visited, when = pairs.masked_fill(past, -1).sort(dim=0, stable=True)
    new = (visited >= 0) & (visited != visited.roll(1, 0))
    new[0] = visited[0] >= 0
    time, which = when[new], new.nonzero()[:, 1]
    table, pair = state.q.flatten(1), pairs[time, which]
    q_sa = table[ended[which], pair]
    step_size = alpha if isinstance(alpha, float) else alpha[which]
    table[ended[which], pair] = q_sa + step_size * (returns[time, which] - q_sa)
    return returns[0], new.sum(0)


def _of(value: Tensor | float, replicas: Tensor) -> Tensor | float:
    """A setting of those replicas, where each has its own."""
    return value[replicas] if isinstance(value, Tensor) else value


SIGNALS = {
    "act": ("state", "action", "exploratory", "reward", "next_state"),
    "update": (
        "q",
        "q_sa",
        "update_target",
        "updates",
        "target_error",
        "q_new",
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
        does="a, exploratory = behaviour.draw(",
        captions=captions.ACTS,
    ),
    Equation(
        "update",
        td.RETURN_UPDATE,
        does="q_new = q_sa + config.alpha",
        captions=(
            (
                "terminated",
                "Arrived: every pair of the episode learns from what came after it. "
                "The first one brought {update_target:.1f}: from {q_sa:.1f} to {q_new:.1f}.",
            ),
            (
                "truncated",
                "The time limit cut the episode: the table must say what would have followed. "
                "The first pair goes from {q_sa:.1f} to {q_new:.1f}.",
            ),
            ("", "Nothing is learned before the episode ends."),
        ),
    ),
)
