"""What another policy is worth, exactly, beside what the old one's data promise of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rlviz.derived.policies import objectives
from rlviz.derived.view import NO_TABLE, Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import policy_gradient as pg
from rlviz.exact import trust_region as tr
from rlviz.worlds.continuous import ContinuousBandit
from rlviz.worlds.tabular import TabularWorld

PARTS = 41  # points of a curve over the step
MOST_PARAMETERS = 64
NO_STEP = "No step has been worked out yet, and this world has no second policy."
MANY = "Paths are computed in worlds of few parameters only; take a bandit."
_STEPS = 41  # points of a path, the start included


def _tabular(view: View) -> TabularWorld:
    if isinstance(view.truth.world, ContinuousBandit):
        raise NoFiniteTruth(NO_TABLE)
    return view.truth.world


def ends(view: View) -> tuple[Array, Array]:
    """θ of the old policy and of the other one, [O, A] each.

    The other one is the world's second policy, seen from the policy of now; in a world without
    one it is where the full step leads, seen from the policy before it.
    """
    world = _tabular(view)
    second = world.statics.get("second_preference")
    if second is not None:
        return view.first("theta"), np.asarray(second, dtype=np.float64)
    if "natural_direction" not in view.latest or "full_step" not in view.latest:
        raise NoFiniteTruth(NO_STEP)
    old = view.first("theta_before")
    step = view.first("full_step") * view.first("natural_direction")
    return old, old + step.reshape(old.shape)


def _pair(view: View) -> tuple[Array, Array]:
    world = _tabular(view)
    old, new = (pg.softmax_policy(world, theta, world.observed) for theta in ends(view))
    return old, new


def lemma(view: View) -> Array:
    """J(new) − J(old), the sum that equals it, and the surrogate's answer, [3]."""
    world, (old, new), gamma = _tabular(view), _pair(view), view.setting("gamma")
    left, right = tr.performance_difference(world, old, new, gamma)
    return np.array([left, right, tr.surrogate_gain(world, old, new, gamma)])


def _asked(view: View, question: str, solve: Callable[[], Array]) -> Array:
    old, new = ends(view)
    key = (question, view.setting("gamma"), 0.0, old.tobytes(), new.tobytes())
    found: Array = view.truth.once(key, view.iteration, solve)
    return found


def whole_step(view: View) -> Array:
    """The part of the step, J's gain and the surrogate's, [3, 41]: from 0 to 1.5."""
    return _asked(view, "gains", lambda: _curves(view, np.linspace(0, 1.5, PARTS))[:3])


def near_step(view: View) -> Array:
    """The same with the lower bound, [4, 41]: as far as the bound promises anything, and more."""

    def solve() -> Array:
        low, high = 0.0, 1.5
        for _ in range(30):  # where the bound has come back to 0
            middle = (low + high) / 2
            low, high = (middle, high) if _bound(view, middle) > 0 else (low, middle)
        if low == 0:  # it promises nothing at all
            high = 0.1
        return _curves(view, np.linspace(0, 1.4 * high, PARTS))

    return _asked(view, "bound", solve)


def bound_summary(view: View) -> Array:
    """Best part of the step by the bound, what it promises there, and what J gains there, [3]."""
    parts, _, _, bound = near_step(view)
    at = int(bound.argmax())
    low, high = parts[max(at - 1, 0)], parts[min(at + 1, PARTS - 1)]

    def solve() -> Array:
        found = _curves(view, np.linspace(low, high, PARTS))
        best = int(found[3].argmax())
        return found[[0, 3, 1], best]

    return _asked(view, "bound's best", solve)


def bound_constant(view: View) -> Array:
    """C = 4εγ/(1 − γ)², []."""
    return np.array(tr.penalty_constant(_tabular(view), _pair(view)[0], view.setting("gamma")))


def bound_whole(view: View) -> Array:
    """The bound at the whole step, []."""
    return np.array(_bound(view, 1.0))


def _at(view: View, part: float) -> tuple[Array, Array]:
    world = _tabular(view)
    old, new = ends(view)
    policies = [
        pg.softmax_policy(world, theta, world.observed) for theta in (old, old + part * (new - old))
    ]
    return policies[0], policies[1]


