"""The page of compared runs, with the engine inside this process."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from rlviz.runs import comparison as measuring
from rlviz.runs.client import RunView
from rlviz.runs.codec import decode
from rlviz.runs.local import LocalClient
from rlviz.runs.spec import At, Edit, RunSpec
from rlviz.statistics import Band
from rlviz.ui import compare, compared, engine
from tests.ui.conftest import FRAME, Cookies

SPEC = RunSpec("q_learning", "cliff_walking", {"alpha": 0.5}, replicas=4)
SARSA = replace(SPEC, algorithm="sarsa")


@pytest.fixture(autouse=True)
def _engine(access: Cookies) -> None:
    """Every test here needs the engine."""


def english(text: str, /, **values: object) -> str:
    return text.format(**values) if values else text


def begun(local: LocalClient, *specs: RunSpec, at: int = 600) -> list[str]:
    """Paused runs of those specs that have run a while."""
    runs = [local.start(spec, "alice", playing=False, until=at) for spec in specs]
    for run in runs:
        local.wait(run, lambda view: view.status == "paused" and view.iteration >= at)
    return runs


def page(*runs: str, **parameters: str) -> AppTest:
    at = AppTest.from_function(_script, default_timeout=30)
    at.query_params["runs"] = ",".join(runs)
    for name, value in parameters.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception, at.exception
    return at


def words(at: AppTest) -> str:
    return "\n".join(str(part.value) for part in (*at.markdown, *at.html, *at.caption))


def shown(spec: RunSpec, iteration: int = 10) -> compared.Shown:
    catalogue = engine.client().catalogue()
    view = RunView("a" * 12, spec, "paused", iteration=iteration)
    return compared.shown([view], catalogue, english)[0]


def _script() -> None:
    import streamlit as st

    from rlviz.ui import chrome, compare

    st.navigation(list(chrome.pages().values()), position="hidden")
    found = compare.page()
    found.head()
    found.differences()
    found.figure()
    found.grids()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_opens_within_the_frame_in_both_languages(language: str) -> None:
    at = AppTest.from_file(FRAME, default_timeout=30)
    at.query_params["lang"] = language
    at.run()
    at.switch_page("../../pages/compare.py").run()

    assert not at.exception


def test_without_runs_it_leads_to_them() -> None:
    assert "Choose up to four runs" in words(page())


def test_what_differs_stands_first_and_names_stay_text(local: LocalClient) -> None:
    runs = begun(local, SPEC, SARSA)
    local.rename(runs[0], "<img src=x onerror=alert(1)>")
    said = words(page(*runs))

    assert "A · &lt;img src=x onerror=alert(1)&gt;" in said
    assert '<th scope="row">method</th><td>Q-learning</td><td>SARSA</td>' in said
    assert "seed" not in said


def test_the_figure_and_the_worlds_are_drawn(local: LocalClient) -> None:
    at = page(*begun(local, SPEC, SARSA))

    assert len(at.get("bidi_component")) == 2


def test_one_run_alone_is_shown_too(local: LocalClient) -> None:
    said = words(page(*begun(local, SPEC)))

    assert "A · Q-learning" in said
    assert "Nothing differs" not in said


def test_two_runs_of_one_value_are_said_to_be_the_same(local: LocalClient) -> None:
    assert "Nothing differs" in words(page(*begun(local, SPEC, SPEC)))


def test_returns_on_different_worlds_are_not_compared(local: LocalClient) -> None:
    runs = begun(local, SPEC, replace(SPEC, world_config={"slip": 0.2}))

    assert compare.OTHER_WORLDS in words(page(*runs))


def test_runs_of_another_browser_are_refused(local: LocalClient, access: Cookies) -> None:
    runs = begun(local, SPEC)
    access.owner = "bob"
    at = page(*runs)

    assert f"The run {runs[0]} belongs to another browser" in words(at)
    assert not at.get("bidi_component")


@pytest.mark.parametrize("strange", ["000000000000", "<script>", "../../etc/passwd", "é" * 500])
def test_a_strange_id_is_a_sentence(strange: str) -> None:
    said = words(page(strange))

    assert "belongs to another browser, or it is gone." in said
    assert "<script>" not in said


def test_a_fifth_run_is_left_out(local: LocalClient) -> None:
    runs = [local.start(replace(SPEC, seed=n), "alice", playing=False) for n in range(5)]
    said = words(page(*runs))

    assert "At most 4 runs can be compared" in said
    assert "D · Q-learning" in said
    assert "E ·" not in said


def test_what_is_chosen_stands_in_the_address(local: LocalClient) -> None:
    at = page(*begun(local, SPEC), of="episode_length", by="steps")
    before = [at.selectbox(key=f"compare.{name}").value for name in ("of", "by", "as")]
    at.selectbox(key="compare.as").set_value("iqm").run()

    assert before == ["episode_length", "steps", "mean"]
    assert "".join(at.query_params["as"]) == "iqm"


def test_what_the_address_asks_and_there_is_not_is_left_out(local: LocalClient) -> None:
    at = page(*begun(local, SPEC), of="q", by="miles", **{"as": "mode"})

    assert [at.selectbox(key=f"compare.{name}").value for name in ("of", "by", "as")] == [
        *("episode_return", "iterations", "mean"),
    ]


def test_a_batch_counts_for_as_many_steps_as_it_had(local: LocalClient) -> None:
    batches = RunSpec("reinforce", "short_corridor", {"episodes": 2}, replicas=3)
    [run] = begun(local, batches, at=20)
    steps = decode(local.view(run).frame)[0]["env_steps"]
    one = compared.shown([local.view(run)], local.catalogue(), english)[0]

    assert steps >= 20 * 3 * 2 * 2  # in each replica two episodes, of two steps at least
    assert compared.pace(one) == pytest.approx(steps / 3 / local.view(run).iteration)
    assert compared.pace(shown(SPEC)) == 1.0


def test_a_batch_that_nobody_has_counted_yet_has_no_place_among_steps() -> None:
    assert compared.pace(shown(RunSpec("reinforce", "short_corridor", {}), iteration=0)) == 0.0


def test_all_of_them_play_and_wait_together(local: LocalClient) -> None:
    runs = begun(local, SPEC, SARSA)
    at = page(*runs)
    at.button(key="compare-play").click().run()
    for run in runs:
        local.wait(run, lambda view: view.status == "playing")
    at.run().button(key="compare-play").click().run()

    assert [local.wait(run, lambda view: view.status == "paused").status for run in runs]


def test_looks_are_those_of_the_methods_or_tell_equal_ones_apart() -> None:
    catalogue = engine.client().catalogue()

    def looks(*specs: RunSpec) -> list[tuple[str, int]]:
        views = [RunView("a" * 12, spec, "paused") for spec in specs]
        found = compared.shown(views, catalogue, english)
        return [(one.style.family, one.style.member) for one in found]

    assert looks(SARSA, SPEC) == [("td", 1), ("td", 0)]
    assert looks(SARSA, SARSA) == [("td", 0), ("td", 1)]


def test_what_all_measure_is_offered_before_what_some_do() -> None:
    planner = RunSpec("value_iteration", "cliff_walking")
    offered = compared.offered([shown(SPEC), shown(planner)])

    assert offered[0] == "truth_distance"
    assert offered.index("episode_return") > 0


@pytest.mark.parametrize(
    ("iteration", "how", "steps", "expected"),
    [
        (10, "iqm", 1, [compared.NO_QUANTILES]),
        (0, "iqm", 1, []),
        (10, "mean", 1, []),
        (10, "mean", 0, [compared.NO_STEPS]),
    ],
)
def test_what_can_not_be_drawn_is_said(
    iteration: int, how: str, steps: int, expected: list[str]
) -> None:
    said = compared.said(shown(SPEC, iteration), None, how, steps)

    assert [note.text for note in said] == expected


def test_values_that_were_thinned_or_lost_are_said() -> None:
    nothing = np.zeros(0)
    line = measuring.Line(nothing, Band(nothing, nothing, nothing), nothing, raw=True)
    lines = [line, replace(line, stride=8), replace(line, damaged=True), replace(line, raw=False)]
    said = [[note.text for note in compared.said(shown(SPEC), one, "mean", 1)] for one in lines]

    assert said == [[], [compared.THINNED], [compared.DAMAGED], [compared.BOUND]]


def test_a_map_that_was_edited_is_another_world() -> None:
    edited = replace(SPEC, interventions=(At(9, Edit({"slip": 0.1})),))
    groups = compared.worlds(
        [
            replace(shown(SPEC), letter="A"),
            replace(shown(edited), letter="B"),
            replace(shown(SARSA), letter="C"),
        ]
    )

    assert [letters for _, letters in groups] == ["A, C", "B"]
