"""Tables of values: one update, what is made of them, and their exact truth."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

SIGNALS: dict[str, Signal] = {
    # One tabular update.
    "q": Signal("snapshot", "B S A", "Q", "Action values", "Q(s, a)", "reward"),
    "q_sa": Signal("snapshot", "B", "Q(s,a)", "Value of the pair before the update", "Q(s, a)"),
    "q_next": Signal("snapshot", "B A", "Q(s',·)", "Action values of the next state", "Q(s', ·)"),
    "q_next_sa": Signal(
        "snapshot", "B", "Q(s',a')", "Value of the next pair, 0 at a terminal state", "Q(s', a')"
    ),
    "td_error": Signal(
        "trace",
        "B",
        "δ",
        "Target minus estimate: how wrong the value was",
        "δ = r + γ·target − Q(s, a)",
        "reward",
        aliases=("losses/td_loss",),
    ),
    "q_new": Signal("snapshot", "B", "Q(s,a)", "Value of the pair after the update", "Q(s, a)"),
    "v": Signal("snapshot", "B S", "V", "State values", "V(s)", "reward"),
    "policy": Signal("snapshot", "B S A", "π", "Policy of now", "π(a|s)"),
    # Made from others.
    "action_value": Signal(
        "derived",
        "S A",
        "Q",
        "Action values, or one step before the state values where there are no others",
        "Q(s, a) = Σ_{s'} P(s'|s, a)·(r + γ·V(s'))",
        "reward",
    ),
    "shown_policy": Signal(
        "derived", "S A", "π", "The policy that is evaluated, else the greedy one of the table"
    ),
    "value_gap": Signal("derived", "S", "V−V†", "Estimate minus truth", "V(s) − V†(s)", "reward"),
    "state_value": Signal(
        "derived",
        "S",
        "V",
        "Value of the best action by the table",
        "V(s) = max_a Q(s, a)",
        "reward",
    ),
    "greedy_policy": Signal(
        "derived", "S A", "π", "Greedy policy by the table; ties share evenly", "argmax_a Q(s, a)"
    ),
    "greedy_return": Signal(
        "derived",
        "",
        "J",
        "Exact expected return of the greedy policy of replica 0, under the time limit",
        "E[Σ_t r_{t+1}]",
        "reward",
    ),
    # The truth, for the config of now.
    "q_optimal": Signal(
        "derived",
        "S A",
        "Q*",
        "Optimal action values",
        "Q*(s, a) = Σ_{s'} P(s'|s, a)·(r + γ·max_{a'} Q*(s', a'))",
        "reward",
    ),
    "q_soft_optimal": Signal(
        "derived",
        "S A",
        "Q_ε",
        "Action values of the best policy that explores with probability ε",
        "Q_ε(s, a) = Σ_{s'} P(s'|s, a)·(r + γ·Σ_{a'} π_ε(a'|s')·Q_ε(s', a'))",
        "reward",
    ),
    "truth_q": Signal(
        "derived", "S A", "Q†", "The exact table that this method is after", "", "reward"
    ),
    "truth_value": Signal(
        "derived", "S", "V†", "Best value in each state of that table", "", "reward"
    ),
    "truth_policy": Signal(
        "derived", "S A", "π†", "Greedy policy of that table; ties share evenly"
    ),
    "q_gap": Signal(
        "derived", "S A", "Q−Q†", "Estimate minus truth", "Q(s, a) − Q†(s, a)", "reward"
    ),
    "truth_distance": Signal(
        "derived",
        "B",
        "‖Q−Q†‖",
        "Root mean square of estimate minus truth over the reachable pairs",
        "√ mean_{(s,a)} (Q(s, a) − Q†(s, a))²",
        "reward",
        curve=True,
    ),
    "optimal_return": Signal(
        "derived",
        "",
        "J*",
        "Exact return of the γ-optimal policy under the time limit",
        "E[Σ_t r_{t+1}], greedy on Q*",
        "reward",
        curve=True,
    ),
    "optimal_return_exploring": Signal(
        "derived",
        "",
        "J*_ε",
        "Exact return of the same policy when it explores with the ε of now",
        "E[Σ_t r_{t+1}], ε-greedy on Q*",
        "reward",
        curve=True,
    ),
    # Config values of now, as the run uses them.
    "alpha": Signal("derived", "", "α", "Step size of now"),
    "gamma": Signal("derived", "", "γ", "Discount of now"),
    "epsilon": Signal("derived", "", "ε", "Exploration of now"),
}
