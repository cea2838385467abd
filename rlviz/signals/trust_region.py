"""Steps that are measured by how far the policy moves: how they are found, and what they do."""

from __future__ import annotations

from rlviz.signals.declaration import Signal


def _points(name: str, axes: str, meaning: str) -> dict[str, Signal]:
    """Both coordinates of points in the triangle of three arms."""
    return {
        f"{name}_{axis}": Signal("derived", axes, "", meaning, unit="probability")
        for axis in ("x", "y")
    }


SIGNALS: dict[str, Signal] = {
    # The direction.
    "theta_before": Signal("snapshot", "B O P", "", "Preferences of the policy before the step"),
    "natural_direction": Signal(
        "snapshot",
        "B P",
        "F⁻¹g",
        "What conjugate gradient has found of F⁻¹g so far, all parameters in one row",
        "F x = g",
    ),
    "solve_residual": Signal(
        "snapshot", "B", "‖g − Fx‖", "Length of what is left of the gradient to be explained"
    ),
    "solve_residuals": Signal(
        "snapshot", "B K", "", "The same after each iteration of conjugate gradient"
    ),
    "solved_part": Signal(
        "snapshot", "B", "‖g‖ − ‖g − Fx‖", "Length of the gradient that is explained"
    ),
    # How far along it.
    "candidate_limit": Signal("snapshot", "B", "", "Size of the trust region of now", "", "nat"),
    "full_step": Signal(
        "snapshot",
        "B",
        "β_x",
        "Length of the full step in units of its direction",
        "β = √(2δ / gᵀx)",
    ),
    "candidate_part": Signal("snapshot", "B", "c^j", "The part of the full step that is tried"),
    "candidate_size": Signal("snapshot", "B", "β_j", "How far along the direction that leads"),
    "candidate_kl": Signal(
        "snapshot",
        "B",
        "KL_j",
        "Mean KL divergence from the old policy to the one that is tried",
        "Σ w KL(π_old‖π) / Σ w",
        "nat",
    ),
    "candidate_gain": Signal(
        "snapshot", "B", "ΔL_j", "How much the surrogate rises there", "Σ w (ρ − 1) A", "reward"
    ),
    "candidate_passes": Signal(
        "snapshot", "B", "", "1 where the KL is within δ and the surrogate rises"
    ),
    "candidate_too_far": Signal("snapshot", "B", "", "1 where the KL is larger than δ"),
    "search_parts": Signal(
        "snapshot", "B K", "", "Parts of the full step that have been tried so far"
    ),
    "search_kls": Signal("snapshot", "B K", "", "Mean KL divergence of each of them", "", "nat"),
    "search_gains": Signal(
        "snapshot", "B K", "", "Rise of the surrogate at each of them", "", "reward"
    ),
    # What was done.
    "natural_slope": Signal(
        "snapshot", "B", "(F⁻¹g)_i", "The direction's part of the parameter that moves most"
    ),
    "step_part": Signal("trace", "B", "", "The part of the full step that was taken; 0: none"),
    "step_kl": Signal(
        "trace",
        "B",
        "",
        "Mean KL divergence from the policy before the step to the one after it",
        "KL(π_old‖π_new)",
        "nat",
        aliases=("train/kl_divergence_loss",),
    ),
    "step_gain": Signal(
        "trace",
        "B",
        "",
        "How much the surrogate rose with the step",
        "Σ w (ρ − 1) A",
        "reward",
        aliases=("train/policy_objective",),
    ),
    "stopped_by": Signal(
        "snapshot",
        "B",
        "",
        "Why the policy stayed: 0 it moved, 1 held, 2 no room, 3 no gradient, 4 no curvature, "
        "5 no try passed",
    ),
    # Exactly, in the triangle of three arms.
    **_points("triangle", "4", "Outline of all policies of three arms"),
    **_points("policy_place", "B", "Where each replica's policy is in the triangle"),
    **_points("trust_ball", "97", "Outline of the policies with KL(π_old‖π) = δ"),
    **_points("trust_ellipse", "97", "Outline of where the quadratic model of the KL is δ"),
    **_points("trust_tried", "K", "Policies that the line search has tried"),
    **_points("trust_taken", "2", "From the old policy to the new one"),
    **_points("trust_best", "1", "The best policy with KL(π_old‖π) ≤ δ"),
    **_points("plain_way", "33", "Where the exact gradient itself leads until KL = δ"),
    **_points("return_line", "27", "Lines of equal exact return in the triangle"),
    "trust_best_gain": Signal(
        "derived",
        "",
        "",
        "How much the best policy within δ earns above the old one",
        "max J(π) − J(π_old), KL(π_old‖π) ≤ δ",
        "reward",
    ),
    # Exactly, in any small world.
    "search_gains_exact": Signal(
        "derived",
        "K",
        "",
        "Exact rise of J at each try of the line search",
        "J(π) − J(π_old)",
        "reward",
    ),
    "search_kls_exact": Signal(
        "derived",
        "K",
        "",
        "Exact mean KL divergence of each try, over the states of the old policy",
        "Σ_s d(s) KL(π_old‖π)",
        "nat",
    ),
    "taken_part": Signal("derived", "", "", "The part that the newest step took"),
    "taken_kl": Signal("derived", "", "", "KL divergence of the newest step", "", "nat"),
    "taken_gain": Signal("derived", "", "", "Gain of the newest step", "", "reward"),
    "solve_steps": Signal("derived", "K", "", "Iterations of conjugate gradient, from 0"),
    "lemma_index": Signal("derived", "3", "", "Numbers of the three sums of the lemma"),
    "search_limit": Signal("derived", "2", "", "The size of the trust region, for a line"),
    "search_span": Signal("derived", "2", "", "Least and largest rise, the ends of that line"),
    "lemma_bars": Signal(
        "derived",
        "3",
        "",
        "Difference of two policies' returns, the lemma's sum, and the surrogate's answer",
        "J(π') − J(π) = Σ_s η_π'(s) Σ_a π'(a|s) A_π(s, a)",
        "reward",
    ),
    **{
        f"step_{where}_{what}": Signal("derived", "41", "", f"{meaning}{words}", "", unit)
        for where, words in (("whole", ", over the whole step"), ("near", ", near its start"))
        for what, meaning, unit in (
            ("part", "Part of the step", ""),
            ("gain", "Exact rise of J", "reward"),
            ("surrogate", "Exact rise of the surrogate", "reward"),
        )
    },
    "step_near_bound": Signal(
        "derived",
        "41",
        "",
        "What J rises at least, by the bound of TRPO",
        "ΔL − C·max_s KL(π_old‖π)",
        "reward",
    ),
    "bound_part": Signal("derived", "", "", "The part of the step that the bound likes best"),
    "bound_promise": Signal("derived", "", "", "What the bound promises there", "", "reward"),
    "bound_gain": Signal("derived", "", "", "What J really gains there", "", "reward"),
    "bound_constant": Signal(
        "derived",
        "",
        "C",
        "How much the bound takes off for each unit of KL",
        "C = 4 max|A| γ / (1 − γ)²",
        "reward",
    ),
    "bound_whole": Signal("derived", "", "", "What the bound says of the whole step", "", "reward"),
    "path_iterations": Signal("derived", "B", "", "Iterations so far, once for each replica"),
    "path_places": Signal(
        "derived", "B", "", "Exact return of each replica's policy now", "", "reward"
    ),
    "path_steps": Signal("derived", "41", "", "Steps from the first policy"),
    "path_plain": Signal(
        "derived", "41", "", "Exact return along the path with parameters of scale 1", "", "reward"
    ),
    "path_scaled": Signal(
        "derived",
        "41",
        "",
        "Exact return along the path with the scale of now",
        "t ← t + α d, θ = k t",
        "reward",
    ),
}
