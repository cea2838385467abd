"""The application with one more route, by which a bench starts runs for sixty owners.

A browser gets its owner from a signed cookie and starts runs by pressing Play; sixty real browsers
would cost the machine more than what is measured. Everything else is `app.py`: Streamlit, hub,
workers and the live route in the same process.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rlviz.errors import RlvizError
from rlviz.runs.spec import from_plain
from rlviz.server.assets import asset_url
from rlviz.server.service import Service
from rlviz.ui import engine

FRAME = Path(__file__).resolve().parents[1] / "rlviz" / "ui" / "frame.py"
KEY = os.environ["RLVIZ_BENCH_KEY"]  # nobody else may use the route

service = Service()


async def start(request: Request) -> Response:
    """Start a run for an owner; answers its id and a token that controls it."""
    asked = orjson.loads(await request.body())
    if asked["key"] != KEY:
        return Response(status_code=403)
    try:
        spec = from_plain(asked["spec"], await service.hub.catalogue())
        run = service.hub.start(spec, asked["owner"], playing=True, speed=asked["speed"])
    except RlvizError as refused:
        return Response(orjson.dumps({"refused": str(refused)}))
    token = service.access.token(run, "control")
    return Response(orjson.dumps({"run": run, "token": token}))


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """The engine runs as long as the server does."""
    async with service.running() as client:
        engine.install(client, service.access, asset_url)
        yield {}


app = st.App(
    FRAME,
    lifespan=lifespan,
    routes=[Route("/bench/start", start, methods=["POST"]), *service.routes()],
    middleware=service.middleware(),
)
