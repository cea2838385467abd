"""What the clip does to each sample: the objective over the ratio, and samples where they land."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from rlviz.derived.view import Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import trust_region
from rlviz.ops import policy_gradient
from rlviz.signals.clipping import BOARD, RATIOS, WIDEST

NO_CLIP = "Nothing is clipped here: the objective is a straight line, and no ratio is silenced."
PENALTY = "A penalty weighs the whole policy, so there is no objective of one ratio to draw."
NO_BAND = "No ratio is held in a band here, so no KL follows from one."
TOO_WIDE = "At ε_low = 1 a probability may fall to 0, so the band bounds no KL."
_GRID = np.linspace(0.0, WIDEST, RATIOS)


def band(view: View) -> tuple[float, float]:
    """ε_low and ε_high of replica 0; infinite where nothing is clipped."""
    if "clip_low" not in vars(view.config) or view.config.surrogate == "unclipped":
        return math.inf, math.inf
    return view.setting("clip_low"), view.setting("clip_high")


def band_low(view: View) -> Array:
    """The lower edge, 1 − ε_low."""
    return np.array(1 - _finite(view)[0])


def band_high(view: View) -> Array:
    """The upper edge, 1 + ε_high."""
    return np.array(1 + _finite(view)[1])


def band_kl(view: View) -> Array:
    """The greatest KL that ratios inside the band allow."""
    low, high = band(view)
    if math.isinf(low):
        raise NoFiniteTruth(NO_BAND)
    if low >= 1:
        raise NoFiniteTruth(TOO_WIDE)
    return np.array(trust_region.clip_band_kl(low, high))


def _objective(view: View, ratio: Tensor, sign: float) -> Tensor:
    """What a sample of that ratio adds, for A = ±1."""
    if "clip_low" not in vars(view.config):
        raise NoFiniteTruth(PENALTY)
    low, high = band(view)
    advantage = torch.full_like(ratio, sign)
    if math.isinf(low):
        return ratio * advantage
    if view.config.surrogate == "dual_clipped":
        floor = view.setting("dual_clip")
        return policy_gradient.dual_clipped_objective(ratio, advantage, low, high, floor)
    return policy_gradient.clipped_objective(ratio, advantage, low, high)


def objective(view: View, sign: float) -> Array:
    """The objective at each ratio of the grid, [R]."""
    return np.asarray(_objective(view, torch.from_numpy(_GRID), sign).numpy())


def slope(view: View, sign: float) -> Array:
    """Its derivative by the ratio, [R]."""
    with torch.inference_mode(mode=False), torch.enable_grad():
        ratio = torch.from_numpy(_GRID.copy()).requires_grad_()
        (found,) = torch.autograd.grad(
            _objective(view, ratio, sign).sum(), ratio, materialize_grads=True
        )
    return np.asarray(found.numpy())


def _newest(view: View) -> tuple[Array, Array]:
    """Ratios and advantages after the epoch that was last, [N] each."""
    ratio, advantage = view.first("inner_ratio"), view.first("inner_advantage")
    last = int(np.flatnonzero(np.isfinite(ratio[:, 0]))[-1])
    return ratio[last], advantage[last]


def _silent(view: View, ratio: Array, advantage: Array) -> Array:
    """1 where a sample has no gradient: the clip holds it, or dual clip's floor does."""
    rho, a = torch.from_numpy(ratio.copy()), torch.from_numpy(advantage.copy())
    low, high = band(view)
    found = policy_gradient.binding(rho, a, low, high)
    if not math.isinf(low) and view.config.surrogate == "dual_clipped":
        found = found | policy_gradient.floored(rho, a, view.setting("dual_clip"))
    return np.asarray((found | (a == 0)).numpy().astype(np.float64))


def landed(view: View, *, silent: bool, advantages: bool) -> Array:
    """One coordinate of the newest samples on the board, NaN for those of the other kind, [N].

    Advantages are parts of the largest, and ratios beyond the ends of the board stand on them.
    """
    ratio, advantage = _newest(view)
    kind = _silent(view, ratio, advantage) == float(silent)
    share = 0.8 * advantage / max(np.abs(advantage).max(), 1e-300)
    return np.where(kind, share if advantages else ratio.clip(*BOARD), np.nan)


def strip(view: View, kind: str) -> Array:
    """Ratios of all epochs one after the other: of samples of that kind, NaN elsewhere, [K·N]."""
    ratio, advantage = view.first("inner_ratio"), view.first("inner_advantage")
    silent = _silent(view, ratio, advantage) > 0
    keep = {
        "silent": silent,
        "up": ~silent & (advantage > 0),
        "down": ~silent & (advantage < 0),
    }[kind]
    return np.where(keep, ratio, np.nan).reshape(-1)


def strip_place(view: View) -> Array:
    """Where each of them is drawn: its epoch, and beside it so that none hides another, [K·N]."""
    epochs, samples = view.first("inner_ratio").shape
    aside = (np.arange(samples) + 0.5) / samples - 0.5
    return np.asarray((np.arange(1, epochs + 1)[:, None] + 0.28 * aside).reshape(-1))


def epochs(view: View) -> Array:
    """1 … K."""
    return np.arange(1.0, view.first("inner_kl").shape[0] + 1)


def case(view: View, number: int) -> Array:
    """The share of samples in that case after the newest epoch."""
    shares = view.first("inner_cases")
    if math.isinf(band(view)[0]):
        raise NoFiniteTruth(NO_CLIP)
    return np.array(shares[np.isfinite(shares[:, 0])][-1, number])


def _finite(view: View) -> tuple[float, float]:
    low, high = band(view)
    if math.isinf(low):
        raise NoFiniteTruth(NO_CLIP)
    return low, high


_INNER = ("inner_ratio", "inner_advantage")
DERIVED: Table = {
    "ratio_grid": ((), lambda _: _GRID.copy()),
    "clip_objective_up": ((), lambda view: objective(view, 1.0)),
    "clip_objective_down": ((), lambda view: objective(view, -1.0)),
    "clip_slope_up": ((), lambda view: slope(view, 1.0)),
    "clip_slope_down": ((), lambda view: slope(view, -1.0)),
    "band_low": ((), band_low),
    "band_high": ((), band_high),
    "band_kl": ((), band_kl),
    "alive_ratio": (_INNER, lambda view: landed(view, silent=False, advantages=False)),
    "alive_advantage": (_INNER, lambda view: landed(view, silent=False, advantages=True)),
    "silent_ratio": (_INNER, lambda view: landed(view, silent=True, advantages=False)),
    "silent_advantage": (_INNER, lambda view: landed(view, silent=True, advantages=True)),
    "strip_place": (_INNER, strip_place),
    "strip_up": (_INNER, lambda view: strip(view, "up")),
    "strip_down": (_INNER, lambda view: strip(view, "down")),
    "strip_silent": (_INNER, lambda view: strip(view, "silent")),
    "inner_epochs": (("inner_kl",), epochs),
    "case_up_below": (("inner_cases",), lambda view: case(view, 0)),
    "case_up_inside": (("inner_cases",), lambda view: case(view, 1)),
    "case_up_above": (("inner_cases",), lambda view: case(view, 2)),
    "case_down_below": (("inner_cases",), lambda view: case(view, 3)),
    "case_down_inside": (("inner_cases",), lambda view: case(view, 4)),
    "case_down_above": (("inner_cases",), lambda view: case(view, 5)),
}
