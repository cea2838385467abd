"""A worker in a thread of this process, joined by a socketpair as a process would be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from rlviz.errors import BadMessage
from rlviz.runs import messages as m
from rlviz.runs.beginning import Shelf
from rlviz.runs.worker import Worker

Take = Callable[[m.Command | m.Notification], None]


class WorkerThread:
    """Warm when it is made; every message goes to `take`, in a thread of its own."""

    def __init__(self, take: Take, store: Path) -> None:
        """What runs show is kept in folders of `store`."""
        self._socket, other = socket.socketpair()
        self._sending = threading.Lock()  # one message after the other, from whichever thread
        worker = Worker(other, Shelf(store))
        self._threads = [
            threading.Thread(target=_serve, args=(worker, other), daemon=True),
            threading.Thread(target=_listen, args=(self._socket, take), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def send(self, command: m.Command) -> None:
        """Give it a command."""
        with self._sending:
            self._socket.sendall(m.encode(command))

    def close(self) -> None:
        """End it."""
        self._socket.shutdown(socket.SHUT_WR)  # the worker ends, closes its end, and we hear it
        for thread in self._threads:
            thread.join(10)
        self._socket.close()


def _serve(worker: Worker, connection: socket.socket) -> None:
    with connection:
        worker.serve()


def _listen(connection: socket.socket, take: Take) -> None:
    decoder = m.Decoder()
    with suppress(ConnectionError, BadMessage):
        while data := connection.recv(2**20):
            for message in decoder.feed(data):
                take(message)
