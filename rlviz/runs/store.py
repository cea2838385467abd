"""The database: records of runs, links, channels and sweeps, each with a checksum.

SQLite in the store's folder (WAL), or what the URL in `$RLVIZ_DATABASE` names. One thread writes,
whatever waits in one transaction; any thread reads, and reads what it has written. A database that
can not be read any more is moved aside and made again, from what is left of it and from the cards
that lie in the folders of runs (`runs.cards`).
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from rlviz.errors import RlvizError
from rlviz.runs import cards
from rlviz.runs.cards import Damaged, Entry, digest, read_text, written
from rlviz.runs.spec import safe_run_id

log = logging.getLogger(__name__)

Name = Literal["runs", "links", "channels", "sweeps"]
NAMES: tuple[Name, ...] = ("runs", "links", "channels", "sweeps")
SCHEMA = 1
FILE = "rlviz.db"
RETRY_SECONDS = 1.0

_metadata = sa.MetaData()
_meta = sa.Table(
    "meta",
    _metadata,
    sa.Column("key", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


def _table(name: str) -> sa.Table:
    return sa.Table(
        name,
        _metadata,
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False, index=True),
        sa.Column("created", sa.Float(53), nullable=False),  # seconds since 1970
        sa.Column("record", sa.Text, nullable=False),  # JSON
        sa.Column("digest", sa.String(32), nullable=False),  # over all the others
    )


_TABLES = {name: _table(name) for name in NAMES}


@dataclass
class _Waiting:
    """What shall be written: the newest of it; None to remove it."""

    entry: Entry | None
    card: bool
    done: list[Future[None]]


class Store:
    """Opened on a folder, which holds the database and a folder for each run."""

    def __init__(self, folder: Path, url: str = "") -> None:
        """Open or make it; RlvizError where nothing can be kept."""
        self.folder = folder
        self.runs_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._url = url or f"sqlite:///{folder / FILE}"
        self._news = threading.Condition()
        self._waiting: dict[tuple[Name, str], _Waiting] = {}
        self._writing: dict[tuple[Name, str], _Waiting] = {}
        self._closing = False
        self._engine = self._opened()
        self._writer = threading.Thread(target=self._write_on, name="store", daemon=True)
        self._writer.start()

    @property
    def runs_folder(self) -> Path:
        """Where each run has a folder of its own."""
        return self.folder / "runs"

    def run_folder(self, run: str) -> Path:
        """The folder of one run; whoever asks has checked that it is a run's id."""
        return self.runs_folder / run

    # -------------------------------------------------------------- writing

    def put(self, name: Name, entry: Entry, *, card: bool = False) -> Future[None]:
        """Write it soon, over what stands there; with `card` also into the run's folder."""
        return self._later(name, entry.id, entry, card=card)

    def remove(self, name: Name, key: str) -> Future[None]:
        """Remove it soon; a run's folder goes with it."""
        return self._later(name, key, None, card=name == "runs")

    def close(self, seconds: float = 5.0) -> None:
        """Write what waits, for at most that long, and let the database go."""
        with self._news:
            self._closing = True
            self._news.notify_all()
        self._writer.join(seconds)
        self._engine.dispose()

    def _later(self, name: Name, key: str, entry: Entry | None, *, card: bool) -> Future[None]:
        done: Future[None] = Future()
        with self._news:
            before = self._waiting.get((name, key))
            card = card or (before is not None and before.card)
            futures = [*(before.done if before else []), done]
            self._waiting[name, key] = _Waiting(entry, card, futures)
            self._news.notify_all()
        return done

    def _write_on(self) -> None:
        failed = ""
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                batch, self._waiting = self._waiting, {}
                self._writing = batch
            refused = self._write(batch)
            with self._news:
                self._writing = {}
                if refused:  # what came meanwhile is newer
                    self._waiting = _over(batch, self._waiting)
                    if self._closing:
                        return
            if refused and not failed:
                log.error("The database can not be written, and is tried again: %s", refused)
            elif failed and not refused:
                log.warning("The database can be written again.")
            failed = refused
            if refused:
                time.sleep(RETRY_SECONDS)
            else:
                for item in batch.values():
                    for done in item.done:
                        done.set_result(None)

    def _write(self, batch: dict[tuple[Name, str], _Waiting]) -> str:
        """Cards, then rows in one transaction; what went wrong, in words."""
        try:
            # A removed run has no card before it has no row: it shall not come back by its card.
            for (_, key), item in batch.items():
                if item.card and item.entry is None:
                    cards.remove(self.run_folder(key))
                elif item.card and item.entry is not None:
                    cards.write(self.run_folder(key), item.entry)
            with self._engine.begin() as connection:
                for (name, key), item in batch.items():
                    table = _TABLES[name]
                    connection.execute(table.delete().where(table.c.id == key))
                    if item.entry is not None:
                        connection.execute(table.insert().values(**_row(item.entry)))
        except (SQLAlchemyError, OSError) as refused:
            return f"{type(refused).__name__}: {str(refused).splitlines()[0]}"
        return ""

    # -------------------------------------------------------------- reading

    def get(self, name: Name, key: str) -> Entry | None:
        """What stands under that key; None where nothing does, or nothing that is whole."""
        with self._news:
            for place in (self._waiting, self._writing):
                if item := place.get((name, key)):
                    return item.entry
        table = _TABLES[name]
        with self._engine.connect() as connection:
            row = connection.execute(table.select().where(table.c.id == key)).first()
        found = _entry(row) if row else None
        return found if isinstance(found, Entry) else None

    def all(self, name: Name) -> tuple[list[Entry], list[Damaged]]:
        """Everything of that table, the oldest first, and what of it is damaged."""
        table = _TABLES[name]
        with self._engine.connect() as connection:
            rows = connection.execute(table.select().order_by(table.c.created)).all()
        found = [_entry(row) for row in rows]
        whole = [entry for entry in found if isinstance(entry, Entry)]
        return whole, [entry for entry in found if isinstance(entry, Damaged)]

    def trim(self, name: Name, most: int) -> None:
        """Keep that many of a table, the newest."""
        table = _TABLES[name]
        old = sa.select(table.c.id).order_by(table.c.created.desc()).offset(most)
        with self._engine.connect() as connection:
            for key in connection.execute(old).scalars().all():
                self.remove(name, key)

    def runs(self) -> tuple[list[Entry], list[Damaged]]:
        """All runs: a row that is damaged or missing is had from the card in the run's folder."""
        whole, damaged = self.all("runs")
        kept = cards.read_all(self.runs_folder)
        known = {entry.id for entry in whole}
        found = [c for c in kept.values() if isinstance(c, Entry) and c.id not in known]
        for entry in found:
            self.put("runs", entry)
        if found:
            log.warning("The records of %d runs were read from their folders.", len(found))
        known |= {entry.id for entry in found}
        lost = {entry.id: entry for entry in kept.values() if isinstance(entry, Damaged)}
        lost |= {entry.id: entry for entry in damaged}  # a row says more than a broken card
        lost = {key: entry for key, entry in lost.items() if key not in known}
        for broken in lost.values():
            log.error("The record of run %s is damaged.", broken.id)
        self._sweep({*known, *lost})
        return sorted([*whole, *found], key=lambda e: (e.created, e.id)), list(lost.values())

    def _sweep(self, known: set[str]) -> None:
        """Remove what a run wrote while it was removed."""
        for folder in self.runs_folder.iterdir():
            if folder.name not in known and folder.is_dir() and safe_run_id(folder.name):
                log.warning("The folder of run %s has neither record nor card.", folder.name)
                cards.remove(folder)

    # -------------------------------------------------------------- opening

    def _opened(self) -> sa.Engine:
        engine = _engine(self._url)
        try:
            _check(engine)
        except _Unusable as why:
            if engine.dialect.name != "sqlite":
                raise RlvizError(f"The database can not be used: {why}.") from None
            aside = _moved_aside(engine)
            log.error("The database can not be used: %s. It is now %s.", why, aside.name)
            left = _salvaged(aside)
            engine = _engine(self._url)
            _check(engine)
            with engine.begin() as connection:
                for name, entries in left.items():
                    for entry in entries.values():
                        connection.execute(_TABLES[name].insert().values(**_row(entry)))
        return engine


