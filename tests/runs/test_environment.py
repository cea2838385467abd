from __future__ import annotations

import os
import subprocess
import sys

import pytest

from rlviz.runs.environment import ONE_THREAD, computing
from tests.imports import ROOT

# A worker and a command of the command line, as they stand when their libraries are loaded.
WORKER = "import rlviz.runs.worker, torch; print(torch.get_num_threads())"
COMMAND = """
import atexit, os, runpy, sys
atexit.register(lambda: print(os.environ["OMP_NUM_THREADS"], os.environ["OPENBLAS_NUM_THREADS"]))
sys.argv = ["rlviz", "--help"]
runpy.run_module("rlviz", run_name="__main__")
"""


def output(code: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines()[-1]


def without_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ONE_THREAD}


def test_what_the_user_has_set_wins() -> None:
    made = computing({"OMP_NUM_THREADS": "3", "MALLOC_TRIM_THRESHOLD_": "0", "HOME": "/home/me"})

    assert made == {
        "OMP_NUM_THREADS": "3",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MALLOC_MMAP_THRESHOLD_": "8388608",
        "MALLOC_TRIM_THRESHOLD_": "0",
        "HOME": "/home/me",
    }


def test_torch_takes_one_thread_in_a_worker() -> None:
    assert output(WORKER, computing(without_settings())) == "1"


@pytest.mark.parametrize(("own", "expected"), [({}, "1 1"), ({"OMP_NUM_THREADS": "2"}, "2 1")])
def test_a_command_has_one_thread_unless_told_otherwise(own: dict[str, str], expected: str) -> None:
    assert output(COMMAND, without_settings() | own) == expected
