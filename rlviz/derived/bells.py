"""Policies over numbers: bell curves above what numbers pay, and J over all bell curves."""

from __future__ import annotations

import numpy as np

from rlviz.derived.gradients import MOST
from rlviz.derived.policies import gradient, objectives
from rlviz.derived.view import Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import actors
from rlviz.signals.bells import ACTIONS, MEANS, NEAR, WIDTHS
from rlviz.worlds.continuous import ContinuousBandit

NUMBERS_ONLY = "This picture is for a world in which any number is an action: the Gaussian bandit."
_GRID = np.linspace(-6.0, 6.0, ACTIONS - NEAR)
_NEAR = np.linspace(-3.0, 3.0, NEAR)  # in standard deviations, so that no curve falls between
_MEANS = np.linspace(-5.0, 5.0, MEANS)
_WIDTHS = np.geomspace(0.02, 5.0, WIDTHS)
_ARROW = 1.0  # its length, in units of μ and of ln σ alike


def _bandit(view: View) -> ContinuousBandit:
    if not isinstance(view.truth.world, ContinuousBandit):
        raise NoFiniteTruth(NUMBERS_ONLY)
    return view.truth.world


def _curves(view: View) -> tuple[Array, Array]:
    """μ and σ of every replica that is drawn, [B] each."""
    _bandit(view)
    theta = view.latest["theta"][:MOST, 0].detach().cpu().numpy().astype(np.float64)
    mean, log_deviation = theta.T
    return mean, np.exp(log_deviation)


def actions(view: View) -> Array:
    """Numbers along the axis and around the mean of replica 0, in order, [150]."""
    mean, deviation = (of[0] for of in _curves(view))
    return np.sort(np.concatenate([_GRID, mean + deviation * _NEAR]))


def reward(view: View) -> Array:
    """What each of them pays on average, [150]."""
    return _bandit(view).paid(actions(view))


def shape(view: View) -> Array:
    """π(a) of replica 0, drawn as high as the best pay, [150]."""
    mean, deviation = (of[0] for of in _curves(view))
    high = max(float(reward(view).max()), 0.0)
    return np.asarray(high * np.exp(-np.square((actions(view) - mean) / deviation) / 2))


def worth(view: View) -> Array:
    """J of every replica that is drawn, [B]."""
    _bandit(view)
    return objectives(view)[:MOST]


def field(view: View) -> Array:
    """J of each pair of σ and μ, [41, 61]."""
    mean, deviation = np.meshgrid(_MEANS, _WIDTHS)
    found = actors.gaussian_objectives(_bandit(view), mean.ravel(), deviation.ravel())
    return found.reshape(mean.shape)


def arrow(view: View) -> tuple[Array, Array]:
    """From replica 0 along its exact gradient in (μ, ln σ), always equally long; μ and σ, [2]."""
    mean, deviation = (of[0] for of in _curves(view))
    slope = gradient(view)
    length = float(np.linalg.norm(slope))
    by_mean, by_width = slope * (_ARROW / length) if length > 0 else np.zeros(2)
    return np.array([mean, mean + by_mean]), np.array([deviation, deviation * np.exp(by_width)])


_THETA = ("theta",)
DERIVED: Table = {
    "bell_actions": (_THETA, actions),
    "bell_reward": (_THETA, reward),
    "bell_shape": (_THETA, shape),
    "bell_mean": (_THETA, lambda view: _curves(view)[0]),
    "bell_deviation": (_THETA, lambda view: _curves(view)[1]),
    "bell_worth": (_THETA, worth),
    "bell_means": (_THETA, lambda _: _MEANS),
    "bell_widths": (_THETA, lambda _: _WIDTHS),
    "bell_field": (_THETA, field),
    "bell_arrow_mean": (_THETA, lambda view: arrow(view)[0]),
    "bell_arrow_deviation": (_THETA, lambda view: arrow(view)[1]),
}
