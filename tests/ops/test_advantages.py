"""Advantages and returns, on numbers worked by hand and on those that others published."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rlviz.ops import advantages
from rlviz.ops.prediction import td_error
from rlviz.ops.returns import n_step_returns
from tests.public import PUBLIC


def column(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def columns(*rows: list[float]) -> Tensor:
    """Rows as they are written, time along them, to [T, B]."""
    return torch.tensor(rows, dtype=torch.float64).T


def flags(length: int, *at: int) -> Tensor:
    return torch.tensor([t in at for t in range(length)])


@pytest.mark.parametrize(
    ("lambda_", "expected"),
    [
        (1.0, [[-1.45118, -4.4557, 2.5396, 0.5249, -0.49], [3, 2, 1, 0, -4.9]]),
        (0.7, [[-0.676979, -5.248167, 2.4846, 0.6704, -0.49], [2.2899, 1.73, 1, 0, -4.9]]),
        (0.4, [[0.56731, -6.042, 2.3431, 0.815, -0.49], [1.725, 1.46, 1, 0, -4.9]]),
    ],
)
def test_the_numbers_of_rlax(lambda_: float, expected: list[list[float]]) -> None:
    # Last of row 0: −.5 + .99·(−1) − (−1) = −.49. Before it, λ = 1: 0 − .99 + 2 = 1.01, and
    # 1.01 + .99·(−.49) = .5249. Row 1 ends within: γ = 0, so 0 + 0 − 0 = 0 whatever follows.
    r = columns([0, 0, 1, 0, -0.5], [0, 0, 0, 0, 1])
    v = columns([1, 4, -3, -2, -1, -1], [-3, -2, -1, 0, 5, -1])
    discount = columns([0.99] * 5, [0.9, 0.9, 0.9, 0, 0.9])

    got = advantages.generalised_advantages(
        td_error(v[:-1], r, discount, v[1:]), discount * lambda_
    )

    # rlax's test cuts the digits off: .815 stands for .81596.
    np.testing.assert_allclose(got.T, expected, rtol=0, atol=1e-3)


REWARD = column(101, 102, 103, 200, 104, 105, 106, 201, 107, 108, 109, 202)
V_NEXT = column(2, 3, 4, -1, 5, 6, 7, -2, 8, 9, 10, -3)
LAST = (474.2876, 390.1027, 299.476, 202)  # the last episode terminates either way


@pytest.mark.parametrize(
    ("terminated", "expected"),
    [
        (
            flags(12, 3, 7, 11),
            [454.8344, 376.1143, 291.298, 200, 464.561, 383.1085, 295.387, 201, *LAST],
        ),
        (
            flags(12, 11),
            [454.0109, 375.2386, 290.3669, 199.01, 462.9138, 381.3571, 293.5248, 199.02, *LAST],
        ),
    ],
    ids=["terminated", "truncated"],
)
def test_two_masks_as_in_tianshou(terminated: Tensor, expected: list[float]) -> None:
    # Step 3, truncated: 200 + .99·(−1) = 199.01, and nothing of step 4 in it; terminated: 200.
    v, done = V_NEXT.roll(1), flags(12, 3, 7, 11)
    discount = 0.99 * (~terminated).double()

    got = advantages.generalised_advantages(
        td_error(v, REWARD, discount, V_NEXT), 0.99 * 0.95 * (~done).double()
    )

    np.testing.assert_allclose(got + v, expected, rtol=0, atol=5e-4)


@pytest.mark.parametrize("lambda_", [0.0, 0.8, 1.0])
def test_a_fragment_of_four_steps(lambda_: float) -> None:
    # λ = .8, from the end: 2 + .27 + .5 = 2.77; −1 − .45 − 0 + .72·2.77 = .5444.
    r, v = column(1, 0, -1, 2), column(0.5, 1, 0, -0.5, 0.3)

    got = advantages.generalised_advantages(
        td_error(v[:-1], r, column(0.9), v[1:]), column(0.9 * lambda_)
    )

    expected = PUBLIC["P11"][f"lambda={lambda_}"]
    np.testing.assert_allclose(got, expected["adv"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(got + v[:-1], expected["ret"], rtol=0, atol=1e-9)


def test_a_fragment_in_which_an_episode_ends() -> None:
    # s_2 is terminal: 0 − 1 = −1 at t = 1, and 1.4 + .72·(−1) = .68 before it.
    r, v = column(1, 0, -1, 2), column(0.5, 1, 0, -0.5, 0.3)
    going_on = (~flags(4, 1)).double()

    got = advantages.generalised_advantages(
        td_error(v[:-1], r, 0.9 * going_on, v[1:]), 0.72 * going_on
    )

    expected = PUBLIC["P11"]["lambda=0.8,done=[0,1,0,0]"]["adv"]
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9)


def test_credit_for_the_end_fades_with_a_critic_that_knows_nothing() -> None:
    # V = 0, γ = 1, one reward at the end: k steps before it A = .95^k.
    error = torch.zeros(501, dtype=torch.float64)
    error[-1] = 1
    got = advantages.generalised_advantages(error, column(0.95))

    assert {k: got[500 - int(k)].item() for k in PUBLIC["P57"]} == pytest.approx(
        PUBLIC["P57"], rel=1e-9, abs=0
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.floats(0, 1), st.integers(0, 999))
def test_advantages_are_a_mixture_of_n_step_ones(t: int, lambda_: float, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    r, v = torch.randn(2, t + 1, generator=draw, dtype=torch.float64)
    discount = torch.full((t,), 0.9, dtype=torch.float64)

    got = advantages.generalised_advantages(
        td_error(v[:-1], r[:-1], discount, v[1:]), discount * lambda_
    )[0]

    mixed = sum(
        weight * (n_step_returns(r[:-1], discount, v[1:], n)[0] - v[0])
        for n, weight in enumerate(advantages.mixture_weights(lambda_, t), 1)
    )
    assert got.item() == pytest.approx(float(mixed), abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20), st.integers(0, 999))
def test_episodes_equal_a_plain_loop(length: int, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    r = torch.randn(length, 2, 3, generator=draw, dtype=torch.float64)
    done = torch.rand(length, 2, 3, generator=draw) < 0.3
    gamma = column(0.5, 0.9, 1.0)

    got = [
        advantages.returns_to_go(r, gamma * (~done).double()),
        advantages.whole_returns(r, gamma, done),
        advantages.discount_since_start(gamma, done),
    ]

    expected = [torch.zeros_like(r) for _ in range(3)]
    for e in range(2):
        for b in range(3):
            start = 0
            for t in range(length):
                end = next((u for u in range(t, length) if done[u, e, b]), length - 1)
                g = gamma[b].item()
                after = [r[u, e, b].item() for u in range(t, end + 1)]
                whole = [r[u, e, b].item() for u in range(start, end + 1)]
                expected[0][t, e, b] = sum(g**k * x for k, x in enumerate(after))
                expected[1][t, e, b] = sum(g**k * x for k, x in enumerate(whole))
                expected[2][t, e, b] = g ** (t - start)
                start = t + 1 if done[t, e, b] else start
    for mine, plain in zip(got, expected, strict=True):
        torch.testing.assert_close(mine, plain, rtol=0, atol=1e-9)


def test_returns_to_go_as_in_tianshou() -> None:
    # γ = .1, episodes end at 1, 3 and 6: 7 + .6 = 7.6 | 1 + .2 = 1.2 | 4 + .5 = 4.5, 3 + .45.
    r, done = column(7, 6, 1, 2, 3, 4, 5), flags(7, 1, 3, 6)

    got = advantages.returns_to_go(r, 0.1 * (~done).double())

    assert got.tolist() == pytest.approx([7.6, 6, 1.2, 2, 3.45, 4.5, 5])


def test_whole_returns_of_three_episodes() -> None:
    # The last one is not over: 3 + .4 + .05 = 3.45 so far.
    got = advantages.whole_returns(column(7, 6, 1, 2, 3, 4, 5), 0.1, flags(7, 1, 3))

    assert got.tolist() == pytest.approx([7.6, 7.6, 1.2, 1.2, 3.45, 3.45, 3.45])


def test_the_discount_begins_again_with_each_episode() -> None:
    got = advantages.discount_since_start(0.5, flags(6, 2, 3))

    assert got.tolist() == [1, 0.5, 0.25, 1, 1, 0.5]


def test_without_the_discount_the_gradient_may_turn_round() -> None:
    # Two steps, one logit at 0, r_1 = [a_0 = 1], r_2 = −1.5·[a_1 = 1], γ = .5. The score is
    # a − .5. All four episodes, each of probability 1/4.
    a = torch.tensor([[0, 0, 1, 1], [0, 1, 0, 1]], dtype=torch.float64)
    r, done = a * column(1, -1.5).unsqueeze(-1), flags(2, 1).unsqueeze(-1).expand(2, 4)
    to_go = advantages.returns_to_go(r, 0.5 * (~done).double())
    score = a - 0.5

    right = (advantages.discount_since_start(0.5, done) * score * to_go).sum(0).mean()
    printed = (score * to_go).sum(0).mean()

    case = PUBLIC["P21"]
    assert (right.item(), printed.item()) == (case["true_grad"], case["printed_formula_grad"])


def test_weights_of_each_replica() -> None:
    # γ = .5, λ = 1 and 0: 1, .5, .25 and 1, 0, 0; mixtures 0, 0, 1 and 1, 0, 0.
    lambda_ = column(1, 0)

    assert advantages.lambda_weights(0.5, lambda_, 3).T.tolist() == [[1, 0.5, 0.25], [1, 0, 0]]
    assert advantages.mixture_weights(lambda_, 3).T.tolist() == [[0, 0, 1], [1, 0, 0]]


def test_the_last_weight_of_the_mixture_is_the_missing_mass() -> None:
    # λ = .5, T = 4: 1/2, 1/4, 1/8, and 1/8 where the formula without an end has 1/16.
    got = advantages.mixture_weights(0.5, 4)

    assert got.tolist() == [0.5, 0.25, 0.125, 0.125]


def test_normalised_advantages() -> None:
    # Mean 4, sd √((9 + 4 + 1 + 36)/4) = √12.5.
    got = advantages.normalise(column(1, 2, 3, 10), 0)

    assert got.tolist() == pytest.approx([x / math.sqrt(12.5) for x in (-3, -2, -1, 6)], abs=1e-8)


def test_each_replica_is_normalised_by_itself_over_what_there_is() -> None:
    # Column 0: 1 and 3, mean 2, sd 1. Column 1: one sample, as it came. Column 2: none. Column 3:
    # all equal.
    a = torch.tensor([[1.0, 7, 5, 4], [99, 8, 5, 4], [3, 8, 5, 4]], dtype=torch.float64)
    mask = torch.tensor([[1, 1, 0, 1], [0, 0, 0, 1], [1, 0, 0, 1]]).bool()

    got = advantages.normalise(a, 0, mask=mask)

    assert got.T.tolist() == [
        pytest.approx([-1, 0, 1], abs=1e-7),
        [7, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
    ]


def test_a_large_eps_shrinks() -> None:
    # (±1 − 0)/(1 + 1).
    assert advantages.normalise(column(-1, 1), 0, 1.0).tolist() == [-0.5, 0.5]


def test_normalising_over_two_axes() -> None:
    # Column 0 holds 0, 2, 4, 6 whichever way it lies: mean 3, sd √5.
    a = torch.stack([torch.arange(0.0, 8, 2).view(2, 2), torch.zeros(2, 2)], -1).double()
    got = advantages.normalise(a, (0, 1))

    np.testing.assert_allclose(got[..., 0].flatten() * math.sqrt(5), [-3, -1, 1, 3], atol=1e-7)
    assert got[..., 1].tolist() == [[0, 0], [0, 0]]
