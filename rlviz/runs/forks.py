"""A fork is a spec too: what its parent was told up to a place, and then something else."""

from __future__ import annotations

from dataclasses import replace

from rlviz.errors import BadValue, shown
from rlviz.runs.spec import RunSpec

NO_OWNER = "A run needs an owner; allow cookies for this page and reload it."


def cut(spec: RunSpec, iteration: int) -> RunSpec:
    """The spec with the interventions that act up to that iteration."""
    acted = tuple(at for at in spec.interventions if at.iteration <= iteration)
    return replace(spec, interventions=acted)


def checked_place(iteration: object, reached: int) -> int:
    """An iteration at which a run that has come so far can be forked; BadValue where it can not."""
    whole = isinstance(iteration, int) and not isinstance(iteration, bool)
    if not whole or not 0 <= iteration <= reached:  # type: ignore[operator]  # it is an int there
        raise BadValue(
            "A fork must be at an iteration from 0 to {reached}, but got {came}.",
            reached=reached,
            came=shown(iteration),
        )
    return int(iteration)  # type: ignore[call-overload, no-any-return]  # it is an int here
