"""What a browser tab knows of a lesson, and everything that changes it.

The truth stands here, under a key that is no widget's: Streamlit forgets a widget's value when its
page is left, and a slider that falls back to its default would restart a run. The address is read
once, when a tab first opens the lesson, and written after every change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import streamlit as st

from rlviz.catalogue import Catalogue
from rlviz.errors import NoSuchRun, RlvizError
from rlviz.hyperparameters import Field, Value
from rlviz.lessons import Lesson, Stage
from rlviz.runs.client import RunView
from rlviz.runs.spec import Set
from rlviz.ui import engine, knobs, link
from rlviz.ui.knobs import Knobs
from rlviz.ui.link import Note

LANGUAGE, PROJECTOR = "rlviz.language", "rlviz.projector"
GONE = "That run is gone: the server was restarted or it was deleted. Press Play to start it again."
WATCHING = "You are watching: this run belongs to another browser, which steers it."
NO_OWNER = "This browser keeps no cookies, so it can watch runs but not steer them."


@dataclass
class Session:
    """One lesson in one tab."""

    lesson: Lesson
    catalogue: Catalogue
    owner: str | None
    knobs: Knobs
    base: Knobs  # what the running runs stand at
    runs: dict[str, str] = field(default_factory=dict)  # alias → run id
    mine: bool = True
    preset: str | None = None
    notes: list[Note] = field(default_factory=list)
    news: dict[str, str] = field(default_factory=dict)  # live knob → value that was sent, as text
    acted: dict[str, int] = field(default_factory=dict)  # live knob → iteration from which it acts
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)
    needs_page: bool = False  # a change inside a fragment that the whole page must show

    # -------------------------------------------------------------- what is so

    @property
    def fields(self) -> dict[str, Field]:
        """The knobs of the lesson in the world of now."""
        return knobs.fields(self.lesson, self.catalogue, str(self.knobs["world"]))

    @property
    def may_steer(self) -> bool:
        """Whether this browser may turn knobs."""
        return self.mine and self.owner is not None

    @property
    def pending(self) -> Knobs:
        """Restart knobs that differ from what the runs stand at."""
        if not self.runs:
            return {}
        moved = {n: v for n, v in self.knobs.items() if v != self.base.get(n)}
        return {n: v for n, v in moved.items() if not self.fields[n].live}

    def views(self) -> list[RunView]:
        """The runs as the engine sees them now, in the order of the stages."""
        return [engine.client().view(run) for run in self.runs.values()]

    def token(self, run: str) -> str:
        """A token for the live route; the same one each time, so that equal data stay equal."""
        role: Literal["control", "watch"] = "control" if self.may_steer else "watch"
        if (run, role) not in self.tokens:
            self.tokens[run, role] = engine.access().token(run, role)
        return self.tokens[run, role]

    # -------------------------------------------------------------- what changes it

    def turn(self, name: str, raw: object) -> None:
        """A knob was moved: clamp it, and send it at once where it is live."""
        value, changed = self.fields[name].clamp(raw)
        if value is None or changed:
            self.notes = [Note("`{rule}` must hold.", {"rule": self.fields[name].bounds})]
            self.needs_page = True
        if value is None:
            return
        self.preset = None
        self._take(name, value)
        self._send([name])
        self.write()

    def apply_preset(self, name: str) -> None:
        """Set every knob of a preset; runs are made anew where it turns a restart knob."""
        asked = self.lesson.preset(name).knobs
        for knob in sorted(asked, key=lambda knob: knob != "world"):  # its fields come with it
            self._take(knob, self.fields[knob].check(asked[knob]))
        self.preset = name
        if self.pending:
            self.restart()
        else:
            self._send(self.knobs)
        self.needs_page = True
        self.write()

    def start(self, *, playing: bool = True, speed: float | None = None) -> None:
        """Start a run for each stage and put their ids into the address."""
        if self.owner is None:
            self.notes = [Note(NO_OWNER)]
            return
        client, runs = engine.client(), {}
        try:
            for stage in self.lesson.stages:
                spec = knobs.spec(stage, self.knobs, self.catalogue)
                runs[stage.alias] = client.start(spec, self.owner, playing=playing, speed=speed)
        except RlvizError as refused:
            _stop(runs.values())
            self.notes = [Note("{sentence}", {"sentence": str(refused)})]
            return
        self.runs, self.base, self.mine = runs, dict(self.knobs), True
        self.notes, self.news, self.acted, self.needs_page = [], {}, {}, True
        self.write()

    def restart(self, *, playing: bool | None = None) -> None:
        """The same stages again from iteration 0, with the knobs as they stand now."""
        if not self.may_steer:
            return
        try:
            view = self.views()[0]
            playing = view.status == "playing" if playing is None else playing
            speed = view.speed
        except (NoSuchRun, IndexError):
            playing, speed = bool(playing), self.lesson.speed
        old = list(self.runs.values())
        self.start(playing=playing, speed=speed)
        _stop(run for run in old if run not in self.runs.values())

    def keep(self) -> None:
        """Bring restart knobs into the running runs without throwing away what they learned."""
        for stage in self.lesson.stages:
            for change in knobs.keeping(self.pending, stage, self.knobs, self.catalogue):
                if not self._told(stage, change):
                    return
        self.base |= self.pending
        self.write()

    def look(self) -> None:
        """After the browser lost a run: which are still there, and new tokens for them."""
        self.tokens.clear()
        try:
            self.views()
        except NoSuchRun:
            self.forget(GONE)

    def forget(self, why: str | None = None) -> None:
        """No run any more; the knobs stay as they are."""
        self.runs, self.news, self.acted = {}, {}, {}
        self.mine = self.needs_page = True
        self.notes = [Note(why)] if why else []
        self.write()

    def write(self) -> None:
        """Put this tab's state into its address."""
        first = knobs.defaults(self.lesson, self.catalogue, str(self.knobs["world"]))
        moved = {n: v for n, v in self.knobs.items() if v != first[n] or n == "world"}
        if moved["world"] == self.lesson.stages[0].world:
            moved.pop("world")
        address(runs=tuple(self.runs.values()), preset=self.preset, moved=moved)

    def _take(self, name: str, value: Value) -> None:
        if name == "world" and value != self.knobs["world"]:
            self.knobs = knobs.in_world(self.knobs, self.lesson, self.catalogue, str(value))
        self.knobs[name] = value

    def _send(self, names: Iterable[str]) -> None:
        for name in names:
            value = self.knobs[name]
            if not self.fields[name].live or not self.runs or self.base.get(name) == value:
                continue
            for stage in self.lesson.stages:
                known = name in self.catalogue.algorithm(stage.algorithm).fields
                if known and not self._told(stage, Set(name, value)):
                    return
            self.base[name] = value
            self.news[name] = link.as_text(value)
            self.acted.pop(name, None)

    def _told(self, stage: Stage, change: Any) -> bool:
        try:
            engine.client().intervene(self.runs[stage.alias], change)
        except NoSuchRun:
            self.forget(GONE)
            return False
        except RlvizError as refused:
            self.notes, self.needs_page = [Note("{sentence}", {"sentence": str(refused)})], True
            return False
        return True


