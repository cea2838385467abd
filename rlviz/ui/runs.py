"""The page of one's runs: a list to look through, and what can be done with each."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import streamlit as st

from rlviz import lessons
from rlviz.catalogue import Catalogue
from rlviz.errors import RlvizError
from rlviz.i18n import Say
from rlviz.runs.client import Listed
from rlviz.signals import SIGNALS
from rlviz.ui import chrome, component, engine, link, specs
from rlviz.ui.session import NO_OWNER
from rlviz.ui.values import Note

NOTE = "rlviz.runs.note"  # what the last command has to say
EVERY = 3  # seconds between two looks at runs that play
MOVING = ("playing", "queued", "recovering", "stalled")
TOGETHER = 5.0  # seconds within which the runs of a lesson's stages are started
LARGEST = 64  # MB of an archive
NOT_YOURS = "That run belongs to another browser, or it is gone."


def page() -> Page:
    """The page for this browser."""
    return Page(engine.access().read_owner(st.context.cookies))


@dataclass(frozen=True)
class Page:
    """The parts of the page; `owner` is None where the browser keeps no cookies."""

    owner: str | None

    def head(self) -> None:
        """What this is, and what the last command has to say."""
        say = chrome.say()
        about = say("Every run of this browser, the newest first. Nobody else sees them.")
        with st.container(key="lesson-head"):
            st.html(f"<h1>{html.escape(say('Runs'))}</h1><p>{html.escape(about)}</p>")
        if self.owner is None:
            st.info(say(NO_OWNER), icon=":material/info:")
        if note := st.session_state.pop(NOTE, None):  # it may quote a file: no Markdown
            words = html.escape(say(note.text, **note.values))
            st.html(f'<p role="status" class="rv-said">{words}</p>')

    def runs(self) -> None:
        """The list, looked at again and again while something moves."""
        listed = self.listed()
        if listed:
            _list(self, moving=_moves(listed))
            return
        say, first = chrome.say(), lessons.road()[0].lessons[0].name
        st.markdown(say("No run yet. Open a lesson and press Play: its runs will stand here."))
        there = chrome.pages()
        if first in there:
            st.page_link(there[first], label=say("To the first lesson"))

    def bring(self) -> None:
        """A run that was exported, here or elsewhere."""
        say = chrome.say()
        with st.popover(say("Import a run"), key="bring", type="tertiary"):
            given = st.file_uploader(
                say("A zip that was exported from a run, {most} MB at most", most=LARGEST),
                type="zip",
                key="import-run",
                max_upload_size=LARGEST,
                disabled=self.owner is None,
            )
            pressed = st.button(
                say("Import"), key="import", disabled=given is None or self.owner is None
            )
        if pressed and given is not None and self.owner is not None:
            _say_after(self._adopt, given.getvalue())
            st.rerun()

    def table(self) -> None:
        """The component with the rows as they are now."""
        if NOTE in st.session_state:
            st.rerun()  # only the head of the page can say it
        say, listed = chrome.say(), self.listed()
        data = component.look(chrome.language(), projector=chrome.projector())
        ready = rows(listed, engine.client().catalogue(), say)
        data |= {"stages": [], "rows": ready, "most": link.MOST_STAGES}
        data |= {"style": engine.asset_url("runs.css"), "compare": address("compare", {})}
        component.mount(
            "runs",
            data,
            key="runs",
            on_command=lambda: self.command(st.session_state["runs"].command),
        )

    def command(self, said: object) -> None:
        """The browser wants a run to be renamed or deleted."""
        match said:
            case {"name": "rename", "run": str(run), "to": str(to)}:
                _say_after(self._rename, run, to)
            case {"name": "delete", "run": str(run)}:
                _say_after(self._delete, run)

    def _rename(self, run: str, to: str) -> None:
        if self._mine(run):
            engine.client().rename(run, to)

    def _delete(self, run: str) -> None:
        if self._mine(run):
            engine.client().stop(run)

    def _adopt(self, archive: bytes) -> None:
        engine.client().adopt(archive, cast(str, self.owner))
        st.session_state[NOTE] = Note("The run was imported; it stands first in the list.")

    def _mine(self, run: str) -> bool:
        """Whether it is; else the page says so and nothing happens."""
        owned = self.owner is not None and engine.client().owns(run, self.owner)
        if not owned:
            st.session_state[NOTE] = Note(NOT_YOURS)
        return owned

    def listed(self) -> list[Listed]:
        """This browser's runs, the newest first."""
        return engine.client().runs(self.owner) if self.owner is not None else []


@st.fragment
def _standing(page: Page) -> None:
    page.table()


