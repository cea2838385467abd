"""The address of a page: read, written, and what becomes of a broken one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz import lessons
from rlviz.hyperparameters import Value
from rlviz.runs.spec import At, Set
from rlviz.ui import knobs, link
from rlviz.ui.knobs import Knobs
from rlviz.ui.link import Link, Show
from tests.tree import ROOT
from tests.ui.generated import CATALOGUE, as_opened, turned

LESSON = lessons.lesson("control")
KNOWN = knobs.fields(LESSON, CATALOGUE, "cliff_walking")

_ODD = ("nan", "inf", "-inf", "1e400", "", "2", "-1", "１", "true", "[1,2]", "[", "linear(1,0,9)",
        "linear(nan,0,9)", "exponential(1,0,5)", "linear(0.1,0,1e99)", "10" * 400)  # fmt: skip
_names = st.sampled_from(
    [*(f"k.{name}" for name in KNOWN), "v", "lang", "view", "run", "preset", "k.", "k.nothing", "x"]
)
_texts = st.one_of(st.text(max_size=60), st.sampled_from(_ODD), st.floats().map(str))


@settings(max_examples=1000, deadline=None)
@given(st.dictionaries(_names, _texts, max_size=8))
def test_no_address_raises_and_what_is_read_is_allowed(parameters: dict[str, str]) -> None:
    said, _ = link.read(parameters, LESSON, CATALOGUE)

    assert all(KNOWN[name].check(value) == value for name, value in said.knobs.items())


@settings(deadline=None)
@given(turned(LESSON))
def test_a_link_is_read_back_as_it_was_written(turned: Knobs) -> None:
    expected = Link("zh", True, ("a1b2c3d4e5f6",), "textbook", turned)

    said, notes = link.read(as_opened(expected), LESSON, CATALOGUE)

    assert (said, notes) == (expected, ())


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
    said, notes = link.read({f"k.{name}": text}, LESSON, CATALOGUE)

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
    said, notes = link.read(parameters, LESSON, CATALOGUE)

    assert said == Link()
    assert len(notes) == 1


FAMILY = [stage.alias for stage in LESSON.stages]


@pytest.mark.parametrize("places", [(), (0,), (1, 3), (0, 1, 2, 4)])
def test_a_scene_and_its_cast_are_read_back(places: tuple[int, ...]) -> None:
    expected = Link(scene="family", cast=tuple(FAMILY[at] for at in places))

    assert link.read(link.write(expected), LESSON, CATALOGUE) == (expected, ())


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"scene": "cliff"}, Link()),
        ({"cast": "sarsa,x"}, Link(cast=("sarsa",))),
        ({"cast": "x"}, Link()),
        ({"cast": ",".join(FAMILY[:5])}, Link(cast=tuple(FAMILY[:4]))),
    ],
)
def test_an_unknown_scene_or_stage_is_left_out_with_a_note(
    parameters: dict[str, str], expected: Link
) -> None:
    said, notes = link.read(parameters, LESSON, CATALOGUE)

    assert said == expected
    assert len(notes) == 1


def test_what_a_shared_link_says_is_read_back() -> None:
    expected = Link(
        runs=("a1b2c3d4e5f6",),
        parents=("b1b2c3d4e5f6",),
        changes={"sarsa": (At(7, Set("alpha", 0.25)),)},
        before={"sarsa": ()},
        at=(120, 118),
        go=True,
        show=Show("gap", ("numbers", "visits"), ("td_error",)),
        hide=("replicas", "seed"),
        lock=("gamma",),
        device="cpu",
        watch="w0",
        channel="c-1",
        short="s_2",
    )

    assert link.read(link.write(expected), LESSON, CATALOGUE) == (expected, ())


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"at": "-5"}, Link()),
        ({"at": "1e3"}, Link()),
        ({"at": "9" * 30}, Link(at=(10**9,))),
        ({"go": "yes"}, Link()),
        ({"watch": "../x"}, Link()),
        ({"class": "<b>"}, Link()),
        ({"s": "x" * 41}, Link()),
        ({"device": "tpu"}, Link()),
        ({"hide": "alpha,secret"}, Link(hide=("alpha",))),
        ({"show": "gap,fog"}, Link(show=Show("gap"))),
        ({"i.nobody": "1:alpha=0.1"}, Link()),
        ({"i.sarsa": "soon"}, Link(changes={"sarsa": ()})),
        ({"i.sarsa": "-1:alpha=0.1"}, Link(changes={"sarsa": ()})),
        ({"i.sarsa": "1:alpah=0.1"}, Link(changes={"sarsa": ()})),
        ({"i.sarsa": "1:alpha=7"}, Link(changes={"sarsa": (At(1, Set("alpha", 1.0)),)})),
        ({"i.sarsa": "1:!kick@force=1"}, Link(changes={"sarsa": ()})),
        ({"i.sarsa": "1:alpha=0.1~half"}, Link(changes={"sarsa": ()})),
        ({"parent": "../x"}, Link()),
    ],
)
def test_what_a_shared_link_can_not_mean_is_left_out_or_clamped_with_a_note(
    parameters: dict[str, str], expected: Link
) -> None:
    said, notes = link.read(parameters, LESSON, CATALOGUE)

    assert said == expected
    assert len(notes) == 1


def test_a_flood_of_nonsense_is_counted_and_not_repeated() -> None:
    _, notes = link.read({f"x{n}": "1" for n in range(500)}, LESSON, CATALOGUE)

    assert len(notes) == 9
    assert notes[-1].values == {"count": "492"}


def test_the_layers_of_a_link_are_those_of_the_board() -> None:
    script = (ROOT / "rlviz/ui/assets/layers.js").read_text(encoding="utf-8")
    named = {
        name: tuple(re.findall(r"^  (\w+):", body, re.MULTILINE))
        for name, body in re.findall(r"const (FACES|LAYERS) = \{(.*?)\};", script, re.DOTALL)
    }
    faces = tuple(re.findall(r"(\w+): \"", script.split("const FACES = {")[1].split("}")[0]))

    assert (faces, named["LAYERS"]) == (link.FACES, link.LAYERS)


def test_an_impossible_map_is_left_out_and_said_in_words() -> None:
    said, notes = link.read({"k.map": "S.."}, LESSON, CATALOGUE)

    assert said == Link()
    assert "at least one start `S` and one goal `G`" in notes[0].values["sentence"]


def test_a_note_shows_no_more_than_a_glimpse_of_what_came() -> None:
    _, notes = link.read({"k.alpha": "x" * 10_000}, LESSON, CATALOGUE)

    assert all(len(value) <= 100 for value in notes[0].values.values())
