"""`serve`: become `streamlit run app.py`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from rlviz.errors import BadValue

ROOT = Path(__file__).parents[2]


def start(host: str, port: int) -> int:
    """Serve the application on that address until it is ended."""
    _check_address(host, port)
    command = streamlit_command(host, port)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    os.chdir(ROOT)  # where .streamlit/config.toml is
    if sys.platform != "win32":
        os.execve(command[0], command, environment)
    return subprocess.run(command, env=environment, check=False).returncode


def streamlit_command(host: str, port: int) -> list[str]:
    """The command line that serves rlviz."""
    options = ["--server.address", host, "--server.port", str(port)]
    # Nobody edits what is served here, and watching files can exhaust inotify.
    options += ["--server.headless", "true", "--server.fileWatcherType", "none"]
    return [sys.executable, "-m", "streamlit", "run", "app.py", *options]


def _check_address(host: str, port: int) -> None:
    if not 1 <= port <= 65535:
        raise BadValue(f"`1 <= port <= 65535` must hold, but got port={port}.")
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if os.name == "posix":  # elsewhere this option would let two servers share a port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadValue(
            f"Nothing can listen on {host} port {port} ({reason}). "
            "Choose another with --host or --port."
        ) from None
