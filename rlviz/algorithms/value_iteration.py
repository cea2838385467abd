"""Value iteration: the optimal values of a known world (Sutton & Barto 2018, section 4.4).

    V(s) ← max_a Σ_s' P(s'|s, a) [r + γ V(s')]

Where policy evaluation takes the mean over what a policy does, it takes the maximum. There is no
policy on the way: the greedy one is read off the values. One iteration is one sweep over all
states.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rlviz.equations import Equation
from rlviz.exact.sweeps import waves
from rlviz.hyperparameters import Discount, SweepOrder
from rlviz.ops import planning
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "Value iteration"
FAMILY, MEMBER = "dp", 2
SUMMARY = "Sweeps with the best action in every state until the values are the optimal ones."
WORLD = tabular.TabularWorld
TRUTH = {"v": "v_optimal"}  # what the values are after
TRUTH_EVERY = 1  # iterations between two points of a truth curve
ENV_STEPS = 0  # of one replica in one iteration: it plans, and never acts
GAINS_FROM_CUDA = GRADIENTS = False


@dataclass(frozen=True)
class Config:
    """Defaults are those of the small gridworld in Sutton & Barto 2018, example 4.1."""

    sweep: SweepOrder = "synchronous"
    gamma: Discount = 1.0


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
    for states, *outcomes in waves(world, config.sweep):
        q = planning.one_step_ahead(state.v, *outcomes, gamma=config.gamma)  # [B, n, A]
        v_new = q.amax(-1)
        shown = planning.most_changed(v_new, state.v[:, states])
        state.v[:, states] = v_new
        each = torch.arange(len(shown), device=shown.device)
        yield beat(
            "backup",
            v=state.v,
            backup_state=states[shown],
            backup_target=q[each, shown],
            v_new=v_new[each, shown],
        )
    yield beat("sweep", residual=(state.v - before).abs().amax(1))


SIGNALS = {
    "backup": ("v", "backup_state", "backup_target", "v_new"),
    "sweep": ("residual",),
}
EQUATIONS = (
    Equation(
        "backup",
        planning.OPTIMAL_BACKUP,
        does="v_new = q.amax(-1)",
        captions=(
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
                "The sweep is done and nothing moves any more: the values satisfy the Bellman "
                "equation.",
            ),
        ),
    ),
)
