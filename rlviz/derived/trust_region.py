"""One step within a distance between policies, exactly: drawn in the triangle of three arms.

A policy of three arms is a point of a triangle whose corners are the arms. The old policy is the
one before the newest step, so that a step can be looked at while it is worked out and afterwards.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rlviz.derived.view import Array, Function, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import policy_gradient as pg
from rlviz.exact import trust_region as tr
from rlviz.worlds.continuous import ContinuousBandit
from rlviz.worlds.tabular import TabularWorld

NO_TRIANGLE = (
    "A policy is a point of a triangle only where there is one choice among three actions."
)
NO_ROOM = "A trust region of size 0 is a single point."
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])
_ANGLES = 96  # directions in which an outline is looked for
_HALVINGS = 50
_LEVELS = 9  # lines of equal return


def _arms(view: View) -> Array:
    """Expected reward of each of three arms, [3]."""
    world = view.truth.world
    if isinstance(world, ContinuousBandit):
        raise NoFiniteTruth(NO_TRIANGLE)
    free = np.flatnonzero(~world.terminal)
    if len(free) != 1 or world.n_actions != 3 or not world.allowed.all():
        raise NoFiniteTruth(NO_TRIANGLE)
    row: Array = (world.probability * world.reward).sum(-1)[free[0]]
    return row


def _before(view: View) -> Array:
    """Preferences of replica 0 before the newest step, [3]."""
    _arms(view)
    row: Array = view.first("theta_before")[0]
    return row


def _room(view: View) -> float:
    delta = view.setting("delta")
    if delta == 0:
        raise NoFiniteTruth(NO_ROOM)
    return delta


def _flat(policies: Array) -> Array:
    """Points of the triangle, [..., 2]."""
    points: Array = policies @ CORNERS
    return points


def triangle(view: View) -> Array:
    """Its outline, closed, [4, 2]."""
    _arms(view)
    return np.asarray(CORNERS[[0, 1, 2, 0]])


def policies_now(view: View) -> Array:
    """Where every replica's policy is, [B, 2]."""
    _arms(view)
    theta = view.latest["theta"].detach().cpu().numpy().astype(np.float64)
    return _flat(pg.softmax(theta[:, 0]))


def ball(view: View) -> Array:
    """The outline of KL(old‖π) = δ, [97, 2]: along each direction from the old policy."""
    old, delta = pg.softmax(_before(view)), _room(view)
    angle = np.linspace(0, 2 * np.pi, _ANGLES + 1)
    toward = np.stack([np.cos(angle), np.sin(angle)], 1) @ _INSIDE  # [97, 3], each sums to 0
    with np.errstate(divide="ignore"):
        room = np.where(toward < 0, -old / toward, np.inf).min(1)  # until an arm is at 0
    low, high = np.zeros(len(angle)), room
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        near = pg.divergence(old, np.maximum(old + middle[:, None] * toward, 0.0)) < delta
        low, high = np.where(near, middle, low), np.where(near, high, middle)
    return _flat(old + low[:, None] * toward)


def ellipse(view: View) -> Array:
    """Where ½ΔᵀFΔ = δ leads, [97, 2]: what the full step takes for the edge."""
    theta, delta = _before(view), _room(view)
    values, vectors = np.linalg.eigh(tr.bandit_fisher(pg.softmax(theta)))
    # The least one belongs to the constant, which moves no policy.
    axes = vectors[:, 1:] / np.sqrt(np.maximum(values[1:], 1e-300))
    angle = np.linspace(0, 2 * np.pi, _ANGLES + 1)
    change = np.sqrt(2 * delta) * np.stack([np.cos(angle), np.sin(angle)], 1) @ axes.T
    return _flat(pg.softmax(theta + change))


def tried(view: View) -> Array:
    """The policies that the line search has tried so far, [tries, 2]; NaN for those to come."""
    direction = view.first("natural_direction")
    size = view.first("search_parts") * view.first("full_step")
    return _flat(pg.softmax(_before(view) + size[:, None] * direction))


def taken(view: View) -> Array:
    """From the old policy to where the step led, [2, 2]."""
    size = np.array([0.0, float(view.first("step_size"))])
    return _flat(pg.softmax(_before(view) + size[:, None] * view.first("natural_direction")))


def best_within(view: View) -> Array:
    """The best policy with KL(old‖π) <= δ, [1, 2]."""
    old = pg.softmax(_before(view))
    return _flat(tr.best_within_forward_kl(old, _arms(view), _room(view))[None])


def best_gain(view: View) -> Array:
    """How much that policy earns above the old one, []."""
    old, reward = pg.softmax(_before(view)), _arms(view)
    return np.array((tr.best_within_forward_kl(old, reward, _room(view)) - old) @ reward)


def plain_way(view: View) -> Array:
    """Where the exact gradient itself leads until KL(old‖π) = δ, [33, 2]."""
    theta, delta = _before(view), _room(view)
    old, g = pg.softmax(theta), tr.bandit_gradient(pg.softmax(theta), _arms(view))
    if not g.any():
        return np.full((33, 2), np.nan)
    low, high = -30.0, 30.0  # of the logarithm of the step
    for _ in range(2 * _HALVINGS):
        middle = (low + high) / 2
        near = float(pg.divergence(old, pg.softmax(theta + np.exp(middle) * g))) < delta
        low, high = (middle, high) if near else (low, middle)
    part = np.linspace(0, 1, 33)[:, None] * np.exp(low)
    return _flat(pg.softmax(theta + part * g))


