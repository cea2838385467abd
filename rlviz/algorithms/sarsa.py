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
from rlviz.hyperparameters import Discount, InitialValue, StepSize
from rlviz.ops import behaviour, captions, td
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
ON_POLICY = True  # it learns about the policy that it follows
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

    q: Tensor  # [B, S, A], 0 in terminal states
    action: Tensor  # [B] int64, drawn for the state where the agent stands
    exploratory: Tensor  # [B] bool, whether that draw explored
    tried: Tensor  # [B, S, A] times taken, kept under UCB alone
    episode: tabular.Episode
    streams: Streams


WEIGHTS = ("q",)


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """A table that knows nothing, and an agent at the start with its first action drawn."""
    size = (world.n_actions, streams.replicas)
    q = fresh(world.terminal, *size, config.initial_value, world.n_allowed)
    episode = tabular.begin(world, streams)
    tried, s = behaviour.nothing_tried(q, config), episode.state
    a, exploratory = behaviour.draw(read(q, s), tried, s, config, streams.policy.uniform(2))
    return State(q, a, exploratory, tried, episode, streams)


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One step of every replica: act, then learn from it and from the action that follows."""
    s, a = state.episode.state, state.action
    step = tabular.advance(world, state.episode, a, state.streams)
    behaviour.count(state.tried, s, a)
    q_next, uniform = read(state.q, step.next_state), state.streams.policy.uniform(2)
    a_next, exploratory = behaviour.draw(q_next, state.tried, step.next_state, config, uniform)
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
    start, uniform = state.episode.state, state.streams.policy.uniform(2)
    q_start = read(state.q, start)
    a_start, explores_start = behaviour.draw(q_start, state.tried, start, config, uniform)
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
        captions=captions.ACTS_AS_DRAWN,
    ),
    Equation(
        "update",
        td.SARSA_UPDATE,
        does="q_new = q_sa + config.alpha",
        captions=(
            *captions.EVENTS,
            (
                "",
                "δ = {td_error:+.2f}, since it will go {next_action} next: "
                "Q(s, {action}) goes from {q_sa:.1f} to {q_new:.1f}.",
            ),
        ),
    ),
)
