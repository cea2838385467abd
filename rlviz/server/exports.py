"""A run to take home, and one that is brought: archive, script, notebook and numbers of a curve.

Packing and unpacking have threads of their own, so that a class that exports at once holds up
neither the loop nor the reading of frames.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from rlviz.errors import BadMessage, UnknownName
from rlviz.runs import archive, codec, script, series
from rlviz.runs.client import RunView
from rlviz.runs.foreign import MOST_BYTES
from rlviz.runs.history import History
from rlviz.server import answers
from rlviz.server.gateway import Gateway
from rlviz.server.hub import Hub
from rlviz.server.kept import found
from rlviz.signals import signal

TOO_LARGE = f"An archive has at most {MOST_BYTES // 2**20} MB."

T = TypeVar("T")
_threads = ThreadPoolExecutor(2, "export")


async def packed(request: Request, hub: Hub) -> Response:
    """The run's archive, as far as its last checkpoint."""
    view, history = await _seen(request, hub)
    content = await _aside(lambda: archive.pack(history, view.spec, view.about))
    return answers.download(content, "application/zip", archive.file_name(view.spec, ".zip"))


async def python(request: Request, hub: Hub) -> Response:
    """A script that makes the run again, as far as it is."""
    view, _ = await _seen(request, hub)
    content = script.script(view.spec, view.iteration).encode()
    name = archive.file_name(view.spec, ".py")
    return answers.download(content, "text/x-python; charset=utf-8", name)


async def notebook(request: Request, hub: Hub) -> Response:
    """The same as a notebook."""
    view, _ = await _seen(request, hub)
    content = script.notebook(view.spec, view.iteration, view.about.name)
    name = archive.file_name(view.spec, ".ipynb")
    return answers.download(content, "application/x-ipynb+json", name)


async def numbers(request: Request, hub: Hub) -> Response:
    """The curve of one signal as CSV: that of the newest frame, else of the last checkpoint."""
    name = signal_name(request.query_params.get("signal", ""))
    view, history = await _seen(request, hub)
    content = await _aside(lambda: _csv(name, view, history))
    file = archive.file_name(view.spec, f"-{name}.csv")
    return answers.download(content, "text/csv; charset=utf-8", file)


async def brought(request: Request, hub: Hub) -> Response:
    """Make a run of an archive, as that of the browser's owner; its id."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST_BYTES:
            return answers.refused(TOO_LARGE, 413)
    gateway = Gateway(hub, asyncio.get_running_loop())
    run = await _aside(lambda: gateway.adopt(bytes(content), request.state.owner))
    return answers.json({"run": run}, 201)


def signal_name(text: str) -> str:
    """The name, where it is that of a curve."""
    if not signal(text).is_curve:
        raise UnknownName("curve", text, ())
    return text


async def _seen(request: Request, hub: Hub) -> tuple[RunView, History]:
    history = await found(request, hub)
    view = hub.view(request.path_params["run"])
    if not view.spec.algorithm:  # its record can not be read any more
        raise BadMessage(view.sentence)
    return view, history


def _csv(name: str, view: RunView, history: History) -> bytes:
    curves = codec.decode(view.frame)[1] if view.frame else {}
    if name not in curves:
        curves = dict(series.of_checkpoint(history.checkpoint()))
    return series.as_csv(series.long_table({k: v for k, v in curves.items() if k == name}))


async def _aside(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work)
