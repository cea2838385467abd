"""ε-greedy: what is drawn is a function of two uniform numbers, with the declared probabilities."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rlviz.ops.explore import epsilon_greedy, epsilon_greedy_probabilities

BELOW_ONE = 1 - 2**-53  # the greatest number that a stream gives


def table(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def uniforms(coin: list[float], choice: list[float]) -> Tensor:
    return torch.tensor([coin, choice], dtype=torch.float64)


def test_probabilities_share_the_greedy_mass_among_ties() -> None:
    # ε = .2, A = 4: every action has .2/4 = .05; the two best share the other .8: .05 + .4 = .45.
    got = epsilon_greedy_probabilities(table([7, 7, 1, 0]), 0.2)

    np.testing.assert_allclose(got, [[0.45, 0.45, 0.05, 0.05]], rtol=0, atol=1e-15)


def test_exploring_may_also_draw_the_greedy_action() -> None:
    # ε = .2, A = 3: .2/3 = .0667 for each, and .8 + .0667 = .8667 for the best.
    got = epsilon_greedy_probabilities(table([4, 1, 2]), 0.2)

    expected = [[0.8666666667, 0.06666666667, 0.06666666667]]
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9)


def test_each_replica_has_its_own_probabilities() -> None:
    # ε = 0: all on the best. ε = 1: even over two actions.
    got = epsilon_greedy_probabilities(table([1, 0], [1, 0]), torch.tensor([0.0, 1.0]))

    assert got.tolist() == [[1, 0], [0.5, 0.5]]


def test_draws_are_a_function_of_coin_and_choice() -> None:
    # ε = .5, A = 4, and the two ties are actions 1 and 3.
    # Row 0: coin .4 < ε explores, ⌊.99·4⌋ = 3.   Row 1: explores, ⌊.3·4⌋ = 1, greedy or not.
    # Row 2: coin .5 is not < ε, ⌊.49·2⌋ = 0: the first tie, 1.   Row 3: ⌊.5·2⌋ = 1: the second, 3.
    q = table(*[[0, 2, 1, 2]] * 4)

    action, exploratory = epsilon_greedy(
        q, 0.5, uniforms([0.4, 0.0, 0.5, 0.9], [0.99, 0.3, 0.49, 0.5])
    )

    assert action.tolist() == [3, 1, 1, 3]
    assert exploratory.tolist() == [True, True, False, False]


def test_epsilon_may_differ_between_replicas() -> None:
    # The coin .3 explores where ε = .5 and does not where ε = .1 (or 0).
    q = table([0, 9], [0, 9], [0, 9])
    epsilon = torch.tensor([0.5, 0.1, 0.0], dtype=torch.float64)

    action, exploratory = epsilon_greedy(q, epsilon, uniforms([0.3] * 3, [0.2] * 3))

    assert (action.tolist(), exploratory.tolist()) == ([0, 1, 1], [True, False, False])


def test_epsilon_zero_never_explores_and_one_always_does() -> None:
    q, least, most = table([1, 0]), uniforms([0.0], [0.9]), uniforms([BELOW_ONE], [0.9])

    assert not epsilon_greedy(q, 0.0, least)[1].item()
    assert epsilon_greedy(q, 1.0, most)[1].item()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(0, 2), min_size=1, max_size=5),
    st.integers(0, 10),
    st.integers(0, 2**32 - 1),
)
def test_over_an_even_grid_of_uniforms_draws_have_exactly_their_probabilities(
    q: list[int], tenths: int, shift: int
) -> None:
    # A midpoint grid of 10 coins × 60 choices: 60 is divisible by every number of ties and actions
    # up to 5, so counting draws gives the probabilities without sampling error.
    coins, choices = 10, 60
    coin = (torch.arange(coins, dtype=torch.float64) + 0.5) / coins
    choice = (torch.arange(choices, dtype=torch.float64) + 0.5) / choices
    uniform = torch.stack([coin.repeat_interleave(choices), choice.repeat(coins)])
    uniform = uniform[:, torch.randperm(coins * choices, generator=_seeded(shift))]
    values = table(q).expand(coins * choices, -1)

    action, exploratory = epsilon_greedy(values, tenths / 10, uniform)

    share = torch.bincount(action, minlength=len(q)) / (coins * choices)
    expected = epsilon_greedy_probabilities(table(q), tenths / 10)[0]
    np.testing.assert_allclose(share, expected, rtol=0, atol=1e-7)
    assert exploratory.sum().item() == tenths * choices


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("n_actions", range(2, 21))
def test_the_greatest_uniform_number_stays_inside(n_actions: int) -> None:
    q = table([0.0] * n_actions, [0.0] * n_actions)  # all tie

    action, _ = epsilon_greedy(q, 0.5, uniforms([0.0, 0.9], [BELOW_ONE] * 2))

    assert action.tolist() == [n_actions - 1] * 2


@settings(deadline=None, max_examples=100)
@given(st.data(), st.integers(2, 20), st.floats(0, 1), st.floats(0, BELOW_ONE))
def test_an_action_that_does_not_explore_is_one_of_the_best(
    data: st.DataObject, n_actions: int, epsilon: float, choice: float
) -> None:
    q = data.draw(st.lists(st.integers(-3, 3), min_size=n_actions, max_size=n_actions))
    coin = data.draw(st.floats(0, BELOW_ONE))

    action, exploratory = epsilon_greedy(table(q), epsilon, uniforms([coin], [choice]))

    drawn = action.item()
    assert drawn in range(n_actions)
    assert exploratory.item() or q[drawn] == max(q)


def test_a_table_of_nan_still_gives_an_action() -> None:
    # Divergence is found when curves are made; until then the world must be given real actions.
    q = table([float("nan")] * 4)

    action, _ = epsilon_greedy(q, 0.0, uniforms([0.5], [BELOW_ONE]))

    assert action.item() in range(4)
