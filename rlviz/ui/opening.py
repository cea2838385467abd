"""How a tab comes to its session of a lesson: by the address, or by the switch of its scenes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import streamlit as st

from rlviz import lessons
from rlviz.errors import NoSuchRun
from rlviz.lessons import Lesson
from rlviz.runs.client import RunView
from rlviz.ui import engine, knobs, link
from rlviz.ui.link import Note
from rlviz.ui.session import GONE, NO_OWNER, Session


def of(name: str) -> Session:
    """This tab's session of the lesson and the scene that it is in, opened where there is none.

    Streamlit may cut a script off at any use of the session state and run it anew; so the session
    stands before anything says that the address has been read.
    """
    first = _chosen(name) not in st.session_state
    scene = _asked(name) if first else str(st.session_state[_chosen(name)])
    key = ".".join(filter(None, ("rlviz.lesson", name, scene)))
    if key not in st.session_state:
        # The address is that of the scene that was left, unless the tab has just been opened.
        parameters = st.query_params.to_dict() if first else {}
        st.session_state[key] = _opened(lessons.lesson(name, scene), parameters)
    if first:
        st.session_state[_chosen(name)] = scene
    found = cast(Session, st.session_state[key])
    found.write()
    return found


def move(left: Session, scene: str) -> None:
    """To another scene of the lesson; the runs of the one that is left wait."""
    if scene != left.whole.scene:
        left.rest()
        st.session_state[_chosen(left.whole.name)] = scene


def run_preset(session: Session, name: str) -> None:
    """Apply a preset of the lesson, in the scene that has it."""
    for scene in lessons.scenes(session.whole.name):
        if name in [preset.name for preset in scene.presets]:
            move(session, scene.scene)
            of(scene.name).apply_preset(name)
            return


def _chosen(name: str) -> str:
    return f"rlviz.scene.{name}"


def _asked(name: str) -> str:
    """The scene that the address names, else the first one; empty where a lesson has none."""
    asked, known = st.query_params.get("scene"), _scenes(name)
    return asked if asked in known else next(iter(known), "")


def _scenes(name: str) -> list[str]:
    return [scene.name for scene in lessons.lesson(name).scenes]


def _opened(lesson: Lesson, parameters: Mapping[str, str]) -> Session:
    """Read the address: runs that are alive say where the knobs stand, else it says so itself."""
    catalogue = engine.client().catalogue()
    owner = engine.access().read_owner(st.context.cookies)
    worlds = knobs.fields(lesson, catalogue, lesson.stages[0].world)["world"].options
    asked = parameters.get(f"{link.KNOB}world")
    world = asked if asked in worlds else lesson.stages[0].world
    said, notes = link.read(
        parameters,
        knobs.fields(lesson, catalogue, world),
        [preset.name for preset in lesson.presets],
        scenes=_scenes(lesson.name),
        stages=[stage.alias for stage in lesson.stages] if lesson.cast else (),
    )
    first = knobs.defaults(lesson, catalogue, world)
    session = Session(lesson, catalogue, owner, first, dict(first), notes=list(notes))
    session.cast = said.cast or tuple(s.alias for s in lesson.stages if s.alias in lesson.cast)
    session.preset = said.preset
    if said.preset:
        session.take(lesson.preset(said.preset).knobs)
    session.take({n: v for n, v in said.knobs.items() if n in session.knobs})
    if said.runs:
        _join(session, said)
    if owner is None:
        session.notes.append(Note(NO_OWNER))
    return session


def _join(session: Session, said: link.Link) -> None:
    """Take up the runs that an address names, where all of them are alive and fit the stages."""
    client, free, found = engine.client(), list(said.runs), dict[str, RunView]()
    try:
        views = {run: client.view(run) for run in free}
    except NoSuchRun:
        views = {}
    for stage in session.whole.stages:
        fit = [r for r in free if r in views and _fits(session, views[r], stage)]
        if fit:
            free.remove(fit[0])
            found[stage.alias] = views[fit[0]]
    worlds = session.fields["world"].options
    strange = any(view.spec.world not in worlds for view in found.values())
    missing = not found if session.whole.cast else len(found) < len(session.whole.stages)
    if strange or missing:
        session.notes.append(Note(GONE))
        return
    session.runs = {alias: view.run for alias, view in found.items()}
    specs = [view.spec for view in found.values()]
    silent = knobs.in_world({}, session.whole, session.catalogue, specs[0].world)
    session.base = silent | knobs.of_runs(specs, session.lesson, session.catalogue)
    session.mine = session.owner is not None and all(
        client.owns(view.run, session.owner) for view in found.values()
    )
    # The runs say where live knobs stand; a restart knob of the address is still to be applied.
    session.knobs = dict(session.base)
    known = session.fields
    waiting = {n: v for n, v in said.knobs.items() if n in session.base and not known[n].live}
    session.knobs |= waiting if session.mine else {}


def _fits(session: Session, view: RunView, stage: lessons.Stage) -> bool:
    return knobs.fits(view.spec, stage, session.catalogue)
