"""One batch used several times: ratios, distances and what the clip silences."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

RATIOS, WIDEST = 101, 2.5  # how many ratios are drawn, and up to which
BOARD = (0.4, 2.5)  # the least and the greatest ratio on the board of six cases
FINE = 61  # points along each side of a picture of the triangle

SIGNALS: dict[str, Signal] = {
    # The batch.
    "sample_value": Signal("snapshot", "B", "V(s_0)", "The critic's value of it", "", "reward"),
    "sample_target": Signal(
        "snapshot", "B", "R_0", "What the critic is drawn to there", "R = A + V", "reward"
    ),
    "batch_spread": Signal(
        "snapshot", "B", "max A − min A", "How far the advantages of a batch lie apart"
    ),
    "theta_old": Signal(
        "snapshot", "B P", "θ_old", "Parameters of the policy that collected the batch"
    ),
    # One minibatch: the sample whose ratio has gone furthest.
    "going_on": Signal("snapshot", "B", "", "0 once KL has ended the epochs of this batch"),
    "furthest_ratio": Signal(
        "snapshot", "B", "ρ", "The ratio that has gone furthest", "ρ = π(a|s) / π_old(a|s)"
    ),
    "furthest_used": Signal(
        "snapshot", "B", "ρ", "The same, but at most c for A < 0 with dual clip"
    ),
    "furthest_clipped": Signal(
        "snapshot", "B", "clip(ρ)", "The same, kept in the band", "clip(ρ, 1 − ε_low, 1 + ε_high)"
    ),
    "furthest_advantage": Signal("snapshot", "B", "A", "Its advantage, as it is used"),
    "furthest_objective": Signal(
        "snapshot", "B", "L", "What it adds to the objective", "min(ρ A, clip(ρ) A)"
    ),
    "furthest_silent": Signal("snapshot", "B", "", "1 where the clip has taken its gradient"),
    "minibatch_size": Signal("snapshot", "B", "", "Samples in this minibatch", unit="samples"),
    "minibatch_spread": Signal(
        "snapshot", "B", "max A − min A", "How far the advantages of a minibatch lie apart"
    ),
    # The epochs of the newest batch, a column for each.
    "inner_ratio": Signal("snapshot", "B K N", "ρ", "Ratios of the first samples after each epoch"),
    "inner_advantage": Signal("snapshot", "B K N", "A", "Their advantages, as they are used"),
    "inner_policy": Signal(
        "snapshot", "B K P", "θ", "Parameters before the first epoch and after each"
    ),
    "inner_kl": Signal(
        "snapshot", "B K", "KL", "KL from the old policy after each epoch, exact in each state"
    ),
    "inner_k1": Signal("snapshot", "B K", "k1", "Its estimate from log-ratios", "−mean log ρ"),
    "inner_k3": Signal(
        "snapshot", "B K", "k3", "Its estimate that is never negative", "mean(ρ − 1 − log ρ)"
    ),
    "inner_effective": Signal(
        "snapshot", "B K", "ESS/N", "Share of the samples that count", "(Σ ρ)² / (N Σ ρ²)"
    ),
    "inner_outside": Signal(
        "snapshot",
        "B K",
        "",
        "Share of ratios outside the band after each epoch",
        "ρ < 1 − ε_low or ρ > 1 + ε_high",
        aliases=("losses/clipfrac", "train/clip_fraction"),
    ),
    "inner_binding": Signal(
        "snapshot",
        "B K",
        "",
        "Share of samples whose gradient the clip has taken",
        "A > 0 and ρ > 1 + ε_high, or A < 0 and ρ < 1 − ε_low",
        aliases=("actor/pg_clipfrac", "policy/clip_ratio"),
    ),
    "inner_cases": Signal(
        "snapshot", "B K 6", "", "Share of samples in each of the six cases after each epoch"
    ),
    "epoch": Signal("snapshot", "B", "k", "Number of this epoch, from 1"),
    "ratio_mean": Signal("snapshot", "B", "mean ρ", "Mean ratio of the batch"),
    "log_ratio_mean": Signal("snapshot", "B", "mean log ρ", "Mean log-ratio of the batch"),
    "k3_estimate": Signal(
        "trace",
        "B",
        "k3",
        "KL from the old policy as libraries estimate it",
        "mean(ρ − 1 − log ρ)",
        "nat",
        aliases=("losses/approx_kl", "train/approx_kl"),
    ),
    "old_kl": Signal(
        "trace",
        "B",
        "KL(π_old‖π)",
        "KL from the old policy, exact in each state of the batch",
        "mean_s Σ_a π_old(a|s) log(π_old(a|s) / π(a|s))",
        "nat",
    ),
    "batch_effective": Signal(
        "trace", "B", "ESS/N", "Share of the samples that count", "(Σ ρ)² / (N Σ ρ²)"
    ),
    "outside_share": Signal(
        "trace", "B", "", "Share of ratios outside the band", "ρ < 1 − ε_low or ρ > 1 + ε_high"
    ),
    "binding_share": Signal(
        "trace",
        "B",
        "",
        "Share of samples whose gradient the clip has taken",
        "A > 0 and ρ > 1 + ε_high, or A < 0 and ρ < 1 − ε_low",
    ),
    # A penalty in place of the clip.
    "batch_surrogate": Signal(
        "snapshot", "B", "L", "What the minibatch says the policy would gain", "mean ρ A"
    ),
    "minibatch_kl": Signal(
        "snapshot", "B", "KL", "KL from the old policy in the states of this minibatch"
    ),
    "penalised": Signal("snapshot", "B", "L − β KL", "What is raised", "mean ρ A − β KL"),
    "beta_before": Signal("snapshot", "B", "β", "Weight of the penalty so far"),
    "beta_factor": Signal("snapshot", "B", "", "What the rule multiplies β with"),
    "beta": Signal(
        "trace",
        "B",
        "β",
        "Weight of the penalty for the next batch",
        "β ← 2 β where KL > 1.5 d, β / 2 where KL < d / 1.5",
        aliases=("kl_coeff", "objective/kl_coef"),
    ),
    "batch_kl": Signal(
        "trace",
        "B",
        "KL_end",
        "KL at the end of a batch's epochs, exact in each state",
        "",
        "nat",
    ),
    "kl_target": Signal("derived", "", "d", "KL that the rule for β aims at", unit="nat"),
    # What the clip does, exactly.
    "ratio_grid": Signal("derived", "101", "ρ", "Ratios at which the objective is drawn"),
    "clip_objective_up": Signal(
        "derived", "101", "L(ρ)", "Objective of a sample with A = 1", "min(ρ A, clip(ρ) A)"
    ),
    "clip_objective_down": Signal(
        "derived", "101", "L(ρ)", "Objective of a sample with A = −1", "min(ρ A, clip(ρ) A)"
    ),
    "clip_slope_up": Signal("derived", "101", "∂L/∂ρ", "Its slope for A = 1", "∂L/∂ρ"),
    "clip_slope_down": Signal("derived", "101", "∂L/∂ρ", "Its slope for A = −1", "∂L/∂ρ"),
    "band_low": Signal("derived", "", "1 − ε_low", "Lower edge of the band"),
    "band_high": Signal("derived", "", "1 + ε_high", "Upper edge of the band"),
    "band_kl": Signal(
        "derived",
        "",
        "KL_band",
        "The greatest KL as long as every ratio is inside the band",
        "−½ ln(1 − ε²) for ε on both sides",
        "nat",
    ),
    # Samples where they land.
    "alive_ratio": Signal("derived", "N", "ρ", "Ratios of samples that have a gradient"),
    "alive_advantage": Signal("derived", "N", "A", "Their advantages"),
    "silent_ratio": Signal("derived", "N", "ρ", "Ratios of samples that have none"),
    "silent_advantage": Signal("derived", "N", "A", "Their advantages"),
    "strip_place": Signal("derived", "N", "k", "Epoch of each shown ratio, a little aside"),
    "strip_up": Signal("derived", "N", "ρ", "Ratios with A > 0 that have a gradient"),
    "strip_down": Signal("derived", "N", "ρ", "Ratios with A < 0 that have a gradient"),
    "strip_silent": Signal("derived", "N", "ρ", "Ratios that have none"),
    "inner_epochs": Signal("derived", "K", "k", "Numbers of the epochs"),
    **{
        f"case_{sign}_{place}": Signal(
            "derived", "", "", f"Share of samples with A {mark} 0 and ρ {where} the band"
        )
        for sign, mark in (("up", "≥"), ("down", "<"))
        for place, where in (("below", "below"), ("inside", "inside"), ("above", "above"))
    },
    # The exact lens, a triangle with an arm at each corner.
    "lens_axis": Signal("derived", "61", "", "Rows and columns of a picture of the triangle"),
    "lens_climbed": Signal(
        "derived", "61 61", "L(π)", "What the method climbs, with exact advantages"
    ),
    "lens_edge": Signal("derived", "61 61", "", "How far a policy is out of the band"),
    **{
        f"lens_{kind}_{axis}": Signal("derived", "K", axis, meaning)
        for kind, meaning in (
            ("taken", "The way of the run through its newest batch"),
            ("free", "Exact way without a clip"),
            ("clipped", "Exact way with the clip"),
            ("penalised", "Exact way with the penalty"),
            ("trusted", "One exact step of TRPO"),
        )
        for axis in ("x", "y")
    },
}
