"""For how long a run is given what it costs while nobody looks.

Unseen time is counted by a clock that never jumps, and what was counted is kept with the run: it
goes on under the next server. A look sets it to zero.
"""

from __future__ import annotations

from typing import Literal

from rlviz.server.held import Held
from rlviz.server.limits import Limits

Due = Literal["nothing", "rest", "sleep", "forget"]


def due(run: Held, now: float, limits: Limits) -> Due:
    """What has to become of the run; a viewer who wants frames keeps it as it is."""
    if run.looked_at:
        run.see(now)
        return "nothing"
    unseen = run.unseen(now)
    if unseen > (limits.aside_seconds if run.aside else limits.keep_seconds):
        return "forget"
    if run.playing and unseen > limits.lease_seconds:
        return "rest"
    if unseen > limits.dormant_seconds and _may_sleep(run):
        return "sleep"
    return "nothing"


def _may_sleep(run: Held) -> bool:
    """Whether it would be the same after waking: it is kept, and no worker is busy with it."""
    kept = not (run.aside or run.dormant or run.viewers)
    return kept and (run.ended or (run.status == "paused" and not run.active and run.steady))
