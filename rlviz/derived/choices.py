"""Policies that are one number: their returns as a curve, and slopes that should be its own."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rlviz.derived.gradients import MOST, NO_CHOICE, before
from rlviz.derived.policies import settings, tables
from rlviz.derived.view import Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import actors, single_choice
from rlviz.exact.dynamic_programming import MAY_WANDER
from rlviz.worlds.tabular import TabularWorld

CHANCES = np.linspace(0.01, 0.99, 99)
DISCOUNTS = np.linspace(0.0, 1.0, 41)
ANSWERS = 20  # rewards that an action may answer for
MOVED = (
    "An entropy bonus, or a baseline that looks at the action or the batch, moves the mean of the "
    "estimates."
)
ONE_EACH = "With one replica there is no spread to measure."


@lru_cache(maxsize=64)
def _returns(world: TabularWorld, gamma: float) -> Array:
    return single_choice.returns(world, CHANCES, gamma)


def returns(view: View) -> Array:
    """J of each chance, [n]."""
    return _returns(view.truth.world, view.setting("gamma"))


def now(view: View) -> Array:
    """How likely each replica takes the second action, [B]."""
    at = single_choice.choice(view.truth.world).states[0]
    chances: Array = tables(view)[:, at, 1]
    return chances


def worth(view: View) -> Array:
    """J of every replica, [B]."""
    return single_choice.returns(view.truth.world, now(view), settings(view, "gamma"))


def best(view: View) -> tuple[float, float]:
    """p* and its J, by a grid and a finer one about its best; the ends count as 0 and 1."""
    return _best(view.truth.world, view.setting("gamma"))


@lru_cache(maxsize=64)
def _best(world: TabularWorld, gamma: float) -> tuple[float, float]:
    low, high = 1e-6, 1 - 1e-6
    for _ in range(4):
        p = np.linspace(low, high, 101)
        j = single_choice.returns(world, p, gamma)
        i = int(j.argmax())
        low, high = p[max(i - 1, 0)], p[min(i + 1, 100)]
    return float(p[i]), float(j[i])


def slopes_by_discount(view: View, *, printed: bool) -> Array:
    """The slope of replica 0's policy for each discount, [n]; a gap where it is not finite."""
    world, p = view.truth.world, float(now(view)[0])
    slope = single_choice.printed_slopes if printed else single_choice.slopes
    try:
        return slope(world, np.full(len(DISCOUNTS), p), DISCOUNTS)
    except NoFiniteTruth as none:
        if str(none) != MAY_WANDER:
            raise
    found = np.full(len(DISCOUNTS), np.nan)
    found[:-1] = slope(world, np.full(len(DISCOUNTS) - 1, p), DISCOUNTS[:-1])
    return found


def _estimates(view: View) -> Array:
    """Each replica's estimate of the slope, [B]."""
    o = single_choice.choice(view.truth.world).observation
    slopes = view.latest["gradient_estimate"][:MOST, 2 * o + 1]
    found: Array = slopes.cpu().numpy().astype(np.float64)
    return found


def spread(view: View) -> Array:
    """Four standard errors of the mean of the estimates, []."""
    found = _estimates(view)
    if len(found) < 2:
        raise NoFiniteTruth(ONE_EACH)
    return np.array(4 * found.std(ddof=1) / len(found) ** 0.5)


def slope_now(view: View, *, printed: bool) -> Array:
    """The slope at the discount of now, mean over the policies that made the estimates, []."""
    world, theta = view.truth.world, before(view)
    at = single_choice.choice(world).states[0]
    p = actors.softmax_policies(world, theta)[:, at, 1]
    gamma = np.broadcast_to(settings(view, "gamma"), len(view.latest["theta"]))[: len(p)]
    slope = single_choice.printed_slopes if printed else single_choice.slopes
    return np.array(slope(world, p, gamma).mean())


def expected_now(view: View) -> Array:
    """What the mean of the estimates ought to be as they are configured, []."""
    config = view.config
    if "weighting" not in vars(config):
        raise NoFiniteTruth(NO_CHOICE)
    if view.setting("entropy_bonus") != 0 or config.baseline in ("batch_mean", "action_value"):
        raise NoFiniteTruth(MOVED)
    return slope_now(view, printed=not (config.discounting or config.weighting == "whole"))


def answers(view: View) -> Array:
    """What is left of the slope with k rewards for an action, [20]."""
    p, gamma = float(now(view)[0]), view.setting("gamma")
    return single_choice.truncated_slopes(view.truth.world, p, gamma, ANSWERS)


def answer_true(view: View) -> Array:
    """The whole slope at every k, [20]."""
    p, gamma = now(view)[:1], view.setting("gamma")
    return np.full(ANSWERS, single_choice.slopes(view.truth.world, p, gamma)[0])


_THETA, _BOTH = ("theta",), ("theta", "gradient_estimate", "step_size")
DERIVED: Table = {
    "choice_chances": (_THETA, lambda _: CHANCES),
    "choice_returns": (_THETA, returns),
    "choice_now": (_THETA, now),
    "choice_worth": (_THETA, worth),
    "choice_best": (_THETA, lambda view: np.array(best(view)[0])),
    "choice_best_worth": (_THETA, lambda view: np.array(best(view)[1])),
    "slope_discounts": (_THETA, lambda _: DISCOUNTS),
    "slope_true": (_THETA, lambda view: slopes_by_discount(view, printed=False)),
    "slope_printed": (_THETA, lambda view: slopes_by_discount(view, printed=True)),
    "slope_now": (_BOTH, lambda view: np.array(_estimates(view).mean())),
    "slope_spread": (_BOTH, spread),
    "slope_true_now": (_BOTH, lambda view: slope_now(view, printed=False)),
    "slope_printed_now": (_BOTH, lambda view: slope_now(view, printed=True)),
    "slope_expected_now": (_BOTH, expected_now),
    "answer_lengths": (_THETA, lambda _: np.arange(1.0, ANSWERS + 1)),
    "answer_slopes": (_THETA, answers),
    "answer_true": (_THETA, answer_true),
}
