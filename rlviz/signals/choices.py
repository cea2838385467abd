"""Policies that are one number p: what each is worth, and where each direction leads."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

SIGNALS: dict[str, Signal] = {
    "choice_chances": Signal("derived", "K", "p", "Chances of the second action, from 0.01 to .99"),
    "choice_returns": Signal(
        "derived",
        "K",
        "J(p)",
        "Exact return for each of them",
        "J(p) = E[Σ_t γ^t r_{t+1}]",
        "reward",
    ),
    "choice_now": Signal("derived", "B", "p", "What each replica takes the second action with"),
    "choice_worth": Signal("derived", "B", "J", "Exact return of each replica", "", "reward"),
    "choice_best": Signal("derived", "", "p*", "The best chance of the second action"),
    "choice_best_worth": Signal("derived", "", "J*", "Exact return with it", "", "reward"),
    "slope_discounts": Signal("derived", "K", "γ", "Discounts from 0 to 1"),
    "slope_true": Signal(
        "derived", "K", "∂J/∂θ₂", "Exact slope for each discount", "Σ_s η(s)·π(1 − π)·ΔQ(s)"
    ),
    "slope_printed": Signal(
        "derived",
        "K",
        "",
        "Mean of the estimate without γ^t for each discount",
        "E[Σ_t ∇log π(a_t|s_t)·G_t]",
    ),
    "slope_now": Signal("derived", "", "", "Mean of the estimates of all replicas"),
    "slope_spread": Signal("derived", "", "", "Four standard errors of that mean"),
    "slope_true_now": Signal("derived", "", "", "Exact slope, mean over the replicas' policies"),
    "slope_printed_now": Signal("derived", "", "", "The slope without γ^t, likewise"),
    "slope_expected_now": Signal("derived", "", "", "Where the mean of the estimates ought to be"),
    "answer_lengths": Signal("derived", "K", "k", "How many rewards an action answers for"),
    "answer_slopes": Signal(
        "derived",
        "K",
        "",
        "What is left of the exact slope where an action answers for its next k rewards",
        "Σ_s η(s)·π(1 − π)·ΔQ_k(s)",
    ),
    "answer_true": Signal("derived", "K", "∂J/∂θ₂", "The exact slope, whatever k is"),
}
