"""Sweeps of the engine inside this process: looked after whenever somebody asks."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from rlviz.catalogue import Catalogue
from rlviz.errors import NoSuchRun
from rlviz.runs.client import About, Client
from rlviz.runs.sharing import new_id
from rlviz.runs.spec import RunSpec
from rlviz.runs.sweep import Plan, Sweep, check
from rlviz.runs.sweeping import Look, Sweeping, no_sweep

AT_ONCE = 4


class LocalSweeps:
    """Kept in memory; when the process ends, so do they."""

    def __init__(self, client: Client, known: Catalogue) -> None:
        """Over that client."""
        self._client, self._known = client, known
        self._going: dict[str, Sweeping] = {}
        self._lock = threading.Lock()

    def start(self, plan: Plan, owner: str) -> str:
        """Check a sweep and begin it."""
        checked = check(plan, self._known)
        one = Sweeping.fresh(new_id(), owner, checked, time.time(), self._known)
        with self._lock:
            self._going[one.id] = one
            one.advance(_Engine(self._client, owner), self._known, AT_ONCE)
        return one.id

    def get(self, sweep: str) -> Sweep:
        """The sweep now."""
        with self._lock:
            return self._looked_after(self._found(sweep)).seen()

    def of(self, owner: str) -> list[Sweep]:
        """This owner's, the newest first."""
        with self._lock:
            own = [one for one in self._going.values() if one.owner == owner]
            return [self._looked_after(one).seen() for one in reversed(own)]

    def cancel(self, sweep: str) -> None:
        """End what has not finished."""
        with self._lock:
            one = self._found(sweep)
            one.cancel(_Engine(self._client, one.owner))

    def forget(self, sweep: str) -> None:
        """Delete it with all of its runs."""
        with self._lock:
            one = self._found(sweep)
            del self._going[sweep]
            one.forget(_Engine(self._client, one.owner))

    def _looked_after(self, one: Sweeping) -> Sweeping:
        one.advance(_Engine(self._client, one.owner), self._known, AT_ONCE)
        return one

    def _found(self, sweep: str) -> Sweeping:
        if sweep not in self._going:
            raise no_sweep()
        return self._going[sweep]


@dataclass(frozen=True)
class _Engine:
    """The client as a sweep of that owner uses it."""

    client: Client
    owner: str

    def begin(self, spec: RunSpec, about: About, limit: int) -> str:
        return self.client.start(spec, self.owner, about=about, limit=limit)

    def end(self, run: str) -> None:
        self.client.stop(run)

    def rest(self, run: str) -> None:
        self.client.pause(run)

    def go_on(self, run: str) -> None:
        self.client.play(run)

    def look(self, run: str) -> Look | None:
        try:
            seen = self.client.view(run)
        except NoSuchRun:
            return None
        return Look(seen.status, seen.iteration, seen.sentence, seen.frame)
