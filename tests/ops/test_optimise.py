"""Optimisers of stacked parameters against torch's own, replica by replica."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from rlviz.ops import optimise

ALPHA = torch.tensor([0.1, 0.01, 0.5], dtype=torch.float64)
TORCH: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "rmsprop": partial(torch.optim.RMSprop, alpha=0.9, eps=1e-5),
    "adam": partial(torch.optim.Adam, betas=(0.8, 0.99), eps=1e-5),
}
OURS: dict[str, dict[str, float]] = {
    "sgd": {},
    "rmsprop": {"rho": 0.9, "eps": 1e-5},
    "adam": {"beta_1": 0.8, "beta_2": 0.99, "eps": 1e-5},
}


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


@pytest.mark.parametrize("name", optimise.OPTIMISERS)
def test_twenty_steps_equal_torchs(name: str) -> None:
    gradients = noise(20, 3, 4, 2)
    update: Any = partial(optimise.OPTIMISERS[name], **OURS[name])
    start = noise(3, 4, 2)
    theta, moments = start, optimise.fresh_moments(start)
    for n, gradient in enumerate(gradients, 1):
        theta, moments = update(theta, gradient, moments, n, ALPHA)

    for b in range(3):
        theirs = start[b].clone().requires_grad_()
        optimiser = TORCH[name]([theirs], lr=ALPHA[b].item())
        for gradient in gradients:
            theirs.grad = gradient[b].clone()
            optimiser.step()
        torch.testing.assert_close(theta[b], theirs.detach(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["rmsprop", "adam"])
def test_the_usual_settings_are_torchs(name: str) -> None:
    theirs = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimiser = {"rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam}[name]([theirs], lr=0.1)
    ours = torch.ones(1, dtype=torch.float64)
    moments, update = optimise.fresh_moments(ours), optimise.OPTIMISERS[name]
    for n, g in enumerate((1e-6, -3e-7, 2.0), 1):
        theirs.grad = torch.full_like(theirs, g)
        optimiser.step()
        ours, moments = update(ours, torch.full_like(ours, g), moments, n, 0.1)

    torch.testing.assert_close(ours, theirs.detach(), rtol=0, atol=1e-12)


def test_a_step_of_sgd() -> None:
    # 1 − .5·2 = 0; its moments stay what they were.
    theta, moments = torch.tensor([1.0]), torch.tensor([[7.0], [8.0]])

    got = optimise.sgd(theta, torch.tensor([2.0]), moments, 1, 0.5)

    assert [x.tolist() for x in got] == [[0], [[7], [8]]]


def test_the_first_step_of_adam_is_alpha_however_large_the_gradient() -> None:
    # m̂ = g, v̂ = g²: α g/|g|, but for eps.
    g = torch.tensor([1e-3, -1e3], dtype=torch.float64)
    theta = torch.zeros_like(g)

    got, _ = optimise.adam(theta, g, optimise.fresh_moments(theta), 1, 0.1)

    assert got.tolist() == pytest.approx([-0.1, 0.1], rel=1e-4)


def test_replicas_may_have_made_unequally_many_steps() -> None:
    g, theta, moments = noise(2, 3), noise(2, 3) + 1, noise(2, 2, 3).abs()

    got = optimise.adam(theta, g, moments, torch.tensor([1, 7]), 0.1)

    for b, n in enumerate((1, 7)):
        alone = optimise.adam(theta[b : b + 1], g[b : b + 1], moments[:, b : b + 1], n, 0.1)
        torch.testing.assert_close(got[0][b : b + 1], alone[0], rtol=0, atol=1e-15)


def test_nothing_is_changed_in_place() -> None:
    theta, g, moments = noise(2, 3), noise(2, 3), noise(2, 2, 3).abs()
    before = [x.clone() for x in (theta, g, moments)]
    for update in optimise.OPTIMISERS.values():
        update(theta, g, moments, 1, 0.1)
    optimise.clip_by_norm({"g": g}, 0.1)

    assert all(torch.equal(x, y) for x, y in zip((theta, g, moments), before, strict=True))


def test_norms_are_cut_as_torch_cuts_them() -> None:
    gradients = {"w": noise(3, 4, 2), "b": noise(3, 4)}
    most = torch.tensor([0.5, 100.0, 1.0], dtype=torch.float64)

    got, norm = optimise.clip_by_norm(gradients, most)

    for b in range(3):
        theirs = [torch.zeros_like(g[b]).requires_grad_() for g in gradients.values()]
        for p, g in zip(theirs, gradients.values(), strict=True):
            p.grad = g[b].clone()
        total = torch.nn.utils.clip_grad_norm_(theirs, most[b].item())
        assert norm[b].item() == pytest.approx(total.item(), abs=1e-12)
        for p, g in zip(theirs, got.values(), strict=True):
            torch.testing.assert_close(g[b], p.grad, rtol=0, atol=1e-12)


def test_one_norm_over_all_parameters() -> None:
    # 3 and 4 make 5; at most 1: a fifth of each. The second replica has 0 and keeps it.
    gradients = {"w": torch.tensor([[3.0], [0.0]]), "b": torch.tensor([[4.0], [0.0]])}

    got, norm = optimise.clip_by_norm(gradients, 1.0)

    assert norm.tolist() == [5, 0]
    assert got["w"].flatten().tolist() == pytest.approx([0.6, 0], abs=1e-6)
    assert got["b"].flatten().tolist() == pytest.approx([0.8, 0], abs=1e-6)


def test_a_replica_that_diverged_does_not_touch_the_others() -> None:
    got, norm = optimise.clip_by_norm({"w": torch.tensor([[math.inf], [3.0]])}, 1.0)

    assert got["w"][0].isnan().all()
    assert (got["w"][1].item(), norm[1].item()) == (pytest.approx(1, abs=1e-6), 3)
