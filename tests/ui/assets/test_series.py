"""What a stage wears on the board and in its figures: the same, in both languages of the code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rlviz.figures.curves import StageStyle
from rlviz.figures.theme import THEMES, look, theme

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("parent", [False, True])
def test_board_and_figures_agree(call: Callable[..., Any], name: str, parent: bool) -> None:
    colors = theme(name)
    for family, members in colors["series"].items():
        for member in range(len(members)):
            style = StageStyle("a", "A", family, member, parent=parent)
            stage = {"family": family, "member": member, "parent": parent}

            assert call("theme.js", "series", colors, stage) == look(style.role, colors)


@pytest.mark.parametrize("name", THEMES)
def test_a_parent_is_a_lighter_shade_of_its_child_and_dashed(name: str) -> None:
    colors = theme(name)
    child, parent = look("series:td:0", colors), look("series:td:0:parent", colors)

    def distance(color: str) -> int:
        """From the ground, over the three channels."""
        ground = colors["panel"]
        return sum(abs(int(color[i : i + 2], 16) - int(ground[i : i + 2], 16)) for i in (1, 3, 5))

    assert parent == {**child, "color": parent["color"], "dash": "5px 4px"}
    assert 0.5 < distance(parent["color"]) / distance(child["color"]) < 0.6  # 0.55, rounded
