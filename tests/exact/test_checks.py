"""The table of `python -m rlviz check`: every row holds, and no public value is left out."""

from __future__ import annotations

import pytest

from rlviz.exact.checks import CHECKS, Check
from rlviz.exact.cliff import drawn
from tests.public import PUBLIC


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


def numbers(value: object) -> list[float]:
    """Every number in lists and dictionaries; what are inputs or words counts as none."""
    if isinstance(value, dict):
        inputs = ("P", "R", "z_old", "z_new")
        return [x for name, inside in value.items() if name not in inputs for x in numbers(inside)]
    if isinstance(value, list):
        return [x for inside in value for x in numbers(inside)]
    return [] if isinstance(value, str) else [float(value)]


@pytest.mark.parametrize(
    ("case", "source"),
    [
        ("P08", "corridor"),
        ("P12", "GAE"),
        ("P13", "n steps"),
        ("P21", "two steps"),
        ("P22", "½, ½"),
        ("P23", "three states"),
        ("P25", "clip"),
        ("P26", "clip"),
        ("P28", "δ = .01"),
        ("P29", "one logit"),
        ("P30", "tokens"),
    ],
)
def test_every_number_of_a_policy_case_is_checked_under_its_source(case: str, source: str) -> None:
    expected = [check.run()[1] for check in CHECKS if source in check.source]

    missing = [
        x for x in numbers(PUBLIC[case]) if not any(abs(x - e) <= 1e-9 * abs(x) for e in expected)
    ]
    assert missing == []


def test_two_checks_never_share_name_and_source() -> None:
    assert len({(check.name, check.source) for check in CHECKS}) == len(CHECKS)


def test_a_policy_is_read_from_its_drawing() -> None:
    assert drawn("^>\nv<").tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
