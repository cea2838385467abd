"""The application with two more routes, by which a bench starts and ends runs for sixty owners.

A browser gets its owner from a signed cookie and starts runs by pressing Play; sixty real browsers
would cost the machine more than what is measured. Everything else is `app.py`: Streamlit, hub,
store, workers and the live route in the same process.
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
from rlviz.runs.client import About
from rlviz.runs.spec import from_plain
from rlviz.server.assets import asset_url
from rlviz.server.service import Service
from rlviz.ui import engine

FRAME = Path(__file__).resolve().parents[1] / "rlviz" / "ui" / "frame.py"
KEY = os.environ["RLVIZ_BENCH_KEY"]  # nobody else may use the routes

service = Service()


async def start(request: Request) -> Response:
    """Start a run for an owner, the browser's own unless said; its id and a token of control."""
    return await _answered(request, _start)


async def act(request: Request) -> Response:
    """Fork a run or end it."""
    return await _answered(request, _act)


async def _start(asked: dict[str, Any], owner: str) -> dict[str, str]:
    spec = from_plain(asked["spec"], await service.hub.catalogue())
    run = service.hub.start(
        spec,
        asked.get("owner", owner),
        playing=asked.get("playing", True),
        speed=asked.get("speed"),
        limit=asked.get("limit"),
        about=About(**asked.get("about", {})),
    )
    return _control(run)


async def _act(asked: dict[str, Any], owner: str) -> dict[str, str]:
    run, owner = asked["run"], asked.get("owner", owner)
    if asked["act"] == "stop":
        service.hub.stop(run)
        return {"run": run}
    await service.hub.awake(run)
    forked = service.hub.fork(run, asked["iteration"], owner, playing=True, speed=asked["speed"])
    return _control(forked)


def _control(run: str) -> dict[str, str]:
    return {"run": run, "token": service.access.token(run, "control")}


async def _answered(request: Request, work: Any) -> Response:
    asked = orjson.loads(await request.body())
    if asked.pop("key", None) != KEY:
        return Response(status_code=403)
    try:
        owner = service.access.read_owner(request.cookies) or ""
        return Response(orjson.dumps(await work(asked, owner)))
    except RlvizError as refused:
        return Response(orjson.dumps({"refused": str(refused)}))


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """The engine runs as long as the server does."""
    async with service.running() as client:
        engine.install(client, service.access, asset_url)
        yield {}


app = st.App(
    FRAME,
    lifespan=lifespan,
    routes=[
        Route("/bench/start", start, methods=["POST"]),
        Route("/bench/act", act, methods=["POST"]),
        *service.routes(),
    ],
    middleware=service.middleware(),
)
