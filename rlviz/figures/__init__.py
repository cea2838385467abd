"""Figures as data: a function of stages gives titles, traces and words with references in them.

Algorithms and figures never meet: both name signals. `resolve` fills the references from frames.
"""

from __future__ import annotations

from collections.abc import Callable

from rlviz.errors import UnknownName
from rlviz.figures.advantage_curves import (
    advantage_curves,
    credit_ruler,
    credit_weights,
    mask_leaks,
)
from rlviz.figures.advantage_plane import (
    advantage_distance,
    advantage_errors,
    advantage_plane,
    advantage_samples,
)
from rlviz.figures.baselines_court import (
    baseline_variance,
    batch_advantages,
    slope_spread,
    variance_court,
)
from rlviz.figures.bells import bell_curve, bell_map
from rlviz.figures.chains import frozen_chain, markov_probe
from rlviz.figures.choices import answered_slope, choice_return, slope_by_discount
from rlviz.figures.clipping import clip_objective, clip_slope, inner_ratios, six_cases
from rlviz.figures.control import cliff_phase, left_share
from rlviz.figures.curves import Say, Stages, StageStyle
from rlviz.figures.discounts import discount_ruler, discounting, endless_return
from rlviz.figures.driving import predicted_totals
from rlviz.figures.entropy import entropy_course, reward_and_chance, start_policies
from rlviz.figures.episodes import (
    advantages,
    conventions,
    start_returns,
    trajectory,
    trajectory_tree,
)
from rlviz.figures.estimates import batch_values, estimate_distribution, gradient_values
from rlviz.figures.exploration import arms, optimal_share, regret
from rlviz.figures.gradients import gradient_cloud, gradient_spread
from rlviz.figures.importance import ratio_growth, token_shares, weighted_dots
from rlviz.figures.importance_curves import importance_estimates, samples_worth
from rlviz.figures.inner import batch_kl, inner_kl, inner_shares, penalty_weight
from rlviz.figures.lens import exact_lens
from rlviz.figures.objective import expected_return
from rlviz.figures.planning import policy_iteration_zigzag, residual, state_values
from rlviz.figures.prediction import bias_variance_decay, bias_variance_steps
from rlviz.figures.references import Plain, needs
from rlviz.figures.returns import episode_return
from rlviz.figures.simplex import policy_triangle, score_arrows
from rlviz.figures.step_bounds import (
    parametrisations,
    performance_difference,
    step_divergence,
    surrogate_bound,
    surrogate_curve,
)
from rlviz.figures.surprise import td_error
from rlviz.figures.trust_region import (
    conjugate_gradient,
    line_search,
    trust_step,
    trust_triangle,
)
from rlviz.figures.truth import truth_distance, truth_distance_log
from rlviz.figures.weights import answered_rewards, surrogate, zero_signal

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
        policy_triangle,
        score_arrows,
        gradient_cloud,
        gradient_spread,
        zero_signal,
        surrogate,
        answered_rewards,
        choice_return,
        slope_by_discount,
        answered_slope,
        bell_curve,
        bell_map,
        weighted_dots,
        token_shares,
        importance_estimates,
        samples_worth,
        ratio_growth,
        start_policies,
        entropy_course,
        reward_and_chance,
        expected_return,
        variance_court,
        baseline_variance,
        slope_spread,
        batch_advantages,
        advantage_curves,
        credit_ruler,
        credit_weights,
        mask_leaks,
        advantage_errors,
        advantage_plane,
        advantage_samples,
        advantage_distance,
        trust_triangle,
        trust_step,
        conjugate_gradient,
        line_search,
        performance_difference,
        surrogate_curve,
        surrogate_bound,
        parametrisations,
        step_divergence,
        exact_lens,
        clip_objective,
        clip_slope,
        six_cases,
        inner_ratios,
        inner_kl,
        inner_shares,
        penalty_weight,
        batch_kl,
    )
}


def figure(name: str, stages: Stages, say: Say) -> Plain:
    """The figure of that name for these stages; UnknownName with the nearest one."""
    if name not in FIGURES:
        raise UnknownName("figure", name, FIGURES)
    return FIGURES[name](stages, say)


__all__ = ["FIGURES", "Say", "StageStyle", "Stages", "figure", "needs"]