def of(lesson: Lesson) -> Session:
    """This tab's session of a lesson; the address is read when there is none yet."""
    key = f"rlviz.lesson.{lesson.name}"
    if key not in st.session_state:
        st.session_state[key] = _opened(lesson)
    found = cast(Session, st.session_state[key])
    found.write()
    return found


def address(
    *, runs: tuple[str, ...] = (), preset: str | None = None, moved: Knobs | None = None
) -> None:
    """Write the whole address; only where it differs, because each write is a message."""
    language, large = st.session_state.get(LANGUAGE), bool(st.session_state.get(PROJECTOR))
    said = link.Link(language, large, runs, preset, moved or {})
    if (wanted := link.write(said)) != st.query_params.to_dict():
        st.query_params.from_dict(wanted)


def _opened(lesson: Lesson) -> Session:
    """Read the address: runs that are alive say where the knobs stand, else it says so itself."""
    client = engine.client()
    catalogue = client.catalogue()
    owner = engine.access().read_owner(st.context.cookies)
    parameters = st.query_params.to_dict()
    presets = [preset.name for preset in lesson.presets]
    worlds = knobs.fields(lesson, catalogue, lesson.stages[0].world)["world"].options
    asked = parameters.get(f"{link.KNOB}world")
    world = asked if asked in worlds else lesson.stages[0].world
    said, notes = link.read(parameters, knobs.fields(lesson, catalogue, world), presets)
    first = knobs.defaults(lesson, catalogue, world)
    session = Session(lesson, catalogue, owner, first, dict(first), notes=list(notes))
    session.preset = said.preset
    if said.preset:
        for name, raw in lesson.preset(said.preset).knobs.items():
            session.knobs[name] = session.fields[name].check(raw)
    session.knobs |= said.knobs
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
    for stage in session.lesson.stages:
        fits = [r for r in free if r in views and views[r].spec.algorithm == stage.algorithm]
        if fits:
            free.remove(fits[0])
            found[stage.alias] = views[fits[0]]
    worlds = session.fields["world"].options
    strange = any(view.spec.world not in worlds for view in found.values())
    if strange or len(found) < len(session.lesson.stages):
        session.notes.append(Note(GONE))
        return
    session.runs = {alias: view.run for alias, view in found.items()}
    specs = [view.spec for view in found.values()]
    session.base = knobs.of_runs(specs, session.lesson, session.catalogue)
    session.mine = session.owner is not None and all(
        client.owns(view.run, session.owner) for view in found.values()
    )
    # The runs say where live knobs stand; a restart knob of the address is still to be applied.
    session.knobs = dict(session.base)
    known = session.fields
    waiting = {n: v for n, v in said.knobs.items() if n in session.base and not known[n].live}
    session.knobs |= waiting if session.mine else {}


def _stop(runs: Iterable[str]) -> None:
    for run in runs:
        try:
            engine.client().stop(run)
        except NoSuchRun:
            continue
