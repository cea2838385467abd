"""A worker process: many runs, served in fair slices, spoken to over one socket.

    python -m rlviz.runs.worker --connect fd:N
    python -m rlviz.runs.worker --connect HOST:PORT --key HEX

With `--store DIR` what a run shows is kept in `DIR/RUN`, and it goes on from there.

It serves the ready run that has had the least time, for a slice that shrinks with the number of
runs, and never sleeps for one of them. When the socket closes, it ends.
"""

from __future__ import annotations

import argparse
import gc
import os
import select
import socket
import sys
import time
import traceback
from collections import deque
from pathlib import Path

import torch

from rlviz import catalogue, registry
from rlviz.errors import RlvizError
from rlviz.runs import messages as m
from rlviz.runs.beginning import Shelf, begin
from rlviz.runs.held import Held
from rlviz.runs.history_writer import BUDGET
from rlviz.runs.spec import intervention_from_plain

ROUND = 0.08  # seconds for one turn of everybody
SHORTEST, LONGEST = 0.001, 0.010
MAX_WAITING = 16 * 2**20  # bytes that a slow server may leave unread before frames are dropped
IDLE = 60.0
NICENESS = 5


class Worker:
    """Commands in, notifications out, and turns in between."""

    def __init__(self, connection: socket.socket, shelf: Shelf | None = None) -> None:
        """Speak on that socket; the first word is Hello. Without a shelf nothing is kept."""
        connection.setblocking(False)
        self._shelf = shelf
        self._socket = connection
        self._decoder = m.Decoder()
        self._waiting: deque[memoryview] = deque()
        self._unsent = 0
        self._gone = False
        self._held: dict[str, Held] = {}
        self._catalogue = registry.catalogue()
        # All that torch has loaded stays: looking through it costs a run a tenth of a second.
        gc.collect()
        gc.freeze()
        self._send(m.Hello(catalogue.to_plain(self._catalogue)))

    def serve(self) -> None:
        """Until the other side closes."""
        timeout = 0.0
        while self._exchange(timeout):
            now = time.perf_counter()
            due = {run: held.due(now) for run, held in self._held.items()}
            ready = [self._held[run] for run, when in due.items() if when <= now]
            if not ready:
                timeout = min([max(0.0, when - now) for when in due.values()] + [IDLE])
                continue
            timeout = 0.0
            held = min(ready, key=lambda h: h.virtual_time)
            playing = sum(when < float("inf") for when in due.values())
            self._turn(held, min(max(ROUND / playing, SHORTEST), LONGEST))

    def _turn(self, held: Held, seconds: float) -> None:
        try:
            held.serve(seconds)
        except Exception as failure:  # a run that fails must not take the others with it
            self._fail(held.run.id, failure)
        if not torch.is_grad_enabled():
            torch.set_grad_enabled(True)
            self._fail(
                held.run.id,
                RuntimeError(
                    "A beat was yielded inside `no_grad`, which would leak into other runs."
                ),
            )

    def _fail(self, run: str, failure: Exception) -> None:
        self._forget(run)
        sentence = f"{type(failure).__name__}: {failure}"
        self._send(m.Failed(run, sentence, "".join(traceback.format_exception(failure))))

    # -------------------------------------------------------------- commands

    def _obey(self, command: m.Command | m.Notification) -> None:
        run = getattr(command, "run", "")
        try:
            if isinstance(command, m.Ping):
                self._send(m.Pong(command.n))
            elif isinstance(command, m.Start):
                self._start(command)
            elif run in self._held:
                self._tell(self._held[run], command)
        except RlvizError as refused:
            self._forget(run)
            self._send(m.Failed(run, str(refused)))
        except Exception as failure:  # the same, for what no one foresaw
            self._fail(run, failure)

    def _tell(self, held: Held, command: m.Command | m.Notification) -> None:
        match command:
            case m.Play(_, speed):
                held.play(speed)
            case m.Pause():
                held.pause()
            case m.Step(_, grain, n):
                held.step(grain, n)
            case m.Watch(_, signals, fps):
                held.watch(signals, fps)
            case m.Intervene(_, change_id, plain):
                self._intervene(held, change_id, plain)
            case m.Save():
                held.save()
            case m.Stop(run):
                self._forget(run)

    def _start(self, start: m.Start) -> None:
        self._forget(start.run)
        begun = begin(start, self._catalogue, self._shelf)
        run = begun.run
        # A new run starts level with the one that has had least: no boost, no debt.
        least = min((h.virtual_time for h in self._held.values() if h.playing), default=0.0)
        held = self._held[start.run] = Held(run, start, least, self._send, begun.keeper)
        if begun.restored:
            self._send(m.Rewound(start.run, run.iteration))
        for changed in begun.news:
            self._send(changed)
        for change_id, plain in begun.pending:
            self._intervene(held, change_id, plain)
        held.begin()

    def _intervene(self, held: Held, change_id: str, plain: dict[str, object]) -> None:
        spec = held.run.spec
        change = intervention_from_plain(
            plain, spec.algorithm, spec.world, self._catalogue, spec.replicas
        )
        held.intervene(change_id, change)

    def _forget(self, run: str) -> None:
        if held := self._held.pop(run, None):
            held.close()

    # -------------------------------------------------------------- the socket

    def _send(self, message: m.Notification) -> None:
        if isinstance(message, m.Frame) and not message.static and self._unsent > MAX_WAITING:
            return  # frames are views: the next one tells the same story
        blob = m.encode(message)
        self._waiting.append(memoryview(blob))
        self._unsent += len(blob)
        self._flush()

    def _flush(self) -> None:
        while self._waiting:
            try:
                sent = self._socket.send(self._waiting[0])
            except BlockingIOError:
                return
            except ConnectionError:  # the server is gone: the next exchange sees it and ends
                self._gone = True
                return
            self._unsent -= sent
            if sent == len(self._waiting[0]):
                self._waiting.popleft()
            else:
                self._waiting[0] = self._waiting[0][sent:]

    def _exchange(self, timeout: float) -> bool:
        """Read what has come and send what waits; False when the other side is gone."""
        writers = [self._socket] if self._waiting else []
        readable, writable, _ = select.select([self._socket], writers, [], timeout)
        if writable:
            self._flush()
        if readable:
            try:
                data = self._socket.recv(2**20)
            except ConnectionError:
                return False
            if not data:
                return False
            for command in self._decoder.feed(data):
                self._obey(command)
        return not self._gone


def connect(where: str, key: str) -> socket.socket:
    """The socket that `--connect` names."""
    if where.startswith("fd:"):
        return socket.socket(fileno=int(where[3:]))
    host, _, port = where.rpartition(":")
    connection = socket.create_connection((host, int(port)), timeout=10)
    connection.sendall(key.encode() + b"\n")
    return connection


def main() -> None:
    """Serve until the server is gone."""
    parser = argparse.ArgumentParser(prog="rlviz.runs.worker")
    parser.add_argument("--connect", required=True)
    parser.add_argument("--key", default="")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--history-bytes", type=int, default=BUDGET)
    arguments = parser.parse_args()
    shelf = Shelf(arguments.store, arguments.history_bytes) if arguments.store else None
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    try:
        Worker(connect(arguments.connect, arguments.key), shelf).serve()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
