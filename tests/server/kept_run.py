"""A run of which something is kept, for tests of the addresses that show it."""

from __future__ import annotations

import math
from functools import lru_cache

from rlviz.runs import archive, codec
from rlviz.runs.client import About
from rlviz.runs.history import History
from rlviz.runs.history_writer import HistoryWriter
from rlviz.runs.keeper import Keeper
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec
from tests.server.web import Site

ROOM = RunSpec("q_learning", "room")  # the scripted catalogue knows these two


@lru_cache
def trained() -> Run:
    """A hundred iterations."""
    run = Run(ROOM, measured=True)
    run.advance(math.inf, 100)
    return run


def frame(sequence: int) -> bytes:
    """A frame that can be told from the others."""
    return codec.encode({"sequence": sequence, "iteration": 10 * sequence}, {})


def static(sequence: int) -> bytes:
    """The same for a map."""
    return codec.encode({"sequence": sequence, "static": True}, {})


def keep(site: Site, owner: str = "ada", frames: int = 5) -> str:
    """A paused run with a map, frames 2, 3, 4 and so on, and a checkpoint at iteration 100."""
    run = site.start(owner, playing=False)
    folder = site.hub.shelf.store.run_folder(run)
    writer = HistoryWriter(folder)
    writer.frame(static(1), 1, 0, 0, static=True)
    for sequence in range(2, 2 + frames):
        writer.frame(frame(sequence), sequence, 10 * sequence, sequence % 2)
    writer.close()
    keeper = Keeper(folder, back_to=10**9)
    keeper.checkpoint(trained())
    keeper.close()
    return run


def packed(site: Site, run: str) -> bytes:
    """Its archive."""
    history = History(site.hub.shelf.store.run_folder(run))
    return archive.pack(history, ROOM, About())
