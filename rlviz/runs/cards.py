"""A run's record beside its files, so that a broken database can be made again from the folders.

An entry is what the database keeps under one key; its checksum is over all of it, so a flipped bit
is found wherever it is.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from rlviz.runs.spec import safe_run_id

NAME = "card.json"


@dataclass(frozen=True)
class Entry:
    """What is kept under one key: whose it is, since when, and what it is as JSON."""

    id: str
    owner: str
    created: float  # seconds since 1970
    plain: dict[str, Any]


@dataclass(frozen=True)
class Damaged:
    """An entry that can not be read, with what is left of it."""

    id: str
    owner: str
    created: float


def written(entry: Entry) -> str:
    """The JSON of an entry, always the same for the same value."""
    return orjson.dumps(entry.plain, option=orjson.OPT_SORT_KEYS).decode()


def digest(entry: Entry | Damaged, text: str) -> str:
    """The checksum of an entry whose JSON is that text."""
    facts = orjson.dumps([entry.id, entry.owner, entry.created])
    return hashlib.sha256(facts + text.encode("utf-8", "replace")).hexdigest()[:32]


def read_text(key: str, owner: str, created: object, text: str, checksum: str) -> Entry | Damaged:
    """The entry, where the checksum holds."""
    at = float(created) if isinstance(created, int | float) else 0.0
    broken = Damaged(key, owner, at)
    if digest(broken, text) != checksum:
        return broken
    plain = orjson.loads(text)
    return Entry(key, owner, at, plain) if isinstance(plain, dict) else broken


def write(folder: Path, entry: Entry) -> None:
    """Put the card into the run's folder, whole or not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = written(entry)
    card = [entry.id, entry.owner, entry.created, text, digest(entry, text)]
    part = folder / f"{NAME}.part"
    part.write_bytes(orjson.dumps(card))
    part.replace(folder / NAME)


def remove(folder: Path) -> None:
    """Remove a run's folder, its card first."""
    (folder / NAME).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def read_all(folder: Path) -> dict[str, Entry | Damaged]:
    """The cards in all run folders, and which of them can not be read."""
    found: dict[str, Entry | Damaged] = {}
    for file in folder.glob(f"*/{NAME}"):
        if safe_run_id(key := file.parent.name):
            found[key] = _read(file, key)
    return found


def _read(file: Path, key: str) -> Entry | Damaged:
    try:
        named, owner, created, text, checksum = orjson.loads(file.read_bytes())
        entry = read_text(str(named), str(owner), created, str(text), str(checksum))
    except (OSError, ValueError):  # gone meanwhile; not our JSON
        return Damaged(key, "", 0.0)
    if entry.id != key:
        return Damaged(key, "", 0.0)
    return entry
