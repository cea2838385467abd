"""The pages with the engine inside this process: what they show, start, change and say."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from rlviz import lessons
from rlviz.runs.local import LocalClient
from rlviz.runs.spec import Edit, Set
from rlviz.schedules import Schedule
from rlviz.ui import controls, session
from tests.ui.conftest import FRAME, Cookies, Tab

SCENES = [scene for name in lessons.names() for scene in lessons.scenes(name)]


@pytest.fixture(autouse=True)
def _engine(access: Cookies) -> None:
    """Every test here needs the engine."""


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("lesson", SCENES, ids=lambda lesson: f"{lesson.name}-{lesson.scene}")
def test_a_page_opens_within_the_frame_in_both_languages(
    lesson: lessons.Lesson, language: str
) -> None:
    at = AppTest.from_file(FRAME, default_timeout=30)
    at.query_params["lang"] = language
    at.run()
    if lesson.scene:
        at.query_params["scene"] = lesson.scene
    at.switch_page(f"../../pages/{lesson.name}.py").run()

    assert not at.exception
    assert at.get("bidi_component")
    assert "".join(at.query_params.get("scene", "")) == lesson.scene


def test_the_browsers_language_is_the_default() -> None:
    at = AppTest.from_file(FRAME, default_timeout=30)
    at.context = {"locale": "zh-CN"}
    at.run()

    assert any("看强化学习怎样学习" in html.value for html in at.html)


def test_start_makes_a_run_for_each_stage_on_one_seed(local: LocalClient) -> None:
    tab = Tab().command(name="start", playing=False, speed=1000)
    specs = [local.view(run).spec for run in tab.address["run"].split(",")]

    assert [(s.algorithm, s.seed, s.replicas) for s in specs] == [
        ("q_learning", 1, 32),
        ("sarsa", 1, 32),
    ]


def test_a_speed_that_is_not_offered_is_not_used(local: LocalClient) -> None:
    tab = Tab().command(name="start", playing=False, speed=1e99)

    assert {local.view(run).speed for run in tab.session.runs.values()} == {1000.0}


def test_a_command_that_nobody_knows_changes_nothing() -> None:
    tab = Tab().command(name="format disk")

    assert tab.session.runs == {}


def test_a_live_knob_is_sent_to_every_stage_at_once(local: LocalClient) -> None:
    tab = Tab().command(name="start", playing=True, speed=1000)
    tab.at.slider(key="knob.control.epsilon").set_value(0.3)
    tab.run()
    for run in tab.session.runs.values():
        local.wait(run, lambda view: bool(view.spec.interventions))
    views = [local.view(run) for run in tab.session.runs.values()]

    assert [view.spec.interventions[0].intervention for view in views] == [Set("epsilon", 0.3)] * 2


def test_a_live_knob_says_accepted_and_then_from_which_iteration(local: LocalClient) -> None:
    tab = Tab().command(name="start", playing=False, speed=1000)
    for run in tab.session.runs.values():  # in the midst of an iteration, where nothing can act
        local.step(run, "beat")
        local.wait(run, lambda view: view.status == "paused" and view.beat == 1)
    tab.at.select_slider(key="knob.control.alpha").set_value(0.1)
    waits = [c.value for c in tab.run().at.caption if "✓" in c.value]
    for run in tab.session.runs.values():
        session.engine.client().play(run, 1000)
        session.engine.client().wait(run, lambda v: v.iteration > 50)  # type: ignore[attr-defined]  # LocalClient
    acts = [c.value for c in tab.run().at.caption if "✓" in c.value]

    assert waits == [":green[✓ accepted; acts when the run goes on]"]
    assert acts[0].startswith(":green[✓ from iteration ")


def test_a_knob_that_turns_nothing_says_what_it_waits_for() -> None:
    tab = Tab()
    keys = {widget.key for widget in tab.at.select_slider}
    captions = [caption.value for caption in tab.at.caption]
    tab.at.selectbox(key="knob.control.behaviour").set_value("softmax")
    tab.run()

    assert "knob.control.temperature" not in keys
    assert "τ temperature: acts only with behaviour = softmax." in captions
    assert "knob.control.temperature" in {widget.key for widget in tab.at.select_slider}
    assert "knob.control.epsilon" not in {widget.key for widget in tab.at.slider}


def test_a_knob_stays_while_the_running_runs_still_read_it() -> None:
    tab = Tab().command(name="start", playing=False, speed=1000)
    tab.at.selectbox(key="knob.control.behaviour").set_value("softmax")
    tab.run()

    assert tab.session.pending == {"behaviour": "softmax"}
    assert "knob.control.epsilon" in {widget.key for widget in tab.at.slider}
    assert "knob.control.temperature" in {widget.key for widget in tab.at.select_slider}


def test_a_restart_knob_waits_until_it_is_applied() -> None:
    tab = Tab().command(name="start", playing=False, speed=1000)
    before = dict(tab.session.runs)
    tab.at.slider(key="knob.control.slip").set_value(0.2)
    tab.run()
    waiting = (dict(tab.session.runs), tab.session.pending)
    tab.press("apply-restart")

    assert waiting == (before, {"slip": 0.2})
    assert not set(tab.session.runs.values()) & set(before.values())
    assert tab.session.pending == {}


def test_a_changed_world_can_keep_what_was_learned(local: LocalClient) -> None:
    tab = Tab().command(name="start", playing=True, speed=1000)
    before = dict(tab.session.runs)
    tab.at.slider(key="knob.control.slip").set_value(0.2)
    tab.run().press("apply-keep")
    run = before["sarsa"]
    view = local.wait(run, lambda v: bool(v.spec.interventions))

    assert tab.session.runs == before
    assert view.spec.interventions[0].intervention == Edit({"slip": 0.2}, "weights")


@pytest.mark.parametrize("knob", ["replicas", "seed"])
def test_a_table_of_another_shape_is_not_kept(knob: str) -> None:
    tab = Tab().command(name="start", playing=False, speed=1000)
    tab.at.number_input(key=f"knob.control.{knob}").set_value(3)
    tab.run()

    assert "apply-keep" not in [button.key for button in tab.at.button]


def test_another_world_brings_its_own_knobs() -> None:
    tab = Tab()
    tab.at.selectbox(key="knob.control.world").set_value("room")
    tab.run()

    assert tab.address["k.world"] == "room"


def test_knobs_survive_a_visit_to_another_page() -> None:
    at = AppTest.from_file(FRAME, default_timeout=30).run()
    at.switch_page("../../pages/control.py").run()
    at.slider(key="knob.control.epsilon").set_value(0.4).run()
    at.switch_page("../../pages/home.py").run()
    at.switch_page("../../pages/control.py").run()

    assert at.slider(key="knob.control.epsilon").value == 0.4


def test_knobs_stand_in_the_address_and_come_from_it() -> None:
    tab = Tab(k__epsilon="0.3", k__alpha="linear(0.5,0.01,2000)", k__slip="0.1")
    expected = {"epsilon": 0.3, "alpha": Schedule("linear", 0.5, 0.01, 2000), "slip": 0.1}

    assert {name: tab.session.knobs[name] for name in expected} == expected
    assert tab.address == {
        "v": "1",
        "scene": "family",
        "k.slip": "0.1",
        "k.alpha": "linear(0.5,0.01,2000)",
        "k.epsilon": "0.3",
    }


def test_a_broken_link_opens_with_a_note() -> None:
    tab = Tab(k__alpha="2", lang="zh")

    assert tab.session.knobs["alpha"] == 1.0
    assert tab.notes == "链接里的 alpha=2 已改为 1：必须满足 `0.0001 <= alpha <= 1`。"


def test_a_preset_sets_its_knobs_and_restarts_where_it_must() -> None:
    tab = Tab().command(name="start", playing=False, speed=1000)
    before = set(tab.session.runs.values())
    tab.press("preset-tray-tiny")
    live = set(tab.session.runs.values())
    tab.press("preset-tray-hasty")

    assert live == before
    assert not set(tab.session.runs.values()) & before
    assert (tab.session.knobs["alpha"], tab.session.knobs["slip"]) == (1.0, 0.2)
    assert tab.address["preset"] == "hasty"


def test_a_knob_that_was_set_from_elsewhere_hears_nothing_of_what_it_showed_before() -> None:
    tab = Tab().command(name="start", playing=False, speed=1000)
    tab.press("preset-tray-hasty")
    keys = {slider.key: slider.value for slider in tab.at.select_slider}

    assert "knob.control.alpha" not in keys  # a browser may still send the old value under it
    assert keys["knob.control.alpha.1"] == tab.session.knobs["alpha"]


@pytest.mark.parametrize("is_drawn", [False, True], ids=["before the page is", "after the page is"])
def test_a_move_that_is_told_late_does_not_undo_what_set_the_knob_meanwhile(
    monkeypatch: pytest.MonkeyPatch, is_drawn: bool
) -> None:
    tab, state, name = Tab(), dict[str, object](), "knob.control.alpha"
    monkeypatch.setattr(controls.st, "session_state", state)
    key = controls.widget_key(name, tab.session.knobs["alpha"])
    for moved in (0.2, 0.1):  # one after the other, as a hand moves it
        state[key] = moved
        controls.turned(tab.session, "alpha", name, key)
    by_hand = tab.session.knobs["alpha"]
    tab.session.take({"alpha": 1.0})
    drawn = controls.widget_key(name, 1.0) if is_drawn else ""

    state[key] = 0.05
    controls.turned(tab.session, "alpha", name, key)

    assert (by_hand, tab.session.knobs["alpha"]) == (0.1, 1.0)
    assert drawn != key


def test_reset_begins_again_at_iteration_0_and_waits(local: LocalClient) -> None:
    tab = Tab().command(name="start", playing=True, speed=None)
    old = list(tab.session.runs.values())
    local.wait(old[0], lambda view: view.iteration > 0)
    tab.command(name="reset")
    new = [local.wait(run, lambda v: v.status == "paused") for run in tab.session.runs.values()]

    assert [view.iteration for view in new] == [0, 0]
    assert not set(old) & set(tab.session.runs.values())


def test_a_reload_finds_the_same_runs_and_where_their_knobs_stand() -> None:
    first = Tab().command(name="start", playing=True, speed=1000)
    first.at.slider(key="knob.control.epsilon").set_value(0.3)
    first.run()
    for run in first.session.runs.values():
        session.engine.client().wait(run, lambda v: bool(v.spec.interventions))  # type: ignore[attr-defined]  # LocalClient
    again = Tab(run=first.address["run"])

    assert again.session.runs == first.session.runs
    assert again.session.knobs["epsilon"] == 0.3


def test_a_run_that_is_gone_is_said_and_start_is_offered() -> None:
    tab = Tab(run="000000000000,111111111111")

    assert tab.notes == session.GONE
    assert tab.session.runs == {}
    assert "run" not in tab.address


def test_runs_that_end_while_the_page_is_open_are_said_to_be_gone(local: LocalClient) -> None:
    tab = Tab().command(name="start", playing=False, speed=1000)
    for run in tab.session.runs.values():
        local.stop(run)
    tab.command(name="gone", code=4404)

    assert tab.notes == session.GONE


def test_an_expired_token_is_renewed_for_a_run_that_is_alive(access: Cookies) -> None:
    tab = Tab().command(name="start", playing=False, speed=1000)
    before = (access.handed_out, dict(tab.session.runs))
    tab.run().command(name="gone", code=4401)

    assert (access.handed_out, tab.session.runs) == (before[0] + 2, before[1])


def test_another_browser_only_watches(access: Cookies) -> None:
    address = Tab().command(name="start", playing=False, speed=1000).address["run"]
    access.owner = "bob"
    tab = Tab(run=address)
    runs = tab.session.runs

    assert tab.notes == session.WATCHING
    assert tab.at.slider(key="knob.control.epsilon").disabled
    assert all(tab.session.token(run).startswith("watch.") for run in runs.values())
    assert tab.command(name="reset").session.runs == runs


def test_a_watcher_can_start_a_run_of_its_own(access: Cookies) -> None:
    theirs = Tab().command(name="start", playing=False, speed=1000)
    access.owner = "bob"
    tab = Tab(run=theirs.address["run"]).press("own-run")
    tab.command(name="start", playing=False, speed=1000)

    assert not set(tab.session.runs.values()) & set(theirs.session.runs.values())
    assert tab.session.mine


def test_a_browser_without_a_cookie_can_not_start(access: Cookies) -> None:
    access.owner = None
    tab = Tab().command(name="start", playing=False, speed=1000)

    assert tab.session.runs == {}
    assert tab.notes == session.NO_OWNER
