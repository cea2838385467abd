"""Runs that are taken home and brought back, over the wire."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
from pathlib import Path

import numpy as np
import orjson
import pytest

from rlviz.runs import archive, codec
from rlviz.runs import messages as m
from rlviz.runs.client import About
from rlviz.runs.foreign import BROKEN, MOST_BYTES
from rlviz.runs.history import History
from rlviz.runs.script import notebook, script
from rlviz.runs.series import as_csv, long_table, of_checkpoint
from rlviz.runs.spec import RunSpec
from rlviz.server import answers
from rlviz.server.access import OWNER_COOKIE
from rlviz.server.limits import Limits
from rlviz.signals import CURVE_COLUMNS
from tests.server.kept_run import ROOM, keep, packed, trained
from tests.server.stage import until
from tests.server.test_routes_kept import url
from tests.server.web import Site, on_site

NAME = "attachment; filename="


def test_an_archive_is_sent_under_a_plain_name(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = keep(site)
        site.hub.rename(run, '"; rm -rf /\r\nX: <b>é')
        status, headers, content = await site.get(url(site, run, "export.zip"))
        found = archive.unpack(content, tmp_path / "new", site.hub.known())

        assert (status, headers["content-type"]) == (200, "application/zip")
        assert headers["content-disposition"] == f'{NAME}"q_learning-room.zip"'
        assert found == archive.Unpacked(ROOM, About(name='"; rm -rf / X: <b>é'), 100)

    on_site(test, tmp_path)


@pytest.mark.parametrize(
    ("rest", "media", "name"),
    [
        ("script.py", "text/x-python; charset=utf-8", "q_learning-room.py"),
        ("notebook.ipynb", "application/x-ipynb+json", "q_learning-room.ipynb"),
    ],
)
def test_code_is_sent_as_a_file(rest: str, media: str, name: str, tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = keep(site)
        site.hub.rename(run, "<b>")
        site.executor.last.say(m.Frame(run, 9, 70, 0, blob=codec.encode({"marks": []}, {})))
        await until(lambda: site.hub.view(run).iteration == 70)
        status, headers, content = await site.get(url(site, run, rest))
        code = {"script.py": script(ROOM, 70).encode(), "notebook.ipynb": notebook(ROOM, 70, "<b>")}

        assert (status, headers["content-type"]) == (200, media)
        assert headers["content-disposition"] == f'{NAME}"{name}"'
        assert content == code[rest]

    on_site(test, tmp_path)


def test_numbers_are_those_of_the_newest_frame(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = keep(site)
        curve = np.array([[0, 4], [2, 0], [0.1, np.nan], [0, 0], [1, 0], [2, 0], [3, np.nan]])
        arrays = {"episode_return": curve.astype(np.float32)}
        blob = codec.encode({"marks": []}, arrays)
        site.executor.last.say(m.Frame(run, 9, 10, 0, blob=blob))
        await until(lambda: site.hub.view(run).frame)
        status, headers, content = await site.get(
            url(site, run, "series.csv?signal=episode_return")
        )

        assert (status, headers["content-type"]) == (200, "text/csv; charset=utf-8")
        assert headers["content-disposition"] == f'{NAME}"q_learning-room-episode_return.csv"'
        assert list(csv.reader(io.StringIO(content.decode()))) == [
            ["signal", "iteration", *CURVE_COLUMNS[1:]],
            ["episode_return", "0", "2", "0.1", "0.0", "1.0", "2.0", "3.0"],
            ["episode_return", "4", "0", "", "0.0", "0.0", "0.0", ""],
        ]

    on_site(test, tmp_path)


def test_numbers_that_no_frame_shows_are_those_of_the_checkpoint(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = keep(site)
        _, _, content = await site.get(url(site, run, "series.csv?signal=td_error"))
        rows = list(csv.DictReader(io.StringIO(content.decode())))
        curve = of_checkpoint(trained().checkpoint())["td_error"]

        assert [np.float32(row["mean"]) for row in rows] == curve[2].tolist()

    on_site(test, tmp_path)


@pytest.mark.parametrize("name", ["", "evil", "q", "td_error.tail", "../td_error", "=cmd()"])
def test_numbers_of_what_is_no_curve_are_refused(name: str, tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = keep(site)
        status, _, content = await site.get(url(site, run, f"series.csv?signal={name}"))

        assert (status, list(orjson.loads(content))) == (404, ["error"])

    on_site(test, tmp_path)


def test_a_run_whose_record_is_broken_says_so(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = keep(site)
        held = site.hub.table.held(run)
        held.spec = RunSpec("", "")
        held.fail_on_shelf("The record of this run can not be read.")
        for rest in ("export.zip", "script.py", "notebook.ipynb", "series.csv?signal=td_error"):
            status, _, content = await site.get(url(site, run, rest))

            assert status == 410
            assert orjson.loads(content) == {"error": "The record of this run can not be read."}

    on_site(test, tmp_path)


# ------------------------------------------------------------------ and back


def sender(site: Site) -> tuple[str, dict[str, str]]:
    """An owner and the headers of that browser."""
    cookie = site.access.owner_cookie()
    return cookie.partition(".")[0], {"Cookie": f"{OWNER_COOKIE}={cookie}"}


def test_a_run_that_is_brought_is_paused_where_it_was(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        owner, headers = sender(site)
        first = keep(site)
        status, _, content = await site.post("/api/runs/import", packed(site, first), headers)
        run = orjson.loads(content)["run"]
        view = site.hub.view(run)

        assert status == 201
        assert run != first
        assert site.hub.owns(run, owner)
        assert (view.spec, view.status, view.iteration) == (ROOM, "paused", 100)
        assert History(site.hub.shelf.store.run_folder(run)).checkpoint() == trained().checkpoint()
        # It is taken home again, byte for byte.
        _, _, again = await site.get(url(site, run, "export.zip"))
        assert again == packed(site, first)

    on_site(test, tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip" * 100])
def test_what_is_no_archive_leaves_nothing_behind(content: bytes, tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        _, headers = sender(site)
        before = sorted(site.hub.shelf.store.runs_folder.iterdir())
        status, _, answer = await site.post("/api/runs/import", content, headers)

        assert status == 400
        assert orjson.loads(answer) == {"error": BROKEN}
        assert sorted(site.hub.shelf.store.runs_folder.iterdir()) == before
        assert len(site.hub.table) == 0

    on_site(test, tmp_path)


def test_a_body_without_end_is_not_read_to_it(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        _, headers = sender(site)
        host, port = site.host.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        lines = [
            "POST /api/runs/import HTTP/1.1",
            f"Host: {site.host}",
            f"Origin: http://{site.host}",
            f"Cookie: {headers['Cookie']}",
            "Transfer-Encoding: chunked",
        ]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        chunk, sent = b"100000\r\n" + bytes(2**20) + b"\r\n", 0
        answer = asyncio.create_task(reader.read(12))
        while not answer.done() and sent < 4 * MOST_BYTES:
            with contextlib.suppress(ConnectionError):
                writer.write(chunk)
                await writer.drain()
            sent += 2**20
            await asyncio.sleep(0)
        writer.close()

        assert sent < 2 * MOST_BYTES
        assert await answer == b"HTTP/1.1 413"

    on_site(test, tmp_path)


def test_who_has_too_many_runs_brings_no_more(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        owner, headers = sender(site)
        known = {first := keep(site), site.start(owner, playing=False)}
        body = packed(site, first)
        status, _, content = await site.post("/api/runs/import", body, headers)

        assert status == 400
        assert "may have 1 unfinished runs" in orjson.loads(content)["error"]
        assert {p.name for p in site.hub.shelf.store.runs_folder.iterdir()} <= known

    on_site(test, tmp_path, Limits(unfinished=1))


# ------------------------------------------------------------------ texts stay texts


def test_a_cell_that_a_spreadsheet_would_compute_stays_text() -> None:
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", 'a,"b"\n', "<b>", "plain"]
    rows = list(csv.reader(io.StringIO(as_csv({"=name": names}).decode(), newline="")))

    assert rows == [
        ["'=name"],
        ["'=1+1"],
        ["'+1"],
        ["'-1"],
        ["'@SUM(A1)"],
        ["'\t=1"],
        ["'\r=1"],
        ['a,"b"\n'],
        ["<b>"],
        ["plain"],
    ]


def test_numbers_below_zero_are_numbers() -> None:
    table = long_table({"td_error": np.full((7, 1), -0.5, np.float32)})
    table |= {"iteration": np.array([3]), "n": np.array([4])}

    assert as_csv(table).decode().splitlines()[1] == "td_error,3,4,-0.5,-0.5,-0.5,-0.5,-0.5"


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("q_learning-room.zip", "q_learning-room.zip"),
        ('a"; filename="b', "a-filename-b"),
        ("a\r\nSet-Cookie: x", "a-Set-Cookie-x"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\x", "C-x"),
        ("größe", "gr-e"),
        ("..", "rlviz"),
        ("", "rlviz"),
        ("a" * 500, "a" * 100),
    ],
)
def test_a_file_name_is_plain(name: str, sent: str) -> None:
    answer = answers.download(b"", "text/plain", name)

    assert answer.headers["content-disposition"] == f'{NAME}"{sent}"'
