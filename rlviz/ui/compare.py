"""Up to four runs on one page: what differs between them first, then what they measured."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import streamlit as st

from rlviz.catalogue import Catalogue
from rlviz.errors import NoSuchRun, RlvizError
from rlviz.figures.comparison import (
    BASELINES,
    RETURN,
    STATISTICS,
    Compared,
    comparison,
    named,
    titled,
)
from rlviz.runs.comparison import Statistic, width
from rlviz.ui import chrome, compared, component, engine, link, specs
from rlviz.ui.compared import Shown
from rlviz.ui.runs import MOVING
from rlviz.ui.values import Note

EVERY = 2  # seconds between two looks at runs that play
OTHER_WORLDS = "These runs are on different worlds: their returns can not be compared."
THEIRS = "The run {run} belongs to another browser, or it is gone."
TOO_MANY = "At most {most} runs can be compared; the others were left out."
_TOKENS = "rlviz.compare.tokens"


def page() -> Page:
    """The page of the runs in the address, as far as they are this browser's."""
    client, owner = engine.client(), engine.access().read_owner(st.context.cookies)
    asked = list(dict.fromkeys(filter(None, st.query_params.get("runs", "").split(","))))
    notes, views = [], []
    if len(asked) > link.MOST_STAGES:
        notes.append(Note(TOO_MANY, {"most": str(link.MOST_STAGES)}))
    for run in asked[: link.MOST_STAGES]:
        try:
            if owner is None or not client.owns(run, owner):
                raise NoSuchRun(run)
            views.append(client.view(run))
        except NoSuchRun:
            notes.append(Note(THEIRS, {"run": run[:12]}))
    catalogue = client.catalogue()
    return Page(catalogue, compared.shown(views, catalogue, chrome.say()), tuple(notes))


