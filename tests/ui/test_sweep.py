"""The page of sweeps, with the engine inside this process: form, address, results."""

from __future__ import annotations

import time
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from rlviz import lessons, registry
from rlviz.errors import BadValue, NoSuchRun, UnknownName
from rlviz.runs.local import LocalClient
from rlviz.runs.spec import RunSpec
from rlviz.runs.sweep import Axis, Plan
from rlviz.ui import link, sweep_draft
from tests.ui.conftest import FRAME, Cookies

KNOWN = registry.catalogue()
SMALL = {"x": "alpha", "xs": "0.1,0.5", "y": "", "repeats": "2", "iterations": "400"}


@pytest.fixture
def _engine(access: Cookies) -> None:
    """For tests that need the engine."""


# ---------------------------------------------------------------- the draft and its address


def test_an_address_without_anything_is_a_whole_sweep() -> None:
    plan = sweep_draft.plan(sweep_draft.opened({}, KNOWN), KNOWN)

    assert plan == Plan(
        RunSpec("q_learning", "cliff_walking", seed=1),
        (
            Axis("alpha", (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)),
            Axis("epsilon", (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)),
        ),
        repeats=4,
        iterations=10_000,
    )


@pytest.mark.parametrize("entry", KNOWN.algorithms, ids=lambda e: e.name)
def test_every_method_can_be_swept_in_each_of_its_worlds(entry: Any) -> None:
    for world in entry.worlds:
        draft = sweep_draft.opened({"method": entry.name, "world": world}, KNOWN)

        assert draft.notes == []
        assert sweep_draft.plan(draft, KNOWN).spec.world == world


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        SMALL,
        {"method": "n_step_sarsa", "world": "room", "x": "n", "xs": "1,8", "fixed": "gamma=0.9"},
        {"lesson": "control", "scene": "family", "stage": "sarsa", "k.alpha": "0.3"},
        {"lesson": "bandits", "stage": "bandit_ucb"},
    ],
)
def test_a_draft_its_address_and_its_plan_say_the_same(parameters: dict[str, str]) -> None:
    draft = sweep_draft.opened(parameters, KNOWN)
    plan = sweep_draft.plan(draft, KNOWN)

    assert sweep_draft.opened(draft.address(), KNOWN) == draft
    assert sweep_draft.plan(sweep_draft.of_plan(plan), KNOWN) == plan


def test_a_lesson_says_where_the_other_knobs_stand() -> None:
    draft = sweep_draft.opened({"lesson": "bandits", "stage": "bandit_ucb"}, KNOWN)

    assert (draft.method, draft.world, draft.x) == ("bandit_values", "bandit_10", "confidence")
    assert "behaviour=ucb" in draft.fixed


def test_what_is_wrong_in_an_address_is_named_and_left_out() -> None:
    draft = sweep_draft.opened(
        {"method": "dqn", "world": "mars", "x": "alhpa", "repeats": "0", "iterations": "x",
         "lesson": "<b>"},
        KNOWN,
    )  # fmt: skip

    assert [note.values["name"] for note in draft.notes] == [
        "lesson", "method", "world", "x", "repeats",
    ]  # fmt: skip
    assert (draft.method, draft.repeats, draft.iterations) == ("q_learning", 1, 10_000)
    assert sweep_draft.plan(draft, KNOWN)


@pytest.mark.parametrize(
    ("change", "kind", "sentence"),
    [
        ({"xs": "0.1, 7"}, BadValue, "`0.0001 <= alpha <= 1` must hold"),
        ({"xs": "a"}, BadValue, "`alpha` must be a number"),
        ({"fixed": "gamme=0.9"}, UnknownName, "Did you mean `gamma`?"),
        ({"fixed": "gamma=9"}, BadValue, "`0 <= gamma <= 1` must hold"),
        ({"x": ""}, BadValue, "A sweep has 1 or 2 knobs, but got 0."),
    ],
)
def test_what_can_not_be_swept_is_said(change: dict[str, str], kind: Any, sentence: str) -> None:
    draft = sweep_draft.opened(SMALL | {"y": ""}, KNOWN)
    for name, value in change.items():
        setattr(draft, name, value)

    with pytest.raises(kind, match=sentence.replace("?", r"\?")):
        sweep_draft.plan(draft, KNOWN)


