"""All runs that the hub holds: looked up, counted against caps, and given a seat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rlviz.errors import BadValue, NoSuchRun
from rlviz.runs.client import Listed
from rlviz.runs.spec import safe_run_id
from rlviz.server.held import Held
from rlviz.server.limits import Limits

_TOGETHER = 5.0  # seconds in which one owner's runs count as started together


class Table:
    """Runs by id, on the seats of the workers."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._runs: dict[str, Held] = {}

    def __iter__(self) -> Iterator[Held]:
        return iter(list(self._runs.values()))

    def __len__(self) -> int:
        return len(self._runs)

    def add(self, run: Held) -> None:
        """Hold a run."""
        self._runs[run.id] = run

    def remove(self, run: Held) -> None:
        """Forget a run."""
        self._runs.pop(run.id, None)

    def find(self, run: str) -> Held | None:
        """The run, where it is held."""
        return self._runs.get(run)

    def public(self, name: str) -> Held | None:
        """The run that everybody may watch under that name."""
        return next((run for run in self if run.public == name), None)

    def held(self, run: str) -> Held:
        """The run; NoSuchRun where nobody holds it."""
        if not safe_run_id(run) or run not in self._runs:
            raise NoSuchRun("This run is gone: it was deleted, or nobody looked at it for a week.")
        return self._runs[run]

    def on(self, seat: int) -> list[Held]:
        """The runs of one worker."""
        return [run for run in self if run.seat == seat and not run.dormant]

    def listed(self, owner: str) -> list[Listed]:
        """The runs of an owner for a list, the newest first."""
        own = [r for r in self if r.owner == owner and not (r.aside or r.about.sweep or r.public)]
        return [run.listed() for run in sorted(own, key=lambda run: -run.created)]

    def aside(self, owner: str) -> list[Held]:
        """Its runs for a look at the past, the oldest first."""
        return [run for run in self if run.aside and run.owner == owner]

    def check_new(self, owner: str, *, replicas: int, playing: bool, part: bool = False) -> None:
        """Raise where this owner may not have one more run, or not one so large.

        A part of a sweep, which has a cap of its own, is not counted among the unfinished.
        """
        if replicas > self._limits.replicas:
            raise BadValue(f"`replicas <= {self._limits.replicas}` must hold, but got {replicas}.")
        own = [run for run in self._of(owner) if not (run.aside or run.about.sweep)]
        if owner and not part and (unfinished := len(own)) >= self._limits.unfinished:
            raise BadValue(
                "One person may have {most} unfinished runs, and has {own}; reset or close some "
                "first.",
                most=self._limits.unfinished,
                own=unfinished,
            )
        if playing:
            self.check_playing(owner)

    def check_playing(self, owner: str) -> None:
        """Raise where this owner may not have one more run that plays."""
        running = sum(run.playing for run in self._of(owner))
        if owner and running >= self._limits.running:
            raise BadValue(
                "One person may have {most} running runs, and has {own}; pause one first.",
                most=self._limits.running,
                own=running,
            )

    def best_seat(self, seats: Sequence[int], owner: str, now: float) -> int:
        """The seat with the fewest playing runs; those of one page count as if they played."""

        def load(seat: int) -> tuple[int, int]:
            runs = [run for run in self.on(seat) if not run.ended]
            busy = sum(
                run.playing or (run.owner == owner and now - run.started_at < _TOGETHER)
                for run in runs
            )
            return busy, len(runs)

        return min(seats, key=load)

    def _of(self, owner: str) -> list[Held]:
        return [run for run in self if run.owner == owner and not run.ended]
