"""TD by gradient: semi-gradient or full gradient of the squared TD error (S&B 2018, 9.3 and 11.5).

    V(s) ← V(s) + α·δ            the target is taken as a constant: TD(0)
    V(s') ← V(s') − α·γ·δ        the full gradient also moves the target

Where chance decides what follows, the full gradient settles elsewhere than at the values: it makes
states alike that follow each other. One iteration is one step of every replica.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

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
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "TD by gradient"
FAMILY, MEMBER = "td", 4
SUMMARY = "Holds its target still, or pulls at both ends of the error."
WORLD = tabular.TabularWorld
TRUTH = {"v": "v_policy"}  # what the values are after
TRUTH_EVERY = 64  # iterations between two points of a truth curve
ENV_STEPS = 1  # of one replica in one iteration
GAINS_FROM_CUDA = GRADIENTS = False


@dataclass(frozen=True)
class Config:
    """What can be set."""

    alpha: StepSize = 0.05
    gamma: Discount = 1.0
    gradient: Annotated[str, Choices(("semi", "full")), Title("gradient"), InTray("method")] = (
        "full"
    )
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
    """One step of every replica by the fixed policy, and one step down the gradient."""
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
    discount = config.gamma * (~step.terminated).to(v_s.dtype)
    td_error = op.td_error(v_s, step.reward, discount, v_next)
    v_new = v_s + config.alpha * td_error
    op.set_value(state.v, s, v_new)
    # dδ²/2 / dV(s') = γδ: the half of the gradient that a constant target leaves out.
    v_next_new = op.value_of(state.v, step.next_state)
    if config.gradient == "full":
        v_next_new = v_next_new - config.alpha * discount * td_error
        op.set_value(state.v, step.next_state, v_next_new)
    yield beat(
        "update",
        v=state.v,
        v_s=v_s,
        v_next=v_next,
        td_error=td_error,
        v_new=v_new,
        v_next_new=v_next_new,
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
        "v_next_new",
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
                "Arrived: the target is the reward {reward:.0f} alone. "
                "V(s) goes from {v_s:.2f} to {v_new:.2f}.",
            ),
            (
                "",
                "V(s) goes from {v_s:.2f} to {v_new:.2f}; the value that it was compared with "
                "goes from {v_next:.2f} to {v_next_new:.2f}.",
            ),
        ),
    ),
)
