r"""Two closed unions between server and worker: commands down, notifications up.

On the wire a message is one JSON line and, where it carries bytes, a blob of the length that the
line names:

    {"type": "Frame", "run": "k3…", "sequence": 7, …, "blob": 2480}\n<2480 bytes>
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import orjson

from rlviz.errors import BadMessage

Grain = Literal["beat", "iteration", "episode"]
MAX_LINE = 8 * 2**20
MAX_BLOB = 512 * 2**20

# ------------------------------------------------------------------ down, to a worker


@dataclass(frozen=True)
class Start:
    """Make this run, from a checkpoint where there is one, and go to `position` first.

    `spec` is plain JSON (`runs.spec.to_plain`); `speed` is iterations a second, None for as fast
    as it goes; `position` is (iteration, beat); `pending` are changes that no worker has
    acknowledged yet, as pairs of id and plain intervention; at iteration `limit` it is finished.
    A checkpoint comes as `blob`, else it is read from the history of `origin`, the newest one that
    is not past `position`.
    """

    run: str
    spec: dict[str, Any]
    playing: bool = True
    speed: float | None = None
    position: tuple[int, int] = (0, 0)
    sequence: int = 0
    pending: tuple[tuple[str, dict[str, Any]], ...] = ()
    limit: int | None = None
    origin: str = ""  # the run from whose kept history it starts; "": from its own, if there is any
    keep: bool = True  # whether what it shows is kept, where the worker has a place for that
    each: tuple[str, ...] = ()  # signals whose replicas are told apart, up to `limit`
    blob: bytes = b""


@dataclass(frozen=True)
class Play:
    """Go on; `speed` in iterations a second, None for as fast as it goes."""

    run: str
    speed: float | None = None


@dataclass(frozen=True)
class Pause:
    """Stop pulling beats."""

    run: str


@dataclass(frozen=True)
class Step:
    """Pull `n` more beats, iterations or episodes of replica 0, then pause. Steps add up."""

    run: str
    grain: Grain = "iteration"
    n: int = 1


@dataclass(frozen=True)
class Intervene:
    """Change the run from the next iteration on; `id` comes back in Accepted and Changed."""

    run: str
    id: str
    intervention: dict[str, Any]


@dataclass(frozen=True)
class Watch:
    """The union of what a run's viewers want, and how many frames a second (0: nobody looks)."""

    run: str
    signals: tuple[str, ...]
    fps: float = 10.0


@dataclass(frozen=True)
class Save:
    """Send a checkpoint at the next boundary."""

    run: str


@dataclass(frozen=True)
class Stop:
    """Forget the run."""

    run: str


@dataclass(frozen=True)
class Ping:
    """Are you there? Answered with Pong and the same number."""

    n: int


Command = Start | Play | Pause | Step | Intervene | Watch | Save | Stop | Ping

# ------------------------------------------------------------------ up, to the server


@dataclass(frozen=True)
class Hello:
    """A worker is ready; `catalogue` is plain JSON (`catalogue.to_plain`)."""

    catalogue: dict[str, Any]


@dataclass(frozen=True)
class Pong:
    """The worker lives and listens."""

    n: int


@dataclass(frozen=True)
class Queued:
    """The run waits for its turn behind `place` others."""

    run: str
    place: int


@dataclass(frozen=True)
class Frame:
    """A view of a run: one safetensors blob (`runs.codec`). `static` frames carry the map."""

    run: str
    sequence: int
    iteration: int
    beat: int
    static: bool = False
    blob: bytes = b""


@dataclass(frozen=True)
class Accepted:
    """The change is known and will act at `earliest` or later."""

    run: str
    id: str
    earliest: int


