"""Who killed the worker? A worker holds many runs, and its death names none of them.

A run that was alone with its worker is to blame. Of several, each is suspected once, and all go
on together, because most deaths come from outside (memory, a person). When that worker dies too,
the suspects go on one at a time, so that the next death names the run, and no innocent run fails.
A suspect is cleared when it has got past the place where it was when the worker died.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from rlviz.server.held import Held
from rlviz.server.limits import Limits

STRIKES = 2
SENTENCE = "This run has ended its worker twice, so it is not started again."


def blame(runs: Iterable[Held]) -> list[Held]:
    """Note the death of the worker that held these runs; those that have failed by it."""
    active = [run for run in runs if run.placed and run.active]
    suspects = [run for run in active if run.alone] or active
    certain = len(suspects) == 1
    for run in suspects:
        run.alone = run.strikes > 0
        run.strikes = run.strikes + 1 if certain else 1
    for run in active:
        run.died_at = max(run.died_at, run.iteration)
        run.passed_at = math.inf
    return [run for run in suspects if run.strikes >= STRIKES]


def may_start(run: Held, others: Iterable[Held]) -> bool:
    """Whether it may go on now, beside the others of its worker."""
    return not run.alone or not any(
        other.alone and other.placed and not other.ended for other in others if other is not run
    )


def review(run: Held, now: float, limits: Limits) -> bool:
    """Look at a suspect again; True when it has just been cleared."""
    if not run.strikes or not run.placed:
        return False
    if run.iteration > run.died_at:
        run.passed_at = min(run.passed_at, now)
    past = now - run.passed_at
    if past >= limits.forgive_seconds:
        run.strikes = 0
    lived = now - run.placed_at >= limits.doubt_seconds
    if run.alone and (past >= limits.settle_seconds or lived or not run.active):
        run.alone = False
        return True
    return False
