"""The folder that is ours outside the repository: the secret, compressed assets and the store."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

from rlviz.errors import RlvizError

log = logging.getLogger(__name__)


def home() -> Path:
    """`$RLVIZ_HOME`, or the platform's place for a user's caches; made where it is missing."""
    folder = Path(os.environ.get("RLVIZ_HOME") or _platform_cache() / "rlviz")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as refused:
        raise RlvizError(
            f"A folder that can be written is needed, but {folder} gave: {refused.strerror}. "
            "Set RLVIZ_HOME to another one."
        ) from None
    return folder


@contextmanager
def store_folder() -> Iterator[Path]:
    """The folder in which runs are kept, for this server alone.

    A second server of the same home has one of its own for as long as it lives, and says so.
    """
    folder = home() / "store"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        if _locked(lock.fileno()):
            yield folder
            return
    log.warning(
        "Another server keeps its runs in %s, so those of this one are lost when it ends; "
        "set RLVIZ_HOME to another folder to keep them.",
        folder,
    )
    temporary = Path(tempfile.mkdtemp(prefix="rlviz-"))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _locked(descriptor: int) -> bool:
    """Whether the lock is ours until the file is closed; the system lets go of it with us."""
    if sys.platform == "win32":  # there a file that SQLite writes can not be taken away anyway
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _platform_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