@dataclass(frozen=True)
class Page:
    """The parts of the page, of runs that are all this browser's."""

    catalogue: Catalogue
    runs: tuple[Shown, ...]
    notes: tuple[Note, ...] = field(default=())

    def head(self) -> None:
        """What this is, and what is amiss; where there is no run, the way to them."""
        say = chrome.say()
        about = say("Up to four runs in one view: first what differs, then what they measured.")
        with st.container(key="lesson-head"):
            st.html(f"<h1>{html.escape(say('Compare'))}</h1><p>{html.escape(about)}</p>")
        notes = [say(note.text, **note.values) for note in self.notes]
        if len(compared.worlds(self.runs)) > 1:
            notes.append(say(OTHER_WORLDS))
        _told(notes)
        if not self.runs:
            st.markdown(say("Choose up to four runs on the page of your runs."))
            st.page_link(chrome.pages()["runs"], label=say("To my runs"))

    def differences(self) -> None:
        """A table of all that is not the same, and of nothing else; of one run, what it is."""
        if not self.runs:
            return
        say = chrome.say()
        made = [one.view.spec for one in self.runs]
        if len(made) > 1:
            found = specs.differences(made, self.catalogue, say)
        else:
            found = [(title, [value]) for title, value in specs.told(made[0], self.catalogue, say)]
        names = [
            f"{one.letter} · {specs.name(one.view.about, one.view.spec, self.catalogue, say)}"
            for one in self.runs
        ]
        body = "".join(_cells(title, values, "td") for title, values in found)
        st.html(
            f'<div class="rv-differences"><table><thead>{_cells("", names, "th")}</thead>'
            f"<tbody>{body}</tbody></table></div>"
        )
        if len(self.runs) > 1 and not found:
            st.caption(say("Nothing differs: these are the same run."))

    def figure(self) -> None:
        """What they measured, on shared axes; looked at again and again while one plays."""
        if self.runs:
            (_watched if self.moving else _standing)(self)

    def grids(self) -> None:
        """The worlds of the runs beside each other, live."""
        if self.runs:
            data = self._look() | {"signals": component.glossary(set(), chrome.say())}
            component.mount("board", data, key=self._key("board-compare"))

    @property
    def moving(self) -> bool:
        """Whether one of them goes on."""
        return any(one.view.status in MOVING for one in self.runs)

    def now(self) -> Page:
        """The same page with the runs as they are now; those that are gone are left out."""
        runs = []
        for one in self.runs:
            try:
                runs.append(replace(one, view=engine.client().view(one.view.run)))
            except NoSuchRun:
                continue
        return replace(self, runs=tuple(runs))

    def draw(self) -> None:
        """Controls and figure, of this moment."""
        say = chrome.say()
        of, by, how = self._controls()
        wide = width(max((one.view.iteration for one in self.runs), default=0))
        drawn, notes = list[Compared](), list[str]()
        for one in self.runs:
            line = compared.line(one, of, how, wide)
            steps = compared.pace(one) if by == "steps" else 1.0
            said = compared.said(one, line, how, steps)
            notes += [say(note.text, **note.values) for note in said]
            if line is not None and steps:
                drawn.append(Compared(one.style, line.plain(steps)))
        axis = say("iteration") if by == "iterations" else say("environment steps of one replica")
        marked = by == "iterations" or all(one.entry.env_steps == 1 for one in self.runs)
        worlds = compared.worlds(self.runs) if of == RETURN else []
        data = self._look() | {
            "figure": comparison(drawn, of, how, say, axis=axis, worlds=worlds, marks=marked),
            "moving": self.moving,
            "watch": {one.style.alias: [of, *BASELINES] for one in self.runs},
            "style": engine.asset_url("runs.css"),
        }
        # Its one command says that a run has begun to play: this is run anew, and so it is seen.
        key = self._key("comparison")
        component.mount("comparison", data, key=key, on_command=lambda: None)
        _told(notes)

    def _controls(self) -> tuple[str, str, Statistic]:
        """What is measured, over what, and by which statistic; the address keeps all three."""
        say = chrome.say()
        measures = {name: titled(name, say) for name in compared.offered(self.runs)}
        axes = {"iterations": say("iterations"), "steps": say("environment steps")}
        statistics = {name: named(name, say) for name in STATISTICS}
        with st.container(horizontal=True, vertical_alignment="bottom", key="compare-controls"):
            of = _choice("of", say("Measured"), measures)
            by = _choice("by", say("Over"), axes)
            how = _choice("as", say("Centre and band"), statistics)
            word = say("Pause all") if self.moving else say("Play all")
            st.button(word, key="compare-play", on_click=self._play_or_pause)
        return of, by, cast(Statistic, how)

    def _play_or_pause(self) -> None:
        """All of them at once."""
        client, moving = engine.client(), self.moving
        for one in self.runs:
            try:
                if moving:
                    client.pause(one.view.run)
                elif one.view.status == "paused":
                    client.play(one.view.run, one.view.speed)
            except RlvizError:  # it is gone, or too many play: its state says so
                continue

    def _look(self) -> dict[str, Any]:
        """What both views of the component are given."""
        stages = [
            {
                "alias": one.style.alias,
                "title": one.style.title,
                "family": one.style.family,
                "member": one.style.member,
                "run": one.view.run,
                "token": _token(one.view.run),
                "control": False,
                "equations": [],
                "source": [],
            }
            for one in self.runs
        ]
        return {
            **component.look(chrome.language(), projector=chrome.projector()),
            "stages": stages,
        }

    def _key(self, view: str) -> str:
        return "-".join([view, *(one.view.run for one in self.runs)])


@st.fragment
def _standing(page: Page) -> None:
    now = page.now()
    if now.moving:
        st.rerun()  # to the one that looks again and again
    now.draw()


@st.fragment(run_every=EVERY)
def _watched(page: Page) -> None:
    now = page.now()
    if not now.moving:
        st.rerun()
    now.draw()


def _choice(name: str, label: str, options: dict[str, str]) -> str:
    """One of the options, as the address says; a change is written there."""
    key, asked = f"compare.{name}", st.query_params.get(name, "")
    st.session_state[key] = asked if asked in options else next(iter(options))

    def write() -> None:
        st.query_params[name] = st.session_state[key]

    shown: Callable[[str], str] = options.__getitem__
    chosen: str = st.selectbox(label, list(options), format_func=shown, key=key, on_change=write)
    return chosen


def _token(run: str) -> str:
    """The same one each time, so that equal data stay equal."""
    tokens: dict[str, str] = st.session_state.setdefault(_TOKENS, {})
    if run not in tokens:
        tokens[run] = engine.access().token(run, "watch")
    return tokens[run]


def _told(notes: Sequence[str]) -> None:
    """Sentences, as text: some quote what came."""
    if notes:
        said = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
        st.html(f'<div role="status" class="rv-said">{said}</div>')


def _cells(title: str, values: Sequence[str], tag: str) -> str:
    cells = "".join(f"<{tag}>{html.escape(value)}</{tag}>" for value in values)
    return f'<tr><th scope="row">{html.escape(title)}</th>{cells}</tr>'