@st.fragment(run_every=EVERY)
def _watched(page: Page) -> None:
    page.table()
    if not _moves(page.listed()):
        st.rerun()  # to the other one: nothing moves any more


def _list(page: Page, *, moving: bool) -> None:
    (_watched if moving else _standing)(page)


def _moves(listed: Sequence[Listed]) -> bool:
    return any(one.status in MOVING for one in listed)


def _say_after(act: Any, *arguments: Any) -> None:
    """Do it; what is refused is said on the page."""
    try:
        act(*arguments)
    except RlvizError as refused:
        st.session_state[NOTE] = Note.of(refused)


def rows(listed: Sequence[Listed], catalogue: Catalogue, say: Say) -> list[dict[str, Any]]:
    """Every run as its row shows it, forks below their parents."""
    names = {one.run: specs.name(one.about, one.spec, catalogue, say) for one in listed}
    together = _together(listed)
    return [
        _row(one, depth, catalogue, say)
        | {"name": names[one.run], "open": _opens(together[one.run])}
        | {"parent": _parent(one, names)}
        for one, depth in _families(listed)
    ]


def _row(one: Listed, depth: int, catalogue: Catalogue, say: Say) -> dict[str, Any]:
    """All that a row shows of a run but its name."""
    declared = SIGNALS.get(one.signal)
    return {
        "run": one.run,
        "own": one.about.name,
        "method": specs.method(one.spec, catalogue, say),
        "world": specs.world(one.spec, catalogue, say),
        "differs": specs.differing(one.spec, catalogue, say),
        "changes": len(one.spec.interventions),
        "seed": one.spec.seed,
        "replicas": one.spec.replicas,
        "status": one.status,
        "sentence": one.sentence,
        "iteration": one.iteration,
        "created": one.created,
        "depth": depth,
        "signal": one.signal,
        "symbol": declared.symbol if declared else "",
        "measures": say(declared.meaning) if declared else "",
        "curve": [None if v != v else v for v in one.curve],
        "token": engine.access().token(one.run, "watch"),
    }


def _parent(one: Listed, names: dict[str, str]) -> dict[str, Any] | None:
    if one.parent is None:
        return None
    return {"name": names.get(one.parent.run, ""), "iteration": one.parent.iteration}


def _families(listed: Sequence[Listed]) -> list[tuple[Listed, int]]:
    """Every run with how deep it stands below the first of its line; forks below their parents."""
    known = {one.run for one in listed}
    children: dict[str, list[Listed]] = {}
    for one in listed:
        above = one.parent.run if one.parent and one.parent.run in known else ""
        children.setdefault(above, []).append(one)
    found, waiting = [], [(one, 0) for one in reversed(children.get("", []))]
    while waiting:
        one, depth = waiting.pop()
        found.append((one, depth))
        waiting += [(child, depth + 1) for child in reversed(children.get(one.run, []))]
    return found


def _together(listed: Sequence[Listed]) -> dict[str, list[Listed]]:
    """For each run those that stand on the stages of its lesson beside it, itself among them."""
    found = {}
    for one in listed:
        stages = {one.about.alias: one}
        near = [
            other
            for other in listed
            if (other.about.lesson, other.about.scene) == (one.about.lesson, one.about.scene)
            and abs(other.created - one.created) < TOGETHER
        ]
        for other in sorted(near, key=lambda o: abs(o.created - one.created)):
            stages.setdefault(other.about.alias, other)
        found[one.run] = list(stages.values())
    return found


def _opens(together: Sequence[Listed]) -> str:
    """The page on which a run goes on: that of its lesson, else the comparison."""
    about = together[0].about
    if about.lesson not in lessons.names():
        return address("compare", {"runs": together[0].run})
    lesson = lessons.lesson(about.lesson)
    scenes = {scene.name for scene in lesson.scenes}
    scene = about.scene if about.scene in scenes else ""
    whole = lessons.lesson(about.lesson, scene)
    order = [stage.alias for stage in whole.stages]
    cast_of = [one for one in together if one.about.alias in order]
    cast_of = sorted(cast_of, key=lambda o: order.index(o.about.alias))[: link.MOST_STAGES]
    said = link.Link(
        runs=tuple(one.run for one in cast_of) or (together[0].run,),
        scene=scene or None,
        cast=tuple(one.about.alias for one in cast_of) if whole.cast else (),
    )
    return address(about.lesson, link.write(said))


def address(name: str, parameters: dict[str, str]) -> str:
    """A page of ours with this tab's language and size."""
    look = link.write(link.Link(language=chrome.language(), projector=chrome.projector()))
    return f"/{'' if name == chrome.HOME else name}?{link.query(look | parameters)}"
