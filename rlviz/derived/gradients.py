"""Estimated gradients beside the exact one, what they are weighed with, and what J is not."""

from __future__ import annotations

import numpy as np

from rlviz.derived.policies import tables
from rlviz.derived.view import NO_TABLE, Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import actors, bandits, directions
from rlviz.exact import gradient_baselines as gb
from rlviz.exact import policy_gradient as pg
from rlviz.worlds.continuous import ContinuousBandit
from rlviz.worlds.tabular import TabularWorld

MOST = 64  # replicas that are drawn
FIRST = 6  # steps of the watched episode that are shown
_TIP = np.array([1.0, 0.0])
_FLAT = 1e-9  # a gradient shorter than this points nowhere
_REACH = 1.2  # of a tangent, to both sides
SHIFTS = np.linspace(-3.0, 3.0, 61)
NO_GRADIENT = "The exact gradient is 0 here, so that nothing lies along it."
ONE_STEP_ONLY = "This picture is for worlds of one step, like Two arms and Three arms."
NOT_FIXED = "A baseline that is learned, or that looks at the batch or the action, has none here."
NO_CHOICE = "This algorithm has no choice of what follows an action."
BONUS = "With an entropy bonus the estimate is after more than J."
NO_WEIGHT = "Without γ^t the estimate is not after the gradient, so its variance is another one."


def _tabular(view: View) -> TabularWorld:
    if isinstance(view.truth.world, ContinuousBandit):
        raise NoFiniteTruth(NO_TABLE)
    return view.truth.world


def before(view: View) -> Array:
    """θ of each replica where its newest estimate was made, [B, O, P]: one step back."""
    theta, gradient = view.latest["theta"], view.latest["gradient_estimate"]
    step = view.latest["step_size"].reshape(-1, 1) * gradient
    found: Array = (theta - step.view_as(theta))[:MOST].cpu().numpy().astype(np.float64)
    return found


def pairs(view: View) -> tuple[Array, Array]:
    """Each estimate, and the exact gradient of the policy that made it, [B, P] each.

    Replicas that hold the same policy have the same gradient, which is solved once.
    """
    world, theta = _tabular(view), before(view)
    estimates = view.latest["gradient_estimate"][:MOST].cpu().numpy().astype(np.float64)
    gamma = np.array([view.setting("gamma", b) for b in range(len(theta))])
    rows = np.concatenate([theta.reshape(len(theta), -1), gamma[:, None]], 1)
    _, first, which = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    exact = directions.gradients(world, theta[first], gamma[first])
    return estimates, exact.reshape(len(first), -1)[which.reshape(-1)]


def cloud(view: View) -> Array:
    """Along and across the exact gradient, in its lengths, [B, 2]: exact is (1, 0).

    Across is signed where one direction is left, which is so for three arms; elsewhere it is the
    length of all that is not along. A replica whose gradient is 0 has no place.
    """
    estimates, exact = pairs(view)
    length = np.linalg.norm(exact, axis=1, keepdims=True)
    there = length[:, 0] > _FLAT
    if not there.any():
        raise NoFiniteTruth(NO_GRADIENT)
    estimates, ahead = estimates[there] / length[there], exact[there] / length[there]
    along = (estimates * ahead).sum(1)
    rest = estimates - along[:, None] * ahead
    if exact.shape[1] == 3:  # all sums are 0, so that one direction is left
        across = (rest * np.cross(np.ones(3) / 3**0.5, ahead)).sum(1)
    else:
        across = np.linalg.norm(rest, axis=1)
    return np.stack([along, across], 1)


def distance(view: View) -> Array:
    """How far an estimate is from the tip of the exact gradient, on average, []."""
    return np.array(np.linalg.norm(cloud(view) - _TIP, axis=1).mean())


def _counted(view: View) -> tuple[Array, Array]:
    """The places of the cloud, each once, [K, 2], and how many replicas are there, [K]."""
    at = cloud(view)
    # Sums in another order differ in the last bits; what looks the same is the same.
    _, first, counts = np.unique(at.round(9), axis=0, return_index=True, return_counts=True)
    return at[first], counts.astype(np.float64)


