"""Runs as links and links as runs, for every lesson, and the presets among them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz import lessons
from rlviz.lessons import Lesson, Preset
from rlviz.runs.spec import At, RunSpec, Set
from rlviz.ui import description, knobs, link, share
from rlviz.ui.past import PARENT
from tests.ui.generated import CATALOGUE, as_opened, runs

SCENES = [scene for name in lessons.names() for scene in lessons.scenes(name)]
PRESETS = [(scene, preset) for scene in SCENES for preset in scene.presets]
CONTROL = lessons.lesson("control")


def name(lesson: Lesson) -> str:
    return "-".join(filter(None, (lesson.name, lesson.scene)))


@pytest.mark.parametrize("lesson", SCENES, ids=name)
@settings(max_examples=30, deadline=None)
@given(st.data())
def test_runs_to_address_to_runs_is_the_identity(lesson: Lesson, data: st.DataObject) -> None:
    expected = data.draw(runs(lesson))

    said, notes = link.read(
        as_opened(description.link(expected, lesson, CATALOGUE)), lesson, CATALOGUE
    )

    assert notes == ()
    assert description.specs(said, lesson, CATALOGUE) == expected


def test_a_fork_takes_its_parent_along() -> None:
    begun = knobs.spec(CONTROL.stages[0], knobs.defaults(CONTROL, CATALOGUE), CATALOGUE)
    early, late = At(10, Set("alpha", 0.1)), At(90, Set("epsilon", 0.0))
    expected: dict[str, RunSpec] = {
        "q_learning": replace(begun, interventions=(early,)),
        f"q_learning{PARENT}": replace(begun, interventions=(early, late)),
    }

    said, _ = link.read(
        as_opened(description.link(expected, CONTROL, CATALOGUE)), CONTROL, CATALOGUE
    )

    assert description.specs(said, CONTROL, CATALOGUE) == expected


def test_a_device_that_was_chosen_goes_along() -> None:
    begun = knobs.spec(CONTROL.stages[0], knobs.defaults(CONTROL, CATALOGUE), CATALOGUE)
    expected = {"q_learning": replace(begun, device="cpu")}

    said = description.link(expected, CONTROL, CATALOGUE)

    assert description.specs(said, CONTROL, CATALOGUE) == expected


def test_a_link_says_only_what_differs() -> None:
    begun = knobs.spec(CONTROL.stages[0], knobs.defaults(CONTROL, CATALOGUE), CATALOGUE)
    own = {"q_learning": replace(begun, seed=7, interventions=(At(120, Set("alpha", 0.1)),))}

    said = replace(description.link(own, CONTROL, CATALOGUE), at=(500,))

    assert link.query(link.write(said)) == (
        "v=1&scene=family&cast=q_learning&k.seed=7&i.q_learning=120:alpha=0.1&at=500"
    )


@pytest.mark.parametrize(("given", "expected"), [((5,), [5, 5]), ((5, 7), [5, 7]), ((), [])])
def test_one_iteration_is_for_all_and_several_are_one_for_each(
    given: tuple[int, ...], expected: list[int]
) -> None:
    assert list(description.until(link.Link(at=given), {"a": 0, "b": 0}).values()) == expected


@pytest.mark.parametrize(
    ("lesson", "preset"), PRESETS, ids=lambda of: of.name if isinstance(of, Preset) else name(of)
)
def test_a_preset_is_a_short_link_to_its_runs(lesson: Lesson, preset: Preset) -> None:
    stands = knobs.defaults(lesson, CATALOGUE, str(preset.knobs.get("world") or "") or None)
    known = knobs.fields(lesson, CATALOGUE, str(stands["world"]))
    stands |= {knob: known[knob].check(value) for knob, value in preset.knobs.items()}
    shown = lesson.shown(lesson.cast) if lesson.cast else lesson
    expected = {stage.alias: knobs.spec(stage, stands, CATALOGUE) for stage in shown.stages}
    given_link = share.preset(lesson, preset, CATALOGUE)

    said, notes = link.read(as_opened(given_link), lesson, CATALOGUE)

    assert notes == ()
    assert (said.preset, said.go) == (preset.name, True)
    assert description.specs(said, lesson, CATALOGUE) == expected
    assert len(link.query(link.write(given_link))) <= 1_900  # and 100 for where it is
