"""Figures as data: a function of stages gives titles, traces and words with references in them.

Algorithms and figures never meet: both name signals. `resolve` fills the references from frames.
"""

from __future__ import annotations

from collections.abc import Callable

from rlviz.errors import UnknownName
from rlviz.figures.chains import frozen_chain, markov_probe
from rlviz.figures.control import cliff_phase, left_share
from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.discounts import discount_ruler, discounting, endless_return
from rlviz.figures.driving import predicted_totals
from rlviz.figures.episodes import (
    advantages,
    conventions,
    start_returns,
    trajectory,
    trajectory_tree,
)
from rlviz.figures.estimates import batch_values, estimate_distribution, gradient_values
from rlviz.figures.exploration import arms, optimal_share, regret
from rlviz.figures.planning import policy_iteration_zigzag, residual, state_values
from rlviz.figures.prediction import bias_variance_decay, bias_variance_steps
from rlviz.figures.references import Plain, needs
from rlviz.figures.returns import episode_return
from rlviz.figures.surprise import td_error
from rlviz.figures.truth import truth_distance, truth_distance_log

FIGURES: dict[str, Callable[[Stages, Say], Plain]] = {
    function.__name__: function
    for function in (
        episode_return,
        truth_distance,
        truth_distance_log,
        bias_variance_steps,
        bias_variance_decay,
        predicted_totals,
        batch_values,
        gradient_values,
        estimate_distribution,
        td_error,
        cliff_phase,
        left_share,
        residual,
        policy_iteration_zigzag,
        state_values,
        trajectory,
        conventions,
        discounting,
        discount_ruler,
        endless_return,
        frozen_chain,
        markov_probe,
        advantages,
        trajectory_tree,
        start_returns,
        arms,
        regret,
        optimal_share,
    )
}


def figure(name: str, stages: Stages, say: Say) -> Plain:
    """The figure of that name for these stages; UnknownName with the nearest one."""
    if name not in FIGURES:
        raise UnknownName("figure", name, FIGURES)
    return FIGURES[name](stages, say)


__all__ = ["FIGURES", "Say", "StageStyle", "Stages", "figure", "needs"]
