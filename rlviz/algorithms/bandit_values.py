"""Action values of a bandit, and three ways to act on them (Sutton & Barto 2018, chapter 2).

    Q(a) ← Q(a) + α (r − Q(a)),        α = 1/N(a) for a plain mean

ε-greedy tries anything now and then, softmax what looks good more often, and UCB what it knows
little about. One iteration is one pull in every replica.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import torch
from torch import Tensor

from rlviz.equations import Equation
from rlviz.exact.bandits import gaps
from rlviz.hyperparameters import (
    Behaviour,
    Choices,
    Confidence,
    Exploration,
    InitialValue,
    InTray,
    StepSize,
    Temperature,
    Title,
)
from rlviz.ops import bandits, behaviour
from rlviz.ops.tables import fresh, read, write
from rlviz.ops.td import chosen
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular
from rlviz.worlds.bandits import BanditWorld

TITLE = "Action values of a bandit"
FAMILY, MEMBER = "bandit", 0
SUMMARY = "Estimates what each arm pays and decides which to try."
WORLD = BanditWorld
TRUTH = {"q": "q_arms"}  # what the estimates are after
TRUTH_EVERY = 32  # iterations between two points of a truth curve
ENV_STEPS = 1  # of one replica in one iteration
GAINS_FROM_CUDA = GRADIENTS = False


@dataclass(frozen=True)
class Config:
    """ε and c are those of figures 2.2 and 2.4 in Sutton & Barto 2018."""

    behaviour: Behaviour = "epsilon_greedy"
    epsilon: Exploration = 0.1
    temperature: Temperature = 0.25
    confidence: Confidence = 2.0
    averaging: Annotated[
        str, Choices(("step_size", "mean")), Title("averaging"), InTray("method")
    ] = "mean"
    alpha: StepSize = 0.1
    initial_value: InitialValue = 0.0


@dataclass
class State:
    """All that moves."""

    q: Tensor  # [B, 1, A]
    pulls: Tensor  # [B, 1, A] float64
    regret: Tensor  # [B]
    episode: tabular.Episode
    streams: Streams


WEIGHTS = ("q",)


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """Nothing tried, nothing given away."""
    q = fresh(
        world.terminal, world.n_actions, streams.replicas, config.initial_value, world.n_allowed
    )
    return State(
        q, torch.zeros_like(q), q.new_zeros(len(q)), tabular.begin(world, streams), streams
    )


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One pull of every replica: choose an arm, then correct what it is thought to pay."""
    s = state.episode.state
    q_s = read(state.q, s)
    a, exploratory = behaviour.draw(q_s, state.pulls, s, config, state.streams.policy.uniform(2))
    step = tabular.advance(world, state.episode, a, state.streams)
    yield beat(
        "act",
        state=s,
        action=a,
        exploratory=exploratory,
        reward=step.reward,
        next_state=step.next_state,
    )

    lost = _gaps(world)[s, a]  # exact, which the agent does not know
    state.regret = state.regret + lost
    behaviour.count(state.pulls, s, a)
    q_sa = chosen(q_s, a)
    if config.averaging == "mean":
        step_size = bandits.mean_step(chosen(read(state.pulls, s), a))
    else:
        step_size = config.alpha + torch.zeros_like(q_sa)
    q_new = bandits.moved(q_sa, step_size, step.reward)
    write(state.q, s, a, q_new)
    yield beat(
        "update",
        q=state.q,
        q_sa=q_sa,
        step_size=step_size,
        q_new=q_new,
        arm_pulls=state.pulls,
        regret=state.regret,
        optimal_share=(lost == 0).to(torch.float64),
    )


@lru_cache(maxsize=64)
def _gaps(world: tabular.Tables) -> Tensor:
    return torch.from_numpy(gaps(world.world)).to(world.terminal.device)


SIGNALS = {
    "act": ("state", "action", "exploratory", "reward", "next_state"),
    "update": (
        "q",
        "q_sa",
        "step_size",
        "q_new",
        "arm_pulls",
        "regret",
        "optimal_share",
    ),
}
EQUATIONS = (
    Equation(
        "act",
        "",
        does="a, exploratory = behaviour.draw(",
        captions=(
            (
                "exploratory",
                "Explores: pulls arm {action}, which looks no better. It pays {reward:.2f}.",
            ),
            ("", "Pulls arm {action}. It pays {reward:.2f}."),
        ),
    ),
    Equation(
        "update",
        bandits.BANDIT_UPDATE,
        does="q_new = bandits.moved(",
        captions=(
            (
                "optimal_share",
                "That was the best arm. Its estimate goes from {q_sa:.2f} to {q_new:.2f}.",
            ),
            (
                "",
                "Another arm pays more. The estimate goes from {q_sa:.2f} to {q_new:.2f}, "
                "and {regret:.1f} has been given away so far.",
            ),
        ),
    ),
)
