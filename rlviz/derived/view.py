"""A run at one moment, as derived signals see it, and the exact solutions of its world."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from rlviz.errors import NoFiniteTruth
from rlviz.exact import actors, bandits, soft
from rlviz.exact import dynamic_programming as dp
from rlviz.exact.policies import followed
from rlviz.exact.weighted_means import proportions
from rlviz.worlds.continuous import ContinuousBandit
from rlviz.worlds.tabular import TabularWorld

Array = NDArray[np.float64]
NO_TABLE = "An action of this world is any number, so there is no table of them."
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
        if isinstance(self.world, ContinuousBandit):
            raise NoFiniteTruth(NO_TABLE)
        solution: dp.Solution = self.once(
            ("best", gamma, epsilon), now, lambda: dp.best_policy(self.world, gamma, epsilon)
        )
        return solution

    def of_policy(self, gamma: float, random_share: float, now: int) -> dp.Solution:
        """The values of the fixed policy that moves at random with that probability."""

        def solve() -> dp.Solution:
            policy = followed(self.world, gamma, random_share)
            v = dp.policy_value(self.world, policy, gamma)
            if np.isnan(v[self.reachable]).any():
                raise NoFiniteTruth(dp.MAY_WANDER)
            return dp.Solution(v, dp.action_values(self.world, v, gamma), policy, policy)

        solution: dp.Solution = self.once(("policy", gamma, random_share), now, solve)
        return solution

    def optimal_return(self, gamma: float, epsilon: float, now: int) -> float:
        """Return under the time limit of the γ-optimal policy, made to explore with ε."""

        def solve() -> float:
            policy = dp.epsilon_soft(self.best(gamma, 0.0, now).greedy, epsilon, self.world.allowed)
            return dp.limited_return(self.world, policy)

        return float(self.once(("return", gamma, epsilon), now, solve))

    def once(self, key: tuple[Any, ...], now: int, solve: Callable[[], Any]) -> Any:
        """What `solve` gives, kept under (question, γ, share of random moves, ...).

        That there is none, NoFiniteTruth, takes as long to find, so it is kept and raised again.
        """
        if key not in self._solved:
            question, _, epsilon, *_ = key
            kind = (question, epsilon > 0)  # Q* may not stand in for the truth of who explores
            if self.hurried and kind in self._newest:
                self.iteration, solution = self._newest[kind]
                return solution
            # What is kept may be used by a curve, so nothing in it may be hurried.
            hurried, self.hurried = self.hurried, False
            spent, start = self.seconds, time.perf_counter()
            try:
                solution = solve()
                self._newest[kind] = (now, solution)
            except NoFiniteTruth as none:
                solution = none.with_traceback(None)  # which would keep all that it came by
            finally:
                self.seconds = spent + time.perf_counter() - start  # solved on its way, once
                self.hurried = hurried
            self._solved[key] = (now, solution)
            while len(self._solved) > _KEPT:
                del self._solved[next(iter(self._solved))]
        self.iteration = now
        self._solved[key] = self._solved.pop(key)  # what is still asked for is let go last
        solution = self._solved[key][1]
        if isinstance(solution, NoFiniteTruth):
            raise solution.with_traceback(None)
        return solution


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
        value = self.choice(name)
        return float(value[replica] if isinstance(value, Tensor) else value)

    def choice(self, name: str) -> Any:
        """A config value of now that is no number."""
        if name not in vars(self.config):
            raise NoFiniteTruth(f"This algorithm has no `{name}`.")
        return getattr(self.config, name)

    def aim(self, replica: int = 0) -> dp.Solution:
        """What the algorithm is after, for that replica's settings."""
        return AIMS[next(iter(self.after.values()))](self, replica)


def _best(view: View, replica: int) -> dp.Solution:
    return view.truth.best(view.setting("gamma", replica), 0.0, view.iteration)


def _best_exploring(view: View, replica: int) -> dp.Solution:
    if vars(view.config).get("behaviour", "epsilon_greedy") != "epsilon_greedy":
        raise NoFiniteTruth(
            "The exact table of an on-policy method is that of the best ε-greedy policy; with "
            "another behaviour there is none to compare with."
        )
    gamma, epsilon = (view.setting(name, replica) for name in ("gamma", "epsilon"))
    return view.truth.best(gamma, epsilon, view.iteration)


def _of_policy(view: View, replica: int) -> dp.Solution:
    gamma, share = (view.setting(name, replica) for name in ("gamma", "random_share"))
    return view.truth.of_policy(gamma, share, view.iteration)


def _of_actor(view: View, replica: int) -> dp.Solution:
    """The values of the policy that this replica has learned so far."""
    world, gamma = view.truth.world, view.setting("gamma", replica)
    theta = view.latest["theta"][replica : replica + 1].detach().cpu().numpy().astype(np.float64)
    policies = actors.softmax_policies(world, theta)
    v, q = actors.values(world, policies, gamma)
    return dp.Solution(v[0], q[0], policies[0], dp.greedy(q[0]))


def _of_target(view: View, replica: int) -> dp.Solution:
    """What the target policy of importance sampling is worth; all of it in one state."""
    target = proportions(np.array([view.setting(f"target_{i}", replica) for i in (1, 2, 3)]))
    q = view.truth.world.reward[:, :, 0]
    return dp.Solution(q @ target, q, target[None], dp.greedy(q))


def _with_bonus(view: View, replica: int) -> dp.Solution:
    """The best where chance is paid for; a bonus below 0 is best left unpaid, by no chance."""
    gamma, bonus = (view.setting(name, replica) for name in ("gamma", "entropy_bonus"))
    solution: dp.Solution = view.truth.once(
        ("bonus", gamma, 0.0, max(bonus, 0.0)),
        view.iteration,
        lambda: soft.soft_solution(view.truth.world, gamma, max(bonus, 0.0)),
    )
    return solution


def _arms(view: View, _replica: int) -> dp.Solution:
    return bandits.solution(view.truth.world)


# What an algorithm's TRUTH may name: estimate → one of these.
AIMS: dict[str, Callable[[View, int], dp.Solution]] = {
    "q_optimal": _best,
    "q_soft_optimal": _best_exploring,
    "v_optimal": _best,
    "v_policy": _of_policy,
    "v_actor": _of_actor,
    "v_target": _of_target,
    "v_bonus": _with_bonus,
    "q_arms": _arms,
}
Function = Callable[[View], Array]
# A module of this package has DERIVED: name → (signals that must have been yielded, function);
# "q|v" wants either.
Table = dict[str, tuple[tuple[str, ...], Function]]
