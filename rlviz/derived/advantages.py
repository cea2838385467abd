"""Advantages of one watched trajectory, estimated with every λ, beside what they are exactly."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from rlviz.derived import policies
from rlviz.derived.view import Array, Table, View
from rlviz.exact import actors
from rlviz.exact.advantage_moments import flattened, gae_moments
from rlviz.ops import advantages
from rlviz.signals.advantages import CURVES, DECAYS, LENGTHS

_STEPS = 24  # of the trajectory that a picture shows


def policy_now(view: View) -> Array:
    """π(a|s) of replica 0, [S, A]."""
    return np.asarray(policies.tables(view)[0])


def critic_now(view: View) -> Array:
    """What the critic of replica 0 says of every state, [S]."""
    world = view.truth.world
    if getattr(view.config, "critic", "learned") == "exact":
        gamma, error = view.setting("gamma"), view.setting("critic_error")
        return flattened(world, policy_now(view), gamma, error)
    return np.where(world.terminal, 0.0, view.first("w")[world.seen])


def exact(view: View) -> Array:
    """A^π(s, a) of replica 0, [S, A]; NaN for pairs that do not exist."""
    v, q = actors.values(view.truth.world, policies.tables(view)[:1], view.setting("gamma"))
    gap = q[0] - v[0][:, None]
    return np.where(np.isfinite(gap), gap, np.nan)


def lambda_now(view: View) -> Array:
    """λ."""
    return np.array(view.setting("lambda_"))


def _with_gaps(view: View, values: Array) -> Array:
    """The first steps, and a NaN behind each end of an episode, so that no line crosses it."""
    ended = view.first("trajectory_ended")[:_STEPS]
    behind = np.flatnonzero(ended > 0) + 1
    return np.insert(values[:_STEPS], behind, np.nan)


def _gae(errors: Array, decay: Array) -> Array:
    """Â_t from δ_t and γλ (1 − done_t), [T]."""
    found = advantages.generalised_advantages(torch.from_numpy(errors), torch.from_numpy(decay))
    return np.asarray(found.numpy())


def _errors(view: View, *, confused: bool = False) -> Array:
    """δ_t of the watched copy, from its rewards and what the critic said; [T]."""
    ended, after = view.first("trajectory_ended"), view.first("trajectory_value_next")
    followed = ended == 0 if confused else ended != 1
    reward, value = view.first("trajectory_reward"), view.first("trajectory_value")
    delta: Array = reward + view.setting("gamma") * np.where(followed, after, 0.0) - value
    return delta


def _at_decay(lambda_: float) -> Callable[[View], Array]:
    def found(view: View) -> Array:
        going_on = view.first("trajectory_ended") == 0
        return _with_gaps(view, _gae(_errors(view), view.setting("gamma") * lambda_ * going_on))

    return found


def masked(view: View, which: str) -> Array:
    """Â_t of the watched copy with one of three masks, at the λ of now."""
    going_on = (view.first("trajectory_ended") == 0) | (which == "leaking")
    decay = view.setting("gamma") * view.setting("lambda_") * going_on
    return _with_gaps(view, _gae(_errors(view, confused=which == "confused"), decay))


def _of_pairs(view: View, table: Array) -> Array:
    """A table [S, A] read along the watched trajectory."""
    s = view.first("trajectory_state").astype(np.int64)
    a = view.first("trajectory_action").astype(np.int64)
    return _with_gaps(view, table[s, a])


def expected(view: View) -> Array:
    """E[Â | s_t, a_t] with whole episodes, for the critic and λ of now."""
    world, gamma = view.truth.world, view.setting("gamma")
    moments = gae_moments(world, policy_now(view), critic_now(view), gamma, view.setting("lambda_"))
    return _of_pairs(view, moments.mean)


def recency(view: View) -> Array:
    """(γλ)^{T−t} r_T: the credit of the last reward where the critic says 0 everywhere."""
    ended = view.first("trajectory_ended")
    last = np.where(ended > 0, view.first("trajectory_reward"), 0.0)
    decay = view.setting("gamma") * view.setting("lambda_") * (ended == 0)
    return _with_gaps(view, _gae(last, decay))


def _ends(how: int) -> Callable[[View], Array]:
    """Between which steps an episode ended that way; NaN for those where it did not."""

    def found(view: View) -> Array:
        ended = view.first("trajectory_ended")[:_STEPS]
        return np.where(ended == how, np.arange(len(ended)) + 0.5, np.nan)

    return found


def weights(view: View, lambda_: float) -> Array:
    """Powers (γλ)^l for l = 0, 1, …, all lengths."""
    return np.asarray(advantages.lambda_weights(view.setting("gamma"), lambda_, LENGTHS).numpy())


def _at(steps: int) -> Callable[[View], Array]:
    return lambda view: np.array((view.setting("gamma") * view.setting("lambda_")) ** steps)


_PATH = ("trajectory_ended",)


def _of_decay(decay: float, view: View) -> Array:
    return weights(view, decay)


DERIVED: Table = {
    "lambda_now": (_PATH, lambda_now),
    "trajectory_step": (
        _PATH,
        lambda view: _with_gaps(view, np.arange(float(len(view.first("trajectory_ended"))))),
    ),
    "trajectory_delta": (_PATH, lambda view: _with_gaps(view, view.first("trajectory_error"))),
    **{
        f"trajectory_lambda_{name}": (_PATH, _at_decay(decay))
        for name, decay in zip(CURVES, DECAYS, strict=True)
    },
    "trajectory_lambda_now": (
        _PATH,
        lambda view: _with_gaps(view, view.first("trajectory_advantage")),
    ),
    "trajectory_exact": (_PATH, lambda view: _of_pairs(view, exact(view))),
    "trajectory_expected": (_PATH, expected),
    "trajectory_recency": (_PATH, recency),
    "ended_steps": (_PATH, _ends(1)),
    "cut_steps": (_PATH, _ends(2)),
    "trajectory_apart": (_PATH, lambda view: masked(view, "apart")),
    "trajectory_confused": (_PATH, lambda view: masked(view, "confused")),
    "trajectory_leaking": (_PATH, lambda view: masked(view, "leaking")),
    "credit_length": (_PATH, lambda _: np.arange(float(LENGTHS))),
    "credit_now": (_PATH, lambda view: weights(view, view.setting("lambda_"))),
    **{
        f"credit_{name}": (_PATH, partial(_of_decay, decay))
        for name, decay in zip(CURVES[1:3], DECAYS[1:3], strict=True)
    },
    "credit_at_10": (_PATH, _at(10)),
    "credit_at_50": (_PATH, _at(50)),
}
