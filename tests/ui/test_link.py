"""The address of a page: read, written, and what becomes of a broken one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz import lessons, registry
from rlviz.hyperparameters import Field, Value
from rlviz.runs.spec import RunSpec
from rlviz.schedules import Schedule
from rlviz.ui import knobs, link
from rlviz.ui.link import Link

LESSON = lessons.lesson("control")
CATALOGUE = registry.catalogue()
KNOWN = knobs.fields(LESSON, CATALOGUE, "cliff_walking")
PRESETS = [preset.name for preset in LESSON.presets]

_ODD = ("nan", "inf", "-inf", "1e400", "", "2", "-1", "１", "true", "[1,2]", "[", "linear(1,0,9)",
        "linear(nan,0,9)", "exponential(1,0,5)", "linear(0.1,0,1e99)", "10" * 400)  # fmt: skip
_names = st.sampled_from(
    [*(f"k.{name}" for name in KNOWN), "v", "lang", "view", "run", "preset", "k.", "k.nothing", "x"]
)
_texts = st.one_of(st.text(max_size=60), st.sampled_from(_ODD), st.floats().map(str))


@settings(max_examples=1000, deadline=None)
@given(st.dictionaries(_names, _texts, max_size=8))
def test_no_address_raises_and_what_is_read_is_allowed(parameters: dict[str, str]) -> None:
    said, _ = link.read(parameters, KNOWN, PRESETS)

    assert all(KNOWN[name].check(value) == value for name, value in said.knobs.items())


def _values(declared: Field) -> st.SearchStrategy[Value]:
    if declared.options:
        return st.sampled_from(declared.options)
    if declared.letters:
        return st.sampled_from([str(declared.default), "S.G", ".#/SG"])
    if declared.type == "int":
        return st.integers(int(declared.low), int(declared.high))
    numbers = st.floats(declared.low, declared.high, allow_nan=False)
    if not declared.can_schedule:
        return numbers
    linear = st.builds(Schedule, st.just("linear"), numbers, numbers, st.integers(1, 10**9))
    return st.one_of(numbers, linear, st.lists(numbers, min_size=1, max_size=3).map(tuple))


_knobs = st.fixed_dictionaries({}, optional={n: _values(f) for n, f in KNOWN.items()})


@settings(deadline=None)
@given(_knobs)
def test_a_link_is_read_back_as_it_was_written(turned: dict[str, Value]) -> None:
    expected = Link("zh", True, ("a1b2c3d4e5f6",), "textbook", turned)

    assert link.read(link.write(expected), KNOWN, PRESETS) == (expected, ())


@settings(deadline=None, max_examples=50)
@given(_knobs)
def test_spec_to_address_to_spec_is_the_identity(turned: dict[str, Value]) -> None:
    world = turned.get("world", LESSON.stages[0].world)
    first = knobs.defaults(LESSON, CATALOGUE, str(world))  # each world has knobs of its own
    expected: RunSpec = knobs.spec(LESSON.stages[0], first | turned, CATALOGUE)

    said, _ = link.read(link.write(Link(knobs=turned)), KNOWN, PRESETS)

    assert knobs.spec(LESSON.stages[0], first | said.knobs, CATALOGUE) == expected


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("alpha", "2", 1.0),
        ("alpha", "1e400", 1.0),
        ("alpha", "0", 1e-4),
        ("epsilon", "-3", 0.0),
        ("replicas", "1000000000", 4096),
        ("time_limit", "10.4", 10),
    ],
)
def test_a_number_out_of_range_is_clamped_with_a_note(name: str, text: str, kept: Value) -> None:
    said, notes = link.read({f"k.{name}": text}, KNOWN)

    assert said.knobs == {name: kept}
    assert [note.values["kept"] for note in notes] == [link.as_text(kept)]


@pytest.mark.parametrize(
    "parameters",
    [
        {"k.alpha": "nan"},
        {"k.alpha": "fast"},
        {"k.world": "../../etc"},
        {"k.seed": "linear(1,2,3)"},
        {"k.alpa": "0.5"},
        {"lang": "xx"},
        {"view": "cinema"},
        {"preset": "nothing"},
        {"run": "../x"},
        {"v": "2"},
        {"tracker": "1"},
    ],
)
def test_what_can_not_be_read_is_left_out_with_a_note(parameters: dict[str, str]) -> None:
    said, notes = link.read(parameters, KNOWN, PRESETS)

    assert said == Link()
    assert len(notes) == 1


SCENES, STAGES = ("routes", "bias"), ("a", "b", "c", "d", "e")


@pytest.mark.parametrize("cast", [(), ("a",), ("b", "d"), ("a", "b", "c", "e")])
def test_a_scene_and_its_cast_are_read_back(cast: tuple[str, ...]) -> None:
    expected = Link(scene="bias", cast=cast)

    assert link.read(link.write(expected), {}, scenes=SCENES, stages=STAGES) == (expected, ())


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"scene": "cliff"}, Link()),
        ({"cast": "a,x"}, Link(cast=("a",))),
        ({"cast": "x"}, Link()),
        ({"cast": "a,b,c,d,e"}, Link(cast=("a", "b", "c", "d"))),
    ],
)
def test_an_unknown_scene_or_stage_is_left_out_with_a_note(
    parameters: dict[str, str], expected: Link
) -> None:
    said, notes = link.read(parameters, {}, scenes=SCENES, stages=STAGES)

    assert said == expected
    assert len(notes) == 1


def test_an_impossible_map_is_left_out_and_said_in_words() -> None:
    said, notes = link.read({"k.map": "S.."}, KNOWN)

    assert said == Link()
    assert "at least one start `S` and one goal `G`" in notes[0].values["sentence"]


def test_a_note_shows_no_more_than_a_glimpse_of_what_came() -> None:
    _, notes = link.read({"k.alpha": "x" * 10_000}, KNOWN)

    assert all(len(value) <= 100 for value in notes[0].values.values())
