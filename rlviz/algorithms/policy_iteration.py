"""Policy iteration: evaluate a policy, improve it, and again (Sutton & Barto 2018, 4.3 and 4.6).

    evaluation    V(s) ← Σ_a π(a|s) Σ_s' P(s'|s, a) [r + γ V(s')]
    improvement   π(s) ← argmax_a Σ_s' P(s'|s, a) [r + γ V(s')]

How many sweeps of evaluation come before an improvement is a knob: with one it does what value
iteration does, with many it evaluates to the end. One iteration is one sweep over all states; the
last one of an evaluation also improves the policy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from rlviz.equations import Equation
from rlviz.exact.sweeps import fixed_policy, waves
from rlviz.hyperparameters import LIVE, Discount, Hint, InTray, Range, SweepOrder, Title
from rlviz.ops import planning
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "Policy iteration"
FAMILY, MEMBER = "dp", 1
SUMMARY = "Evaluates its policy, makes it greedy, and again, until nothing is left to improve."
WORLD = tabular.TabularWorld
TRUTH = {"v": "v_optimal"}  # what the values are after
TRUTH_EVERY = 1  # iterations between two points of a truth curve
ENV_STEPS = 0  # of one replica in one iteration: it plans, and never acts
GAINS_FROM_CUDA = GRADIENTS = False

SETTLED = 1e-9  # a policy whose values move by less than this share has been evaluated to the end


@dataclass(frozen=True)
class Config:
    """It begins with the equiprobable policy, as in Sutton & Barto 2018, figure 4.1."""

    evaluation_sweeps: Annotated[
        int,
        Range(1, 1000),
        LIVE,
        Title("sweeps before an improvement"),
        Hint("improves at once, like value iteration", "evaluates to the end first"),
        InTray("method"),
    ] = 3
    sweep: SweepOrder = "synchronous"
    gamma: Discount = 1.0


@dataclass
class State:
    """All that moves."""

    v: Tensor  # [B, S], 0 in terminal states
    policy: Tensor  # [B, S, A]
    evaluated: Tensor  # [B] int64, sweeps since the policy was improved


WEIGHTS = ("v", "policy")


def init(world: tabular.Tables, _config: Config, streams: Streams) -> State:
    """Values of 0, and every action equally likely."""
    replicas, device = streams.replicas, world.terminal.device
    v = torch.zeros(replicas, world.n_states, dtype=torch.float64, device=device)
    policy = fixed_policy(world, 1.0, 1.0, replicas).contiguous()
    return State(v, policy, torch.zeros(replicas, dtype=torch.int64, device=device))


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One sweep of evaluation, and an improvement where the evaluation ends with it."""
    before = state.v.clone()
    for states, *outcomes in waves(world, config.sweep):
        q = planning.one_step_ahead(state.v, *outcomes, gamma=config.gamma)  # [B, n, A]
        v_new = planning.expected_value(state.policy[:, states], q)
        shown = planning.most_changed(v_new, state.v[:, states])
        state.v[:, states] = v_new
        each = torch.arange(len(shown), device=shown.device)
        yield beat(
            "backup",
            v=state.v,
            backup_state=states[shown],
            backup_probability=state.policy[each, states[shown]],
            # An action that does not exist is never taken; 0·(−∞) would be no number.
            backup_target=q[each, shown].masked_fill(q[each, shown].isinf(), 0.0),
            v_new=v_new[each, shown],
        )
    residual = (state.v - before).abs().amax(1)
    state.evaluated = state.evaluated + 1
    yield beat("sweep", residual=residual, evaluated=state.evaluated)

    settled = residual <= SETTLED * state.v.abs().amax(1)
    ends = (state.evaluated >= config.evaluation_sweeps) | settled
    if not bool(ends.any()):
        return
    (every,) = waves(world, "synchronous")
    q = planning.one_step_ahead(state.v, *every[1:], gamma=config.gamma)
    better, changed = planning.improved_policy(state.policy[:, every.states], q)
    state.policy[:, every.states] = torch.where(
        ends[:, None, None], better, state.policy[:, every.states]
    )
    improved = torch.where(ends, changed.sum(1).double(), torch.nan)
    state.evaluated = state.evaluated.masked_fill(ends, 0)
    yield beat("improve", policy=state.policy, improved=improved)


SIGNALS = {
    "backup": ("v", "backup_state", "backup_probability", "backup_target", "v_new"),
    "sweep": ("residual", "evaluated"),
    "improve": ("policy", "improved"),
}
EQUATIONS = (
    Equation(
        "backup",
        planning.EXPECTED_BACKUP,
        does="v_new = planning.expected_value(",
        captions=(
            (
                "",
                "The state that changed most is number {backup_state:d}: its value is the mean "
                "over what the policy may do, {v_new:.2f}.",
            ),
        ),
    ),
    Equation(
        "sweep",
        "",
        does='yield beat("sweep"',
        captions=(
            (
                "residual>0.000001",
                "Evaluation, sweep {evaluated:d} of this policy. The value that moved most moved "
                "by {residual:.4f}.",
            ),
            ("", "Evaluation: the values of this policy do not move any more."),
        ),
    ),
    Equation(
        "improve",
        "",
        does="better, changed = planning.improved_policy(",
        captions=(
            (
                "improved",
                "Improvement: the greedy policy of these values is another one in {improved:.0f} "
                "states.",
            ),
            ("", "Improvement: the policy is greedy already, so it stays as it is."),
        ),
    ),
)
