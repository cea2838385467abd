"""Looking at the past: a knob waits, a fork stands beside its parent, slow motion runs aside."""

from __future__ import annotations

from typing import Any

import pytest

from rlviz.errors import NoSuchRun
from rlviz.runs.local import LocalClient
from rlviz.ui import past
from tests.ui.conftest import Cookies, Tab

STAND = 40  # iterations that the runs have when a test begins


@pytest.fixture
def tab(access: Cookies, local: LocalClient) -> Tab:  # noqa: ARG001  # it installs the engine
    """A tab whose runs stand at `STAND`."""
    opened = Tab().command(name="start", playing=False, speed=1000)
    for run in opened.session.runs.values():
        local.wait(run, lambda view: view.status == "paused")
        local.step(run, n=STAND)
        local.wait(run, lambda v: v.status == "paused" and v.iteration == STAND)
    return opened


def turn(tab: Tab, epsilon: float) -> Tab:
    tab.at.slider(key="knob.control.epsilon").set_value(epsilon)
    return tab.run()


def changes(local: LocalClient, run: str) -> list[tuple[int, str, Any]]:
    """The marks that knobs have left on a run."""
    return [(m["iteration"], m["field"], m["new"]) for m in local.view(run).marks]


def settled(local: LocalClient, run: str, marks: int) -> None:
    """Until a run stands and has so many marks."""
    local.wait(run, lambda v: v.status == "paused" and len(local.view(v.run).marks) == marks)


def test_a_knob_that_is_moved_while_looking_at_the_past_changes_nothing(
    tab: Tab, local: LocalClient
) -> None:
    before = tab.command(name="past", at=12).address

    turn(tab, 0.4)

    assert (tab.session.past, tab.session.held) == (12, {"epsilon": 0.4})
    assert tab.session.knobs["epsilon"] == 0.1
    assert tab.address == before
    assert [changes(local, run) for run in tab.session.runs.values()] == [[], []]


def test_what_is_held_is_told_to_the_transport(tab: Tab) -> None:
    turn(tab.command(name="past", at=12), 0.4)

    assert past.stand(tab.session) == {
        "past": 12,
        "held": [{"symbol": "ε", "old": "0.1", "new": "0.4"}],
        "compared": False,
        "may_fork": True,
    }


def test_back_in_the_present_what_was_held_is_forgotten(tab: Tab, local: LocalClient) -> None:
    turn(tab.command(name="past", at=12), 0.4)

    tab.command(name="past", at=None)

    assert (tab.session.past, tab.session.held) == (None, {})
    assert [changes(local, run) for run in tab.session.runs.values()] == [[], []]


def test_dismissed_it_acts_nowhere_and_the_tab_stays_where_it_looks(tab: Tab) -> None:
    turn(tab.command(name="past", at=12), 0.4)

    tab.command(name="forget")

    assert (tab.session.past, tab.session.held) == (12, {})


def test_now_and_set_it_there(tab: Tab, local: LocalClient) -> None:
    turn(tab.command(name="past", at=12), 0.4)

    tab.command(name="now", held=True)

    assert (tab.session.past, tab.session.held, tab.session.knobs["epsilon"]) == (None, {}, 0.4)
    for run in tab.session.runs.values():
        settled(local, run, 1)
        assert changes(local, run) == [(STAND, "epsilon", 0.4)]


def test_forked_there_with_what_was_held(tab: Tab, local: LocalClient) -> None:
    parents = dict(tab.session.runs)
    turn(tab.command(name="past", at=12), 0.4)

    tab.command(name="fork", at=12, held=True)

    session = tab.session
    assert (session.past, session.held, session.parents) == (None, {}, parents)
    assert (session.knobs["epsilon"], session.base["epsilon"]) == (0.4, 0.4)
    for alias, run in session.runs.items():
        settled(local, run, 1)
        view = local.view(run)
        assert view.parent is not None
        assert (view.parent.run, view.parent.iteration) == (parents[alias], 12)
        assert changes(local, run) == [(12, "epsilon", 0.4)]
        assert changes(local, parents[alias]) == []


