"""A worker without torch, for tests of the pool: it answers each Save with its process id.

On Play it sends a blob of 3 MB, on Stop it ends itself, on Pause it talks nonsense. When
SMALL_WORKER is `mute`, it ends before its Hello; when it is `deaf`, it never gives its key.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time

from rlviz.runs import messages as m


def main() -> None:
    arguments = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=True))
    mood = os.environ.get("SMALL_WORKER", "")
    if mood == "mute":
        sys.exit(3)
    speak(joined(arguments["--connect"], arguments.get("--key", ""), deaf=mood == "deaf"))


def joined(where: str, key: str, *, deaf: bool) -> socket.socket:
    if where.startswith("fd:"):
        return socket.socket(fileno=int(where.removeprefix("fd:")))
    host, _, port = where.rpartition(":")
    if deaf:  # a stranger comes first
        stranger = socket.create_connection((host, int(port)))
        stranger.sendall(b"0" * 64 + b"\n")
        stranger.recv(1)
    connection = socket.create_connection((host, int(port)))
    connection.sendall(key.encode() + b"\n")
    return connection


def speak(connection: socket.socket) -> None:
    connection.sendall(
        m.encode(m.Hello({"pid": os.getpid(), "threads": os.environ["OMP_NUM_THREADS"]}))
    )
    decoder = m.Decoder()
    while data := connection.recv(65536):
        for command in decoder.feed(data):
            match command:
                case m.Ping(n):
                    connection.sendall(m.encode(m.Pong(n)))
                case m.Save(run):
                    connection.sendall(m.encode(m.Rewound(run, os.getpid())))
                case m.Play(run):
                    blob = bytes(range(256)) * 12_288
                    connection.sendall(m.encode(m.Checkpoint(run, 1, blob=blob)))
                case m.Pause():
                    connection.sendall(b"nonsense\n")
                    time.sleep(60)
                case m.Stop():
                    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
