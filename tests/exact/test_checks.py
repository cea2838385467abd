"""The table of `python -m rlviz check`: every row holds, and no public value is left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlviz.exact.checks import CHECKS, Check
from rlviz.exact.cliff import drawn

PUBLIC = {
    case["id"]: case["expected"]
    for case in json.loads(
        (Path(__file__).parents[1] / "data" / "gt_public.json").read_text("utf-8")
    )
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_check_holds(check: Check) -> None:
    got, expected, tolerance = check.run()

    assert got == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("case", ["P06", "P07", "P17"])
def test_every_public_value_is_among_the_checks(case: str) -> None:
    values = [
        v
        for value in PUBLIC[case].values()
        for v in (value if isinstance(value, list) else [value])
    ]
    expected = [check.run()[1] for check in CHECKS]

    assert [v for v in values if not any(abs(v - e) < 1e-9 for e in expected)] == []


def test_two_checks_never_share_name_and_source() -> None:
    assert len({(check.name, check.source) for check in CHECKS}) == len(CHECKS)


def test_a_policy_is_read_from_its_drawing() -> None:
    assert drawn("^>\nv<").tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
