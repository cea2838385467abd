"""SARSA: on-policy temporal-difference control (Rummery & Niranjan 1994; Sutton & Barto 2018, 6.4).

    Q(s, a) ← Q(s, a) + α [r + γ Q(s', a') − Q(s, a)]

The next action a' is drawn before the update, stands in the target, and is then taken: it learns
the value of what it does, its own stumbles included. One iteration is one step of every replica.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rlviz.equations import Equation
from rlviz.hyperparameters import Discount, Exploration, InitialValue, StepSize
from rlviz.ops import td
from rlviz.ops.explore import epsilon_greedy
from rlviz.ops.tables import fresh, read, write
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "SARSA"
FAMILY, MEMBER = "td", 1
SUMMARY = "Learns the value of what it does, its own stumbles included."
WORLD = tabular.TabularWorld
TRUTH = {"q": "q_soft_optimal"}  # what the table is after
TRUTH_EVERY = 256  # iterations between two points of a truth curve
ENV_STEPS = 1  # of one replica in one iteration
GAINS_FROM_CUDA = GRADIENTS = False


@dataclass(frozen=True)
class Config:
    """Defaults are those of the cliff in Sutton & Barto 2018, example 6.6."""

    alpha: StepSize = 0.5
    gamma: Discount = 1.0
    epsilon: Exploration = 0.1
    initial_value: InitialValue = 0.0


@dataclass
class State:
    """All that moves."""

    q: Tensor  # [B, S, A], 0 in terminal states
    action: Tensor  # [B] int64, drawn for the state where the agent stands
    exploratory: Tensor  # [B] bool, whether that draw explored
    episode: tabular.Episode
    streams: Streams


WEIGHTS = ("q",)


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """A table that knows nothing, and an agent at the start with its first action drawn."""
    q = fresh(world.terminal, world.n_actions, streams.replicas, config.initial_value)
    episode = tabular.begin(world, streams)
    a, exploratory = epsilon_greedy(
        read(q, episode.state), config.epsilon, streams.policy.uniform(2)
    )
    return State(q, a, exploratory, episode, streams)


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One step of every replica: act, then learn from it and from the action that follows."""
    s, a = state.episode.state, state.action
    step = tabular.advance(world, state.episode, a, state.streams)
    q_next = read(state.q, step.next_state)
    a_next, exploratory = epsilon_greedy(q_next, config.epsilon, state.streams.policy.uniform(2))
    yield beat(
        "act",
        state=s,
        action=a,
        exploratory=state.exploratory,
        reward=step.reward,
        next_state=step.next_state,
        next_action=a_next,
    )

    q_s = read(state.q, s)
    # A truncated episode was cut, not ended: its last state still has a future.
    r, discount = step.reward, config.gamma * (~step.terminated).to(q_s.dtype)
    q_sa = td.chosen(q_s, a)
    td_error = td.sarsa_error(q_s, a, r, discount, q_next, a_next)
    q_new = q_sa + config.alpha * td_error
    write(state.q, s, a, q_new)

    # Where an episode ended the agent stands at a start, and draws an action for that state.
    a_start, explores_start = epsilon_greedy(
        read(state.q, state.episode.state), config.epsilon, state.streams.policy.uniform(2)
    )
    state.action = torch.where(step.done, a_start, a_next)
    state.exploratory = torch.where(step.done, explores_start, exploratory)
    yield beat(
        "update",
        q=state.q,
        q_sa=q_sa,
        q_next_sa=td.chosen(q_next, a_next),
        td_error=td_error,
        q_new=q_new,
        terminated=step.terminated,
        truncated=step.truncated,
        episode_return=step.episode_return,
        episode_length=step.episode_length,
    )


SIGNALS = {
    "act": ("state", "action", "exploratory", "reward", "next_state", "next_action"),
    "update": (
        "q",
        "q_sa",
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
        does="step = tabular.advance(",
        captions=(
            ("exploratory", "Explores: the draw said {action}. Reward {reward:.0f}."),
            ("", "Takes {action}, the best it knew here. Reward {reward:.0f}."),
        ),
    ),
    Equation(
        "update",
        td.SARSA_UPDATE,
        does="q_new = q_sa + config.alpha",
        captions=(
            (
                "terminated",
                "Arrived: nothing follows, so the target is the reward {reward:.0f} alone. "
                "Q(s, {action}) goes from {q_sa:.1f} to {q_new:.1f}.",
            ),
            (
                "truncated",
                "The time limit cut the episode; the future still counts. "
                "Q(s, {action}) goes from {q_sa:.1f} to {q_new:.1f}.",
            ),
            (
                "reward<-50",
                "Fell off the cliff: reward {reward:.0f}, so Q(s, {action}) falls from "
                "{q_sa:.1f} to {q_new:.1f}.",
            ),
            (
                "",
                "δ = {td_error:+.2f}, since it will go {next_action} next: "
                "Q(s, {action}) goes from {q_sa:.1f} to {q_new:.1f}.",
            ),
        ),
    ),
)
