"""What outlives a server of one run: enough to list it and to go on with it.

Frames, checkpoints and raw values stand in the run's own folder (`runs.history`); this is the rest.
A record is plain JSON with a schema of its own, so that one that can not be read harms no other.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any, get_args

from rlviz.errors import BadMessage
from rlviz.runs.client import About, Parent, Status

SCHEMA = 1
LONGEST_NAME = 80  # characters of a name that a person gives
MOST_POINTS = 40  # of the curve in a list


def clean_name(name: str) -> str:
    """A name as it is kept: one line of printable characters, not too long."""
    printable = "".join(c if c.isprintable() else " " for c in name[: 8 * LONGEST_NAME])
    return " ".join(printable.split())[:LONGEST_NAME].strip()


@dataclass(frozen=True)
class Record:
    """One run."""

    spec: dict[str, Any]  # `runs.spec.to_plain`, with the interventions that have acted
    about: About = field(default_factory=About)
    parent: Parent | None = None
    public: str = ""  # the name of a run that everybody may watch
    status: Status = "queued"
    sentence: str = ""
    traceback: str = ""
    iteration: int = 0
    beat: int = 0
    stands_at: tuple[int, int] = (0, 0)  # where it was last paused
    playing: bool = False
    speed: float | None = None
    limit: int | None = None
    until: int = 0  # the iteration that it goes to first
    begun: bool = False  # it has kept something of its own, and needs its parent no more
    pending: tuple[tuple[str, dict[str, Any]], ...] = ()  # changes that have not acted
    unseen: float = 0.0  # seconds of server time since somebody looked
    signal: str = ""
    curve: tuple[float, ...] = ()


def to_plain(record: Record) -> dict[str, Any]:
    """The record as JSON; `from_plain` reads it back to an equal value."""
    plain = {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
    plain["about"] = dataclasses.asdict(record.about)
    plain["parent"] = dataclasses.asdict(record.parent) if record.parent else None
    plain["curve"] = [value if math.isfinite(value) else None for value in record.curve]
    return {"schema": SCHEMA, **plain}


def from_plain(plain: dict[str, Any]) -> Record:
    """The record of that JSON; BadMessage where it is of another schema or has another form."""
    if (schema := plain.get("schema")) != SCHEMA:
        raise BadMessage(f"it is of schema {schema!r:.20}, and {SCHEMA} is what can be read")
    values = {name: value for name, value in plain.items() if name != "schema"}
    try:
        values["about"] = About(**values["about"])
        values["parent"] = Parent(**values["parent"]) if values["parent"] else None
        iteration, beat = values["stands_at"]
        values["stands_at"] = (int(iteration), int(beat))
        values["pending"] = tuple((str(k), dict(v)) for k, v in values["pending"])
        curve = values["curve"][:MOST_POINTS]
        values["curve"] = tuple(math.nan if value is None else float(value) for value in curve)
        record = Record(**values)
    except (KeyError, TypeError, ValueError) as odd:
        raise BadMessage(f"it has another form than a record ({odd!s:.60})") from None
    if record.status not in get_args(Status):
        raise BadMessage(f"its status is {record.status!r:.20}, which is none")
    return record
