"""One episode, looked at closely: rewards, weights, and what its return is a sample of."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

SIGNALS: dict[str, Signal] = {
    # The return of the episode that is running.
    "return_before": Signal(
        "snapshot", "B", "G₀:ₖ", "Discounted rewards before this step", "", "reward"
    ),
    "discount_weight": Signal(
        "snapshot", "B", "γᵏ", "Weight of this step's reward in the return from the start"
    ),
    "return_so_far": Signal(
        "snapshot",
        "B",
        "G₀:ₖ₊₁",
        "Discounted rewards of this episode so far",
        "Σ_{j≤k} γ^j·r_{j+1}",
        "reward",
    ),
    "start_return": Signal(
        "event",
        "B",
        "G_0",
        "Discounted return from the start of an episode that has just arrived",
        "G_0 = Σ_k γ^k·r_{k+1}",
        "reward",
    ),
    "episode_states": Signal("snapshot", "B 24", "s_k", "First states of the episode shown"),
    "episode_actions": Signal("snapshot", "B 24", "a_k", "First actions of the episode shown"),
    "episode_rewards": Signal(
        "snapshot", "B 24", "r_{k+1}", "First rewards of the episode shown", "", "reward"
    ),
    "recent_returns": Signal(
        "snapshot", "B 64", "", "Newest discounted returns from the start", "", "reward"
    ),
    # Made of it, for the pictures.
    "step_index": Signal("derived", "24", "k", "Number of a step, from 0 at the start"),
    "reward_index": Signal("derived", "24", "", "When the reward of each step comes: one later"),
    "discount_weights": Signal(
        "derived", "24", "", "Weight of every reward of the episode shown", "γ^k"
    ),
    "weighted_rewards": Signal(
        "derived", "24", "", "Rewards times their weights", "γ^k·r_{k+1}", "reward"
    ),
    "running_returns": Signal(
        "derived", "24", "", "Sum of the weighted rewards up to each step", "", "reward"
    ),
    "ruler_discount": Signal("derived", "100", "", "Discounts of the ruler, from 0 to 0.99"),
    "ruler_horizon": Signal(
        "derived", "100", "", "Sum of all weights for those discounts", "1/(1−γ)", "steps"
    ),
    "horizon": Signal(
        "derived", "", "H", "Sum of all weights: how many steps count", "1/(1−γ)", "steps"
    ),
    "loop_steps": Signal("derived", "101", "", "Steps of a loop that pays 1 in each"),
    "loop_sums": Signal("derived", "101", "", "Its return after so many steps", "Σ_{j<k} γ^j"),
    "loop_limit": Signal("derived", "101", "", "What it comes to in the end", "1/(1−γ)"),
    "counted_index": Signal("derived", "24", "", "Index of each reward that V(s₁) counts"),
    "counted_row": Signal("derived", "24", "", "Its way of numbering: Rₜ, rₜ or rₜ₊₁"),
    "counted_reward": Signal("derived", "24", "", "That reward", "", "reward"),
    "left_index": Signal("derived", "24", "", "Index of each reward that V(s₁) leaves out"),
    "left_row": Signal("derived", "24", "", "The way of numbering it: Rₜ, rₜ or rₜ₊₁"),
    "left_reward": Signal("derived", "24", "", "The reward left out", "", "reward"),
    "action_index": Signal("derived", "A", "", "Number of each action"),
    "advantage_here": Signal(
        "derived",
        "A",
        "A(s,·)",
        "Exact advantage of each action where the agent stands",
        "A(s, a) = Q(s, a) − V(s)",
        "reward",
    ),
    "advantage_shares": Signal(
        "derived",
        "A",
        "",
        "The same, weighted by how often the policy takes the action",
        "π(a|s)·A(s, a)",
        "reward",
    ),
    "advantage_sum": Signal(
        "derived",
        "",
        "",
        "Sum of the weighted advantages, 0 in every state",
        "Σ_a π(a|s)·A(s, a)",
        "reward",
    ),
    "return_levels": Signal(
        "derived", "20", "", "Middle of each bin of returns from the start", "", "reward"
    ),
    "return_counts": Signal("derived", "20", "", "Returns of all replicas in each bin"),
    "return_expected": Signal(
        "derived", "", "V_π(s_0)", "Exact value of the start states", "E[G_0]", "reward"
    ),
    "tree_depths": Signal("derived", "1200", "", "Depth of the ends of each branch, a gap between"),
    "tree_heights": Signal("derived", "1200", "", "Height of the ends of each branch"),
    "tree_node_depths": Signal("derived", "401", "", "Depth of each trajectory's last state"),
    "tree_node_heights": Signal("derived", "401", "", "Height of each trajectory"),
    "tree_node_chances": Signal(
        "derived", "401", "p(τ)", "Exact probability of each trajectory", "p(s_0)·Π_t π·P"
    ),
    "tree_levels": Signal("derived", "7", "", "Depths of the tree"),
    "tree_sums": Signal(
        "derived", "7", "", "Probabilities of all trajectories of a depth", "Σ_τ p(τ)"
    ),
}
