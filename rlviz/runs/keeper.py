"""What a worker writes of one run, opened when there is first something to write."""

from __future__ import annotations

import errno
import logging
from pathlib import Path

from rlviz.runs import messages as m
from rlviz.runs.history import History
from rlviz.runs.history_writer import BUDGET, HistoryWriter
from rlviz.runs.loop import Run
from rlviz.runs.measured import Values
from rlviz.runs.segments import Write, plainly

log = logging.getLogger(__name__)

NO_ROOM = "There is no room left to keep what this run shows. It waits, and goes on when there is."
REFUSED = (
    "What this run shows can not be written down. It waits, and goes on when that works again."
)


def why(refused: OSError) -> str:
    """The sentence for a person; the log gets the system's own words."""
    log.error("A run can not be written down: %s", refused)
    return NO_ROOM if refused.errno == errno.ENOSPC else REFUSED


class Keeper:
    """The pen of one run. Every method but `close` may raise OSError, and may be called again."""

    def __init__(
        self, folder: Path, budget: int = BUDGET, *, back_to: int = 0, write: Write = plainly
    ) -> None:
        """Go on with what is in that folder, as far as the checkpoint of iteration `back_to`."""
        self._folder, self._budget, self._back_to, self._write = folder, budget, back_to, write
        self._writer: HistoryWriter | None = None
        self._inherited: dict[str, Values] = {}
        self.sequence = History(folder).last_sequence

    def inherit(self, values: dict[str, Values]) -> None:
        """Raw values that another run had before this one began where that one was."""
        self._inherited = values

    def frame(self, frame: m.Frame) -> None:
        """Keep a frame."""
        place = frame.sequence, frame.iteration, frame.beat
        self._open().frame(frame.blob, *place, static=frame.static)

    def checkpoint(self, run: Run) -> None:
        """Keep what was measured, and then where the run can go on."""
        writer, measured = self._open(), run.recorder.measured
        blob = run.checkpoint()
        if measured:
            writer.values(measured.new(), run.iteration)
            measured.forget()
        writer.checkpoint(blob, run.iteration)

    def close(self) -> None:
        """Let the files go."""
        if self._writer:
            self._writer.close()

    def _open(self) -> HistoryWriter:
        if self._writer is None:
            writer = HistoryWriter(self._folder, self._budget, write=self._write)
            writer.rewind(self._back_to)
            writer.values(self._inherited, self._back_to)
            self._inherited = {}
            self._writer = writer
        return self._writer
