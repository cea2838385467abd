"""Our addresses beside Streamlit's: the live route, assets, first frames and health."""

from __future__ import annotations

import asyncio
import hashlib
import re

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from rlviz.errors import UnknownName
from rlviz.server import assets, live
from rlviz.server.access import Access
from rlviz.server.hub import Hub

_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_NEVER = "no-store"
_SAFE = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


def routes(hub: Hub, access: Access) -> list[BaseRoute]:
    """All routes of ours; everything else under /api/ is refused in a sentence."""

    async def live_run(socket: WebSocket) -> None:
        await live.serve(socket, hub, access)

    async def health(_: Request) -> Response:
        facts = hub.health()
        # Not ready while no worker is: then no run can start or go on.
        return _json({"ready": facts["warm"] > 0, **facts}, 200 if facts["warm"] else 503)

    return [
        WebSocketRoute("/api/live/{run}", live_run),
        Route("/api/assets/{hash}/{name}", _asset),
        Route("/api/first/{name}", _first),
        Route("/api/health", health),
        # Without it Streamlit answers every unknown address with its page.
        Route("/api/{rest:path}", _nothing),
    ]


async def _asset(request: Request) -> Response:
    try:
        found = assets.asset(request.path_params["name"])
    except UnknownName:
        return _refused("There is no asset of that name.")
    # A page that was loaded before an edit still asks with the old hash: it gets the file of now,
    # which must not be kept under that address.
    current = request.path_params["hash"] == found.hash
    headers = {"vary": "accept-encoding", "cache-control": _FOREVER if current else _NEVER}
    if _takes_gzip(request.headers.get("accept-encoding", "")):
        headers["content-encoding"] = "gzip"
        content = await asyncio.to_thread(found.compressed)
    else:
        content = await asyncio.to_thread(found.plain)
    return _answer(content, found.media_type, headers)


async def _first(request: Request) -> Response:
    content = await asyncio.to_thread(assets.first_frame, request.path_params["name"])
    if content is None:
        return _refused("There is no first frame of that name.")
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"cache-control": _ASK_AGAIN, "etag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return _answer(b"", "", headers, 304)
    return _answer(content, "application/octet-stream", headers)


async def _nothing(_: Request) -> Response:
    return _refused("There is nothing at this address.")


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight)
    return False


def _refused(sentence: str) -> Response:
    return _json({"error": sentence}, 404)


def _json(plain: dict[str, object], status: int) -> Response:
    headers = {"cache-control": _NEVER}
    return _answer(orjson.dumps(plain), "application/json", headers, status)


def _answer(
    content: bytes, media_type: str, headers: dict[str, str], status: int = 200
) -> Response:
    return Response(content, status, headers={**_SAFE, **headers}, media_type=media_type or None)
