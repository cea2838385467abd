"""Policies of three arms as points of a triangle, and scores as arrows in its plane."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

SIGNALS: dict[str, Signal] = {
    "corner_rewards": Signal("derived", "3", "r(a)", "Mean reward of each arm", "", "reward"),
    "level_across": Signal("derived", "K", "", "Ends of lines along which J is the same, across"),
    "level_up": Signal("derived", "K", "", "Ends of lines along which J is the same, upwards"),
    "level_values": Signal("derived", "K", "J", "The J of those lines", "Σ_a π(a)·r(a)", "reward"),
    "ascent_across": Signal("derived", "K", "", "The exact ascent from the first policy, across"),
    "ascent_up": Signal("derived", "K", "", "The exact ascent from the first policy, upwards"),
    "policies_across": Signal("derived", "B", "", "The policy of each replica, across"),
    "policies_up": Signal("derived", "B", "", "The policy of each replica, upwards"),
    "policy_worth": Signal("derived", "B", "J(π)", "Exact return of each of them", "", "reward"),
    "step_across": Signal("derived", "2", "", "Where the exact gradient moves replica 0, across"),
    "step_up": Signal("derived", "2", "", "Where the exact gradient moves replica 0, upwards"),
    "guess_across": Signal("derived", "2", "", "Where its own estimate moves it, across"),
    "guess_up": Signal("derived", "2", "", "Where its own estimate moves it, upwards"),
    "chain_across": Signal(
        "derived", "4", "", "Scores laid end to end, as often as they come, across"
    ),
    "chain_up": Signal(
        "derived",
        "4",
        "",
        "Scores laid end to end, as often as they come, upwards",
        "Σ_a π(a)·∇log π(a)",
    ),
    "paid_across": Signal("derived", "4", "", "The same, each times what its arm pays, across"),
    "paid_up": Signal(
        "derived",
        "4",
        "",
        "The same, each times what its arm pays, upwards",
        "Σ_a π(a)·r(a)·∇log π(a)",
    ),
    "chain_end": Signal("derived", "", "", "How far from 0 the chain of scores ends"),
}
