"""What a scrub bar asks: which frames there are, and frames."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import orjson
import pytest

from rlviz.runs.history import Kept
from rlviz.server.kept import stride
from tests.server.kept_run import frame, keep, static
from tests.server.web import Site, on_site


def url(site: Site, run: str, rest: str) -> str:
    """An address of that run with a token that may watch."""
    mark = "&" if "?" in rest else "?"
    return f"/api/runs/{run}/{rest}{mark}token={site.access.token(run, 'watch')}"


def test_the_history_says_what_there_is(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = keep(site)
        status, headers, content = await site.get(url(site, run, "history"))

        assert status == 200
        assert headers["cache-control"] == "no-store"
        assert orjson.loads(content) == {
            "run": run,
            "status": "queued",
            "positions": [[2, 20, 0], [3, 30, 1], [4, 40, 0], [5, 50, 1], [6, 60, 0]],
            "checkpoints": [100],
            "stride": 10,
        }

    on_site(test, tmp_path)


def test_a_run_that_has_kept_nothing_has_an_empty_history(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = site.start()
        _, _, content = await site.get(url(site, run, "history"))
        found = orjson.loads(content)

        assert (found["positions"], found["checkpoints"], found["stride"]) == ([], [], 1)

    on_site(test, tmp_path)


def test_a_frame_may_be_kept_for_ever_by_its_browser_alone(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = keep(site)
        status, headers, content = await site.get(
            url(site, run, "frames/3"), {"Accept-Encoding": "gzip"}
        )
        again = await site.get(url(site, run, "frames/3"), {"If-None-Match": headers["etag"]})

        assert (status, content) == (200, frame(3))
        assert headers["cache-control"] == "private, max-age=31536000, immutable"
        assert headers["content-encoding"] == "identity"
        assert headers["content-type"] == "application/octet-stream"
        assert (again[0], again[1]["etag"], again[2]) == (304, headers["etag"], b"")

    on_site(test, tmp_path)


def test_the_map_of_a_frame_is_the_newest_before_it(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = keep(site)
        found = await site.get(url(site, run, "frames/4?static=1"))

        assert (found[0], found[2]) == (200, static(1))

    on_site(test, tmp_path)


def test_several_frames_come_each_after_its_length(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = keep(site)
        status, headers, content = await site.get(url(site, run, "frames?from=4&n=2"))
        blobs = [frame(4), frame(5)]

        assert status == 200
        assert headers["cache-control"] == "no-store"
        assert content == b"".join(len(b).to_bytes(4, "little") + b for b in blobs)

    on_site(test, tmp_path)


def test_frames_after_the_last_are_none(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = keep(site)
        found = await site.get(url(site, run, "frames?from=7"))

        assert (found[0], found[2]) == (200, b"")

    on_site(test, tmp_path)


@pytest.mark.parametrize(
    ("rest", "status", "sentence"),
    [
        ("frames/99", 404, "Frame 99 is not kept any more; ask for the ones that are."),
        ("frames/-1", 400, "`0 <= sequence <= 9007199254740992` must hold for a whole number."),
        ("frames/1e3", 400, "`0 <= sequence <= 9007199254740992` must hold for a whole number."),
        ("frames/٣", 400, "`0 <= sequence <= 9007199254740992` must hold for a whole number."),
        ("frames/" + "9" * 400, 400, "`0 <= sequence"),
        ("frames?n=0", 400, "`1 <= n <= 64` must hold for a whole number."),
        ("frames?n=65", 400, "`1 <= n <= 64` must hold for a whole number."),
        ("frames?from=abc", 400, "`0 <= from"),
    ],
)
def test_what_can_not_be_is_refused_in_a_sentence(
    rest: str, status: int, sentence: str, tmp_path: Path
) -> None:
    async def test(site: Site) -> None:
        run = keep(site)
        found = await site.get(url(site, run, rest.replace("٣", "%D9%A3")))

        assert found[0] == status
        assert orjson.loads(found[2])["error"].startswith(sentence)

    on_site(test, tmp_path)


def test_a_frame_with_flipped_bits_is_gone_and_the_others_are_not(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        run = keep(site)
        folder = site.hub.shelf.store.run_folder(run)
        file = next(folder.glob("frames-*.log"))
        damaged = file.read_bytes().replace(frame(3), frame(3)[:-1] + b"!")
        file.write_bytes(damaged)
        broken = await site.get(url(site, run, "frames/3"))
        whole = await site.get(url(site, run, "frames/4"))

        assert broken[0] == 410
        assert list(orjson.loads(broken[2])) == ["error"]
        assert (whole[0], whole[2]) == (200, frame(4))

    on_site(test, tmp_path)


def test_a_dormant_run_can_be_looked_through(tmp_path: Path) -> None:
    """Its frames are read without waking it."""

    async def test(site: Site) -> None:
        run = keep(site)
        site.hub.waking.sleep(site.hub.table.held(run))
        found = await site.get(url(site, run, "frames/3"))

        assert (found[0], found[2]) == (200, frame(3))
        assert site.hub.table.held(run).dormant

    on_site(test, tmp_path)


@pytest.mark.slow
def test_a_frame_of_a_long_history_comes_in_five_milliseconds(tmp_path: Path) -> None:
    """In processor time of the whole process, so that other work on the machine does not count."""

    async def test(site: Site) -> None:
        run = keep(site, frames=4000)
        address = [url(site, run, f"frames/{sequence}") for sequence in range(2, 4002, 40)]
        await site.get(address[0])
        spent = []
        for one in address:
            started = time.process_time()
            status, _, _ = await site.get(one)
            spent.append(time.process_time() - started)
            assert status == 200

        assert statistics.quantiles(spent, n=20)[-1] < 0.005  # the client's share included

    on_site(test, tmp_path)


@pytest.mark.parametrize(
    ("iterations", "expected"),
    [
        ([], 1),
        ([5], 1),
        ([0, 1, 2, 3], 1),
        ([0, 64, 128, 192, 193, 194, 195, 196], 64),
        ([0, 64, 128, 10_000, 10_001, 10_002], 64),  # nobody looked for a while
        ([7, 7, 7, 8, 8], 1),  # beats of one iteration
    ],
)
def test_the_stride_is_that_of_the_oldest(iterations: list[int], expected: int) -> None:
    assert stride([Kept(n, iteration, 0) for n, iteration in enumerate(iterations)]) == expected
