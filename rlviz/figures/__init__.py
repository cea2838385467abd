"""Figures as data: a function of stages gives titles, traces and words with references in them.

Algorithms and figures never meet: both name signals. `resolve` fills the references from frames.
"""

from __future__ import annotations

from collections.abc import Callable

from rlviz.errors import UnknownName
from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.episodes import (
    advantages,
    discount_ruler,
    discounting,
    start_returns,
    trajectory,
    trajectory_tree,
)
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
        td_error,
        residual,
        policy_iteration_zigzag,
        state_values,
        trajectory,
        discounting,
        discount_ruler,
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
