"""How good an advantage is at the first pair of a world, exactly, and what a batch sampled of it.

The pair is the start state and its better action by the exact advantage; the other action is the
worst one there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rlviz.derived import policies
from rlviz.derived.advantages import critic_now, exact, policy_now
from rlviz.derived.view import Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import actors
from rlviz.exact import advantage_moments as moments
from rlviz.exact import dynamic_programming as dp
from rlviz.signals.advantages import BINS, ERRORS, LAMBDAS, SAMPLED

_LAMBDAS = np.linspace(0, 1, LAMBDAS)
_CRITICS = np.linspace(0, 1, ERRORS)
NO_CHOICE = "There is nothing to choose in the state where episodes begin."
NO_SAMPLE = "No copy has begun with that action in this batch; take more copies, or more steps."


class _Pair(NamedTuple):
    state: int
    action: int
    other: int
    true: float  # A(s, a)
    contrast: float  # A(s, a) − A(s, b)


class _Estimates(NamedTuple):
    """Of Â at the pair, over λ or at one λ, for the critic of now."""

    mean: Array
    variance: Array
    contrast: Array  # E[Â(s, a) − Â(s, b)]


def _pair(view: View) -> _Pair:
    world = view.truth.world
    s = int(world.start.argmax())
    here = exact(view)[s][world.allowed[s]]
    if len(here) < 2:
        raise NoFiniteTruth(NO_CHOICE)
    a = int(here.argmax())
    b = len(here) - 1 - int(here[::-1].argmin())  # another one, also where all are equal
    return _Pair(s, a, b, float(here[a]), float(here[a] - here[b]))


def _plane(view: View) -> moments.Plane:
    world, policy, gamma = view.truth.world, policy_now(view), view.setting("gamma")
    pair = _pair(view)

    def solve() -> moments.Plane:
        return moments.plane(
            world,
            policy,
            _CRITICS,
            _LAMBDAS,
            gamma=gamma,
            state=pair.state,
            action=pair.action,
            other=pair.other,
        )

    key = ("advantage plane", gamma, 0.0, policy.tobytes())
    found: moments.Plane = view.truth.once(key, view.iteration, solve)
    return found


def best_lambdas(view: View) -> Array:
    """In each row the λ with the least error, by a parabola through the best three."""
    error = _plane(view).squared_error
    i = error.argmin(1)
    inner = i.clip(1, LAMBDAS - 2)
    low, middle, high = (error[np.arange(ERRORS), inner + k] for k in (-1, 0, 1))
    bend = low - 2 * middle + high
    shift = np.where(bend > 0, (low - high) / (2 * np.where(bend > 0, bend, 1.0)), 0.0)
    found: Array = np.where(i == inner, _LAMBDAS[inner] + shift * _LAMBDAS[1], _LAMBDAS[i])
    return found


def _estimates(view: View, lambdas: tuple[float, ...]) -> _Estimates:
    world, gamma = view.truth.world, view.setting("gamma")
    policy, v, pair = policy_now(view), critic_now(view), _pair(view)

    def solve() -> _Estimates:
        each = [moments.gae_moments(world, policy, v, gamma, x) for x in lambdas]
        of_pair = pair.state, pair.action
        mean = np.array([m.mean[of_pair] for m in each])
        other = np.array([m.mean[pair.state, pair.other] for m in each])
        return _Estimates(mean, np.array([m.variance[of_pair] for m in each]), mean - other)

    key = ("advantage errors", gamma, float(len(lambdas)), policy.tobytes(), v.tobytes(), lambdas)
    found: _Estimates = view.truth.once(key, view.iteration, solve)
    return found


def _over_lambda(view: View) -> _Estimates:
    return _estimates(view, tuple(_LAMBDAS))


def _now(view: View) -> _Estimates:
    return _estimates(view, (view.setting("lambda_"),))


def critic_error(view: View) -> Array:
    """The error e of the flattened critic that is nearest to the critic of now."""
    world, policy, gamma = view.truth.world, policy_now(view), view.setting("gamma")
    v = dp.policy_value(world, policy, gamma)[~world.terminal]
    towards = v.mean() - v
    size = float(towards @ towards)
    gap = critic_now(view)[~world.terminal] - v
    return np.array(gap @ towards / size if size > 0 else 0.0)


def samples(view: View) -> Array:
    """Sampled advantages of the pair, of all replicas; from the first half of the batch alone.

    A sum that the end of the batch cuts is another estimate; half a batch further on hardly any is.
    """
    pair = _pair(view)
    names = ("rollout_state", "rollout_action", "rollout_advantage")
    state, action, advantage = (view.latest[n].cpu().numpy() for n in names)  # [B, T·E]
    copies = state.shape[1] // view.latest["trajectory_ended"].shape[1]
    steps = state.shape[1] // copies
    early = max(1, (steps + 1) // 2) * copies
    met = (state == pair.state) & (action == pair.action)
    found: Array = advantage[:, :early][met[:, :early]].astype(np.float64)[:SAMPLED]
    if len(found) == 0:
        raise NoFiniteTruth(NO_SAMPLE)
    return found


def ends(view: View) -> Array:
    """Exact mean ± sd of the estimate."""
    now = _now(view)
    return np.asarray(now.mean[0] + np.array([-1.0, 1.0]) * np.sqrt(now.variance[0]))


def distances(view: View) -> Array:
    """Root mean square of sampled minus exact advantages, over a whole batch; [B]."""
    names = ("rollout_state", "rollout_action", "rollout_advantage")
    state, action, advantage = (view.latest[n].cpu().numpy() for n in names)  # [B, T·E]
    rows = np.arange(len(state))[:, None]
    gamma = policies.settings(view, "gamma")
    v, q = actors.values(view.truth.world, policies.tables(view), gamma)
    true = q[rows, state, action] - v[rows, state]
    gap = np.ascontiguousarray(advantage - true)  # one order of summing, however many replicas
    return np.asarray(np.sqrt(np.square(gap).mean(1)))


def _histogram(view: View) -> tuple[Array, Array]:
    drawn = samples(view)
    low, high = float(drawn.min()), float(drawn.max())
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(drawn, BINS, (low, high))
    return (edges[1:] + edges[:-1]) / 2, counts / len(drawn)


def _bias(view: View) -> Array:
    bias: Array = (_over_lambda(view).mean - _pair(view).true) ** 2
    return bias


def _mse_now(view: View) -> Array:
    now = _now(view)
    return np.array(now.variance[0] + (now.mean[0] - _pair(view).true) ** 2)


_BATCH = ("rollout_advantage",)
DERIVED: Table = {
    "critic_error_now": (_BATCH, critic_error),
    "plane_lambdas": (_BATCH, lambda _: _LAMBDAS),
    "plane_errors": (_BATCH, lambda _: _CRITICS),
    "plane_squared_error": (_BATCH, lambda view: _plane(view).squared_error),
    "plane_root_error": (_BATCH, lambda view: np.sqrt(_plane(view).squared_error.clip(0.0))),
    "plane_contrast_bias": (_BATCH, lambda view: _plane(view).contrast_bias),
    "plane_best_lambda": (_BATCH, best_lambdas),
    "advantage_bias": (_BATCH, _bias),
    "advantage_variance": (_BATCH, lambda view: _over_lambda(view).variance),
    "advantage_mse": (_BATCH, lambda view: _bias(view) + _over_lambda(view).variance),
    "advantage_mse_now": (_BATCH, _mse_now),
    "contrast_bias_now": (
        _BATCH,
        lambda view: np.array(_now(view).contrast[0] - _pair(view).contrast),
    ),
    "advantage_distance": (_BATCH, distances),
    "advantage_true": (_BATCH, lambda view: np.array(_pair(view).true)),
    "advantage_mean": (_BATCH, lambda view: np.array(_now(view).mean[0])),
    "advantage_deviation": (_BATCH, lambda view: np.array(np.sqrt(_now(view).variance[0]))),
    "advantage_ends": (_BATCH, ends),
    "pair_levels": (_BATCH, lambda view: _histogram(view)[0]),
    "pair_shares": (_BATCH, lambda view: _histogram(view)[1]),
    "sampled_mean": (_BATCH, lambda view: np.array(samples(view).mean())),
    "sampled_deviation": (_BATCH, lambda view: np.array(samples(view).std())),
    "sampled_mse": (
        _BATCH,
        lambda view: np.array(np.mean((samples(view) - _pair(view).true) ** 2)),
    ),
    "sampled_count": (_BATCH, lambda view: np.array(float(len(samples(view))))),
}
