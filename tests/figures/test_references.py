from __future__ import annotations

import pytest

from rlviz.errors import UnknownName
from rlviz.figures.references import needs, ref, span, text


def test_a_reference_holds_only_the_transforms_that_were_asked_for():
    made = ref("episode_return", "sarsa", column="mean", smooth=20)

    assert made == {"$ref": "episode_return", "run": "sarsa", "smooth": 20, "column": "mean"}


def test_an_unknown_signal_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownName, match="Did you mean `td_error`"):
        ref("td_eror", "sarsa")


def test_needs_finds_references_however_deep_they_lie():
    figure = {
        "marks": ["sarsa"],
        "data": [{"y": ref("td_error", "q_learning", column="mean")}],
        "layout": {"yaxis": {"autorangeoptions": span(ref("q", "sarsa", stat="max"))}},
        "summary": [{"text": "{a:.1f}", "slots": {"a": ref("alpha", "sarsa")}}],
        "labels": [{"text": text("{b:.1f}", b=ref("epsilon", "q_learning"))}],
    }

    assert needs(figure) == {"q_learning": ["epsilon", "td_error"], "sarsa": ["alpha", "q"]}


def test_a_stage_whose_marks_alone_are_drawn_is_needed_too():
    assert needs({"marks": ["sarsa"], "data": []}) == {"sarsa": []}
