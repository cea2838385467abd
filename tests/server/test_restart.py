"""The real application is killed and ended; its runs, and the pages that look at them, go on."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from rlviz.runs import codec
from rlviz.server.care import SHUT_DOWN
from tests.server.kept_home import SPEC, Home, playing_home, status, undisturbed, until_frame
from tests.serving import Server, free_port, serving

WHOLE_AGAIN = 5.0  # seconds after a server is up
ENDED = 5.0  # seconds after SIGTERM


def kill(server: Server) -> None:
    """As if the power were gone: nothing can be saved."""
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


def killed_and_looked_at(home: Home, port: int, least: int) -> int:
    """Serve, wait until a page's run has got past `least`, kill; where it was."""
    with serving(home.folder, port) as server:
        up = time.monotonic()
        for run in home.runs:
            with home.look(server.url, run) as socket:
                left = up + WHOLE_AGAIN - time.monotonic()
                about = until_frame(socket, lambda about: about["iteration"] > least, left)
        kill(server)
    return int(about["iteration"])


@pytest.mark.slow
def test_killed_five_times_the_runs_of_old_pages_go_on_to_the_same_numbers(tmp_path: Path) -> None:
    home, port, reached = playing_home(tmp_path, 3), free_port(), 0
    for _ in range(5):
        reached = killed_and_looked_at(home, port, 0)
    with serving(home.folder, port) as server:
        for run in home.runs:
            with home.look(server.url, run) as socket:
                until_frame(socket, lambda about: about["iteration"] > reached + 500, 30)
    records = home.records()

    for run in home.runs:
        got, got_arrays = codec.decode(home.history(run).checkpoint())
        plain, arrays = codec.decode(undisturbed(SPEC, records[run].iteration))
        assert got == plain
        assert got_arrays.keys() == arrays.keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(got_arrays[name], array, err_msg=name, strict=True)


@pytest.mark.slow
def test_sigterm_saves_and_pauses_every_run_in_time(tmp_path: Path) -> None:
    home = playing_home(tmp_path, 24, speed=None)
    with serving(home.folder) as server, contextlib.ExitStack() as open_pages:
        for run in home.runs:
            socket = open_pages.enter_context(home.look(server.url, run))
            until_frame(socket, lambda about: about["iteration"] > 50, 60)
        asked = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(60)
        took = time.monotonic() - asked
    records = home.records()

    assert took < ENDED
    assert {(kept.status, kept.sentence, kept.playing) for kept in records.values()} == {
        ("paused", SHUT_DOWN, False)
    }
    for run, kept in records.items():
        assert home.history(run).checkpoints()[-1] == kept.iteration


@pytest.mark.slow
def test_after_sigterm_a_run_waits_and_says_why(tmp_path: Path) -> None:
    home = playing_home(tmp_path, 1)
    (run,) = home.runs
    with serving(home.folder) as server, home.look(server.url, run) as socket:
        until_frame(socket, lambda about: about["iteration"] > 50, 30)
    stood = home.records()[run].iteration
    with serving(home.folder) as server, home.look(server.url, run) as socket:
        event = status(socket)
        about = until_frame(socket, lambda _: True, 30)
        socket.send('{"type": "Play", "speed": null}')
        until_frame(socket, lambda about: about["iteration"] > stood, 30)

    assert (event["status"], event["sentence"], event["iteration"]) == ("paused", SHUT_DOWN, stood)
    assert about["iteration"] == stood


@pytest.mark.slow
def test_a_second_server_of_the_same_home_leaves_its_runs_alone(tmp_path: Path) -> None:
    home = playing_home(tmp_path, 1)
    with serving(home.folder) as first, home.look(first.url, home.runs[0]) as socket:
        with serving(home.folder) as second:
            said = second.said()
            with (
                home.look(second.url, home.runs[0]) as other,
                pytest.raises(AssertionError, match="This run is gone"),
            ):
                until_frame(other, lambda _: True, 30)
        before = until_frame(socket, lambda _: True, 30)["iteration"]
        until_frame(socket, lambda about: about["iteration"] > before, 30)

    assert "Another server keeps its runs in" in said


@pytest.mark.slow
def test_the_server_stays_small_with_many_runs_kept(tmp_path: Path) -> None:
    home = playing_home(tmp_path, 60, speed=5.0)
    with serving(home.folder) as server:
        for run in home.runs[-3:]:
            with home.look(server.url, run) as socket:
                until_frame(socket, lambda about: about["iteration"] > 0, 60)
        resident = psutil.Process(server.process.pid).memory_info().rss

    assert resident < 250 * 2**20
