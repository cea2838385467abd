"""Words and numbers as a person reads them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.ui.assets.conftest import Call

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        ("number", [-13], "−13.00"),
        ("number", [-0.001], "0.00"),
        ("number", [-12.34, 1], "−12.3"),
        ("number", [math.nan], "–"),
        ("number", [-math.inf], "−∞"),
        ("number", [1234567], "1.23e+6"),
        ("count", [4812], "4,812"),
        ("count", [1234567], "1,234,567"),
        ("brief", [812], "812"),
        ("brief", [4812], "4.8k"),
        ("brief", [48120], "48k"),
        ("setting", [0.5], ".5"),
        ("setting", [1], "1"),
        ("setting", [-200], "−200"),
        ("setting", [0.0001], ".0001"),
        ("formatted", [2.5, "+.2f"], "+2.50"),
        ("formatted", [-2.5, ".0f"], "−3"),
        ("formatted", [48120, ",.0f"], "48,120"),
        ("formatted", [1152, ",d"], "1,152"),
        ("formatted", [0.00012, ".3g"], "0.00012"),
        ("formatted", [20.83, ".3g"], "20.8"),
        ("formatted", [-550.84, ".4g"], "−550.8"),
        ("formatted", [12345.6, ".3g"], "12,346"),
        ("formatted", [0, ".2g"], "0"),
        ("formatted", [1.96e155, ".3g"], "1.96e+155"),
        ("formatted", [0.0000123, ".2g"], "1.2e−5"),
    ],
)
def test_numbers(call: Call, function: str, arguments: list[Any], expected: str) -> None:
    assert call("text.js", function, *arguments) == expected


def test_a_sentence_is_translated_and_then_filled(call: Call) -> None:
    texts = {"from iteration {n}": "自第 {n} 次迭代起"}

    assert (
        call("text.js", "t", texts, "from iteration {n}", {"n": "3,000"}) == "自第 3,000 次迭代起"
    )


def test_a_sentence_without_a_translation_stays_english(call: Call) -> None:
    assert call("text.js", "t", {}, "{value:.1f} by the table", {"value": -12.96}) == (
        "−13.0 by the table"
    )
