from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest

from rlviz.errors import UnknownName
from rlviz.server import assets


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files of ours, in place of the real ones."""
    (tmp_path / "live.js").write_text("import './grid.js'")
    (tmp_path / "grid.js").write_text("1")
    monkeypatch.setattr(assets, "OWN_FOLDER", tmp_path)
    return tmp_path


def test_the_address_changes_with_any_of_our_files(folder: Path) -> None:
    before = assets.asset_url("live.js")
    (folder / "grid.js").write_text("22")

    assert assets.asset_url("live.js") != before


def test_the_address_stays_while_nothing_changes(folder: Path) -> None:  # noqa: ARG001
    assert assets.asset_url("live.js") == assets.asset_url("live.js")


@pytest.mark.usefixtures("folder")
def test_an_address_names_hash_and_file() -> None:
    found = assets.asset("live.js")

    assert assets.asset_url("live.js") == f"/api/assets/{found.hash}/live.js"
    assert found.media_type == "text/javascript; charset=utf-8"


@pytest.mark.usefixtures("folder")
def test_siblings_stand_under_one_hash() -> None:
    assert assets.asset("live.js").hash == assets.asset("grid.js").hash


@pytest.mark.usefixtures("folder")
def test_the_compressed_form_is_the_same_file() -> None:
    found = assets.asset("live.js")

    assert gzip.decompress(found.compressed()) == found.plain() == b"import './grid.js'"


@pytest.mark.parametrize(
    "name",
    ["lives.js", "../engine.py", "../../errors.py", "live.js/", "", ".", "live.py", "/etc/passwd"],
)
@pytest.mark.usefixtures("folder")
def test_only_what_is_on_the_list_is_an_asset(name: str) -> None:
    with pytest.raises(UnknownName):
        assets.asset(name)


def test_the_plotly_bundle_is_compressed_once(tmp_path: Path) -> None:
    first = assets.compressed_bundle(tmp_path)
    made = first.stat().st_mtime_ns
    again = assets.compressed_bundle(tmp_path)

    assert (again, again.stat().st_mtime_ns) == (first, made)
    assert [path.name for path in tmp_path.iterdir()] == [first.name]


def test_the_plotly_bundle_is_the_installed_one(tmp_path: Path) -> None:
    plain = gzip.decompress(assets.compressed_bundle(tmp_path).read_bytes())

    assert plain == assets.asset("plotly.min.js").plain()
    assert b"plotly.js v" in plain[:200]


def test_first_frames_are_a_closed_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "control.q_learning.safetensors").write_bytes(b"frame")
    (tmp_path / "notes.txt").write_bytes(b"private")
    monkeypatch.setattr(assets, "FIRST_FRAMES", tmp_path)
    names = (
        "control.q_learning",
        "notes.txt",
        "notes",
        "../assets",
        "control.q_learning.safetensors",
    )

    assert [assets.first_frame(name) for name in names] == [b"frame", None, None, None, None]


def test_finding_the_bundle_does_not_import_plotly() -> None:
    loaded = set(sys.modules)
    assets.asset_url("plotly.min.js")

    assert "plotly.graph_objects" not in set(sys.modules) - loaded
