"""A lesson of several scenes, with a cast to choose and a map to draw, in the place of control."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlviz import lessons
from rlviz.runs.local import LocalClient
from rlviz.runs.spec import Edit
from tests.ui.conftest import Cookies, Tab

LESSON = """
order = 1
title = "Trial"
question = "Which?"

[[scenes]]
name = "routes"
title = "Routes"
about = "Who walks where?"
worlds = ["cliff_walking", "room"]
cast = ["careful", "bold"]
speed = 1000.0
[[scenes.stages]]
alias = "bold"
algorithm = "q_learning"
world = "cliff_walking"
[[scenes.stages]]
alias = "careful"
algorithm = "sarsa"
world = "cliff_walking"
[[scenes.stages]]
alias = "hasty"
algorithm = "q_learning"
world = "cliff_walking"
own = { alpha = 0.9 }
title = "Hasty Q-learning"
member = 5

[[scenes]]
name = "door"
title = "The door"
handy = "epsilon"
[[scenes.stages]]
alias = "door_q"
algorithm = "q_learning"
world = "room"
picture = "td_error"
[[scenes.presets]]
name = "slow"
title = "Slowly"
kind = "good"
reason = "It takes its time."
knobs = { alpha = 0.01 }
"""
SHUT = "S..#...../...#..#../...#..#../...#..#../...#..###/...#...../...#....G"  # no door


@pytest.fixture(autouse=True)
def _engine(access: Cookies) -> None:
    """Every test here needs the engine."""


@pytest.fixture(autouse=True)
def _lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The lessons as they are, but for this one."""
    folder = tmp_path / "lessons"
    shutil.copytree(lessons.FOLDER, folder)
    for path in folder.glob("*.toml"):
        if path.stem not in ("home", "road", "control"):
            path.unlink()
    (folder / "control.toml").write_text(LESSON, encoding="utf-8")
    monkeypatch.setattr(lessons, "FOLDER", folder)
    _forget()
    yield
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    for cached in (lessons.lesson, lessons.names, lessons.sections):
        cached.cache_clear()


def scene(tab: Tab, name: str) -> Tab:
    tab.at.segmented_control(key="scene.control").set_value(name)
    return tab.run()


def cast(tab: Tab, *aliases: str) -> Tab:
    tab.at.pills(key="cast.control.routes").set_value(list(aliases))
    return tab.run()


def start(tab: Tab) -> Tab:
    return tab.command(name="start", playing=False, speed=1000)


def drawn(tab: Tab) -> str:
    return str(tab.session.knobs["map"])


def refused(tab: Tab) -> str:
    note = tab.session.refused
    return note.text.format(**note.values) if note else ""


def draw(tab: Tab, new: str, keep: str, **how: bool) -> Tab:
    """What the editor of the stage tells Python."""
    return tab.command(name="edit", edits=[{"map": new, "keep": keep, **how}])


def edited(tab: Tab, row: int, column: int, letter: str) -> str:
    rows = drawn(tab).split("/")
    rows[row] = rows[row][:column] + letter + rows[row][column + 1 :]
    return "/".join(rows)


def test_the_first_scene_is_shown_and_stands_in_the_address() -> None:
    tab = Tab()

    assert tab.address == {"v": "1", "scene": "routes"}
    assert "Who walks where?" in [caption.value for caption in tab.at.caption]


def test_an_address_opens_its_scene_with_its_knobs() -> None:
    tab = Tab(scene="door", k__epsilon="0.3")

    assert tab.session.whole.scene == "door"
    assert tab.session.knobs["epsilon"] == 0.3


def test_an_unknown_scene_is_said_and_the_first_is_shown() -> None:
    tab = Tab(scene="nowhere")

    assert "nowhere" in tab.notes
    assert tab.address["scene"] == "routes"


def test_each_scene_keeps_its_own_runs_and_knobs(local: LocalClient) -> None:
    tab = Tab().command(name="start", playing=True, speed=1000)
    runs = dict(tab.session.runs)
    door = start(scene(tab, "door")).session
    waiting = [local.wait(run, lambda view: view.status == "paused") for run in runs.values()]
    back = scene(tab, "routes").session

    assert set(door.runs) == {"door_q"}
    assert len(waiting) == 2
    assert back.runs == runs
    assert tab.address["run"] == ",".join(runs.values())


def test_the_cast_is_in_the_order_of_the_lesson_and_leaves_the_others_out() -> None:
    assert list(start(Tab()).session.runs) == ["bold", "careful"]


def test_another_cast_starts_at_once_where_nothing_runs(local: LocalClient) -> None:
    tab = start(cast(Tab(), "hasty", "bold"))
    specs = {alias: local.view(run).spec for alias, run in tab.session.runs.items()}

    assert list(specs) == ["bold", "hasty"]
    assert specs["hasty"].config["alpha"] == 0.9
    assert tab.address["cast"] == "bold,hasty"


