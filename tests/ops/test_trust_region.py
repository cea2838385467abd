"""Natural gradients and trust regions: solved directly, by hand, and on known bandits."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rlviz.ops import trust_region as tr
from tests.public import PUBLIC


def numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def times(matrices: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda v: (matrices @ v.unsqueeze(-1)).squeeze(-1)


def last(pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
    return pairs[-1][0]


def test_as_many_iterations_as_unknowns_solve_each_replica() -> None:
    root = noise(4, 6, 6)
    f, b = root @ root.mT + torch.eye(6, dtype=torch.float64), noise(4, 6, seed=1)

    pairs = list(tr.conjugate_gradient(times(f), b, 6))

    torch.testing.assert_close(last(pairs), torch.linalg.solve(f, b), rtol=0, atol=1e-9)
    for x, residual in pairs:
        true = (b - times(f)(x)).norm(dim=-1)
        torch.testing.assert_close(residual, true, rtol=0, atol=1e-9)


def test_two_iterations_by_hand() -> None:
    # F = diag(1, 3), b = (1, 1): step 2/4, x = (.5, .5), left (.5, −.5), turn .5/2 = .25,
    # direction (.75, −.25), step .5/.75 = 2/3: x = (1, 1/3).
    pairs = list(tr.conjugate_gradient(times(torch.diag(numbers(1, 3))), numbers(1, 1)[None], 2))

    assert pairs[0][0].tolist() == [[0.5, 0.5]]
    assert pairs[0][1].item() == pytest.approx(math.sqrt(0.5))
    assert pairs[1][0][0].tolist() == pytest.approx([1, 1 / 3])


def test_a_solved_replica_stands_still_and_a_broken_one_stays_alone() -> None:
    # Solved after one step (F = I), from the start (b = 0), never (b is NaN, F is negative).
    f = torch.stack([torch.eye(3), torch.eye(3), torch.eye(3), -torch.eye(3)]).double()
    b = torch.stack([numbers(1, 2, 3), numbers(0, 0, 0), numbers(math.nan, 0, 0), numbers(1, 0, 0)])

    xs = [x for x, _ in tr.conjugate_gradient(times(f), b, 5)]

    assert len(xs) == 5
    for x in xs:
        assert x.tolist() == [[1, 2, 3], [0, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_a_loose_tolerance_stops_early() -> None:
    # After one step of the example by hand ‖left‖/‖b‖ = .5.
    f, b = times(torch.diag(numbers(1, 3))), numbers(1, 1)[None]

    assert last(list(tr.conjugate_gradient(f, b, 5, 0.6))).tolist() == [[0.5, 0.5]]
    assert last(list(tr.conjugate_gradient(f, b, 5, 0.4)))[0, 1].item() == pytest.approx(1 / 3)


def test_a_replica_does_not_depend_on_its_neighbours() -> None:
    root = noise(3, 5, 5)
    f, b = root @ root.mT, noise(3, 5, seed=1)

    together = last(list(tr.conjugate_gradient(times(f), b, 4)))

    alone = [
        last(list(tr.conjugate_gradient(times(f[i : i + 1]), b[i : i + 1], 4))) for i in (0, 1, 2)
    ]
    torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=1e-9)


def test_the_fisher_matrix_of_a_softmax() -> None:
    # diag π − π πᵀ of π = (.5, .3, .2).
    logits = numbers(0.5, 0.3, 0.2).log()
    got = tr.softmax_fisher(logits.expand(3, 3), torch.eye(3, dtype=torch.float64))

    for mine, row in zip(got.tolist(), PUBLIC["P28"]["Fisher"], strict=True):
        assert mine == pytest.approx(row)
    assert tr.softmax_fisher(logits, numbers(7, 7, 7)).tolist() == pytest.approx([0, 0, 0])


def _network(seed: int, replicas: int) -> tuple[tr.Parameters, tr.Parameters, Tensor]:
    parameters = {
        "w": noise(replicas, 4, 5, seed=seed),
        "b": noise(replicas, 5, seed=seed + 1),
        "out": noise(replicas, 5, 3, seed=seed + 2),
    }
    v = {name: noise(*p.shape, seed=seed + 3) for name, p in parameters.items()}
    return parameters, v, noise(7, 2, replicas, 4, seed=seed + 4)  # [T, E, B, features]


def _logits(parameters: tr.Parameters, x: Tensor) -> Tensor:
    hidden = (torch.einsum("tebi,bij->tebj", x, parameters["w"]) + parameters["b"]).tanh()
    return torch.einsum("tebj,bja->teba", hidden, parameters["out"])


def _kl(old: Tensor, new: Tensor) -> Tensor:
    """Mean over all axes but the replicas', [B]."""
    log_old, log_new = old.log_softmax(-1), new.log_softmax(-1)
    return (log_old.exp() * (log_old - log_new)).sum(-1).mean((0, 1))


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("damping", [0.0, 0.1, numbers(0.1, 0.5)], ids=["none", "one", "each"])
def test_the_fisher_product_is_the_hessian_of_either_divergence(
    forward: bool, damping: Tensor | float
) -> None:
    parameters, v, x = _network(0, 2)
    v = dict(reversed(v.items()))  # the order of names is nobody's business
    old = _logits(parameters, x)

    def divergence(p: tr.Parameters) -> Tensor:
        return _kl(old, _logits(p, x)) if forward else _kl(_logits(p, x), old)

    closed = tr.fisher_product(lambda p: _logits(p, x), parameters, v, damping)
    twice = tr.kl_hessian_product(divergence, parameters, v, damping)

    for name in parameters:
        torch.testing.assert_close(closed[name], twice[name], rtol=0, atol=1e-12)


