"""The running mean against the plain one."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from rlviz.ops import bandits


def test_a_third_of_the_surprise_after_the_third_pull() -> None:
    # Q = 4 after two pulls, the third pays 10: 4 + (10 − 4)/3 = 6 = (4 + 4 + 10)/3.
    step = bandits.mean_step(torch.tensor(3.0, dtype=torch.float64))

    moved = bandits.moved(torch.tensor(4.0, dtype=torch.float64), step, torch.tensor(10.0))
    torch.testing.assert_close(moved, torch.tensor(6.0, dtype=torch.float64))


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30), st.floats(-100, 100))
def test_the_first_guess_leaves_no_trace_in_a_mean(rewards: list[float], guess: float) -> None:
    q = torch.tensor(guess, dtype=torch.float64)
    for n, reward in enumerate(rewards, 1):
        pulls = torch.tensor(float(n), dtype=torch.float64)
        q = bandits.moved(q, bandits.mean_step(pulls), torch.tensor(reward, dtype=torch.float64))

    assert abs(q.item() - sum(rewards) / len(rewards)) < 1e-9
