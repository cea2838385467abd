"""Baselines on trial: what each does to the spread of a gradient estimate, and to its mean."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

KINDS = ("none", "constant", "batch_mean", "learned", "exact_value", "optimal", "action_value")
MARKS = ("none", "exact_value", "optimal")  # the three that stand on the parabola
GRID = 81  # numbers that are tried as a baseline
BINS = 31

_VARIANCE = "Var g = Σ_i Var g_i"

SIGNALS: dict[str, Signal] = {
    # The first action of every episode of a batch.
    "batch_state": Signal("snapshot", "B N", "s_0^i", "Where each episode of the batch began"),
    "batch_action": Signal("snapshot", "B N", "a_0^i", "The first action of each of them"),
    "batch_advantage": Signal(
        "snapshot",
        "B N",
        "A^i",
        "What that action is weighed with",
        "A^i = G_0^i − b(s_0^i)",
        "reward",
    ),
    "batch_number": Signal("derived", "N", "", "Number of each episode of the batch, from 1"),
    "batch_normalised": Signal(
        "derived",
        "N",
        "Â^i",
        "The same, made to have mean 0 and standard deviation 1 in the batch",
        "Â^i = (A^i − mean A)/(sd A + 1e-8)",
    ),
    "batch_exact": Signal(
        "derived",
        "N",
        "A^π(s_0^i, a_0^i)",
        "Exact advantage of each action under the policy that chose it",
        "A^π(s, a) = Q^π(s, a) − V^π(s)",
        "reward",
    ),
    "batch_sum": Signal("derived", "", "Σ_i A^i", "Sum of the weights of the batch", "", "reward"),
    "batch_turned": Signal(
        "derived", "", "", "How many weights have another sign after normalising"
    ),
    # The estimates of all replicas.
    "slope_levels": Signal("derived", "K", "g_1", "Levels of the estimated first slope"),
    "slope_shares": Signal("derived", "K", "", "Share of the replicas whose estimate lies there"),
    "slope_exact": Signal("derived", "", "∂J/∂θ_1", "Exact slope of J, mean over replicas"),
    "slope_mean": Signal("derived", "", "mean_B g_1", "Estimated slope, mean over replicas"),
    "slope_error": Signal("derived", "", "sd(g_1)/√B", "Standard error of that mean"),
    "estimate_error": Signal(
        "derived",
        "B",
        "‖g − ∇J‖²",
        "Squared distance of an estimated gradient from the exact one",
        "Σ_i (g_i − ∂J/∂θ_i)²",
        curve=True,
    ),
    # The court.
    "constant_baseline": Signal(
        "derived", "", "b", "The number that is taken from every return", "", "reward"
    ),
    "court_baselines": Signal("derived", "K", "b_k", "Numbers that are tried as a baseline"),
    "court_variances": Signal(
        "derived",
        "K",
        "Var g(b_k)",
        "Exact variance of one episode's estimate with each",
        _VARIANCE,
    ),
    "court_marks": Signal("derived", "3", "", "No baseline, V and b*, at the start"),
    "court_mark_variances": Signal("derived", "3", "", "Exact variance with them", _VARIANCE),
    "court_own": Signal("derived", "", "mean_B b", "The run's own baseline, mean over replicas"),
    "court_measured": Signal(
        "derived",
        "",
        "",
        "Spread of the run's own estimates over replicas, for one episode",
        "E·mean_B ‖g − E[g]‖²",
    ),
    "baseline_variances": Signal(
        "derived", "7", "", "Exact variance with each kind of baseline", _VARIANCE
    ),
    "baseline_kept": Signal(
        "derived",
        "7",
        "E[g]/∇J",
        "Share of the exact gradient that the mean estimate has with each kind",
    ),
    "baseline_exact": Signal(
        "derived", "7", "", "Exact variance at the run's own kind of baseline", _VARIANCE
    ),
    "baseline_measured": Signal(
        "derived", "7", "", "Measured spread at the run's own kind of baseline"
    ),
}
