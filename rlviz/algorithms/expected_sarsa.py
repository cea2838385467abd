"""Expected SARSA: SARSA without the luck of the next draw (van Seijen et al. 2009; S&B 2018, 6.6).

    Q(s, a) ← Q(s, a) + α [r + γ Σ_a' π(a'|s') Q(s', a') − Q(s, a)]

The target averages over what it may do next, with the probabilities of now: what it really does
next adds no noise. One iteration is one step of every replica.
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

TITLE = "Expected SARSA"
FAMILY, MEMBER = "td", 2
SUMMARY = "Learns the value of what it does, averaged over all that it may do next."
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
    """One step of every replica: act, then learn from it and from all that may follow."""
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
    policy = behaviour.probabilities(q_next, state.tried, step.next_state, config)
    # A truncated episode was cut, not ended: its last state still has a future.
    r, discount = step.reward, config.gamma * (~step.terminated).to(q_s.dtype)
    q_sa = td.chosen(q_s, a)
    td_error = td.expected_sarsa_error(q_s, a, r, discount, q_next, policy)
    q_new = q_sa + config.alpha * td_error
    write(state.q, s, a, q_new)
    yield beat(
        "update",
        q=state.q,
        q_sa=q_sa,
        q_next=q_next,
        next_policy=policy,
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
        "next_policy",
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
        td.EXPECTED_SARSA_UPDATE,
        does="q_new = q_sa + config.alpha",
        captions=(
            *captions.EVENTS,
            (
                "",
                "δ = {td_error:+.2f}, over all that it may do next: "
                "Q(s, {action}) goes from {q_sa:.1f} to {q_new:.1f}.",
            ),
        ),
    ),
)
