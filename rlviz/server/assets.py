"""Our scripts and styles, and the plotly bundle, at addresses that name their content.

`/api/assets/{hash}/{name}`: the hash is over the content of all our files, because a module
imports its siblings by relative address; a browser keeps them for a year. The plotly bundle has a
hash of its own, so that an edit of ours does not send it again. It comes from the installed
package and is compressed once into a cache folder.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rlviz.errors import RlvizError, UnknownName
from rlviz.server.home import home

PLOTLY = "plotly.min.js"
OWN_FOLDER = Path(__file__).parent.parent / "ui" / "assets"
FIRST_FRAMES = Path(__file__).parent.parent / "lessons" / "first_frames"
_OWN_NAME = re.compile(r"[a-z0-9_]+\.(js|css)")
_MEDIA = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


@dataclass(frozen=True)
class Asset:
    """One file as it is sent: plain and compressed, with the hash of its address."""

    name: str
    hash: str
    plain: Callable[[], bytes]
    compressed: Callable[[], bytes]

    @property
    def media_type(self) -> str:
        """For the Content-Type header."""
        return _MEDIA[Path(self.name).suffix]


def asset_url(name: str) -> str:
    """The address of that file as it is now; UnknownName where there is none."""
    return f"/api/assets/{asset(name).hash}/{name}"


def asset(name: str) -> Asset:
    """The file of that name, from the closed list of what there is."""
    if name == PLOTLY:
        bundle = _plotly_bundle()
        return Asset(
            name, _plotly_hash(), bundle.read_bytes, lambda: compressed_bundle(home()).read_bytes()
        )
    own = _own_files()
    if name not in own:
        raise UnknownName("asset", name, [*own, PLOTLY])
    # Modification times stand in the key: while somebody edits, the next page gets the new file.
    stamps = tuple((str(path), path.stat().st_mtime_ns) for path in own.values())
    content, together = _own_content(stamps)
    plain = content[name]
    return Asset(name, together, lambda: plain, lambda: _compressed(plain))


def first_frame(name: str) -> bytes | None:
    """The stored first frame of that name; None where it is not on the list of what there is."""
    known = {path.name.removesuffix(".safetensors"): path for path in _first_frames()}
    return known[name].read_bytes() if name in known else None


def compressed_bundle(folder: Path) -> Path:
    """The compressed plotly bundle in that folder, made where it is missing."""
    target = folder / f"plotly-{_plotly_hash()}.min.js.gz"
    if not target.exists():
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as part:
            part.write(gzip.compress(_plotly_bundle().read_bytes(), 9, mtime=0))
        Path(part.name).replace(target)
    return target


def _own_files() -> dict[str, Path]:
    return {p.name: p for p in sorted(OWN_FOLDER.glob("*")) if _OWN_NAME.fullmatch(p.name)}


def _first_frames() -> list[Path]:
    return sorted(FIRST_FRAMES.glob("*.safetensors"))


@lru_cache(maxsize=1)
def _own_content(stamps: tuple[tuple[str, int], ...]) -> tuple[dict[str, bytes], str]:
    content = {Path(path).name: Path(path).read_bytes() for path, _ in stamps}
    together = hashlib.sha256()
    for name, data in content.items():
        together.update(f"{name} {len(data)} ".encode() + data)
    return content, together.hexdigest()[:16]


@lru_cache(maxsize=64)
def _compressed(plain: bytes) -> bytes:
    return gzip.compress(plain, 9, mtime=0)


@lru_cache(maxsize=1)
def _plotly_bundle() -> Path:
    # `find_spec` of a top-level name finds the package without importing it (plotly: 0.4 s).
    found = importlib.util.find_spec("plotly")
    for folder in (found.submodule_search_locations or ()) if found else ():
        if (bundle := Path(folder) / "package_data" / PLOTLY).exists():
            return bundle
    raise RlvizError("plotly must be installed, but is not: pip install -r requirements.txt")


@lru_cache(maxsize=1)
def _plotly_hash() -> str:
    return hashlib.sha256(_plotly_bundle().read_bytes()).hexdigest()[:16]
