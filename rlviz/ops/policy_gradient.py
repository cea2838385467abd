"""What policy gradient methods raise and lower, sample by sample; callers average.

A policy is given by its logits, log π(a|s) = logits_a − log Σ_b exp(logits_b). ρ is the ratio
π(a|s)/π_old(a|s) of a sample's probability now and when it was drawn. Weights and advantages are
constants: nothing is differentiated through them.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot

CASES = (
    "advantage_up_ratio_below",  # 0: alive, A (1 − ε) is not reached
    "advantage_up_ratio_inside",  # 1: alive
    "advantage_up_ratio_above",  # 2: clipped, gradient 0
    "advantage_down_ratio_below",  # 3: clipped, gradient 0
    "advantage_down_ratio_inside",  # 4: alive
    "advantage_down_ratio_above",  # 5: alive, however far out
)


def softmax_score(logits: Tensor, action: Tensor) -> Tensor:
    """∇ log π(a|s) with respect to the logits (Sutton & Barto 2018, eq. 13.9 of one feature each).

        ∂ log π(a) / ∂ logits_b = 1[a = b] − π(b)

    Args:
        logits: [..., A].
        action: a, [...] int64.
    """
    return one_hot(action, logits.shape[-1]) - logits.softmax(-1)


def score_loss(log_prob: Tensor, weight: Tensor) -> Tensor:
    """−log π(a|s)·weight, whose gradient is REINFORCE's (Williams 1992; S&B 2018, eq. 13.8).

    Only its gradient means something: its value is not −J.

    Args:
        log_prob: log π(a_t|s_t), [...].
        weight: a return or an advantage, [...]; a constant.
    """
    return -log_prob * weight.detach()


def ratio(log_prob: Tensor, old_log_prob: Tensor) -> Tensor:
    """ρ = π(a|s)/π_old(a|s), [...]; only π is differentiated."""
    return (log_prob - old_log_prob.detach()).exp()


def outside(ratio: Tensor, clip_low: Tensor | float, clip_high: Tensor | float) -> Tensor:
    """Whether ρ is out of [1 − ε_low, 1 + ε_high], [...] bool: SB3's and CleanRL's clip fraction.

    Half of the ways to be out still have their gradient: see `binding`.
    """
    return (ratio < 1 - clip_low) | (ratio > 1 + clip_high)


def binding(
    ratio: Tensor, advantage: Tensor, clip_low: Tensor | float, clip_high: Tensor | float
) -> Tensor:
    """Whether the clip takes the gradient away, [...] bool: verl's and TRL's clip fraction.

        A > 0 and ρ > 1 + ε_high, or A < 0 and ρ < 1 − ε_low

    Out of the band, and on the side that the advantage pushes to. At A = 0 there is no gradient
    either, but it is not the clip that took it.
    """
    above = (advantage > 0) & (ratio > 1 + clip_high)
    return above | ((advantage < 0) & (ratio < 1 - clip_low))


def case(
    ratio: Tensor, advantage: Tensor, clip_low: Tensor | float, clip_high: Tensor | float
) -> Tensor:
    """Which of the six `CASES` a sample is in, [...] int64; A = 0 counts with A > 0.

    0, 1, 2: A ≥ 0 and ρ below, inside, above the band;   3, 4, 5: the same for A < 0
    """
    place = 1 - (ratio < 1 - clip_low).long() + (ratio > 1 + clip_high).long()
    return place + 3 * (advantage < 0).long()


def clipped_objective(
    ratio: Tensor, advantage: Tensor, clip_low: Tensor | float, clip_high: Tensor | float
) -> Tensor:
    """PPO's clipped surrogate, to be raised (Schulman et al. 2017, eq. 7).

        min(ρ A, clip(ρ, 1 − ε_low, 1 + ε_high) A)

    Chosen by `binding`, so that on the very edge of the band, too, the gradient is A or 0 and
    never something between, which a minimum of two equals gives. The paper has one ε; two are
    DAPO's (Yu et al. 2025).

    Args:
        ratio: ρ, [...].
        advantage: A, [...]; a constant.
        clip_low: ε_low, a number or [B].
        clip_high: ε_high, a number or [B].
    """
    advantage = advantage.detach()
    low, high = (
        torch.as_tensor(c, dtype=ratio.dtype, device=ratio.device) for c in (clip_low, clip_high)
    )
    bound = torch.where(advantage > 0, 1 + high, 1 - low)
    stopped = binding(ratio, advantage, clip_low, clip_high)
    return torch.where(stopped, bound, ratio) * advantage


def dual_clipped_objective(
    ratio: Tensor,
    advantage: Tensor,
    clip_low: Tensor | float,
    clip_high: Tensor | float,
    c: Tensor | float,
) -> Tensor:
    """PPO's surrogate with a floor for A < 0 (Ye et al. 2020, dual-clip PPO).

        max(min(ρ A, clip(ρ) A), c A) where A < 0

    Where the floor holds, ρ > c, the gradient is 0. c > 1 is meant; verl takes 3.
    """
    objective = clipped_objective(ratio, advantage, clip_low, clip_high)
    floor = c * advantage.detach()
    return torch.where((advantage < 0) & (objective < floor), floor, objective)


def floored(ratio: Tensor, advantage: Tensor, c: Tensor | float) -> Tensor:
    """Whether dual-clip's floor takes the gradient away: A < 0 and ρ > c, [...] bool."""
    return (advantage < 0) & (ratio > c)


