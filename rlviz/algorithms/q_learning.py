"""Q-learning: off-policy temporal-difference control (Watkins 1989; Sutton & Barto 2018, 6.5).

    Q(s, a) ← Q(s, a) + α [r + γ max_a' Q(s', a') − Q(s, a)]

It acts ε-greedily and learns the value of acting greedily: the policy that it follows is not the
one that it learns about. One iteration is one step of every replica.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from rlviz.equations import Equation
from rlviz.hyperparameters import Discount, InitialValue, StepSize
from rlviz.ops import behaviour, captions, td
from rlviz.ops.tables import fresh, read, write
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "Q-learning"
FAMILY, MEMBER = "td", 0
SUMMARY = "Learns the value of acting greedily, whatever it does meanwhile."
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

    q: Tensor  # [B, S, A], 0 in terminal states
    tried: Tensor  # [B, S, A] times taken, kept under UCB alone
    episode: tabular.Episode
    streams: Streams


WEIGHTS = ("q",)


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """A table that knows nothing, and an agent at the start."""
    size = (world.n_actions, streams.replicas)
    q = fresh(world.terminal, *size, config.initial_value, world.n_allowed)
    tried = behaviour.nothing_tried(q, config)
    return State(q, tried, tabular.begin(world, streams), streams)


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

    q_next = read(state.q, step.next_state)
    # A truncated episode was cut, not ended: its last state still has a future.
    r, discount = step.reward, config.gamma * (~step.terminated).to(q_s.dtype)
    q_sa = td.chosen(q_s, a)
    td_error = td.q_learning_error(q_s, a, r, discount, q_next)
    q_new = q_sa + config.alpha * td_error
    write(state.q, s, a, q_new)
    yield beat(
        "update",
        q=state.q,
        q_sa=q_sa,
        q_next=q_next,
        td_error=td_error,
        q_new=q_new,
        terminated=step.terminated,
        truncated=step.truncated,
        episode_return=step.episode_return,
        episode_length=step.episode_length,
    )


SIGNALS = {
    "act": ("state", "action", "exploratory", "reward", "next_state"),
    "update": (
        "q",
        "q_sa",
        "q_next",
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
        td.Q_LEARNING_UPDATE,
        does="q_new = q_sa + config.alpha",
        captions=(
            *captions.EVENTS,
            (
                "",
                "δ = {td_error:+.2f}, whatever it will do next: "
                "Q(s, {action}) goes from {q_sa:.1f} to {q_new:.1f}.",
            ),
        ),
    ),
)
