"""TD(λ) with eligibility traces: accumulating, replacing, true online (Sutton & Barto 2018, 12).

    e ← γλ·e,  e(s) ← e(s) + 1   (replacing: 1; Dutch: e(s) + 1 − α·e(s))
    V ← V + α·δ·e                (true online: + α (V(s) − V_old)(e − 1[s]))

Every TD error is shared out over the states that led to it. One iteration is one step of every
replica.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rlviz.equations import Equation
from rlviz.exact.following import follow
from rlviz.hyperparameters import (
    Discount,
    InitialValue,
    RandomShare,
    StepSize,
    TraceDecay,
    TraceKind,
)
from rlviz.ops import prediction as op
from rlviz.ops import traces
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "TD(λ)"
FAMILY, MEMBER = "td", 2
SUMMARY = "Shares every surprise out over the states that led to it."
WORLD = tabular.TabularWorld
TRUTH = {"v": "v_policy"}  # what the values are after
TRUTH_EVERY = 64  # iterations between two points of a truth curve
ENV_STEPS = 1  # of one replica in one iteration
GAINS_FROM_CUDA = GRADIENTS = False


@dataclass(frozen=True)
class Config:
    """What can be set; the Dutch trace is that of true online TD(λ)."""

    alpha: StepSize = 0.1
    gamma: Discount = 1.0
    lambda_: TraceDecay = 0.8
    trace: TraceKind = "accumulating"
    random_share: RandomShare = 1.0
    initial_value: InitialValue = 0.5


@dataclass
class State:
    """All that moves."""

    v: Tensor  # [B, S], 0 in terminal states
    trace: Tensor  # [B, S], 0 at the start of an episode
    v_old: Tensor  # [B], value of the state ahead as it was before the last update
    episode: tabular.Episode
    streams: Streams


WEIGHTS = ("v",)


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """Values that know nothing, and an agent at the start."""
    guess = world.first_value
    v = op.fresh_values(world.terminal, streams.replicas, config.initial_value, guess)
    episode = tabular.begin(world, streams)
    return State(v, torch.zeros_like(v), op.value_of(v, episode.state), episode, streams)


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One step of every replica by the fixed policy; its error moves all that are eligible."""
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
    alpha, decay = op.column(config.alpha), op.column(config.gamma * config.lambda_)
    here = torch.zeros_like(state.v).scatter_(1, s.unsqueeze(1), 1.0)
    dutch_term = torch.zeros_like(v_s)
    error = td_error.unsqueeze(1)
    if config.trace == "dutch":
        trace = traces.dutch(state.trace, decay, here, alpha)
        drift = (v_s - state.v_old).unsqueeze(1)
        dutch_term = (drift * (trace - 1)).gather(1, s.unsqueeze(1)).squeeze(1)
        state.v = traces.move_true_online(
            state.v, trace, alpha, error=error, drift=drift, state=here
        )
    else:
        grow = traces.replacing if config.trace == "replacing" else traces.accumulating
        trace = grow(state.trace, decay, here)
        state.v = traces.move(state.v, trace, alpha, error)
    v_new = op.value_of(state.v, s)
    # A new episode owes nothing to the old one: its traces begin at 0.
    state.trace = trace * ~step.done.unsqueeze(1)
    state.v_old = torch.where(step.done, op.value_of(state.v, state.episode.state), v_next)
    yield beat(
        "update",
        v=state.v,
        state_trace=trace,
        trace_here=op.value_of(trace, s),
        dutch_term=dutch_term,
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
        "state_trace",
        "trace_here",
        "dutch_term",
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
        op.TRACE_UPDATE,
        does="v_new = op.value_of(",
        captions=(
            (
                "terminated",
                "Arrived: δ = {td_error:+.2f} goes to every state with a trace, and the traces "
                "begin anew. V(s) goes from {v_s:.2f} to {v_new:.2f}.",
            ),
            (
                "",
                "δ = {td_error:+.2f} goes to every state with a trace. Here e = {trace_here:.2f}: "
                "V(s) goes from {v_s:.2f} to {v_new:.2f}.",
            ),
        ),
    ),
)
