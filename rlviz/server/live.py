"""The live route: frames and events down, transport commands up."""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import urlsplit

from starlette.websockets import WebSocket, WebSocketDisconnect

from rlviz.errors import BadMessage, BadValue, NoSuchRun, NotAllowed, UnknownName
from rlviz.runs.messages import Pause, Play, Step, Watch
from rlviz.runs.spec import Edit
from rlviz.server import commands
from rlviz.server.access import Access, Role
from rlviz.server.held import refusal
from rlviz.server.hub import GONE, Hub
from rlviz.server.viewer import Viewer

log = logging.getLogger(__name__)

BAD_MESSAGE, BAD_TOKEN, FORBIDDEN = 4400, 4401, 4403
_LONGEST_REASON = 120  # bytes; a close frame has room for 123

FOREIGN = "This address may only be used by the page of this server."
ONLY_WATCH = "This page may only watch the run, because another browser started it."
ONLY_TEXT = "A command must be JSON text, but got a binary message."


class Closed(Exception):
    """Raised when the route hangs up: the close code and the sentence of the reason."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


async def serve(socket: WebSocket, hub: Hub, access: Access) -> None:
    """One browser's connection, from its first byte to its last.

    Refusals come after the accept, because a browser tells its page no reason before it.
    """
    run = socket.path_params["run"]
    await socket.accept()
    try:
        role = _admit(socket, access, run)
        viewer = hub.join(run)
    except (Closed, NoSuchRun) as refused:
        await _hang_up(socket, refused)
        return
    sending = asyncio.create_task(_send(viewer, socket))
    try:
        await _listen(socket, hub, run, role, viewer)
    except (Closed, NoSuchRun) as refused:
        await _hang_up(socket, refused)
    finally:
        hub.leave(run, viewer)
        sending.cancel()


def _admit(socket: WebSocket, access: Access, run: str) -> Role:
    origin = urlsplit(socket.headers.get("origin", ""))
    if not origin.netloc or origin.netloc.lower() != socket.headers.get("host", "").lower():
        raise Closed(FORBIDDEN, FOREIGN)
    try:
        return access.check(socket.query_params.get("token", ""), run)
    except NotAllowed as refused:
        raise Closed(BAD_TOKEN, str(refused)) from None


async def _send(viewer: Viewer, socket: WebSocket) -> None:
    try:
        await viewer.pump(socket)
    except (WebSocketDisconnect, RuntimeError) as gone:
        # Starlette's words for a browser that left while something was on its way to it; the
        # listening side notices the same and ends the connection.
        log.debug("A browser left: %r", gone)


async def _listen(socket: WebSocket, hub: Hub, run: str, role: Role, viewer: Viewer) -> None:
    """Obey until the browser has gone; also how a closed browser is noticed while paused."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text is None:
            raise Closed(BAD_MESSAGE, ONLY_TEXT)
        try:
            command = commands.parse(text, run)
        except BadMessage as bad:
            raise Closed(BAD_MESSAGE, str(bad)) from None
        if role != "control" and not isinstance(command, Watch):
            raise Closed(FORBIDDEN, ONLY_WATCH)
        try:
            _obey(hub, run, viewer, command)
        except (BadValue, UnknownName) as refused:  # the run stands, and the page says why
            viewer.tell(refusal(type(command).__name__, refused))


def _obey(hub: Hub, run: str, viewer: Viewer, command: commands.LiveCommand) -> None:
    match command:
        case Play(run, speed):
            hub.play(run, speed)
        case Pause(run):
            hub.pause(run)
        case Step():
            hub.step(command)
        case Watch(run, signals, fps):
            hub.watch(run, viewer, signals, fps)
        case Edit():
            hub.intervene(run, command)


async def _hang_up(socket: WebSocket, refused: Closed | NoSuchRun) -> None:
    code = refused.code if isinstance(refused, Closed) else GONE
    reason = str(refused).encode()
    if len(reason) > _LONGEST_REASON:
        reason = reason[: _LONGEST_REASON - 3].decode(errors="ignore").encode() + "…".encode()
    try:
        await socket.close(code, reason.decode())
    except RuntimeError as gone:
        log.debug("A browser left before it could be told why: %r", gone)
