"""Worker processes of this machine: the executor that one server uses."""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path
from typing import cast

from rlviz.errors import BadMessage
from rlviz.runs.environment import computing
from rlviz.runs.messages import Command, Decoder, encode
from rlviz.runs.pool import HELLO_SECONDS, Link, Receive

log = logging.getLogger(__name__)

ROOT = Path(__file__).parent.parent.parent
WORKER = (sys.executable, "-m", "rlviz.runs.worker")

_KEY_BYTES = 200  # in which a worker that connects must have given its key
_KEY_SECONDS = 2.0


class _Connection(asyncio.Protocol):
    """The server's end of one worker's socket."""

    def __init__(self, receive: Receive, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.gone = asyncio.get_running_loop().create_future()
        self._receive: Receive = receive
        self._decoder = Decoder()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, because uvloop's transports are of no class of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._transport.pause_reading()  # until whoever started the worker holds its link

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._decoder.feed(data)
        except BadMessage as bad:
            log.error("Worker %d is ended: %s", self.process.pid, bad)
            self.kill()
            return
        for message in messages:
            self._receive(message)  # type: ignore[arg-type]  # a worker only sends notifications

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.kill()
        if not self.gone.done():
            self.gone.set_result(None)
            self._receive(None)

    def send(self, command: Command) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(encode(command))

    def kill(self) -> None:
        """Kill the process; the end of its socket is what reports it."""
        self.process.kill()
        if self._transport is not None:
            self._transport.abort()

    def listen(self) -> None:
        """Let the worker's messages come."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()


class LocalExecutor:
    """Worker processes of this machine, joined by a socketpair.

    Where there is none (Windows), by a listener on the loopback address: there a worker must
    first send the random key of its own command line.
    """

    def __init__(
        self,
        capacity: int | None = None,
        *,
        command: tuple[str, ...] = WORKER,
        listen: bool = os.name != "posix",
        store: Path | None = None,
        history_bytes: int | None = None,
    ) -> None:
        """With a `store`, each run is kept in a folder of it, in so many bytes at most."""
        self.store = store  # may be set until the first worker starts
        if history_bytes:
            command += ("--history-bytes", str(history_bytes))
        self._capacity = capacity or len(_cores())
        self._command, self._listen = command, listen
        self._connections: set[_Connection] = set()
        self._starting: set[asyncio.Task[_Connection]] = set()
        self._reaping: set[asyncio.Task[None]] = set()

    @property
    def capacity(self) -> int:
        """As many as this process may use cores, unless told otherwise."""
        return self._capacity

    async def start(self, receive: Receive) -> Link:
        """Start one process; OSError where the machine can not."""
        making = self._by_listener if self._listen else self._by_pair
        task = asyncio.ensure_future(making(receive))
        self._starting.add(task)
        task.add_done_callback(self._started)
        # Shielded: a process that is half started when the server ends is still ended by `close`.
        connection = await asyncio.shield(task)
        asyncio.get_running_loop().call_soon(connection.listen)
        return connection

    async def close(self) -> None:
        """End all workers; a worker holds nothing that the server does not."""
        await asyncio.gather(*self._starting, return_exceptions=True)
        for connection in list(self._connections):
            connection.kill()
            await connection.gone
        await asyncio.gather(*self._reaping)

    def _started(self, task: asyncio.Task[_Connection]) -> None:
        self._starting.discard(task)
        if not task.cancelled() and task.exception() is None:
            connection = task.result()
            self._connections.add(connection)
            connection.gone.add_done_callback(lambda _: self._bury(connection))

    def _bury(self, connection: _Connection) -> None:
        self._connections.discard(connection)
        task = asyncio.ensure_future(_reaped(connection.process))
        self._reaping.add(task)
        task.add_done_callback(self._reaping.discard)

    async def _by_pair(self, receive: Receive) -> _Connection:
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.to_thread(
                self._popen, ("--connect", f"fd:{theirs.fileno()}"), (theirs.fileno(),)
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_unix_connection(
            lambda: _Connection(receive, process), sock=ours
        )
        return connection

    async def _by_listener(self, receive: Receive) -> _Connection:
        loop, key = asyncio.get_running_loop(), secrets.token_hex(32)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            host, port = listener.getsockname()
            process = await asyncio.to_thread(
                self._popen, ("--connect", f"{host}:{port}", "--key", key), ()
            )
            try:
                async with asyncio.timeout(HELLO_SECONDS):
                    joined = await _accept(listener, key, process)
            except (TimeoutError, ConnectionError):
                process.kill()
                await _reaped(process)
                raise
        _, connection = await loop.create_connection(
            lambda: _Connection(receive, process), sock=joined
        )
        return connection

    def _popen(self, arguments: tuple[str, ...], fds: tuple[int, ...]) -> subprocess.Popen[bytes]:
        keeping = ("--store", str(self.store)) if self.store else ()
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        return subprocess.Popen(
            [*self._command, *arguments, *keeping],
            stdin=subprocess.DEVNULL,
            pass_fds=fds,
            # A Ctrl-C in the terminal is for the server, which then ends its workers.
            start_new_session=os.name == "posix",
            env=computing(os.environ) | {"PYTHONPATH": os.pathsep.join(paths)},
        )


def _cores() -> set[int]:
    if hasattr(os, "sched_getaffinity"):  # Linux only; it knows what a container may use
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


async def _reaped(process: subprocess.Popen[bytes]) -> None:
    """Wait until a killed process has ended, so that no zombie is left."""
    await asyncio.to_thread(process.wait)


async def _accept(
    listener: socket.socket, key: str, process: subprocess.Popen[bytes]
) -> socket.socket:
    """The first connection that gives the key; others are hung up on."""
    loop = asyncio.get_running_loop()
    while True:
        accepting = asyncio.ensure_future(loop.sock_accept(listener))
        while not (await asyncio.wait({accepting}, timeout=0.2))[0]:
            if process.poll() is not None:
                accepting.cancel()
                raise ConnectionError(f"it ended with code {process.returncode}")
        joined, _ = accepting.result()
        joined.setblocking(False)
        if hmac.compare_digest(await _key_line(joined), key.encode()):
            return joined
        joined.close()


async def _key_line(joined: socket.socket) -> bytes:
    loop, given = asyncio.get_running_loop(), b""
    try:
        async with asyncio.timeout(_KEY_SECONDS):
            while not given.endswith(b"\n") and len(given) < _KEY_BYTES:
                # One byte at a time: what follows the key already belongs to the messages.
                if not (byte := await loop.sock_recv(joined, 1)):
                    break
                given += byte
    except (TimeoutError, ConnectionError):
        return b""
    return given.strip()
