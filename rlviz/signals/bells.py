"""Policies over numbers: what numbers pay, bell curves over them, and what each is worth."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

ACTIONS, NEAR = 150, 29  # numbers along the axis of actions, and how many of them around μ
MEANS, WIDTHS = 61, 41  # bell curves along each side of a picture of all of them

SIGNALS: dict[str, Signal] = {
    "bell_actions": Signal(
        "derived",
        "150",
        "a",
        "Actions from −6 to 6, and close together around the mean of replica 0",
    ),
    "bell_reward": Signal("derived", "150", "r(a)", "What each of them pays", "", "reward"),
    "bell_shape": Signal(
        "derived",
        "150",
        "π(a)",
        "The policy of replica 0, drawn as high as the best pay",
        "N(a; μ, σ²)",
    ),
    "bell_mean": Signal("derived", "B", "μ", "Mean of each replica's policy"),
    "bell_deviation": Signal("derived", "B", "σ", "Standard deviation of each replica's policy"),
    "bell_worth": Signal("derived", "B", "J", "Exact return of each replica", "", "reward"),
    "bell_means": Signal("derived", "61", "μ", "Means from −5 to 5"),
    "bell_widths": Signal("derived", "41", "σ", "Standard deviations from .02 to 5"),
    "bell_field": Signal(
        "derived",
        "41 61",
        "J(μ, σ)",
        "Exact return of each pair of standard deviation and mean",
        "E[r(a)], a ~ N(μ, σ²)",
        "reward",
    ),
    "bell_arrow_mean": Signal(
        "derived", "2", "μ", "From replica 0 along its exact gradient, in one length: means"
    ),
    "bell_arrow_deviation": Signal("derived", "2", "σ", "Standard deviations of the same"),
}
