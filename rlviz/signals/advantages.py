"""Advantages from a critic: one step, one trajectory, and how good the estimates are."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

CURVES = ("0", "half", "most", "all")  # names of the λ whose advantages are drawn together
DECAYS = (0.0, 0.5, 0.9, 1.0)  # and what they are
LAMBDAS = 41  # columns of the plane: λ = 0, .025, …, 1
ERRORS = 21  # rows of the plane: errors of the critic from 0 to 1
LENGTHS = 51  # distances 0 … 50 over which a weight is followed
SAMPLED = 1000  # estimates that are dropped on the plane
BINS = 25  # of their histogram

SIGNALS: dict[str, Signal] = {
    # One step, as a critic sees it.
    "critic_step_size": Signal("snapshot", "B", "α_w", "Step size of the critic"),
    "first_reward": Signal("snapshot", "B", "r_1", "Reward of the watched copy's first step"),
    "first_discount": Signal(
        "snapshot",
        "B",
        "γ_1",
        "Discount γ of the first step, 0 where it ended the episode for good",
    ),
    "first_value": Signal("snapshot", "B", "V(s_0)", "What the critic says of its first state"),
    "first_value_next": Signal(
        "snapshot", "B", "V(s_1)", "What the critic says of the state after it, 0 at the end"
    ),
    "first_error": Signal(
        "snapshot",
        "B",
        "δ_0",
        "TD error of its first step",
        "δ_t = r_{t+1} + γ_{t+1}·V(s_{t+1}) − V(s_t)",
        "reward",
    ),
    "first_decay": Signal(
        "snapshot", "B", "(γλ)_1", "Decay γλ behind the first step, 0 where it ended the episode"
    ),
    "second_advantage": Signal("snapshot", "B", "A_1", "Advantage of its second step"),
    "first_advantage": Signal(
        "snapshot", "B", "A_0", "Advantage of its first step", "A_t = δ_t + γλ·A_{t+1}", "reward"
    ),
    "optimised_slope": Signal(
        "snapshot", "B", "Δ_i", "What the optimiser makes of the slope of the one that moves most"
    ),
    # One trajectory; it may hold several episodes.
    "trajectory_action": Signal("snapshot", "B T", "a_t", "Actions of the watched copy"),
    "trajectory_value": Signal(
        "snapshot", "B T", "V(s_t)", "What the critic says along the way", "", "reward"
    ),
    "trajectory_value_next": Signal(
        "snapshot", "B T", "V(s_{t+1})", "What it says of each next state, 0 at the end"
    ),
    "trajectory_error": Signal(
        "snapshot", "B T", "δ_t", "TD errors of the watched copy", "", "reward"
    ),
    "trajectory_ended": Signal(
        "snapshot", "B T", "", "How a step ended its episode: 0 not at all, 1 for good, 2 cut"
    ),
    "rollout_state": Signal("snapshot", "B N", "s", "States of a batch, step by step"),
    "rollout_action": Signal("snapshot", "B N", "a", "Actions of a batch"),
    "rollout_advantage": Signal("snapshot", "B N", "Â", "Advantages of a batch", "", "reward"),
    # Many λ over one trajectory, beside the truth.
    "trajectory_step": Signal("derived", "T", "t", "Number of each step"),
    **{
        f"trajectory_lambda_{name}": Signal(
            "derived",
            "T",
            f"Â_t({decay:g})",
            f"Advantages of the watched copy at λ = {decay:g}, as far as they are known",
            "A_t = δ_t + γλ·A_{t+1}",
            "reward",
        )
        for name, decay in zip(CURVES, DECAYS, strict=True)
    },
    "trajectory_delta": Signal(
        "derived", "T", "δ_t", "TD errors of the watched copy, as the picture shows them"
    ),
    "trajectory_lambda_now": Signal(
        "derived", "T", "Â_t", "Advantages of the watched copy as the method used them"
    ),
    "trajectory_exact": Signal(
        "derived",
        "T",
        "A^π(s_t,a_t)",
        "Exact advantage of each step for the policy of now",
        "A^π(s, a) = Q^π(s, a) − V^π(s)",
        "reward",
    ),
    "trajectory_expected": Signal(
        "derived",
        "T",
        "E[Â_t]",
        "Exact mean of the estimate at each step, for the critic and λ of now",
        "E[Â_t | s_t, a_t]",
        "reward",
    ),
    "trajectory_recency": Signal(
        "derived",
        "T",
        "(γλ)^{T−t}·r_T",
        "What a critic that is 0 everywhere would give each step of the episode's last reward",
        "(γλ)^{T−t}·r_T",
        "reward",
    ),
    "ended_steps": Signal("derived", "T", "", "Steps after which an episode ended for good"),
    "cut_steps": Signal("derived", "T", "", "Steps after which an episode was cut"),
    **{
        f"trajectory_{name}": Signal("derived", "T", symbol, meaning, formula, "reward")
        for name, symbol, meaning, formula in (
            (
                "apart",
                "Â_t",
                "Advantages when what was cut and what has ended are told apart",
                "δ without V at a terminal state; no A_{t+1} behind any end",
            ),
            (
                "confused",
                "Â_t",
                "Advantages when an episode that was cut counts as one that has ended",
                "δ without V behind any end",
            ),
            (
                "leaking",
                "Â_t",
                "Advantages when the sum runs on into the next episode",
                "A_t = δ_t + γλ·A_{t+1} across every end",
            ),
        )
    },
    "credit_length": Signal("derived", str(LENGTHS), "l", "How many steps later"),
    "credit_now": Signal(
        "derived", str(LENGTHS), "(γλ)^l", "Weight of the TD error l steps later", "(γλ)^l"
    ),
    **{
        f"credit_{name}": Signal(
            "derived", str(LENGTHS), "(γλ)^l", f"The same at λ = {decay:g}", "(γλ)^l"
        )
        for name, decay in zip(CURVES[1:3], DECAYS[1:3], strict=True)
    },
    "credit_at_10": Signal("derived", "", "", "That weight 10 steps later", "(γλ)^10"),
    "credit_at_50": Signal("derived", "", "", "That weight 50 steps later", "(γλ)^50"),
    # How good the estimates are, at one pair of state and action.
    "lambda_now": Signal("derived", "", "λ", "Trace decay of now"),
    "critic_error_now": Signal(
        "derived",
        "",
        "e",
        "How flat the critic of now is: 0 as the exact values, 1 the same everywhere",
        "V̂ = V^π + e·(mean V^π − V^π)",
    ),
    "plane_lambdas": Signal("derived", str(LAMBDAS), "λ", "Columns of the plane"),
    "plane_errors": Signal("derived", str(ERRORS), "e", "Rows of the plane"),
    "plane_squared_error": Signal(
        "derived",
        f"{ERRORS} {LAMBDAS}",
        "MSE",
        "Exact mean squared error of the advantage of the first pair",
        "E[(Â(s, a) − A(s, a))²]",
        "reward²",
    ),
    "plane_root_error": Signal(
        "derived",
        f"{ERRORS} {LAMBDAS}",
        "√MSE",
        "Root of the exact squared error",
        "√ E[(Â − A)²]",
        "reward",
    ),
    "plane_contrast_bias": Signal(
        "derived",
        f"{ERRORS} {LAMBDAS}",
        "bias",
        "Exact bias of the difference between two actions, which is all that a policy learns from",
        "E[Â(s, a) − Â(s, b)] − (A(s, a) − A(s, b))",
        "reward",
    ),
    "plane_best_lambda": Signal(
        "derived", str(ERRORS), "λ*", "In each row the λ with the least error", "argmin_λ MSE"
    ),
    "advantage_bias": Signal(
        "derived",
        str(LAMBDAS),
        "bias²",
        "Squared bias of the estimate of the first pair over λ, for the critic of now",
        "(E[Â] − A)²",
        "reward²",
    ),
    "advantage_variance": Signal(
        "derived", str(LAMBDAS), "Var", "Its variance", "Var[Â]", "reward²"
    ),
    "advantage_mse": Signal(
        "derived", str(LAMBDAS), "MSE", "Their sum", "bias² + variance", "reward²"
    ),
    "advantage_mse_now": Signal(
        "derived", "", "MSE", "The same at the λ of now", "E[(Â − A)²]", "reward²"
    ),
    "contrast_bias_now": Signal(
        "derived",
        "",
        "bias",
        "Exact bias of the difference between two actions, for the critic and λ of now",
        "E[Â(s, a) − Â(s, b)] − (A(s, a) − A(s, b))",
        "reward",
    ),
    "advantage_distance": Signal(
        "derived",
        "B",
        "‖Â−A‖",
        "Root mean square of sampled minus exact advantages of a batch",
        "√ mean_t (Â_t − A^π(s_t, a_t))²",
        "reward",
        curve=True,
    ),
    "advantage_true": Signal("derived", "", "A(s,a)", "Exact advantage of that pair", "", "reward"),
    "advantage_mean": Signal(
        "derived", "", "E[Â]", "Exact mean of its estimate, for the critic and λ of now"
    ),
    "advantage_deviation": Signal(
        "derived", "", "sd(Â)", "Exact standard deviation of its estimate"
    ),
    "advantage_ends": Signal("derived", "2", "", "Exact mean − sd and mean + sd of its estimate"),
    "pair_levels": Signal(
        "derived", str(BINS), "", "Middle of each bin of sampled advantages of that pair"
    ),
    "pair_shares": Signal("derived", str(BINS), "", "Share of the sampled advantages in each bin"),
    "sampled_mean": Signal("derived", "", "", "Mean of the sampled advantages", "", "reward"),
    "sampled_deviation": Signal("derived", "", "", "Their standard deviation", "", "reward"),
    "sampled_mse": Signal(
        "derived", "", "", "Their mean squared distance from the exact advantage", "", "reward²"
    ),
    "sampled_count": Signal("derived", "", "n", "How many there are"),
}
