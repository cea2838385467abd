"""Runs between two servers, and between two looks: kept in the store, taken up from it again.

A run on the shelf is *dormant*: no worker has it, no frame of it is in memory. What touches a disk
here is called in threads, except `keep` and `forget`, which only ask the store's own thread.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from rlviz.catalogue import Catalogue
from rlviz.errors import BadMessage, NoSuchRun, RlvizError
from rlviz.runs import record as records
from rlviz.runs.cards import NAME, Damaged, Entry
from rlviz.runs.history import History
from rlviz.runs.record import Record
from rlviz.runs.spec import (
    RunSpec,
    from_plain,
    intervention_from_plain,
    to_plain,
)
from rlviz.runs.store import Store
from rlviz.server.held import ENDED, RESTARTED, Held

DAMAGED = "The record of run {run} is damaged, so it can not go on. Start it anew."
UNREADABLE = "The record of run {run} can not be read: {reason}. Start it anew."
EMPTY = "The files of run {run} are gone, so it can not go on. Start it anew."
BROKEN = "Run {run} does not go on, because a file of it is broken: {damage}"


@dataclass(frozen=True)
class Last:
    """What a folder says of its run: where it was last seen, and what is broken."""

    frame: bytes = b""
    static: bytes = b""
    sequence: int = 0
    damage: str = ""


class Shelf:
    """The kept side of a hub's runs."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def keep(self, run: Held, now: float) -> None:
        """Note the run as it is now; the store writes it soon."""
        run.stale = False
        if not run.aside and not run.damaged:
            plain = records.to_plain(_record(run, now))
            self.store.put("runs", Entry(run.id, run.owner, run.created, plain), card=True)

    def forget(self, run: Held) -> None:
        """Remove the run and its folder."""
        self.store.remove("runs", run.id)

    def history(self, run: Held) -> History:
        """What was kept of it; the reader, which remembers much, stays while the run is awake."""
        reader = run.history or History(self.store.run_folder(run.id))
        if not run.dormant:
            run.history = reader
        return reader

    def load(self, known: Catalogue, now: float) -> list[Held]:
        """Every run of the store, dormant; the damaged ones have failed, each in a sentence."""
        whole, damaged = self.store.runs()
        return [
            *self._read(whole, known, now),
            *(_broken(entry, now, DAMAGED) for entry in damaged),
        ]

    def last(self, history: History) -> Last:
        """Read the folder of a run that wakes up."""
        damage = history.check()
        said = damage[0] if damage else ""
        frames = history.frames()
        for kept in reversed(frames):
            with suppress(NoSuchRun, BadMessage):  # thinned away meanwhile, or broken
                frame = history.frame(kept.sequence)
                return Last(frame, self._static(history, kept.sequence), frames[-1].sequence, said)
        return Last(damage=said)

    def _static(self, history: History, sequence: int) -> bytes:
        with suppress(BadMessage):
            return history.static(sequence)
        return b""

    def _read(self, entries: list[Entry], known: Catalogue, now: float) -> Iterator[Held]:
        for entry in entries:
            try:
                run = _held(entry, records.from_plain(entry.plain), known, now)
            except RlvizError as odd:
                reason = str(odd).rstrip(".")
                yield _broken(entry, now, UNREADABLE, reason=reason)
                continue
            if run.iteration > 0 and not self._has_files(run.id):
                run.fail_on_shelf(EMPTY, run=run.id)
            yield run

    def _has_files(self, run: str) -> bool:
        try:
            return any(f.name != NAME for f in self.store.run_folder(run).iterdir())
        except FileNotFoundError:
            return False


def _record(run: Held, now: float) -> Record:
    return Record(
        spec=to_plain(run.spec),
        about=run.about,
        parent=run.parent,
        public=run.public,
        status=run.status,
        sentence=run.sentence,
        traceback=run.traceback,
        iteration=run.iteration,
        beat=run.beat,
        stands_at=run.stands_at,
        playing=run.playing,
        speed=run.speed,
        limit=run.limit,
        until=run.until,
        begun=run.begun,
        pending=run.plain_pending(),
        unseen=run.unseen(now),
        signal=run.signal,
        curve=run.curve,
    )


def _held(entry: Entry, kept: Record, known: Catalogue, now: float) -> Held:
    spec = from_plain(kept.spec, known)
    run = Held(entry.id, entry.owner, spec, 0, kept.playing, kept.speed, -math.inf, now)
    run.unseen_before, run.created = kept.unseen, entry.created
    run.about, run.parent, run.public = kept.about, kept.parent, kept.public
    run.limit, run.until, run.begun = kept.limit, kept.until, kept.begun
    run.sentence, run.traceback = kept.sentence, kept.traceback
    run.iteration, run.beat, run.stands_at = kept.iteration, kept.beat, kept.stands_at
    run.signal, run.curve = kept.signal, kept.curve
    run.pending = {
        change: intervention_from_plain(plain, spec.algorithm, spec.world, known, spec.replicas)
        for change, plain in kept.pending
    }
    run.acted_at = max((at.iteration for at in spec.interventions), default=0)
    run.dormant, run.kept_at = True, now
    run.resting = bool(run.public) and not run.playing
    if kept.status in ENDED:
        run.status = kept.status
    elif run.playing:
        run.status, run.sentence = "recovering", RESTARTED
        run.catch_up = max((run.iteration, run.beat), (run.acted_at, 0))
    else:
        run.status = "paused"
    return run


def _broken(entry: Entry | Damaged, now: float, text: str, **values: str) -> Held:
    run = Held(entry.id, entry.owner, RunSpec("", ""), 0, False, None, -math.inf, now)
    run.created, run.dormant = entry.created, True
    run.fail_on_shelf(text, run=entry.id, **values)
    return run