def squared_value_loss(value: Tensor, target: Tensor) -> Tensor:
    """½ (V − R)², [...]; the target R is a constant."""
    return 0.5 * (value - target.detach()).square()


def clipped_value_loss_ppo2(
    value: Tensor, old_value: Tensor, target: Tensor, clip: Tensor | float
) -> Tensor:
    """The value loss of OpenAI Baselines' ppo2, kept by CleanRL, TRL and verl.

        ½ max((V − R)², (V_old + clip(V − V_old, ±ε) − R)²)

    The worse of two: the gradient is 0 only where V has left the band towards R, and the clipped
    one is the larger. ε is in units of the return, so a scale of rewards changes what it does.

    Args:
        value: V(s), [...].
        old_value: V(s) when the sample was drawn, [...].
        target: R, [...].
        clip: ε, a number or [B].
    """
    moved = _near(value, old_value, clip)
    return torch.maximum(squared_value_loss(value, target), squared_value_loss(moved, target))


def clipped_value_loss_sb3(
    value: Tensor, old_value: Tensor, target: Tensor, clip: Tensor | float
) -> Tensor:
    """Stable-Baselines3's: (V_old + clip(V − V_old, ±ε) − R)², without the max and without the ½.

    Out of the band the gradient is 0 on both sides, also where V has run away from R.
    """
    return (_near(value, old_value, clip) - target.detach()).square()


def k1(log_ratio: Tensor) -> Tensor:
    """−log ρ: unbiased for KL(π_old‖π) on samples of π_old, often negative (Schulman 2020).

    The names k1, k2 and k3 are those of "Approximating KL Divergence", joschu.net/blog/kl-approx.
    """
    return -log_ratio


def k2(log_ratio: Tensor) -> Tensor:
    """½ (log ρ)²: never negative, a little biased, right to second order about ρ = 1."""
    return 0.5 * log_ratio.square()


def k3(log_ratio: Tensor) -> Tensor:
    """(ρ − 1) − log ρ: never negative and unbiased on samples of π_old."""
    return log_ratio.expm1() - log_ratio


def entropy(logits: Tensor) -> Tensor:
    """−Σ_a π(a) log π(a) in nats, [..., A] to [...]; an action of logit −∞ adds nothing.

    Log-probabilities are logits, too: for a table of probabilities hand over its logarithm.
    """
    log_p = logits.log_softmax(-1)
    p = log_p.exp()
    return -(p * log_p.masked_fill(p == 0, 0.0)).sum(-1)


def huber(error: Tensor, delta: Tensor | float) -> Tensor:
    """½ x² up to |x| = δ, and straight on from there: δ (|x| − ½ δ) (Huber 1964)."""
    size = error.abs()
    return torch.where(size <= delta, 0.5 * error.square(), delta * (size - 0.5 * delta))


def _near(value: Tensor, old_value: Tensor, clip: Tensor | float) -> Tensor:
    """V, no further than ε from what it was, [...]."""
    most = torch.as_tensor(clip, dtype=value.dtype, device=value.device)
    return old_value.detach() + (value - old_value.detach()).clamp(-most, most)
