"""The pages that are no lessons, and the way to them from every page."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rlviz import lessons
from rlviz.ui import chrome
from tests.ui.conftest import FRAME, Cookies


@pytest.fixture(autouse=True)
def _engine(access: Cookies) -> None:
    """Every test here needs the engine."""


def links() -> list[str]:
    at = AppTest.from_file(FRAME, default_timeout=30).run()
    assert not at.exception
    return [link.proto.label for link in at.get("page_link")]


def test_every_page_leads_to_the_tools() -> None:
    assert [label for label in links() if label in ("Runs", "Compare", "Sweep")] == [
        "Runs",
        "Compare",
        "Sweep",
    ]


def test_a_tool_without_a_page_is_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for page in chrome.PAGES.glob("*.py"):
        if page.stem != "sweep":
            shutil.copy(page, tmp_path)
    monkeypatch.setattr(chrome, "PAGES", tmp_path)

    assert [label for label in links() if label in ("Runs", "Compare", "Sweep")] == [
        "Runs",
        "Compare",
    ]


def test_a_tool_is_no_neighbour_of_a_lesson() -> None:
    assert not set(chrome.TOOLS) & set(lessons.names())
