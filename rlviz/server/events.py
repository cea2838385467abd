"""What viewers are told beside frames, as JSON texts."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import orjson

from rlviz.errors import BadValue, UnknownName
from rlviz.runs import messages as m
from rlviz.runs.client import Status


def plain(message: m.Accepted | m.Changed | m.Diverged | m.Failed) -> str:
    """A worker's message as viewers get it."""
    return orjson.dumps({"type": type(message).__name__, **dataclasses.asdict(message)}).decode()


@dataclass(frozen=True)
class Said:
    """A sentence in English, and what its named places are filled with."""

    text: str
    values: dict[str, str]

    def plain(self) -> dict[str, Any]:
        """As a viewer gets it, who says it in its own language where it knows the text."""
        filled = self.text.format(**self.values) if self.values else self.text
        return {"sentence": filled, "text": self.text, "values": self.values}


def status(status: Status, said: Said, iteration: int, beat: int, speed: float | None) -> str:
    """How a run is and where; the sentence says why, where that needs a reason."""
    event = {
        "type": "Status",
        "status": status,
        **said.plain(),
        "iteration": iteration,
        "beat": beat,
        "speed": speed,
    }
    return orjson.dumps(event).decode()


def published(n: int) -> str:
    """The page of a channel shows something else, for the n-th time."""
    return orjson.dumps({"type": "Published", "n": n}).decode()


def refusal(command: str, refused: BadValue | UnknownName) -> str:
    """Why a command had no effect, for the viewer that gave it."""
    said = Said(str(refused), {})
    if isinstance(refused, BadValue):
        said = Said(refused.text, refused.values)
    return orjson.dumps({"type": "Refused", "command": command, **said.plain()}).decode()
