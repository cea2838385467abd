"""The best distribution under a bonus, on numbers that can be worked by hand."""

from __future__ import annotations

import math

import pytest
import torch

from rlviz.ops.entropy import best_with_bonus

LN2 = math.log(2)


def test_the_best_is_a_softmax_and_its_value_a_soft_maximum() -> None:
    # exp(q/c) = 1, 2 and 4 with c = 0.5: shares of 1/7, 2/7 and 4/7, value c·ln 7.
    q = torch.tensor([0.0, 0.5 * LN2, LN2], dtype=torch.float64)

    best = best_with_bonus(q, 0.5)

    assert best.policy.tolist() == pytest.approx([1 / 7, 2 / 7, 4 / 7])
    assert best.value.item() == pytest.approx(0.5 * math.log(7))
    assert best.entropy.item() == pytest.approx(math.log(7) - (2 + 8) / 7 * LN2)


def test_without_a_bonus_ties_share_and_with_the_wrong_sign_one_is_alone() -> None:
    q = torch.tensor([3.0, 1.0, 3.0], dtype=torch.float64)

    none, wrong = best_with_bonus(q, 0.0), best_with_bonus(q, -2.0)

    assert none.policy.tolist() == [0.5, 0, 0.5]
    assert none.value.item() == 3
    assert wrong.policy.tolist() == [1, 0, 0]
    assert (wrong.value.item(), wrong.entropy.item()) == (3, 0)


def test_actions_that_are_not_there_and_values_beyond_all_exponents() -> None:
    q = torch.tensor([[1e5, -math.inf], [-1e5, -1e5]], dtype=torch.float64)

    best = best_with_bonus(q, 1.0)

    assert best.policy.tolist() == [[1, 0], [0.5, 0.5]]
    assert best.value.tolist() == pytest.approx([1e5, -1e5 + LN2])


def test_a_bonus_for_each_replica() -> None:
    q = torch.tensor([[[1.0, 1.0]], [[1.0, 1.0]], [[1.0, 1.0]]], dtype=torch.float64)  # [B, n, A]
    bonus = torch.tensor([[2.0], [0.0], [-1.0]], dtype=torch.float64)

    assert best_with_bonus(q, bonus).value.flatten().tolist() == pytest.approx([1 + 2 * LN2, 1, 1])


def test_no_other_distribution_is_better() -> None:
    torch.manual_seed(0)
    q = torch.randn(5, dtype=torch.float64)
    every = torch.distributions.Dirichlet(torch.ones(5, dtype=torch.float64)).sample((2000,))
    for c in (0.1, 1.0, -0.3):
        worth = every @ q + c * torch.special.entr(every).sum(-1)
        assert (worth <= best_with_bonus(q, c).value + 1e-12).all()
