"""What was kept of a run, frame by frame: the addresses that a scrub bar asks.

    GET /api/runs/{run}/history             which frames there are
    GET /api/runs/{run}/frames/{sequence}   one of them; with ?static=1 the map that belongs to it
    GET /api/runs/{run}/frames?from=&n=     several, each after its length in 4 bytes, little-endian

A frame never changes, so a browser may keep it. Files are read in threads: nothing here holds up
the loop that viewers are served in.
"""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise

from starlette.requests import Request
from starlette.responses import Response

from rlviz.errors import BadValue, NoSuchRun, RlvizError
from rlviz.runs.history import History, Kept
from rlviz.server import answers
from rlviz.server.hub import Hub

STARTING = "The engine is still starting: no worker is ready. Try again soon."
WAIT = 10.0  # seconds for the engine to start
MOST_FRAMES = 64  # of one request
MOST_BYTES = 8 * 2**20  # of one request; what is left is asked for again
# Named, so that the server's compression leaves it alone: frames are dense numbers.
_FRAME = {"cache-control": answers.MINE_FOREVER, "content-encoding": "identity"}


async def found(request: Request, hub: Hub) -> History:
    """What was kept of the run that the address names; it may be dormant."""
    try:
        await asyncio.wait_for(hub.catalogue(), WAIT)  # after a start, until all runs are known
    except TimeoutError:
        raise RlvizError(STARTING) from None
    return hub.history(request.path_params["run"])


async def history(request: Request, hub: Hub) -> Response:
    """Positions of all kept frames, oldest first, and iterations of checkpoints."""
    run = request.path_params["run"]
    kept = await found(request, hub)
    frames, checkpoints = await asyncio.to_thread(lambda: (kept.frames(), kept.checkpoints()))
    return answers.json(
        {
            "run": run,
            "status": hub.view(run).status,
            "positions": [[frame.sequence, frame.iteration, frame.beat] for frame in frames],
            "checkpoints": checkpoints,
            "stride": stride(frames),
        }
    )


async def frame(request: Request, hub: Hub) -> Response:
    """One frame."""
    sequence = _whole(request.path_params["sequence"], "sequence", 0, 2**53)
    kept = await found(request, hub)
    static = request.query_params.get("static", "0") == "1"
    read = kept.static if static else kept.frame
    content = await asyncio.to_thread(read, sequence)
    if not content:
        raise NoSuchRun(f"Nothing is kept of this run for frame {sequence}.")
    return answers.tagged(request, content, _FRAME)


async def frames(request: Request, hub: Hub) -> Response:
    """Frames from that sequence on, oldest first; what is thinned away meanwhile is left out."""
    first = _whole(request.query_params.get("from", "0"), "from", 0, 2**53)
    count = _whole(request.query_params.get("n", "32"), "n", 1, MOST_FRAMES)
    kept = await found(request, hub)
    content = await asyncio.to_thread(_several, kept, first, count)
    headers = {"cache-control": answers.NEVER, "content-encoding": "identity"}
    return answers.answer(content, "application/octet-stream", headers)


def stride(frames: list[Kept]) -> int:
    """How many iterations lie between two of the oldest frames, as a rule."""
    at = sorted({frame.iteration for frame in frames})
    steps = sorted(b - a for a, b in pairwise(at[: len(at) // 2 + 1]))
    return steps[len(steps) // 2] if steps else 1


def _several(kept: History, first: int, count: int) -> bytes:
    found = bytearray()
    wanted = [frame for frame in kept.frames() if frame.sequence >= first][:count]
    for position in wanted:
        try:
            blob = kept.frame(position.sequence)
        except NoSuchRun:
            continue
        if found and len(found) + len(blob) > MOST_BYTES:
            break
        found += len(blob).to_bytes(4, "little") + blob
    return bytes(found)


def _whole(text: str, name: str, low: int, high: int) -> int:
    if not re.fullmatch(r"[0-9]{1,16}", text) or not low <= int(text) <= high:
        raise BadValue(f"`{low} <= {name} <= {high}` must hold for a whole number.")
    return int(text)