@dataclass(frozen=True)
class Changed:
    """The change acts from `iteration` on; `old` is what it replaced."""

    run: str
    id: str
    iteration: int
    intervention: dict[str, Any]
    old: dict[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """State, curves and position between two iterations, from which the run can go on.

    Without a blob it was written to the run's history.
    """

    run: str
    iteration: int
    blob: bytes = b""


@dataclass(frozen=True)
class Course:
    """How the run has gone so far, for a list of runs: its most telling signal in ≤ 40 numbers."""

    run: str
    signal: str
    curve: tuple[float, ...]


@dataclass(frozen=True)
class Rewound:
    """The run goes on from a checkpoint: what came after `iteration` will come again."""

    run: str
    iteration: int


@dataclass(frozen=True)
class Playing:
    """The run pulls beats."""

    run: str


@dataclass(frozen=True)
class Paused:
    """The run stands at (iteration, beat)."""

    run: str
    iteration: int
    beat: int


@dataclass(frozen=True)
class Stalled:
    """What it shows can not be written down; it goes on when that works again."""

    run: str
    sentence: str


@dataclass(frozen=True)
class Finished:
    """The run has reached its end."""

    run: str
    iteration: int


@dataclass(frozen=True)
class Diverged:
    """`signal` was the first to be NaN or infinite, at `iteration`; the run has stopped."""

    run: str
    iteration: int
    signal: str


@dataclass(frozen=True)
class Failed:
    """The run can not go on: a sentence for everybody and the traceback for learners."""

    run: str
    sentence: str
    traceback: str = ""


Notification = (
    Hello
    | Pong
    | Queued
    | Frame
    | Accepted
    | Changed
    | Checkpoint
    | Course
    | Rewound
    | Playing
    | Paused
    | Stalled
    | Finished
    | Diverged
    | Failed
)

_TYPES: dict[str, type] = {
    cls.__name__: cls for cls in (*get_args(Command), *get_args(Notification))
}


@dataclass
class Decoder:
    """Turns arriving bytes into messages; holds what is not yet whole."""

    _buffer: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> list[Command | Notification]:
        """All messages that are whole now; BadMessage where the bytes are not ours."""
        self._buffer += data
        messages = []
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _next(self) -> Command | Notification | None:
        end = self._buffer.find(b"\n")
        if (len(self._buffer) if end < 0 else end) > MAX_LINE:
            raise BadMessage("A message's JSON line is too long.")
        if end < 0:
            return None
        plain, size = head(bytes(self._buffer[:end]))
        if len(self._buffer) < end + 1 + size:
            return None
        blob = bytes(self._buffer[end + 1 : end + 1 + size])
        del self._buffer[: end + 1 + size]
        return build(plain, blob)


def encode(message: Command | Notification) -> bytes:
    """One JSON line, and the blob after it."""
    plain: dict[str, Any] = {"type": type(message).__name__}
    blob = b""
    for f in dataclasses.fields(message):
        value = getattr(message, f.name)
        if f.name == "blob":
            blob = value
            plain["blob"] = len(value)
        else:
            plain[f.name] = value
    return orjson.dumps(plain) + b"\n" + blob


def head(line: bytes) -> tuple[dict[str, Any], int]:
    """The JSON of a message and the length of the blob that follows it."""
    try:
        plain = orjson.loads(line)
        size = plain.get("blob", 0)
    except (orjson.JSONDecodeError, AttributeError):
        raise BadMessage("A message's line is not a JSON object.") from None
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_BLOB:
        raise BadMessage("A message names an impossible blob length.")
    return plain, size


def build(plain: dict[str, Any], blob: bytes = b"") -> Command | Notification:
    """The message that a JSON object and its blob stand for."""
    values = dict(plain)
    cls = _TYPES.get(str(values.pop("type", "")))
    if cls is None:
        raise BadMessage("A message's type is unknown.")
    if "blob" in values:
        values["blob"] = blob
    if isinstance(curve := values.get("curve"), list):  # JSON has no NaN
        values["curve"] = [math.nan if number is None else number for number in curve]
    try:
        message = cls(**{k: _tupled(v) for k, v in values.items()})
    except (TypeError, RecursionError):  # unknown or missing names; lists in lists in lists
        raise BadMessage(f"A {cls.__name__} message has the wrong fields.") from None
    return message  # type: ignore[no-any-return]  # every class in _TYPES is a member of a union


def _tupled(value: Any) -> Any:
    return tuple(_tupled(v) for v in value) if isinstance(value, list) else value
