"""Our addresses beside Streamlit's. Each is declared once, with what it needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from rlviz.errors import RlvizError
from rlviz.server import answers, exports, files, following, kept, live, sockets
from rlviz.server.access import Access
from rlviz.server.admission import Need, admit, refusal
from rlviz.server.hub import Hub

Answer = Callable[[Request, Hub], Awaitable[Response]]
_METHODS = {
    "GET": ["GET"],
    "POST": ["POST"],
    "ANY": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"],
}


@dataclass(frozen=True)
class Declared:
    """An address that answers: nobody gets past it without what it needs."""

    method: Literal["GET", "POST", "ANY"]
    path: str
    needs: Need
    answer: Answer

    def route(self, hub: Hub, access: Access) -> Route:
        """For the application's router."""

        async def admitted(request: Request) -> Response:
            try:
                request.state.owner = admit(request, access, self.needs)
                if self.needs != "public":
                    await hub.catalogue()  # before it is there, nobody knows which runs are kept
                return await self.answer(request, hub)
            except RlvizError as error:
                return refusal(error)

        return Route(self.path, admitted, methods=_METHODS[self.method])


@dataclass(frozen=True)
class Socket:
    """An address that stays open. It needs a token of the run or channel that it names.

    Whoever may only watch is hung up on at the first command that changes something.
    """

    path: str
    subject: str  # which part of the path the token is of
    serve: sockets.Serve

    def route(self, hub: Hub, access: Access) -> WebSocketRoute:
        """For the application's router."""

        async def admitted(socket: WebSocket) -> None:
            subject = socket.path_params[self.subject]
            await sockets.serve(socket, hub, access, subject, self.serve)

        return WebSocketRoute(self.path, admitted)


async def _health(_: Request, hub: Hub) -> Response:
    facts = hub.health()
    # Not ready while no worker is: then no run can start or go on.
    return answers.json({"ready": facts["warm"] > 0, **facts}, 200 if facts["warm"] else 503)


async def _nothing(_: Request, __: Hub) -> Response:
    return answers.refused("There is nothing at this address.")


DECLARED: tuple[Declared | Socket, ...] = (
    Socket("/api/live/{run}", "run", live.serve),
    Socket("/api/follow/{channel}", "channel", following.serve),
    Declared("GET", "/api/assets/{hash}/{name}", "public", files.asset),
    Declared("GET", "/api/first/{name}", "public", files.first),
    Declared("GET", "/api/health", "public", _health),
    Declared("GET", "/api/runs/{run}/history", "watch", kept.history),
    Declared("GET", "/api/runs/{run}/frames", "watch", kept.frames),
    Declared("GET", "/api/runs/{run}/frames/{sequence}", "watch", kept.frame),
    Declared("GET", "/api/runs/{run}/export.zip", "watch", exports.packed),
    Declared("GET", "/api/runs/{run}/script.py", "watch", exports.python),
    Declared("GET", "/api/runs/{run}/notebook.ipynb", "watch", exports.notebook),
    Declared("GET", "/api/runs/{run}/series.csv", "watch", exports.numbers),
    Declared("POST", "/api/runs/import", "owner", exports.brought),
    # Without it Streamlit answers every unknown address with its page.
    Declared("ANY", "/api/{rest:path}", "public", _nothing),
)


def routes(hub: Hub, access: Access) -> list[BaseRoute]:
    """All of them, in the order in which they are tried."""
    return [declared.route(hub, access) for declared in DECLARED]
