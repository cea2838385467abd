"""Three behaviours on one table, drawn with the same two uniform numbers."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from rlviz.ops import behaviour, explore

GREEDY = behaviour.Acting(epsilon=0.5)
SOFT = replace(GREEDY, behaviour="softmax", temperature=2.0)
BOUND = replace(GREEDY, behaviour="ucb", confidence=2.0)


def rows(*numbers: list[float]) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


# exp(Q/τ) with τ = 2: 1 and 3, so that π = (1/4, 3/4).
Q = rows([0, 2 * math.log(3)])
NOTHING = torch.zeros(0, dtype=torch.float64)


def test_softmax_probabilities_by_hand() -> None:
    got = behaviour.probabilities(Q, NOTHING, torch.tensor([0]), SOFT)

    assert got[0].tolist() == pytest.approx([0.25, 0.75], abs=1e-15)


def test_softmax_draws_by_where_its_number_falls() -> None:
    # π = (1/4, 3/4): below .25 the first action, from there on the second. The coin is not used.
    q, state = Q.expand(4, -1), torch.zeros(4, dtype=torch.int64)
    uniform = rows([0.0, 0.9, 0.0, 0.9], [0.0, 0.2, 0.26, 0.99])

    action, exploratory = behaviour.draw(q, NOTHING, state, SOFT, uniform)

    assert action.tolist() == [0, 0, 1, 1]
    assert exploratory.tolist() == [True, True, False, False]


def test_a_pair_that_does_not_exist_is_never_drawn() -> None:
    q = rows([0, float("-inf"), 0], [0, float("-inf"), 0])
    uniform = rows([0.0, 0.0], [0.49, 0.51])
    state = torch.tensor([0, 0])

    drawn = [behaviour.draw(q, NOTHING, state, knobs, uniform)[0] for knobs in (GREEDY, SOFT)]

    assert [action.tolist() for action in drawn] == [[0, 2], [0, 2]]


def test_the_upper_bound_is_value_and_bonus() -> None:
    # N = 4 and 1, so N(s) = 5 and ln 5 = 1.6094.
    # 1 + 2·√(1.6094/4) = 2.2686;  0 + 2·√(1.6094/1) = 2.5373: the worse one is tried.
    score = explore.upper_confidence(rows([1, 0]), rows([4, 1]), 2.0)

    assert score[0].tolist() == pytest.approx([2.26864, 2.53727], abs=1e-5)


def test_ucb_takes_what_it_never_tried_and_then_the_greatest_bound() -> None:
    tried = rows([4, 0], [4, 1], [1, 4]).unsqueeze(1)
    q, state, uniform = rows([9, 0], [1, 0], [1, 0]), torch.zeros(3).long(), torch.zeros(2, 3)

    action, exploratory = behaviour.draw(q, tried, state, BOUND, uniform.double())

    assert action.tolist() == [1, 1, 0]
    assert exploratory.tolist() == [True, True, False]


def test_ucb_has_all_its_probability_on_the_greatest_bound() -> None:
    tried = rows([4, 1]).unsqueeze(1)
    got = behaviour.probabilities(rows([1, 0]), tried, torch.tensor([0]), BOUND)

    assert got.tolist() == [[0, 1]]


def test_counts_are_kept_under_ucb_alone() -> None:
    q = torch.zeros(2, 3, 4, dtype=torch.float64)
    counted, idle = (behaviour.nothing_tried(q, knobs) for knobs in (BOUND, SOFT))
    state, action = torch.tensor([0, 2]), torch.tensor([3, 1])
    for tried in (counted, counted, idle):
        behaviour.count(tried, state, action)

    assert (counted[0, 0, 3], counted[1, 2, 1], counted.sum()) == (2, 2, 4)
    assert idle.numel() == 0