def test_another_method_keeps_what_it_has_too() -> None:
    draft = sweep_draft.opened({"x": "alpha", "xs": "0.1,0.5", "y": "epsilon", "ys": "0,1"}, KNOWN)
    draft.fixed = "gamma=0.9, slip=0.1"
    draft.turn("method", "td_lambda", KNOWN)

    assert (draft.x, draft.xs, draft.y, draft.fixed) == (
        "alpha", "0.1,0.5", "lambda_", "gamma=0.9, slip=0.1",
    )  # fmt: skip
    draft.turn("y", "gamma", KNOWN)
    assert draft.ys == "0.5,0.8,0.9,0.95,0.99,1"


@pytest.mark.parametrize("entry", [*KNOWN.algorithms, *KNOWN.worlds], ids=lambda e: e.name)
def test_suggested_values_are_legal_and_different(entry: Any) -> None:
    for declared in entry.fields.values():
        if declared.type != "str" or declared.options:
            texts = sweep_draft.suggested(declared).split(",")
            values = [declared.check(declared.parse(text)) for text in texts]

            assert len(set(values)) == len(values) >= 2, declared.name


def test_a_point_opens_its_lesson_with_its_knobs() -> None:
    draft = sweep_draft.opened(
        {"method": "sarsa", "world": "room", "x": "alpha", "xs": "0.1,0.3", "fixed": "gamma=0.9"},
        KNOWN,
    )
    plan = sweep_draft.plan(draft, KNOWN)
    found = sweep_draft.lesson_link(plan, 1, KNOWN)
    assert found is not None
    name, parameters = found

    said, notes = link.read(parameters, lessons.lesson(name, parameters["scene"]), KNOWN)

    assert notes == ()
    assert (name, said.cast) == ("control", ("sarsa",))
    assert {k: said.knobs[k] for k in ("world", "alpha", "gamma", "replicas")} == {
        "world": "room", "alpha": 0.3, "gamma": 0.9, "replicas": 4,
    }  # fmt: skip


# ---------------------------------------------------------------- the page


def page(**parameters: str) -> AppTest:
    at = AppTest.from_function(_script, default_timeout=60)
    for name, value in parameters.items():
        at.query_params[name] = value
    return ran(at)


