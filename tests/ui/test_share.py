"""What is shared and what opens from it: links with values, short ones, a page to follow."""

from __future__ import annotations

from typing import Any

import pytest

from rlviz.runs.local import LocalClient
from rlviz.runs.spec import Set
from rlviz.ui import link, opening, session, share
from rlviz.ui.link import Show
from rlviz.ui.share import Choice
from tests.ui.conftest import Cookies, Tab


@pytest.fixture(autouse=True)
def _engine(access: Cookies) -> None:
    """Every test here needs the engine."""


def start(tab: Tab, local: LocalClient, iterations: int = 0) -> Tab:
    """Runs that stand at that iteration."""
    tab.command(name="start", playing=False, speed=1000)
    for run in tab.session.runs.values():
        local.wait(run, lambda view: view.status == "paused")
        if iterations:
            local.step(run, n=iterations)
            local.wait(run, lambda v: v.status == "paused" and v.iteration == iterations)
    return tab


def shared(tab: Tab, choice: Choice) -> dict[str, str]:
    return link.write(share.state(tab.session, choice))


def opened(parameters: dict[str, str]) -> Tab:
    return Tab(**{name.replace(".", "__"): text for name, text in parameters.items()})


def turned(tab: Tab) -> None:
    turn(tab, 0.4)


def reset(tab: Tab) -> None:
    tab.command(name="reset")


def elsewhere(tab: Tab) -> None:
    tab.at.segmented_control(key="scene.control").set_value("bias")
    tab.run()


def turn(tab: Tab, value: float) -> Tab:
    tab.at.slider(key="knob.control.epsilon").set_value(value)
    return tab.run()


def follower(channel: str, access: Cookies) -> Tab:
    access.owner = "bob"
    return Tab(watch=channel)


def shown(tab: Tab, channel: str) -> Tab:
    """The tab shows itself on that channel from now on."""
    tab.at.session_state["rlviz.channel"] = channel
    return tab.run()


# ---------------------------------------------------------------- links


def test_a_link_opens_the_same_runs_at_the_same_iteration(local: LocalClient) -> None:
    first = start(Tab(k__slip="0.1"), local, 40)
    turn(first, 0.3)
    for run in first.session.runs.values():
        local.step(run, n=20)
        local.wait(run, lambda view: view.status == "paused" and view.iteration == 60)
    expected = [local.view(run).spec for run in first.session.runs.values()]
    again = opened(shared(first, Choice("stands")))
    runs = again.session.runs.values()
    views = [local.wait(r, lambda v: v.iteration == 60 and v.status == "paused") for r in runs]

    assert [view.spec for view in views] == expected
    assert expected[0].interventions[0].intervention == Set("epsilon", 0.3)
    assert not set(runs) & set(first.session.runs.values())
    assert again.session.knobs["epsilon"] == 0.3


def test_a_link_that_plays_begins_at_0_and_plays(local: LocalClient) -> None:
    again = opened(shared(start(Tab(), local, 5), Choice("plays")))
    views = [local.wait(r, lambda v: v.iteration > 0) for r in again.session.runs.values()]

    assert [view.status for view in views] == ["playing", "playing"]


def test_a_link_of_settings_starts_nothing(local: LocalClient) -> None:
    parameters = shared(turn(start(Tab(), local), 0.3), Choice("settings"))

    assert parameters == {"v": "1", "scene": "family", "k.epsilon": "0.3"}
    assert opened(parameters).session.runs == {}


def test_a_link_carries_what_the_board_shows() -> None:
    tab = Tab().command(name="view", face="gap", layers=["visits"], figures=["td_error"])
    again = opened(shared(tab, Choice("settings")))

    assert again.session.asked == Show("gap", ("visits",), ("td_error",))


def test_a_browser_that_lies_about_its_board_is_not_believed() -> None:
    tab = Tab().command(name="view", face="gap,trail", layers=["<b>", 7], figures={"a": 1})

    assert tab.session.view == Show("gap", ("trail",))


