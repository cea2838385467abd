"""The one vocabulary: every signal that algorithms yield and figures ask for.

Algorithms name signals, figures ask for them, and neither imports the other. A kind says what
becomes of a value:

    event     NaN-masked [B], one for each beat: becomes a curve (episode returns)
    trace     [B] or a number, one for each beat: becomes a curve (TD errors)
    snapshot  only the newest value matters; replica 0 is what is sent (tables, the current pair)
    static    sent once for a world (walls, the shape of the map)
    derived   made from others on the worker side, when somebody watches; with `curve` on a fixed
              grid of iterations, watched or not

A signal with `tail` also keeps its last values of replica 0, so that a trail can be drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rlviz.errors import UnknownName

if TYPE_CHECKING:
    from torch import Tensor

Kind = Literal["event", "trace", "snapshot", "static", "derived"]
Beat = tuple[str, "dict[str, Tensor]"]

TAIL = 64  # values of replica 0 that a signal with `tail` keeps
CURVE_COLUMNS = ("at", "n", "mean", "sd", "min", "max", "replica_0")


def beat(name: str, **signals: Tensor) -> Beat:
    """A place where a learner may want to stop: a bare name and references, no copy, no check."""
    return name, signals


@dataclass(frozen=True)
class Signal:
    """What one name means, once, for code, pictures, glossary and command line."""

    kind: Kind
    axes: str  # of what an algorithm yields: "B", "B S A", "S"; B is dropped in what is sent
    symbol: str
    meaning: str
    formula: str = ""
    unit: str = ""
    tail: bool = False
    curve: bool = False  # of a derived signal: evaluated on the grid and kept as a curve
    aliases: tuple[str, ...] = ()  # what other libraries call it

    @property
    def is_curve(self) -> bool:
        """Whether it is reduced to bins over iterations and travels whole."""
        return self.kind in ("event", "trace") or self.curve


SIGNALS: dict[str, Signal] = {
    # Where the agent stands.
    "state": Signal("snapshot", "B", "s", "State before the action", tail=True),
    "action": Signal("snapshot", "B", "a", "Action taken", tail=True),
    "reward": Signal("snapshot", "B", "r", "Reward on arriving", "r_{t+1}"),
    "next_state": Signal("snapshot", "B", "s'", "State after the action", tail=True),
    "next_action": Signal("snapshot", "B", "a'", "Action that will be taken next"),
    "exploratory": Signal(
        "snapshot", "B", "", "1 where the action was drawn at random to explore", tail=True
    ),
    "terminated": Signal(
        "snapshot", "B", "", "1 where the episode ended in a terminal state", tail=True
    ),
    "truncated": Signal("snapshot", "B", "", "1 where the time limit cut the episode", tail=True),
    "visits": Signal("derived", "S", "N(s)", "How often replica 0 has been in each state"),
    # Returns.
    "episode_return": Signal(
        "event",
        "B",
        "G",
        "Undiscounted sum of rewards of an episode that has just ended",
        "G = Σ_t r_{t+1}",
        "reward",
        aliases=("rollout/ep_rew_mean", "charts/episodic_return"),
    ),
    "episode_length": Signal(
        "event",
        "B",
        "T",
        "Steps of an episode that has just ended",
        "T",
        "steps",
        aliases=("rollout/ep_len_mean", "charts/episodic_length"),
    ),
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
    # Made from others.
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
    # The map.
    "grid_shape": Signal("static", "2", "", "Rows and columns of the map", unit="cells"),
    "cell_kind": Signal(
        "static", "S", "", "0 floor, 1 wall, 2 start, 3 goal, 4 cliff: what each cell is"
    ),
}


def signal(name: str) -> Signal:
    """The declaration of `name`; raises UnknownName with the nearest one."""
    try:
        return SIGNALS[name]
    except KeyError:
        raise UnknownName("signal", name, SIGNALS) from None
