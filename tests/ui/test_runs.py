"""The page of one's runs, with the engine inside this process: what it lists, opens and changes."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from rlviz.runs import archive
from rlviz.runs.client import About, Listed, Parent
from rlviz.runs.local import LocalClient
from rlviz.runs.spec import At, RunSpec, Set
from rlviz.schedules import Schedule
from rlviz.ui import engine, runs, specs
from tests.ui.conftest import FRAME, Cookies

SPEC = RunSpec("q_learning", "cliff_walking", {"alpha": 0.1}, {"slip": 0.2}, seed=7, replicas=4)


@pytest.fixture(autouse=True)
def owner(access: Cookies, local: LocalClient) -> str:
    """A browser that has no runs yet."""
    access.owner = f"owner{access.handed_out}"
    for run in [one.run for one in local.runs(access.owner)]:
        local.stop(run)
    return access.owner


def english(text: str, /, **values: object) -> str:
    return text.format(**values) if values else text


def listed(run: str, *, parent: str = "", created: float = 0.0, **about: str) -> Listed:
    return Listed(
        run=run,
        spec=SPEC,
        status="paused",
        sentence="",
        iteration=3,
        about=About(**{"lesson": "control", "scene": "family", "alias": "q_learning"} | about),
        parent=Parent(parent, 2) if parent else None,
        created=created,
        signal="episode_return",
        curve=(float("nan"), -100.0, -13.0),
    )


def page(**said: Any) -> AppTest:
    at = AppTest.from_function(_script, default_timeout=30)
    if said:
        at.session_state["test.command"] = said
    at.run()
    assert not at.exception, at.exception
    return at


def words(at: AppTest) -> str:
    return "\n".join(str(part.value) for part in (*at.markdown, *at.info, *at.html))


def _script() -> None:
    import streamlit as st

    from rlviz.ui import chrome, runs

    st.navigation(list(chrome.pages().values()), position="hidden")
    found = runs.page()
    if "test.command" in st.session_state:
        found.command(st.session_state.pop("test.command"))
    found.head()
    found.bring()
    found.runs()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_opens_within_the_frame_in_both_languages(language: str) -> None:
    at = AppTest.from_file(FRAME, default_timeout=30)
    at.query_params["lang"] = language
    at.run()
    at.switch_page("../../pages/runs.py").run()

    assert not at.exception


def test_without_runs_it_says_how_to_get_one() -> None:
    assert "No run yet." in words(page())


def test_a_run_is_renamed_and_deleted(local: LocalClient, owner: str) -> None:
    run = local.start(SPEC, owner, playing=False)
    page(name="rename", run=run, to="<img src=x onerror=alert(1)>")
    named = [one.about.name for one in local.runs(owner)]
    page(name="delete", run=run)

    assert named == ["<img src=x onerror=alert(1)>"]
    assert local.runs(owner) == []


@pytest.mark.parametrize("command", ["rename", "delete"])
def test_nobody_touches_the_run_of_another(
    command: str, local: LocalClient, access: Cookies, owner: str
) -> None:
    run = local.start(SPEC, owner, playing=False)
    access.owner = "mallory"
    at = page(name=command, run=run, to="mine")

    assert runs.NOT_YOURS in words(at)
    assert [one.about.name for one in local.runs(owner)] == [""]
    assert local.runs("mallory") == []


@pytest.mark.parametrize("said", [None, {}, {"name": "rename"}, {"name": "format", "run": "x"}])
def test_a_command_that_nobody_knows_changes_nothing(
    said: object, local: LocalClient, owner: str
) -> None:
    local.start(SPEC, owner, playing=False)
    runs.Page(owner).command(said)

    assert len(local.runs(owner)) == 1


def bring(at: AppTest, archive: bytes) -> AppTest:
    at.file_uploader[0].set_value(("run.zip", archive, "application/zip"))
    at.run().button(key="import").click().run()
    assert not at.exception, at.exception
    return at


def test_an_exported_run_comes_back_from_its_zip(local: LocalClient, owner: str) -> None:
    run = local.start(SPEC, owner, playing=False, until=600)
    local.wait(run, lambda view: view.status == "paused" and view.iteration >= 600)
    local.rename(run, "kept")
    about = local.view(run).about
    at = bring(page(), archive.pack(local.history(run), local.view(run).spec, about))
    found = [(one.spec, one.about.name) for one in local.runs(owner)]

    assert found == [(SPEC, "kept"), (SPEC, "kept")]
    assert "The run was imported" in words(at)


def test_a_zip_that_is_none_is_refused_in_a_sentence(local: LocalClient, owner: str) -> None:
    at = bring(page(), b"PK\x03\x04 <img src=x onerror=alert(1)>")

    assert 'role="status"' in words(at)
    assert "<img" not in words(at)
    assert local.runs(owner) == []


def test_two_hundred_runs_are_made_ready_at_once() -> None:
    catalogue = engine.client().catalogue()
    many = [listed(f"{n:012d}", created=n * 60.0, name=f"run {n}") for n in range(200)]
    spent = []
    for _ in range(3):  # the quickest: the machine may be busy with something else
        start = time.process_time()
        runs.rows(many, catalogue, english)
        spent.append(time.process_time() - start)

    assert min(spent) < 0.2


def test_a_run_that_is_gone_is_said() -> None:
    assert "There is no run `000000000000`" in words(page(name="delete", run="000000000000"))


def test_what_is_quoted_stays_text() -> None:
    said = words(page(name="delete", run="<img src=x onerror=alert(1)>"))

    assert "There is no run `&lt;img src=x" in said
    assert "<img" not in said


def test_a_browser_without_a_cookie_has_no_runs(access: Cookies) -> None:
    access.owner = None

    assert "No run yet." in words(page())


def test_forks_stand_below_their_parents() -> None:
    order = [listed("c", parent="a"), listed("b"), listed("d", parent="c"), listed("a")]
    found = [(one.run, depth) for one, depth in runs._families(order)]

    assert found == [("b", 0), ("a", 0), ("c", 1), ("d", 2)]


def test_a_fork_of_a_run_that_is_gone_stands_alone() -> None:
    assert [depth for _, depth in runs._families([listed("c", parent="gone")])] == [0]


def test_a_run_opens_with_those_that_were_started_beside_it() -> None:
    first = [listed("q", created=100.0), listed("s", created=100.1, alias="sarsa")]
    later = [listed("p", created=500.0), listed("r", created=500.1, alias="sarsa")]
    together = runs._together([*later, *first])

    assert {one.run for one in together["q"]} == {"q", "s"}
    assert {one.run for one in together["r"]} == {"p", "r"}


def test_a_run_whose_companion_was_deleted_opens_without_one() -> None:
    found = runs._together([listed("q", created=100.0), listed("s", created=500.0, alias="sarsa")])

    assert [[one.run for one in found[run]] for run in "qs"] == [["q"], ["s"]]


def test_the_address_of_a_run_is_that_of_its_lesson_and_scene() -> None:
    at = AppTest.from_function(_addresses, default_timeout=30)
    at.session_state["test.together"] = [
        [listed("s" * 12, alias="sarsa"), listed("q" * 12)],
        [listed("q" * 12, lesson="gone")],
        [listed("q" * 12, lesson="")],
    ]
    at.run()
    found = [urlsplit(address) for address in at.session_state["test.addresses"]]
    asked = parse_qs(found[0].query)

    assert [one.path for one in found] == ["/control", "/compare", "/compare"]
    assert (asked["scene"], asked["run"]) == (["family"], [f"{'q' * 12},{'s' * 12}"])
    assert parse_qs(found[1].query)["runs"] == ["q" * 12]


def _addresses() -> None:
    import streamlit as st

    from rlviz.ui import runs

    together = st.session_state["test.together"]
    st.session_state["test.addresses"] = [runs._opens(one) for one in together]


def test_a_row_says_what_was_set() -> None:
    catalogue = engine.client().catalogue()
    row = runs._row(listed("a" * 12), 0, catalogue, english)

    assert (row["method"], row["world"]) == ("Q-learning", "Cliff walking")
    assert row["differs"] == [["slip", "0.2"], ["α", "0.1"]]
    assert row["curve"] == [None, -100.0, -13.0]


def test_only_what_differs_between_runs_is_told() -> None:
    catalogue = engine.client().catalogue()
    other = replace(
        SPEC,
        algorithm="sarsa",
        config={"alpha": 0.1, "epsilon": Schedule("linear", 0.5, 0.01, 2000)},
        interventions=(At(1200, Set("alpha", 0.5)),),
    )
    rows = specs.differences([SPEC, other], catalogue, english)

    assert rows == [
        ("method", ["Q-learning", "SARSA"]),
        ("ε exploration", ["0.1", "linear(0.5,0.01,2000)"]),
        ("changes while it ran", ["–", "α = 0.5 @ 1,200"]),
    ]


def test_a_knob_that_one_method_does_not_have_is_a_dash() -> None:
    catalogue = engine.client().catalogue()
    rows = specs.differences([SPEC, replace(SPEC, algorithm="sarsa_lambda")], catalogue, english)

    assert next(values for title, values in rows if title.startswith("λ"))[0] == specs.NONE


def test_runs_that_are_the_same_differ_in_nothing() -> None:
    catalogue = engine.client().catalogue()

    assert specs.differences([SPEC, SPEC], catalogue, english) == []