def ran(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, at.exception
    return at


def _script() -> None:
    import streamlit as st

    from rlviz.ui import chrome, sweep

    st.navigation(list(chrome.pages().values()), position="hidden")
    found = sweep.page()
    found.head()
    found.form()
    found.found()


def said(at: AppTest, name: str) -> str:
    """A parameter of the address; a list where the test itself has given it."""
    value: Any = at.query_params[name]
    return str(value[0] if isinstance(value, list) else value)


def words(at: AppTest) -> str:
    return "\n".join(str(part.value) for part in (*at.markdown, *at.html, *at.caption))


def swept(at: AppTest, seconds: float = 60.0) -> AppTest:
    """Start what the form says, and look until it has ended."""
    at.button(key="sweep-start").click()
    ran(at)
    give_up = time.monotonic() + seconds
    while "sweep-cancel" in [button.key for button in at.button]:
        assert time.monotonic() < give_up
        ran(at)
    return at


@pytest.mark.usefixtures("_engine")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_opens_within_the_frame_in_both_languages(language: str) -> None:
    at = AppTest.from_file(FRAME, default_timeout=60)
    at.query_params["lang"] = language
    at.run()
    at.switch_page("../../pages/sweep.py").run()

    assert not at.exception
    title = {"en": "<h1>Sweep</h1>", "zh": "<h1>扫描</h1>"}[language]
    assert any(title in str(part.value) for part in at.html)


@pytest.mark.usefixtures("_engine")
def test_a_sweep_is_begun_measured_and_found_again(local: LocalClient) -> None:
    at = swept(page(**SMALL))
    (one,) = [s for s in local.sweeps("alice") if s.id == said(at, "sweep")]

    assert one.ended
    assert [axis.values for axis in one.plan.axes] == [(0.1, 0.5)]
    assert "Best: **α = 0." in words(at)
    assert at.selectbox(key="sweep.point").options == ["α = 0.1", "α = 0.5"]

    again = page(sweep=one.id)
    assert "Best: **α = 0." in words(again)
    assert again.text_input(key="sweep.xs").value == "0.1,0.5"
    again.selectbox(key="sweep.metric").set_value("truth_distance.end")
    assert "Best: **α = 0.5**" in words(ran(again))
    assert said(again, "metric") == "truth_distance.end"


@pytest.mark.usefixtures("_engine")
def test_the_form_says_how_much_it_will_be_and_why_not() -> None:
    at = page(**SMALL)
    assert "Points: 2 · runs: 1 · replicas altogether: 4." in words(at)

    at.text_input(key="sweep.xs").set_value("0.1, 3")
    ran(at)
    assert "`0.0001 <= alpha <= 1` must hold" in words(at).replace("\\", "")
    assert at.button(key="sweep-start").disabled

    at.text_input(key="sweep.xs").set_value("0.1")
    at.selectbox(key="sweep.y").set_value("slip")
    ran(at)
    assert "Points: 5 · runs: 5" in words(at)


@pytest.mark.usefixtures("_engine")
def test_a_sweep_is_deleted_on_the_page(local: LocalClient) -> None:
    at = swept(page(**SMALL))
    sweep = said(at, "sweep")
    at.button(key="sweep-forget").click()
    ran(at)

    assert "sweep-forget" not in [button.key for button in at.button]
    with pytest.raises(NoSuchRun):
        local.sweep(sweep)


@pytest.mark.usefixtures("_engine")
def test_a_sweep_is_cancelled_on_the_page(local: LocalClient) -> None:
    at = page(**SMALL | {"iterations": "1000000"})
    at.button(key="sweep-start").click()
    ran(at)
    at.button(key="sweep-cancel").click()
    ran(at)

    assert local.sweep(said(at, "sweep")).cancelled
    assert "Cancelled; 0 of 1 runs had finished." in words(at)


def test_nobody_sees_the_sweep_of_another_browser(local: LocalClient, access: Cookies) -> None:
    at = swept(page(**SMALL))
    access.owner = "mallory"
    other = page(sweep=said(at, "sweep"))

    assert "That sweep belongs to another browser, or it is gone." in words(other)
    assert "Best:" not in words(other)
    assert other.text_input(key="sweep.xs").value != "0.1,0.5"  # not even what was swept
    assert local.sweeps("mallory") == []


def test_without_cookies_nothing_is_begun(access: Cookies) -> None:
    access.owner = None
    at = page(**SMALL)

    assert at.button(key="sweep-start").disabled


@pytest.mark.usefixtures("_engine")
def test_leaving_the_page_and_coming_back_finds_the_sweep_again() -> None:
    at = swept(page(**SMALL))
    shown = said(at, "sweep")
    at.query_params.clear()  # as a link in the sidebar does it
    ran(at)

    assert said(at, "sweep") == shown
    assert "Best:" in words(at)


@pytest.mark.usefixtures("_engine")
def test_markup_in_an_address_stays_text() -> None:
    at = page(method="<img src=x>", fixed="<b>=1", xs="<i>", x="alpha")

    assert "<img src=x>" not in words(at)
    assert "&lt;img src=x&gt;" in words(at)
