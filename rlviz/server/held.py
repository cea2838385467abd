"""What the hub holds of one run: all that is needed to show it and to start it again."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from rlviz.runs import codec
from rlviz.runs import messages as m
from rlviz.runs.client import About, Listed, Parent, RunView, Status
from rlviz.runs.history import History
from rlviz.runs.spec import Intervention, RunSpec, intervention_to_plain, to_plain
from rlviz.runs.sweep_results import SIGNALS
from rlviz.server import events
from rlviz.server.viewer import Viewer

ENDED: frozenset[Status] = frozenset(("finished", "diverged", "failed"))
RECOVERING = "The worker of this run has ended. The run goes on from its last checkpoint."
RESTARTED = "The server was started again. The run goes on from its last checkpoint."
RETURNING = (RECOVERING, RESTARTED)


@dataclass(eq=False)
class Held:
    """One run. The hub's facts (playing, speed, watchers, changes) outlive every worker."""

    id: str
    owner: str  # "" for a public run, which everybody may only watch
    spec: RunSpec  # with the interventions that have acted
    seat: int
    playing: bool
    speed: float | None
    started_at: float
    seen_at: float  # when somebody last looked; like all times here, by a clock that never jumps
    unseen_before: float = 0.0  # seconds unseen by then, under servers before this one
    created: float = 0.0  # seconds since 1970, to be shown
    about: About = field(default_factory=About)
    parent: Parent | None = None
    public: str = ""  # the name of a run that everybody may watch
    aside: bool = False  # in no list, and nothing of it is kept
    limit: int | None = None
    until: int = 0  # the iteration that it goes to first
    begun: bool = False  # it has kept something of its own, and needs its parent no more
    dormant: bool = False  # no worker has it, and no frame of it is in memory
    damaged: bool = False  # what was kept of it can not be trusted, and is left as it is
    history: History | None = None  # the reader of its folder, while it is awake
    status: Status = "queued"
    sentence: str = ""  # why it is so, where that needs a reason; its places stand beside it
    places: dict[str, str] = field(default_factory=dict)
    traceback: str = ""
    iteration: int = 0
    beat: int = 0
    stands_at: tuple[int, int] = (0, 0)  # where it was last paused
    frame: bytes = b""
    static: bytes = b""
    sequence: int = 0
    checkpoint: m.Checkpoint | None = None
    saved_at: float = 0.0  # when it came, or was last asked for
    placed: bool = False  # a living worker has its Start
    resting: bool = False  # paused because nobody looked
    steps: list[m.Step] = field(default_factory=list)  # asked for and not yet done
    pending: dict[str, Intervention] = field(default_factory=dict)  # not yet acknowledged
    accepted: set[str] = field(default_factory=set)  # of these, those that viewers know of
    sent: set[str] = field(default_factory=set)  # of these, those that its worker knows of
    acted_at: int = 0  # iteration of the newest change that has acted
    catch_up: tuple[int, int] | None = None  # where it was when its worker died, until it is there
    target: tuple[int, int] | None = None  # where its worker goes first, until it is there
    signal: str = ""  # what `curve` is of
    curve: tuple[float, ...] = ()
    stale: bool = False  # more of it is known than is kept
    kept_at: float = -math.inf
    let_go_at: float = -math.inf  # when it was taken from its worker
    viewers: set[Viewer] = field(default_factory=set)
    watch: m.Watch | None = None  # what the worker was last told
    # Its share in the deaths of workers (server.suspicion):
    strikes: int = 0
    alone: bool = False  # goes on only where no other suspect does
    placed_at: float = 0.0
    died_at: int = 0  # iteration
    passed_at: float = math.inf  # when it was past that iteration again

    @property
    def ended(self) -> bool:
        """Whether it never goes on."""
        return self.status in ENDED

    @property
    def active(self) -> bool:
        """Whether its worker computes for it, or has yet to answer its Start."""
        waits = self.placed and self.status in ("queued", "recovering")
        return not self.ended and (self.playing or bool(self.steps) or waits)

    @property
    def said(self) -> str:
        """Its sentence in English, with its places filled."""
        return self.sentence.format(**self.places) if self.places else self.sentence

    @property
    def looked_at(self) -> bool:
        """Whether any viewer wants frames; a hidden page wants none."""
        return any(viewer.fps > 0 for viewer in self.viewers)

    @property
    def steady(self) -> bool:
        """Whether a change may be sent to its worker at once."""
        return self.catch_up is None and self.target is None

    def unseen(self, now: float) -> float:
        """For how many seconds of server time nobody has looked."""
        return self.unseen_before + now - self.seen_at

    def see(self, now: float) -> None:
        """Somebody looks."""
        self.seen_at, self.unseen_before = now, 0.0

    def view(self) -> RunView:
        """What a page may know of it."""
        told = codec.decode(self.frame)[0] if self.frame else {}
        return RunView(
            self.id,
            self.spec,
            self.status,
            self.said,
            self.traceback,
            self.iteration,
            self.beat,
            self.speed,
            self.frame,
            self.static,
            tuple(told.get("marks", ())),
            self.about,
            self.parent,
            codec.pace(told),
        )

    def listed(self) -> Listed:
        """As a list of runs shows it."""
        return Listed(
            self.id,
            self.spec,
            self.status,
            self.said,
            self.iteration,
            self.about,
            self.parent,
            self.created,
            self.signal,
            self.curve,
        )

    # -------------------------------------------------------------- to a worker

    def start(self) -> m.Start:
        """The message with which a worker goes on from what is held here."""
        first = (self.until, 0)
        position = first if self.playing else max(self.stands_at, first)
        self.target = position if position > (0, 0) else None
        # A change acts where the worker first stands or plays. While older ones are still repeated
        # after that place, it would overtake them.
        early = self.catch_up is not None and self.catch_up > position
        pending = () if early else self.plain_pending()
        self.sent = {change for change, _ in pending}
        return m.Start(
            self.id,
            to_plain(self.spec),
            playing=self.playing,
            speed=self.speed,
            position=position,
            sequence=self.sequence,
            pending=pending,
            limit=self.limit,
            origin=self.parent.run if self.parent and not self.begun else "",
            keep=not self.aside,
            each=SIGNALS if self.about.sweep else (),
            blob=self.checkpoint.blob if self.checkpoint else b"",
        )

    def plain_pending(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """The changes that have not acted yet, oldest first."""
        return tuple((k, intervention_to_plain(v)) for k, v in self.pending.items())

    def late(self) -> list[tuple[str, dict[str, Any]]]:
        """Changes that its worker may be told of now that the run has come to where it was."""
        if not self.steady:
            return []
        late = [(k, plain) for k, plain in self.plain_pending() if k not in self.sent]
        self.sent |= {change for change, _ in late}
        return late

    def rewatch(self) -> m.Watch | None:
        """The union of what the viewers want, where the worker has yet to be told of it."""
        asked = [viewer.signals for viewer in self.viewers if viewer.signals is not None]
        if not asked and self.watch is None:
            return None  # nobody has asked yet: the worker shows everything
        # Kept while nobody looks, so that a page that is loaded again finds a whole frame.
        kept = self.watch.signals if self.watch else ()
        union = tuple(sorted(set().union(*asked))) if asked else kept
        watch = m.Watch(self.id, union, max((v.fps for v in self.viewers), default=0.0))
        if watch == self.watch:
            return None
        self.watch = watch
        return watch

    # -------------------------------------------------------------- from a worker

    def take(self, message: m.Notification) -> None:
        """Note what a worker says of this run, and pass it on to the viewers."""
        match message:
            case m.Frame():
                self._take_frame(message)
            case m.Checkpoint():
                self.checkpoint, self.stale = message, True
                self.begun = self.begun or not self.aside
            case m.Course(_, signal, curve) if curve:
                self.signal, self.curve, self.stale = signal, curve, True
            case m.Accepted():
                # A recovered run accepts again what it is told again.
                if message.id in self.pending and message.id not in self.accepted:
                    self.accepted.add(message.id)
                    self.tell(events.plain(message))
            case m.Changed():
                if intervention := self.pending.pop(message.id, None):
                    self.accepted.discard(message.id)
                    self.acted(message, intervention)
            case m.Rewound():
                if self.target is None:  # else it is shown where it will stand
                    self.iteration, self.beat = message.iteration, 0
            case m.Queued() | m.Playing() | m.Paused() | m.Stalled():
                self._take_status(message)
            case m.Finished() | m.Diverged() | m.Failed():
                self._take_end(message)

    def acted(self, message: m.Changed, intervention: Intervention) -> None:
        """Note a change that has acted."""
        self.spec = self.spec.with_intervention(message.iteration, intervention)
        self.acted_at = max(self.acted_at, message.iteration)
        self.tell(events.plain(message))

    def _early(self, message: m.Frame | m.Paused) -> bool:
        """Whether its worker is still on the way to where the run shall stand."""
        here = (message.iteration, message.beat)
        if self.catch_up is not None and here >= self.catch_up:
            self.catch_up = None
        if self.target is not None and here >= self.target:
            self.target = None
        return self.target is not None

    def _take_frame(self, message: m.Frame) -> None:
        self.sequence = max(self.sequence, message.sequence)
        if not message.static and self._early(message) and self.frame:
            return  # what is shown is nearer to where it will stand
        if message.static:
            self.static = message.blob
        else:
            self.frame = message.blob
            self.iteration, self.beat = message.iteration, message.beat
        for viewer in self.viewers:
            viewer.show(message.blob, static=message.static)

    def _take_status(self, message: m.Queued | m.Playing | m.Paused | m.Stalled) -> None:
        recovering, stalled = self.status == "recovering", self.status == "stalled"
        match message:
            case m.Queued():
                self.status = "queued"
            case m.Playing():
                self.status = "playing"
            case m.Stalled():
                self.status, self.sentence = "stalled", message.sentence
            case m.Paused():
                if self._early(message):
                    return
                self.status = "paused"
                self.iteration, self.beat = message.iteration, message.beat
                if not (recovering and self.steps):  # it says where it begins, and steps on
                    self.stands_at = (message.iteration, message.beat)
                    self.steps.clear()
        if (recovering and self.sentence in RETURNING) or (stalled and self.status != "stalled"):
            self.sentence = ""
        self.tell_status()

    def _take_end(self, message: m.Finished | m.Diverged | m.Failed) -> None:
        match message:
            case m.Finished(_, iteration):
                self.iteration = iteration
                self.end("finished")
            case m.Diverged(_, iteration):
                self.iteration = iteration
                self.tell(events.plain(message))
                self.end("diverged")
            case m.Failed():
                self.fail(message)

    def told(self, *, playing: bool, sentence: str = "") -> None:
        """Note that it shall play or stand still, and why where no person asked for it."""
        self.playing = playing
        self.steps.clear()
        if self.status != "recovering":
            self.sentence = sentence

    def lost(self) -> None:
        """Its worker has gone."""
        self.placed = False
        self.sent.clear()
        was_at = (self.iteration, self.beat)
        self.iteration, self.beat = self.checkpoint.iteration if self.checkpoint else 0, 0
        self.catch_up = max(was_at, (self.acted_at, 0), self.catch_up or (0, 0))
        self.status, self.sentence = "recovering", RECOVERING
        self.tell_status()

    def fail(self, message: m.Failed) -> None:
        """It can not go on, for a reason in words."""
        self.traceback = message.traceback
        self.tell(events.plain(message))
        self.end("failed", message.sentence)

    def fail_on_shelf(self, text: str, **values: str) -> None:
        """What was kept of it is damaged: it is shown as failed, and not written again."""
        self.damaged, self.places = True, values
        self.end("failed", text)

    def end(self, status: Status, sentence: str = "") -> None:
        """It never goes on."""
        self.status, self.sentence, self.playing = status, sentence, False
        self.steps.clear()
        self.pending.clear()
        self.tell_status()

    # -------------------------------------------------------------- to viewers

    def status_event(self) -> str:
        """The status as viewers get it."""
        said = events.Said(self.sentence, self.places)
        return events.status(self.status, said, self.iteration, self.beat, self.speed)

    def tell(self, event: str) -> None:
        """Give an event to every viewer."""
        for viewer in self.viewers:
            viewer.tell(event)

    def tell_status(self) -> None:
        """Give the status of now to every viewer."""
        self.tell(self.status_event())
