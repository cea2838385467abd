"""The rows of `python -m rlviz check` about importance ratios and steps of bounded size.

Each number was got in advance by another route: sums against differences of linear solves, roots
against a general optimiser, closed forms against enumeration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np

from rlviz.exact import policy_gradient as pg
from rlviz.exact import simplex
from rlviz.exact import trust_region as tr
from rlviz.exact.check_rows import Group, by_setting, each, numbered
from rlviz.exact.dynamic_programming import Array
from rlviz.exact.importance import sequence_ratio
from rlviz.worlds.tabular import TabularWorld

_ARMS, _PAID = np.array([0.5, 0.3, 0.2]), np.array([1.0, 2.0, 4.0])
_ONE_PAYS = np.array([0.0, 1.0])
_OLD, _NEW = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.4, 0.2])


def _three_states() -> TabularWorld:
    p = [
        [[0.0, 0.8, 0.2], [0.3, 0.0, 0.7]],
        [[0.0, 0.0, 1.0], [0.5, 0.5, 0.0]],
        [[0.6, 0.0, 0.4], [0.0, 0.9, 0.1]],
    ]
    paid = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 0.5]])
    return TabularWorld(
        name="three_states",
        next_state=np.tile(np.arange(3), (3, 2, 1)),
        reward=np.repeat(paid[:, :, None], 3, axis=2),
        probability=np.array(p),
        terminal=np.zeros(3, dtype=bool),
        start=np.array([1.0, 0.0, 0.0]),
        time_limit=1000,
    )


_Z_OLD = np.array([[0.0, 0.2], [0.5, 0.0], [-0.3, 0.1]])
_Z_NEW = np.array([[0.2, 0.1], [0.2, 0.2], [-0.2, 0.5]])


@cache
def _bounds() -> list[float]:
    world, old, new = _three_states(), pg.softmax(_Z_OLD), pg.softmax(_Z_NEW)
    true = pg.advantages(world, old, 0.9)
    return [
        pg.objective(world, old, 0.9),
        pg.objective(world, new, 0.9),
        *tr.performance_difference(world, old, new, 0.9),
        tr.surrogate_gain(world, old, new, 0.9),
        pg.max_kl(world, old, new),
        float(np.abs(true).max()),
        tr.penalty_constant(world, old, 0.9),
        tr.lower_bound(world, old, new, 0.9),
    ]


def _ratios() -> Array:
    path = simplex.clipped_path(np.zeros(2), np.array([-1.0, 1.0]), 1.0, steps=3, clip=0.2)
    ratios: Array = path[1:] / path[0]
    return ratios


def _gain(best: Callable[[Array, Array, float], Array]) -> float:
    return float((best(_ARMS, _PAID, 0.01) - _ARMS) @ _PAID)


def _sizes() -> list[float]:
    step = tr.quadratic_step(_ARMS, _PAID, 0.01)
    forward, reverse = _gain(tr.best_within_forward_kl), _gain(tr.best_within_reverse_kl)
    return [step.size, step.kl, step.gain, forward, reverse]


def _scaled() -> list[float]:
    paths = (tr.natural_path, tr.vanilla_path)
    return [path(0.0, k, _ONE_PAYS, 0.1, steps=5)[-1] for path in paths for k in (1.0, 3.0)]


def _ratio(horizon: float) -> Sequence[float]:
    return sequence_ratio(_OLD, _NEW, int(horizon))


def _gspo_limit() -> float:
    """exp(−KL(old‖new)), where E[ρ^(1/T)] goes."""
    return float(np.exp(-pg.divergence(_OLD, _NEW)))


GROUPS = [
    Group(
        "three states, γ = .9",
        1e-6,
        [
            *each(
                [
                    *("J(old)", "J(new)", "J(new) − J(old)", "Σ η_new π_new A_old"),
                    *("surrogate gain", "max KL(old‖new)", "max |A_old|", "4εγ/(1 − γ)²"),
                    "lower bound of the gain",
                ],
                _bounds,
                [
                    *(3.401447552, 5.250683322, 1.849235771, 1.849235771, 1.774292163),
                    *(0.03029986198, 1.541198881, 554.831597, -15.03702865),
                ],
            ),
            *numbered(
                "∇J(old)",
                lambda: pg.gradient(_three_states(), _Z_OLD, 0.9),
                [
                    *(0.9380646466, -0.9380646466, -1.945157073),
                    *(1.945157073, -1.64948234, 1.64948234),
                ],
            ),
        ],
    ),
    Group(
        "PPO's clip, ε = .2",
        1e-9,
        [
            ("max KL(old‖new) in the band", partial(tr.clip_band_kl, 0.2), 0.02041099726),
            *each(
                [f"ratio of arm {arm} after step {k}" for k in (1, 2, 3) for arm in (0, 1)],
                _ratios,
                [0.5378828427, 1.462117157] * 3,
            ),
        ],
    ),
    Group(
        "three arms, π = (.5, .3, .2), r = (1, 2, 4), δ = .01",
        1e-6,
        [
            *numbered("∇J", partial(tr.bandit_gradient, _ARMS, _PAID), [-0.45, 0.03, 0.42]),
            *numbered(
                "Fisher matrix",
                partial(tr.bandit_fisher, _ARMS),
                [0.25, -0.15, -0.1, -0.15, 0.21, -0.06, -0.1, -0.06, 0.16],
            ),
            *numbered(
                "natural gradient",
                partial(tr.bandit_natural_gradient, _ARMS, _PAID),
                [-1.333333333, -0.3333333333, 1.666666667],
            ),
            *numbered(
                "π after the quadratic step",
                lambda: tr.quadratic_step(_ARMS, _PAID, 0.01).policy,
                [0.4423391618, 0.300595606, 0.2570652321],
            ),
            *each(
                [
                    *("size of the step", "its KL(old‖new)", "its gain"),
                    *("gain within KL(old‖new)", "gain within KL(new‖old)"),
                ],
                _sizes,
                [0.1245145613, 0.01046807096, 0.1717913024, 0.1679405843, 0.1642258735],
            ),
            *numbered(
                "best π within KL(old‖new)",
                partial(tr.best_within_forward_kl, _ARMS, _PAID, 0.01),
                [0.4455623593, 0.297686169, 0.2567514718],
            ),
            *numbered(
                "best π within KL(new‖old)",
                partial(tr.best_within_reverse_kl, _ARMS, _PAID, 0.01),
                [0.4447904411, 0.3007014016, 0.2545081573],
            ),
        ],
    ),
    Group(
        "one logit, five steps of .1",
        1e-9,
        each(
            [
                *("natural, sigmoid(t)", "natural, sigmoid(3t)"),
                *("plain, sigmoid(t)", "plain, sigmoid(3t)"),
            ],
            _scaled,
            [0.6224593312, 0.6224593312, 0.5311802485, 0.740997512],
        ),
    ),
    Group(
        "ratio of T tokens, (.5, .3, .2) to (.4, .4, .2)",
        1e-6,
        [
            *by_setting(
                "E[ρ]; variance; effective share; E[ρ^(1/T)]",
                "T",
                _ratio,
                {
                    1: (1, 0.05333333333, 0.9493670886, 1),
                    4: (1, 0.2310149057, 0.8123378485, 0.9811025495),
                    10: (1, 0.6813505837, 0.5947599565, 0.9774539365),
                    100: (1, 179.5438876, 0.00553881947, 0.975288813),
                },
            ),
            ("limit of E[ρ^(1/T)]", _gspo_limit, 0.975049389),
        ],
    ),
]
