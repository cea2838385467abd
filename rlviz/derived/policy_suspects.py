"""Why a learned policy stopped too early, or does not move at all: what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from rlviz.derived import policies
from rlviz.derived.evidence import Known, Suspect, course, is_chosen, says, setting
from rlviz.errors import NoFiniteTruth
from rlviz.worlds.continuous import ContinuousBandit

DECIDED = 0.02  # nat: an entropy that leaves one action some 99.7 % of two
SHORT = 0.1  # of what the best policy has over the worst that was seen: less is nearly there
FAR = 2.0  # a preference that moves so far at once makes odds seven times as high
FLAT = 1e-9  # a gradient so short is rounding
STEEP = 1e-6  # an exact gradient so long is none
SLOPING = 1e-2  # a shorter one may be left where a policy is as good as done


def decided(known: Known) -> Iterator[Suspect]:
    """A policy that has no chance left, and is not the best one."""
    chances, worth = course(known, "policy_entropy"), course(known, "policy_objective")
    best = course(known, "best_objective")
    if not (chances and worth and best) or isinstance(known.view.truth.world, ContinuousBandit):
        return
    entropy, now, top = chances[-1].mean, worth[-1].mean, best[-1].mean
    gap, worst = top - now, min(one.low for one in worth)
    if entropy > DECIDED or gap <= SHORT * max(top - worst, 1e-12):
        return
    yield says("collapsed", "decided", entropy=entropy, now=now, best=top)
    before = [one for one in chances if one.mean > DECIDED]
    if before:
        yield says("collapsed", "since", iteration=before[-1].end)
    yield from _leaps(known)


def unmoved(known: Known) -> Iterator[Suspect]:
    """Estimates that are all 0 where the exact gradient is not."""
    sizes = course(known, "gradient_norm")
    if "theta" not in known.view.latest or not sizes or sizes[-1].high > FLAT:
        return
    try:
        exact = float(np.linalg.norm(policies.gradient(known.view)))
    except NoFiniteTruth:
        return
    if exact <= STEEP:
        return
    n = sizes[-1].end - sizes[-1].start
    yield says("silent", "no_gradient", n=n, exact=exact)
    if setting(known, "episodes") == 1 and is_chosen(known, "baseline", "batch_mean"):
        yield says("silent", "alone")


def refused(known: Known) -> Iterator[Suspect]:
    """Steps that are looked for and taken by no replica, while there is something to gain."""
    parts, sizes = course(known, "step_part"), course(known, "gradient_norm")
    if not parts or not sizes or parts[-1].high > 0 or sizes[-1].high <= FLAT:
        return
    try:
        exact = float(np.linalg.norm(policies.gradient(known.view)))
    except NoFiniteTruth:
        return
    if exact <= SLOPING:
        return
    n = parts[-1].end - parts[-1].start
    yield says("silent", "refused", n=n, exact=exact)
    delta, tries, backtrack = (setting(known, name) for name in ("delta", "tries", "backtrack"))
    if delta == 0:
        yield says("silent", "no_radius")
    elif tries is not None and backtrack is not None:
        yield says("silent", "tried", tries=int(tries), part=backtrack ** (tries - 1), delta=delta)


def _leaps(known: Known) -> Iterator[Suspect]:
    alpha, sizes = setting(known, "alpha_theta"), course(known, "gradient_norm")
    most = max((one.high for one in sizes), default=0.0)
    if alpha is not None and math.isfinite(most) and alpha * most > FAR:
        yield says("collapsed", "leap", length=most, alpha=alpha, leap=alpha * most)
