"""How a learner of action values behaves: ε-greedy, softmax or UCB, by its own settings.

All three draw with the same two uniform numbers for each row, so that another behaviour shifts no
stream. A pair that does not exist has the value −∞ and is never drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from rlviz.hyperparameters import Behaviour, Confidence, Exploration, Temperature
from rlviz.ops.explore import (
    epsilon_greedy,
    epsilon_greedy_probabilities,
    softmax,
    softmax_probabilities,
    upper_confidence,
)
from rlviz.ops.tables import read
from rlviz.ops.td import chosen


class Knobs(Protocol):
    """The settings that every control method has."""

    @property
    def behaviour(self) -> str:
        """One of epsilon_greedy, softmax, ucb."""

    @property
    def epsilon(self) -> Tensor | float:
        """ε of the ε-greedy behaviour."""

    @property
    def temperature(self) -> Tensor | float:
        """τ of softmax."""

    @property
    def confidence(self) -> Tensor | float:
        """The c of UCB."""


@dataclass(frozen=True)
class Acting:
    """Those settings as a part of a control method's Config, with its other fields behind them."""

    epsilon: Exploration = 0.1
    behaviour: Behaviour = "epsilon_greedy"
    temperature: Temperature = 1.0  # of softmax
    confidence: Confidence = 1.0  # of UCB


def nothing_tried(q: Tensor, knobs: Knobs) -> Tensor:
    """How often each pair was taken, [B, S, A]: kept under UCB alone, else [0]."""
    return torch.zeros_like(q) if knobs.behaviour == "ucb" else q.new_zeros(0)


def draw(
    q: Tensor, tried: Tensor, state: Tensor, knobs: Knobs, uniform: Tensor
) -> tuple[Tensor, Tensor]:
    """An action for every replica, [B] int64, and whether it was taken to explore, [B] bool.

    Where the behaviour has no coin to say so, an action explores that is not one of the best.

    Args:
        q: Q(s, ·), [B, A].
        tried: as `nothing_tried` made it.
        state: s, [B] int64.
        knobs: the settings of now.
        uniform: [2, B].
    """
    if knobs.behaviour == "epsilon_greedy":
        return epsilon_greedy(q, knobs.epsilon, uniform)
    if knobs.behaviour == "softmax":
        action = softmax(q, knobs.temperature, uniform[1])
    else:
        score = upper_confidence(q, read(tried, state), knobs.confidence)
        action = epsilon_greedy(score, 0.0, uniform)[0]
    return action, chosen(q, action) < q.amax(-1)


def probabilities(q: Tensor, tried: Tensor, state: Tensor, knobs: Knobs) -> Tensor:
    """π(·|s) of that behaviour, [B, A]: what `draw` draws from."""
    if knobs.behaviour == "epsilon_greedy":
        return epsilon_greedy_probabilities(q, knobs.epsilon)
    if knobs.behaviour == "softmax":
        return softmax_probabilities(q, knobs.temperature)
    score = upper_confidence(q, read(tried, state), knobs.confidence)
    return epsilon_greedy_probabilities(score, 0.0)


def count(tried: Tensor, state: Tensor, action: Tensor) -> None:
    """N(s, a) ← N(s, a) + 1 in place, where counts are kept."""
    if tried.numel():
        rows = torch.arange(len(tried), device=tried.device)
        tried[rows, state, action] += 1.0
