"""What the first lesson draws: numberings of a reward, a loop that pays, and two pasts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rlviz import registry
from rlviz.derived import Truth, View, derive


def view(state: int = 0, world: str = "grid_4x4", **config: float) -> View:
    """An agent in that state, after an episode that paid 3, 5 and 7."""
    module, made = registry.algorithm("follow_policy"), registry.world(world)
    rewards = torch.full((1, module.SHOWN), torch.nan)
    rewards[0, :3] = torch.tensor([3.0, 5.0, 7.0])
    latest = {"episode_rewards": rewards, "state": torch.tensor([state])}
    return View(latest, module.Config(**config), Truth(made.make(made.Config())), module.TRUTH, 0)


def numbers(name: str, now: View) -> list[float]:
    """The finite ones, in order."""
    got = derive(name, now)
    assert isinstance(got, np.ndarray), got
    return [float(x) for x in np.atleast_1d(got) if np.isfinite(x)]


def test_v_of_the_second_state_leaves_out_the_first_reward_but_in_one_numbering() -> None:
    parts = [numbers(f"counted_{part}", view()) for part in ("row", "index", "reward")]
    left = [numbers(f"left_{part}", view()) for part in ("row", "index", "reward")]

    # R_t belongs to the state that is reached; r_t and r_{t+1} both follow (s_t, a_t).
    assert list(zip(*parts, strict=True)) == [
        (1, 1, 3), (1, 2, 5), (1, 3, 7), (2, 1, 5), (2, 2, 7), (3, 2, 5), (3, 3, 7)
    ]  # fmt: skip
    assert list(zip(*left, strict=True)) == [(2, 0, 3), (3, 1, 3)]


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.9, 0.99])
def test_a_loop_returns_a_geometric_sum(gamma: float) -> None:
    steps = np.array(numbers("loop_steps", view(gamma=gamma)))

    expected = (1 - gamma**steps) / (1 - gamma)
    assert numbers("loop_sums", view(gamma=gamma)) == pytest.approx(list(expected))
    assert set(numbers("loop_limit", view(gamma=gamma))) == {1 / (1 - gamma)}


def test_a_loop_without_discount_has_no_limit() -> None:
    assert numbers("loop_sums", view(gamma=1.0)) == list(range(101))
    assert numbers("loop_limit", view(gamma=1.0)) == []


def test_the_chain_of_pure_chance_in_the_small_grid() -> None:
    now = view(random_share=1.0)
    names = ("chain_from", "chain_to", "chain_probability")
    links = {(a, b): p for a, b, p in zip(*(numbers(n, now) for n in names), strict=True)}

    # State 1 stands beside the goal 0, under the upper rim: one move of four goes nowhere.
    assert {to: p for (a, to), p in links.items() if a == 1} == {0: 0.25, 1: 0.25, 2: 0.25, 5: 0.25}
    assert links[0, 0] == 1


def test_under_pure_chance_a_hidden_row_matters_only_in_the_columns_of_the_goals() -> None:
    gaps = {s: numbers("hidden_gap", view(s, random_share=1.0))[0] for s in range(1, 15)}

    assert all(gap == pytest.approx(0, abs=1e-9) for s, gap in gaps.items() if s % 4 in (1, 2))
    assert max(numbers("hidden_gap", view(s, random_share=0.5))[0] for s in range(1, 15)) > 0.1
    assert all(
        numbers("future_gap", view(s, random_share=0.5))[0] == pytest.approx(0)
        for s in range(1, 15)
    )
