"""Importance sampling: what one policy's data say of another (Sutton & Barto 2018, 5.5).

    ρ = Π_t π(x_t)/μ(x_t)
    ordinary   J ≈ Σ ρx / n          weighted   J ≈ Σ ρx / Σ ρ

Behaviour μ draws sequences of tokens; target π is what is asked about. One iteration is a batch
of sequences of every replica, and the estimate is over all that these settings have drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from rlviz.equations import Equation
from rlviz.hyperparameters import (
    LIVE,
    Choices,
    Hint,
    InTray,
    Range,
    Symbol,
    Title,
)
from rlviz.ops import importance
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular
from rlviz.worlds.three_tokens import TokenWorld

TITLE = "Importance sampling"
FAMILY, MEMBER = "mc", 0
SUMMARY = "Draws with one policy and weighs what it drew, to say what another one is worth."
WORLD = TokenWorld
TRUTH = {"v": "v_target"}  # what the estimate is after
TRUTH_EVERY = 4  # iterations between two points of a truth curve
ENV_STEPS = None  # a sequence may have any length: the State counts
GAINS_FROM_CUDA = GRADIENTS = False

Share = Annotated[
    float,
    Range(0.0, 1.0),
    LIVE,
    Hint("never drawn", "drawn as often as possible"),
    InTray("agent"),
]  # only proportions count; even where all three are 0


@dataclass(frozen=True)
class Config:
    """Two policies that are near to each other, and sequences of one token."""

    behaviour_1: Annotated[Share, Symbol("μ₁"), Title("behaviour, token 1")] = 0.5
    behaviour_2: Annotated[Share, Symbol("μ₂"), Title("behaviour, token 2")] = 0.3
    behaviour_3: Annotated[Share, Symbol("μ₃"), Title("behaviour, token 3")] = 0.2
    target_1: Annotated[Share, Symbol("π₁"), Title("target, token 1")] = 0.4
    target_2: Annotated[Share, Symbol("π₂"), Title("target, token 2")] = 0.4
    target_3: Annotated[Share, Symbol("π₃"), Title("target, token 3")] = 0.2
    sequence_length: Annotated[
        int,
        Range(1, 100),
        LIVE,
        Symbol("T"),
        Title("length of a sequence"),
        Hint("one ratio", "a product of many ratios"),
        InTray("agent"),
    ] = 1
    samples: Annotated[
        int,
        Range(1, 256),
        Title("sequences a batch"),
        Hint("a few at a time", "many at a time"),
        InTray("method"),
    ] = 32
    estimator: Annotated[
        str, Choices(("ordinary", "weighted")), LIVE, Title("estimator"), InTray("method")
    ] = "ordinary"


@dataclass
class State:
    """All that moves."""

    v: Tensor  # [B, 1], the estimate
    totals: Tensor  # [4, B]: n, Σρ, Σρ², Σρx of what these settings have drawn
    asked: Tensor  # [7, B]: the shares and the length that they are about
    env_steps: Tensor  # [] int64, tokens of all replicas
    streams: Streams


WEIGHTS = ("v",)


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """Nothing drawn."""
    zero = torch.zeros(streams.replicas, dtype=torch.float64, device=world.terminal.device)
    steps = torch.zeros((), dtype=torch.int64, device=zero.device)
    return State(zero.unsqueeze(1), zero.repeat(4, 1), _asked(config, zero), steps, streams)


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """A batch of sequences, their weights, and the estimate with all of them."""
    asked = _asked(config, state.totals[0])
    state.totals = torch.where((asked == state.asked).all(0), state.totals, 0.0)
    state.asked = asked
    mu, pi = shares(asked[:3]), shares(asked[3:6])  # [3, B]
    token = _drawn(asked[:3], config.sequence_length, config.samples, state.streams)  # [T, N, B]
    state.env_steps = state.env_steps + token.numel()
    yield beat(
        "draw",
        sequence_tokens=(token[:, 0] + 1).t(),
        sequence_length_now=asked[6],
        support_gap=pi.masked_fill(mu > 0, 0.0).sum(0),
    )

    log_ratio = _of_each(_log_ratios(mu, pi), token)  # [T, N, B]
    first_tokens = log_ratio[:, 0].clone()
    first_tokens[-1] = 0.0
    rho = importance.sequence_ratio(log_ratio)  # [N, B]
    value = _sum(_rewards(world, token, state.streams)) / config.sequence_length  # [N, B]
    yield beat(
        "weigh",
        sample_weights=rho.t(),
        sample_values=value.t(),
        ratio_before=importance.sequence_ratio(first_tokens),
        last_ratio=log_ratio[-1, 0].exp(),
        sequence_ratio=rho[0],
        sequence_value=value[0],
    )

    each = torch.stack((torch.ones_like(rho), rho, rho.square(), rho * value), 1)  # [N, 4, B]
    state.totals = state.totals + _sum(each)
    count, weight, square, weighted_total = state.totals
    total = weight if config.estimator == "weighted" else count
    weight_total = torch.where(total == 0, 1.0, total)
    estimate = weighted_total / weight_total
    state.v = estimate.unsqueeze(1)
    yield beat(
        "estimate",
        v=state.v,
        drawn_totals=state.totals.t(),
        weighted_total=weighted_total,
        weight_total=weight_total,
        importance_estimate=estimate,
        samples_worth=weight.square() / torch.where(square == 0, 1.0, square) / count,
    )


def _sum(of: Tensor) -> Tensor:
    """Over the first axis from first to last, the same however many replicas stand beside."""
    return of.cumsum(0)[-1]


def shares(of: Tensor) -> Tensor:
    """Probabilities in these proportions, [3, B]; even ones where all are 0."""
    total = of.sum(0)
    return torch.where(total == 0, 1 / len(of), of / torch.where(total == 0, 1.0, total))


def _asked(config: Config, like: Tensor) -> Tensor:
    """What the estimate is about, [7, B]: each may be a number or one for every replica."""
    of_behaviour = (config.behaviour_1, config.behaviour_2, config.behaviour_3)
    of_target = (config.target_1, config.target_2, config.target_3)
    rows = (*of_behaviour, *of_target, config.sequence_length)
    return torch.stack([torch.zeros_like(like) + row for row in rows])


def _drawn(of: Tensor, length: int, samples: int, streams: Streams) -> Tensor:
    """Indices of tokens in these proportions, [T, N, B] int64; one of share 0 is never drawn."""
    of = torch.where(of.sum(0) == 0, 1.0, of)
    left = of.flip(0).cumsum(0).flip(0)  # [3, B], what this token and all later ones have
    uniform = torch.stack([streams.policy.uniform(samples) for _ in range(length)])
    # Sums from the end, so that nothing is left over for a last token without a share.
    passed = [(left[k] > 0) & (uniform * left[0] >= left[0] - left[k]) for k in (1, 2)]
    return passed[0].to(torch.int64) + passed[1].to(torch.int64)


def _log_ratios(mu: Tensor, pi: Tensor) -> Tensor:
    """The logarithm of π/μ of each token, [3, B]; −∞ where π never draws it."""
    return torch.where(mu > 0, pi.log() - mu.log(), 0.0)


def _of_each(table: Tensor, token: Tensor) -> Tensor:
    """The number of each token, [3, B] by [T, N, B]."""
    return table[token, torch.arange(table.shape[1], device=table.device)]


def _rewards(world: tabular.Tables, token: Tensor, streams: Streams) -> Tensor:
    """What each token pays, [T, N, B]."""
    reward = world.reward[token]
    if world.reward_sd is None:
        return reward
    noise = torch.stack([streams.world.uniform(token.shape[1]) for _ in range(len(token))])
    return reward + tabular.normal(noise) * world.reward_sd[token]


SIGNALS = {
    "draw": ("sequence_tokens", "sequence_length_now", "support_gap"),
    "weigh": (
        "sample_weights",
        "sample_values",
        "ratio_before",
        "last_ratio",
        "sequence_ratio",
        "sequence_value",
    ),
    "estimate": (
        "v",
        "drawn_totals",
        "weighted_total",
        "weight_total",
        "importance_estimate",
        "samples_worth",
    ),
}
EQUATIONS = (
    Equation(
        "draw",
        "",
        does="token = _drawn(",
        captions=(
            (
                "support_gap",
                "The behaviour draws. The target takes tokens with probability {support_gap:.2f} "
                "that the behaviour never draws: no weight can bring them back.",
            ),
            (
                "sequence_length_now>1",
                "The behaviour draws sequences of {sequence_length_now:.0f} tokens.",
            ),
            ("", "The behaviour draws sequences of one token."),
        ),
    ),
    Equation(
        "weigh",
        "ρ ← {ratio_before}·{last_ratio} = {sequence_ratio}",
        does="rho = importance.sequence_ratio(log_ratio)",
        captions=(
            (
                "sequence_ratio>1",
                "The first sequence is drawn more often by the target than by the behaviour: it "
                "stands for {sequence_ratio:.3f} sequences of value {sequence_value:.2f}.",
            ),
            (
                "sequence_ratio<1",
                "The first sequence is drawn less often by the target than by the behaviour: it "
                "stands for {sequence_ratio:.3f} sequences of value {sequence_value:.2f}.",
            ),
            ("", "The first sequence is as likely under both: it keeps its weight of 1."),
        ),
    ),
    Equation(
        "estimate",
        "J ← {weighted_total} / {weight_total} = {importance_estimate}",
        does="estimate = weighted_total / weight_total",
        captions=(
            (
                "samples_worth<0.1",
                "The estimate is {importance_estimate:.3f}, and a few heavy samples make it: all "
                "of them are worth {samples_worth:.3f} of as many drawn by the target.",
            ),
            (
                "",
                "The estimate is {importance_estimate:.3f}; the samples are worth "
                "{samples_worth:.2f} of as many drawn by the target.",
            ),
        ),
    ),
)
