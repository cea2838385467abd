"""The route of those who follow a class: word that the teacher's page shows something else now."""

from __future__ import annotations

import asyncio

from starlette.websockets import WebSocket

from rlviz.server.access import Role
from rlviz.server.hub import Hub
from rlviz.server.sockets import BAD_MESSAGE, Closed, send

NOTHING_TO_SAY = "Who follows a class only listens."


async def serve(socket: WebSocket, hub: Hub, _: Role) -> None:
    """One browser that follows one channel: `{"type": "Published", "n": …}`, the newest at once."""
    channel = socket.path_params["channel"]
    await hub.catalogue()  # before it is there, nobody knows which channels are kept
    viewer = hub.channels.follow(channel)
    sending = asyncio.create_task(send(viewer, socket))
    try:
        while (await socket.receive())["type"] != "websocket.disconnect":
            raise Closed(BAD_MESSAGE, NOTHING_TO_SAY)
    finally:
        hub.channels.unfollow(channel, viewer)
        sending.cancel()
