"""The rows of `python -m rlviz check` about policy gradients, baselines and advantages.

Each number was got in advance by another route: linear systems against enumeration, closed forms
against finite differences.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from rlviz.exact import advantage_moments as am
from rlviz.exact import gradient_baselines as gb
from rlviz.exact import policy_gradient as pg
from rlviz.exact.check_rows import Group, by_setting, each, numbered
from rlviz.exact.dynamic_programming import Array
from rlviz.worlds import random_walk_5, short_corridor, two_step

_CORRIDOR = short_corridor.make(short_corridor.Config())
_TWO_STEP = two_step.make(two_step.Config())
_EVEN = np.zeros((1, 2))
_WALK = random_walk_5.make(random_walk_5.Config())
_CHANCE = np.full((_WALK.n_states, 2), 0.5)
_FLAT = np.where(_WALK.terminal, 0.0, 0.5)
_LEFT, _RIGHT = 0, 1
_MIDDLE = int(_WALK.start.argmax())
_PAID = np.array([1.0, 2.0, 4.0])
_PREFERENCES = np.array([0.2, -0.1, 0.4])
_ONE_PAYS = np.array([0.0, 1.0])


def _corridor_return(p: float) -> float:
    theta = np.array([[0.0, np.log(p / (1 - p))]])
    policy = pg.softmax_policy(_CORRIDOR, theta, _CORRIDOR.observed)
    return pg.objective(_CORRIDOR, policy, 1.0)


def _corridor_best() -> float:
    """p* by halving where the gradient changes its sign."""
    low, high = 0.0, 1.0
    for _ in range(50):
        p = (low + high) / 2
        theta = np.array([[0.0, np.log(p / (1 - p))]])
        rises = pg.gradient(_CORRIDOR, theta, 1.0, _CORRIDOR.observed)[0, 1] > 0
        low, high = (p, high) if rises else (low, p)
    return low


def _gae(lambda_: float) -> list[float]:
    true = pg.advantages(_WALK, _CHANCE, 1.0)
    got = am.gae_moments(_WALK, _CHANCE, _FLAT, 1.0, lambda_)
    right, left = got.mean[_MIDDLE, _RIGHT], got.mean[_MIDDLE, _LEFT]
    bias = am.contrast(got.mean - true, _MIDDLE, _RIGHT, _LEFT)
    error = am.squared_error(got, true)[_MIDDLE, _RIGHT]
    return [right, got.variance[_MIDDLE, _RIGHT], left, right - left, bias, error]


def _n_step(steps: float) -> list[float]:
    got = am.n_step_advantage_moments(_WALK, _CHANCE, _FLAT, 1.0, int(steps))
    return [got.mean[-1, _MIDDLE, _RIGHT], got.variance[-1, _MIDDLE, _RIGHT]]


def _two_step() -> list[float]:
    seen = _TWO_STEP.observed
    policy = pg.softmax_policy(_TWO_STEP, _EVEN, seen)
    return [
        pg.gradient(_TWO_STEP, _EVEN, 0.5, seen)[0, 1],
        pg.printed_direction(_TWO_STEP, _EVEN, 0.5, seen)[0, 1],
        pg.objective(_TWO_STEP, policy, 0.5),
    ]


def _single_logit() -> list[float]:
    return [*gb.single_logit_variance(0.9, _ONE_PAYS, np.array([0.0, 0.9, 0.1]))]


def _surrogate() -> list[float]:
    even = np.array([0.5, 0.5])
    frozen = gb.estimator_mean(even, _ONE_PAYS, 0.0)[1]
    moving = pg.log_surrogate_gradient(even, _ONE_PAYS)[1]
    return [float(even @ _ONE_PAYS), pg.log_surrogate(even, _ONE_PAYS), frozen, moving]


def _bandit(q: Array | None = None) -> Array:
    """The mean direction on the bandit, with Q as its own baseline where that is given."""
    return gb.estimator_mean(pg.softmax(_PREFERENCES), _PAID, 0.0 if q is None else q)


GROUPS = [
    Group(
        "short corridor",
        1e-7,
        [
            ("best P(right)", _corridor_best, 0.5857864376),
            ("J at the best P(right)", partial(_corridor_return, 2 - 2**0.5), -11.65685425),
            ("J at P(right) = .05", partial(_corridor_return, 0.05), -82.10526316),
            ("J at P(right) = .95", partial(_corridor_return, 0.95), -44.21052632),
        ],
    ),
    Group(
        "GAE on random_walk_5, from the middle, V̂ = ½",
        1e-9,
        by_setting(
            "mean, right; variance, right; mean, left; contrast; its bias; squared error, right",
            "λ",
            _gae,
            {
                0.0: (0, 0, 0, 0, -0.3333333333, 0.02777777778),
                0.5: (
                    *(0.03333333333, 0.002987249545, -0.03333333333),
                    *(0.06666666667, -0.2666666667, 0.02076502732),
                ),
                0.8: (
                    *(0.09523809524, 0.02788120637, -0.09523809524),
                    *(0.1904761905, -0.1428571429, 0.03298324719),
                ),
                0.9: (
                    *(0.1269592476, 0.06461423323, -0.1269592476),
                    *(0.2539184953, -0.07941483804, 0.06619091235),
                ),
                0.95: (
                    *(0.1456820016, 0.1096016921, -0.1456820016),
                    *(0.2913640032, -0.0419693301, 0.1100420482),
                ),
                1.0: (
                    *(0.1666666667, 0.2222222222, -0.1666666667),
                    *(0.3333333333, 0, 0.2222222222),
                ),
            },
        ),
    ),
    Group(
        "n steps on random_walk_5, from the middle, V̂ = ½",
        1e-9,
        by_setting(
            "mean, right; variance, right",
            "n",
            _n_step,
            {
                1: (0, 0),
                2: (0, 0),
                4: (0.125, 0.046875),
                8: (0.1640625, 0.1176147461),
                1000: (0.1666666667, 0.2222222222),
            },
        ),
    ),
    Group(
        "two arms, π = (.1, .9), r = (0, 1), one logit",
        1e-12,
        [
            *each(
                ["variance, b = 0", "variance, b = V", "variance, b = b*"],
                _single_logit,
                [0.0009, 0.0576, 0],
            ),
            ("b*", partial(gb.best_baseline, np.array([0.1, 0.9]), _ONE_PAYS), 0.1),
        ],
    ),
    Group(
        "three arms, preferences (.2, −.1, .4), r = (1, 2, 4)",
        1e-9,
        [
            *numbered(
                "π",
                partial(pg.softmax, _PREFERENCES),
                [0.3375845378, 0.2500887766, 0.4123266856],
            ),
            *numbered("∇J", _bandit, [-0.5020114448, -0.1218104487, 0.6238218935]),
            *numbered("with the baseline Q(s, a)", partial(_bandit, _PAID), [0, 0, 0]),
        ],
    ),
    Group(
        "two steps, γ = ½",
        1e-9,
        each(["∂J", "the same without γ^t", "J"], _two_step, [0.0625, -0.125, 0.125]),
    ),
    Group(
        "two arms, π = (½, ½), r = (0, 1)",
        1e-9,
        each(
            ["J", "E[G·log π]", "its slope, samples held still", "its slope, samples moving"],
            _surrogate,
            [0.5, -0.3465735903, 0.25, 0.07671320486],
        ),
    ),
]
