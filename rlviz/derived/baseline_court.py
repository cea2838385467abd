"""Baselines on trial: exact mean and variance of an estimate with each, beside the measured ones.

A frame comes after the step that its estimate took. What is said here is of the policy before it,
which drew the samples: θ − α·g.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rlviz.derived.view import NO_TABLE, Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import actors
from rlviz.exact import policy_gradient as pg
from rlviz.exact.baseline_court import Case, case, is_one_step
from rlviz.ops.advantages import normalise
from rlviz.signals.baseline_court import BINS, GRID, KINDS
from rlviz.worlds.continuous import ContinuousBandit

NO_BASELINE = "This algorithm has no choice of a baseline."
NO_BONUS = "With an entropy bonus the estimate is after more than J; its variance is not known."
OTHER_WEIGHTS = (
    "With γ < 1 the exact variance is known for rewards to go with γ^t; other weights make another "
    "estimate."
)
MANY = (
    "Every replica has a policy of its own by now. In worlds of many steps the exact variance is "
    "computed for one policy only: hold it still from the start."
)
_PAD = 0.1  # of the range of baselines, on either side


class Court(NamedTuple):
    """The trial of one batch: exact numbers of every replica's policy."""

    baselines: Array  # numbers that were tried, [GRID]
    variances: Array  # with each of them, [GRID]; this and what follows: means over replicas
    kinds: Array  # with each kind of baseline, [7]
    kept: Array  # E[g]/∇J with each kind, [7]
    marks: Array  # 0, V and b* of the start, [3]
    gradients: Array  # ∇J of every replica, [B, P]


def court(view: View) -> Court:
    """The trial of the newest batch, held once for each set of policies and settings."""
    theta, own, kind = policies_before(view), _numbers(view, "sample_baseline"), own_kind(view)
    asked = (theta.tobytes(), own.tobytes(), kind, view.setting("episodes"), _weights(view))
    found: Court = view.truth.once(
        ("baselines", view.setting("gamma"), 0.0, asked),
        view.iteration,
        lambda: _held(view, theta, own, kind),
    )
    return found


def policies_before(view: View) -> Array:
    """θ of every replica when the newest batch was drawn, [B, O, A]."""
    theta, g, alpha = (_numbers(view, n) for n in ("theta", "gradient_estimate", "step_size"))
    before: Array = theta - alpha[:, None, None] * g.reshape(theta.shape)
    return before


def own_kind(view: View) -> str:
    """The run's kind of baseline; a sentence where nothing exact is known of its estimate."""
    config, world = vars(view.config), view.truth.world
    if config.get("baseline") not in KINDS:
        raise NoFiniteTruth(NO_BASELINE)
    if isinstance(world, ContinuousBandit):
        raise NoFiniteTruth(NO_TABLE)
    if np.any(np.asarray(config["entropy_bonus"])):
        raise NoFiniteTruth(NO_BONUS)
    if view.setting("gamma") < 1 and not is_one_step(world) and _weights(view) != ("to_go", True):
        raise NoFiniteTruth(OTHER_WEIGHTS)
    return str(config["baseline"])


def measured(view: View) -> Array:
    """E·mean ‖g − E[g]‖² over replicas: of one episode, as the exact variance is."""
    g, found = _numbers(view, "gradient_estimate"), court(view)
    aim = found.kept[KINDS.index(own_kind(view))] * found.gradients
    around = np.where(np.isnan(aim), g.mean(0), aim)
    return np.array(((g - around) ** 2).sum() / len(g) * view.setting("episodes"))


def own_baseline(view: View) -> Array:
    """What was taken from the returns, mean over replicas; NaN where it looks at the action."""
    looks = own_kind(view) == "action_value"
    return np.array(np.nan if looks else _numbers(view, "sample_baseline").mean())


def at_own_kind(view: View, value: Array) -> Array:
    """That at the run's own kind, NaN at the others, [7]."""
    row = np.arange(len(KINDS)) == KINDS.index(own_kind(view))
    return np.where(row, value, np.nan)


