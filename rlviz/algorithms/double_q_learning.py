"""Double Q-learning: two tables, so that luck is not taken for value (van Hasselt 2010; S&B 6.7).

    Q₁(s, a) ← Q₁(s, a) + α [r + γ Q₂(s', argmax_a' Q₁(s', a')) − Q₁(s, a)]

A coin says which table learns; that one chooses the best next action and the other one values it.
A value that is high by chance in one table is not in the other. It acts on the mean of both. One
iteration is one step of every replica.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rlviz.equations import Equation
from rlviz.hyperparameters import Discount, InitialValue, StepSize
from rlviz.ops import behaviour, captions, td
from rlviz.ops.explore import epsilon_greedy
from rlviz.ops.tables import fresh, read, write
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "Double Q-learning"
FAMILY, MEMBER = "td", 3
SUMMARY = "Two tables: one chooses the best action, the other says what it is worth."
WORLD = tabular.TabularWorld
TRUTH = {"q": "q_optimal"}  # what the table is after
TRUTH_EVERY = 256  # iterations between two points of a truth curve
ON_POLICY = False  # it learns about the greedy policy and follows another
AGE_OF_DATA = "one step"  # between an action and what is learned from it
ENV_STEPS = 1  # of one replica in one iteration
GAINS_FROM_CUDA = GRADIENTS = False


@dataclass(frozen=True)
class Config(behaviour.Acting):
    """Defaults are those of the cliff in Sutton & Barto 2018, example 6.6."""

    alpha: StepSize = 0.5
    gamma: Discount = 1.0
    initial_value: InitialValue = 0.0


@dataclass
class State:
    """All that moves."""

    q: Tensor  # [B, S, A], the mean of both tables, on which it acts
    q_first: Tensor  # [B, S, A], 0 in terminal states
    q_second: Tensor  # [B, S, A], likewise
    tried: Tensor  # [B, S, A] times taken, kept under UCB alone
    episode: tabular.Episode
    streams: Streams


WEIGHTS = ("q", "q_first", "q_second")


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """Two tables that know nothing, and an agent at the start."""
    size = (world.n_actions, streams.replicas)
    q = fresh(world.terminal, *size, config.initial_value, world.n_allowed)
    tried = behaviour.nothing_tried(q, config)
    return State(q, q.clone(), q.clone(), tried, tabular.begin(world, streams), streams)


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One step of every replica: act, then learn from it."""
    s = state.episode.state
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

    coin, *choice = state.streams.policy.uniform(3)
    first, both = coin < 0.5, (state.q_first, state.q_second)
    q_1, q_2 = _turned(first, *(read(table, s) for table in both))  # the one that learns is first
    next_1, next_2 = _turned(first, *(read(table, step.next_state) for table in both))
    best, _ = epsilon_greedy(next_1, 0.0, torch.stack(choice))  # ties at random
    # A truncated episode was cut, not ended: its last state still has a future.
    r, discount = step.reward, config.gamma * (~step.terminated).to(q_s.dtype)
    q_sa = td.chosen(q_1, a)
    td_error = td.double_q_error(q_1, a, r, discount, next_2, best)
    q_new = q_sa + config.alpha * td_error
    other = td.chosen(q_2, a)
    for table, value in zip(both, _turned(first, q_new, other), strict=True):
        write(table, s, a, value)
    write(state.q, s, a, (q_new + other) / 2)
    yield beat(
        "update",
        q=state.q,
        q_sa=q_sa,
        first_learns=first,
        best_action=best,
        q_next_sa=td.chosen(next_2, best),
        td_error=td_error,
        q_new=q_new,
        terminated=step.terminated,
        truncated=step.truncated,
        episode_return=step.episode_return,
        episode_length=step.episode_length,
    )


def _turned(first: Tensor, one: Tensor, two: Tensor) -> tuple[Tensor, Tensor]:
    """Both in that order where `first`, else the other way round."""
    mask = first if one.ndim == 1 else first.unsqueeze(-1)
    return torch.where(mask, one, two), torch.where(mask, two, one)


SIGNALS = {
    "act": ("state", "action", "exploratory", "reward", "next_state"),
    "update": (
        "q",
        "q_sa",
        "first_learns",
        "best_action",
        "q_next_sa",
        "td_error",
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
        td.SARSA_UPDATE,
        does="q_new = q_sa + config.alpha",
        captions=(
            *captions.EVENTS,
            (
                "first_learns",
                "The first table learns: it would go {best_action} next, which the second table "
                "values at {q_next_sa:.1f}. Q(s, {action}) goes from {q_sa:.1f} to {q_new:.1f}.",
            ),
            (
                "",
                "The second table learns: it would go {best_action} next, which the first table "
                "values at {q_next_sa:.1f}. "
                "Q(s, {action}) goes from {q_sa:.1f} to {q_new:.1f}.",
            ),
        ),
    ),
)
