"""Errors: one tree, whose drawing is true, and sentences that help."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from rlviz import errors
from rlviz.errors import RlvizError, UnknownName, shown

CLASSES = {
    name: cls
    for name, cls in vars(errors).items()
    if inspect.isclass(cls) and issubclass(cls, Exception)
}


@pytest.mark.parametrize(
    ("name", "known", "sentence"),
    [
        ("td_eror", ["q", "td_error"], "Unknown signal `td_eror`. Did you mean `td_error`?"),
        ("zebra", ["q", "alpha"], "Unknown signal `zebra`. Known: alpha, q."),
        ("", ["q"], "Unknown signal ``. Known: q."),
        ("kick", [], "Unknown signal `kick`. Known: none."),
        ("x" * 500, ["q"], f"Unknown signal `{'x' * 80}`. Known: q."),
    ],
    ids=["near", "far", "empty", "nothing known", "long"],
)
def test_an_unknown_name_is_told_what_there_is(name: str, known: list[str], sentence: str) -> None:
    error = UnknownName("signal", name, known)

    assert str(error) == sentence
    assert (error.kind, error.name) == ("signal", name)


def test_what_is_known_may_come_from_a_generator() -> None:
    error = UnknownName("world", "rom", (name for name in ("room", "cliff_walking")))

    assert str(error) == "Unknown world `rom`. Did you mean `room`?"


def test_one_catch_is_enough() -> None:
    assert all(issubclass(cls, RlvizError) for cls in CLASSES.values())


def test_the_drawing_at_the_top_names_every_class() -> None:
    drawn = [
        line.strip("├└─ ").split()[0]
        for line in (errors.__doc__ or "").splitlines()
        if "──" in line or line == "RlvizError"
    ]

    assert drawn == list(CLASSES)


@pytest.mark.parametrize("name", sorted(set(CLASSES) - {"RlvizError"}))
def test_every_class_says_when_it_is_raised(name: str) -> None:
    assert (CLASSES[name].__doc__ or "").startswith("Raised when ")


@pytest.mark.parametrize(
    ("name", "builtin"),
    [("BadValue", ValueError), ("UnknownName", LookupError), ("NoSuchRun", LookupError)],
)
def test_classes_are_what_python_would_raise_there(name: str, builtin: type[Exception]) -> None:
    assert issubclass(CLASSES[name], builtin)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.125, "0.125"),
        ("x" * 100, "'" + "x" * 39),
        pytest.param(10**5000, "a huge int", id="five thousand digits"),
        (None, "None"),
    ],
)
def test_what_is_shown_of_a_value_is_short(value: object, expected: str) -> None:
    assert shown(value) == expected


def test_what_is_shown_of_lists_in_lists_is_short() -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]

    assert shown(nested) == "a huge list"
