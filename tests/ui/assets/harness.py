"""The live component without Streamlit: our scripts, an engine in this process, one bare page.

For tests of the scripts, and to look at them: `python -m tests.ui.assets.harness 8610` and open
http://127.0.0.1:8610/?theme=dark&language=zh&projector=1.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import plotly
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from rlviz import i18n, registry
from rlviz.catalogue import Catalogue
from rlviz.figures import theme
from rlviz.lessons import Lesson, first_frames, lesson
from rlviz.runs import messages as m
from rlviz.runs.client import RunView
from rlviz.runs.history import History
from rlviz.runs.local import LocalClient
from rlviz.runs.spec import RunSpec, Set
from rlviz.server import kept
from rlviz.ui import component
from tests.serving import free_port

ASSETS = Path(component.__file__).parent / "assets"
PAGE = Path(__file__).with_name("harness.html")
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
FIRST_FRAMES = Path(first_frames.__file__).parent / "first_frames"
TYPES = {".js": "text/javascript", ".css": "text/css"}


@dataclass(frozen=True)
class _Kept:
    """What the routes of the history ask of a Hub."""

    client: LocalClient

    async def catalogue(self) -> Catalogue:
        return self.client.catalogue()

    def history(self, run: str) -> History:
        return self.client.history(run)

    def view(self, run: str) -> RunView:
        return self.client.view(run)


class Harness:
    """One lesson, its runs in a thread, and what the page may ask over HTTP."""

    def __init__(self, name: str = "control") -> None:
        found = lesson(name)
        found = found.shown(found.cast) if found.cast else found
        self.lesson: Lesson = found.shown(found.cast) if found.cast else found
        self.client = LocalClient()
        self.runs: dict[str, str] = {}
        self.refuse: int = 0  # close every live socket with this code
        self.opens: int = 0  # live sockets that were opened
        self.says: dict[str, Any] = {}  # a status for every live socket, in the place of its run's

    def app(self) -> Starlette:
        """The routes."""
        return Starlette(
            routes=[
                Route("/", lambda _: FileResponse(PAGE)),
                Route("/assets/{name}", self.asset),
                Route("/api/first/{name}", self.first),
                Route("/data", self.data),
                Route("/start", self.start),
                Route("/set", self.set),
                Route("/api/runs/{run}/{rest:path}", self.kept),
                WebSocketRoute("/api/live/{run}", self.live),
            ]
        )

    async def asset(self, request: Request) -> Response:
        """A script or the style sheet."""
        path = ASSETS / Path(request.path_params["name"]).name
        path = PLOTLY if path.name == PLOTLY.name else path
        headers = {"Cache-Control": "no-store"}
        return FileResponse(path, media_type=TYPES.get(path.suffix), headers=headers)

    async def first(self, request: Request) -> Response:
        """A stored first frame."""
        name = Path(request.path_params["name"]).name
        return FileResponse(FIRST_FRAMES / f"{name}.safetensors")

    async def data(self, request: Request) -> Response:
        """What Streamlit would give the component."""
        asked = request.query_params
        language = asked.get("language", "en")
        return JSONResponse(self.look(language, projector="projector" in asked))

    async def start(self, request: Request) -> Response:
        """New runs for all stages."""
        speed = request.query_params.get("speed", "1000")
        for stage in self.lesson.stages:
            spec = RunSpec(
                stage.algorithm,
                stage.world,
                dict(stage.config),
                seed=stage.seed,
                replicas=stage.replicas,
            )
            playing = request.query_params.get("playing") != "false"
            pace = None if speed == "null" else float(speed)
            self.runs[stage.alias] = self.client.start(spec, "me", playing=playing, speed=pace)
        return JSONResponse(self.runs)

    async def set(self, request: Request) -> Response:
        """A knob of every run."""
        for name, value in request.query_params.items():
            for run in self.runs.values():
                self.client.intervene(run, Set(name, float(value)))
        return JSONResponse({})

    async def kept(self, request: Request) -> Response:
        """What was kept of a run."""
        request.scope["path_params"] |= {"sequence": Path(request.url.path).name}
        asked = request.path_params["rest"].partition("/")
        answer = {"history": kept.history, "frames": kept.frame if asked[2] else kept.frames}
        return await answer[asked[0]](request, _Kept(self.client))  # type: ignore[arg-type]  # as the Hub

    async def live(self, socket: WebSocket) -> None:
        """The live route: frames down, transport commands up."""
        await socket.accept()
        self.opens += 1
        run = socket.path_params["run"]
        if self.refuse or run not in self.runs.values():
            await socket.close(self.refuse or 4404, "This run is gone.")
            return
        sending = asyncio.create_task(self._send(socket, run))
        with suppress(WebSocketDisconnect):
            while not sending.done():
                self._obey(run, json.loads(await socket.receive_text()))
        sending.cancel()

    async def _send(self, socket: WebSocket, run: str) -> None:
        seen = RunView(run, RunSpec("", ""), "queued")
        with suppress(RuntimeError, WebSocketDisconnect):
            while True:
                if self.refuse:
                    await socket.close(self.refuse, "This run is gone.")
                    return
                now = replace(self.client.view(run), **self.says)
                if now.status != seen.status:
                    status = {"type": "Status", "status": now.status, "sentence": now.sentence}
                    await socket.send_text(orjson.dumps(status).decode())
                if now.static != seen.static:
                    await socket.send_bytes(now.static)
                if now.frame != seen.frame:
                    await socket.send_bytes(now.frame)
                seen = now
                await asyncio.sleep(0.02)

    def _obey(self, run: str, command: dict[str, Any]) -> None:
        match command:
            case {"type": "Play", "speed": speed}:
                self.client.play(run, speed)
            case {"type": "Pause"}:
                self.client.pause(run)
            case {"type": "Step", "grain": grain, "n": n}:
                self.client.step(run, grain, n)
            case {"type": "Watch", "signals": signals, "fps": fps}:
                self.client._tell(m.Watch(run, tuple(signals), fps))

    def look(self, language: str, *, projector: bool) -> dict[str, Any]:
        """The data of the board and of the transport in one."""
        say = i18n.translator(language)
        catalogue = registry.catalogue()
        entries = {s.alias: catalogue.algorithm(s.algorithm) for s in self.lesson.stages}
        names = ("projector", "projector-dark") if projector else ("light", "dark")
        stages = []
        for stage in self.lesson.stages:
            run = self.runs.get(stage.alias)
            live = {"run": run, "token": run and "token", "control": True}
            entry = entries[stage.alias]
            stages.append(component.stage(self.lesson, stage, entry, say, **live))
        return {
            "language": language,
            "texts": i18n.catalogue(language),
            "projector": projector,
            "palette": {"light": theme.theme(names[0]), "dark": theme.theme(names[1])},
            "plotly": "/assets/plotly.min.js",
            "style": "/assets/live.css",
            "stages": stages,
            **component.pictures(self.lesson, catalogue, say),
            "signals": component.glossary({"alpha", "gamma", "epsilon"}, say),
            "predict": component.predict(self.lesson, say),
            "speeds": component.SPEEDS,
            "speed": self.lesson.speed,
            "grain": "iteration",
        }


@contextmanager
def serving(harness: Harness, port: int) -> Iterator[str]:
    """The harness on a port of the loopback address."""
    config = uvicorn.Config(harness.app(), host="127.0.0.1", port=port, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
        harness.client.close()


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else free_port()
    with serving(Harness(*sys.argv[2:]), asked) as url:
        print(url, flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