def measured_variance(view: View) -> Array:
    """Mean squared distance of the estimates from the exact gradients, [1]."""
    estimates, exact = pairs(view)
    return np.asarray(((estimates - exact) ** 2).sum(1).mean(keepdims=True))


def _whole(view: View) -> bool:
    """Whether whole returns are the weights; NoFiniteTruth where there is no choice of weights."""
    if "weighting" not in vars(view.config):
        raise NoFiniteTruth(NO_CHOICE)
    return bool(view.config.weighting == "whole")


def variance_exact(view: View) -> Array:
    """Of replica 0's policy and the estimate that is configured: tr Var[g] of a batch, [1]."""
    world, config = _tabular(view), view.config
    gamma, theta = view.setting("gamma"), before(view)[0]
    whole = _whole(view)
    if view.setting("entropy_bonus") != 0:
        raise NoFiniteTruth(BONUS)
    if not (config.discounting or whole or gamma == 1):
        raise NoFiniteTruth(NO_WEIGHT)
    baseline = _baseline(view, world, theta, gamma)
    estimator = gb.whole_return if whole else gb.reward_to_go

    def solve() -> float:
        return estimator(world, theta, gamma, baseline, world.observed).variance

    key = ("variance", gamma, 0.0, whole, theta.tobytes(), baseline.tobytes())
    return np.array([view.truth.once(key, view.iteration, solve) / config.episodes])


def _baseline(view: View, world: TabularWorld, theta: Array, gamma: float) -> Array:
    """b(s) of replica 0, [S]."""
    match view.config.baseline:
        case "none":
            return np.zeros(world.n_states)
        case "constant":
            return np.full(world.n_states, view.setting("constant_baseline"))
        case "exact_value" | "optimal":
            policy = actors.softmax_policies(world, theta[None])
            v, q = actors.values(world, policy, gamma)
            best = actors.best_baselines(policy, q)
            return np.asarray((v if view.config.baseline == "exact_value" else best)[0])
    raise NoFiniteTruth(NOT_FIXED)


def weighed(view: View, weight: str) -> Array:
    """E[∇log π(A|s)·weight] at the start, by action, [A]."""
    world = _tabular(view)
    policy = tables(view)[:1]
    v, q = actors.values(world, policy, view.setting("gamma"))
    s = int(world.start.argmax())
    here = world.allowed[s]
    pi, of = policy[0, s, here], q[0, s, here]
    if weight == "return":
        return gb.estimator_mean(pi, of, 0.0)
    if weight == "less_action":
        return gb.estimator_mean(pi, of, of)
    return gb.estimator_mean(pi, np.full(len(pi), v[0, s]), 0.0)


def shifted(view: View) -> tuple[Array, Array, Array]:
    """J and Σ π·r·log π along the exact gradient, and its slopes, [n], [n, 2], [3].

    θ + t·∇J/‖∇J‖; the two surrogates are with samples of now, and with those of each policy.
    """
    world, theta = _tabular(view), view.first("theta")[0]
    if world.time_limit != 1:
        raise NoFiniteTruth(ONE_STEP_ONLY)
    pays, pi = bandits.arm_means(world)[0], pg.softmax(theta)
    exact = pi * (pays - pi @ pays)
    length = float(np.linalg.norm(exact))
    if length < 1e-12:
        raise NoFiniteTruth(NO_GRADIENT)
    moved = pg.softmax(theta + SHIFTS[:, None] * exact / length)
    frozen = np.log(moved) @ (pi * pays)
    moving = np.array([pg.log_surrogate(p, pays) for p in moved])
    both = [exact, exact, pg.log_surrogate_gradient(pi, pays)]
    slopes = np.array([slope @ exact / length for slope in both])
    return moved @ pays, np.stack([frozen, moving], 1), slopes