def test_the_fisher_product_is_the_mean_outer_product_of_scores() -> None:
    # F = E_s Σ_a π(a|s) (∇ log π)(∇ log π)ᵀ, written out for one replica; damping adds .3 v.
    parameters, v, x = _network(5, 1)
    leaves = {name: p.clone().requires_grad_() for name, p in parameters.items()}
    log_p = _logits(leaves, x).log_softmax(-1).flatten(0, -2)  # [n, A]
    flat = tr.as_rows(v)[0]
    expected = 0.3 * flat
    for row in log_p:
        for entry in row:
            score = torch.autograd.grad(entry, list(leaves.values()), retain_graph=True)
            s = torch.cat([g.flatten() for g in score])
            expected = expected + entry.exp().detach() * s * (s @ flat) / len(log_p)

    got = tr.fisher_product(lambda p: _logits(p, x), parameters, v, 0.3)

    torch.testing.assert_close(tr.as_rows(got)[0], expected, rtol=0, atol=1e-12)


def test_the_hessian_product_of_a_quadratic() -> None:
    # ½ a² + 2 a b: H = [[1, 2], [2, 0]], v = (1, 3): 7 and 2; with damping 10: 17 and 32. Another
    # replica has twice that; c is not in it, and has only its damping.
    parameters = {"a": numbers(5, 5), "b": numbers(7, 7), "c": numbers(1, 1)}
    v = {"a": numbers(1, 1), "b": numbers(3, 3), "c": numbers(1, 1)}

    got = tr.kl_hessian_product(
        lambda p: numbers(1, 2) * (0.5 * p["a"] ** 2 + 2 * p["a"] * p["b"]), parameters, v, 10.0
    )

    assert {k: x.tolist() for k, x in got.items()} == {"a": [17, 24], "b": [32, 34], "c": [10, 10]}


def test_rows_and_back() -> None:
    parameters = {"w": noise(2, 3, 4), "b": noise(2, 3), "s": noise(2)}
    rows = tr.as_rows({k: p.unsqueeze(1) if p.dim() == 1 else p for k, p in parameters.items()})

    assert rows.shape == (2, 16)
    got = tr.from_rows(rows, parameters)
    assert all(torch.equal(got[k], p) for k, p in parameters.items())
    assert tr.as_rows(parameters).equal(rows)


def test_the_natural_step_on_a_bandit() -> None:
    # F is singular and g has no part along the constants, so x is r − mean r = −4/3, −1/3, 5/3.
    case, policy, r = PUBLIC["P28"], numbers(0.5, 0.3, 0.2), numbers(1, 2, 4)
    logits, g = policy.log(), policy * (r - policy @ r)

    x = last(list(tr.conjugate_gradient(lambda v: tr.softmax_fisher(logits, v), g[None], 3)))
    step, there = tr.natural_step(g[None], x, 0.01)
    after = (logits + step * x[0]).softmax(0)

    assert x[0].tolist() == pytest.approx(case["nat_grad"], abs=1e-8)
    assert there.tolist() == [True]
    assert step.item() == pytest.approx(case["step_size"], abs=1e-9)
    assert after.tolist() == pytest.approx(case["pi_after_quadratic_step"], abs=1e-9)
    kl = (policy * (policy / after).log()).sum().item()
    assert kl == pytest.approx(case["actual_KL_old_new"], abs=1e-9)