class _Unusable(Exception):
    """Raised when a database is none any more, or of another schema."""


def _engine(url: str) -> sa.Engine:
    try:
        engine = sa.create_engine(url)
    except (SQLAlchemyError, ImportError) as odd:  # no URL, or no driver for it
        raise RlvizError(
            f"RLVIZ_DATABASE must be a URL that SQLAlchemy can open, but: {odd}"
        ) from None
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _tune)
    return engine


def _tune(connection: Any, _: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")


def _check(engine: sa.Engine) -> None:
    """Make what is missing; raise where the database or its schema can not be used."""
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                said = connection.execute(sa.text("PRAGMA quick_check(1)")).scalar()
                if said != "ok":
                    raise _Unusable(f"it is malformed ({said})")
            _metadata.create_all(connection)
            schema = sa.select(_meta.c.value).where(_meta.c.key == "schema")
            found = connection.execute(schema).scalar()
            if found is None:
                connection.execute(_meta.insert().values(key="schema", value=str(SCHEMA)))
            elif found != str(SCHEMA):
                raise _Unusable(f"it is of schema {found[:20]}, and {SCHEMA} is what can be read")
    except DBAPIError as refused:
        words = str(refused.orig)
        # A file that is locked or full is a database still.
        if any(word in words for word in ("malformed", "not a database", "no such column")):
            raise _Unusable(words) from None
        raise RlvizError(f"The database can not be opened: {words}.") from None


def _moved_aside(engine: sa.Engine) -> Path:
    engine.dispose()
    file, n = Path(str(engine.url.database)), 1
    while (aside := file.with_name(f"aside-{n}.db")).exists():
        n += 1
    for tail in ("", "-wal", "-shm"):
        if (part := file.with_name(f"{file.name}{tail}")).exists():
            part.replace(aside.with_name(f"{aside.name}{tail}"))
    return aside


def _salvaged(file: Path) -> dict[Name, dict[str, Entry]]:
    """Every whole row that can still be read of a database that was moved aside."""
    left: dict[Name, dict[str, Entry]] = {}
    engine = _engine(f"sqlite:///{file}")
    for name in NAMES:
        left[name] = found = {}
        try:
            with engine.connect() as connection:
                for row in connection.execute(_TABLES[name].select()):
                    if isinstance(entry := _entry(row), Entry):
                        found[entry.id] = entry
        except SQLAlchemyError as refused:
            log.warning("Of the table %s, %d rows were left: %r", name, len(found), refused)
    engine.dispose()
    return left


def _row(entry: Entry) -> dict[str, Any]:
    text = written(entry)
    return {
        "id": entry.id,
        "owner": entry.owner,
        "created": entry.created,
        "record": text,
        "digest": digest(entry, text),
    }


def _entry(row: Any) -> Entry | Damaged:
    return read_text(str(row.id), str(row.owner), row.created, str(row.record), str(row.digest))


def _over(
    old: dict[tuple[Name, str], _Waiting], new: dict[tuple[Name, str], _Waiting]
) -> dict[tuple[Name, str], _Waiting]:
    """Both, the newer of each key, with everybody who waits for it."""
    both = dict(old)
    for key, item in new.items():
        before = both.get(key)
        done = [*(before.done if before else []), *item.done]
        both[key] = _Waiting(item.entry, item.card or bool(before and before.card), done)
    return both
