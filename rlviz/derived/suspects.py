"""Why a run diverged, collapsed or learns nothing: what was measured, in sentences with numbers.

Nothing here knows an algorithm: a judgement reads curves, newest values, settings and the world by
the names of signals and hyper-parameters. Of a run in which nothing is wrong nothing is said, and
no cause is named that was not measured.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from rlviz.derived.evidence import (
    Known,
    Suspect,
    acts,
    course,
    is_chosen,
    largest,
    says,
    setting,
    symbol,
    to_the_end,
)
from rlviz.derived.policy_suspects import decided, refused, unmoved
from rlviz.derived.stretches import Stretch, joined, peaks, stretches
from rlviz.signals import SIGNALS, TAIL

EVERY = 1.0  # seconds
ENOUGH = 20  # values of a stretch below which its mean says little: its error is a fifth of its sd
CERTAIN = 6.0  # standard errors; over 20 stretches of a healthy run chance comes to about 3
LOST = 0.5  # of what had been gained: less is a dip
SPREAD = 1.0  # standard deviations of single episodes; a fall within their spread is not seen
LONGER = 1.5  # times as long, or as large: less may be chance
CHANCES = 10  # episodes that each replica has had time for, before their lengths say something
NEAR_LIMIT = 0.95  # of the time limit: a mean this near has hardly an episode that arrived
HALF = 0.5  # of it, where besides nothing tells the start of the end
LATE = 0.25  # of the run: the newest part, long enough for many episodes
EXPLODED = 10.0  # times its least size: from there a signal has left what is usual for it
UNSTABLE = 2.0  # α·e: v ← v − α·e·v grows beyond it
FADES = 0.999  # γ·λ; beyond it a trace is still e⁻¹ after 1,000 steps, as long as an episode
FAINT = 0.01  # of a reward: what is left of it at the start
MANY_VISITS = 100  # that ought to have taught a state something
TAUGHT = 0.1  # of the way from the first guess: less after many visits is hardly anything
STILL = 0.5  # of what it was in the middle of the run: a change that does not fade
ROUNDING = 1e-12  # of the largest estimate: an error that is none
QUIET = 1e-6  # of the largest estimate: a distance to the truth that is rounding
SHORTLY = 0.1  # of the run: a change no longer before than that may have to do with it
ERRORS = ("td_error", "target_error", "residual")  # what learning is made of
TRACES = ("pair_traces", "state_trace")


class Asking:
    """Suspects for one frame after another."""

    def __init__(self) -> None:
        """Nothing has been asked yet."""
        self._found: list[Suspect] = []
        self._next = 0.0

    def suspects(self, known: Known, *, playing: bool) -> list[Suspect]:
        """Those of now; while it plays and is finite, those of less than a second ago."""
        now = time.monotonic()
        if now >= self._next or not playing or known.diverged is not None:
            self._found, self._next = suspects(known), now + EVERY
        return self._found


def suspects(known: Known) -> list[Suspect]:
    """Sentences with their values, the finding before its causes; none of a healthy run."""
    with np.errstate(all="ignore"):  # what is not finite is left out, not warned of
        for judge in (_diverged, _endless, _collapsed, decided, unmoved, refused, _silent):
            if found := list(judge(known)):
                return found
    return []


# ------------------------------------------------------------------ diverged


def _diverged(known: Known) -> Iterator[Suspect]:
    if known.diverged is None:
        return
    at, signal = known.diverged
    yield says("diverged", "first", signal=symbol(signal), iteration=at)
    began = at
    grown = [g for name in known.curves if (g := _growth(known, name)) is not None]
    if grown:
        most = max(grown, key=lambda g: g["after"] / g["before"])
        began = most["start"]
        yield says("diverged", "growth", **most)
    yield from _unstable(known)
    yield from _no_end(known, "diverged")
    yield from _beyond(known)
    yield from _change(known, "diverged", began, at)


def _growth(known: Known, name: str) -> dict[str, Any] | None:
    """How the sizes of a signal grew, from where they left what was usual."""
    if SIGNALS[name].kind == "event":
        return None  # values of whole episodes come too seldom
    ends, sizes = peaks(known.curves[name])
    ends, sizes = ends[sizes > 0], sizes[sizes > 0]
    usual = np.flatnonzero(sizes <= EXPLODED * sizes.min(initial=np.inf))
    if len(usual) == 0 or usual[-1] == len(sizes) - 1:
        return None
    start, before, end, after = ends[usual[-1]], sizes[usual[-1]], ends[-1], sizes[-1]
    doubling = float(end - start) / math.log2(after / before)
    around = {"start": int(start), "before": float(before), "end": int(end), "after": float(after)}
    return {"signal": symbol(name), **around, "doubling": doubling}


def _unstable(known: Known) -> Iterator[Suspect]:
    """Steps that are larger than the error that they correct."""
    alpha, decay = setting(known, "alpha"), setting(known, "lambda_")
    for name in TRACES:
        if alpha is not None and name in known.view.latest:
            trace = largest(known.view.latest[name])
            if alpha * trace > UNSTABLE:
                step = alpha * trace
                yield says("diverged", "overshoots", trace=trace, alpha=alpha, step=step)
    gamma, lengths = setting(known, "gamma"), known.curves.get("episode_length")
    if decay is None or gamma is None or lengths is None or gamma * decay < FADES:
        return
    longest = max((one.high for one in stretches(lengths)), default=0.0)
    yield says("diverged", "unfading", product=gamma * decay, longest=int(longest))


def _beyond(known: Known) -> Iterator[Suspect]:
    """Estimates that no sequence of rewards can have."""
    gamma, world = setting(known, "gamma"), known.view.truth.world
    if gamma is None or gamma >= 1 or world.reward_sd is not None:
        return
    reward = float(np.abs(world.reward).max())
    guesses = [abs(setting(known, "initial_value") or 0.0)]
    guesses += [float(np.abs(v).max()) for k, v in world.statics.items() if k == "first_value"]
    bound = reward / (1 - gamma)
    for name in known.view.after:
        most = largest(known.view.latest[name]) if name in known.view.latest else 0.0
        if most > EXPLODED * max(bound, *guesses):
            size = f"|{symbol(name)}|"
            facts = {"reward": reward, "gamma": gamma, "bound": bound}
            yield says("diverged", "beyond", estimate=size, largest=most, **facts)


# ------------------------------------------------------------------ no end


def _endless(known: Known) -> Iterator[Suspect]:
    """Sums that grow for ever, however slowly."""
    moving = [s for name in ERRORS if (s := _no_rest(known, name)) is not None]
    if moving and (found := list(_no_end(known, "endless"))):
        yield from moving
        yield from found


def _no_end(known: Known, kind: str) -> Iterator[Suspect]:
    gamma, truth = setting(known, "gamma"), known.view.truth
    inside = truth.reachable
    if gamma is None or gamma < 1 or not known.view.after or len(inside) == 1:
        return
    world = truth.world
    if not (world.terminal[world.next_state] & world.possible)[inside].any():
        yield says(kind, "no_end")


def _no_rest(known: Known, name: str) -> Suspect | None:
    """An error whose mean does not fade: what is estimated has no value to come to."""
    parts = course(known, name)
    if len(parts) < 4:
        return None
    middle, last = parts[len(parts) // 2], parts[-1]
    certain = abs(last.mean) > CERTAIN * last.error
    if not certain or abs(last.mean) < STILL * abs(middle.mean):
        return None
    when = {"start": middle.start, "n": last.end - last.start}
    return says(
        "endless", "no_rest", signal=symbol(name), before=middle.mean, now=last.mean, **when
    )


# ------------------------------------------------------------------ collapsed


def _collapsed(known: Known) -> Iterator[Suspect]:
    parts = _settled(known)
    if len(parts) < 3 or not acts(known):
        return
    best, last, first = max(parts[:-1], key=lambda one: one.mean), parts[-1], parts[0]
    fall = best.mean - last.mean
    deviations = fall / best.sd if best.sd > 0 else math.inf
    certain = fall > CERTAIN * math.hypot(best.error, last.error)
    if not certain or deviations < SPREAD or fall < LOST * (best.mean - first.mean):
        return
    facts = {"n": int(last.n), "now": last.mean, "iteration": best.start, "best": best.mean}
    spread = deviations if math.isfinite(deviations) else fall / max(last.sd, 1e-12)
    yield says("collapsed", "fell", **facts, deviations=spread)
    middle = (best.mean + last.mean) / 2
    above = [one for one in parts if one.start >= best.start and one.mean > middle]
    yield says("collapsed", "since", iteration=above[-1].end)
    yield from _change(known, "collapsed", above[-1].start, above[-1].end)
    yield from _schedules(known, best.start)
    yield from _longer(known, best)
    yield from _louder(known, best)


def _settled(known: Known) -> list[Stretch]:
    """Stretches of returns from which no long episode is missing because it had no time to end."""
    returns, lengths = (known.curves.get(f"episode_{what}") for what in ("return", "length"))
    if returns is None or lengths is None:
        return []
    longest = max((one.high for one in stretches(lengths)), default=0.0)
    return joined([one for one in stretches(returns) if one.start >= longest], ENOUGH)


def _schedules(known: Known, since: int) -> Iterator[Suspect]:
    then, now = known.config_at(since), known.view.config
    for name, new in vars(now).items():
        old = getattr(then, name)
        if isinstance(new, int | float) and isinstance(old, int | float) and new != old:
            yield says("collapsed", "schedule", symbol=symbol(name), old=old, new=new)


def _longer(known: Known, best: Stretch) -> Iterator[Suspect]:
    parts = stretches(known.curves["episode_length"])
    then = [one.mean for one in parts if one.start <= best.start]
    limit = known.view.truth.world.time_limit
    if then and parts[-1].mean > LONGER * then[-1]:
        facts = {"now": parts[-1].mean, "before": then[-1], "limit": limit}
        yield says("collapsed", "longer", **facts, iteration=best.start)


def _louder(known: Known, best: Stretch) -> Iterator[Suspect]:
    """Errors that have grown meanwhile."""
    for name in ERRORS:
        sizes = [(one.start, math.hypot(one.mean, one.sd)) for one in course(known, name)]
        then = [size for start, size in sizes if start <= best.start]
        if then and sizes[-1][1] > LONGER * then[-1]:
            facts = {"now": sizes[-1][1], "before": then[-1], "iteration": best.start}
            yield says("collapsed", "errors", signal=symbol(name), **facts)


# ------------------------------------------------------------------ silent


def _silent(known: Known) -> Iterator[Suspect]:
    if acts(known):
        yield from _no_reward(known)
        yield from _cut(known)
        yield from _no_error(known)
    yield from _stays(known)
    yield from _tiny(known)


def _no_reward(known: Known) -> Iterator[Suspect]:
    parts = course(known, "episode_return")
    n = int(sum(one.n for one in parts))
    if n >= ENOUGH and all(one.low == one.high == 0 for one in parts):
        yield says("silent", "no_reward", n=n)


def _cut(known: Known) -> Iterator[Suspect]:
    """Episodes that only the limit ends, although the world has an end."""
    limit = known.view.truth.world.time_limit
    parts = course(known, "episode_length")
    late = [one for one in parts if one.start >= (1 - LATE) * known.view.iteration]
    if not late or late[0].start < CHANCES * limit:
        return
    n = sum(one.n for one in late)
    length = sum(one.n * one.mean for one in late) / n
    if n < ENOUGH or length < HALF * limit or (steps := to_the_end(known)) is None:
        return
    gamma = setting(known, "gamma")
    weight = 1.0 if gamma is None else gamma ** (steps - 1)
    if weight >= FAINT and length < NEAR_LIMIT * limit:
        return
    yield says("silent", "cut", n=int(n), length=length, steps=steps, limit=limit)
    if weight < FAINT:
        yield says("silent", "faint", steps=steps, gamma=gamma, weight=weight)


def _no_error(known: Known) -> Iterator[Suspect]:
    far = course(known, "truth_distance")
    size = max((largest(known.view.latest[n]) for n in known.view.after), default=0.0)
    if not far or far[-1].mean <= QUIET * max(size, 1.0) or _is_best(known):
        return
    for name in ERRORS:
        parts = joined(course(known, name), ENOUGH)
        if parts and max(-parts[-1].low, parts[-1].high) <= ROUNDING * max(size, 1.0):
            n = parts[-1].end - parts[-1].start
            facts = {"n": n, "distance": far[-1].mean}
            yield says("silent", "no_error", signal=symbol(name), **facts)


def _is_best(known: Known) -> bool:
    """Whether what it gets is what the best policy gets, exploring as it does."""
    parts, aim = _settled(known), known.curves.get("optimal_return_exploring")
    truths = stretches(aim) if aim is not None else []
    return bool(parts and truths) and parts[-1].mean + CERTAIN * parts[-1].error >= truths[-1].mean


def _stays(known: Known) -> Iterator[Suspect]:
    """Nothing new to see, and nothing that would try something else."""
    states = known.tail("state")
    if len(states) < TAIL or len(known.view.truth.reachable) < 2 or (states != states[0]).any():
        return
    explores = setting(known, "epsilon") != 0 or not is_chosen(known, "behaviour", "epsilon_greedy")
    if explores or any(known.tail(end).any() for end in ("terminated", "truncated")):
        return
    yield says("silent", "stays", state=int(states[0]), steps=len(states))


def _tiny(known: Known) -> Iterator[Suspect]:
    alpha, most = setting(known, "alpha"), int(known.visits.max(initial=0))
    if alpha is None or not is_chosen(known, "averaging", "step_size") or most < MANY_VISITS:
        return
    share = 1 - (1 - alpha) ** most
    if share >= TAUGHT:
        return
    yield says("silent", "tiny", alpha=alpha, visits=most, share=100 * share)
    for name in ERRORS:
        parts = course(known, name)
        if parts and (error := math.hypot(parts[-1].mean, parts[-1].sd)) > 0:
            facts = {"error": error, "change": alpha * error}
            yield says("silent", "per_step", signal=symbol(name), **facts)


# ------------------------------------------------------------------ what was changed


def _change(known: Known, kind: str, began: int, at: int) -> Iterator[Suspect]:
    """The newest change shortly before it began."""
    near = SHORTLY * known.view.iteration
    shortly = [mark for mark in known.marks if began - near <= mark["iteration"] <= at]
    for mark in shortly[-1:]:
        facts = {"symbol": mark["symbol"], "iteration": mark["iteration"]}
        ends = {"old": mark["old"], "new": mark["new"]}
        if all(isinstance(end, int | float) for end in ends.values()):
            yield says(kind, "changed", **facts, **ends)
        else:
            yield says(kind, "changed_words", **facts)
