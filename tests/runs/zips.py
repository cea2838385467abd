"""Archives for tests: a good one, and what an enemy makes of it."""

from __future__ import annotations

import io
import math
import struct
import zipfile
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from rlviz.runs import archive
from rlviz.runs.client import About
from rlviz.runs.history import History
from rlviz.runs.keeper import Keeper
from rlviz.runs.loop import Run
from rlviz.runs.spec import Edit, RunSpec, Set

SPEC = RunSpec("q_learning", "cliff_walking", config={"alpha": 0.3}, seed=7, replicas=4)
ABOUT = About(lesson="control", scene="routes", alias="q_learning", name="Näme <b>")


def trained(spec: RunSpec = SPEC, iterations: int = 600, *, changed: bool = True) -> Run:
    """A run that a person has changed twice, as a worker has it."""
    run = Run(spec, measured=True)
    run.advance(math.inf, min(200, iterations - 1))
    if changed:
        run.intervene("1", Set("alpha", 0.1))
        run.intervene("2", Edit({"map": "S..G/CCCC"}, keep="nothing"))
    run.advance(math.inf, iterations)
    return run


def kept(run: Run, folder: Path) -> History:
    """What a worker keeps of the run in that folder, without frames."""
    keeper = Keeper(folder)
    keeper.checkpoint(run)
    keeper.close()
    return History(folder)


@lru_cache
def good() -> bytes:
    """An archive that is taken in."""
    run = trained()
    with TemporaryDirectory() as folder:
        return archive.pack(kept(run, Path(folder)), run.spec, ABOUT)


def contents(packed: bytes) -> dict[str, bytes]:
    """Name → bytes."""
    with zipfile.ZipFile(io.BytesIO(packed)) as source:
        return {name: source.read(name) for name in source.namelist()}


def zipped(
    entries: dict[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]],
    how: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """A zip of those entries, in that order; a name may stand in it twice."""
    listed = list(entries.items()) if isinstance(entries, dict) else entries
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, content in listed:
            target.writestr(name, content, how)
    return out.getvalue()


def with_entry(name: str, content: bytes) -> bytes:
    """The good archive, in which that entry is another."""
    return zipped({**contents(good()), name: content}, zipfile.ZIP_STORED)


def safetensors(header: bytes, data: bytes = b"") -> bytes:
    """A blob with that header, right or wrong."""
    return struct.pack("<Q", len(header)) + header + data
