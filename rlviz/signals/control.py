"""What control methods show beside the table: targets, traces, and the cliff as ε changes."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

SIGNALS: dict[str, Signal] = {
    "next_policy": Signal(
        "snapshot", "B A", "π(·|s')", "Policy of now in the next state", "π(a|s')"
    ),
    "first_learns": Signal("snapshot", "B", "", "1 where the first of the two tables learns"),
    "best_action": Signal(
        "snapshot", "B", "a*", "Best action of the next state by the table that learns"
    ),
    "trace_sa": Signal("snapshot", "B", "e(s,a)", "Trace of the pair that was just taken"),
    "pair_traces": Signal(
        "snapshot", "B S A", "e(·,·)", "Traces: how much of each error a pair takes", "e(s, a)"
    ),
    # Made of the table of now.
    "behaviour_returns": Signal(
        "derived",
        "B",
        "J(π_b)",
        "Exact return of an episode of the policy that each replica follows now, 32 at most",
        "E[Σ_t r_{t+1}]",
        "reward",
    ),
    "behaviour_epsilons": Signal("derived", "B", "", "Exploration of each of these replicas"),
    # The cliff over ε, from 0.005 to 0.3.
    "phase_epsilons": Signal("derived", "24", "", "Explorations for which the routes are solved"),
    "phase_edge": Signal(
        "derived", "24", "", "Exact return along the edge, for every exploration", "", "reward"
    ),
    "phase_above": Signal(
        "derived", "24", "", "Exact return one row above it, for every exploration", "", "reward"
    ),
    "phase_top": Signal(
        "derived", "24", "", "Exact return along the top row, for every exploration", "", "reward"
    ),
    "phase_best": Signal(
        "derived",
        "24",
        "",
        "Exact return of the best policy that explores so much",
        "max_π E[Σ_t r_{t+1}], π ε-soft",
        "reward",
    ),
    "edge_now": Signal(
        "derived", "", "", "Exact return along the edge with the ε of now", "", "reward"
    ),
    "above_now": Signal(
        "derived", "", "", "Exact return one row above it with the ε of now", "", "reward"
    ),
    "top_now": Signal(
        "derived", "", "", "Exact return along the top row with the ε of now", "", "reward"
    ),
    "best_now": Signal(
        "derived", "", "", "Exact return of the best policy with the ε of now", "", "reward"
    ),
}
