"""A policy beside the exact best under its bonus."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rlviz import derived
from rlviz.exact.policy_gradient import entropy, softmax
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec

SOFTMAX = softmax(np.array([1.0, 2.0, 4.0]))


def run(algorithm: str, world: str, iterations: int, **config: Any) -> Run:
    made = Run(RunSpec(algorithm, world, config, seed=1, replicas=4))
    while made.iteration < iterations:
        made.pull()
    return made


def shown(made: Run, *names: str) -> list[Any]:
    view = made.view()
    return [derived.derive(name, view) for name in names]


def test_the_best_of_three_arms_is_their_softmax() -> None:
    made = run("reinforce", "bandit_3", 1, entropy_bonus=1.0)
    best, kept, earned, most = shown(
        made, "start_policy_best", "best_trade_chance", "best_trade_reward", "start_entropy_most"
    )

    assert best == pytest.approx(SOFTMAX)
    assert kept == pytest.approx(entropy(SOFTMAX))
    assert earned == pytest.approx(SOFTMAX @ [1, 2, 4])
    assert most == pytest.approx(np.log(3))


def test_the_wrong_sign_leaves_one_arm() -> None:
    made = run("reinforce", "bandit_3", 1, entropy_bonus=-1.0)
    best, kept, earned = shown(made, "start_policy_best", "start_entropy_best", "best_trade_reward")

    assert best.tolist() == [0, 0, 1]
    assert (kept, earned) == (0, pytest.approx(4))


def test_the_wrong_sign_shares_not_even_equal_arms() -> None:
    world = {"reward_1": 4.0, "reward_3": 4.0}
    spec = RunSpec("reinforce", "bandit_3", {"entropy_bonus": -0.5}, world, seed=1)

    assert shown(Run(spec), "start_policy_best", "start_entropy_best") == [
        pytest.approx([1, 0, 0]),
        0,
    ]


def test_every_replica_has_a_trade_of_its_own_within_the_edge() -> None:
    made = run("reinforce", "bandit_3", 20, entropy_bonus=0.5, alpha_theta=0.3)
    earned, kept, edge_earned, edge_kept = shown(
        made, "trade_reward", "trade_chance", "edge_reward", "edge_chance"
    )

    assert len(set(earned.tolist())) == 4
    order = np.argsort(edge_kept)
    beyond = earned - np.interp(kept, edge_kept[order], edge_earned[order])
    assert (beyond < 0.02).all()  # the edge is drawn with straight pieces
    here, now = shown(made, "start_entropy", "start_policy")
    assert here == pytest.approx(kept[0])
    assert now @ [1, 2, 4] == pytest.approx(earned[0])


def test_soft_values_end_on_the_edge() -> None:
    made = run("soft_value_iteration", "room", 150, entropy_bonus=0.2, gamma=0.9)
    earned, kept, best, chance = shown(
        made, "trade_reward", "trade_chance", "best_trade_reward", "best_trade_chance"
    )

    assert earned[0] == pytest.approx(best, abs=1e-3)
    assert kept[0] == pytest.approx(chance, abs=1e-3)
    assert best == pytest.approx(-8.414, abs=1e-3)


def test_what_sees_too_little_or_may_wander_says_so() -> None:
    corridor = run("reinforce", "short_corridor", 1, entropy_bonus=0.1)
    endless = run("soft_value_iteration", "room", 2, entropy_bonus=1.0, gamma=1.0)

    assert "sees several states as one" in str(shown(corridor, "best_trade_reward")[0])
    assert "wander for ever" in str(shown(endless, "edge_reward")[0])


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["reinforce", "a2c"])
def test_a_bonus_is_learned_and_a_double_minus_locks_in(algorithm: str) -> None:
    start = {"preference_1": 0.0, "preference_2": 5.0, "preference_3": 0.0}
    more = {"episodes": 16, "baseline": "batch_mean"} if algorithm == "reinforce" else {}
    ends = {}
    for c in (1.0, -1.0):
        config = {"entropy_bonus": c, "alpha_theta": 0.2, **more}
        made = Run(RunSpec(algorithm, "bandit_3", config, start, seed=1, replicas=16))
        while made.iteration < 300:
            made.pull()
        ends[c] = derived.derive("policy_objective", made.view())

    assert ends[1.0].mean() == pytest.approx(3.6456, abs=0.08)
    assert ends[-1.0] == pytest.approx([2.0] * 16, abs=0.02)
