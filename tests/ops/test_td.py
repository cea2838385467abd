"""TD errors on numbers that can be worked by hand."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rlviz.ops import td
from rlviz.ops.explore import epsilon_greedy_probabilities
from tests.public import PUBLIC


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


def test_expected_sarsa_error_averages_over_the_policy() -> None:
    # Row 0: 4 + 1·(.2·1.5 + .5·1 + .3·2) − 1 = 4 + 1.4 − 1 = 4.4.
    # Row 1: 1 + 1·(.3·3 + .4·2 + .3·1) − 1 = 1 + 2 − 1 = 2.
    got = td.expected_sarsa_error(
        q_tm1=rows([1, 1, 0.5], [1, 1, 3]),
        a_tm1=actions(0, 1),
        r_t=numbers(4, 1),
        discount_t=numbers(1, 1),
        q_t=rows([1.5, 1, 2], [3, 2, 1]),
        policy_t=rows([0.2, 0.5, 0.3], [0.3, 0.4, 0.3]),
    )

    assert got.tolist() == pytest.approx([4.4, 2], abs=1e-12)


def test_an_action_that_is_never_taken_adds_nothing_even_without_a_value() -> None:
    # .5·4 + .5·2 + 0·(−∞) = 3.
    got = td.expected(rows([4, 2, float("-inf")]), rows([0.5, 0.5, 0]))

    assert got.tolist() == [3]


def test_double_q_error_values_with_one_table_what_the_other_chose() -> None:
    # The selector's best action is 1 in both rows, which the other table values at 1 and 2.
    # Row 0: γ = 0, so δ = 1 − 1 = 0.   Row 1: 1 + 1·2 − 2 = 1. The 99 and the 91 are never seen.
    got = td.double_q_error(
        q_tm1=rows([1, 1, 0], [1, 2, 0]),
        a_tm1=actions(0, 1),
        r_t=numbers(1, 1),
        discount_t=numbers(0, 1),
        q_t_value=rows([99, 1, 98], [91, 2, 66]),
        best_t=rows([2, 10, 1], [11, 20, 1]).argmax(-1),
    )

    assert got.tolist() == [0, 1]


def test_discounted_returns_of_a_sequence() -> None:
    # γ = .5, from the end: 4; 2 + .5·4 = 4; 1 + .5·4 = 3.
    got = td.discounted_returns(numbers(1, 2, 4), 0.5)

    assert got.tolist() == [3, 4, 4]


def test_each_column_of_returns_may_have_its_own_discount() -> None:
    # Column 0, γ = 0: the rewards themselves. Column 1, γ = 1: their sums from the end.
    r_t = rows([1, 1], [2, 2], [4, 4], [8, 8], [16, 16])
    got = td.discounted_returns(r_t, numbers(0, 1))

    assert got.tolist() == [[1, 31], [2, 30], [4, 28], [8, 24], [16, 16]]


def test_the_ride_home_moves_a_tenth_of_its_error() -> None:
    # Thought to take 30, took 10 and will take 18: δ = 10 + 18 − 30 = −2, and 30 − .1·2 = 29.8.
    case = PUBLIC["P18"]
    error = td.sarsa_error(
        rows([30]), actions(0), numbers(10), numbers(1), rows([18]), actions(0)
    ).item()

    assert (error, 30 + 0.1 * error) == (case["taxi_td_error"], case["taxi_new_Q"])


def test_one_table_gives_each_method_its_own_target() -> None:
    # Q(s', ·) = [4, 1, 2], r = 1, γ = .9, a' = 1, and Q(s, ·) = 0, so that the error is the target.
    # Q-learning: 1 + .9·4 = 4.6.   SARSA: 1 + .9·1 = 1.9.
    # Expected SARSA, ε = .2: 1 + .9·(13·4 + 1·1 + 1·2)/15 = 1 + .9·11/3 = 4.3.
    q_tm1, q_t, first = rows([0, 0, 0]), rows([4, 1, 2]), actions(0)

    q_learning = td.q_learning_error(q_tm1, first, numbers(1), numbers(0.9), q_t)
    sarsa = td.sarsa_error(q_tm1, first, numbers(1), numbers(0.9), q_t, actions(1))
    policy = epsilon_greedy_probabilities(q_t, 0.2)
    expected = td.expected_sarsa_error(q_tm1, first, numbers(1), numbers(0.9), q_t, policy)

    case = PUBLIC["P17"]
    got = {"sarsa": sarsa, "expected_sarsa": expected, "q_learning": q_learning}
    assert {k: v.item() for k, v in got.items()} == pytest.approx({k: case[k] for k in got})
    assert policy[0].tolist() == pytest.approx(case["pi"])


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
