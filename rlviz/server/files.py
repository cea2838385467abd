"""Files that everybody may have: scripts and styles, and the first frames of lessons."""

from __future__ import annotations

import asyncio
import re

from starlette.requests import Request
from starlette.responses import Response

from rlviz.errors import UnknownName
from rlviz.server import answers, assets
from rlviz.server.hub import Hub


async def asset(request: Request, _: Hub) -> Response:
    """One of our scripts or styles, or the plotly bundle."""
    try:
        found = assets.asset(request.path_params["name"])
    except UnknownName:
        return answers.refused("There is no asset of that name.")
    # A page that was loaded before an edit still asks with the old hash: it gets the file of now,
    # which must not be kept under that address.
    current = request.path_params["hash"] == found.hash
    cache = answers.FOREVER if current else answers.NEVER
    headers = {"vary": "accept-encoding", "cache-control": cache}
    if _takes_gzip(request.headers.get("accept-encoding", "")):
        headers["content-encoding"] = "gzip"
        content = await asyncio.to_thread(found.compressed)
    else:
        content = await asyncio.to_thread(found.plain)
    return answers.answer(content, found.media_type, headers)


async def first(request: Request, _: Hub) -> Response:
    """The end of a stored run, which a stage shows before its own run has begun."""
    content = await asyncio.to_thread(assets.first_frame, request.path_params["name"])
    if content is None:
        return answers.refused("There is no first frame of that name.")
    return answers.tagged(request, content, {"cache-control": answers.ASK_AGAIN})


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight)
    return False
