"""The vocabulary: every name is declared once, whole, and can be made."""

from __future__ import annotations

import inspect
import re
from typing import get_args

import pytest
import torch

from rlviz import signals
from rlviz.derived import DERIVED
from rlviz.errors import UnknownName
from rlviz.hyperparameters import fields
from rlviz.registry import algorithm_modules, world_modules
from rlviz.runs.recorder import TALLIES
from rlviz.signals import SIGNALS, Kind, Signal, beat, signal

NAMES = pytest.mark.parametrize("name", list(SIGNALS))


@NAMES
def test_every_signal_has_a_meaning(name: str) -> None:
    assert re.fullmatch(r"[A-Z0-9].{7,}[^.]", SIGNALS[name].meaning)


@NAMES
def test_names_are_flat_snake_case(name: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)


@NAMES
def test_kinds_are_of_the_closed_list(name: str) -> None:
    assert SIGNALS[name].kind in get_args(Kind)


@NAMES
def test_axes_are_letters_that_are_known_or_a_number(name: str) -> None:
    assert re.fullmatch(r"([BSAKOPTN]|\d+|)( ([SAKOPTN]|\d+))*", SIGNALS[name].axes)


@NAMES
def test_a_tail_needs_one_number_for_each_replica(name: str) -> None:
    assert not SIGNALS[name].tail or SIGNALS[name].axes == "B"


@NAMES
def test_only_derived_signals_ask_to_be_curves(name: str) -> None:
    # Events and traces are curves by their kind; the rest has nothing to reduce.
    assert not SIGNALS[name].curve or SIGNALS[name].kind == "derived"


@NAMES
def test_what_becomes_a_curve_is_a_number_for_each_replica(name: str) -> None:
    assert not SIGNALS[name].is_curve or SIGNALS[name].axes in ("", "B")


def test_over_time_a_letter_stands_for_one_thing() -> None:
    # In a picture of one moment the axes say which of its x, J and ρ is meant.
    letters = [s.symbol for s in SIGNALS.values() if s.is_curve and s.symbol]

    assert len(letters) == len(set(letters))


def test_an_alias_leads_to_one_signal() -> None:
    aliases = [alias for s in SIGNALS.values() for alias in s.aliases]

    assert len(aliases) == len(set(aliases) - set(SIGNALS))


@pytest.mark.parametrize(
    "name", [name for name, s in SIGNALS.items() if s.kind in ("event", "trace", "snapshot")]
)
def test_what_is_yielded_is_yielded_by_some_algorithm(name: str) -> None:
    yielded = {
        s for m in algorithm_modules().values() for names in m.SIGNALS.values() for s in names
    }

    assert name in yielded | {"theta", "w"}  # the parameters of policies and critics


@pytest.mark.parametrize("name", [name for name, s in SIGNALS.items() if s.kind == "static"])
def test_what_is_static_comes_with_some_world(name: str) -> None:
    given = {s for m in world_modules().values() for s in m.make(m.Config()).statics}
    given |= {f"outcome_{part}" for part in ("next", "probability", "reward")}  # of every world

    assert name in given


def test_what_is_derived_can_be_made() -> None:
    settings = {name for m in algorithm_modules().values() for name in fields(m.Config)}

    derived = {name for name, s in SIGNALS.items() if s.kind == "derived"}
    assert derived == set(DERIVED) | set(TALLIES) | (settings & set(SIGNALS))


def test_a_signal_with_the_letter_of_a_knob_is_that_knob() -> None:
    letters = {
        name: field.symbol
        for module in algorithm_modules().values()
        for name, field in fields(module.Config).items()
        if name in SIGNALS
    }

    assert letters == {name: SIGNALS[name].symbol for name in letters}
    assert letters


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, value in vars(signals).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == signals.__name__
    ],
)
def test_every_public_name_is_documented(name: str) -> None:
    assert inspect.getdoc(getattr(signals, name))


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (Signal("event", "B", "G", ""), True),
        (Signal("trace", "B", "δ", ""), True),
        (Signal("snapshot", "B", "s", ""), False),
        (Signal("static", "S", "", ""), False),
        (Signal("derived", "S", "V", ""), False),
        (Signal("derived", "B", "d", "", curve=True), True),
    ],
)
def test_what_becomes_a_curve_follows_from_the_kind(declared: Signal, expected: bool) -> None:
    assert declared.is_curve is expected


def test_a_beat_is_its_name_and_references() -> None:
    q = torch.zeros(2)

    name, shown = beat("update", q=q)

    assert name == "update"
    assert shown["q"] is q


def test_a_signal_is_found_by_its_name() -> None:
    assert signal("td_error") is SIGNALS["td_error"]


def test_an_unknown_signal_gets_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match=r"Unknown signal `td_eror`. Did you mean `td_error`\?"):
        signal("td_eror")