def test_who_has_no_cookie_opens_a_link_and_starts_nothing(access: Cookies) -> None:
    access.owner = None
    tab = Tab(go="1")

    assert tab.session.runs == {}
    assert tab.notes == session.NO_OWNER


def test_runs_that_can_not_be_are_refused_in_a_sentence() -> None:
    tab = opened({"v": "1", "at": "5", "k.epsilon": "[0.1,0.2]", "k.replicas": "3"})

    assert tab.session.runs == {}
    assert "for replicas=3" in tab.notes


def test_a_short_link_is_a_long_one(local: LocalClient) -> None:
    kept = local.keep_link({"v": "1", "scene": "bias", "k.alpha": "0.2", "lock": "alpha"})
    tab = Tab(s=kept)

    assert (tab.session.whole.scene, tab.session.knobs["alpha"]) == ("bias", 0.2)
    assert tab.address == {"v": "1", "scene": "bias", "k.alpha": "0.2", "lock": "alpha"}


def test_a_short_link_that_is_not_kept_is_said() -> None:
    assert Tab(s="000000000000").notes == opening.NO_LINK


def test_a_preset_has_its_address_in_the_text() -> None:
    def script() -> None:
        import streamlit as st

        from rlviz.ui import chrome, lesson

        st.navigation(list(chrome.pages().values()), position="hidden")
        lesson.page("control").texts()

    from streamlit.testing.v1 import AppTest

    at = AppTest.from_function(script, default_timeout=30).run()
    assert not [caption for caption in at.caption if "[Its link]" in caption.value]
    at.session_state["texts.control.en"] = "Try this"
    at.run()
    links = [caption.value for caption in at.caption if "[Its link]" in caption.value]

    assert len(links) == 8
    assert links[2] == ("[Its link](/control?v=1&scene=family&preset=tiny&k.epsilon=0.005&go=1)")


# ---------------------------------------------------------------- hidden and locked


def test_a_hidden_knob_is_not_shown_and_a_locked_one_can_not_be_turned() -> None:
    tab = Tab(hide="gamma,map", lock="epsilon")
    tab.session.turn("epsilon", 0.7)
    tab.session.turn("gamma", 0.5)
    sliders = {widget.key: widget for widget in tab.at.slider}

    assert "knob.control.gamma" not in sliders
    assert sliders["knob.control.epsilon"].disabled
    assert not sliders["knob.control.slip"].disabled
    assert (tab.session.knobs["epsilon"], tab.session.knobs["gamma"]) == (0.1, 1.0)


def test_a_locked_map_is_not_drawn_anew() -> None:
    tab = Tab(scene="family", k__world="room", lock="map")
    before = str(tab.session.knobs["map"])
    tab.command(name="edit", edits=[{"map": before.replace("..", "#.", 1), "keep": "nothing"}])

    assert tab.session.knobs["map"] == before


def test_a_preset_moves_what_is_locked() -> None:
    tab = Tab(lock="epsilon").press("preset-tray-tiny")

    assert tab.session.knobs["epsilon"] == 0.005
    assert tab.address["lock"] == "epsilon"


# ---------------------------------------------------------------- following


def test_who_follows_sees_runs_knobs_and_scene_and_steers_nothing(
    local: LocalClient, access: Cookies
) -> None:
    channel = local.open_channel("alice")
    teacher = turn(start(shown(Tab(), channel), local), 0.4)
    tab = follower(channel, access)

    assert tab.session.runs == teacher.session.runs
    assert tab.session.knobs["epsilon"] == 0.4
    assert tab.at.slider(key="knob.control.epsilon").disabled
    assert tab.notes == session.FOLLOWING
    assert tab.address == {"v": "1", "watch": channel}
    assert all(tab.session.token(run).startswith("watch.") for run in tab.session.runs.values())


