from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest

from rlviz.server import assets
from tests.server.web import Site, on_site


def test_our_script_is_sent_for_a_year(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "live.js").write_text("export default 1")
    monkeypatch.setattr(assets, "OWN_FOLDER", tmp_path)

    async def test(site: Site) -> None:
        status, headers, content = await site.get(assets.asset_url("live.js"))

        assert (status, content) == (200, b"export default 1")
        assert headers["content-type"] == "text/javascript; charset=utf-8"
        assert headers["cache-control"] == "public, max-age=31536000, immutable"
        assert headers["vary"] == "accept-encoding"
        assert "content-encoding" not in headers

    on_site(test, tmp_path)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("br, GZIP;q=0.5", "gzip"),
        ("*", "gzip"),
        ("br", None),
        ("gzip;q=0", None),
        ("gzip; q=0.000, br", None),
    ],
)
def test_the_bundle_is_compressed_for_who_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, accepted: str, encoding: str | None
) -> None:
    monkeypatch.setenv("RLVIZ_HOME", str(tmp_path))
    (tmp_path / "live.css").write_text("body {}")
    monkeypatch.setattr(assets, "OWN_FOLDER", tmp_path)

    async def test(site: Site) -> None:
        url = assets.asset_url("live.css")
        _, headers, content = await site.get(url, {"Accept-Encoding": accepted})

        assert headers.get("content-encoding") == encoding
        assert (gzip.decompress(content) if encoding else content) == b"body {}"

    on_site(test, tmp_path)


def test_plotly_comes_from_here_and_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLVIZ_HOME", str(tmp_path))

    async def test(site: Site) -> None:
        url = assets.asset_url("plotly.min.js")
        status, _, content = await site.get(url, {"Accept-Encoding": "gzip, deflate, br"})

        assert status == 200
        assert len(content) < 1.6 * 2**20
        assert gzip.decompress(content) == assets.asset("plotly.min.js").plain()

    on_site(test, tmp_path)


def test_an_old_address_gets_the_file_of_now_and_may_not_keep_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "live.js").write_text("2")
    monkeypatch.setattr(assets, "OWN_FOLDER", tmp_path)

    async def test(site: Site) -> None:
        _, headers, content = await site.get("/api/assets/0000/live.js")

        assert (content, headers["cache-control"]) == (b"2", "no-store")

    on_site(test, tmp_path)


def test_a_first_frame_is_asked_for_again_only_when_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "control.q_learning.safetensors").write_bytes(b"frame")
    monkeypatch.setattr(assets, "FIRST_FRAMES", tmp_path)

    async def test(site: Site) -> None:
        url = "/api/first/control.q_learning"
        status, headers, content = await site.get(url)
        again = await site.get(url, {"If-None-Match": headers["etag"]})

        assert (status, content) == (200, b"frame")
        assert headers["cache-control"] == "no-cache"
        assert (again[0], again[2]) == (304, b"")

    on_site(test, tmp_path)


def test_health_counts_workers_and_runs(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        site.start()
        site.start(playing=False)
        status, headers, content = await site.get("/api/health")

        assert status == 200
        assert orjson.loads(content) == {
            "ready": True,
            "workers": 1,
            "warm": 1,
            "runs": 2,
            "playing": 1,
            "stored": 2,
            "damaged": 0,
        }
        assert headers["content-security-policy"] == "default-src 'none'"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"

    on_site(test, tmp_path)


def test_without_a_worker_the_server_is_not_healthy(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        site.executor._hello = False
        site.executor.last.kill()
        status, _, content = await site.get("/api/health")

        assert (status, orjson.loads(content)["ready"]) == (503, False)

    on_site(test, tmp_path)
