"""Leaves become what a run measured; what was not measured is left out or said in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rlviz.errors import BadValue
from rlviz.figures.references import color, dash, iteration, ref, size, span, text, text_color
from rlviz.figures.resolve import Context, resolve, summary, table, value
from rlviz.figures.theme import theme
from tests.figures.samples import curve, frame

LIGHT = theme("light")
NONE = "Nothing has been measured yet."


def one(leaf: Any, **tensors: Any) -> Any:
    frames = {"sarsa": frame(tensors, iteration=4812)}
    return value(leaf, Context({"missing": NONE}, frames, LIGHT))


def close(found: Any) -> Any:
    """To six digits, however deep."""
    match found:
        case list():
            return [close(item) for item in found]
        case dict():
            return {key: close(item) for key, item in found.items()}
        case float():
            return round(found, 6)
    return found


CURVE = curve([1.0, np.nan, 4.0])
TABLE = np.array([[1, 2], [3, 4], [5, 9]], np.float32)


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (ref("td_error", "sarsa", column="mean"), [1.0, None, 4.0]),
        (ref("td_error", "sarsa", column="at"), [0.0, 1.0, 2.0]),
        (ref("td_error", "sarsa", column="mean", scale=-2), [-2.0, None, -8.0]),
        (ref("td_error", "sarsa", column="at", scale=-2), [0.0, 1.0, 2.0]),
        (ref("td_error", "sarsa", column="mean", stat="last"), 4.0),
        (ref("td_error", "sarsa", column="mean", stat="first"), 1.0),
        (ref("td_error", "sarsa", column="mean", stat="mean"), 2.5),
        (ref("td_error", "sarsa", column="n", stat="sum"), 8.0),
        (ref("td_error", "sarsa", column="mean", quantile=0.5), 2.5),
        (ref("td_error", "sarsa", now=True), 7.0),
        (ref("td_error", "sarsa", band="upper"), [1.5, None, 4.5]),
        (ref("q", "sarsa"), [[1, 2], [3, 4], [5, 9]]),
        (ref("q", "sarsa", stat="max", scale=10), 90),
        (ref("q", "sarsa", symmetric_range=True), [-8.6, 8.6]),  # 98 %: .9 of the way from 5 to 9
        (ref("alpha", "sarsa", scale=2), 0.5),
        (ref("gamma", "sarsa", default=1.0), 1.0),
        (iteration("sarsa"), 4812),
        (text("α = {a:.2f}", a=ref("alpha", "sarsa")), "α = 0.25"),
        (color("truth"), "#009e73"),
        (color("series:td:1"), "#d55e00"),
        (color("series:td:1", 0.5), "rgba(213,94,0,0.5)"),
        (text_color("truth"), "#00795a"),
        (dash("series:td:1"), "dash"),
        (size("line"), 2),
        (
            span(ref("td_error", "sarsa", column="mean"), exact=True),
            {"minallowed": 1.0, "maxallowed": 4.0},
        ),
    ],
)
def test_a_leaf_becomes_what_was_measured(leaf: Any, expected: Any):
    found = one(leaf, td_error=CURVE, q=TABLE, alpha=0.25, **{"td_error.now": np.float32(7)})

    assert close(found) == expected


def figure(**parts: Any) -> dict[str, Any]:
    plain = {
        "name": "errors",
        "missing": NONE,
        "data": [line("q_learning"), line("sarsa")],
        "labels": [],
        "marks": ["q_learning", "sarsa"],
        "roles": {"q_learning": "series:td:0", "sarsa": "series:td:1"},
        "layout": {"xaxis": {}, "yaxis": {}},
    }
    return {**plain, **parts}


def line(run: str) -> dict[str, Any]:
    return {"type": "scatter", "name": run, "y": ref("td_error", run, column="mean")}


def test_a_trace_without_data_is_left_out_and_the_others_are_drawn():
    found = resolve(figure(), {"sarsa": frame({"td_error": CURVE})}, LIGHT)

    assert [trace["name"] for trace in found["data"]] == ["sarsa"]
    assert found["notes"] == [NONE]


def test_a_figure_without_data_is_its_sentence():
    assert resolve(figure(), {}, LIGHT) == {"missing": NONE, "notes": [NONE]}


def test_the_workers_reason_stands_before_the_figures_sentence():
    frames = {"sarsa": frame({}, missing={"td_error": "The run has no updates."})}
    found = resolve(figure(data=[line("sarsa")]), frames, LIGHT)

    assert found["missing"] == "The run has no updates."


def test_a_missing_label_takes_nothing_else_with_it():
    labels = [{"text": "gone", "y": ref("alpha", "sarsa"), "color": "#000000"}]
    found = resolve(figure(labels=labels), {"sarsa": frame({"td_error": CURVE})}, LIGHT)

    assert len(found["data"]) == 1
    assert found["layout"]["annotations"] == []


def test_a_zoom_belongs_to_the_runs_that_are_shown():
    frames = {"sarsa": frame({"td_error": CURVE}, run="k7")}
    found = resolve(figure(), frames, LIGHT)

    assert found["layout"]["uirevision"] == "errors::k7"


def test_the_template_is_the_themes():
    found = resolve(figure(), {"sarsa": frame({"td_error": CURVE})}, LIGHT)

    assert found["layout"]["template"] == LIGHT["template"]


def test_an_unknown_transform_is_refused():
    with pytest.raises(BadValue, match="A reference has no `smoth`"):
        one({"$ref": "td_error", "run": "sarsa", "smoth": 3}, td_error=CURVE)


def test_a_sentence_without_its_numbers_is_not_said():
    said = [
        {"text": "α is {a:.1f}.", "slots": {"a": ref("alpha", "sarsa")}},
        {"text": "γ is {g:.1f}.", "slots": {"g": ref("gamma", "sarsa")}},
    ]

    assert summary(figure(summary=said), {"sarsa": frame({"gamma": 0.9})}) == ["γ is 0.9."]


def test_a_table_has_a_row_for_each_bin_that_is_not_empty():
    cells = [ref("td_error", "sarsa", column=c) for c in ("at", "mean")]
    form = {"columns": ["series", "at", "mean"], "digits": [0, 0, 1]}
    groups = [{"label": "SARSA", "cells": cells}]
    found = table(figure(table={**form, "groups": groups}), {"sarsa": frame({"td_error": CURVE})})

    assert found == {**form, "rows": [["SARSA", 0.0, 1.0], ["SARSA", 2.0, 4.0]]}
