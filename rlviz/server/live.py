"""The live route: frames and events down, transport commands up."""

from __future__ import annotations

import asyncio

from starlette.websockets import WebSocket

from rlviz.errors import BadMessage, BadValue, UnknownName
from rlviz.runs.messages import Pause, Play, Step, Watch
from rlviz.runs.spec import Edit
from rlviz.server import commands
from rlviz.server.access import Role
from rlviz.server.admission import ONLY_WATCH
from rlviz.server.events import refusal
from rlviz.server.hub import Hub
from rlviz.server.sockets import BAD_MESSAGE, FORBIDDEN, Closed, send
from rlviz.server.viewer import Viewer

ONLY_TEXT = "A command must be JSON text, but got a binary message."


async def serve(socket: WebSocket, hub: Hub, role: Role) -> None:
    """One browser that looks at one run."""
    run = socket.path_params["run"]
    await hub.awake(run)
    viewer = hub.join(run)
    sending = asyncio.create_task(send(viewer, socket))
    try:
        await _listen(socket, hub, run, role, viewer)
    finally:
        hub.leave(run, viewer)
        sending.cancel()


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
