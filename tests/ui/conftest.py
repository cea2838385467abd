"""What the pages' tests share: the engine inside this process, and a browser with a cookie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import pytest
from streamlit.testing.v1 import AppTest

from rlviz.runs.local import LocalClient
from rlviz.ui import engine
from rlviz.ui.session import Session
from tests.tree import ROOT

FRAME = str(ROOT / "rlviz" / "ui" / "frame.py")


class Cookies:
    """An access that takes every browser for the one that a test names."""

    def __init__(self) -> None:
        self.owner: str | None = "alice"
        self.handed_out = 0

    def read_owner(self, cookies: Mapping[str, str]) -> str | None:  # noqa: ARG002  # a fake
        return self.owner

    def token(self, run: str, role: Literal["control", "watch"]) -> str:
        self.handed_out += 1
        return f"{role}.{self.handed_out}.{run}"


@pytest.fixture(scope="module")
def local() -> Iterator[LocalClient]:
    client = LocalClient()
    yield client
    client.close()


@pytest.fixture
def access(local: LocalClient) -> Cookies:
    """Installs the engine; the test may say who the browser's owner is."""
    cookies = Cookies()
    engine.install(local, cookies)
    return cookies


class Tab:
    """A browser tab with the control lesson, and the transport's commands without a browser."""

    def __init__(self, **parameters: str) -> None:
        self.at = AppTest.from_function(_script, default_timeout=30)
        for name, value in parameters.items():
            self.at.query_params[name.replace("__", ".")] = value
        self.run()

    def run(self) -> Tab:
        self.at.run()
        assert not self.at.exception, self.at.exception
        return self

    def command(self, **said: Any) -> Tab:
        """What the transport tells Python."""
        self.at.session_state["test.command"] = said
        return self.run()

    def press(self, key: str) -> Tab:
        self.at.button(key=key).click()
        return self.run()

    @property
    def session(self) -> Session:
        if "watch" in self.address:
            followed: Session = self.at.session_state["rlviz.followed"][1]
            return followed
        scene = self.at.session_state["rlviz.scene.control"]
        key = ".".join(filter(None, ("rlviz.lesson.control", scene)))
        found: Session = self.at.session_state[key]
        return found

    @property
    def address(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.at.query_params.items()}

    @property
    def notes(self) -> str:
        return "\n".join(info.value for info in self.at.info)


def _script() -> None:
    import streamlit as st

    from rlviz.ui import chrome, lesson

    st.navigation(list(chrome.pages().values()), position="hidden")
    page = lesson.page("control")
    if "test.command" in st.session_state:
        page.command(st.session_state.pop("test.command"))
    page.header()
    page.board()
    page.trays()
    page.transport()
