"""Labels keep apart and in the box; marks of one turn of a knob are one."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlviz.figures.placing import end_labels, knob_marks, mark_lines
from rlviz.figures.theme import theme
from tests.figures.samples import frame, mark

LIGHT = theme("light")
TALL = LIGHT["size"]["label"] * 1.25
AXIS = {"yaxis": {"autorangeoptions": {"minallowed": -100, "maxallowed": 0}}}
FIGURE = {
    "marks": ["q_learning", "sarsa"],
    "roles": {"q_learning": "series:td:0", "sarsa": "series:td:1"},
}


def label(y: float, text: str = "Q-learning") -> dict:
    return {"text": text, "y": y, "color": "#000000"}


def tops(annotations: list[dict], height: float) -> list[tuple[float, float]]:
    """Pixels from the top of the plot to the top and bottom of each label."""
    places = []
    for a in annotations:
        middle = -a["y"] / 100 * height - a["yshift"]
        tall = TALL * len(a["text"].split("<br>"))
        places.append((middle - tall / 2, middle + tall / 2))
    return places


def test_a_label_with_room_stands_at_the_end_of_its_line():
    (placed,) = end_labels([label(-50)], AXIS, 150, LIGHT)

    assert (placed["y"], placed["yshift"]) == (-50, 0)


@given(
    st.lists(st.tuples(st.floats(-300, 200), st.booleans()), min_size=1, max_size=8),
    st.floats(60, 300),
)
def test_labels_never_overlap_or_leave_the_plot(ends: list[tuple[float, bool]], height: float):
    labels = [label(y, "two<br>lines" if tall else "one") for y, tall in ends]
    places = sorted(tops(end_labels(labels, AXIS, height, LIGHT), height))
    pixel = 1  # shifts are whole pixels

    assert all(b[0] - a[1] >= -pixel for a, b in pairwise(places))
    assert places[0][0] >= -pixel
    assert places[-1][1] <= height + pixel


def test_what_has_no_room_is_left_out_from_the_end_of_the_list():
    placed = end_labels([label(-10, "a"), label(-20, "b"), label(-30, "c")], AXIS, 30, LIGHT)

    assert [p["text"] for p in placed] == ["a", "b"]


def test_a_label_of_a_line_outside_stands_at_the_edge():
    (placed,) = end_labels([label(-400)], AXIS, 150, LIGHT)

    assert placed["y"] == -100


def test_a_label_on_a_logarithmic_axis_stands_at_the_exponent():
    layout = {"yaxis": {"type": "log", "autorangeoptions": {"minallowed": -1, "maxallowed": 2}}}
    (placed,) = end_labels([label(10.0)], layout, 150, LIGHT)

    assert placed["y"] == 1.0


def marks_of(*marks: dict, pixels_each: float = 0.01) -> list[tuple[int, str]]:
    frames = {"q_learning": frame({}, marks=list(marks))}
    return [(m["iteration"], m["text"]) for m in knob_marks(FIGURE, frames, pixels_each)]


def test_one_turn_of_a_knob_is_one_mark_from_the_first_value_to_the_last():
    turn = (
        mark(1000, old=0.5, new=0.4, wall=7.0),
        mark(3000, old=0.4, new=0.2, wall=7.35),
        mark(5000, old=0.2, new=0.1, wall=7.7),
    )

    assert marks_of(*turn) == [(5000, "α .5 → .1")]


def test_two_turns_are_two_marks_the_newest_first():
    turns = (mark(1000, wall=7.0), mark(3000, old=0.1, new=0.3, wall=7.5))

    assert marks_of(*turns) == [(3000, "α .1 → .3"), (1000, "α .5 → .1")]


def test_two_knobs_at_one_moment_are_two_marks():
    both = (mark(1000, wall=7.0), mark(1001, "epsilon", "ε", wall=7.0))

    assert len(marks_of(*both)) == 2


def test_a_knob_turned_back_at_once_leaves_no_mark():
    back = (mark(1000, wall=7.0), mark(1001, old=0.1, new=0.5, wall=7.1))

    assert marks_of(*back) == []


def test_marks_that_would_lie_on_each_other_are_one_where_no_clock_is_known():
    near = (mark(1000), mark(1400, old=0.1, new=0.3))

    assert marks_of(*near) == [(1400, "α .5 → .3")]


def test_a_mark_without_a_letter_has_the_fields_name():
    assert marks_of(mark(5, "steps", "", old=1, new=2)) == [(5, "steps 1 → 2")]


def test_equal_marks_of_two_runs_are_one_neutral_line():
    frames = {
        "q_learning": frame({}, marks=[mark(1000)]),
        "sarsa": frame({}, marks=[mark(1200)]),
    }
    marks = knob_marks(FIGURE, frames, 0.01)

    assert [(m["iteration"], m["color"]) for m in marks] == [(1000, "soft")]


def test_a_mark_of_one_run_wears_its_colour():
    frames = {"sarsa": frame({}, marks=[mark(1000)])}

    assert [m["color"] for m in knob_marks(FIGURE, frames, 0.01)] == ["series:td:1"]


def placed(iterations: list[int], *, width: float = 300) -> tuple[list[dict], list[dict]]:
    marks = [{"iteration": i, "text": "α .5 → .1", "color": "soft"} for i in iterations]
    looks = {
        "size": 11,
        "line": 1,
        "background": "#ffffff",
        "colors": {"soft": {"color": "#111111", "text": "#222222"}},
    }
    return mark_lines(marks, {"minallowed": 0, "maxallowed": 300}, width, 50, looks)


def test_every_mark_is_a_line_even_where_its_words_have_no_room():
    shapes, texts = placed([100, 99, 98, 97])

    assert [s["x0"] for s in shapes] == [100, 99, 98, 97]
    assert [t["x"] for t in texts] == [100, 99]


# The words are about 59 pixels wide, and 50 beside the plot may be used.
@pytest.mark.parametrize(("iteration", "side"), [(0, "left"), (290, "left"), (300, "right")])
def test_words_of_a_mark_stay_in_the_box(iteration: int, side: str):
    _, (text,) = placed([iteration])

    assert text["xanchor"] == side
