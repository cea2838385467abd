"""The engine as one thing that an ASGI application switches on and off."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from rlviz.errors import BadValue
from rlviz.runs.processes import LocalExecutor
from rlviz.runs.store import Store
from rlviz.server import assets
from rlviz.server.access import Access, OwnerCookie
from rlviz.server.gateway import Gateway
from rlviz.server.home import home, store_folder
from rlviz.server.hub import Hub
from rlviz.server.limits import Limits
from rlviz.server.routes import routes


class Service:
    """Hub, workers, access and routes of one server; nothing runs before `running`."""

    def __init__(self, *, workers: int | None = None, limits: Limits | None = None) -> None:
        self.access = Access(home() / "secret")
        self._executor = LocalExecutor(workers or _workers())
        self.hub = Hub(self._executor, limits or Limits.of(os.environ))

    def routes(self) -> list[BaseRoute]:
        """Our addresses, for the application."""
        return routes(self.hub, self.access)

    def middleware(self) -> list[Middleware]:
        """The signed owner cookie, for the application."""
        return [Middleware(OwnerCookie, access=self.access)]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Gateway]:
        """Start without waiting for the workers; at the end all is saved and no process is left."""
        with store_folder() as folder:
            store = await asyncio.to_thread(Store, folder, os.environ.get("RLVIZ_DATABASE", ""))
            self._executor.store = store.runs_folder
            self.hub.open(store)
            compressing = asyncio.create_task(asyncio.to_thread(assets.compressed_bundle, home()))
            # What is loaded by now lives for ever: never look at it again.
            gc.collect()
            gc.freeze()
            try:
                yield Gateway(self.hub, asyncio.get_running_loop())
            finally:
                await self.hub.close()
                await asyncio.to_thread(store.close)
                await asyncio.gather(compressing, return_exceptions=True)  # the route says it


def _workers() -> int | None:
    """`RLVIZ_WORKERS`, where it is set; else one for each core."""
    text = os.environ.get("RLVIZ_WORKERS", "")
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise BadValue(f"`1 <= RLVIZ_WORKERS <= 256` must hold, but got {text[:20]!r}.")
    return int(text)
