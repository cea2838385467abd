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
}
EXACT = {"optimal_return": -13.0, "optimal_return_exploring": -50.8}


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
        "optimal_share": 1 - fade,
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
