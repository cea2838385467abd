"""Derived signals: made from others on the worker side, when somebody watches.

Each is a function of a `View`: the newest values, the config of now, and the world's exact truth.
What has an exact value that does not exist raises NoFiniteTruth, and the page shows the sentence.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlviz.errors import NoFiniteTruth, RlvizError
from rlviz.exact import dynamic_programming as dp
from rlviz.worlds.tabular import TabularWorld

Array = NDArray[np.float64]
TRUTH_SHARE = 0.2  # of a run's time that solving for the screen may take
_KEPT = 64  # solutions in memory


@dataclass
class Truth:
    """Exact solutions of one world, solved once for each (γ, ε).

    `hurried` is set by the run loop while the solutions for the screen have had their share of
    time: then the newest solution stands in, stamped with its own iteration. Curves never hurry,
    because a run's numbers may not depend on the clock.
    """

    world: TabularWorld
    hurried: bool = False
    seconds: float = 0.0
    iteration: int = 0  # of the solution that was handed out last
    reachable: NDArray[np.int64] = field(init=False)  # states, for distances to the truth
    _solved: dict[tuple[Any, ...], tuple[int, Any]] = field(default_factory=dict)
    _newest: dict[tuple[str, bool], tuple[int, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """What depends on the world alone."""
        self.reachable = np.flatnonzero(dp.reachable(self.world))

    def best(self, gamma: float, epsilon: float, now: int) -> dp.Solution:
        """The best policy that explores with ε; ε = 0 is the optimal one."""
        solution: dp.Solution = self._once(
            ("best", gamma, epsilon), now, lambda: dp.best_policy(self.world, gamma, epsilon)
        )
        return solution

    def optimal_return(self, gamma: float, epsilon: float, now: int) -> float:
        """Return under the time limit of the γ-optimal policy, made to explore with ε."""

        def solve() -> float:
            policy = dp.epsilon_soft(self.best(gamma, 0.0, now).greedy, epsilon)
            return dp.limited_return(self.world, policy)

        return float(self._once(("return", gamma, epsilon), now, solve))

    def _once(self, key: tuple[Any, ...], now: int, solve: Callable[[], Any]) -> Any:
        if key not in self._solved:
            question, _, epsilon = key
            kind = (question, epsilon > 0)  # Q* may not stand in for the truth of who explores
            if self.hurried and kind in self._newest:
                self.iteration, solution = self._newest[kind]
                return solution
            # What is kept may be used by a curve, so nothing in it may be hurried.
            hurried, self.hurried = self.hurried, False
            spent, start = self.seconds, time.perf_counter()
            try:
                solution = solve()
            finally:
                self.seconds = spent + time.perf_counter() - start  # solved on its way, once
                self.hurried = hurried
            self._newest[kind] = self._solved[key] = (now, solution)
            while len(self._solved) > _KEPT:
                del self._solved[next(iter(self._solved))]
        self.iteration = now
        return self._solved[key][1]


@dataclass
class View:
    """A run at one moment, as derived signals see it."""

    latest: dict[str, Tensor]  # by signal, [B, ...]
    config: Any  # resolved for this iteration: numbers, or [B] tensors
    truth: Truth
    after: dict[str, str]  # estimate → the exact signal that the algorithm is after
    iteration: int

    def first(self, name: str) -> Array:
        """Replica 0's newest value."""
        return self.latest[name][0].cpu().numpy().astype(np.float64)

    def setting(self, name: str, replica: int = 0) -> float:
        """A config value of now, of one replica."""
        if name not in vars(self.config):
            raise NoFiniteTruth(f"This algorithm has no `{name}`.")
        value = getattr(self.config, name)
        return float(value[replica] if isinstance(value, Tensor) else value)

    def aim(self, replica: int = 0) -> dp.Solution:
        """What the algorithm is after, for that replica's settings."""
        gamma = self.setting("gamma", replica)
        exploring = self.after["q"] == "q_soft_optimal"
        epsilon = self.setting("epsilon", replica) if exploring else 0.0
        return self.truth.best(gamma, epsilon, self.iteration)


def state_value(view: View) -> Array:
    """V(s) = max_a Q(s, a)."""
    return np.asarray(view.first("q").max(-1))


def greedy_policy(view: View) -> Array:
    """Even shares over the best actions of the table, exact ties only."""
    q = view.first("q")
    best = q == q.max(-1, keepdims=True)
    with np.errstate(invalid="ignore"):  # a row of NaN has no best action: 0 / 0
        return np.asarray(best / best.sum(-1, keepdims=True))


def greedy_return(view: View) -> Array:
    """Exact return of that policy under the time limit."""
    return np.array(dp.limited_return(view.truth.world, greedy_policy(view)))


def q_optimal(view: View) -> Array:
    """Q* for the γ of now."""
    return view.truth.best(view.setting("gamma"), 0.0, view.iteration).q


def q_soft_optimal(view: View) -> Array:
    """Q of the best policy that explores with the ε of now."""
    return view.truth.best(view.setting("gamma"), view.setting("epsilon"), view.iteration).q


def truth_distance(view: View) -> Array:
    """Root mean square of Q − Q† over the reachable pairs, for every replica [B]."""
    q = view.latest["q"]
    each = any(isinstance(value, Tensor) for value in vars(view.config).values())
    tables = [view.aim(b).q for b in range(len(q))] if each else [view.aim().q]
    truth = torch.from_numpy(np.stack(tables)).to(q.device)
    reached = torch.from_numpy(view.truth.reachable).to(q.device)
    gap = q.index_select(1, reached) - truth.index_select(1, reached)
    distance: Array = gap.square().mean((1, 2)).sqrt().cpu().numpy()
    return distance


def _return(view: View, *, exploring: bool) -> Array:
    epsilon = view.setting("epsilon") if exploring else 0.0
    return np.array(view.truth.optimal_return(view.setting("gamma"), epsilon, view.iteration))


Function = Callable[[View], Array]

# name → (signals that must have been yielded, function)
DERIVED: dict[str, tuple[tuple[str, ...], Function]] = {
    "state_value": (("q",), state_value),
    "greedy_policy": (("q",), greedy_policy),
    "greedy_return": (("q",), greedy_return),
    "q_optimal": ((), q_optimal),
    "q_soft_optimal": ((), q_soft_optimal),
    "truth_q": ((), lambda view: view.aim().q),
    "truth_value": ((), lambda view: np.asarray(view.aim().q.max(-1))),
    "truth_policy": ((), lambda view: view.aim().greedy),
    "q_gap": (("q",), lambda view: view.first("q") - view.aim().q),
    "truth_distance": (("q",), truth_distance),
    "optimal_return": ((), lambda view: _return(view, exploring=False)),
    "optimal_return_exploring": ((), lambda view: _return(view, exploring=True)),
}


def derive(name: str, view: View) -> Array | str | None:
    """The value; the sentence that says why there is none; None where it only has to wait."""
    needs, function = DERIVED[name]
    if any(need not in view.latest for need in needs):
        return None
    try:
        return function(view)
    except RlvizError as reason:
        return str(reason)
