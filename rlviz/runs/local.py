"""The engine inside this process: the worker's own loop in a thread, for tests and scripts.

It is the same code that a worker process runs, joined by a socketpair to this side, which keeps
the newest frame and status of every run. Nothing is recovered here: when the process ends, so do
its runs.
"""

from __future__ import annotations

import secrets
import socket
import string
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from rlviz import registry
from rlviz.catalogue import Catalogue
from rlviz.errors import BadMessage, NoSuchRun
from rlviz.runs import messages as m
from rlviz.runs.client import RunView
from rlviz.runs.codec import decode
from rlviz.runs.spec import (
    Intervention,
    RunSpec,
    intervention_from_plain,
    intervention_to_plain,
    to_plain,
)
from rlviz.runs.worker import Worker

_ALPHABET = string.digits + string.ascii_lowercase
_PUBLIC = ""  # the owner of runs that everybody may only watch


class LocalClient:
    """A `runs.client.Client` over one worker thread; `close` ends it."""

    def __init__(self) -> None:
        """Start the worker; it is warm when this returns."""
        self._socket, other = socket.socketpair()
        self._runs: dict[str, RunView] = {}
        self._owners: dict[str, str] = {}
        self._public: dict[str, str] = {}  # name → run
        self._news = threading.Condition()
        self._sending = threading.Lock()  # one message after the other, from whichever thread
        worker = Worker(other)
        self._threads = [
            threading.Thread(target=_serve, args=(worker, other), daemon=True),
            threading.Thread(target=_listen, args=(self._socket, self._take), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End the worker and forget every run."""
        self._socket.shutdown(socket.SHUT_WR)  # the worker ends, closes its end, and we hear it
        for thread in self._threads:
            thread.join(10)
        self._socket.close()
        self._runs.clear()

    def catalogue(self) -> Catalogue:
        """What there is."""
        return registry.catalogue()

    def start(
        self, spec: RunSpec, owner: str, *, playing: bool = True, speed: float | None = None
    ) -> str:
        """Start a run and return its id."""
        run = "".join(secrets.choice(_ALPHABET) for _ in range(12))
        with self._news:
            self._runs[run] = RunView(run, spec, "queued", speed=speed)
            self._owners[run] = owner
        self._send(m.Start(run, to_plain(spec), playing=playing, speed=speed))
        return run

    def start_public(self, name: str, spec: RunSpec, speed: float | None = None) -> str:
        """The one run of that name, which everybody may watch and nobody controls."""
        if self._public.get(name) not in self._runs:
            self._public[name] = self.start(spec, _PUBLIC, speed=speed)
        return self._public[name]

    def view(self, run: str) -> RunView:
        """The run now; NoSuchRun where nobody holds it."""
        with self._news:
            seen = self._held(run)
        marks = decode(seen.frame)[0]["marks"] if seen.frame else ()
        return replace(seen, marks=tuple(marks))

    def owns(self, run: str, owner: str) -> bool:
        """Whether this owner may control the run."""
        return owner != _PUBLIC and self._owners.get(run) == owner

    def play(self, run: str, speed: float | None = None) -> None:
        """Go on at that many iterations a second, None for as fast as it goes."""
        with self._news:
            self._runs[run] = replace(self._held(run), speed=speed)
        self._send(m.Play(run, speed))

    def pause(self, run: str) -> None:
        """Stop pulling beats."""
        self._tell(m.Pause(run))

    def step(self, run: str, grain: m.Grain = "iteration", n: int = 1) -> None:
        """Pull n more and pause."""
        self._tell(m.Step(run, grain, n))

    def intervene(self, run: str, intervention: Intervention) -> str:
        """Change the run from its next iteration on; the id comes back in its events."""
        change = secrets.token_hex(8)
        self._tell(m.Intervene(run, change, intervention_to_plain(intervention)))
        return change

    def stop(self, run: str) -> None:
        """Forget the run."""
        self._tell(m.Stop(run))
        with self._news:
            self._runs.pop(run, None)

    def history(self, run: str, first: int, last: int) -> list[bytes]:
        """Kept frames of those iterations: here only the newest one is kept."""
        seen = self.view(run)
        return [seen.frame] if seen.frame and first <= seen.iteration <= last else []

    def wait(self, run: str, until: Callable[[RunView], bool], seconds: float = 10.0) -> RunView:
        """The first view of the run for which `until` holds; TimeoutError with what there is."""
        with self._news:
            self._news.wait_for(lambda: run not in self._runs or until(self._runs[run]), seconds)
            seen = self._held(run)
            if not until(seen):
                where = f"{seen.status} at iteration {seen.iteration}"
                raise TimeoutError(f"Run {run} is {where} after {seconds} s. {seen.sentence}")
            return seen

    # The worker's side of the conversation.

    def _tell(self, command: m.Command) -> None:
        with self._news:
            self._held(str(getattr(command, "run", "")))
        self._send(command)

    def _send(self, command: m.Command) -> None:
        with self._sending:
            self._socket.sendall(m.encode(command))

    def _held(self, run: str) -> RunView:
        if run not in self._runs:
            raise NoSuchRun(f"There is no run `{run[:40]}`; start a new one.")
        return self._runs[run]

    def _take(self, message: m.Command | m.Notification) -> None:
        run = str(getattr(message, "run", ""))
        with self._news:
            if run in self._runs:
                self._runs[run] = self._after(self._runs[run], message)
                self._news.notify_all()

    def _after(self, seen: RunView, message: m.Command | m.Notification) -> RunView:
        match message:
            case m.Frame(_, _, iteration, beat, static, blob):
                if static:
                    return replace(seen, static=blob)
                return replace(seen, frame=blob, iteration=iteration, beat=beat)
            case m.Playing():
                return replace(seen, status="playing")
            case m.Paused(_, iteration, beat):
                return replace(seen, status="paused", iteration=iteration, beat=beat)
            case m.Finished(_, iteration):
                return replace(seen, status="finished", iteration=iteration)
            case m.Diverged(_, iteration, signal):
                sentence = f"`{signal}` was no longer finite at iteration {iteration}."
                return replace(seen, status="diverged", sentence=sentence)
            case m.Failed(_, sentence, traceback):
                return replace(seen, status="failed", sentence=sentence, traceback=traceback)
            case m.Changed(_, change, iteration, plain) if change:
                acted = self._intervention(seen.spec, plain)
                return replace(seen, spec=seen.spec.with_intervention(iteration, acted))
        return seen

    def _intervention(self, spec: RunSpec, plain: dict[str, object]) -> Intervention:
        known = self.catalogue()
        return intervention_from_plain(plain, spec.algorithm, spec.world, known, spec.replicas)


def _serve(worker: Worker, connection: socket.socket) -> None:
    with connection:
        worker.serve()


def _listen(connection: socket.socket, take: Callable[[m.Command | m.Notification], None]) -> None:
    decoder = m.Decoder()
    with suppress(ConnectionError, BadMessage):
        while data := connection.recv(2**20):
            for message in decoder.feed(data):
                take(message)
