"""Importance sampling: drawn sequences, their weights, and exactly what the weights cost."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

LENGTHS = 100  # of sequences for which the growth of the variance is drawn: 1 to 100

SIGNALS: dict[str, Signal] = {
    # The first sequence of a batch, token by token.
    "sequence_tokens": Signal("snapshot", "B T", "x_t", "Tokens of the first sequence, from 1"),
    "sequence_length_now": Signal("snapshot", "B", "T", "Tokens in a sequence", "", "tokens"),
    "ratio_before": Signal(
        "snapshot", "B", "ρ_{T−1}", "Product of the ratios of all tokens but the last"
    ),
    "last_ratio": Signal("snapshot", "B", "π/μ", "Ratio of the last token", "π(x_T)/μ(x_T)"),
    "sequence_ratio": Signal(
        "snapshot", "B", "ρ", "Weight of the first sequence", "ρ = Π_t π(x_t)/μ(x_t)"
    ),
    "sequence_value": Signal(
        "snapshot", "B", "x", "Mean reward of its tokens", "x = Σ_t r_t / T", "reward"
    ),
    # All of them.
    "support_gap": Signal(
        "snapshot",
        "B",
        "π(μ=0)",
        "Probability under the target of tokens that the behaviour never draws",
        "Σ_{a: μ(a)=0} π(a)",
    ),
    "sample_weights": Signal(
        "snapshot", "B N", "ρ_i", "Weight of each sequence of a batch", "ρ = Π_t π(x_t)/μ(x_t)"
    ),
    "sample_values": Signal(
        "snapshot", "B N", "x_i", "Mean reward of each sequence of a batch", "", "reward"
    ),
    "drawn_totals": Signal(
        "snapshot", "B 4", "", "Number, and sums of ρ, ρ² and ρx, of all that was drawn"
    ),
    "weighted_total": Signal("snapshot", "B", "Σ ρx", "Sum of weights times values", "Σ ρx"),
    "weight_total": Signal(
        "snapshot", "B", "Σ", "What it is divided by: n for the ordinary mean, else Σ ρ"
    ),
    "importance_estimate": Signal(
        "trace",
        "B",
        "Ĵ",
        "Value of the target policy, estimated with all that these settings have drawn",
        "Σ ρx / n,  or  Σ ρx / Σ ρ",
        "reward",
    ),
    "samples_worth": Signal(
        "trace",
        "B",
        "ESS/n",
        "What the samples are worth, as a share of as many drawn by the target",
        "(Σ ρ)² / (n·Σ ρ²)",
        aliases=("importance_ess", "ess"),
    ),
    # Exactly.
    "v_target": Signal(
        "derived", "S", "J", "Exact value of the target policy", "Σ_a π(a)·r(a)", "reward"
    ),
    "target_value": Signal(
        "derived",
        "",
        "J",
        "Exact value of the target policy",
        "Σ_a π(a)·r(a)",
        "reward",
        curve=True,
    ),
    "importance_limit": Signal(
        "derived",
        "",
        "Ĵ_∞",
        "Exactly where the estimate comes to rest: the target's value if nothing is out of reach",
        "E[ρx],  or  E[ρx]/E[ρ]",
        "reward",
        curve=True,
    ),
    "standard_error_above": Signal(
        "derived",
        "",
        "Ĵ_∞ + σ/√n",
        "Exact limit plus one standard error of as many samples as there are",
        "Ĵ_∞ + σ/√n",
        "reward",
        curve=True,
    ),
    "standard_error_below": Signal(
        "derived",
        "",
        "Ĵ_∞ − σ/√n",
        "Exact limit minus one standard error of as many samples as there are",
        "Ĵ_∞ − σ/√n",
        "reward",
        curve=True,
    ),
    "samples_worth_exact": Signal(
        "derived",
        "",
        "E[ρ]²/E[ρ²]",
        "Exact share that the samples are worth",
        "E[ρ]²/E[ρ²]",
        curve=True,
    ),
    "weighted_deviation": Signal(
        "derived", "", "σ", "Exact standard deviation of one sample of the estimate", "", "reward"
    ),
    "ratio_lengths": Signal(
        "derived", str(LENGTHS), "T", "Lengths of a sequence, 1 to 100", "", "tokens"
    ),
    "ratio_variances": Signal(
        "derived",
        str(LENGTHS),
        "Var ρ",
        "Exact variance of the weight for each of those lengths",
        "Var ρ = (Σ_a π(a)²/μ(a))^T − 1",
    ),
    "ratio_variance": Signal(
        "derived", "", "Var ρ", "Exact variance of the weight of now", "E[ρ²] − E[ρ]²"
    ),
    "measured_ratio_variance": Signal(
        "derived", "", "", "Variance of the weights that were drawn", "Σ ρ²/n − (Σ ρ/n)²"
    ),
    "sequence_length": Signal("derived", "", "T", "Length of a sequence of now", "", "tokens"),
    # As dots and bars.
    "token_index": Signal("derived", "A", "", "Number of each token, from 1"),
    "behaviour_shares": Signal("derived", "A", "μ(a)", "How often the behaviour draws each token"),
    "target_shares": Signal("derived", "A", "π(a)", "How often the target draws each token"),
    "reached_shares": Signal(
        "derived", "A", "", "Of the target, what the behaviour draws as well; a gap elsewhere"
    ),
    "missing_shares": Signal(
        "derived", "A", "", "Of the target, what the behaviour never draws; a gap elsewhere"
    ),
    "token_ratios": Signal(
        "derived", "A", "π/μ", "Ratio of each token; a gap where it is never drawn", "π(a)/μ(a)"
    ),
    "dot_places": Signal("derived", "N", "", "Number of each sequence of the batch, from 1"),
    "dot_values": Signal("derived", "N", "x_i", "Value of each sequence", "", "reward"),
    "dot_weights": Signal("derived", "N", "ρ_i", "Weight of each sequence"),
    "dot_sizes": Signal("derived", "N", "", "Its size as a dot: area in proportion", "", "pixels"),
    "unweighted_mean": Signal(
        "derived", "", "", "Mean of the batch without weights: what the behaviour is worth"
    ),
}
