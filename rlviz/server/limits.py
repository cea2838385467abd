"""What a server gives to one owner, and for how long: every number in one place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from rlviz.errors import BadValue
from rlviz.runs.spec import MAX_REPLICAS

MOST_SPEED = 1e6  # iterations a second
DAY = 24 * 3600.0


@dataclass(frozen=True)
class Limits:
    """Caps and leases; the defaults are for a class on one small machine."""

    unfinished: int = 64  # runs of one owner that are not finished, diverged or failed
    running: int = 8  # of these, and of the parts of sweeps, the ones that play
    aside: int = 8  # runs of one owner for a look at the past; a ninth takes the oldest one's place
    sweeps: int = 32  # of one owner; one more takes the place of the oldest that has ended
    sweep_running: int = 4  # runs of one sweep that go at once, so that a lesson can be played too
    replicas: int = MAX_REPLICAS
    lease_seconds: float = 120.0  # unseen for so long: paused
    sweep_seconds: float = 600.0  # unseen for so long, a sweep rests
    dormant_seconds: float = 600.0  # unseen for so long and at rest: taken from its worker
    aside_seconds: float = 60.0  # unseen for so long, a run aside is forgotten
    keep_seconds: float = 7 * DAY  # unseen for so long: deleted
    save_seconds: float = 2.0  # a playing run loses no more than that to a dead worker
    tick_seconds: float = 0.5  # how often all this is looked at
    note_seconds: float = 3600.0  # how often its unseen time is written down
    shelf_seconds: float = 30.0  # how often where the run is dormant
    farewell_seconds: float = 2.5  # in which a server that ends lets its runs be saved
    # A run that its worker's death may be blamed on:
    settle_seconds: float = 2.0  # so long past the place of the death, and it is not suspected
    doubt_seconds: float = 10.0  # nor when it has lived so long without reaching that place
    forgive_seconds: float = 60.0  # so long past the place, and the death is forgotten

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Limits:
        """The defaults, but for the leases that RLVIZ_LEASE_SECONDS and RLVIZ_KEEP_DAYS set."""
        return cls(
            lease_seconds=_number(environment, "RLVIZ_LEASE_SECONDS", cls.lease_seconds, 1, 86_400),
            keep_seconds=DAY
            * _number(environment, "RLVIZ_KEEP_DAYS", cls.keep_seconds / DAY, 0.01, 3650),
        )


def checked_speed(speed: float | None) -> float | None:
    """The speed, or None for as fast as it goes; BadValue where it is none."""
    if speed is None:
        return None
    if isinstance(speed, bool) or not isinstance(speed, int | float):
        raise BadValue(f"`speed` must be a number or null, but got {type(speed).__name__}.")
    if not (math.isfinite(speed) and 0 < speed <= MOST_SPEED):
        raise BadValue(f"`0 < speed <= {MOST_SPEED:g}` must hold, but got speed={speed:g}.")
    return float(speed)


def _number(
    environment: Mapping[str, str], name: str, default: float, low: float, high: float
) -> float:
    text = environment.get(name, "")
    try:
        number = float(text or default)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise BadValue(f"`{low:g} <= {name} <= {high:g}` must hold, but got {text[:20]!r}.")
    return number
