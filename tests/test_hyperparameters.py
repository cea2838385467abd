"""One validation for every value: what is let through, what is clamped, and what is said."""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import dataclass
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz import catalogue, registry
from rlviz.errors import BadValue, UnknownName
from rlviz.hyperparameters import (
    LIVE,
    Applies,
    Choices,
    Field,
    Hint,
    InTray,
    Range,
    Symbol,
    Title,
    build,
    check_all,
    fields,
    to_json,
)
from rlviz.schedules import Schedule

ALPHA = Field("alpha", "float", 0.5, "step size", low=1e-4, high=1.0, log=True, live=True)
COUNT = Field("n_steps", "int", 4, "steps", low=1, high=64)
FLAG = Field("decay", "bool", True, "decay")
WORD = Field("rule", "str", "first", "rule", options=("first", "every"))
FREE = Field("note", "str", "", "note")
OPEN = Field("shift", "float", 0.0, "shift", live=True)  # no Range
ALL = (ALPHA, COUNT, FLAG, WORD, FREE, OPEN)

any_field = st.sampled_from(ALL)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2, 400).map(lambda digits: 10**digits)
    | st.floats()
    | st.text(max_size=8)
)
rubbish = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
        | st.fixed_dictionaries(
            {"schedule": st.sampled_from(["linear", "exponential", "constant", "cosine"])},
            optional={"start": inner, "end": inner, "over": inner},
        )
    ),
    max_leaves=6,
)
texts = st.text(max_size=20) | st.from_regex(r"[a-z]{1,11}\([-+.,0-9einf ]{0,12}\)|\[[-0-9,. ]*\]")


def refusal(field: Field, value: object, replicas: int | None = None) -> str:
    with pytest.raises(BadValue) as refused:
        field.check(value, replicas)
    return str(refused.value)


# ------------------------------------------------------------------ what is said


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        (ALPHA, 2, "`0.0001 <= alpha <= 1` must hold, but got alpha=2."),
        (ALPHA, 0.0, "`0.0001 <= alpha <= 1` must hold, but got alpha=0."),
        (ALPHA, math.nan, "`alpha` must be a finite number, but got alpha=nan."),
        (ALPHA, float("1e400"), "`alpha` must be a finite number, but got alpha=inf."),
        (ALPHA, -math.inf, "`alpha` must be a finite number, but got alpha=-inf."),
        (ALPHA, True, "`alpha` must be a finite number, but got alpha=True."),
        (ALPHA, None, "`alpha` must be a finite number, but got alpha=None."),
        (ALPHA, "0.5", "`alpha` must be a finite number, but got alpha='0.5'."),
        pytest.param(
            ALPHA,
            10**5000,
            "`0.0001 <= alpha <= 1` must hold, but got alpha=a huge int.",
            id="five thousand digits",
        ),
        (COUNT, 2.5, "`n_steps` must be a whole number, but got n_steps=2.5."),
        (COUNT, True, "`n_steps` must be a whole number, but got n_steps=True."),
        (COUNT, math.inf, "`n_steps` must be a whole number, but got n_steps=inf."),
        (COUNT, 10**30, f"`1 <= n_steps <= 64` must hold, but got n_steps={10**30}."),
        (FLAG, 1, "`decay` must be true or false, but got 1."),
        (WORD, "last", "`rule in {first, every}` must hold, but got rule='last'."),
        (FREE, 3, "`note` is a text, but got note=3."),
        (COUNT, [1, 2], "`n_steps` takes one value, not one for each replica."),
        (
            COUNT,
            {"schedule": "linear", "start": 1, "end": 2, "over": 3},
            "`n_steps` can not follow a schedule; give one value.",
        ),
        (ALPHA, [], "`len(alpha) == replicas` must hold, but got 0 values for replicas=1."),
        (ALPHA, [0.1, 2], "`0.0001 <= alpha <= 1` must hold, but got alpha=2."),
        (
            ALPHA,
            {"schedule": "cosine", "start": 0.1, "end": 0.2, "over": 3},
            "A schedule of `alpha` is constant, linear or exponential, but got 'cosine'.",
        ),
        (
            ALPHA,
            {"schedule": "linear", "start": 0.1},
            "A schedule of `alpha` needs numbers start, end and a whole number over.",
        ),
        (
            ALPHA,
            {"schedule": "linear", "start": True, "end": 0.2, "over": 3},
            "A schedule of `alpha` needs numbers start, end and a whole number over.",
        ),
        (
            ALPHA,
            {"schedule": "linear", "start": 0.1, "end": 0.2, "over": 10**400},
            "A schedule of `alpha` needs numbers start, end and a whole number over.",
        ),
        (
            ALPHA,
            {"schedule": "linear", "start": 0.1, "end": 2, "over": 3},
            "`0.0001 <= alpha <= 1` must hold, but got alpha=2.",
        ),
        (ALPHA, Schedule("linear", 0.1, 0.2, 0), "`1 <= over <= 1e9` must hold, but got over=0."),
        (
            ALPHA,
            Schedule("linear", 0.1, 0.2, 10**9 + 1),
            "`1 <= over <= 1e9` must hold, but got over=1000000001.",
        ),
        (
            OPEN,
            Schedule("exponential", -1.0, 2.0, 5),
            "`start * end > 0` must hold for an exponential schedule of shift, "
            "but got start=-1, end=2.",
        ),
    ],
)
def test_a_refusal_says_what_must_hold_and_what_came(
    field: Field, value: object, sentence: str
) -> None:
    assert refusal(field, value) == sentence


