"""Bandits: what was tried, and what it cost."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

SIGNALS: dict[str, Signal] = {
    "arm_pulls": Signal("snapshot", "B S A", "N(a)", "How often each arm was pulled", "N(a)"),
    "regret": Signal(
        "trace",
        "B",
        "R_n",
        "Exact expected reward given away so far, the noise left out",
        "Σ_t (max_a q*(a) − q*(a_t))",
        "reward",
        aliases=("pseudo-regret",),
    ),
    "optimal_share": Signal(
        "trace",
        "B",
        "1[a_t = a*]",
        "1 where the best arm was pulled; the mean over replicas is a share",
        "1[q*(a_t) = max_a q*(a)]",
    ),
    "q_arms": Signal(
        "derived", "S A", "q*(a)", "Exact mean reward of each arm", "q*(a) = E[r | a]", "reward"
    ),
    "arm_index": Signal("derived", "A", "", "Number of each arm, from 1"),
    "arm_values": Signal("derived", "A", "Q(·)", "Estimate of each arm", "Q(a)", "reward"),
    "arm_truth": Signal("derived", "A", "q*(·)", "Exact mean of each arm", "q*(a)", "reward"),
    "arm_counts": Signal("derived", "A", "N(·)", "Pulls of each arm by replica 0", "N(a)", "pulls"),
}
