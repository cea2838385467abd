"""What a learned policy is worth, exactly: its return, its gradient, and the best one there is."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from torch import Tensor

from rlviz.derived.view import NO_TABLE, Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import actors
from rlviz.exact import policy_gradient as pg
from rlviz.worlds.continuous import ContinuousBandit
from rlviz.worlds.tabular import TabularWorld

NOT_KNOWN = (
    "What is the best that a policy can do that sees several states as one is not known here."
)
_FINE = 4001  # numbers among which the best action is looked for
_STEPS = 201  # probabilities of one action that are tried, each time closer together


def tables(view: View) -> Array:
    """π(a|s) of every replica, [B, S, A]."""
    world = view.truth.world
    if isinstance(world, ContinuousBandit):
        raise NoFiniteTruth(NO_TABLE)
    return actors.softmax_policies(world, _all(view, "theta"))


def objectives(view: View) -> Array:
    """J(π_θ) of every replica, [B]: E[Σ γ^t r_{t+1}] from the start."""
    world, theta = view.truth.world, _all(view, "theta")
    if isinstance(world, ContinuousBandit):
        mean, log_deviation = theta[:, 0].T
        return actors.gaussian_objectives(world, mean, np.exp(log_deviation))
    v = actors.state_values(world, tables(view), settings(view, "gamma"))
    return np.asarray(v @ world.start)


def gradient(view: View) -> Array:
    """∇J(θ) of replica 0 in one row, [P]."""
    world, theta = view.truth.world, view.first("theta")
    if isinstance(world, ContinuousBandit):
        mean, log_deviation = theta.T
        return np.asarray(actors.gaussian_gradients(world, mean, np.exp(log_deviation))[0])
    return pg.gradient(world, theta, view.setting("gamma"), world.observed).reshape(-1)


def best(view: View) -> Array:
    """The largest J of all policies that this one can become, []."""
    world = view.truth.world
    if isinstance(world, ContinuousBandit):
        return np.array(world.paid(np.linspace(-10, 10, _FINE)).max())
    gamma = view.setting("gamma")
    if world.observed is None or world.n_observations == world.n_states:
        return np.array(world.start @ view.truth.best(gamma, 0.0, view.iteration).v)
    if world.n_observations > 1:
        raise NoFiniteTruth(NOT_KNOWN)
    if (~world.terminal).sum() == 1:  # one state to act in: nothing is confused
        return np.array(world.start @ view.truth.best(gamma, 0.0, view.iteration).v)
    if world.n_actions > 2:
        raise NoFiniteTruth(NOT_KNOWN)
    return np.array(_best_of_two(world, gamma))


@lru_cache(maxsize=64)
def _best_of_two(world: TabularWorld, gamma: float) -> float:
    """Of all p = π(second action), the same everywhere: a grid, and then a finer one about it."""
    low, high = 1e-6, 1 - 1e-6
    for _ in range(4):
        p = np.linspace(low, high, _STEPS)
        rows = np.stack([1 - p, p], 1)[:, None].repeat(world.n_states, 1)  # [n, S, A]
        found = actors.state_values(world, rows, gamma) @ world.start
        at = int(found.argmax())
        low, high = p[max(at - 1, 0)], p[min(at + 1, _STEPS - 1)]
    return float(found.max())


def settings(view: View, name: str) -> float | Array:
    """A config value of now, or that of every replica, [B]."""
    value = getattr(view.config, name)
    return value.cpu().numpy() if isinstance(value, Tensor) else float(value)


def _all(view: View, name: str) -> Array:
    return view.latest[name].detach().cpu().numpy().astype(np.float64)


DERIVED: Table = {
    "policy_objective": (("theta",), objectives),
    "best_objective": (("theta",), best),
    "exact_gradient": (("theta",), gradient),
}
