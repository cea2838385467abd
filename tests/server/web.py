"""Our routes on a real loopback socket, with workers that do what a test says."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from rlviz.server.access import Access, OwnerCookie, Role
from rlviz.server.hub import Hub
from rlviz.server.limits import Limits
from rlviz.server.routes import routes
from tests.server.stage import PATIENCE, SPEC, ScriptedExecutor, scripted_hub, until

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Site:
    """A server with our routes only."""

    host: str
    hub: Hub
    executor: ScriptedExecutor
    access: Access

    def start(self, owner: str = "ada", *, playing: bool = True) -> str:
        return self.hub.start(SPEC, owner, playing=playing, speed=None)

    def live(
        self, run: str, *, role: Role = "control", token: str | None = None, origin: str = ""
    ) -> connect:
        """A browser that opens the live route; by default with a good token and origin."""
        token = self.access.token(run, role) if token is None else token
        return connect(
            f"ws://{self.host}/api/live/{run}?token={token}",
            origin=origin or f"http://{self.host}",  # type: ignore[arg-type]  # a NewType of str
            compression=None,
            close_timeout=1,
        )

    def follow(self, channel: str, token: str, *, origin: str = "") -> connect:
        """A browser that follows a channel."""
        return connect(
            f"ws://{self.host}/api/follow/{channel}?token={token}",
            origin=origin or f"http://{self.host}",  # type: ignore[arg-type]  # a NewType of str
            compression=None,
            close_timeout=1,
        )

    async def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        """Status, headers and content of a plain request, its path sent as it is."""
        return await self.ask("GET", path, headers)

    async def post(self, path: str, content: bytes, headers: dict[str, str]) -> Answer:
        """The same for what a page of this server sends."""
        here = {"Origin": f"http://{self.host}", "Content-Length": str(len(content))}
        return await self.ask("POST", path, here | headers, content)

    async def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, content: bytes = b""
    ) -> Answer:
        """A request as it is given, and nothing more."""

        def asking() -> Answer:
            connection = http.client.HTTPConnection(self.host, timeout=PATIENCE)
            with contextlib.closing(connection):
                connection.putrequest(method, path, skip_accept_encoding=True)
                for name, value in (headers or {}).items():
                    connection.putheader(name, value)
                connection.endheaders(content or None)
                answer = connection.getresponse()
                found = {name.lower(): value for name, value in answer.getheaders()}
                return answer.status, found, answer.read()

        return await asyncio.to_thread(asking)


@contextlib.asynccontextmanager
async def site(folder: Path, limits: Limits | None = None) -> AsyncIterator[Site]:
    """The routes, served in this loop."""
    async with scripted_hub(1, limits) as (hub, executor):
        access = Access(folder / "secret")
        application = Starlette(
            routes=routes(hub, access), middleware=[Middleware(OwnerCookie, access=access)]
        )
        server = uvicorn.Server(
            uvicorn.Config(
                application,
                port=0,
                log_level="warning",
                lifespan="off",
                ws="websockets-sansio",
                timeout_graceful_shutdown=1,
            )
        )
        serving = asyncio.create_task(server._serve())  # `serve` would take over signals
        await until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield Site(f"127.0.0.1:{port}", hub, executor, access)
        finally:
            server.should_exit = True
            await serving


def on_site(
    test: Callable[[Site], Awaitable[None]], folder: Path, limits: Limits | None = None
) -> None:
    """Run a test in a loop of its own, with the routes served in it."""

    async def scenario() -> None:
        async with site(folder, limits) as found:
            await asyncio.wait_for(test(found), 2 * PATIENCE)

    asyncio.run(scenario())


async def closing(browser: ClientConnection) -> tuple[int | None, str]:
    """Read until the server hangs up; its code and reason."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await asyncio.wait_for(browser.recv(), PATIENCE)
    return browser.close_code, browser.close_reason or ""
