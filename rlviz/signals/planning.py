"""Sweeps over a known world: the backup that is shown, and how far the values still move."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

SIGNALS: dict[str, Signal] = {
    "backup_state": Signal(
        "snapshot", "B", "", "Number of the state whose backup is shown: the one that changed most"
    ),
    "backup_probability": Signal(
        "snapshot", "B A", "π(·|s)", "Probability of each action in that state", "π(·|s)"
    ),
    "backup_target": Signal(
        "snapshot",
        "B A",
        "Q(s,·)",
        "Value of each action of that state, one step ahead by the values of now",
        "Q(s, a) = Σ_{s'} P(s'|s, a)·(r + γ·V(s'))",
        "reward",
    ),
    "residual": Signal(
        "trace",
        "B",
        "Δ",
        "Largest change of a value in a sweep: 0 at the solution",
        "Δ = max_s |V_{k+1}(s) − V_k(s)|",
        "reward",
    ),
    "evaluated": Signal("snapshot", "B", "", "Sweeps that the policy of now has been evaluated"),
    "improved": Signal(
        "event", "B", "", "In how many states an improvement changed the policy", "", "states"
    ),
    "policy_value": Signal(
        "derived", "S", "V_π", "Exact values of the policy of now", "V_π", "reward"
    ),
    "evaluation_distance": Signal(
        "derived",
        "B",
        "‖V−V_π‖",
        "Root mean square of V minus the exact values of the policy of now",
        "√ mean_s (V(s) − V_π(s))²",
        "reward",
        curve=True,
    ),
    "policy_distance": Signal(
        "derived",
        "B",
        "‖V_π−V*‖",
        "Root mean square of the exact values of the policy of now minus the optimal ones",
        "√ mean_s (V_π(s) − V*(s))²",
        "reward",
        curve=True,
    ),
}
