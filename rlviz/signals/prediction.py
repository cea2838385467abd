"""State values: one update, what it moves towards, and how good that target is."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

STEPS = 32  # numbers of rewards for which the n-step target is measured: 1 to 32
DECAYS = 21  # values of λ for which the λ-return is measured: 0, .05, ..., 1
BINS = 60  # of a histogram of estimates
PLACES = 8  # that a picture of targets has room for

SIGNALS: dict[str, Signal] = {
    "v_s": Signal("snapshot", "B", "V(s)", "Value of the state before the update", "V(s)"),
    "v_next": Signal(
        "snapshot", "B", "V(s')", "Value of the next state, 0 where it is terminal", "V(s')"
    ),
    "v_new": Signal("snapshot", "B", "V(s)", "Value of the state after the update", "V(s)"),
    "updated_state": Signal("snapshot", "B", "s_τ", "The state whose update is shown"),
    "updates": Signal("snapshot", "B", "", "How many values this step of the world has moved"),
    "update_target": Signal(
        "snapshot", "B", "U", "What the value is moved towards: rewards that were seen, then V"
    ),
    "target_error": Signal(
        "event",
        "B",
        "U−V(s)",
        "Target minus estimate, where a value has just been moved",
        "U − V(s)",
        "reward",
    ),
    "step_size": Signal("snapshot", "B", "α_N", "Step size of this update: α, or 1 / visits"),
    "state_trace": Signal("snapshot", "B S", "e(·)", "Eligibility: the share of δ of each state"),
    "trace_here": Signal("snapshot", "B", "e(s)", "Eligibility of the state where the agent was"),
    "dutch_term": Signal(
        "snapshot",
        "B",
        "(V−V_old)(e−1)",
        "What true online TD(λ) adds, 0 with the other traces",
        "(V(s) − V_old)·(e(s) − 1)",
    ),
    "v_next_new": Signal(
        "snapshot", "B", "V(s')₊", "Value of the next state after the update", "V(s')"
    ),
    "batch_size": Signal("snapshot", "B", "N", "Steps of finished episodes in the batch"),
    # How good the targets are, from the start, for the V of now.
    "n_step_bias": Signal(
        "derived",
        str(STEPS),
        "bias²_n",
        "Squared bias of the n-step target for the V of now, n = 1 to 32",
        "(E[G_{t:t+n}] − v_π(s))²",
    ),
    "n_step_variance": Signal(
        "derived",
        str(STEPS),
        "Var_n",
        "Variance of the n-step target for the V of now, n = 1 to 32",
        "Var[G_{t:t+n}]",
    ),
    "n_step_mse": Signal(
        "derived",
        str(STEPS),
        "MSE_n",
        "Mean squared error of the n-step target for the V of now, n = 1 to 32",
        "bias² + variance",
    ),
    "lambda_bias": Signal(
        "derived",
        str(DECAYS),
        "bias²_λ",
        "Squared bias of the λ-return for the V of now, λ = 0 to 1",
        "(E[G^λ_t] − v_π(s))²",
    ),
    "lambda_variance": Signal(
        "derived",
        str(DECAYS),
        "Var_λ",
        "Variance of the λ-return for the V of now, λ = 0 to 1",
        "Var[G^λ_t]",
    ),
    "lambda_mse": Signal(
        "derived",
        str(DECAYS),
        "MSE_λ",
        "Mean squared error of the λ-return for the V of now, λ = 0 to 1",
        "bias² + variance",
    ),
    "returns_counted": Signal(
        "snapshot", "B S", "", "Returns that each value is the plain mean of", "N(s)"
    ),
    # One estimate among many: what all replicas have come to.
    "value_mean": Signal(
        "derived", "S", "V̄", "Mean of the values over all replicas", "mean_b V_b(s)", "reward"
    ),
    "value_spread": Signal(
        "derived", "S", "", "Standard deviation of the values over all replicas", "", "reward"
    ),
    "estimate_levels": Signal(
        "derived", str(BINS), "", "Middle of each bin of estimates of the start", "", "reward"
    ),
    "estimate_shares": Signal(
        "derived", str(BINS), "", "Share of the replicas whose estimate lies in each bin"
    ),
    "estimate_mean": Signal(
        "derived", "", "", "Mean over replicas of the estimates of the start", "", "reward"
    ),
    "estimate_one": Signal("derived", "", "", "The estimate of replica 0", "V(s_0)", "reward"),
    "estimate_expected": Signal(
        "derived", "", "E[G]", "Exact mean of the returns from the start", "E[G_0]", "reward"
    ),
    "estimate_spread": Signal(
        "derived", "", "σ/√N", "Exact standard deviation of the mean of N returns", "σ/√N", "reward"
    ),
    "estimate_samples": Signal(
        "derived", "", "", "Returns from the start in each estimate", "N(s_0)"
    ),
    "return_spread": Signal(
        "derived", "", "σ", "Exact standard deviation of one return from the start", "√Var[G_0]"
    ),
    # Where an update pulls.
    "expected_target": Signal(
        "derived",
        "S",
        "E[U]",
        "What each value is pulled towards on average, for the V of now",
        "E[U | s]",
        "reward",
    ),
    "elapsed": Signal(
        "derived", "S", "", "Exact reward between the start and each state", "v_π(s_0) − v_π(s)"
    ),
    "predicted_total": Signal(
        "derived", "S", "", "Reward so far and the value of now together", "elapsed + V(s)"
    ),
    "actual_total": Signal(
        "derived", "S", "", "What the whole way brings, the same from every state", "v_π(s_0)"
    ),
    "place_number": Signal("derived", "S", "", "Number of each state, from 0"),
    "pull_places": Signal("derived", str(3 * PLACES), "", "Both ends of each pull, a gap between"),
    "pull_totals": Signal(
        "derived", str(3 * PLACES), "", "Predicted total and its target, a gap between"
    ),
    "source_places": Signal(
        "derived", str(3 * PLACES), "", "Each state and the one that its target is read off"
    ),
    "source_totals": Signal(
        "derived", str(3 * PLACES), "", "The target, from the state to where it is read off"
    ),
    # Two ways down the gradient.
    "resting_value": Signal(
        "derived",
        "S",
        "V_∞",
        "Where the gradient comes to rest on average, exact",
        "semi: v_π; full: argmin_V E[δ²]",
        "reward",
    ),
    "squared_error_now": Signal(
        "derived", "", "E[δ²]", "Exact mean squared TD error of a step, for the V of now", "E[δ²]"
    ),
    "squared_error_truth": Signal(
        "derived", "", "", "The same for the exact values", "E[δ²] at v_π"
    ),
}
