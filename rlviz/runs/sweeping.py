"""A sweep that goes on: which of its runs have begun, which have ended, what was lost on the way.

It is told to look (`advance`) now and then; nothing in it waits, so it may live in an event loop.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from rlviz.catalogue import Catalogue
from rlviz.errors import BadMessage, BadValue, NoSuchRun
from rlviz.runs import codec, sweep
from rlviz.runs.client import About, Status
from rlviz.runs.spec import RunSpec, safe_run_id
from rlviz.runs.sweep import NOWHERE, Lost, Part, Plan, Sweep

SCHEMA = 1
RESTING = "Nobody has looked for a while, so it rests. It goes on now."
_GONE = "This run is gone."
_NO_PLACE = "It diverged, and it is not known at which point."
_GOING: tuple[Status, ...] = ("queued", "playing", "stalled", "recovering")


@dataclass(frozen=True)
class Look:
    """What a sweep needs to know of one of its runs."""

    status: Status
    iteration: int
    sentence: str
    frame: bytes


class Engine(Protocol):
    """What runs the parts; looking through it does not count as somebody who looks."""

    def begin(self, spec: RunSpec, about: About, limit: int) -> str:
        """Start a run to that iteration; BadValue where a cap or a rule refuses it."""

    def end(self, run: str) -> None:
        """Forget the run, where it is still there."""

    def rest(self, run: str) -> None:
        """Let it stand."""

    def go_on(self, run: str) -> None:
        """Let it play; BadValue where a cap refuses it."""

    def look(self, run: str) -> Look | None:
        """The run now; None where there is no such run."""


@dataclass
class Sweeping:
    """One sweep, its runs in the order of `sweep.parts`."""

    id: str
    owner: str
    plan: Plan
    created: float  # seconds since 1970
    runs: list[str]  # "" where none has begun
    done: list[bool]
    sentences: list[str]  # what went wrong
    lost: list[Lost] = field(default_factory=list)
    cancelled: bool = False
    # What is not kept:
    at: list[int] = field(default_factory=list)  # iterations
    waits: str = ""

    @classmethod
    def fresh(
        cls, key: str, owner: str, plan: Plan, created: float, catalogue: Catalogue
    ) -> Sweeping:
        """A checked plan of which nothing has begun."""
        n = len(sweep.parts(plan, catalogue))
        return cls(key, owner, plan, created, [""] * n, [False] * n, [""] * n, at=[0] * n)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.cancelled or all(self.done)

    def seen(self) -> Sweep:
        """As a page may know it."""
        return Sweep(
            self.id,
            self.plan,
            self.created,
            tuple(self.runs),
            tuple(self.done),
            self.cancelled,
            tuple(self.sentences),
            tuple(self.lost),
            tuple(self.at),
            self.waits,
        )

    def parts(self, catalogue: Catalogue) -> tuple[Part, ...]:
        """Its runs as they are now, without the points that are lost."""
        return sweep.parts(self.plan, catalogue, {lost.point for lost in self.lost})

    def advance(self, engine: Engine, catalogue: Catalogue, at_once: int) -> bool:
        """See what has ended and begin what may; whether something is so that must be kept."""
        if self.ended:
            return False
        before = asdict(self.seen()) | {"at": (), "waits": ""}
        self.waits = ""
        for nth, run in enumerate(self.runs):
            if run and not self.done[nth]:
                self._look(nth, run, engine, catalogue)
        self._begin(engine, catalogue, at_once)
        return asdict(self.seen()) | {"at": (), "waits": ""} != before

    def rest(self, engine: Engine) -> None:
        """Let everything stand until it is looked at again."""
        self.waits = RESTING
        for nth, run in enumerate(self.runs):
            if run and not self.done[nth]:
                engine.rest(run)

    def cancel(self, engine: Engine) -> None:
        """End what has not finished; what was found stays."""
        for nth, run in enumerate(self.runs):
            if run and not self.done[nth]:
                engine.end(run)
                self.runs[nth] = ""
        self.cancelled, self.waits = not all(self.done), ""

    def forget(self, engine: Engine) -> None:
        """End all of it."""
        for run in filter(None, self.runs):
            engine.end(run)

    def to_plain(self) -> dict[str, Any]:
        """What must outlive a server, as JSON."""
        return {
            "schema": SCHEMA,
            "plan": sweep.to_plain(self.plan),
            "runs": list(self.runs),
            "done": list(self.done),
            "sentences": list(self.sentences),
            "lost": [asdict(lost) for lost in self.lost],
            "cancelled": self.cancelled,
        }

    # -------------------------------------------------------------- inside

    def _look(self, nth: int, run: str, engine: Engine, catalogue: Catalogue) -> None:
        seen = engine.look(run)
        if seen is None:
            self._end(nth, _GONE)
            return
        self.at[nth] = seen.iteration
        match seen.status:
            case "finished":
                self._end(nth)
            case "failed":
                self._end(nth, seen.sentence)
            case "diverged":
                self._diverged(nth, run, seen, engine, catalogue)
            case "paused":  # after a rest, or by a server that was switched off
                self._go_on(run, engine)

    def _end(self, nth: int, sentence: str = "") -> None:
        self.done[nth], self.sentences[nth] = True, sentence

    def _go_on(self, run: str, engine: Engine) -> None:
        try:
            engine.go_on(run)
        except BadValue as refused:
            self.waits = str(refused)

    def _begin(self, engine: Engine, catalogue: Catalogue, at_once: int) -> None:
        going = sum(bool(run) and not done for run, done in zip(self.runs, self.done, strict=True))
        made: tuple[Part, ...] = ()
        for nth, run in enumerate(self.runs):
            if going >= at_once:
                return
            if run or self.done[nth]:
                continue
            made = made or self.parts(catalogue)
            try:
                about = About(self.plan.lesson, self.plan.scene, self.plan.alias, sweep=self.id)
                self.runs[nth] = engine.begin(made[nth].spec, about, self.plan.iterations)
                going += 1
            except BadValue as refused:
                self.waits = str(refused)
                return

    def _diverged(
        self, nth: int, run: str, seen: Look, engine: Engine, catalogue: Catalogue
    ) -> None:
        """Lose the points that did so, and make the others of that run again."""
        part = self.parts(catalogue)[nth]
        at, signal, replicas = _parting(seen.frame)
        points = (part.points[replica] for replica in replicas)
        # A stand-in that goes wrong speaks against the point whose values it has.
        guilty = Counter(part.stand_in if point == NOWHERE else point for point in points)
        if seen.frame and not guilty:
            self._end(nth, _NO_PLACE)
            return
        self.lost += [Lost(point, at, signal, count) for point, count in sorted(guilty.items())]
        if set(self.parts(catalogue)[nth].points) == {NOWHERE}:
            # Its run stays, so that it can be looked at.
            self._end(nth)
            return
        engine.end(run)  # without a frame nothing says who it was: it will diverge again
        self.runs[nth], self.at[nth] = "", 0


def from_plain(
    key: str, owner: str, created: float, plain: dict[str, Any], catalogue: Catalogue
) -> Sweeping:
    """What `to_plain` gave; BadMessage where it is of another schema or form."""
    if plain.get("schema") != SCHEMA:
        raise BadMessage(f"The sweep is not of schema {SCHEMA}.")
    try:
        plan = sweep.from_plain(plain["plan"], catalogue)
        found = Sweeping.fresh(key, owner, plan, created, catalogue)
        runs = [str(run) for run in plain["runs"]]
        done = [bool(done) for done in plain["done"]]
        sentences = [str(sentence) for sentence in plain["sentences"]]
        lost = [Lost(**lost) for lost in plain["lost"]]
    except (KeyError, TypeError, ValueError) as odd:
        raise BadMessage(f"The sweep has another form ({odd!s:.80}).") from None
    whole = all(not run or safe_run_id(run) for run in runs)
    if not whole or {len(runs), len(done), len(sentences)} != {len(found.runs)}:
        raise BadMessage("The sweep does not fit its own plan.")
    found.runs, found.done, found.sentences, found.lost = runs, done, sentences, lost
    found.cancelled = plain["cancelled"] is True
    found.at = [plan.iterations if ended else 0 for ended in done]
    return found


def no_sweep() -> NoSuchRun:
    """Raised where nobody has a sweep of that id."""
    return NoSuchRun("This sweep is gone: it was deleted, or it belongs to another server.")


def _parting(frame: bytes) -> tuple[int, str, list[int]]:
    """Where a run diverged, by which signal, and which replicas did."""
    if not frame:
        return 0, "", []
    try:
        at, signal, replicas = codec.decode(frame)[0].get("diverged", (0, "", []))
    except BadMessage:
        return 0, "", []
    return int(at), str(signal), [int(replica) for replica in replicas]
