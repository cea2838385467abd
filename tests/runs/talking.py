"""Our end of a worker's socket, for a worker in a process of its own or in a thread of this one."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rlviz.runs import messages as m
from rlviz.runs.beginning import Shelf
from rlviz.runs.spec import RunSpec, to_plain
from rlviz.runs.worker import Worker

T = TypeVar("T")
PATIENCE = 60.0
SPEC = RunSpec("q_learning", "cliff_walking", seed=1, replicas=2)


class Talk:
    """Commands out, messages in."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket, self._decoder = connection, m.Decoder()
        self.heard: list[m.Command | m.Notification] = []
        self.pid = 0

    def tell(self, *commands: m.Command) -> None:
        self._socket.sendall(b"".join(m.encode(c) for c in commands))

    def wait(self, kind: type[T], when: Callable[[T], bool] = lambda _: True) -> T:
        """The next message of that kind for which `when` holds; the others are kept."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            for i, message in enumerate(self.heard):
                if isinstance(message, kind) and when(message):
                    del self.heard[: i + 1]
                    return message
            self._socket.settimeout(max(0.01, give_up - time.monotonic()))
            if not (data := self._socket.recv(2**20)):
                break
            self.heard += self._decoder.feed(data)
        raise TimeoutError(f"No {kind.__name__} came.")

    def ended(self) -> None:
        self._socket.close()


def start(run: str = "a", spec: RunSpec = SPEC, **more: object) -> m.Start:
    return m.Start(run, to_plain(spec), **more)  # type: ignore[arg-type]  # the test's own names


@contextmanager
def process(*arguments: str) -> Iterator[Talk]:
    """A worker that has said Hello; it ends when the test does."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "rlviz.runs.worker", "--connect", f"fd:{theirs.fileno()}"]
    worker = subprocess.Popen([*command, *arguments], pass_fds=[theirs.fileno()])
    theirs.close()
    talk = Talk(ours)
    talk.pid = worker.pid
    try:
        talk.wait(m.Hello)
        yield talk
    finally:
        talk.ended()
        assert worker.wait(10) in (0, -9)  # it ends when nobody is there any more, or was killed


@contextmanager
def thread(folder: Path | None) -> Iterator[Talk]:
    """The same without a process; what runs show is kept in that folder."""
    ours, theirs = socket.socketpair()
    worker = Worker(theirs, Shelf(folder) if folder else None)
    serving = threading.Thread(target=worker.serve, daemon=True)
    serving.start()
    talk = Talk(ours)
    try:
        talk.wait(m.Hello)
        yield talk
    finally:
        talk.ended()
        serving.join(10)
        theirs.close()
        for held in worker._held.values():
            held.close()