def test_what_the_shown_page_does_is_followed(local: LocalClient, access: Cookies) -> None:
    channel = local.open_channel("alice")
    teacher = start(shown(Tab(), channel), local)
    tab = follower(channel, access)
    seen: list[Any] = []
    for act in (turned, reset, elsewhere):
        access.owner = "alice"
        act(teacher)
        access.owner = "bob"
        tab.command(name="follow", n=len(seen)).run()
        now = tab.session
        seen.append((now.knobs["epsilon"], now.whole.scene, now.runs == teacher.session.runs))

    assert seen == [(0.4, "family", True), (0.4, "family", True), (0.1, "bias", True)]


def test_an_unchanged_page_is_not_read_anew(local: LocalClient, access: Cookies) -> None:
    channel = local.open_channel("alice")
    start(shown(Tab(), channel), local)
    tab = follower(channel, access)
    before = tab.session
    tab.command(name="follow", n=1).run()

    assert tab.session is before


@pytest.mark.parametrize("said", [{"name": "start"}, {"name": "reset"}, {"name": "fork", "at": 0}])
def test_who_follows_can_not_start_reset_or_fork(
    local: LocalClient, access: Cookies, said: dict[str, Any]
) -> None:
    channel = local.open_channel("alice")
    teacher = start(shown(Tab(), channel), local)
    tab = follower(channel, access).command(**said)

    assert tab.session.runs == teacher.session.runs
    assert len(local.runs("bob")) == 0


def test_a_run_of_ones_own_has_the_same_knobs_and_follows_nobody(
    local: LocalClient, access: Cookies
) -> None:
    channel = local.open_channel("alice")
    teacher = turn(start(shown(Tab(), channel), local), 0.4)
    tab = start(follower(channel, access).press("own-run"), local)

    assert "watch" not in tab.address
    assert tab.session.knobs["epsilon"] == 0.4
    assert not set(tab.session.runs.values()) & set(teacher.session.runs.values())
    assert not tab.at.slider(key="knob.control.epsilon").disabled


def test_who_follows_sees_a_move_that_the_runs_have_not_heard_of_yet(
    local: LocalClient, access: Cookies
) -> None:
    channel = local.open_channel("alice")
    teacher = turn(start(shown(Tab(), channel), local), 0.4)
    for epsilon, address in (("0.4", {}), ("0.3", {"k.epsilon": "0.3"})):
        local.publish(channel, "alice", {**local.published(channel).address, **address})

        followed = follower(channel, access).session
        assert followed.knobs["epsilon"] == float(epsilon)
        assert followed.runs == teacher.session.runs


def test_a_page_that_is_shown_no_more_says_so(access: Cookies) -> None:
    tab = follower("nobodyhere00", access)

    assert tab.notes.startswith(opening.NO_CHANNEL)
    assert tab.session.runs == {}


def test_a_reload_goes_on_showing(local: LocalClient) -> None:
    channel = local.open_channel("alice")
    address = shown(Tab(), channel).address
    again = turn(opened(address), 0.4)

    assert address["class"] == channel
    assert again.address["class"] == channel
    assert local.published(channel).address["k.epsilon"] == "0.4"


def test_nobody_shows_on_anothers_channel(local: LocalClient, access: Cookies) -> None:
    channel = local.open_channel("alice")
    access.owner = "bob"
    tab = turn(Tab(**{"class": channel}), 0.4)

    assert "class" not in tab.run().address
    assert local.published(channel).address == {}


def test_what_is_shown_is_the_page_and_no_language(local: LocalClient) -> None:
    channel = local.open_channel("alice")
    shown(Tab(lang="zh", view="projector"), channel)

    assert local.published(channel).address == {"page": "control", "v": "1", "scene": "family"}


def test_the_picture_of_an_address_is_its_code() -> None:
    import segno

    text = "http://127.0.0.1:8501/control?v=1&at=5"
    drawn = segno.make(text, error="l", micro=False)
    expected = drawn.svg_inline(border=3, dark="#000", light="#fff", omitsize=True)

    assert share.picture(text) == expected
