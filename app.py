"""The ASGI application: engine on, pages on, engine off. Start it with `streamlit run app.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st

from rlviz.server.assets import asset_url
from rlviz.server.service import Service
from rlviz.ui import engine

FRAME = Path(__file__).resolve().parent / "rlviz" / "ui" / "frame.py"

service = Service()


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """The engine runs as long as the server does."""
    async with service.running() as client:
        engine.install(client, service.access, asset_url)
        yield {}


app = st.App(FRAME, lifespan=lifespan, routes=service.routes(), middleware=service.middleware())
