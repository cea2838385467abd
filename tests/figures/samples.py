"""Stages, curves and frames on which figures are tried, from nothing to the worst that can come."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlviz import figures

STAGES = (
    figures.StageStyle("q_learning", "Q-learning", "td", 0, "q_optimal"),
    figures.StageStyle("sarsa", "SARSA", "td", 1, "q_soft_optimal"),
)
NAMES = ("episode_return", "truth_distance", "td_error")
TABLES = (
    "state_value",
    "truth_value",
    *(f"{kind}_{part}" for kind in ("n_step", "lambda") for part in ("bias", "variance", "mse")),
)
# Vectors and numbers of an episode and of a bandit's arms, as a picture asks for them.
SHOWN = (
    *("step_index", "reward_index", "episode_states", "episode_actions", "episode_rewards"),
    *("discount_weights", "weighted_rewards", "running_returns", "action_index"),
    *("ruler_discount", "ruler_horizon", "advantage_here", "advantage_shares"),
    *("return_levels", "return_counts", "tree_depths", "tree_heights", "tree_node_depths"),
    *("tree_node_heights", "tree_node_chances", "tree_levels", "tree_sums"),
    *("loop_steps", "loop_sums", "loop_limit", "chain_from", "chain_to", "chain_probability"),
    *("counted_index", "counted_row", "counted_reward"),
    *("left_index", "left_row", "left_reward"),
    *("future_states", "future_first", "future_second"),
    *("future_columns", "hidden_first", "hidden_second"),
    *("arm_index", "arm_values", "arm_truth", "arm_counts"),
    *("phase_epsilons", "phase_edge", "phase_above", "phase_top", "phase_best"),
    *("behaviour_epsilons", "behaviour_returns"),
    *("value_mean", "value_spread", "resting_value", "estimate_levels", "estimate_shares"),
    *("elapsed", "predicted_total", "actual_total", "place_number"),
    *("pull_places", "pull_totals", "source_places", "source_totals"),
    *("ratio_grid", "clip_objective_up", "clip_objective_down", "clip_slope_up"),
    *("clip_slope_down", "alive_ratio", "alive_advantage", "silent_ratio", "silent_advantage"),
    *("strip_place", "strip_up", "strip_down", "strip_silent", "inner_epochs", "inner_ratio"),
    *("inner_kl", "inner_k1", "inner_k3", "inner_effective", "inner_outside", "inner_binding"),
    *("lens_axis", "corner_rewards", "level_across", "level_up"),
    *(f"lens_{way}_{axis}" for way in ("taken", "free", "clipped") for axis in ("x", "y")),
    *(f"lens_{way}_{axis}" for way in ("penalised", "trusted") for axis in ("x", "y")),
    *("batch_number", "batch_action", "batch_advantage", "batch_normalised", "batch_exact"),
    *("slope_levels", "slope_shares", "court_baselines", "court_variances"),
    *("court_marks", "court_mark_variances"),
    *("baseline_variances", "baseline_kept", "baseline_exact", "baseline_measured"),
    *("dot_places", "dot_values", "dot_weights", "dot_sizes", "v", "v_target", "token_index"),
    *("behaviour_shares", "target_shares", "reached_shares", "missing_shares", "token_ratios"),
    *("ratio_lengths", "ratio_variances", "start_actions", "start_policy", "start_policy_best"),
    *("edge_reward", "edge_chance", "trade_reward", "trade_chance"),
    *(f"{name}_{axis}" for name in ("triangle", "policy_place", "trust_ball") for axis in "xy"),
    *(f"{name}_{axis}" for name in ("trust_ellipse", "trust_tried") for axis in "xy"),
    *(f"{name}_{axis}" for name in ("trust_taken", "trust_best") for axis in "xy"),
    *(f"{name}_{axis}" for name in ("plain_way", "return_line") for axis in "xy"),
    *(
        "solve_steps",
        "lemma_index",
        "solve_residuals",
        "search_parts",
        "search_kls",
        "search_gains",
    ),
    *("search_kls_exact", "search_gains_exact", "search_limit", "search_span", "lemma_bars"),
    *(f"step_whole_{what}" for what in ("part", "gain", "surrogate")),
    *(f"step_near_{what}" for what in ("part", "gain", "surrogate", "bound")),
    *("path_steps", "path_plain", "path_scaled", "path_iterations", "path_places"),
    *(f"{name}_{way}" for name in ("ascent", "policies", "step") for way in ("across", "up")),
    *(f"{name}_{way}" for name in ("guess", "chain", "paid") for way in ("across", "up")),
    *("level_values", "policy_worth", "cloud_along", "cloud_across", "cloud_counts"),
    *("cloud_sizes", "cloud_middle", "estimate_variances", "estimate_variances_exact"),
    *("weighed_actions", "weighed_return", "weighed_less_action", "weighed_state"),
    *("shift_steps", "shift_return", "shift_frozen", "shift_moving", "shift_slopes"),
    *("tangent_steps", "tangent_values", "answer_columns", "answer_times", "answer_actions"),
    *("answer_weights", "answer_rewards", "answer_returns", "choice_chances", "choice_returns"),
    *("choice_now", "choice_worth", "slope_discounts", "slope_true", "slope_printed"),
    *("answer_lengths", "answer_slopes", "answer_true"),
    *("trajectory_step", "trajectory_delta", "trajectory_exact", "trajectory_expected"),
    *(f"trajectory_lambda_{name}" for name in ("0", "half", "most", "all", "now")),
    *(f"trajectory_{name}" for name in ("recency", "apart", "confused", "leaking")),
    *("ended_steps", "cut_steps", "credit_length", "credit_now", "credit_half", "credit_most"),
    *("plane_lambdas", "plane_errors", "plane_best_lambda", "pair_levels", "pair_shares"),
    *("advantage_bias", "advantage_variance", "advantage_mse", "advantage_ends"),
    *("bell_actions", "bell_reward", "bell_shape", "bell_mean", "bell_deviation", "bell_worth"),
    *("bell_means", "bell_widths", "bell_arrow_mean", "bell_arrow_deviation"),
)
PLACES = ("below", "inside", "above")  # of a ratio and the band
FIELDS = (  # over a square
    *("lens_climbed", "lens_edge", "answer_matrix"),
    *("plane_root_error", "plane_contrast_bias"),
    "bell_field",
)
NUMBERS = {
    "gamma": 0.9,
    "epsilon": 0.1,
    "edge_now": -45.8,
    "above_now": -21.05,
    "top_now": -22.27,
    "best_now": -20.71,
    "horizon": 10.0,
    "advantage_sum": 0.0,
    "future_gap": 0.0,
    "hidden_gap": 0.125,
    "return_expected": -8.7,
    "estimate_mean": 14.1,
    "estimate_one": 10.0,
    "estimate_expected": 14.7,
    "estimate_spread": 3.2,
    "estimate_samples": 16.0,
    "return_spread": 12.7,
    "squared_error_now": 0.1,
    "squared_error_truth": 0.125,
    "chain_end": 0.0,
    "cloud_length": 0.81,
    "cloud_distance": 1.2,
    "choice_best": 0.586,
    "choice_best_worth": -11.66,
    "slope_now": -0.12,
    "slope_spread": 0.02,
    "slope_true_now": 0.0625,
    "slope_printed_now": -0.125,
    "slope_expected_now": 0.0625,
    "unweighted_mean": 1.7,
    "sequence_length": 10.0,
    "ratio_variance": 0.68,
    "measured_ratio_variance": 0.7,
    "weighted_deviation": 1.85,
    "start_entropy": 0.6,
    "start_entropy_best": 0.52,
    "start_entropy_most": 1.1,
    "best_trade_reward": 3.65,
    "best_trade_chance": 0.52,
    "batch_sum": 3.0,
    "batch_turned": 2.0,
    "credit_at_10": 0.5987,
    "credit_at_50": 0.0769,
    "lambda_now": 0.95,
    "critic_error_now": 1.0,
    "advantage_true": 0.1667,
    "advantage_mean": 0.1457,
    "advantage_deviation": 0.3311,
    "advantage_mse_now": 0.11,
    "contrast_bias_now": -0.042,
    "sampled_count": 1000.0,
    "sampled_mean": 0.15,
    "sampled_deviation": 0.33,
    "sampled_mse": 0.109,
    "slope_exact": 0.09,
    "slope_mean": 0.1,
    "slope_error": 0.02,
    "court_own": 0.9,
    "court_measured": 0.11,
    "band_low": 0.8,
    "band_high": 1.2,
    "band_kl": 0.0204,
    "kl_target": 0.01,
    **{f"case_{side}_{place}": 1 / 6 for side in ("up", "down") for place in PLACES},
    "trust_best_gain": 0.168,
    "bound_part": 0.054,
    "bound_promise": 0.047,
    "bound_gain": 0.094,
    "bound_constant": 554.8,
    "bound_whole": -15.0,
    "taken_part": 0.8,
    "taken_kl": 0.0066,
    "taken_gain": 0.136,
}
EXACT = {"optimal_return": -13.0, "optimal_return_exploring": -50.8, "best_objective": 4.0}
EXACT |= {"target_value": 2.0, "importance_limit": 2.0, "samples_worth_exact": 0.6}
EXACT |= {"standard_error_above": 2.1, "standard_error_below": 1.9}


def english(text: str) -> str:
    return text


def all_figures() -> list[dict[str, Any]]:
    return [figures.figure(name, STAGES, english) for name in figures.FIGURES]


def curve(
    means: list[float], *, width: int = 1, n: float = 4, sd: float = 0.5, reach: float = 1.0
) -> NDArray[np.float32]:
    """A curve with these means; a NaN is an empty bin."""
    mean = np.array(means, dtype=float)
    empty = np.isnan(mean)
    counts, spread = np.where(empty, 0, n), np.where(empty, np.nan, sd)
    rows = [counts, mean, spread, mean - reach, mean + reach, mean - 0.25]
    return np.stack([np.arange(len(mean)) * float(width), *rows]).astype(np.float32)


def frame(
    curves: dict[str, Any], *, iteration: int = 100, run: str = "k3", **metadata: Any
) -> dict[str, Any]:
    marks = metadata.pop("marks", [])
    known = {"run": run, "iteration": iteration, "marks": marks, "missing": {}, "replicas": 32}
    return {"metadata": {**known, **metadata}, "tensors": curves}


def learning(seed: int, bins: int, *, holes: float = 0.0, width: int = 1) -> dict[str, Any]:
    """Noisy curves of a run that learns: returns rise, distances and errors shrink."""
    rng = np.random.default_rng(seed)
    fade = np.exp(-np.arange(bins) / max(1, bins / 5))
    means = {
        "episode_return": -30 - 900 * fade + rng.normal(0, 15, bins),
        "episode_length": 1 + fade,
        "truth_distance": 1 + 20 * fade + rng.uniform(0, 0.5, bins),
        "td_error": -4 * fade + rng.normal(0, 0.7, bins),
        "residual": 3 * fade,
        "evaluation_distance": 5 * fade,
        "policy_distance": 2 * fade,
        "regret": 100 * (1 - fade),
        "step_kl": 0.01 * fade,
        "optimal_share": 1 - fade,
        "advantage_distance": 0.3 + fade,
        "policy_objective": 4 - fade,
        "importance_estimate": 2 + fade,
        "samples_worth": 0.6 + 0.2 * fade,
        "policy_entropy": 0.5 + 0.5 * fade,
        "beta": 1 + fade,
        "batch_kl": 0.01 * fade,
    }
    found = {}
    for name, mean in means.items():
        mean[rng.random(bins) < holes] = np.nan
        found[name] = curve(mean.tolist(), width=width, n=32, sd=float(rng.uniform(0.1, 20)))
    exact = {
        name: curve([level] * bins, width=width, sd=0, reach=0) for name, level in EXACT.items()
    }
    tables = {name: rng.normal(-9, 4, 48).astype(np.float32) for name in TABLES}
    shown = {name: np.linspace(0.0, 1.0, 5, dtype=np.float32) for name in SHOWN}
    shown |= {name: np.eye(5, dtype=np.float32) for name in FIELDS}
    numbers = {name: np.array(number, dtype=np.float32) for name, number in NUMBERS.items()}
    return {**shown, **numbers, **found, **exact, **tables}


def mark(iteration: int, field: str = "alpha", symbol: str = "α", **values: Any) -> dict[str, Any]:
    return {
        "iteration": iteration,
        "field": field,
        "symbol": symbol,
        "old": 0.5,
        "new": 0.1,
        **values,
    }


def corpus() -> dict[str, dict[str, Any]]:
    """Frames of both stages under names that say what is odd about them."""
    both = {"q_learning": frame(learning(1, 120)), "sarsa": frame(learning(2, 117))}
    reason = "The greedy policy never arrives, so that its value is not finite."
    diverged = curve([1.0, 1e30, np.inf, np.nan])
    return {
        "nothing at all": {},
        "stages without a frame": {"q_learning": None, "sarsa": None},
        "no signals": {"q_learning": frame({}), "sarsa": frame({})},
        "empty curves": {"q_learning": frame(dict.fromkeys(NAMES, curve([])), iteration=0)},
        "only empty bins": {"q_learning": frame({n: curve([np.nan] * 7) for n in NAMES})},
        "one bin": {"q_learning": frame({n: curve([-2.5]) for n in NAMES}, iteration=0)},
        "one bin of zero": {"sarsa": frame({n: curve([0.0], sd=0, reach=0) for n in NAMES})},
        "both stages": both,
        "one stage": {"sarsa": frame(learning(3, 40))},
        "a truth that cannot be had": {
            "q_learning": frame(
                {n: c for n, c in learning(4, 30).items() if n not in (*EXACT, "truth_distance")},
                missing=dict.fromkeys(("truth_distance", *EXACT), reason),
            )
        },
        "holes": {
            "q_learning": frame(learning(5, 200, holes=0.7)),
            "sarsa": frame(learning(6, 200, holes=0.95)),
        },
        "400 bins": {
            "q_learning": frame(learning(7, 400, width=64), iteration=25_600),
            "sarsa": frame(learning(8, 393, width=64, holes=0.1), iteration=25_100),
        },
        "diverged": {"q_learning": frame(dict.fromkeys(NAMES, diverged))},
        "many marks": {
            "q_learning": frame(learning(9, 100), marks=_many_marks()),
            "sarsa": frame(learning(10, 100), marks=[mark(21, wall=7.0), mark(90, "steps", "")]),
        },
        "ties of rounding": {
            "sarsa": frame({n: curve([-26.25, 0.125, -0.04], sd=2.5) for n in NAMES})
        },
    }


def _many_marks() -> list[dict[str, Any]]:
    schedule = {"schedule": "linear", "start": 1.0, "end": 0.05, "over": 500}
    return [
        mark(20, wall=7.0, new=0.4),
        mark(30, wall=7.3, old=0.4, new=0.3),
        mark(40, wall=7.6, old=0.3, new=0.1),
        mark(45, "epsilon", "ε", old=0.1, new=schedule, wall=9.0),
        mark(60, "gamma", "γ", old=1, new=0.9, wall=10.0),
        mark(62, "gamma", "γ", old=0.9, new=1, wall=10.2),
        mark(70, "initial_value", "", old=[0.0, 1.0], new=-12345.678, wall=11.0),
        mark(72, "greedy", "g", old=True, new=None, wall=12.0),
        *(mark(76 + i, f"knob_{i}", "k", old=i, new=i + 1) for i in range(20)),
    ]
