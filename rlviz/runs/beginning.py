"""How a worker comes to a run: afresh, from a blob, from its own history, or from another's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlviz.catalogue import Catalogue
from rlviz.errors import BadMessage
from rlviz.runs import messages as m
from rlviz.runs.history import History
from rlviz.runs.history_writer import BUDGET
from rlviz.runs.keeper import Keeper
from rlviz.runs.loop import Run
from rlviz.runs.spec import At, from_plain, intervention_to_plain


@dataclass(frozen=True)
class Shelf:
    """Where a worker keeps its runs, a folder each, and how many bytes one may have."""

    folder: Path
    history_bytes: int = BUDGET

    def of(self, run: str) -> Path:
        """That run's folder."""
        if not (run.isascii() and run.isalnum()):
            raise BadMessage("A run that is kept must have a name of letters and digits.")
        return self.folder / run


@dataclass(frozen=True)
class Begun:
    """A run that can go on, and what the server may not know of it."""

    run: Run
    keeper: Keeper | None
    restored: bool
    news: tuple[m.Changed, ...] = ()  # changes that had acted before the checkpoint
    pending: tuple[tuple[str, dict[str, Any]], ...] = ()  # those that have not


def begin(start: m.Start, catalogue: Catalogue, shelf: Shelf | None) -> Begun:
    """Make the run, as it was at its newest checkpoint where there is one."""
    folder = shelf.of(start.run) if shelf and start.keep else None
    run = Run(from_plain(start.spec, catalogue), start.run, measured=folder is not None)
    if start.limit:
        run.recorder.tell_apart(start.each, start.limit, run.spec.replicas)
    blob = start.blob or (History(folder).checkpoint() if folder else b"")
    origin = History(shelf.of(start.origin)) if shelf and start.origin and not blob else None
    if origin:
        blob = origin.checkpoint(start.position[0])
    unknown = run.restore(blob) if blob else []
    keeper = (
        Keeper(folder, shelf.history_bytes, back_to=run.iteration) if folder and shelf else None
    )
    if origin and keeper:
        keeper.inherit(origin.values(run.iteration))
    if origin:  # what was asked of that one was not asked of this
        run.answers.clear()
    news = _news(run, unknown, {change_id for change_id, _ in start.pending})
    told = {changed.id for changed in news}
    pending = tuple(change for change in start.pending if change[0] not in told)
    return Begun(run, keeper, bool(blob), news, pending)


def _news(run: Run, unknown: list[At], pending: set[str]) -> tuple[m.Changed, ...]:
    """Changes that have acted and of which the server does not know that."""
    left = [(at.iteration, intervention_to_plain(at.intervention)) for at in unknown]
    news = []
    for change_id, iteration, plain, old in run.answers:
        if (iteration, plain) in left:
            left.remove((iteration, plain))
        elif change_id not in pending:
            continue
        news.append(m.Changed(run.id, change_id, iteration, plain, old))
    news += [m.Changed(run.id, "", iteration, plain, {}) for iteration, plain in left]
    return tuple(sorted(news, key=lambda changed: changed.iteration))
