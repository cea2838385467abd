"""A tab's session, opened while Streamlit cuts the script off and runs it anew."""

from __future__ import annotations

from typing import Any

import pytest
import streamlit as st

from rlviz.ui import opening, session


class CutOff(BaseException):
    """What Streamlit raises inside a script that a newer one replaces."""


class Interrupted(dict[str, Any]):
    """A session state whose use number `at` cuts the script off, before or after it took effect."""

    def __init__(self, at: int, *, after: bool) -> None:
        super().__init__()
        self.left, self.after = at, after

    def __contains__(self, key: object) -> bool:
        self._use()
        return super().__contains__(key)

    def __setitem__(self, key: str, value: Any) -> None:
        if self.after:
            super().__setitem__(key, value)
        self._use()
        super().__setitem__(key, value)

    def _use(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise CutOff


class Address(dict[str, str]):
    """Query parameters of a tab."""

    def to_dict(self) -> dict[str, str]:
        return dict(self)

    def from_dict(self, new: dict[str, str]) -> None:
        self.clear()
        self.update(new)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
@pytest.mark.usefixtures("access")
def test_what_the_address_asked_for_survives_a_cut_anywhere(
    at: int, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = Address({"run": "kgone0000001,kgone0000002", "k.alpha": "0.2"})
    monkeypatch.setattr(st, "session_state", Interrupted(at, after=after))
    monkeypatch.setattr(st, "query_params", address)

    with pytest.raises(CutOff):
        opening.of("control")
    found = opening.of("control")

    assert found.knobs["alpha"] == 0.2
    assert session.GONE in [note.text for note in found.notes]
