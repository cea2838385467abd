"""Returns of sequences, on numbers worked by hand and on those that others published."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rlviz.ops import prediction, returns


def rows(*numbers: list[float]) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


# The sequences of rlax's tests of multi-step returns.
R = rows([1, 0, -1, 0, 1], [0.5, 0.8, -0.7, 0, 2.1])
DISCOUNT = rows([0.5, 0.9, 1, 0.5, 0.8], [0.9, 0.5, 0.3, 0.8, 0.7])
V = rows([3, 1, 5, -5, 3], [-1.7, 1.2, 2.3, 2.2, 2.7])


def test_lambda_returns_mix_the_guess_and_what_follows() -> None:
    # Last of row 0: 1 + .8·3 = 3.4. Before it: 0 + .5·(.25·(−5) + .75·3.4) = .65.
    expected = [
        [1.6460547, 0.72281253, 0.7375001, 0.6500001, 3.4],
        [0.7866317, 0.9913063, 0.1101501, 2.834, 3.99],
    ]
    got = returns.lambda_returns(R, DISCOUNT, V, 0.75)

    np.testing.assert_allclose(got, expected, rtol=0, atol=2e-6)


def test_lambda_of_one_is_the_discounted_return() -> None:
    # Row 0 from its end: 3.4; 0 + .5·3.4 = 1.7; −1 + 1.7 = .7; .9·.7 = .63; 1 + .5·.63 = 1.315.
    expected = [[1.315, 0.63, 0.7, 1.7, 3.4], [1.33592, 0.9288, 0.2576, 3.192, 3.99]]

    np.testing.assert_allclose(returns.lambda_returns(R, DISCOUNT, V, 1.0), expected, atol=1e-9)
    np.testing.assert_allclose(
        returns.discounted_returns(R, DISCOUNT, V[:, -1]), expected, atol=1e-9
    )


def test_n_step_returns_take_n_rewards_and_then_the_guess() -> None:
    # Row 0, t = 0: 1 + .5·(0 + .9·(−1 + 1·5)) = 1 + .45·4 = 2.8.
    expected = [[2.8, -3.15, 0.7, 1.7, 3.4], [1.2155, 0.714, 0.2576, 3.192, 3.99]]

    np.testing.assert_allclose(returns.n_step_returns(R, DISCOUNT, V, 3), expected, atol=1e-9)


@pytest.mark.parametrize("n", [5, 6, 9])
def test_many_steps_are_the_whole_return(n: int) -> None:
    whole = returns.discounted_returns(R, DISCOUNT, V[:, -1])

    torch.testing.assert_close(returns.n_step_returns(R, DISCOUNT, V, n), whole)


def test_lambda_errors_of_the_forward_view() -> None:
    # Row 0, t = 0: γ = 0, so −1.3 − 1.1 = −2.4; t = 2: 2.3 + .85·2.2 − 3.1 = 1.07.
    v = rows([1.1, -1.1, 3.1, 2.2], [2.1, -1.1, -2.1, -1.2])
    got = returns.lambda_errors(
        v[:, :-1],
        rows([-1.3, -1.3, 2.3], [1.3, 5.3, -3.3]),
        rows([0, 0.89, 0.85], [0.88, 1, 0.83]),
        v[:, 1:],
        0.75,
    )
    expected = [[-2.4, 3.2732253, 1.0700002], [-0.01701999, 2.6529999, -2.196]]

    np.testing.assert_allclose(got, expected, rtol=0, atol=2e-6)


def test_td_error_of_one_transition() -> None:
    # V(s) = 1, r = −1, γ = 0, .5, 1 and V(s') = 0, 1, 2: −1 + γ·V(s') − 1.
    got = prediction.td_error(
        torch.ones(9),
        -torch.ones(9),
        torch.tensor([0.0, 0.5, 1.0] * 3),
        torch.tensor([0.0] * 3 + [1.0] * 3 + [2.0] * 3),
    )

    assert got.tolist() == [-2, -2, -2, -2, -1.5, -1, -2, -1, 0]


lists = st.lists(
    st.tuples(st.floats(-5, 5), st.floats(0, 1), st.floats(-5, 5)), min_size=1, max_size=40
)


@settings(max_examples=40, deadline=None)
@given(lists, st.floats(0, 1))
def test_doubling_equals_the_loop(items: list[tuple[float, float, float]], lambda_: float) -> None:
    r, discount, v = (
        torch.tensor([column], dtype=torch.float64) for column in zip(*items, strict=True)
    )
    expected, after = [], float(v[0, -1])
    for t in reversed(range(len(items))):
        mixed = (1 - lambda_) * v[0, t] + lambda_ * after
        after = float(r[0, t] + discount[0, t] * mixed)
        expected.insert(0, after)

    np.testing.assert_allclose(
        returns.lambda_returns(r, discount, v, lambda_)[0], expected, rtol=0, atol=1e-9
    )


@settings(max_examples=40, deadline=None)
@given(lists)
def test_one_step_and_lambda_of_zero_are_the_td_target(
    items: list[tuple[float, float, float]],
) -> None:
    r, discount, v = (
        torch.tensor([column], dtype=torch.float64) for column in zip(*items, strict=True)
    )
    target = r + discount * v

    torch.testing.assert_close(returns.n_step_returns(r, discount, v, 1), target)
    torch.testing.assert_close(returns.lambda_returns(r, discount, v, 0.0), target)
