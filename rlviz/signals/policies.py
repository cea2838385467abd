"""Policies that are learned themselves: parameters, gradients, and one watched episode."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

SIGNALS: dict[str, Signal] = {
    # What is learned.
    "theta": Signal(
        "snapshot",
        "B O P",
        "θ",
        "Preferences of the policy for what it sees; of a Gaussian policy μ and log σ",
        "π(a|o) = exp θ(o, a) / Σ_b exp θ(o, b)",
    ),
    "w": Signal(
        "snapshot", "B O", "w", "The critic's value of what is seen", "V(s) = w(o)", "reward"
    ),
    # What it is worth, exactly.
    "policy_objective": Signal(
        "derived",
        "B",
        "J(θ)",
        "Exact expected return of the policy of now",
        "J(θ) = E[Σ_t γ^t r_{t+1}]",
        "reward",
        curve=True,
    ),
    "best_objective": Signal(
        "derived",
        "",
        "max J",
        "Exact return of the best policy that this one can become",
        "max_θ J(θ)",
        "reward",
        curve=True,
    ),
    "exact_gradient": Signal(
        "derived", "P", "∇J", "Exact gradient of J, all parameters in one row", "∇_θ J(θ)"
    ),
    # The watched episode, step by step.
    "trajectory_state": Signal("snapshot", "B T", "s_t", "States of the watched episode"),
    "trajectory_reward": Signal(
        "snapshot", "B T", "r_{t+1}", "Rewards of the watched episode", "", "reward"
    ),
    "trajectory_return": Signal(
        "snapshot", "B T", "G_t", "What each of its actions is weighed with", "", "reward"
    ),
    "trajectory_baseline": Signal(
        "snapshot", "B T", "b(s_t)", "What is taken from each return", "", "reward"
    ),
    "trajectory_advantage": Signal(
        "snapshot", "B T", "A_t", "Return minus baseline", "A_t = G_t − b(s_t)", "reward"
    ),
    "sample_return": Signal(
        "snapshot", "B", "G_0", "Return of the watched episode's first action", "", "reward"
    ),
    "sample_baseline": Signal("snapshot", "B", "b(s_0)", "Its baseline", "", "reward"),
    "sample_advantage": Signal(
        "snapshot", "B", "A_0", "Return minus baseline of its first action", "", "reward"
    ),
    # One step of the parameters.
    "gradient_estimate": Signal(
        "snapshot", "B P", "g", "Estimated gradient of J, all parameters in one row", "g ≈ ∇J(θ)"
    ),
    "gradient_norm": Signal("trace", "B", "‖g‖", "Length of the estimated gradient", "√ Σ_i g_i²"),
    "parameter_gradient": Signal(
        "snapshot", "B", "g_i", "Estimated slope of the parameter that moves most"
    ),
    "parameter_before": Signal("snapshot", "B", "θ_i", "The parameter that moves most, before"),
    "parameter_after": Signal("snapshot", "B", "θ_i", "The parameter that moves most, after"),
    "policy_entropy": Signal(
        "trace",
        "B",
        "H",
        "Entropy of the policy, mean over the samples; 0 is no chance left",
        "H(π(·|s)) = −Σ_a π(a|s) log π(a|s)",
        "nat",
        aliases=("losses/entropy", "train/entropy_loss"),
    ),
}