def test_one_value_for_each_replica_must_match_their_number() -> None:
    sentence = refusal(ALPHA, (0.1, 0.2), replicas=3)

    expected = "`len(alpha) == replicas` must hold, but got 2 values for replicas=3."
    assert sentence == expected


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (ALPHA, 1, 1.0),
        (ALPHA, 1e-4, 1e-4),
        (COUNT, 4.0, 4),
        (FLAG, False, False),
        (WORD, "every", "every"),
        (ALPHA, [1, 0.5], (1.0, 0.5)),
        (ALPHA, Schedule("linear", 1.0, 0.5, 10**9), Schedule("linear", 1.0, 0.5, 10**9)),
        (
            ALPHA,
            {"schedule": "linear", "start": 1, "end": 0.5, "over": 10.0},
            Schedule("linear", 1.0, 0.5, 10),
        ),
    ],
)
def test_a_good_value_comes_back_in_its_own_type(
    field: Field, value: object, expected: object
) -> None:
    got = field.check(value)

    assert (got, type(got)) == (expected, type(expected))


# ------------------------------------------------------------------ whatever comes


@settings(deadline=None, max_examples=200)
@given(any_field, rubbish, st.none() | st.integers(1, 4))
def test_check_raises_nothing_but_bad_value(
    field: Field, value: object, replicas: int | None
) -> None:
    try:
        kept = field.check(value, replicas)
    except BadValue:
        return

    assert field.check(kept, replicas) == kept


@settings(deadline=None, max_examples=300)
@given(any_field, texts)
def test_parse_raises_nothing_but_bad_value(field: Field, text: str) -> None:
    with contextlib.suppress(BadValue):
        field.check(field.parse(text))


@settings(deadline=None, max_examples=300)
@given(any_field, rubbish)
def test_clamp_lands_inside_or_gives_nothing_and_says_so(field: Field, value: object) -> None:
    kept, note = field.clamp(value)

    if kept is None:
        assert note
    else:
        assert field.check(kept) == kept
        assert note or field.check(value) == kept


