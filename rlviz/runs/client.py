"""How pages, routes and the command line reach the engine, wherever it is.

The Hub implements it over worker processes; `runs.local` runs the same loop in a thread.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from rlviz.catalogue import Catalogue
from rlviz.runs.messages import Grain
from rlviz.runs.spec import Intervention, RunSpec

Status = Literal["queued", "playing", "paused", "recovering", "finished", "diverged", "failed"]


@dataclass(frozen=True)
class RunView:
    """What a page may know of a run at this moment."""

    run: str
    spec: RunSpec  # with the interventions that have acted
    status: Status
    sentence: str = ""  # why, where the status needs a reason
    traceback: str = ""
    iteration: int = 0
    beat: int = 0
    speed: float | None = None
    frame: bytes = b""
    static: bytes = b""
    marks: tuple[dict[str, Any], ...] = field(default=())


class Client(Protocol):
    """The engine. Every method may be called from any thread and raises only RlvizError."""

    def catalogue(self) -> Catalogue:
        """What there is; waits for the first worker at most 15 seconds."""

    def start(
        self, spec: RunSpec, owner: str, *, playing: bool = True, speed: float | None = None
    ) -> str:
        """Start a run and return its id."""

    def start_public(self, name: str, spec: RunSpec, speed: float | None = None) -> str:
        """The run of that name that everybody may watch and nobody controls; started once."""

    def view(self, run: str) -> RunView:
        """The run now; NoSuchRun where nobody holds it."""

    def owns(self, run: str, owner: str) -> bool:
        """Whether this owner may control the run."""

    def play(self, run: str, speed: float | None = None) -> None:
        """Go on at that many iterations a second, None for as fast as it goes."""

    def pause(self, run: str) -> None:
        """Stop pulling beats."""

    def step(self, run: str, grain: Grain = "iteration", n: int = 1) -> None:
        """Pull n more and pause."""

    def intervene(self, run: str, intervention: Intervention) -> str:
        """Change the run from its next iteration on; the id comes back in its events."""

    def stop(self, run: str) -> None:
        """Forget the run."""

    def history(self, run: str, first: int, last: int) -> list[bytes]:
        """Kept frames of those iterations, oldest first."""