def slopes(view: View) -> tuple[Array, Array]:
    """Levels and shares of the replicas' first slope, [BINS] each."""
    found = _numbers(view, "gradient_estimate")[:, 0]
    low, high = _reach(view, found)
    width, middle = (high - low) / BINS, float(_slope(view)[0])
    below = np.floor((middle - low) / width)  # bins below the one in whose middle the truth lies
    edges = middle + width * (np.arange(BINS + 1) - below - 0.5)
    middles = (edges[1:] + edges[:-1]) / 2
    return middles, np.histogram(np.clip(found, middles[0], middles[-1]), edges)[0] / len(found)


def estimate_error(view: View) -> Array:
    """‖g − ∇J‖² of every replica, [B]: variance and, where there is some, squared bias."""
    config, world = vars(view.config), view.truth.world
    if config.get("baseline") not in KINDS:
        raise NoFiniteTruth(NO_BASELINE)
    if isinstance(world, ContinuousBandit):
        raise NoFiniteTruth(NO_TABLE)
    theta, gamma = policies_before(view), view.setting("gamma")
    rows, which = np.unique(theta.reshape(len(theta), -1), axis=0, return_inverse=True)
    made = [pg.gradient(world, r.reshape(theta.shape[1:]), gamma, world.observed) for r in rows]
    exact = np.stack(made).reshape(len(rows), -1)[which.reshape(-1)]
    return np.asarray(((_numbers(view, "gradient_estimate") - exact) ** 2).sum(1))


def batch_exact(view: View) -> Array:
    """A^π(s_0, a_0) of the newest batch of replica 0, [N]."""
    world = view.truth.world
    if isinstance(world, ContinuousBandit):
        raise NoFiniteTruth(NO_TABLE)
    policy = actors.softmax_policies(world, policies_before(view)[:1])
    v, q = actors.values(world, policy, view.setting("gamma"))
    s, a = (view.first(name).astype(np.int64) for name in ("batch_state", "batch_action"))
    return np.asarray(q[0, s, a] - v[0, s])


def batch_normalised(view: View) -> Array:
    """Mean 0 and standard deviation 1 over the batch of replica 0, [N]."""
    return np.asarray(normalise(view.latest["batch_advantage"][0].detach().cpu(), 0).numpy())


def batch_turned(view: View) -> Array:
    """How many weights change their sign by it."""
    return np.array(float((view.first("batch_advantage") * batch_normalised(view) < 0).sum()))


def _held(view: View, theta: Array, own: Array, kind: str) -> Court:
    world, gamma, episodes = view.truth.world, view.setting("gamma"), int(view.setting("episodes"))
    one = is_one_step(world)
    if not one and (theta != theta[0]).any():
        raise NoFiniteTruth(MANY)
    numbers = own if kind in ("constant", "learned") else 0.0 * own  # the others say it themselves
    grid = _grid(view, theta[:1], own)
    rows = np.column_stack([theta.reshape(len(theta), -1), numbers])
    different, which = np.unique(rows, axis=0, return_inverse=True)
    whole = _weights(view)[0] == "whole"
    made = [
        case(
            world,
            row[:-1].reshape(theta.shape[1:]),
            gamma,
            np.append(grid, row[-1]),
            episodes=episodes,
            whole=whole,
        )
        for row in different
    ]
    each = [made[i] for i in which.reshape(-1)]
    left = {"batch_mean": (episodes - 1) / episodes if one else np.nan, "action_value": 0.0}
    return Court(
        baselines=grid,
        variances=np.mean([c.tried[:-1] for c in each], 0),
        kinds=np.mean([_by_kind(c, kind, one or world.n_observations == 1) for c in each], 0),
        kept=np.array([left.get(k, 1.0) for k in KINDS]),
        marks=np.mean([(0.0, c.v, c.b) for c in each], 0),
        gradients=np.stack([c.gradient.reshape(-1) for c in each]),
    )


