"""How pages, routes and the command line reach the engine, wherever it is.

The Hub implements it over worker processes; `runs.local` runs the same loop in a thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from rlviz.catalogue import Catalogue
from rlviz.runs.history import History
from rlviz.runs.messages import Grain
from rlviz.runs.spec import Intervention, RunSpec
from rlviz.runs.sweep import Plan, Sweep

Status = Literal[
    "queued", "playing", "paused", "stalled", "recovering", "finished", "diverged", "failed"
]


@dataclass(frozen=True)
class About:
    """What a run is for, so that a list can name it and lead back to its page.

    None of it changes a number of the run.
    """

    lesson: str = ""
    scene: str = ""
    alias: str = ""  # the stage of that lesson that it runs on
    name: str = ""  # given by a person; "" for none
    sweep: str = ""  # the sweep that it is a part of


@dataclass(frozen=True)
class Parent:
    """The run that another was forked from, and where."""

    run: str
    iteration: int


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
    about: About = field(default_factory=About)
    parent: Parent | None = None
    pace: float = 0.0  # environment steps of one replica in an iteration, on average so far


@dataclass(frozen=True)
class Listed:
    """A run as a list of runs shows it: without frames, so that hundreds cost little."""

    run: str
    spec: RunSpec
    status: Status
    sentence: str
    iteration: int
    about: About
    parent: Parent | None
    created: float  # seconds since 1970
    signal: str  # what `curve` is of; "" while there is none
    curve: tuple[float, ...]  # at most 40 numbers; NaN where nothing was measured


class Published(NamedTuple):
    """What a channel shows, and how often it has shown something by now."""

    n: int
    address: dict[str, str]


class Client(Protocol):
    """The engine. Every method may be called from any thread and raises only RlvizError."""

    def catalogue(self) -> Catalogue:
        """What there is; waits for the first worker at most 15 seconds."""

    def start(
        self,
        spec: RunSpec,
        owner: str,
        *,
        playing: bool = True,
        speed: float | None = None,
        about: About | None = None,
        limit: int | None = None,
        until: int = 0,
    ) -> str:
        """Start a run and return its id.

        At iteration `limit` it is finished. It first goes to iteration `until` as fast as it can;
        then it plays or stands, as `playing` says.
        """

    def start_public(self, name: str, spec: RunSpec, speed: float | None = None) -> str:
        """The run of that name that everybody may watch and nobody controls; started once."""

    def fork(
        self,
        run: str,
        iteration: int,
        owner: str,
        *,
        changes: tuple[Intervention, ...] = (),
        playing: bool = False,
        speed: float | None = None,
        aside: bool = False,
    ) -> str:
        """A new run that is `run` up to that iteration, and goes on with `changes`.

        Without a change it continues as its parent did, bit for bit. One that runs `aside` is in
        no list, keeps no history and is forgotten soon after nobody looks: for a look at the beats
        of the past. NotAllowed where the owner may not see the run.
        """

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
        """Forget the run, and what was kept of it."""

    def history(self, run: str) -> History:
        """What was kept of the run, to be read; NoSuchRun where nobody holds it."""

    # Runs as things that a person has.

    def runs(self, owner: str) -> list[Listed]:
        """This owner's runs, the newest first; parts of sweeps and runs aside are left out."""

    def rename(self, run: str, name: str) -> None:
        """Call it something; at most 80 characters are kept."""

    def adopt(self, archive: bytes, owner: str) -> str:
        """A run from what `runs.archive.pack` made of one, as this owner's; else BadValue."""

    # Links and classes.

    def keep_link(self, address: Mapping[str, str]) -> str:
        """A short id under which the parameters of a long address can be had again."""

    def kept_link(self, link: str) -> dict[str, str]:
        """The parameters of that id; empty where there is no such link."""

    def open_channel(self, owner: str) -> str:
        """A channel on which this owner shows a page to those who follow it; its id."""

    def publish(self, channel: str, owner: str, address: Mapping[str, str]) -> None:
        """What the page of the channel shows now; NotAllowed for any other than its owner."""

    def published(self, channel: str) -> Published:
        """What the channel shows now; empty where there is no such channel."""

    # Sweeps.

    def start_sweep(self, plan: Plan, owner: str) -> str:
        """Start the runs of a sweep, as many at once as the owner may have; its id."""

    def sweep(self, sweep: str) -> Sweep:
        """How far it is and what it has found; NoSuchRun where there is no such sweep."""

    def sweeps(self, owner: str) -> list[Sweep]:
        """This owner's sweeps, the newest first."""

    def cancel_sweep(self, sweep: str) -> None:
        """End what has not finished; what was found stays."""

    def forget_sweep(self, sweep: str) -> None:
        """Delete it with all of its runs."""
