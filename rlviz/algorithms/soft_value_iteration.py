"""Soft value iteration: entropy as a part of the reward (Ziebart 2010; Haarnoja et al. 2017).

    V(s) ← max_π Σ_a π(a)·Q(s, a) + c·H(π),   Q(s, a) = Σ_s' P(s'|s, a) [r + γ V(s')]

The maximum over distributions is the softmax of Q/c, and its value is c·ln Σ_a exp(Q/c): where
value iteration takes the largest, this takes a soft maximum. One iteration is one sweep.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rlviz.equations import Equation
from rlviz.exact.sweeps import waves
from rlviz.hyperparameters import Discount, EntropyBonus, SweepOrder
from rlviz.ops import entropy, planning
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "Soft value iteration"
FAMILY, MEMBER = "dp", 3
SUMMARY = "Value iteration that is paid for leaving things to chance, until nothing moves."
WORLD = tabular.TabularWorld
TRUTH = {"v": "v_bonus"}  # what the values are after
TRUTH_EVERY = 1  # iterations between two points of a truth curve
ENV_STEPS = 0  # of one replica in one iteration: it plans, and never acts
GAINS_FROM_CUDA = GRADIENTS = False


@dataclass(frozen=True)
class Config:
    """A discount below 1, since with a bonus it may pay to wander for ever."""

    entropy_bonus: EntropyBonus = 0.1
    gamma: Discount = 0.9
    sweep: SweepOrder = "synchronous"


@dataclass
class State:
    """All that moves."""

    v: Tensor  # [B, S], 0 in terminal states
    policy: Tensor  # [B, S, A]


WEIGHTS = ("v", "policy")


def init(world: tabular.Tables, _config: Config, streams: Streams) -> State:
    """Values of 0, and every action equally likely."""
    even = world.allowed / world.allowed.sum(-1, keepdim=True, dtype=torch.float64)
    v = torch.zeros(streams.replicas, world.n_states, dtype=even.dtype, device=even.device)
    return State(v, even.expand(streams.replicas, -1, -1).clone())


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One sweep: every state that is not terminal is backed up once."""
    before = state.v.clone()
    each = torch.as_tensor(config.entropy_bonus, dtype=before.dtype, device=before.device)
    bonus = torch.zeros_like(before[:, :1]) + each.unsqueeze(-1)  # [B, 1]
    for states, *outcomes in waves(world, config.sweep):
        q = planning.one_step_ahead(state.v, *outcomes, gamma=config.gamma)  # [B, n, A]
        best = entropy.best_with_bonus(q, bonus)
        shown = planning.most_changed(best.value, state.v[:, states])
        state.v[:, states], state.policy[:, states] = best.value, best.policy
        row = torch.arange(len(shown), device=shown.device)
        yield beat(
            "backup",
            v=state.v,
            policy=state.policy,
            backup_state=states[shown],
            backup_probability=best.policy[row, shown],
            # An action that does not exist is never taken; 0·(−∞) would be no number.
            backup_target=q[row, shown].masked_fill(q[row, shown].isinf(), 0.0),
            backup_entropy=best.entropy[row, shown],
            v_new=best.value[row, shown],
        )
    yield beat("sweep", residual=(state.v - before).abs().amax(1))


SIGNALS = {
    "backup": (
        "v",
        "policy",
        "backup_state",
        "backup_probability",
        "backup_target",
        "backup_entropy",
        "v_new",
    ),
    "sweep": ("residual",),
}
EQUATIONS = (
    Equation(
        "backup",
        entropy.SOFT_BACKUP,
        does="best = entropy.best_with_bonus(q, bonus)",
        captions=(
            (
                "entropy_bonus<0",
                "Chance is made to cost, so there is none: the value of state {backup_state:d} is "
                "that of one action alone, {v_new:.2f}.",
            ),
            (
                "backup_entropy>0.000001",
                "The state that changed most is number {backup_state:d}. Its policy keeps "
                "{backup_entropy:.2f} nats of chance and is paid for them: {v_new:.2f} in all.",
            ),
            (
                "",
                "The state that changed most is number {backup_state:d}: its value is that of its "
                "best action, {v_new:.2f}.",
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
                "The sweep is done. The value that moved most moved by {residual:.4f}.",
            ),
            (
                "",
                "The sweep is done and nothing moves any more: the values satisfy the soft Bellman "
                "equation.",
            ),
        ),
    ),
)
