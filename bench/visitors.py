"""A browser's way to a page without a browser: the page, Streamlit's websocket, our live route.

A visitor loads the page's HTML, asks Streamlit to run its script as the browser does (protobuf on
`/_stcore/stream`), takes the token of the run out of what the page sends to our component, and
opens the live route with it. It draws nothing and asks for nothing twice.
"""

from __future__ import annotations

import asyncio
import re
import time
import urllib.request
from dataclasses import dataclass

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench.room import Room, Viewer

_SHOWN = re.compile(rb'"run": ?"(\w+)", ?"token": ?"([\w.]+)"')  # what our component is given
PATIENCE = 60.0  # seconds for a page


@dataclass(frozen=True)
class Joined:
    """A visitor who has the page and looks at its run."""

    viewer: Viewer
    page: float  # seconds until the page's script had run
    frame: float  # seconds until the first frame


async def join(room: Room, page: str, runs: str, signals: tuple[str, ...]) -> Joined:
    """Open that page on these runs, as the address names them; returns with the first frame."""
    begun = time.perf_counter()
    tokens = await asyncio.wait_for(_visited(room.server.url, page, runs), PATIENCE)
    shown = time.perf_counter() - begun
    first = runs.split(",")[0]
    viewer = room.view({"run": first, "token": tokens[first]}, signals)
    while not viewer.first:
        room.check()
        if time.perf_counter() - begun > PATIENCE:
            raise TimeoutError(f"No frame came within {PATIENCE:g} s.")
        await asyncio.sleep(0.01)
    return Joined(viewer, shown, viewer.first - begun)


async def _visited(origin: str, page: str, runs: str) -> dict[str, str]:
    """Run the page's script; the token of every run that it shows."""
    cookie = await asyncio.to_thread(_loaded, f"{origin}/{page}?run={runs}")
    url = f"{origin.replace('http', 'ws')}/_stcore/stream"
    tokens: dict[str, str] = {}
    async with websockets.connect(
        url,
        origin=websockets.Origin(origin),
        subprotocols=[websockets.Subprotocol("streamlit")],
        additional_headers={"Cookie": cookie},
        max_size=None,
    ) as socket:
        ask = BackMsg()
        ask.rerun_script.query_string = f"run={runs}"
        ask.rerun_script.page_name = page
        await socket.send(ask.SerializeToString())
        async for data in socket:
            if isinstance(data, str):
                continue
            tokens |= {run.decode(): token.decode() for run, token in _SHOWN.findall(data)}
            message = ForwardMsg()
            message.ParseFromString(data)
            if message.WhichOneof("type") == "script_finished":
                break
    if missing := set(runs.split(",")) - tokens.keys():
        raise RuntimeError(f"/{page} gave no token for {', '.join(sorted(missing))}.")
    return tokens


def _loaded(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        answer.read()
        given = answer.headers.get_all("set-cookie") or []
    return "; ".join(one.split(";")[0] for one in given)
