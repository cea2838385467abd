"""Losses of policy gradient methods: by hand, as others published them, and their gradients."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rlviz.ops import policy_gradient as pg
from tests.public import PUBLIC

LOGITS = [[1, 1, 1], [2, 0, 0], [-1, -2, -3]]  # rlax's
OLD_LOGITS = [[1, 1, 1], [2, 0, 0], [-3, -2, -1]]


def numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def rows(*values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def log_prob(logits: Tensor, *action: int) -> Tensor:
    return logits.log_softmax(-1).gather(-1, torch.tensor(action).unsqueeze(-1)).squeeze(-1)


def slope(objective: Tensor, of: Tensor) -> list[float]:
    return [float(x) for x in torch.autograd.grad(objective.sum(), of)[0]]


def test_the_score_is_the_gradient_of_the_log_probability() -> None:
    logits = rows([1, 1, 1], [2, 0, 0], [-1, -2, -3]).requires_grad_()
    action = (0, 1, 2)

    got = pg.softmax_score(logits, torch.tensor(action))

    expected = torch.autograd.grad(log_prob(logits, *action).sum(), logits)[0]
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)
    assert got[0].tolist() == pytest.approx([2 / 3, -1 / 3, -1 / 3])


def test_the_expected_score_weighted_by_value_is_the_gradient_of_a_bandit() -> None:
    case, r = PUBLIC["P20"], numbers(1, 2, 4)
    logits = numbers(0.2, -0.1, 0.4)
    score = pg.softmax_score(logits.expand(3, 3), torch.arange(3))  # of each action
    policy = logits.softmax(0)

    assert (policy @ (score * r.unsqueeze(1))).tolist() == pytest.approx(case["grad"], abs=1e-9)
    assert (policy @ score).tolist() == pytest.approx([0, 0, 0], abs=1e-12)


@pytest.mark.parametrize("baseline", [0.0, 0.9, 0.1])
def test_a_baseline_changes_the_spread_and_not_the_mean(baseline: float) -> None:
    # π = (.9, .1), r = (1, 0), one logit against 0: its score is .1 for the first, −.9 for the
    # second. b = .9: .9·(.01)² + .1·(.81)² − .09² = .0576.
    case, policy = PUBLIC["P19"], numbers(0.9, 0.1)
    logits = torch.stack([policy.log() - policy[1].log()] * 2)
    x = pg.softmax_score(logits, torch.arange(2))[:, 0] * (numbers(1, 0) - baseline)

    mean = policy @ x
    assert mean.item() == pytest.approx(case["grad"], abs=1e-12)
    spread = (policy @ (x - mean) ** 2).item()
    assert spread == pytest.approx(case["variance"][f"b={baseline}"], abs=1e-12)


def test_score_losses_of_rlax() -> None:
    # Row 0: ln 3·.3·(−2) + 2.2395·.2·2 + 0, over 3.
    logits = torch.stack([rows(*LOGITS), rows(*LOGITS) + 1])
    lp = torch.stack([log_prob(logits[0], 0, 1, 2), log_prob(logits[1], 0, 0, 0)])
    weight = rows([-2, 2, 0], [-3, 1, -1]) * rows([0.3, 0.2, 0.1], [-0.3, -0.2, -0.1])

    got = pg.score_loss(lp, weight).mean(1)

    assert got.tolist() == pytest.approx([0.0788835088, 0.327200909], abs=1e-7)


def test_the_surrogate_has_the_slope_of_j_and_not_its_value() -> None:
    # Two arms of .5, rewards 1 and 0, sampled in exact proportion: −J' = −.25, value .5·ln 2.
    case = PUBLIC["P22"]
    theta = torch.zeros((), dtype=torch.float64, requires_grad=True)
    lp = torch.stack([theta, torch.zeros_like(theta)]).log_softmax(0)

    loss = (numbers(0.5, 0.5) * pg.score_loss(lp, numbers(1, 0))).sum()

    assert -loss.item() == pytest.approx(case["surrogate_value"], abs=1e-9)
    (got,) = torch.autograd.grad(loss, theta)
    assert -got.item() == pytest.approx(case["grad_J"], abs=1e-12)


def test_weights_are_constants() -> None:
    # The derivative by v of −log π·v, and of min(ρ v, ...), is not taken.
    v = numbers(2.0, -2).requires_grad_()
    rho = numbers(1.0, 1).requires_grad_()
    losses = (
        pg.score_loss(rho, v),
        pg.clipped_objective(rho, v, 0.2, 0.2),
        pg.dual_clipped_objective(rho, v, 0.2, 0.2, 3.0),
        pg.squared_value_loss(rho, v),
        pg.clipped_value_loss_ppo2(rho, v, v, 0.2),
        pg.clipped_value_loss_sb3(rho, v, v, 0.2),
        pg.ratio(rho, v),
    )

    assert [torch.autograd.grad(x.sum(), v, allow_unused=True)[0] for x in losses] == [None] * 7


def test_clipped_losses_of_rlax() -> None:
    # ρ = 1, 1 and e⁻² = .1353: −(.3 + .2 + .01353)/3, and with A < 0 (.3 + .2 + .8·.1)/3.
    logits, old = rows(*LOGITS), rows(*OLD_LOGITS)
    rho = pg.ratio(log_prob(logits, 0, 1, 2), log_prob(old, 0, 1, 2))
    advantage = rows([0.3, 0.2, 0.1], [-0.3, -0.2, -0.1])

    got = -pg.clipped_objective(rho, advantage, 0.2, 0.2).mean(1)

    assert got.tolist() == pytest.approx([-0.17117467, 0.19333333], abs=1e-5)


def test_the_six_cases() -> None:
    cases = PUBLIC["P24"]
    rho = numbers(*(c["r"] for c in cases)).requires_grad_()
    a = numbers(*(c["A"] for c in cases))

    objective = pg.clipped_objective(rho, a, 0.2, 0.2)

    assert objective.tolist() == pytest.approx([c["obj"] for c in cases])
    assert slope(objective, rho) == [c["dobj_dr"] for c in cases]
    assert pg.case(rho, a, 0.2, 0.2).tolist() == [0, 1, 2, 3, 4, 5]
    assert pg.binding(rho, a, 0.2, 0.2).tolist() == [False, False, True, True, False, False]
    assert pg.outside(rho, 0.2, 0.2).tolist() == [True, False, True, True, False, True]
    assert len(pg.CASES) == 6


def test_ratios_far_out() -> None:
    # A = 1: .5, 1.1, then 1.2 flat; A = −1: −.8 flat, −1.1, −1.5, −4; with a floor of 3: −3 flat.
    rho = numbers(0.5, 1.1, 1.5, 4, 0.5, 1.1, 1.5, 4).requires_grad_()
    a = numbers(1, 1, 1, 1, -1, -1, -1, -1)

    one = pg.clipped_objective(rho, a, 0.2, 0.2)
    two = pg.dual_clipped_objective(rho, a, 0.2, 0.2, 3.0)

    assert one.tolist() == pytest.approx([0.5, 1.1, 1.2, 1.2, -0.8, -1.1, -1.5, -4])
    assert slope(one, rho) == [1, 1, 0, 0, 0, -1, -1, -1]
    assert two.tolist() == pytest.approx([0.5, 1.1, 1.2, 1.2, -0.8, -1.1, -1.5, -3])
    assert slope(two, rho) == [1, 1, 0, 0, 0, -1, -1, 0]
    assert pg.floored(rho, a, 3.0).tolist() == [False] * 7 + [True]


def test_the_numbers_of_polgrad() -> None:
    # ε_low = .2, ε_high = .3; the gradient is by log π: e^.2·1.5 = 1.832104, and 0 where clipped.
    lp = numbers(-0.7, -0.2, -1.5).requires_grad_()
    rho = pg.ratio(lp, numbers(-0.9, -0.7, -1.0))
    loss = -pg.clipped_objective(rho, numbers(1.5, 2, -1), 0.2, 0.3)

    assert loss.tolist() == pytest.approx([-1.832104, -2.6, 0.8], abs=1e-6)
    assert slope(loss, lp) == pytest.approx([-1.832104, 0, 0], abs=1e-6)


def test_the_floor_of_polgrad() -> None:
    # ρ = e = 2.718 > c = 2: −c A = 3 and no gradient, where without the floor there is 4.077.
    lp = numbers(-0.4).requires_grad_()
    rho, a = pg.ratio(lp, numbers(-1.4)), numbers(-1.5)

    floored = -pg.dual_clipped_objective(rho, a, 0.2, 0.3, 2.0)

    assert (floored.tolist(), slope(floored, lp)) == ([3.0], [0.0])
    assert (-pg.clipped_objective(rho, a, 0.2, 0.3)).item() == pytest.approx(1.5 * math.e)


def test_means_over_tokens_and_over_sequences_of_polgrad() -> None:
    # ρ = e^.4 (clipped to 1.3), e^−.4 and e^.1: −1.3, 2·.8 = 1.6, 1.105171.
    lp = numbers(-0.3, -1.2, -0.5).requires_grad_()
    rho = pg.ratio(lp, numbers(-0.7, -0.8, -0.6))
    loss = -pg.clipped_objective(rho, numbers(1, -2, -1), 0.2, 0.3)

    assert loss.mean().item() == pytest.approx(0.468390, abs=1e-6)
    assert slope(loss / 3, lp)[2] == pytest.approx(0.368390, abs=1e-6)
    assert (loss[:2].mean() + loss[2]).item() / 2 == pytest.approx(0.627585, abs=1e-6)


def test_on_the_edge_the_gradient_is_whole() -> None:
    # Without any room, ρ = 1 is the edge on both sides, and the first step of an epoch counts.
    rho = numbers(1, 1).requires_grad_()

    assert slope(pg.clipped_objective(rho, numbers(3, -3), 0.0, 0.0), rho) == [3, -3]


def test_no_advantage_is_not_the_clips_doing() -> None:
    rho, none = numbers(0.5, 1, 2), numbers(0, 0, 0)

    assert not pg.binding(rho, none, 0.2, 0.2).any()
    assert pg.clipped_objective(rho, none, 0.2, 0.2).tolist() == [0, 0, 0]
    assert pg.case(rho, none, 0.2, 0.2).tolist() == [0, 1, 2]


def test_each_replica_has_its_own_clip() -> None:
    # [T, B]: ρ = 1.5 and .5; ε_high .1, 1 and ε_low .3, .9.
    rho = rows([1.5, 1.5], [0.5, 0.5])
    a = rows([1, 1], [-1, -1])

    got = pg.clipped_objective(rho, a, numbers(0.3, 0.9), numbers(0.1, 1))

    assert got.tolist() == [pytest.approx([1.1, 1.5]), pytest.approx([-0.7, -0.5])]
    assert pg.clipped_objective(rho, a, 0.3, numbers(0.1, 1)).tolist() == [
        pytest.approx([1.1, 1.5]),
        pytest.approx([-0.7, -0.7]),
    ]


floats = st.floats(-3, 3).map(lambda x: round(x, 6))  # with 0, and nothing that rounds to it


@settings(max_examples=200, deadline=None)
@given(st.floats(0.01, 4), floats, st.floats(0, 0.9), st.floats(0, 2), st.floats(1.5, 4))
def test_cases_add_up_to_the_minimum_and_lose_their_gradient_where_it_is_flat(
    ratio: float, advantage: float, low: float, high: float, c: float
) -> None:
    rho, a = numbers(ratio).requires_grad_(), numbers(advantage)

    objective = pg.clipped_objective(rho, a, low, high)
    dual = pg.dual_clipped_objective(rho, a, low, high, c)

    plain = min(ratio * advantage, min(max(ratio, 1 - low), 1 + high) * advantage)
    assert objective.item() == pytest.approx(plain, abs=1e-12)
    floored = max(plain, c * advantage) if advantage < 0 else plain
    assert dual.item() == pytest.approx(floored, abs=1e-12)
    if advantage:
        flat = pg.binding(rho, a, low, high)
        assert (slope(objective, rho) == [0]) == flat.item()
        stopped = (flat | pg.floored(rho, a, c)).item()
        assert (slope(dual, rho) == [0]) == stopped
        assert flat.item() == (pg.case(rho, a, low, high).item() in (2, 3))


def test_the_clip_does_not_bound_the_ratio() -> None:
    # Two arms of .5, A = ±1, one logit, steps of 2: sigmoid(1)/.5 = 1.462, and then no gradient.
    old, a, theta, seen = numbers(0.5, 0.5), numbers(1, -1), numbers(0.0), []
    for _ in range(3):
        theta.requires_grad_()
        p = theta.sigmoid()
        rho = pg.ratio(torch.cat([p, 1 - p]).log(), old.log())
        (g,) = torch.autograd.grad((old * pg.clipped_objective(rho, a, 0.2, 0.2)).sum(), theta)
        theta = (theta + 2 * g).detach()
        seen.append(theta.sigmoid().item() / 0.5)

    assert seen == pytest.approx(PUBLIC["P26"]["ratio_arm1"], abs=1e-9)


def test_value_losses() -> None:
    # Clipped to 4.8, 1.2, 4.9, 5.2. ppo2: ½·(81 + 77.44 + .09 + .04)/4 with the larger of each.
    value, old = numbers(1, 5, 4.9, 5.3), numbers(5, 1, 5, 5)
    target = numbers(10, 10, 5.2, 5.1)

    got = [
        pg.clipped_value_loss_ppo2(value, old, target, 0.2).mean().item(),
        pg.clipped_value_loss_sb3(value, old, target, 0.2).mean().item(),
        pg.squared_value_loss(value, target).mean().item(),
    ]

    assert got == pytest.approx([19.82125, 26.145, 13.26625], abs=1e-12)


def test_the_gradient_of_a_clipped_value_loss() -> None:
    # V left the band of ±.2 about .5 towards R = 2: flat. It ran away from R = −2: ppo2 pulls it
    # back by V − R = 3, and sb3 does not. Inside: V − R = −1.4, and twice that for sb3.
    old, target = numbers(0.5, 0.5, 0.5), numbers(2, -2, 2)
    value = numbers(1, 1, 0.6).requires_grad_()

    ppo2 = slope(pg.clipped_value_loss_ppo2(value, old, target, 0.2), value)
    sb3 = slope(pg.clipped_value_loss_sb3(value, old, target, 0.2), value)

    assert ppo2 == pytest.approx([0, 3, -1.4])
    assert sb3 == pytest.approx([0, 0, -2.8])


def test_each_replica_has_its_own_value_clip() -> None:
    # (0 + .5 − 2)² and (0 + 1 − 2)².
    got = pg.clipped_value_loss_sb3(numbers(1, 1), numbers(0, 0), numbers(2, 2), numbers(0.5, 1))

    assert got.tolist() == [2.25, 1]


def test_three_estimates_of_a_divergence() -> None:
    # ρ = 2: −ln 2, ½ ln² 2, 1 − ln 2.
    ln2 = numbers(math.log(2))

    got = [k(ln2).item() for k in (pg.k1, pg.k2, pg.k3)]

    assert got == pytest.approx([-math.log(2), math.log(2) ** 2 / 2, 1 - math.log(2)])


def test_k1_and_k3_are_right_in_the_mean_and_k2_nearly() -> None:
    old, new = numbers(0.5, 0.3, 0.2), numbers(0.4, 0.4, 0.2)
    true = (old * (old / new).log()).sum().item()
    log_ratio = (new / old).log()

    assert (old @ pg.k1(log_ratio)).item() == pytest.approx(true, abs=1e-12)
    assert (old @ pg.k3(log_ratio)).item() == pytest.approx(true, abs=1e-12)
    assert (old @ pg.k2(log_ratio)).item() == pytest.approx(true, rel=0.05)
    assert (pg.k3(log_ratio) >= 0).all()


def test_k3_of_a_tiny_change_is_not_lost_in_rounding() -> None:
    # x²/2 for small x: 5·10⁻¹⁷ beside 1 would be nothing.
    assert pg.k3(numbers(1e-8)).item() == pytest.approx(5e-17, rel=1e-6, abs=0)


def test_ratios_within_the_band_bound_the_divergence() -> None:
    # Half of the mass at .8 and half at 1.2: the farthest there is.
    got = (numbers(0.5, 0.5) @ pg.k1(numbers(0.8, 1.2).log())).item()

    assert got == pytest.approx(PUBLIC["P25"]["max_kl"], abs=1e-9)


def test_entropy_losses_of_rlax() -> None:
    # Row 0 weighs −2, 2, 0: (2·ln 3 − 2·.665) / 3; shifted logits have the same entropy.
    logits = torch.stack([rows(*LOGITS), rows(*LOGITS) + 1])

    got = -(pg.entropy(logits) * rows([-2, 2, 0], [-3, 1, -1])).mean(1)

    assert got.tolist() == pytest.approx([0.288693, 1.15422], abs=1e-5)


def test_entropy_and_its_gradient_where_an_action_is_not_allowed() -> None:
    # Two of equal chance and one of none: ln 2. dH/dz_a = −π_a (log π_a + H) = 0.
    logits = rows([0, 0, float("-inf")], [1, 2, 0.5]).requires_grad_()

    got = pg.entropy(logits)
    (gradient,) = torch.autograd.grad(got.sum(), logits)

    log_p = logits[1].log_softmax(0)
    expected = (-log_p.exp() * (log_p + got[1])).tolist()
    assert got[0].item() == pytest.approx(math.log(2))
    assert gradient.tolist() == [pytest.approx([0, 0, 0]), pytest.approx(expected)]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-9, 9), min_size=3, max_size=3), st.floats(-50, 50))
def test_entropy_and_score_do_not_see_a_shift(z: list[float], shift: float) -> None:
    logits, action = numbers(*z), torch.tensor(1)

    assert pg.entropy(logits + shift).item() == pytest.approx(pg.entropy(logits).item(), abs=1e-9)
    np.testing.assert_allclose(
        pg.softmax_score(logits + shift, action), pg.softmax_score(logits, action), atol=1e-9
    )


def test_huber_of_rlax_and_of_another_width() -> None:
    # δ = 1: 2 − ½ = 1.5. δ = 2 at 3: 2·(3 − 1) = 4.
    x = numbers(-2, -1, -0.5, 0, 0.5, 1, 2)

    assert pg.huber(x, 1.0).tolist() == [1.5, 0.5, 0.125, 0, 0.125, 0.5, 1.5]
    assert pg.huber(numbers(3, 3), numbers(2, 1)).tolist() == [4, 2.5]
