"""TD errors on numbers that can be worked by hand."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rlviz.ops import td


def rows(*numbers: list[float]) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def actions(*values: int) -> Tensor:
    return torch.tensor(values)


def test_q_learning_error_takes_the_best_next_action() -> None:
    # Row 0: γ = 0, so δ = 1 − Q(s, 0) = 1 − 1 = 0.
    # Row 1: δ = 1 + 1·max(1, 2, 0) − Q(s, 1) = 1 + 2 − 2 = 1.
    got = td.q_learning_error(
        q_tm1=rows([1, 1, 0], [1, 2, 0]),
        a_tm1=actions(0, 1),
        r_t=numbers(1, 1),
        discount_t=numbers(0, 1),
        q_t=rows([0, 1, 0], [1, 2, 0]),
    )

    assert got.tolist() == [0, 1]


def test_sarsa_error_takes_the_action_that_follows() -> None:
    # Row 0: γ = 0, so δ = 1 − Q(s, 0) = 1 − 1 = 0.
    # Row 1: δ = 1 + 1·Q(s', 0) − Q(s, 1) = 1 + 3 − 1 = 3.
    got = td.sarsa_error(
        q_tm1=rows([1, 1, 0], [1, 1, 0]),
        a_tm1=actions(0, 1),
        r_t=numbers(1, 1),
        discount_t=numbers(0, 1),
        q_t=rows([0, 1, 0], [3, 2, 0]),
        a_t=actions(1, 0),
    )

    assert got.tolist() == [0, 3]


def test_one_table_gives_each_method_its_own_target() -> None:
    # Q(s', ·) = [4, 1, 2], r = 1, γ = .9, a' = 1, and Q(s, ·) = 0, so that the error is the target.
    # Q-learning: 1 + .9·4 = 4.6.   SARSA: 1 + .9·1 = 1.9.
    q_tm1, q_t, first = rows([0, 0, 0]), rows([4, 1, 2]), actions(0)

    q_learning = td.q_learning_error(q_tm1, first, numbers(1), numbers(0.9), q_t)
    sarsa = td.sarsa_error(q_tm1, first, numbers(1), numbers(0.9), q_t, actions(1))

    assert (q_learning.item(), sarsa.item()) == pytest.approx((4.6, 1.9), abs=1e-12)


def test_discount_may_be_a_number() -> None:
    # δ = −1 + .5·max(−4, −2) − (−3) = −1 − 1 + 3 = 1, in both rows.
    got = td.q_learning_error(
        rows([-3, 0], [0, -3]), actions(0, 1), numbers(-1, -1), 0.5, rows([-4, -2], [-2, -4])
    )

    assert got.tolist() == [1, 1]


def test_chosen_picks_one_value_in_each_row() -> None:
    got = td.chosen(rows([1, 2, 3], [4, 5, 6]), actions(2, 0))

    assert got.tolist() == [3, 4]


values = st.lists(st.integers(-9, 9), min_size=3, max_size=3)


@settings(deadline=None, max_examples=50)
@given(values, values, st.integers(0, 2), st.integers(-100, 9))
def test_sarsa_with_the_best_next_action_is_q_learning(
    q: list[int], q_next: list[int], a: int, reward: int
) -> None:
    best = q_next.index(max(q_next))

    sarsa = td.sarsa_error(
        rows(q), actions(a), numbers(reward), numbers(0.5), rows(q_next), actions(best)
    )

    expected = td.q_learning_error(rows(q), actions(a), numbers(reward), numbers(0.5), rows(q_next))
    assert sarsa.item() == expected.item()


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 5))
def test_errors_equal_a_plain_loop_over_the_batch(seed: int, batch: int, n_actions: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    q_tm1, q_t = torch.randn(2, batch, n_actions, generator=draw, dtype=torch.float64)
    r_t, discount_t = torch.randn(2, batch, generator=draw, dtype=torch.float64)
    a_tm1, a_t = torch.randint(n_actions, (2, batch), generator=draw)

    got = [
        td.q_learning_error(q_tm1, a_tm1, r_t, discount_t, q_t).tolist(),
        td.sarsa_error(q_tm1, a_tm1, r_t, discount_t, q_t, a_t).tolist(),
    ]

    expected: list[list[float]] = [[], []]
    for b in range(batch):
        before, after = q_tm1[b].tolist(), q_t[b].tolist()
        r, g, old = r_t[b].item(), discount_t[b].item(), before[int(a_tm1[b])]
        expected[0].append(r + g * max(after) - old)
        expected[1].append(r + g * after[int(a_t[b])] - old)
    assert got == expected


def test_nothing_is_learned_from_an_episode_that_ended_but_its_reward() -> None:
    # discount 0 where the episode terminated: δ = −1 − Q(s, 0), whatever stands in Q(s', ·).
    wild = rows([7, -50])

    got = [
        td.q_learning_error(rows([2, 0]), actions(0), numbers(-1), numbers(0), wild).item(),
        td.sarsa_error(rows([2, 0]), actions(0), numbers(-1), numbers(0), wild, actions(1)).item(),
    ]

    assert got == [-3, -3]
