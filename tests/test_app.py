from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.imports import ROOT
from tests.serving import serving

FOREIGN = "('torch', 'gymnasium', 'rlviz.registry', 'rlviz.algorithms', 'rlviz.worlds')"


def workers(server: psutil.Process) -> list[psutil.Process]:
    return [p for p in server.children(recursive=True) if "rlviz.runs.worker" in p.cmdline()]


def test_a_server_with_a_running_run_has_no_learner_in_its_process(tmp_path: Path) -> None:
    code = f"""
import asyncio, sys
import app
from rlviz.runs.spec import RunSpec
from rlviz.ui import engine

def page():
    client = engine.client()
    entry = client.catalogue().algorithms[0]
    run = client.start(RunSpec(entry.name, entry.worlds[0]), "ada")
    while not client.view(run).frame:
        pass

async def serve():
    async with app.lifespan(app.app):
        await asyncio.wait_for(asyncio.to_thread(page), 60)

asyncio.run(serve())
print([name for name in {FOREIGN} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "RLVIZ_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_the_server(tmp_path: Path, end: signal.Signals) -> None:
    with serving(tmp_path) as server:
        found = workers(psutil.Process(server.process.pid))
        server.process.send_signal(end)
        _, alive = psutil.wait_procs(found, timeout=10)

        assert found != []
        assert alive == []


def test_the_page_sets_a_signed_cookie_and_says_no_secret(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        with urllib.request.urlopen(f"{server.url}/", timeout=10) as answer:
            cookie = answer.headers["set-cookie"]
            page = answer.read().decode()

        assert cookie.startswith("rlviz_owner=")
        assert "HttpOnly; SameSite=Lax" in cookie
        assert (tmp_path / "secret").read_text() not in cookie + page
        assert "Traceback" not in server.said()


def test_it_is_found_from_any_folder(tmp_path: Path) -> None:
    """Streamlit finds `app` by reading the file, so it must stay a plain call of `st.App`."""
    code = (
        "from streamlit.web.server.app_discovery import discover_asgi_app\n"
        "from pathlib import Path\n"
        f"print(discover_asgi_app(Path({str(ROOT / 'app.py')!r})).import_string)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "app:app"
