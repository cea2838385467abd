"""Gradients beside their truth: a cloud of estimates, what they are made of, and what is none."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

SIGNALS: dict[str, Signal] = {
    # Estimates of all replicas, turned so that the exact gradient points to the right.
    "cloud_along": Signal(
        "derived",
        "K",
        "",
        "Part of each estimate along ∇J, in lengths of ∇J",
        "g·∇J/‖∇J‖²",
    ),
    "cloud_across": Signal(
        "derived", "K", "", "Part of each estimate across ∇J, in the same lengths"
    ),
    "cloud_counts": Signal("derived", "K", "", "How many replicas have that estimate"),
    "cloud_sizes": Signal("derived", "K", "", "Size of the dot: its area is that number"),
    "cloud_middle": Signal("derived", "2", "", "Mean of all estimates: along, and across"),
    "cloud_distance": Signal(
        "derived", "", "", "Mean distance of an estimate from the exact gradient, in its lengths"
    ),
    "cloud_length": Signal("derived", "", "‖∇J‖", "Length of the exact gradient"),
    "estimate_variances": Signal(
        "derived",
        "1",
        "",
        "Mean squared distance of an estimate from the exact gradient",
        "mean of ‖g − ∇J‖²",
    ),
    "estimate_variances_exact": Signal(
        "derived", "1", "tr Var[g]", "Exact variance of the estimate", "E‖g − ∇J‖²"
    ),
    # Two weights that look right and teach nothing, at the start.
    "weighed_actions": Signal("derived", "A", "a", "Actions at the start, by number"),
    "weighed_return": Signal(
        "derived", "A", "", "Mean gradient with the return as weight", "E[∇log π·G]"
    ),
    "weighed_less_action": Signal(
        "derived", "A", "", "Mean gradient with Q(s, a) taken away", "E[∇log π·(G − Q(s, a))]"
    ),
    "weighed_state": Signal(
        "derived", "A", "", "Mean gradient with V(s) as weight", "E[∇log π·V(s)]"
    ),
    # J, and what a loss of REINFORCE averages, along the exact gradient.
    "shift_steps": Signal("derived", "K", "", "Shifts of θ along the exact gradient"),
    "shift_return": Signal("derived", "K", "J", "J of the shifted policy", "J(θ)", "reward"),
    "shift_frozen": Signal(
        "derived",
        "K",
        "",
        "Mean of G·log π with samples and G of the policy of now",
        "E_{a~π_old}[G·log π(a)]",
        "reward",
    ),
    "shift_moving": Signal(
        "derived",
        "K",
        "",
        "The same with samples of the shifted policy",
        "E_{a~π}[G·log π(a)]",
        "reward",
    ),
    "shift_slopes": Signal("derived", "3", "", "Slopes of these three curves at the policy of now"),
    "tangent_steps": Signal("derived", "9", "", "Ends of the tangents at the policy of now"),
    "tangent_values": Signal("derived", "9", "", "Their heights", "", "reward"),
    # Which rewards an action answers for.
    "answer_matrix": Signal(
        "derived", "6 6", "γ^{k−t}", "How much each reward counts for each action; −1: left out"
    ),
    "answer_columns": Signal("derived", "6", "", "Times of the first rewards"),
    "answer_times": Signal("derived", "K", "", "Time of each reward that an action answers for"),
    "answer_actions": Signal("derived", "K", "", "Time of that action"),
    "answer_weights": Signal("derived", "K", "", "Weight of that reward in the action's return"),
    "answer_rewards": Signal("derived", "K", "", "That reward, unweighted", "", "reward"),
    "answer_returns": Signal(
        "derived", "K", "G_t", "What each of these actions is weighed with", "", "reward"
    ),
}
