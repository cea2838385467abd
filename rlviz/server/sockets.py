"""What our websockets have in common: who is let in, sending, and hanging up with a sentence."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from rlviz.errors import NoSuchRun, RlvizError
from rlviz.server.access import Access, Role
from rlviz.server.admission import Foreign, Unknown, check_origin, role_of
from rlviz.server.hub import GONE, Hub
from rlviz.server.viewer import Viewer

log = logging.getLogger(__name__)

BAD_MESSAGE, BAD_TOKEN, FORBIDDEN = 4400, 4401, 4403
AGAIN = 1013  # the engine is not ready: a browser tries again by itself
_LONGEST_REASON = 120  # bytes; a close frame has room for 123

Serve = Callable[[WebSocket, Hub, Role], Awaitable[None]]


class Closed(Exception):
    """Raised when the route hangs up: the close code and the sentence of the reason."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


async def serve(socket: WebSocket, hub: Hub, access: Access, subject: str, work: Serve) -> None:
    """One browser's connection, from its first byte to its last.

    Refusals come after the accept, because a browser tells its page no reason before it.
    """
    await socket.accept()
    try:
        await work(socket, hub, _admit(socket, access, subject))
    except (Closed, RlvizError) as refused:
        await _hang_up(socket, refused)


async def send(viewer: Viewer, socket: WebSocket) -> None:
    """All that the viewer is given, until the browser has gone."""
    try:
        await viewer.pump(socket)
    except (WebSocketDisconnect, RuntimeError) as gone:
        # Starlette's words for a browser that left while something was on its way to it; the
        # listening side notices the same and ends the connection.
        log.debug("A browser left: %r", gone)


def _admit(socket: WebSocket, access: Access, subject: str) -> Role:
    try:
        check_origin(socket.headers)
        return role_of(socket, access, subject)
    except Foreign as refused:
        raise Closed(FORBIDDEN, str(refused)) from None
    except Unknown as refused:
        raise Closed(BAD_TOKEN, str(refused)) from None


async def _hang_up(socket: WebSocket, refused: Closed | RlvizError) -> None:
    match refused:
        case Closed():
            code = refused.code
        case NoSuchRun():
            code = GONE
        case _:
            code = AGAIN
    reason = str(refused).encode()
    if len(reason) > _LONGEST_REASON:
        reason = reason[: _LONGEST_REASON - 3].decode(errors="ignore").encode() + "…".encode()
    try:
        await socket.close(code, reason.decode())
    except RuntimeError as gone:
        log.debug("A browser left before it could be told why: %r", gone)
