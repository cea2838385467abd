"""State values: one update, what it moves towards, and how good that target is."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

STEPS = 32  # numbers of rewards for which the n-step target is measured: 1 to 32
DECAYS = 21  # values of λ for which the λ-return is measured: 0, .05, ..., 1

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
}