def _by_kind(found: Case, kind: str, alike: bool) -> list[float]:
    """Variances in the order of KINDS; what a critic says in other states is not known here."""
    own = float(found.tried[-1])
    known = found._asdict()
    known |= {"constant": own if kind == "constant" else np.nan}
    known |= {"learned": own if kind == "learned" and alike else np.nan}
    return [known[name] for name in KINDS]


def _grid(view: View, theta: Array, own: Array) -> Array:
    """Numbers around 0, the values of the first actions and the run's own baseline, [GRID]."""
    world = view.truth.world
    policy = actors.softmax_policies(world, theta)
    q = actors.values(world, policy, view.setting("gamma"))[1][0, world.start > 0]
    ends = np.concatenate([[0.0], q[np.isfinite(q)], own])
    pad = _PAD * (np.ptp(ends) or 1.0)
    return np.linspace(ends.min() - pad, ends.max() + pad, GRID)


def _reach(view: View, found: Array) -> tuple[float, float]:
    """Ends of all estimates, and of those with 0, V and b*: stages then have the same axis."""
    world, ends = view.truth.world, [found.min(), found.max(), *_slope(view)]
    if is_one_step(world):
        policy = actors.softmax_policies(world, policies_before(view)[:1])
        start = world.start > 0
        p = policy[0, start][0]
        q = actors.values(world, policy, 1.0)[1][0, start][0]
        score = np.eye(len(p))[0] - p[0]
        ends += [end for b in court(view).marks for end in score * (q - b)]
    low, high = float(min(ends)), float(max(ends))
    width = (high - low or 1.0) / (BINS - 1)
    return low - width / 2, high + width / 2


def _slope(view: View) -> Array:
    """∂J/∂θ_1, mean over replicas, [1]."""
    return np.asarray(court(view).gradients[:, :1].mean(0))


def _weights(view: View) -> tuple[str, bool]:
    return str(view.config.weighting), bool(view.config.discounting)


def _numbers(view: View, name: str) -> Array:
    value: Array = view.latest[name].detach().cpu().numpy().astype(np.float64)
    return value


_G = "gradient_estimate"
_BATCH = ("batch_advantage", "gradient_estimate", "theta")
_DRAWN = ("sample_baseline", "gradient_estimate", "theta", "step_size")

DERIVED: Table = {
    "batch_number": (_BATCH, lambda view: np.arange(1.0, 1 + len(view.first("batch_advantage")))),
    "batch_normalised": (_BATCH, batch_normalised),
    "batch_exact": ((*_BATCH, "step_size"), batch_exact),
    "batch_sum": (_BATCH, lambda view: np.array(view.first("batch_advantage").sum())),
    "batch_turned": (_BATCH, batch_turned),
    "slope_levels": (_DRAWN, lambda view: slopes(view)[0]),
    "slope_shares": (_DRAWN, lambda view: slopes(view)[1]),
    "slope_exact": (_DRAWN, lambda view: np.array(_slope(view)[0])),
    "slope_mean": (_DRAWN, lambda view: np.array(_numbers(view, "gradient_estimate")[:, 0].mean())),
    "slope_error": (
        _DRAWN,
        lambda view: np.array(_numbers(view, _G)[:, 0].std() / len(view.latest[_G]) ** 0.5),
    ),
    "estimate_error": (_DRAWN, estimate_error),
    "court_baselines": (_DRAWN, lambda view: court(view).baselines),
    "court_variances": (_DRAWN, lambda view: court(view).variances),
    "court_marks": (_DRAWN, lambda view: court(view).marks),
    "court_mark_variances": (
        _DRAWN,
        lambda view: court(view).kinds[
            [KINDS.index(k) for k in ("none", "exact_value", "optimal")]
        ],
    ),
    "court_own": (_DRAWN, own_baseline),
    "court_measured": (_DRAWN, measured),
    "baseline_variances": (_DRAWN, lambda view: court(view).kinds),
    "baseline_kept": (_DRAWN, lambda view: court(view).kept),
    "baseline_exact": (_DRAWN, lambda view: at_own_kind(view, court(view).kinds)),
    "baseline_measured": (_DRAWN, lambda view: at_own_kind(view, measured(view))),
}