def test_another_cast_waits_for_a_restart_where_something_runs() -> None:
    tab = start(Tab())
    before = dict(tab.session.runs)
    cast(tab, "hasty")
    waiting = (dict(tab.session.runs), tab.session.recast)
    tab.press("apply-restart")

    assert waiting == (before, True)
    assert list(tab.session.runs) == ["hasty"]
    assert not tab.session.recast


def test_nobody_on_the_board_is_refused_in_words() -> None:
    tab = cast(Tab())

    assert tab.session.cast == ("bold", "careful")
    assert "methods can stand on the board" in tab.notes


def test_a_reload_finds_the_cast_and_its_runs() -> None:
    first = start(cast(Tab(), "hasty", "bold"))
    again = Tab(scene="routes", cast=first.address["cast"], run=first.address["run"])

    assert again.session.runs == first.session.runs
    assert not again.session.recast


def test_a_knob_that_every_shown_stage_owns_is_hidden() -> None:
    assert "alpha" not in cast(Tab(), "hasty").session.shown


def test_a_stage_tells_itself_from_another_of_its_algorithm() -> None:
    from rlviz.ui import component

    session = Tab().session
    said = component.pictures(lessons.lesson("control", "door"), session.catalogue, str)
    declared = session.whole.stages[2]
    data = component.stage(session.whole, declared, session.catalogue.algorithm("q_learning"), str)

    assert (data["title"], data["member"]) == ("Hasty Q-learning", 5)
    assert [figure["name"] for figure in said["figures"]] == ["td_error-door_q"]


def test_without_runs_a_drawn_map_is_a_knob_of_the_address() -> None:
    tab = Tab(scene="door")
    new = edited(tab, 0, 2, "#")
    draw(tab, new, "weights")

    assert drawn(tab) == new
    assert tab.address["k.map"] == new


@pytest.mark.parametrize("keep", ["weights", "nothing"])
def test_a_drawn_map_reaches_the_run_as_one_edit(local: LocalClient, keep: str) -> None:
    tab = Tab(scene="door").command(name="start", playing=True, speed=1000)
    new = edited(tab, 0, 2, "#")
    draw(tab, new, keep)
    view = local.wait(tab.session.runs["door_q"], lambda v: bool(v.spec.interventions))

    assert [at.intervention for at in view.spec.interventions] == [Edit({"map": new}, keep)]  # type: ignore[arg-type]  # a Keep
    assert tab.session.pending == {}


def test_what_the_browser_has_sent_is_not_sent_again(local: LocalClient) -> None:
    tab = start(Tab(scene="door"))
    told: list[object] = []
    local.intervene, kept = lambda *said: told.append(said), local.intervene  # type: ignore[method-assign,assignment,return-value]  # a spy
    draw(tab, edited(tab, 0, 2, "#"), "weights", sent=True)
    local.intervene = kept  # type: ignore[method-assign]

    assert told == []
    assert tab.session.pending == {}


def test_an_impossible_map_is_refused_in_words_and_changes_nothing() -> None:
    tab = Tab(scene="door")
    before = drawn(tab)
    draw(tab, SHUT, "weights").run()

    assert drawn(tab) == before
    assert "no way leads from the start" in refused(tab)


def test_the_map_of_before_is_drawn_again_edit_by_edit() -> None:
    tab = Tab(scene="door")
    first = drawn(tab)
    second = edited(tab, 0, 2, "#")
    draw(tab, second, "weights")
    draw(tab, edited(tab, 1, 2, "#"), "weights")
    undone = drawn(draw(tab, second, "weights"))
    twice = drawn(draw(tab, first, "weights"))

    assert (undone, twice, tab.session.drawn) == (second, first, [])


def test_a_learned_table_is_not_kept_on_a_map_of_another_size() -> None:
    tab = start(Tab(scene="door"))
    before = drawn(tab)
    draw(tab, "S..G", "weights").run()

    assert drawn(tab) == before
    assert "another size" in refused(tab)


def test_a_counter_example_runs_in_the_scene_that_has_it() -> None:
    def script() -> None:
        import streamlit as st

        from rlviz.ui import chrome, opening

        st.navigation(list(chrome.pages().values()), position="hidden")
        opening.run_preset(opening.of("control"), "slow")

    from streamlit.testing.v1 import AppTest

    at = AppTest.from_function(script, default_timeout=30).run()

    assert not at.exception
    assert at.session_state["rlviz.scene.control"] == "door"
    assert at.session_state["rlviz.lesson.control.door"].knobs["alpha"] == 0.01
