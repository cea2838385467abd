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
}
