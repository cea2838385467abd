"""TD(0): the values of a fixed policy, learned a step at a time (Sutton & Barto 2018, 6.1).

    V(s) ← V(s) + α [r + γ V(s') − V(s)]

Every step corrects the value of the state that was left, by the value of the one that was reached.
One iteration is one step of every replica.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from rlviz.equations import Equation
from rlviz.exact.following import follow
from rlviz.hyperparameters import Discount, InitialValue, RandomShare, StepSize
from rlviz.ops import prediction as op
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "TD(0)"
FAMILY, MEMBER = "td", 0
SUMMARY = "Corrects a guess by the next guess, after every step."
WORLD = tabular.TabularWorld
TRUTH = {"v": "v_policy"}  # what the values are after
TRUTH_EVERY = 16  # iterations between two points of a truth curve
ENV_STEPS = 1  # of one replica in one iteration
GAINS_FROM_CUDA = GRADIENTS = False


@dataclass(frozen=True)
class Config:
    """Step size and start of the random walk in Sutton & Barto 2018, example 6.2."""

    alpha: StepSize = 0.1
    gamma: Discount = 1.0
    random_share: RandomShare = 1.0
    initial_value: InitialValue = 0.5


@dataclass
class State:
    """All that moves."""

    v: Tensor  # [B, S], 0 in terminal states
    episode: tabular.Episode
    streams: Streams


WEIGHTS = ("v",)


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """Values that know nothing, and an agent at the start."""
    guess = world.first_value
    v = op.fresh_values(world.terminal, streams.replicas, config.initial_value, guess)
    return State(v, tabular.begin(world, streams), streams)


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One step of every replica by the fixed policy, and one correction."""
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

    v_s, v_next = op.value_of(state.v, s), op.value_of(state.v, step.next_state)
    # A truncated episode was cut, not ended: its last state still has a future.
    discount = config.gamma * (~step.terminated).to(v_s.dtype)
    td_error = op.td_error(v_s, step.reward, discount, v_next)
    v_new = v_s + config.alpha * td_error
    op.set_value(state.v, s, v_new)
    yield beat(
        "update",
        v=state.v,
        v_s=v_s,
        v_next=v_next,
        td_error=td_error,
        v_new=v_new,
        terminated=step.terminated,
        truncated=step.truncated,
        episode_return=step.episode_return,
        episode_length=step.episode_length,
    )


SIGNALS = {
    "act": ("state", "action", "exploratory", "reward", "next_state"),
    "update": (
        "v",
        "v_s",
        "v_next",
        "td_error",
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
        op.TD_UPDATE,
        does="v_new = v_s + config.alpha",
        captions=(
            (
                "terminated",
                "Arrived: nothing follows, so the target is the reward {reward:.0f} alone. "
                "V(s) goes from {v_s:.2f} to {v_new:.2f}.",
            ),
            (
                "truncated",
                "The time limit cut the episode; the future still counts. "
                "V(s) goes from {v_s:.2f} to {v_new:.2f}.",
            ),
            (
                "",
                "δ = {td_error:+.2f}: a guess corrected by the next guess. "
                "V(s) goes from {v_s:.2f} to {v_new:.2f}.",
            ),
        ),
    ),
)