@settings(deadline=None, max_examples=100)
@given(st.integers(-100, 100), st.integers(0, 100), st.floats(allow_nan=False) | st.integers())
def test_clamp_gives_the_nearest_whole_number(low: int, width: int, value: float) -> None:
    field = Field("n", "int", low, "n", low=low, high=low + width)

    kept, _ = field.clamp(value)

    distances = {n: abs(n - value) for n in range(low, low + width + 1)}
    assert isinstance(kept, int)
    assert distances[kept] == min(distances.values())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2, (1.0, "`0.0001 <= alpha <= 1` must hold, but got alpha=2. Using 1.0.")),
        (-math.inf, (1e-4, "`alpha` must be a finite number, but got alpha=-inf. Using 0.0001.")),
        (math.nan, (None, "`alpha` must be a finite number, but got alpha=nan.")),
        (True, (None, "`alpha` must be a finite number, but got alpha=True.")),
        (0.3, (0.3, "")),
    ],
)
def test_clamp_corrects_with_a_note(value: object, expected: tuple[object, str]) -> None:
    assert ALPHA.clamp(value) == expected


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        (ALPHA, " 0.25 ", 0.25),
        (COUNT, "1e1", 10),
        (FLAG, "True", True),
        (FLAG, "0", False),
        (WORD, "every", "every"),
        (ALPHA, "[0.1, 0.2]", (0.1, 0.2)),
        (ALPHA, "linear(0.5,0.1,1000)", Schedule("linear", 0.5, 0.1, 1000)),
        (ALPHA, "exponential(0.5, 0.1, 1e3)", Schedule("exponential", 0.5, 0.1, 1000)),
    ],
)
def test_what_a_person_types_is_read(field: Field, text: str, expected: object) -> None:
    assert field.check(field.parse(text)) == expected


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        (ALPHA, "quick", "`alpha` must be a number, but got 'quick'."),
        (ALPHA, "[0.1,]", "`alpha` must be a number, but got ''."),
        (FLAG, "perhaps", "`decay` must be true or false, but got 'perhaps'."),
        (
            ALPHA,
            "linear(0.1)",
            "A schedule of `alpha` is written linear(start,end,over), but got linear(0.1).",
        ),
    ],
)
def test_what_can_not_be_read_is_refused(field: Field, text: str, sentence: str) -> None:
    with pytest.raises(BadValue) as refused:
        field.parse(text)

    assert str(refused.value) == sentence


@settings(deadline=None, max_examples=100)
@given(st.lists(st.floats(1e-4, 1.0), min_size=1, max_size=5), st.booleans())
def test_numbers_survive_json(values: list[float], one: bool) -> None:
    value = values[0] if one else tuple(values)

    assert ALPHA.check(to_json(value)) == value


# ------------------------------------------------------------------ annotations


@dataclass(frozen=True)
class Knobs:
    """Every mark once, and a field without any."""

    lambda_: Annotated[
        float,
        Range(0.1, 1.0, log=True),
        LIVE,
        Symbol("λ"),
        Title("trace decay"),
        Hint("looks one step ahead", "looks to the end"),
        InTray("agent"),
    ] = 0.9
    visit_rule: Annotated[str, Choices(("first", "every"))] = "first"
    depth: int = 3


def test_annotations_become_plain_fields() -> None:
    assert fields(Knobs) == {
        "lambda_": Field(
            "lambda_",
            "float",
            0.9,
            "trace decay",
            symbol="λ",
            low=0.1,
            high=1.0,
            log=True,
            live=True,
            tray="agent",
            small="looks one step ahead",
            large="looks to the end",
        ),
        "visit_rule": Field("visit_rule", "str", "first", "visit rule", options=("first", "every")),
        "depth": Field("depth", "int", 3, "depth"),
    }


def test_only_live_floats_may_follow_a_schedule() -> None:
    got = {name: field.can_schedule for name, field in fields(Knobs).items()}

    assert got == {"lambda_": True, "visit_rule": False, "depth": False}


def test_build_gives_a_config_of_checked_values() -> None:
    assert build(Knobs, {"lambda_": 1, "depth": 2.0}) == Knobs(lambda_=1.0, depth=2)


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(UnknownName) as refused:
        check_all(fields(Knobs), {"lamda_": 1})

    assert str(refused.value) == "Unknown hyper-parameter `lamda_`. Did you mean `lambda_`?"


def test_a_knob_may_act_only_beside_another_value() -> None:
    @dataclass(frozen=True)
    class Config:
        rule: Annotated[str, Choices(("first", "every"))] = "first"
        bonus: Annotated[float, Range(0, 1), Applies("rule", "every")] = 0.5

    assert [field.applies for field in fields(Config).values()] == [(), ("rule", "every")]


def test_what_a_knob_waits_for_survives_the_way_to_the_server() -> None:
    there = registry.catalogue()
    plain = json.loads(json.dumps(catalogue.to_plain(there)))

    assert catalogue.from_plain(plain).algorithm("sarsa").fields == there.algorithm("sarsa").fields
