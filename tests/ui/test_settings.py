"""Streamlit's settings: the measured ones, and colours that agree with the pictures."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from rlviz.figures import theme
from tests.tree import ROOT

SETTINGS: dict[str, Any] = tomllib.loads(
    (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    ("section", "name", "expected"),
    [
        ("runner", "postScriptGC", False),  # hidden option: ten times the cost of a fragment
        ("server", "address", "127.0.0.1"),
        ("server", "fileWatcherType", "none"),
        ("server", "enableStaticServing", False),
        ("server", "enableWebsocketCompression", False),
        ("browser", "gatherUsageStats", False),
        ("client", "showErrorLinks", False),
    ],
)
def test_a_setting_has_its_measured_value(section: str, name: str, expected: object) -> None:
    assert SETTINGS[section][name] is expected or SETTINGS[section][name] == expected


def test_streamlit_knows_the_hidden_option() -> None:
    from streamlit import config

    assert "runner.postScriptGC" in config.get_config_options()


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_page_has_the_colours_of_the_pictures(name: str) -> None:
    colours, page = theme.theme(name), SETTINGS["theme"][name]
    expected = {
        "backgroundColor": colours["bg"],
        "textColor": colours["ink"],
        "borderColor": colours["line"],
        "primaryColor": colours["accent"],
    }

    assert {key: page[key] for key in expected} == expected
