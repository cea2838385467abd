"""Updates of state values, many in turn, against the loop that they stand for."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.ops import prediction as op


def test_visits_before_counts_in_each_row_alone() -> None:
    got = op.visits_before(torch.tensor([[3, 1, 3, 3, 1], [0, 1, 2, 3, 0]]))

    assert got.tolist() == [[0, 0, 1, 2, 1], [0, 0, 0, 0, 1]]


def test_two_updates_of_one_state_are_made_in_turn() -> None:
    # V(0) = 1, α = .5: towards 3 gives 2, then towards 8 gives 5. V(1) is not used.
    v = torch.tensor([[1.0, 7.0]], dtype=torch.float64)
    got = op.move_in_turn(
        v,
        torch.tensor([[0, 0, 1]]),
        torch.tensor([[3.0, 8.0, 100.0]], dtype=torch.float64),
        0.5,
        torch.tensor([[True, True, False]]),
    )

    assert got.tolist() == [[5.0, 7.0]]
    assert v.tolist() == [[1.0, 7.0]]


items = st.lists(
    st.tuples(st.integers(0, 4), st.floats(-5, 5), st.booleans()), min_size=1, max_size=30
)


@settings(max_examples=60, deadline=None)
@given(items, st.sampled_from([0.1, 0.5, 1.0]))
def test_the_closed_form_equals_the_loop(
    items: list[tuple[int, float, bool]], alpha: float
) -> None:
    expected = np.linspace(-1, 1, 5)
    start = torch.tensor(expected.copy()).unsqueeze(0)
    state, target, used = (list(column) for column in zip(*items, strict=True))

    for s, g, counts in items:
        expected[s] += alpha * (g - expected[s]) if counts else 0.0
    got = op.move_in_turn(
        start.clone(),
        torch.tensor([state]),
        torch.tensor([target], dtype=torch.float64),
        alpha,
        torch.tensor([used]),
    )

    np.testing.assert_allclose(got[0], expected, rtol=0, atol=1e-12)
