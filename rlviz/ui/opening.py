"""How a tab comes to its session of a lesson: by the address, or by the switch of its scenes.

An address that follows a channel is read anew at every run of the page: its session is what the
channel shows. Any other is read once, when a tab first opens the lesson.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import cast

import streamlit as st

from rlviz import lessons
from rlviz.errors import NoSuchRun, RlvizError
from rlviz.lessons import Lesson, Stage
from rlviz.runs.client import Published, RunView
from rlviz.ui import address, description, engine, knobs, link
from rlviz.ui.knobs import Knobs
from rlviz.ui.session import GONE, NO_OWNER, Session
from rlviz.ui.values import Note

NO_CHANNEL = "Nobody shows a page under this link any more."
NO_LINK = "This short link is not kept here (any more); the page opens as it is."
_FOLLOWED = "rlviz.followed"


def of(name: str) -> Session:
    """This tab's session of the lesson and the scene that it is in, opened where there is none.

    Streamlit may cut a script off at any use of the session state and run it anew; so the session
    stands before anything says that the address has been read.
    """
    if channel := st.query_params.get("watch", ""):
        return _followed(name, channel)
    first = _chosen(name) not in st.session_state
    parameters = _whole(st.query_params.to_dict()) if first else {}
    scene = _scene(name, parameters) if first else str(st.session_state[_chosen(name)])
    key = _key(name, scene)
    if key not in st.session_state:
        # The address is that of the scene that was left, unless the tab has just been opened.
        st.session_state[key] = _opened(lessons.lesson(name, scene), parameters)
        if parameters.get("class"):
            address.show(parameters["class"])
    if first:
        st.session_state[_chosen(name)] = scene
    found = cast(Session, st.session_state[key])
    found.write()
    return found


def move(left: Session, scene: str) -> None:
    """To another scene of the lesson; the runs of the one that is left wait."""
    if scene != left.whole.scene and not left.follows:
        left.rest()
        st.session_state[_chosen(left.whole.name)] = scene


def run_preset(session: Session, name: str) -> None:
    """Apply a preset of the lesson, in the scene that has it."""
    for scene in lessons.scenes(session.whole.name):
        if name in [preset.name for preset in scene.presets]:
            move(session, scene.scene)
            of(scene.name).apply_preset(name)
            return


def leave(session: Session) -> None:
    """Follow nobody and watch no other browser's run: the same knobs, for runs of one's own."""
    session.follows, name = "", session.whole.name
    st.session_state[_key(name, session.whole.scene)] = session
    st.session_state[_chosen(name)] = session.whole.scene
    st.session_state.pop(_FOLLOWED, None)
    session.forget()


def is_new(session: Session) -> bool:
    """Whether the channel that a session follows shows something else by now."""
    kept = st.session_state.get(_FOLLOWED)
    return kept is None or _published(session.follows) != kept[0]


def _followed(name: str, channel: str) -> Session:
    """The session that a channel shows: made anew when it shows something else."""
    shown = _published(channel)
    page = shown.address.get(address.PAGE, name)
    if page != name and page in lessons.names():
        asked = st.query_params.to_dict()
        st.switch_page(f"pages/{page}.py", query_params=asked)
    kept = st.session_state.get(_FOLLOWED)
    if kept is None or kept[0] != shown or kept[1].follows != channel or page != name:
        said = {n: v for n, v in shown.address.items() if n not in (address.PAGE, "watch")}
        session = _opened(lessons.lesson(name, _scene(name, said)), said, follows=channel)
        if not shown.address:
            session.notes.append(Note(NO_CHANNEL))
        st.session_state[_FOLLOWED] = kept = (shown, session)
    found = cast(Session, kept[1])
    found.write()
    return found


def told() -> int:
    """How often the channel that this tab follows had shown something, when this was read."""
    kept = st.session_state.get(_FOLLOWED)
    return kept[0].n if kept else 0


def _published(channel: str) -> Published:
    try:
        return engine.client().published(channel)
    except RlvizError:
        return Published(0, {})


def _whole(parameters: dict[str, str]) -> dict[str, str]:
    """The parameters that an address stands for, where it is a short one."""
    if not (short := parameters.get("s")):
        return parameters
    try:
        kept = engine.client().kept_link(short)
    except RlvizError:
        kept = {}
    own = {name: text for name, text in parameters.items() if name != "s"}
    return {**kept, **own} if kept else parameters


def _chosen(name: str) -> str:
    return f"rlviz.scene.{name}"


def _key(name: str, scene: str) -> str:
    return ".".join(filter(None, ("rlviz.lesson", name, scene)))


def _scene(name: str, parameters: Mapping[str, str]) -> str:
    """The scene that an address names, else the first one; empty where a lesson has none."""
    asked, known = parameters.get("scene"), _scenes(name)
    return asked if asked in known else next(iter(known), "")


def _scenes(name: str) -> list[str]:
    return [scene.name for scene in lessons.lesson(name).scenes]


def _opened(lesson: Lesson, parameters: Mapping[str, str], *, follows: str = "") -> Session:
    """Read the address: runs that are alive say where the knobs stand, else it says so itself."""
    catalogue = engine.client().catalogue()
    owner = engine.access().read_owner(st.context.cookies)
    said, notes = link.read(parameters, lesson, catalogue)
    first = knobs.defaults(lesson, catalogue, link.world_of(parameters, lesson, catalogue))
    session = Session(lesson, catalogue, owner, first, dict(first), notes=list(notes))
    session.cast = said.cast or tuple(s.alias for s in lesson.stages if s.alias in lesson.cast)
    session.hidden, session.locked, session.asked = said.hide, said.lock, said.show
    session.view, session.preset, session.follows = said.show, said.preset, follows
    if said.preset:
        session.take(lesson.preset(said.preset).knobs)
    session.take({n: v for n, v in said.knobs.items() if n in session.knobs})
    if said.short:
        session.notes.append(Note(NO_LINK))
    if said.runs:
        _join(session, said)
    elif (said.at or said.go) and owner is not None and not follows:
        _start(session, said)
    if owner is None and not follows:
        session.notes.append(Note(NO_OWNER))
    return session


def _start(session: Session, said: link.Link) -> None:
    """Start the runs that an address describes, and those that they were forked from."""
    lesson, catalogue = session.whole, session.catalogue
    specs = description.specs(replace(said, knobs=session.knobs), lesson, catalogue)
    until = description.until(said, specs)
    if session.begin(specs, playing=not said.at, speed=lesson.speed, until=until):
        own = [specs[alias] for alias in session.runs]
        session.base = knobs.of_runs(own, session.lesson, catalogue)
        session.knobs = dict(session.base)
        session.preset = None if said.changes else said.preset


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
    session.parents = _parents(session, said)
    specs = [view.spec for view in found.values()]
    silent = knobs.in_world({}, session.whole, session.catalogue, specs[0].world)
    session.base = silent | knobs.of_runs(specs, session.lesson, session.catalogue)
    session.mine = session.owner is not None and all(
        client.owns(view.run, session.owner) for view in found.values()
    )
    asked, session.knobs = session.knobs, dict(session.base)
    session.knobs |= _newer(session, said, asked)


def _newer(session: Session, said: link.Link, asked: Knobs) -> Knobs:
    """What an address knows of knobs that its runs do not know yet."""
    known = {n: field for n, field in session.fields.items() if n in session.base}
    if session.follows:  # it was written with the move, which the runs may be about to hear of
        return {n: asked[n] for n, field in known.items() if field.live}
    # The runs say where live knobs stand; a restart knob of the address is still to be applied.
    waiting = {n: v for n, v in said.knobs.items() if n in known and not known[n].live}
    return waiting if session.mine else {}


def _parents(session: Session, said: link.Link) -> dict[str, str]:
    """The runs that an address names as those from which its own were forked, if they are alive."""
    client, found, free = engine.client(), dict[str, str](), list(said.parents)
    for stage in session.lesson.stages:
        for run in free:
            with suppress(NoSuchRun):
                if _fits(session, client.view(run), stage):
                    found[stage.alias] = run
                    free.remove(run)
                    break
    return found


def _fits(session: Session, view: RunView, stage: Stage) -> bool:
    return knobs.fits(view.spec, stage, session.catalogue)
