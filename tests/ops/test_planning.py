"""Backups with a known model, by hand."""

from __future__ import annotations

import math

import torch

from rlviz.ops.planning import expected_value, improved_policy, most_changed, one_step_ahead


def tensor(*rows: object) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def test_one_step_ahead() -> None:
    # V = (0, 4, 8), γ = ½. Action 0 leads to state 1 or 2 evenly: 1 + ½·6 = 4.
    # Action 1 leads to state 0: −2. The third action does not exist.
    next_state = torch.tensor([[[1, 2], [0, 1], [0, 0]]])
    probability = tensor([[0.5, 0.5], [1.0, 0.0], [1.0, 0.0]])
    reward = tensor([1.0, -2.0, -math.inf])
    v = tensor([0.0, 4.0, 8.0])

    q = one_step_ahead(v, next_state, probability, reward, gamma=0.5)

    assert q.tolist() == [[[4.0, -2.0, -math.inf]]]


def test_one_discount_for_each_replica() -> None:
    next_state, probability = torch.tensor([[[1]]]), tensor([[1.0]])
    v = torch.tensor([[0.0, 8.0], [0.0, 8.0]], dtype=torch.float64)

    q = one_step_ahead(v, next_state, probability, tensor([1.0]), gamma=torch.tensor([0.5, 1.0]))

    assert q.flatten().tolist() == [5.0, 9.0]


def test_an_action_that_is_never_taken_adds_nothing() -> None:
    # ¼·4 + ¾·8 = 7
    value = expected_value(tensor([0.25, 0.75, 0.0]), tensor([4.0, 8.0, -math.inf]))

    assert value.tolist() == [7.0]


def test_improvement_takes_the_best_and_shares_ties() -> None:
    policy = tensor([[1.0, 0.0, 0.0]])
    better, changed = improved_policy(policy, tensor([[1.0, 3.0, 3.0]]))

    assert better.tolist() == [[[0.0, 0.5, 0.5]]]
    assert changed.tolist() == [[True]]


def test_improvement_keeps_an_action_that_ties() -> None:
    policy = tensor([[1.0, 0.0, 0.0]])
    better, changed = improved_policy(policy, tensor([[3.0, 3.0 + 1e-10, -math.inf]]))

    assert better.tolist() == policy.tolist()
    assert changed.tolist() == [[False]]


def test_improvement_leaves_a_stumbling_policy_that_only_partly_ties() -> None:
    better, changed = improved_policy(tensor([[0.5, 0.5]]), tensor([[3.0, 1.0]]))

    assert better.tolist() == [[[1.0, 0.0]]]
    assert changed.tolist() == [[True]]


def test_what_changed_most() -> None:
    assert most_changed(tensor([1.0, -5.0, 5.0]), tensor([0.0, 0.0, 0.0])).tolist() == [1]
