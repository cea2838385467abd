"""The lines between which every method stands; see rlviz/exact/baselines.py."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

SIGNALS: dict[str, Signal] = {
    "baseline_random": Signal(
        "derived",
        "",
        "J_rand",
        "Exact return of an episode of the policy that draws its actions evenly",
        "E[Σ_t r_{t+1}], π(a|s) = 1/|A(s)|",
        "reward",
    ),
    "baseline_optimal": Signal(
        "derived",
        "",
        "J_max",
        "Exact return of an episode of the best policy under the time limit",
        "max_π E[Σ_t r_{t+1}]",
        "reward",
    ),
}
