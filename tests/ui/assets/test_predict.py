"""Which prediction came true, as the run itself decides it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ui.assets.conftest import Call

pytestmark = pytest.mark.browser

QUESTION = {
    "question": "Which is larger?",
    "choices": ["a", "b", "about the same"],
    "decide": {
        "signal": "episode_return",
        "stages": ["a", "b"],
        "best": "max",
        "after": 100,
        "window": 0.5,
        "tie": 2.0,
    },
    "explanations": ["", "", ""],
}


def frame(iteration: int, n: list[float], mean: list[float]) -> dict[str, Any]:
    """A frame with one curve; only the rows at, n and mean are filled."""
    bins = len(n)
    data = [*range(bins), *n, *mean, *[0] * (4 * bins)]
    tensors = {"episode_return": {"shape": [7, bins], "data": data}}
    return {"metadata": {"iteration": iteration}, "tensors": tensors}


def test_nothing_is_decided_before_every_stage_has_run_long_enough(call: Call) -> None:
    frames = {"a": frame(100, [1, 1], [0, 0]), "b": frame(99, [1, 1], [9, 9])}

    assert call("predict.js", "decided", QUESTION, frames) is None


def test_the_late_mean_is_weighted_by_what_the_bins_hold(call: Call) -> None:
    # The last half of a: (1·10 + 3·30) / 4 = 25; of b: 20.
    frames = {
        "a": frame(200, [9, 9, 1, 3], [-99, -99, 10, 30]),
        "b": frame(200, [9, 9, 1, 0], [99, 99, 20, 777]),
    }

    assert call("predict.js", "decided", QUESTION, frames) == {
        "choice": 0,
        "values": {"a": 25, "b": 20},
    }


def test_values_within_the_tie_are_about_the_same(call: Call) -> None:
    frames = {"a": frame(200, [1, 1], [0, 5]), "b": frame(200, [1, 1], [0, 6.5])}

    assert call("predict.js", "decided", QUESTION, frames)["choice"] == 2
