"""A bonus for entropy: what it does to a policy, and which trades it could make at best."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

LEVELS = 25  # bonuses for which the best trade is drawn

SIGNALS: dict[str, Signal] = {
    "entropy_bonus": Signal("derived", "", "c", "Bonus on entropy of now"),
    "backup_entropy": Signal(
        "snapshot", "B", "H", "Entropy of the best policy in that state", "", "nat"
    ),
    "v_bonus": Signal(
        "derived",
        "S",
        "V_c",
        "Exact values where entropy is a part of the reward",
        "V_c(s) = c·ln Σ_a exp(Q_c(s, a)/c)",
        "reward",
    ),
    # In the start state.
    "start_actions": Signal("derived", "A", "", "Number of each action, from 1"),
    "start_policy": Signal("derived", "A", "π(·|s₀)", "Probability of each action at the start"),
    "start_policy_best": Signal(
        "derived",
        "A",
        "π_c(·|s₀)",
        "Exact best probabilities at the start with the bonus of now",
        "π_c(a|s) = exp((Q_c(s, a) − V_c(s))/c)",
    ),
    "start_entropy": Signal(
        "derived", "", "H(s₀)", "Entropy of the policy at the start", "", "nat"
    ),
    "start_entropy_best": Signal(
        "derived", "", "H_c(s₀)", "Exact entropy of the best policy at the start", "", "nat"
    ),
    "start_entropy_most": Signal(
        "derived", "", "ln A", "Entropy where all actions are alike", "ln A", "nat"
    ),
    # Reward against chance, both counted over an episode.
    "edge_reward": Signal(
        "derived",
        str(LEVELS),
        "J",
        "Exact return of the best policy for each of many bonuses",
        "J = E[Σ_t γ^t r_{t+1}]",
        "reward",
    ),
    "edge_chance": Signal(
        "derived",
        str(LEVELS),
        "H",
        "Exact entropy of that policy over an episode",
        "H = E[Σ_t γ^t H(π(·|s_t))]",
        "nat",
    ),
    "trade_reward": Signal(
        "derived", "N", "J", "Exact return of the policy of each replica", "", "reward"
    ),
    "trade_chance": Signal(
        "derived",
        "N",
        "H",
        "Exact entropy over an episode of the policy of each replica",
        "",
        "nat",
    ),
    "best_trade_reward": Signal(
        "derived", "", "J_c", "Exact return of the best policy with the bonus of now", "", "reward"
    ),
    "best_trade_chance": Signal(
        "derived", "", "H_c", "Exact entropy over an episode of that policy", "", "nat"
    ),
}
