"""The real application for tests and benches: `streamlit run app.py` on a free loopback port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rlviz.command_line.serve import ROOT, streamlit_command

READY_WITHIN = 60  # seconds; two loaded cores and a cold cache
END_WITHIN = 15


@dataclass(frozen=True)
class Server:
    """A running application."""

    url: str  # http://127.0.0.1:PORT
    home: Path  # its RLVIZ_HOME
    process: subprocess.Popen[bytes]
    log: Path
    ready_after: float  # seconds from start to the first healthy answer

    def said(self) -> str:
        """What it has written so far."""
        return self.log.read_text(errors="replace")


@contextmanager
def serving(
    home: Path, port: int | None = None, *, app: str = "app.py", **environment: str
) -> Iterator[Server]:
    """Start the application with its own home, wait until it is healthy, and end it."""
    port = free_port() if port is None else port
    home.mkdir(parents=True, exist_ok=True)
    log = home / "server.log"
    settings = {"RLVIZ_HOME": str(home), "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}
    command = [app if part == "app.py" else part for part in streamlit_command("127.0.0.1", port)]
    with log.open("ab") as out:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **settings, **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(url, process, log)
        yield Server(url, home, process, log, time.perf_counter() - started)
    finally:
        _end(process)


def free_port() -> int:
    """A port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.perf_counter() + READY_WITHIN
    while time.perf_counter() < give_up and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/api/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    tail = log.read_text(errors="replace")[-4000:]
    raise RuntimeError(f"The server was not healthy within {READY_WITHIN} s. It said:\n{tail}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(END_WITHIN)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise RuntimeError(f"The server did not end within {END_WITHIN} s of SIGTERM.") from None
