"""The small curve of a list of runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ui.assets.conftest import Call


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # 116 pixels for two steps; 24 from the least, below, to the greatest, above.
        ([0, 1, 2], "M2.0 26.0h0L60.0 14.0L118.0 2.0"),
        ([2, None, 0], "M2.0 2.0h0L118.0 26.0"),  # no episode need end in a bin
        ([5, 5], "M2.0 14.0h0L118.0 14.0"),  # what does not change stands in the middle
        ([None, 7], "M118.0 14.0h0"),
        ([None, None], ""),
        ([], ""),
    ],
)
def test_a_line_goes_through_what_is_known(
    call: Call, values: list[float | None], expected: str
) -> None:
    assert call("sparkline.js", "path", values) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [([None, -97.21, -14.06], "G −97.2 → −14.1"), ([None], ""), ([], "")],
)
def test_its_ends_are_told(call: Call, values: list[Any], expected: str) -> None:
    assert call("sparkline.js", "between", values, "G") == expected
