"""Colours can be told from their ground, letters can be read, by the measure of WCAG 2."""

from __future__ import annotations

from itertools import combinations

import pytest

from rlviz.errors import UnknownName
from rlviz.figures import theme


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


GROUNDS = [(name, ground) for name in theme.THEMES for ground in ("bg", "panel")]


@pytest.mark.parametrize(("name", "ground"), GROUNDS)
@pytest.mark.parametrize("role", ["ink", "soft", "truth_text", "reward_text", "accent"])
def test_letters_can_be_read(name: str, ground: str, role: str):
    colors = theme.palette(name)

    assert contrast(colors[role], colors[ground]) >= 4.5


@pytest.mark.parametrize(("name", "ground"), GROUNDS)
def test_names_of_series_can_be_read(name: str, ground: str):
    colors = theme.palette(name)
    members = [m for family in colors["series"].values() for m in family]

    assert min(contrast(m["text"], colors[ground]) for m in members) >= 4.5


@pytest.mark.parametrize(("name", "ground"), GROUNDS)
def test_series_and_truth_stand_out_from_the_ground(name: str, ground: str):
    colors = theme.palette(name)
    hues = [m["color"] for family in colors["series"].values() for m in family]
    hues += [colors["truth"], colors["reference"]]

    assert min(contrast(hue, colors[ground]) for hue in hues) >= 3


@pytest.mark.parametrize("name", theme.THEMES)
def test_members_differ_in_colour_dash_and_marker(name: str):
    for members in theme.palette(name)["series"].values():
        for a, b in combinations(members, 2):
            assert all(a[part] != b[part] for part in ("color", "dash", "marker"))


@pytest.mark.parametrize("name", theme.THEMES)
def test_no_series_wears_a_colour_with_another_meaning(name: str):
    colors = theme.palette(name)
    hues = {m["color"] for family in colors["series"].values() for m in family}

    assert hues.isdisjoint({colors[role] for role in ("truth", "reward", "reference", "old")})


def test_light_series_are_the_colours_that_the_design_names():
    members = theme.palette("light")["series"]["td"]

    assert [m["color"] for m in members[:2]] == ["#0072b2", "#d55e00"]


def test_a_projector_has_larger_letters_and_thicker_lines():
    desk, projector = theme.theme("light")["size"], theme.theme("projector")["size"]

    assert all(projector[key] > desk[key] for key in desk if key != "margin")


def test_themes_share_the_roles():
    roles = {frozenset(theme.palette(name)) for name in theme.THEMES}

    assert len(roles) == 1


def test_an_unknown_theme_is_refused():
    with pytest.raises(UnknownName, match="Did you mean `dark`"):
        theme.theme("darks")


def test_an_unknown_role_is_refused():
    with pytest.raises(UnknownName, match="Did you mean `truth`"):
        theme.look("thruth", theme.palette("light"))


@pytest.mark.parametrize("family", ["td", "dp", "mc", "prediction", "bandit", "episodes"])
def test_a_family_has_eight_members(family: str):
    assert len(theme.palette("dark")["series"][family]) == 8


def test_a_family_that_has_no_hue_yet_borrows_one():
    assert theme.look("series:planning:9", theme.palette("light"))["dash"] == "dash"