def _bound(view: View, part: float) -> float:
    old, new = _at(view, part)
    return tr.lower_bound(_tabular(view), old, new, view.setting("gamma"))


def _curves(view: View, parts: Array) -> Array:
    world, gamma = _tabular(view), view.setting("gamma")
    old = _at(view, 0.0)[0]
    here, a, eta = (
        pg.objective(world, old, gamma),
        pg.advantages(world, old, gamma),
        pg.visits(world, old, gamma),
    )
    a = np.where(np.isfinite(a), a, 0.0)
    penalty = tr.penalty_constant(world, old, gamma) if gamma < 1 else np.nan
    found = np.empty((4, len(parts)))
    for i, part in enumerate(parts):
        new = _at(view, float(part))[1]
        gain = float(eta @ (new * a).sum(-1))
        kl = pg.max_kl(world, old, new)
        found[:, i] = part, pg.objective(world, new, gamma) - here, gain, gain - penalty * kl
    return found


def path(view: View, scale: float) -> Array:
    """J along the exact path that this direction takes from the world's first policy, [41].

    θ = k t, and t makes the steps: t ← t + α d with d = ∂J/∂t, or F⁻¹ of it.
    """
    world, alpha = _tabular(view), view.setting("alpha_theta")
    first = world.statics.get("first_preference")
    theta = np.zeros((world.n_observations, world.n_actions)) if first is None else first
    if theta.size > MOST_PARAMETERS:
        raise NoFiniteTruth(MANY)
    gamma, natural = view.setting("gamma"), view.config.direction == "natural"
    damping = view.setting("damping")

    def solve() -> Array:
        t, found = np.asarray(theta, dtype=np.float64) / scale, np.empty(_STEPS)
        for n in range(_STEPS):
            policy = pg.softmax_policy(world, scale * t, world.observed)
            found[n] = pg.objective(world, policy, gamma)
            d = scale * pg.gradient(world, scale * t, gamma, world.observed)
            if natural:
                f = scale**2 * pg.fisher(world, scale * t, gamma, world.observed)
                f += damping * np.eye(len(f))
                d = (np.linalg.pinv(f, rcond=1e-12, hermitian=True) @ d.ravel()).reshape(d.shape)
            t = t + alpha * d
        return found

    key = ("path", gamma, 0.0, alpha, scale, natural, damping)
    found: Array = view.truth.once(key, view.iteration, solve)
    return found


_LEMMA = ("theta",)
DERIVED: Table = {
    "lemma_index": (_LEMMA, lambda _: np.arange(1.0, 4.0)),
    "lemma_bars": (_LEMMA, lemma),
    "step_whole_part": (_LEMMA, lambda view: np.asarray(whole_step(view)[0])),
    "step_whole_gain": (_LEMMA, lambda view: np.asarray(whole_step(view)[1])),
    "step_whole_surrogate": (_LEMMA, lambda view: np.asarray(whole_step(view)[2])),
    "step_near_part": (_LEMMA, lambda view: np.asarray(near_step(view)[0])),
    "step_near_gain": (_LEMMA, lambda view: np.asarray(near_step(view)[1])),
    "step_near_surrogate": (_LEMMA, lambda view: np.asarray(near_step(view)[2])),
    "step_near_bound": (_LEMMA, lambda view: np.asarray(near_step(view)[3])),
    "bound_part": (_LEMMA, lambda view: np.asarray(bound_summary(view)[0])),
    "bound_promise": (_LEMMA, lambda view: np.asarray(bound_summary(view)[1])),
    "bound_gain": (_LEMMA, lambda view: np.asarray(bound_summary(view)[2])),
    "bound_constant": (_LEMMA, bound_constant),
    "bound_whole": (_LEMMA, bound_whole),
    "path_iterations": (
        ("theta",),
        lambda view: np.full(len(view.latest["theta"]), view.iteration),
    ),
    "path_places": (("theta",), objectives),
    "path_steps": (("theta", "theta_before"), lambda _: np.arange(float(_STEPS))),
    "path_plain": (("theta", "theta_before"), lambda view: path(view, 1.0)),
    "path_scaled": (("theta", "theta_before"), lambda view: path(view, view.setting("scale"))),
}
