"""Importance sampling on numbers that can be worked by hand, and on every sequence of a policy."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from rlviz.ops import importance
from tests.public import PUBLIC


def numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_effective_sample_size() -> None:
    # Equal: 4. One is all: 1. [1, 2, 1, 0]: 16/6. None: 0. In columns, and along the last axis.
    w = torch.tensor(
        [[3.0, 3, 3, 3], [0, 5, 0, 0], [1, 2, 1, 0], [0, 0, 0, 0]], dtype=torch.float64
    )
    expected = [4, 1, 16 / 6, 0]

    assert importance.effective_sample_size(w, 1).tolist() == pytest.approx(expected)
    assert importance.effective_sample_size(w.T, 0).tolist() == pytest.approx(expected)
    # Of two replicas with four samples each: 1/4 and 16/24.
    got = importance.effective_fraction(w[1:3].T, 0)
    assert got.tolist() == pytest.approx([1 / 4, 16 / 24])
    assert importance.effective_fraction(w[1:3], 1).equal(got)


def test_huge_weights_have_an_effective_size() -> None:
    assert importance.effective_sample_size(numbers(1e200, 1e200), 0).item() == pytest.approx(2)


def test_ordinary_and_weighted_estimates() -> None:
    # w = 3, 1, 0 and x = 2, 6, 9: (6 + 6)/3 = 4 and (6 + 6)/4 = 3.
    w, x = numbers(3, 1, 0), numbers(2, 6, 9)

    assert importance.ordinary(w, x, 0).item() == 4
    assert importance.weighted(w, x, 0).item() == 3
    assert importance.weighted(0 * w, x, 0).item() == 0


def test_estimates_along_an_axis() -> None:
    # Rows: (1·2 + 3·4)/2 = 7 and /4 = 3.5; (2·1 + 2·1)/2 = 2 and /4 = 1.
    w = torch.tensor([[1.0, 3], [2, 2]])
    x = torch.tensor([[2.0, 4], [1, 1]])

    assert importance.ordinary(w, x, 1).tolist() == [7, 2]
    assert importance.weighted(w, x, 1).tolist() == [3.5, 1]


def test_a_sequence_multiplies_its_ratios() -> None:
    # 2·3 = 6 and ½·4 = 2; and verl's e^{−1} and e^{.5}.
    got = importance.sequence_ratio(torch.tensor([[2.0, 0.5], [3, 4]], dtype=torch.float64).log())

    assert got.tolist() == pytest.approx([6, 2])
    assert importance.sequence_ratio(numbers(-0.5, -0.5)).item() == pytest.approx(math.exp(-1))
    assert importance.sequence_ratio(numbers(0.25, 0.25)).item() == pytest.approx(1.65, abs=2e-3)


def test_a_sequence_of_ratios_beyond_all_numbers() -> None:
    # e^800 is infinite, e^−800 is 0, and what they make together is 1.
    assert importance.sequence_ratio(numbers(800, -800)).item() == 1


@pytest.mark.parametrize("length", [1, 4])
def test_the_ratio_of_all_sequences(length: int) -> None:
    # Every sequence of three tokens, weighed with how often the old policy draws it.
    old, new = numbers(0.5, 0.3, 0.2), numbers(0.4, 0.4, 0.2)
    tokens = torch.tensor(list(itertools.product(range(3), repeat=length))).T  # [T, n]
    drawn = old[tokens].prod(0)

    rho = importance.sequence_ratio((new[tokens] / old[tokens]).log())

    mean, square = (drawn * rho).sum().item(), (drawn * rho**2).sum().item()
    case = PUBLIC["P30"]["stats"][str(length)]
    got = [mean, square - mean**2, mean**2 / square]
    assert got == pytest.approx([case["mean"], case["var"], case["ess_frac"]], abs=1e-9)


def test_the_effective_fraction_of_a_sample_with_those_frequencies() -> None:
    # Old .5, .3, .2 as 5, 3 and 2 of ten draws of one token, in exact proportion.
    rho = numbers(*[0.8] * 5, *[4 / 3] * 3, *[1.0] * 2)

    got = importance.effective_fraction(rho, 0).item()

    assert got == pytest.approx(PUBLIC["P30"]["stats"]["1"]["ess_frac"], abs=1e-9)
