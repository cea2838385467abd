"""An equation is evaluated by its own small arithmetic, and by nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.equations import Number, evaluate, slots
from rlviz.errors import BadValue

numbers = st.floats(-1e6, 1e6)


def test_slots_come_in_order_and_with_repetitions() -> None:
    assert slots("Q ← {q_sa} + {alpha}·{q_sa} = {q_new}") == ["q_sa", "alpha", "q_sa", "q_new"]


def test_both_sides_are_given() -> None:
    # 2 + .5·(−1 + 1·max(3, 7, 5) − 2) = 2 + .5·4 = 4; what the page shows after `=` is 9.
    got = evaluate(
        "Q(s,a) ← {q_sa} + {alpha}·({reward} + {gamma}·max({q_next}) − {q_sa}) = {q_new}",
        {"q_sa": 2, "alpha": 0.5, "reward": -1, "gamma": 1, "q_next": [3, 7, 5], "q_new": 9},
    )

    assert got == (4.0, 9)


def test_dot_is_the_sum_of_products() -> None:
    # 1 + .9·(.5·4 + .25·1 + .25·(−2)) = 1 + .9·1.75 = 2.575
    got, _ = evaluate(
        "x ← {r} + {g}·dot({policy}, {q}) = {x}",
        {"r": 1, "g": 0.9, "policy": [0.5, 0.25, 0.25], "q": [4, 1, -2], "x": 0},
    )

    assert got == pytest.approx(2.575)


def test_what_has_no_weight_adds_nothing_even_where_it_has_no_value() -> None:
    values: dict[str, Number] = {"policy": [1, 0], "q": [3, float("-inf")], "x": 0}

    assert evaluate("x ← dot({policy}, {q}) = {x}", values)[0] == 3


@settings(deadline=None, max_examples=200)
@given(numbers, numbers, numbers, numbers.filter(bool), st.lists(numbers, min_size=1, max_size=5))
def test_arithmetic_is_that_of_python(
    a: float, b: float, c: float, d: float, many: list[float]
) -> None:
    values: dict[str, Number] = {"a": a, "b": b, "c": c, "d": d, "many": many}

    got = [
        evaluate(f"x ← {formula} = {{a}}", values)[0]
        for formula in (
            "{a} + {b}·{c} − {c}/{d}",
            "−{a}·({b} − ({c} + 2.5))",
            "max({many}) − min({many}, {a}, {b}·{c})",
            "{a} − {b} − {c}",
            "{a}/{d}/{d}",
        )
    ]

    assert got == [
        a + b * c - c / d,
        -a * (b - (c + 2.5)),
        max(many) - min([*many, a, b * c]),
        a - b - c,
        a / d / d,
    ]


@pytest.mark.parametrize(
    "formula",
    [
        "{a}.real",
        "abs({a})",
        "__import__('os')",
        "max.__class__({a})",
        "max({a}, key={a})",
        "max(*{many})",
        "max()",
        "dot({many})",
        "dot({many}, {many}, {many})",
        "{a} ** 2",
        "{a} // 2",
        "{a} % 2",
        "{a} @ 2",
        "+{a}",
        "~{a}",
        "{a} < {b}",
        "{a} if {b} else {a}",
        "[{a}]",
        "{many}[0]",
        "'a'",
        "1j",
        "b",
        "lambda: {a}",
        "(x := {a})",
        "{a}; {a}",
        "{a} +",
        "{many} + 1",
        "{many}",
        "",
    ],
)
def test_anything_else_is_refused(formula: str) -> None:
    with pytest.raises(BadValue):
        evaluate(f"x ← {formula} = {{a}}", {"a": 1.0, "b": 2.0, "many": [1.0, 2.0]})


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        (
            "{a} + {b} = {c}",
            "An equation must have the form `name ← formula = {slot}`, got '{a} + {b} = {c}'.",
        ),
        (
            "x ← {a} = 3",
            "An equation must have the form `name ← formula = {slot}`, got 'x ← {a} = 3'.",
        ),
        ("x ← {a} = {c}", "`c` stands in 'x ← {a} = {c}' and has no number."),
        ("x ← {a} = {many}", "Both sides of 'x ← {a} = {many}' must be numbers."),
        ("x ← {a} {b} = {a}", "The formula of 'x ← {a} {b} = {a}' can not be read."),
        (
            "x ← {many}·2 = {a}",
            "A vector slot may stand only inside max(...), min(...) or dot(...).",
        ),
        (
            "x ← dot({many}, {a}) = {a}",
            "`len(a) == len(b)` must hold in dot(a, b), but got 2 and 1.",
        ),
    ],
)
def test_a_refusal_says_what_is_wrong(template: str, sentence: str) -> None:
    with pytest.raises(BadValue) as refused:
        evaluate(template, {"a": 1.0, "b": 2.0, "many": [1.0, 2.0]})

    assert str(refused.value) == sentence