def tangents(view: View) -> Array:
    """Where the slopes at shift 0 lead: three lines with gaps, [9, 2] of shift and value."""
    worth, both, slopes = shifted(view)
    middle = len(SHIFTS) // 2
    at = [worth[middle], *both[middle]]
    lines = np.full((3, 3, 2), np.nan)
    for line, value, slope in zip(lines, at, slopes, strict=True):
        line[:2, 0] = -_REACH, _REACH
        line[:2, 1] = value - _REACH * slope, value + _REACH * slope
    return lines.reshape(-1, 2)


def answered(view: View) -> Array:
    """How much each reward of the watched episode counts for each action, [6, 6] by action.

    −1 where the reward was there before the action and is left out; NaN where there was none.
    """
    n = int(np.isfinite(view.first("trajectory_reward")[:FIRST]).sum())
    gamma, whole = view.setting("gamma"), _whole(view)
    t, k = np.indices((n, n))
    found = np.full((FIRST, FIRST), np.nan)
    found[:n, :n] = gamma**k if whole else np.where(k < t, -1.0, gamma ** np.maximum(k - t, 0))
    return found


def answers(view: View, what: str) -> Array:
    """Of each counted pair of action and reward a column, [36]; NaN behind the last."""
    weight = answered(view)
    t, k = np.nonzero(weight >= 0)
    columns = {
        "action": t,
        "time": k + 1,
        "weight": weight[t, k],
        "reward": view.first("trajectory_reward")[k],
    }
    found = np.full(FIRST * FIRST, np.nan)
    found[: len(t)] = columns[what]
    return found


_THETA, _PATH = ("theta",), ("trajectory_reward", "trajectory_return")
_BOTH = ("theta", "gradient_estimate", "step_size")
DERIVED: Table = {
    "cloud_along": (_BOTH, lambda view: _counted(view)[0][:, 0]),
    "cloud_across": (_BOTH, lambda view: _counted(view)[0][:, 1]),
    "cloud_counts": (_BOTH, lambda view: _counted(view)[1]),
    "cloud_sizes": (_BOTH, lambda view: np.sqrt(_counted(view)[1]) * 6),
    "cloud_middle": (_BOTH, lambda view: cloud(view).mean(0)),
    "cloud_length": (_BOTH, lambda view: np.array(np.linalg.norm(pairs(view)[1][0]))),
    "cloud_distance": (
        _BOTH,
        lambda view: distance(view),
    ),
    "estimate_variances": (_BOTH, measured_variance),
    "estimate_variances_exact": (_BOTH, variance_exact),
    "weighed_actions": (
        _THETA,
        lambda view: np.arange(1.0, len(weighed(view, "return")) + 1),
    ),
    "weighed_return": (_THETA, lambda view: weighed(view, "return")),
    "weighed_less_action": (_THETA, lambda view: weighed(view, "less_action")),
    "weighed_state": (_THETA, lambda view: weighed(view, "state")),
    "shift_steps": (_THETA, lambda _: SHIFTS),
    "shift_return": (_THETA, lambda view: shifted(view)[0]),
    "shift_frozen": (_THETA, lambda view: shifted(view)[1][:, 0]),
    "shift_moving": (_THETA, lambda view: shifted(view)[1][:, 1]),
    "shift_slopes": (_THETA, lambda view: shifted(view)[2]),
    "tangent_steps": (_THETA, lambda view: tangents(view)[:, 0]),
    "tangent_values": (_THETA, lambda view: tangents(view)[:, 1]),
    "answer_matrix": (_PATH, answered),
    "answer_columns": (_PATH, lambda _: np.arange(1.0, FIRST + 1)),
    "answer_times": (_PATH, lambda view: answers(view, "time")),
    "answer_actions": (_PATH, lambda view: answers(view, "action")),
    "answer_weights": (_PATH, lambda view: answers(view, "weight")),
    "answer_rewards": (_PATH, lambda view: answers(view, "reward")),
    "answer_returns": (_PATH, lambda view: view.first("trajectory_return")[:FIRST]),
}