def levels(view: View) -> Array:
    """Straight lines of equal return over the triangle, [27, 2]: two ends and a gap each."""
    reward = _arms(view)
    return _lines(tuple(reward.tolist()))


@lru_cache(maxsize=16)
def _lines(reward: tuple[float, ...]) -> Array:
    r, found = np.array(reward), []
    for level in np.linspace(r.min(), r.max(), _LEVELS + 2)[1:-1]:
        ends = []
        for a, b in ((0, 1), (1, 2), (2, 0)):
            if (r[a] - level) * (r[b] - level) < 0:  # it crosses that side
                part = (level - r[a]) / (r[b] - r[a])
                ends.append(CORNERS[a] + part * (CORNERS[b] - CORNERS[a]))
            elif r[a] == level:
                ends.append(CORNERS[a])
        found += [*ends[:2], np.full(2, np.nan)] if len(ends) >= 2 else [np.full(2, np.nan)] * 3
    return np.array(found)


def search_gains_exact(view: View) -> Array:
    """J(π) − J(old) of each policy that was tried, [tries]; of any tabular world."""
    world, policies, old, gamma = _candidates(view)

    def solve() -> Array:
        gains = [
            pg.objective(world, p, gamma) - pg.objective(world, old, gamma)
            if np.isfinite(p).all()
            else np.nan
            for p in policies
        ]
        return np.array(gains)

    key = ("tried", gamma, 0.0, policies.tobytes())
    found: Array = view.truth.once(key, view.iteration, solve)
    return found


def search_kls_exact(view: View) -> Array:
    """Exact mean KL(old‖π) of each, over the states that the old policy visits, [tries]."""
    world, policies, old, gamma = _candidates(view)
    kls = [pg.mean_kl(world, old, p, gamma) if np.isfinite(p).all() else np.nan for p in policies]
    return np.array(kls)


def _candidates(view: View) -> tuple[TabularWorld, Array, Array, float]:
    world = view.truth.world
    if isinstance(world, ContinuousBandit):
        raise NoFiniteTruth("For actions that are any number, this is not computed here.")
    theta, direction = view.first("theta_before"), view.first("natural_direction")
    size = view.first("search_parts") * view.first("full_step")
    change = size[:, None, None] * direction.reshape(theta.shape)
    policies = np.stack(
        [
            pg.softmax_policy(world, theta + c, world.observed)
            if np.isfinite(c).all()
            else np.full((world.n_states, world.n_actions), np.nan)
            for c in change
        ]
    )
    old = pg.softmax_policy(world, theta, world.observed)
    return world, policies, old, view.setting("gamma")


def radius(view: View) -> Array:
    """δ twice, for a line across the picture, [2]."""
    return np.full(2, view.setting("delta"))


def span_of_gains(view: View) -> Array:
    """0 and the largest gain that was seen or is exact, [2]: the ends of that line."""
    seen = np.concatenate([view.first("search_gains"), search_gains_exact(view)])
    seen = seen[np.isfinite(seen)]
    return np.array([min(0.0, seen.min(initial=0.0)), max(seen.max(initial=0.0), 1e-9)])


# Two directions in which probabilities change while their sum stays, as long in the triangle.
_INSIDE = np.array([[-1.0, 1.0, 0.0], [-np.sqrt(1 / 3), -np.sqrt(1 / 3), 2 * np.sqrt(1 / 3)]])

_STEP = ("theta_before", "natural_direction", "search_parts")
_OLD = ("theta_before", "full_step")


def _parts(name: str, needs: tuple[str, ...], points: object) -> Table:
    assert callable(points)
    return {
        f"{name}_x": (needs, lambda view: np.asarray(points(view)[..., 0])),
        f"{name}_y": (needs, lambda view: np.asarray(points(view)[..., 1])),
    }


_TAKEN = ("part", "kl", "gain")


def _newest(name: str) -> Function:
    """What replica 0 had of it at the newest step."""
    return lambda view: np.asarray(view.first(name))


DERIVED: Table = {
    **_parts("triangle", ("theta",), triangle),
    **_parts("policy_place", ("theta",), policies_now),
    **_parts("trust_ball", _OLD, ball),
    **_parts("trust_ellipse", _OLD, ellipse),
    **_parts("trust_tried", _STEP, tried),
    **_parts("trust_taken", (*_STEP, "step_part"), taken),
    **_parts("trust_best", _OLD, best_within),
    **_parts("plain_way", _OLD, plain_way),
    **_parts("return_line", ("theta",), levels),
    **{f"taken_{n}": ((f"step_{n}", "step_part"), _newest(f"step_{n}")) for n in _TAKEN},
    "solve_steps": (
        ("solve_residuals",),
        lambda view: np.arange(float(len(view.first("solve_residuals")))),
    ),
    "trust_best_gain": (_OLD, best_gain),
    "search_gains_exact": (_STEP, search_gains_exact),
    "search_kls_exact": (_STEP, search_kls_exact),
    "search_limit": (_STEP, radius),
    "search_span": (_STEP, span_of_gains),
}
