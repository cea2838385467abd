"""The image can not be built in every place where tests run, so its lines are read."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.imports import ROOT
from tests.serving import Server, free_port


def instructions() -> list[tuple[str, str]]:
    """(instruction, its argument) in order; continued lines joined, comments left out."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    parts = [line.partition(" ") for line in lines if line.strip() and not line.startswith("#")]
    return [(name, rest.strip()) for name, _, rest in parts]


def last(name: str) -> str:
    return [rest for found, rest in instructions() if found == name][-1]


def health_command() -> list[str]:
    return list(json.loads(last("HEALTHCHECK").partition("CMD ")[2]))


def test_it_has_two_stages_and_the_second_takes_the_environment_of_the_first() -> None:
    stages = [rest for name, rest in instructions() if name == "FROM"]

    assert len(stages) == 2
    assert stages[0].endswith(" AS build")
    assert ("COPY", "--from=build /venv /venv") in instructions()


def test_it_does_not_run_as_root() -> None:
    order = [name for name, _ in instructions()]

    assert last("USER") == "rlviz"
    assert order.index("USER") < order.index("CMD")


def test_the_build_of_torch_is_an_argument_and_the_cpu_is_its_default() -> None:
    install = next(rest for name, rest in instructions() if name == "RUN" and "torch" in rest)

    assert last("ARG") == "TORCH_INDEX=https://download.pytorch.org/whl/cpu"
    assert '--index-url "$TORCH_INDEX"' in install


def test_it_serves_on_all_addresses_of_the_container_and_watches_no_files() -> None:
    command = json.loads(last("CMD"))
    options = dict(zip(command[3::2], command[4::2], strict=True))

    assert command[:3] == ["streamlit", "run", "app.py"]
    assert options["--server.address"] == "0.0.0.0"
    assert options["--server.port"] == last("EXPOSE")
    assert options["--server.fileWatcherType"] == "none"


def test_everything_that_it_copies_exists_and_is_let_in() -> None:
    let_in = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    copied = {
        source
        for name, rest in instructions()
        if name == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    }

    assert copied == let_in
    assert {source for source in copied if not (ROOT / source).exists()} == set()


def test_its_health_command_asks_the_port_that_is_served() -> None:
    assert f"127.0.0.1:{last('EXPOSE')}/" in health_command()[-1]


@pytest.mark.parametrize(("alive", "expected"), [(True, 0), (False, 1)])
def test_its_health_command_tells_a_healthy_server_from_none(
    alive: bool, expected: int, server: Server
) -> None:
    url = server.url if alive else f"http://127.0.0.1:{free_port()}"
    _, *rest = health_command()
    command = [part.replace(f"http://127.0.0.1:{last('EXPOSE')}", url) for part in rest]
    done = subprocess.run([sys.executable, *command], capture_output=True, check=False)

    assert done.returncode == expected
