"""What a server gives to one owner, and for how long: every number in one place."""

from __future__ import annotations

from dataclasses import dataclass

from rlviz.runs.spec import MAX_REPLICAS


@dataclass(frozen=True)
class Limits:
    """Caps and leases; the defaults are for a class on one small machine."""

    unfinished: int = 64  # runs of one owner that are not finished, diverged or failed
    running: int = 8  # of these, the ones that play
    replicas: int = MAX_REPLICAS
    lease_seconds: float = 120.0  # unseen for so long: paused
    keep_seconds: float = 7 * 24 * 3600.0  # unseen for so long: deleted
    save_seconds: float = 2.0  # a playing run loses no more than that to a dead worker
    tick_seconds: float = 0.5  # how often all this is looked at
    # A run that its worker's death may be blamed on:
    settle_seconds: float = 2.0  # so long past the place of the death, and it is not suspected
    doubt_seconds: float = 10.0  # nor when it has lived so long without reaching that place
    forgive_seconds: float = 60.0  # so long past the place, and the death is forgotten
