"""What `python -m rlviz check` computes: known exact values, each got by the code that is used.

The cliff's values are those of Sutton & Barto's example 6.6 (2018), solved in advance by a linear
system and by iteration; the targets and probabilities of one transition are worked out by hand:

    Q(s', ·) = [4, 1, 2], r = 1, γ = .9, ε = .2, a' = the second action

    π       [1 − .2 + .2/3, .2/3, .2/3]                SARSA       1 + .9·1 = 1.9
    E[Q]    (13·4 + 1·1 + 1·2)/15 = 11/3               Q-learning  1 + .9·4 = 4.6
    Expected SARSA  1 + .9·11/3 = 4.3
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from rlviz.exact import cliff, policy_checks, trust_checks
from rlviz.exact import dynamic_programming as dp
from rlviz.exact.policies import followed
from rlviz.ops.explore import epsilon_greedy_probabilities
from rlviz.ops.td import q_learning_error, sarsa_error
from rlviz.worlds import (
    cliff_walking,
    gambler,
    grid_4x4,
    grid_5x5,
    random_walk_5,
    random_walk_19,
    room,
)
from rlviz.worlds.tabular import TabularWorld


@dataclass(frozen=True)
class Check:
    """One known value; `run` gives what we get, what it must be, and the tolerance."""

    name: str
    source: str
    run: Callable[[], tuple[float, float, float]]


def _cliff() -> TabularWorld:
    return cliff_walking.make(cliff_walking.Config())


def _at_start(world: TabularWorld, v: NDArray[np.float64]) -> float:
    return float(v[world.start > 0][0])


def _drawn_return(name: str, epsilon: float) -> float:
    world, policy = _cliff(), dp.epsilon_soft(cliff.drawn(cliff.POLICIES[name]), epsilon)
    return _at_start(world, dp.policy_value(world, policy, 1.0))


def _best_return(epsilon: float) -> float:
    world = _cliff()
    return _at_start(world, dp.best_policy(world, 1.0, epsilon).v)


def _shared_ties_return(*, limited: bool) -> float:
    world = _cliff()
    policy = dp.epsilon_soft(dp.best_policy(world, 1.0).policy, 0.1)
    if limited:
        return dp.limited_return(world, policy)
    return _at_start(world, dp.policy_value(world, policy, 1.0))


def _room_distance() -> float:
    world = room.make(room.Config())
    return _at_start(world, dp.best_policy(world, 1.0).v)


_Q = torch.tensor([4.0, 1.0, 2.0], dtype=torch.float64)
_NOTHING = torch.zeros(3, dtype=torch.float64)  # an estimate of 0, so that the error is the target
_R, _DISCOUNT = (torch.tensor(x, dtype=torch.float64) for x in (1.0, 0.9))
_FIRST, _SECOND = torch.tensor(0), torch.tensor(1)


def _probability(epsilon: float, action: int) -> float:
    return float(epsilon_greedy_probabilities(_Q, epsilon)[action])


def _sarsa_target() -> float:
    return float(sarsa_error(_NOTHING, _FIRST, _R, _DISCOUNT, _Q, _SECOND))


def _expected_sarsa_target() -> float:
    return float(_R + _DISCOUNT * (epsilon_greedy_probabilities(_Q, 0.2) @ _Q))


def _q_learning_target() -> float:
    return float(q_learning_error(_NOTHING, _FIRST, _R, _DISCOUNT, _Q))


def _value_by_chance(world: TabularWorld, gamma: float, state: int) -> float:
    return float(dp.policy_value(world, followed(world, gamma, 1.0), gamma)[state])


def _best_value(world: TabularWorld, gamma: float, state: int) -> float:
    return float(dp.best_policy(world, gamma).v[state])


_SMALL, _ENDLESS = grid_4x4.make(grid_4x4.Config()), grid_5x5.make(grid_5x5.Config())
_WALK_5 = random_walk_5.make(random_walk_5.Config())
_WALK_19 = random_walk_19.make(random_walk_19.Config())
_GAMBLER = gambler.make(gambler.Config())


def _by_chance(
    world: TabularWorld, gamma: float, known: dict[int, float]
) -> list[tuple[str, Callable[[], float], float]]:
    """A row for the value of each of these states, when every action is equally likely."""
    return [
        (f"V of pure chance, state {s}", partial(_value_by_chance, world, gamma, s), v)
        for s, v in known.items()
    ]


def _best_values(
    world: TabularWorld, gamma: float, known: dict[int, float]
) -> list[tuple[str, Callable[[], float], float]]:
    """A row for the best value of each of these states."""
    return [(f"V*, state {s}", partial(_best_value, world, gamma, s), v) for s, v in known.items()]


def _checks(
    source: str,
    tolerance: float,
    rows: list[tuple[str, Callable[[], float], float]],
) -> list[Check]:
    def compare(get: Callable[[], float], expected: float) -> tuple[float, float, float]:
        return get(), expected, tolerance

    return [Check(name, source, partial(compare, get, expected)) for name, get, expected in rows]


CHECKS: list[Check] = [
    *_checks(
        "cliff, exact",
        1e-5,
        [
            ("V* at the start", partial(_best_return, 0.0), -13.0),
            ("risky_edge, ε = 0", partial(_drawn_return, "risky_edge", 0.0), -13.0),
            ("risky_edge, ε = .01", partial(_drawn_return, "risky_edge", 0.01), -16.0666618),
            ("risky_edge, ε = .1", partial(_drawn_return, "risky_edge", 0.1), -45.80332225),
            ("safe_top_row, ε = 0", partial(_drawn_return, "safe_top_row", 0.0), -17.0),
            ("safe_top_row, ε = .01", partial(_drawn_return, "safe_top_row", 0.01), -17.46127878),
            ("safe_top_row, ε = .1", partial(_drawn_return, "safe_top_row", 0.1), -22.27281667),
            (
                "edge_offpath_down, ε = .1",
                partial(_drawn_return, "edge_offpath_down", 0.1),
                -51.8131879,
            ),
            ("best ε-soft policy, ε = .1", partial(_best_return, 0.1), -20.7076774),
        ],
    ),
    *_checks(
        "cliff, exact",
        1e-4,
        [
            (
                "greedy on Q*, ties shared, ε = .1",
                partial(_shared_ties_return, limited=False),
                -50.8,
            ),
            ("the same within 500 steps", partial(_shared_ties_return, limited=True), -50.8),
        ],
    ),
    *_checks(
        "cliff, exact",
        5e-3,
        [("row_1, ε = .1", partial(_drawn_return, "row_1", 0.1), -21.05)],
    ),
    *_checks("room, counted on the map", 1e-9, [("V* at the start", _room_distance, -14.0)]),
    *_checks(
        "grid_4x4, γ = 1",
        1e-6,
        _by_chance(_SMALL, 1.0, {1: -14.0, 2: -20.0, 3: -22.0, 5: -18.0}),
    ),
    *_checks(
        "grid_5x5, γ = .9",
        1e-6,
        [
            *_by_chance(_ENDLESS, 0.9, {0: 3.308996336, 1: 8.789291863, 24: -1.975179048}),
            *_best_values(_ENDLESS, 0.9, {0: 21.97748529, 1: 24.4194281, 24: 11.67973676}),
        ],
    ),
    *_checks(
        "random_walk_5, γ = 1", 1e-9, _by_chance(_WALK_5, 1.0, {i: i / 6 for i in range(1, 6)})
    ),
    *_checks(
        "random_walk_19, γ = 1",
        1e-9,
        _by_chance(_WALK_19, 1.0, {i: i / 10 - 1 for i in (1, 5, 10, 15, 19)}),
    ),
    *_checks(
        "gambler, p_h = .4",
        1e-7,
        _best_values(
            _GAMBLER,
            1.0,
            {
                1: 0.002065624777,
                10: 0.04346349745,
                25: 0.16,
                50: 0.4,
                51: 0.4030984372,
                75: 0.64,
                99: 0.9643329672,
            },
        ),
    ),
    *_checks(
        "by hand",
        1e-9,
        [
            ("π_ε of the best action, ε = .2", partial(_probability, 0.2, 0), 13 / 15),
            ("π_ε of the second action, ε = .2", partial(_probability, 0.2, 1), 1 / 15),
            ("π_ε of the third action, ε = .2", partial(_probability, 0.2, 2), 1 / 15),
            ("π_ε of the best action, ε = .1", partial(_probability, 0.1, 0), 14 / 15),
            ("target of SARSA", _sarsa_target, 1.9),
            ("target of Expected SARSA", _expected_sarsa_target, 4.3),
            ("target of Q-learning", _q_learning_target, 4.6),
        ],
    ),
    *[
        check
        for group in (*policy_checks.GROUPS, *trust_checks.GROUPS)
        for check in _checks(group.source, group.tolerance, group.rows)
    ],
]
