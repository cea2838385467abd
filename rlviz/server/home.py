"""The folder that is ours outside the repository: the secret and compressed assets."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rlviz.errors import RlvizError


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


def _platform_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