def test_a_fork_stands_beside_its_parent_which_no_knob_reaches(
    tab: Tab, local: LocalClient
) -> None:
    parents = list(tab.session.runs.values())
    tab.command(name="fork", at=12)
    children = list(tab.session.runs.values())

    turn(tab, 0.4)

    for run in children:
        settled(local, run, 1)
    assert [changes(local, run) for run in children] == [[(12, "epsilon", 0.4)]] * 2
    assert [changes(local, run) for run in parents] == [[], []]
    shown = [past.runs(tab.session, stage) for stage in tab.session.displayed.stages]
    assert [one["run"] for one in shown] == children + parents
    assert [one.get("parent", False) for one in shown] == [False, False, True, True]
    assert [one.get("bare", False) for one in shown] == [False] * 4


def test_knobs_of_a_fork_stand_where_they_stood_at_that_iteration(
    tab: Tab, local: LocalClient
) -> None:
    turn(tab, 0.4)
    for run in tab.session.runs.values():
        settled(local, run, 1)

    tab.command(name="fork", at=12)

    assert tab.session.knobs["epsilon"] == 0.1


def test_the_end_of_a_comparison_leaves_the_parents_alive(tab: Tab, local: LocalClient) -> None:
    parents = dict(tab.session.runs)
    tab.command(name="fork", at=12)

    tab.command(name="end comparison")

    assert tab.session.parents == {}
    assert len(tab.session.displayed.stages) == 2
    assert {local.view(run).iteration for run in parents.values()} == {STAND}


def test_a_comparison_survives_a_reload(tab: Tab) -> None:
    parents = dict(tab.session.runs)
    tab.command(name="fork", at=12)

    reloaded = Tab(**{name.replace(".", "__"): text for name, text in tab.address.items()})

    assert reloaded.session.runs == tab.session.runs
    assert reloaded.session.parents == parents


def test_slow_motion_of_the_past_runs_aside(tab: Tab, local: LocalClient) -> None:
    runs = dict(tab.session.runs)

    tab.command(name="slow", at=12)

    session = tab.session
    assert (session.runs, session.past) == (runs, 12)
    for stage in session.displayed.stages:
        shown = past.runs(session, stage)
        assert shown["live"]["run"] == runs[stage.alias]
        assert shown["control"] is True
        local.wait(shown["run"], lambda v: v.status == "paused" and v.iteration == 12)


@pytest.mark.parametrize("said", [{"name": "now"}, {"name": "past", "at": 3}])
def test_the_runs_aside_go_where_nobody_looks_at_them(
    tab: Tab, local: LocalClient, said: dict[str, Any]
) -> None:
    aside = list(tab.command(name="slow", at=12).session.aside.values())

    tab.command(**said)

    assert len(aside) == 2
    assert (tab.session.aside, tab.session.past) == ({}, said.get("at"))
    for run in aside:
        with pytest.raises(NoSuchRun):
            local.view(run)


def test_who_watches_may_fork_and_steers_the_fork_alone(tab: Tab, access: Cookies) -> None:
    access.owner = "bob"
    watching = Tab(**{name.replace(".", "__"): text for name, text in tab.address.items()})
    assert watching.session.may_steer is False

    watching.command(name="fork", at=12)

    shown = [past.runs(watching.session, s) for s in watching.session.displayed.stages]
    roles = [one["token"].partition(".")[0] for one in shown]
    assert watching.session.may_steer is True
    assert roles == ["control", "control", "watch", "watch"]
    assert [one["control"] for one in shown] == [True, True, False, False]


def test_without_a_cookie_nothing_is_forked(tab: Tab, access: Cookies) -> None:
    access.owner = None
    watching = Tab(**{name.replace(".", "__"): text for name, text in tab.address.items()})
    before = dict(watching.session.runs)

    watching.command(name="fork", at=12)

    assert (watching.session.runs, watching.session.parents) == (before, {})
    assert "it can watch runs but not fork them" in watching.notes


@pytest.mark.parametrize("at", [-1, True, "12", 1.5, None, [12]])
def test_a_place_that_is_none_is_not_looked_at(tab: Tab, at: object) -> None:
    runs = dict(tab.session.runs)

    tab.command(name="fork", at=at).command(name="slow", at=at)

    assert (tab.session.runs, tab.session.parents, tab.session.aside) == (runs, {}, {})
