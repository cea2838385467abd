"""The exact lens: what one batch's epochs would do with exact advantages, on three arms."""

from __future__ import annotations

import numpy as np

from rlviz.derived.clipping import band
from rlviz.derived.triangle import arms, place
from rlviz.derived.view import Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import simplex
from rlviz.exact.policy_gradient import divergence, softmax
from rlviz.exact.trust_region import clip_band_kl
from rlviz.signals.clipping import FINE

BAND = 0.2  # the band of the clipped path beside a method that has none
WIDEST_LOW = 0.99  # below a ratio of 0 no KL is finite
_AXIS = np.linspace(0.0, 1.0, FINE)


def _grid() -> Array:
    """The policy at each point of the grid, [FINE, FINE, 3]; NaN outside the triangle."""
    across, third = np.meshgrid(_AXIS, _AXIS)
    second = across - third / 2
    policy = np.stack([1 - second - third, second, third], axis=-1)
    inside = (policy >= -1e-9).all(-1, keepdims=True)
    return np.where(inside, policy.clip(1e-12, 1.0), np.nan)


_GRID = _grid()


def _old(view: View) -> Array:
    """Preferences with which the newest batch was collected, [3]."""
    return view.first("theta_old")[-3:]


def _weighed(view: View) -> Array:
    """What the arms pay, [3]; in units of its spread where advantages are normalised."""
    reward = arms(view)
    if view.config.normalise == "off":
        return reward
    old = softmax(_old(view))
    spread = float(np.sqrt(old @ np.square(reward - old @ reward)))
    return reward / spread if spread > 0 else reward


def climbed(view: View) -> Array:
    """What this method climbs, with exact advantages, at each point of the triangle."""
    reward, old = _weighed(view), softmax(_old(view))
    low, high = band(view)
    advantage = reward - old @ reward
    ratio = _GRID / old
    if not np.isfinite(low):
        return np.asarray(_GRID @ advantage - _beta(view, 0.0) * divergence(old, _GRID))
    each = np.minimum(ratio * advantage, ratio.clip(1 - low, 1 + high) * advantage)
    if view.config.surrogate == "dual_clipped":
        floor = view.setting("dual_clip") * advantage
        each = np.where(advantage < 0, np.maximum(each, floor), each)
    return np.asarray(each @ old)


def edge(view: View) -> Array:
    """How far the ratio that is furthest out is beyond the band; 0 on its edge."""
    old = softmax(_old(view))
    arms(view)
    low, high = band(view)
    if np.isinf(low):
        raise NoFiniteTruth("No ratio is held in a band here.")
    ratio = _GRID / old
    return np.asarray(np.maximum(ratio - 1 - high, 1 - low - ratio).max(-1))


def _steps(view: View) -> int:
    """Steps that the run makes on one batch."""
    samples = int(view.setting("n_steps") * view.setting("copies"))
    return int(view.setting("epochs")) * min(int(view.setting("minibatches")), samples)


def path(view: View, kind: str) -> Array:
    """Policies on the exact way from the old one, [K + 1, 3]."""
    reward, theta, alpha = _weighed(view), _old(view), view.setting("alpha_theta")
    low, high = band(view) if np.isfinite(band(view)[0]) else (BAND, BAND)
    match kind:
        case "free":
            return simplex.surrogate_path(theta, reward, alpha, steps=_steps(view))
        case "clipped":
            return simplex.clipped_path(
                theta, reward, alpha, steps=_steps(view), clip=low, clip_high=high
            )
        case "penalised":
            beta = _beta(view, 1.0)
            return simplex.penalty_path(theta, reward, alpha, steps=_steps(view), beta=beta)
    step = simplex.trpo_step(theta, reward, clip_band_kl(min(low, WIDEST_LOW), high))
    return np.stack([softmax(theta), step.policy])


def _beta(view: View, otherwise: float) -> float:
    """The weight that the newest batch was penalised with."""
    known = view.latest.get("beta_before")
    return otherwise if known is None else float(known[0])


def taken(view: View) -> Array:
    """Policies that the run itself went through in its newest batch, [K + 1, 3]."""
    arms(view)
    return softmax(view.first("inner_policy")[:, -3:])


def _coordinates(kind: str) -> Table:
    """The two signals of a way through the triangle."""

    def of(view: View, axis: int) -> Array:
        found = taken(view) if kind == "taken" else path(view, kind)
        return place(found)[:, axis]

    wants = ("theta_old", "inner_policy")
    return {
        f"lens_{kind}_x": (wants, lambda view: of(view, 0)),
        f"lens_{kind}_y": (wants, lambda view: of(view, 1)),
    }


_OLD = ("theta_old",)
DERIVED: Table = {
    "lens_axis": (_OLD, lambda _: _AXIS.copy()),
    "lens_climbed": (_OLD, climbed),
    "lens_edge": (_OLD, edge),
}
for _kind in ("taken", "free", "clipped", "penalised", "trusted"):
    DERIVED |= _coordinates(_kind)
