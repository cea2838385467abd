"""What the hub holds of one run: all that is needed to show it and to start it again."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

import orjson

from rlviz import maps
from rlviz.errors import BadValue, UnknownName
from rlviz.hyperparameters import Field, Value, check_world
from rlviz.runs import codec
from rlviz.runs import messages as m
from rlviz.runs.client import RunView, Status
from rlviz.runs.spec import Edit, Intervention, RunSpec, intervention_to_plain, to_plain
from rlviz.server.viewer import Viewer

ENDED: frozenset[Status] = frozenset(("finished", "diverged", "failed"))
RECOVERING = "The worker of this run has ended. The run goes on from its last checkpoint."


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
    seen_at: float  # when somebody last looked
    status: Status = "queued"
    sentence: str = ""
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
    acted_at: int = 0  # iteration of the newest change that has acted
    catch_up: tuple[int, int] | None = None  # where it was when its worker died, until it is there
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
    def looked_at(self) -> bool:
        """Whether any viewer wants frames; a hidden page wants none."""
        return any(viewer.fps > 0 for viewer in self.viewers)

    def view(self) -> RunView:
        """What a page may know of it."""
        marks = codec.decode(self.frame)[0].get("marks", ()) if self.frame else ()
        return RunView(
            self.id,
            self.spec,
            self.status,
            self.sentence,
            self.traceback,
            self.iteration,
            self.beat,
            self.speed,
            self.frame,
            self.static,
            tuple(marks),
        )

    # -------------------------------------------------------------- to a worker

    def start(self) -> m.Start:
        """The message with which a worker goes on from what is held here."""
        return m.Start(
            self.id,
            to_plain(self.spec),
            playing=self.playing,
            speed=self.speed,
            position=(0, 0) if self.playing else self.stands_at,
            sequence=self.sequence,
            # A change acts at once, so while older ones are still repeated it would overtake them.
            pending=() if self.catch_up else self.plain_pending(),
            blob=self.checkpoint.blob if self.checkpoint else b"",
        )

    def plain_pending(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """The changes that have not acted yet, oldest first."""
        return tuple((k, intervention_to_plain(v)) for k, v in self.pending.items())

    def caught_up(self) -> bool:
        """Whether a recovered run has just come to where it was, and may be changed again."""
        if self.catch_up is None or (self.iteration, self.beat) < self.catch_up:
            return False
        self.catch_up = None
        return True

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

    def check_edit(self, edit: Edit, known: dict[str, Field]) -> None:
        """BadValue where the world as it will be does not bear the change; `known` are its knobs.

        A worker would find out too, but only in the middle of the run, which then has failed.
        """
        before: dict[str, Value] = {name: field.default for name, field in known.items()}
        before |= self.spec.world_config
        acted = [at.intervention for at in self.spec.interventions]
        for change in (*acted, *self.pending.values()):
            before |= change.world if isinstance(change, Edit) else {}
        after = before | edit.world
        check_world(known, after)
        drawn = [name for name, field in known.items() if field.letters]
        if edit.keep != "nothing" and not all(
            maps.same_size(str(before[name]), str(after[name])) for name in drawn
        ):
            raise BadValue(maps.OTHER_SIZE)

    # -------------------------------------------------------------- from a worker

    def take(self, message: m.Notification) -> None:
        """Note what a worker says of this run, and pass it on to the viewers."""
        match message:
            case m.Frame():
                self._take_frame(message)
            case m.Checkpoint():
                self.checkpoint = message
            case m.Accepted():
                # A recovered run accepts again what it is told again.
                if message.id in self.pending and message.id not in self.accepted:
                    self.accepted.add(message.id)
                    self.tell(_event(message))
            case m.Changed():
                if intervention := self.pending.pop(message.id, None):
                    self.accepted.discard(message.id)
                    self.acted_at = max(self.acted_at, message.iteration)
                    self.spec = self.spec.with_intervention(message.iteration, intervention)
                    self.tell(_event(message))
            case m.Rewound():
                self.iteration, self.beat = message.iteration, 0
            case m.Queued() | m.Playing() | m.Paused():
                self._take_status(message)
            case m.Finished() | m.Diverged() | m.Failed():
                self._take_end(message)

    def _take_frame(self, message: m.Frame) -> None:
        if message.static:
            self.static = message.blob
        else:
            self.frame = message.blob
            self.iteration, self.beat = message.iteration, message.beat
        self.sequence = max(self.sequence, message.sequence)
        for viewer in self.viewers:
            viewer.show(message.blob, static=message.static)

    def _take_status(self, message: m.Queued | m.Playing | m.Paused) -> None:
        recovering = self.status == "recovering"
        match message:
            case m.Queued():
                self.status = "queued"
            case m.Playing():
                self.status = "playing"
            case m.Paused():
                self.status = "paused"
                self.iteration, self.beat = message.iteration, message.beat
                if not recovering:  # then it says where the checkpoint is, and goes on from there
                    self.stands_at = (message.iteration, message.beat)
                    self.steps.clear()
        if recovering and self.sentence == RECOVERING:
            self.sentence = ""
        self.tell_status()

    def _take_end(self, message: m.Finished | m.Diverged | m.Failed) -> None:
        match message:
            case m.Finished(_, iteration):
                self.iteration = iteration
                self.end("finished")
            case m.Diverged(_, iteration):
                self.iteration = iteration
                self.tell(_event(message))
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
        was_at = (self.iteration, self.beat)
        self.iteration, self.beat = self.checkpoint.iteration if self.checkpoint else 0, 0
        self.catch_up = max(was_at, (self.acted_at, 0), self.catch_up or (0, 0))
        self.status, self.sentence = "recovering", RECOVERING
        self.tell_status()

    def fail(self, message: m.Failed) -> None:
        """It can not go on, for a reason in words."""
        self.traceback = message.traceback
        self.tell(_event(message))
        self.end("failed", message.sentence)

    def end(self, status: Status, sentence: str = "") -> None:
        """It never goes on."""
        self.status, self.sentence, self.playing = status, sentence, False
        self.steps.clear()
        self.pending.clear()
        self.tell_status()

    # -------------------------------------------------------------- to viewers

    def status_event(self) -> str:
        """The status as viewers get it."""
        event = {
            "type": "Status",
            "status": self.status,
            "sentence": self.sentence,
            "iteration": self.iteration,
            "beat": self.beat,
            "speed": self.speed,
        }
        return orjson.dumps(event).decode()

    def tell(self, event: str) -> None:
        """Give an event to every viewer."""
        for viewer in self.viewers:
            viewer.tell(event)

    def tell_status(self) -> None:
        """Give the status of now to every viewer."""
        self.tell(self.status_event())


def refusal(command: str, refused: BadValue | UnknownName) -> str:
    """Why a command had no effect, for the viewer that gave it: in English, and what it is made of.

    A page says it in its own language where it knows the text.
    """
    sentence = str(refused)
    event: dict[str, Any] = {"type": "Refused", "command": command, "sentence": sentence}
    event |= {"text": sentence, "values": {}}
    if isinstance(refused, BadValue):
        event |= {"text": refused.text, "values": refused.values}
    return orjson.dumps(event).decode()


def _event(message: m.Accepted | m.Changed | m.Diverged | m.Failed) -> str:
    """A worker's message as viewers get it."""
    plain = {"type": type(message).__name__, **dataclasses.asdict(message)}
    return orjson.dumps(plain).decode()
