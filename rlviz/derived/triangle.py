"""Three arms: a policy is a point of a triangle, and a gradient that sums to 0 an arrow in it."""

from __future__ import annotations

import numpy as np

from rlviz.derived.gradients import before
from rlviz.derived.policies import tables
from rlviz.derived.view import Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import bandits
from rlviz.exact.policy_gradient import softmax
from rlviz.worlds.continuous import ContinuousBandit

NO_TRIANGLE = "Only with three arms and one step do the policies fill a triangle."
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 1.0]])  # of arm 1, 2, 3: up is π(3)
LEVELS = 9
MOST = 64  # replicas that are drawn
_STEPS, _LENGTH = 120, 0.05  # of the exact ascent, in preferences
_ARROW = 0.6  # times the change of the policy that a gradient of one causes


def place(weights: Array) -> Array:
    """Of [..., 3] weights of the corners the place, [..., 2]; weights that sum to 0 are arrows."""
    at: Array = weights @ CORNERS
    return at


def arms(view: View) -> Array:
    """What each arm pays on average, [3]."""
    world = view.truth.world
    one_row = not isinstance(world, ContinuousBandit) and world.n_observations == 1
    if not one_row or world.n_actions != 3 or world.time_limit != 1:
        raise NoFiniteTruth(NO_TRIANGLE)
    found: Array = bandits.arm_means(world)[0]
    return found


def levels(view: View) -> tuple[Array, Array]:
    """Both ends of each line of equal J and a gap, [3·n, 2], and their J, [3·n].

    J is linear in π, so such a line joins two sides of the triangle.
    """
    pays = arms(view)
    order = np.argsort(pays)
    low, middle, high = pays[order]
    ends = np.full((LEVELS, 3, 2), np.nan)
    values = np.full((LEVELS, 3), np.nan)
    if high > low:
        for i, level in enumerate(np.linspace(low, high, LEVELS + 2)[1:-1]):
            first = _between(order[0], order[2], (level - low) / (high - low))
            if level < middle:
                second = _between(order[0], order[1], (level - low) / (middle - low))
            else:
                second = _between(order[1], order[2], (level - middle) / (high - middle))
            ends[i, 0], ends[i, 1], values[i] = place(first), place(second), level
    return ends.reshape(-1, 2), values.reshape(-1)


def _between(a: int, b: int, share: float) -> Array:
    weights = np.zeros(3)
    weights[a], weights[b] = 1 - share, share
    return weights


def ascent(view: View) -> Array:
    """The exact ascent from the first policy, [n, 2]: short steps, as many as are seen."""
    pays = arms(view)
    first = view.truth.world.statics["first_preference"][0]

    def walk() -> Array:
        theta, path = first.copy(), []
        for _ in range(_STEPS):
            pi = softmax(theta)
            path.append(pi)
            slope = pi * (pays - pi @ pays)
            theta = theta + _LENGTH * slope / max(float(np.linalg.norm(slope)), 1e-12)
        return place(np.array(path))

    found: Array = view.truth.once(("ascent", 0.0, 0.0), view.iteration, walk)
    return found


def here(view: View) -> Array:
    """The policy of every replica that is drawn, [B, 2]."""
    arms(view)
    return place(tables(view)[:MOST, 0])


def arrow(view: View, *, exact: bool) -> Array:
    """From where replica 0's newest estimate was made, [2, 2]: how the policy would move."""
    pays, pi = arms(view), softmax(before(view)[0, 0])
    slope = pi * (pays - pi @ pays) if exact else view.first("gradient_estimate")[:3]
    moved = pi * (slope - pi @ slope)  # (diag π − ππᵀ)·∇
    return place(np.stack([pi, pi + _ARROW * moved]))


def chain(view: View, *, paid: bool) -> Array:
    """π(a)·∇log π(a) laid end to end, [4, 2]; with `paid` each times what the arm pays."""
    pays, pi = arms(view), tables(view)[0, 0]
    links = (pi * (pays if paid else 1.0))[:, None] * (np.eye(3) - pi)
    return place(np.concatenate([np.zeros((1, 3)), links.cumsum(0)]))


_THETA, _BOTH = ("theta",), ("theta", "gradient_estimate", "step_size")
DERIVED: Table = {
    "corner_rewards": (_THETA, arms),
    "level_across": (_THETA, lambda view: levels(view)[0][:, 0]),
    "level_up": (_THETA, lambda view: levels(view)[0][:, 1]),
    "level_values": (_THETA, lambda view: levels(view)[1]),
    "ascent_across": (_THETA, lambda view: ascent(view)[:, 0]),
    "ascent_up": (_THETA, lambda view: ascent(view)[:, 1]),
    "policies_across": (_THETA, lambda view: here(view)[:, 0]),
    "policies_up": (_THETA, lambda view: here(view)[:, 1]),
    "policy_worth": (_THETA, lambda view: tables(view)[:MOST, 0] @ arms(view)),
    "step_across": (_BOTH, lambda view: arrow(view, exact=True)[:, 0]),
    "step_up": (_BOTH, lambda view: arrow(view, exact=True)[:, 1]),
    "guess_across": (_BOTH, lambda view: arrow(view, exact=False)[:, 0]),
    "guess_up": (_BOTH, lambda view: arrow(view, exact=False)[:, 1]),
    "chain_across": (_THETA, lambda view: chain(view, paid=False)[:, 0]),
    "chain_up": (_THETA, lambda view: chain(view, paid=False)[:, 1]),
    "paid_across": (_THETA, lambda view: chain(view, paid=True)[:, 0]),
    "paid_up": (_THETA, lambda view: chain(view, paid=True)[:, 1]),
    "chain_end": (_THETA, lambda view: np.array(np.linalg.norm(chain(view, paid=False)[-1]))),
}