@pytest.mark.parametrize(("scale", "name"), [(1.0, "npg_sigmoid"), (3.0, "npg_sigmoid3")])
def test_the_natural_gradient_does_not_care_how_a_policy_is_written(
    scale: float, name: str
) -> None:
    # p = sigmoid(scale·t) of two arms that pay 1 and 0; five steps of .1 F⁻¹ g.
    theta = {"t": numbers(0.0)[None]}

    def logits_of(p: tr.Parameters) -> Tensor:
        z = scale * p["t"]  # [B = 1, 1]
        return torch.cat([z, torch.zeros_like(z)], -1).unsqueeze(0)  # [1, B, A]

    for _ in range(5):
        p = (scale * theta["t"]).sigmoid()
        g, frozen = scale * p * (1 - p), dict(theta)

        def product(v: Tensor, frozen: tr.Parameters = frozen) -> Tensor:
            return tr.fisher_product(logits_of, frozen, {"t": v}, 0.0)["t"]

        theta = {"t": theta["t"] + 0.1 * last(list(tr.conjugate_gradient(product, g, 1)))}

    got = (scale * theta["t"]).sigmoid().item()
    assert got == pytest.approx(PUBLIC["P29"][name], abs=1e-9)


def test_there_is_no_step_where_the_curvature_is_not_positive() -> None:
    # gᵀx = 8: √(2·.01/8) = .05, and with δ = .04 .1. Then 0, −1, ∞ and NaN.
    g = numbers(2, 2, 0, 1, math.inf, math.nan).unsqueeze(1)
    x = numbers(4, 4, 1, -1, 1, 1).unsqueeze(1)

    step, there = tr.natural_step(g, x, numbers(0.01, 0.04, 1, 1, 1, 1))

    assert step.tolist() == pytest.approx([0.05, 0.1, 0, 0, 0, 0])
    assert there.tolist() == [True, True, False, False, False, False]


def test_backtracking() -> None:
    assert tr.backtracking(0.5, 4).tolist() == [1, 0.5, 0.25, 0.125]
    assert tr.backtracking(numbers(0.5, 0.1), 2).tolist() == [[1, 1], [0.5, 0.1]]


def test_a_candidate_passes_within_the_region_and_with_a_gain() -> None:
    kl, gain = numbers(0.01, 0.011, 0.005, 0.005, math.nan, 0), numbers(1, 1, 0, -1, 1, math.nan)

    assert tr.acceptable(kl, gain, 0.01).tolist() == [True, False, False, False, False, False]


def test_the_first_candidate_that_passes_is_taken() -> None:
    # Columns: at once; third and fourth; none.
    passes = torch.tensor([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0]]).bool()

    assert tr.accepted_fraction(tr.backtracking(0.5, 4), passes).tolist() == [1, 0.25, 0]
    each = tr.backtracking(numbers(0.5, 0.1, 0.2), 4)
    assert tr.accepted_fraction(each, passes).tolist() == pytest.approx([1, 0.01, 0])


def test_the_penalty_is_doubled_and_halved() -> None:
    beta, got = numbers(1), []
    for kl in (0.02, 0.016, 0.012, 0.005, 0.006, 0.0151):
        beta = tr.adapted_beta(beta, numbers(kl), 0.01)
        got.append(beta.item())

    assert got == PUBLIC["P27"]


def test_the_penalty_stays_near_the_target() -> None:
    # d = 3: from 2 to 4.5, both included, nothing moves.
    got = tr.adapted_beta(numbers(1, 1, 1, 1), numbers(1.99, 2, 4.5, 4.51), 3.0)

    assert got.tolist() == [0.5, 1, 1, 2]


def test_each_replica_has_its_own_target_and_nan_moves_none() -> None:
    got = tr.adapted_beta(numbers(1, 1, 1), numbers(0.02, 0.02, math.nan), numbers(0.01, 0.1, 0.1))

    assert got.tolist() == [2, 0.5, 1]


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1e9), st.floats(0, 1))
def test_the_penalty_stays_a_number(kl: float, target: float) -> None:
    beta = numbers(1)
    for _ in range(100):
        beta = tr.adapted_beta(beta, numbers(kl), target)

    assert 1e-6 <= beta.item() <= 1e6


def test_a_target_of_nothing_ends_at_the_bound() -> None:
    beta = numbers(1, 1)
    for _ in range(2000):
        beta = tr.adapted_beta(beta, numbers(0.1, 0), 0.0)

    assert beta.tolist() == [1e6, 1]


def test_the_penalty_in_proportion() -> None:
    # KL = 3: clip(−.5) = −.2, .2·(1 − .2·.0256) = .198976; 5.5: .2·(1 − .0256/12).
    got = tr.proportional_beta(
        numbers(*[0.2] * 5), numbers(3, 5.5, 6, 6.6, 20), 6.0, samples=256, horizon=1e4
    )

    assert got.tolist() == pytest.approx([0.198976, 0.1995733333, 0.2, 0.200512, 0.201024])
