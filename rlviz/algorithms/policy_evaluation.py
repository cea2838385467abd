"""Iterative policy evaluation: what a fixed policy is worth (Sutton & Barto 2018, section 4.1).

    V(s) ← Σ_a π(a|s) Σ_s' P(s'|s, a) [r + γ V(s')]

The world is known, so nothing is sampled: every backup is a mean over all that may happen. One
iteration is one sweep over all states.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rlviz.equations import Equation
from rlviz.exact.sweeps import fixed_policy, waves
from rlviz.hyperparameters import Discount, RandomShare, SweepOrder
from rlviz.ops import planning
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "Policy evaluation"
FAMILY, MEMBER = "dp", 0
SUMMARY = "Sweeps over a known world until it knows what a fixed policy is worth."
WORLD = tabular.TabularWorld
TRUTH = {"v": "v_policy"}  # what the values are after
TRUTH_EVERY = 1  # iterations between two points of a truth curve
ENV_STEPS = 0  # of one replica in one iteration: it plans, and never acts
GAINS_FROM_CUDA = GRADIENTS = False


@dataclass(frozen=True)
class Config:
    """Defaults are those of the small gridworld in Sutton & Barto 2018, example 4.1."""

    sweep: SweepOrder = "synchronous"
    gamma: Discount = 1.0
    random_share: RandomShare = 1.0


@dataclass
class State:
    """All that moves."""

    v: Tensor  # [B, S], 0 in terminal states


WEIGHTS = ("v",)


def init(world: tabular.Tables, _config: Config, streams: Streams) -> State:
    """Values of 0."""
    device = world.terminal.device
    return State(torch.zeros(streams.replicas, world.n_states, dtype=torch.float64, device=device))


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One sweep: every state that is not terminal is backed up once."""
    before = state.v.clone()
    policy = fixed_policy(world, config.gamma, config.random_share, len(before))
    for states, *outcomes in waves(world, config.sweep):
        q = planning.one_step_ahead(state.v, *outcomes, gamma=config.gamma)  # [B, n, A]
        v_new = planning.expected_value(policy[:, states], q)
        shown = planning.most_changed(v_new, state.v[:, states])
        state.v[:, states] = v_new
        each = torch.arange(len(shown), device=shown.device)
        yield beat(
            "backup",
            v=state.v,
            backup_state=states[shown],
            backup_probability=policy[each, states[shown]],
            # An action that does not exist is never taken; 0·(−∞) would be no number.
            backup_target=q[each, shown].masked_fill(q[each, shown].isinf(), 0.0),
            v_new=v_new[each, shown],
        )
    yield beat("sweep", policy=policy, residual=(state.v - before).abs().amax(1))


SIGNALS = {
    "backup": ("v", "backup_state", "backup_probability", "backup_target", "v_new"),
    "sweep": ("policy", "residual"),
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
                "The sweep is done. The value that moved most moved by {residual:.4f}.",
            ),
            (
                "",
                "The sweep is done and nothing moves any more: the values satisfy the Bellman "
                "equation.",
            ),
        ),
    ),
)
