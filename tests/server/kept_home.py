"""A home in which runs are kept already, and browsers that look at them by their old tokens."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from rlviz.runs import codec, record
from rlviz.runs.cards import Entry
from rlviz.runs.history import History
from rlviz.runs.loop import Run
from rlviz.runs.record import Record
from rlviz.runs.sharing import new_id
from rlviz.runs.spec import RunSpec, to_plain
from rlviz.runs.store import Store
from rlviz.server.access import Access

SPEC = RunSpec("q_learning", "cliff_walking", seed=5, replicas=4, device="cpu")


@dataclass(frozen=True)
class Home:
    """A folder that a server can be started on, and the runs that play in it."""

    folder: Path
    runs: tuple[str, ...]
    tokens: dict[str, str]  # given out once, before the first server

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def history(self, run: str) -> History:
        return History(self.store / "runs" / run)

    def records(self) -> dict[str, Record]:
        """What the database says of each run; no server may be alive."""
        store = Store(self.store)
        whole, damaged = store.runs()
        store.close()
        assert damaged == []
        return {entry.id: record.from_plain(entry.plain) for entry in whole}

    def look(self, url: str, run: str) -> ClientConnection:
        """The live route, as a page opens it again that was loaded before any restart."""
        host = url.removeprefix("http://")
        address = f"ws://{host}/api/live/{run}?token={self.tokens[run]}"
        return connect(address, origin=url, compression=None, max_size=None)  # type: ignore[arg-type]  # a NewType of str


def playing_home(folder: Path, count: int, *, speed: float | None = 400.0) -> Home:
    """Runs that play, as a server leaves them that was killed just after they began."""
    store = Store(_made(folder / "store"))
    access = Access(folder / "secret")
    runs = tuple(new_id() for _ in range(count))
    for n, run in enumerate(runs):
        kept = Record(spec=to_plain(SPEC), playing=True, speed=speed, status="playing")
        store.put("runs", Entry(run, f"owner{n}", time.time(), record.to_plain(kept)), card=True)
    store.close()
    return Home(folder, runs, {run: access.token(run, "control") for run in runs})


def until_frame(
    socket: ClientConnection, wanted: Callable[[dict[str, Any]], bool], seconds: float
) -> dict[str, Any]:
    """The first frame's metadata for which it holds; AssertionError with what came instead."""
    give_up, told = time.monotonic() + seconds, [""]
    while (left := give_up - time.monotonic()) > 0:
        try:
            message = socket.recv(timeout=left)
        except (TimeoutError, ConnectionClosed) as end:
            raise AssertionError(f"{end!r} after {told[-3:]}") from None
        if isinstance(message, str):
            told.append(message)
            continue
        about = codec.decode(message)[0]
        if not about["static"] and wanted(about):
            return about
    raise AssertionError(f"no such frame within {seconds} s; told {told[-3:]}")


def undisturbed(spec: RunSpec, iteration: int) -> bytes:
    """The checkpoint of the same spec, run in one go."""
    run = Run(spec, measured=True)
    while run.iteration < iteration:
        run.advance(float("inf"), iteration)
    return run.checkpoint()


def status(socket: ClientConnection) -> dict[str, Any]:
    """The status that a viewer is given at once."""
    while True:
        message = socket.recv(timeout=20)
        if isinstance(message, str) and (event := orjson.loads(message))["type"] == "Status":
            return event  # type: ignore[no-any-return]  # JSON


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
