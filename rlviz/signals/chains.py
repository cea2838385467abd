"""The chain that is left when the policy is frozen; see rlviz/exact/chains.py."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

SIGNALS: dict[str, Signal] = {
    "chain_from": Signal("derived", "512", "", "State that a transition leaves"),
    "chain_to": Signal("derived", "512", "", "State that it leads to"),
    "chain_probability": Signal(
        "derived", "512", "P_π", "How probable it is", "P_π(s'|s) = Σ_a π(a|s)·P(s'|s, a)"
    ),
    "future_states": Signal("derived", "8", "", "States that may come next"),
    "future_first": Signal("derived", "8", "", "Their probabilities after the likeliest past"),
    "future_second": Signal("derived", "8", "", "Their probabilities after the next likely past"),
    "past_first": Signal("derived", "", "", "State that most likely came before"),
    "past_second": Signal("derived", "", "", "State that next likely came before"),
    "future_gap": Signal("derived", "", "", "How far the two futures are apart", "½·Σ|p − q|"),
    "future_columns": Signal("derived", "8", "", "Columns that may come next"),
    "hidden_first": Signal(
        "derived", "8", "", "Their probabilities after the likeliest past, the row unseen"
    ),
    "hidden_second": Signal(
        "derived", "8", "", "Their probabilities after the next likely past, the row unseen"
    ),
    "hidden_past_first": Signal("derived", "", "", "Column that most likely came before"),
    "hidden_past_second": Signal("derived", "", "", "Column that next likely came before"),
    "hidden_gap": Signal(
        "derived", "", "", "How far those two futures are apart, the row unseen", "½·Σ|p − q|"
    ),
}
