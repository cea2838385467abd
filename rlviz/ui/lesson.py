"""A lesson page from top to bottom, as it is looked at; `pages/control.py` is how it is used."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from rlviz import figures, lessons
from rlviz.ui import chrome, component, controls, drawing, knobs, opening, past, session, share
from rlviz.ui.session import Session
from rlviz.ui.values import as_markdown

_FIGURE = re.compile(r"\{figure:(\w+)\}")
_VERDICTS = {"true": "True", "only if": "True only if …", "false": "False"}


def page(name: str) -> Page:
    """The page of that lesson, for this tab."""
    found = opening.of(name)
    found.needs_page = False
    return Page(found)


@dataclass(frozen=True)
class Page:
    """The parts of one lesson page."""

    session: Session

    def header(self) -> None:
        """Title and question, the way to the neighbours, and what the page has to say."""
        say, lesson = chrome.say(), self.session.lesson
        with st.container(key="lesson-head", horizontal=True, vertical_alignment="center"):
            st.html(
                f"<h1>{html.escape(say(lesson.title))}</h1><p>{html.escape(say(lesson.question))}</p>"
            )
            with st.container(key="lesson-tools", horizontal=True, width="content", gap=None):
                share.button(self.session)
                chrome.neighbours(lesson.name)
        self._scenes()
        self._notes()

    def board(self) -> None:
        """The stages, the figures, and the update opened up (or the question before it)."""
        _fragment(self, Page._board)

    def transport(self) -> None:
        """The bar at the bottom that is always the same."""
        with st.bottom:
            _fragment(self, Page._transport)

    def _board(self) -> None:
        say, own = chrome.say(), self.session
        data = self._look() | component.pictures(own.displayed, own.catalogue, say)
        data |= {"predict": component.predict(own.lesson, say), "editor": self._editor()}
        data["asked"] = asdict(own.asked) if own.asked else None
        self._mount("board", data)

    def _transport(self) -> None:
        own = self.session
        data = self._look() | {
            "speeds": component.SPEEDS,
            "speed": own.lesson.speed,
            "grain": "iteration",
            "follow": self._follow(),
            **past.stand(own),
        }
        self._mount("transport", data)

    def trays(self) -> None:
        """World, Agent and Method in the sidebar, and here, on a phone, the one handy knob."""
        handy = st.container(key="handy")
        with st.sidebar:
            controls.controls(self.session, chrome.say(), handy)

    def texts(self) -> None:
        """The lesson's text in tabs, the claims put to the vote beside its questions."""
        _fragment(self, Page._texts)

    def _texts(self) -> None:
        """Only the open tab is there: mathematics that nobody reads would delay the stage."""
        say, lesson = chrome.say(), self.session.lesson
        parts = lessons.sections(lesson.name, chrome.language())
        with st.container(key="lesson-text"):
            if lesson.needs:
                st.caption(say("Needs: {lessons}", lessons=_titles(lesson.needs)))
            key = f"texts.{lesson.name}.{chrome.language()}"
            tabs = st.tabs(list(parts), on_change="rerun", key=key)
            for tab, (heading, text) in zip(tabs, parts.items(), strict=True):
                if tab.open:
                    with tab:
                        self._text(heading, text)

    def _text(self, heading: str, text: str) -> None:
        say = chrome.say()
        st.markdown(_FIGURE.sub(lambda m: f"**{_figure_title(m[1])}**", text))
        if heading == say("Try this"):
            controls.presets(self.session, say, where="text")
        if heading == say("Check yourself"):
            self._claims()

    def _mount(self, view: str, data: dict[str, Any]) -> None:
        """A view of the component that hears commands; another scene or cast gets a new one."""
        whole, stages = self.session.whole, self.session.lesson.stages
        cast = [stage.alias for stage in stages] if whole.cast else []
        key = "-".join(filter(None, (view, whole.name, whole.scene, *cast)))
        component.mount(
            view,
            data,
            key=key,
            on_command=lambda: self.command(st.session_state[key].command),
        )

    def _scenes(self) -> None:
        """The lesson's experiments, of which one is on the stage, and what to find out there."""
        say, own = chrome.say(), self.session
        titles = {scene.name: say(scene.title) for scene in own.whole.scenes}
        if not titles:
            return
        key = f"scene.{own.whole.name}"
        st.session_state[key] = own.whole.scene  # the session is the truth
        with st.container(key="scenes", horizontal=True, vertical_alignment="center"):
            st.segmented_control(
                say("Experiment"),
                list(titles),
                format_func=titles.__getitem__,
                key=key,
                required=True,
                label_visibility="collapsed",
                disabled=bool(own.follows),
                on_change=lambda: opening.move(own, st.session_state[key]),
            )
            for scene in own.whole.scenes:
                if scene.name == own.whole.scene and scene.about:
                    st.caption(say(scene.about))

    def _editor(self) -> dict[str, Any] | None:
        """What the map editor of the stage is given; None where nothing can be drawn."""
        own = self.session
        if (declared := own.map) is None or declared.name in own.hidden:
            return None
        world = str(own.knobs["world"])
        return {
            "map": own.knobs[declared.name],
            "default": knobs.defaults(own.whole, own.catalogue, world)[declared.name],
            "letters": declared.letters,
            "previous": own.drawn[-1] if own.drawn else "",
            "refused": chrome.say()(own.refused.text, **own.refused.values) if own.refused else "",
            "enabled": own.may_turn(declared.name),
        }

    def _follow(self) -> dict[str, str | int] | None:
        """The channel that the browser shall listen to, and which of its publications this is.

        None where it follows nobody.
        """
        if not (channel := self.session.follows):
            return None
        return {"channel": channel, "token": self.session.token(channel), "n": opening.told()}

    def _claims(self) -> None:
        """Three claims from study notes: vote first, then read what the exact numbers say."""
        say, own = chrome.say(), self.session
        words = {verdict: say(word) for verdict, word in _VERDICTS.items()}
        # A vote outlives its widget, which goes with the tab.
        votes = st.session_state.setdefault(f"rlviz.votes.{own.lesson.name}", {})
        st.markdown(f"**{say('True or not? Vote, then look.')}**")
        with st.grid(len(own.lesson.claims) or 1, min_column_width=260, border=True) as grid:
            for number, claim in enumerate(own.lesson.claims):
                with grid.cell():
                    st.markdown(say(claim.statement))
                    vote = votes[number] = st.segmented_control(
                        say("Your vote"),
                        list(words),
                        default=votes.get(number),
                        format_func=words.__getitem__,
                        key=f"claim.{own.lesson.name}.{number}",
                        label_visibility="collapsed",
                    )
                    if vote:
                        right = ":green[✓]" if vote == claim.verdict else ":orange[✗]"
                        st.markdown(f"{right} **{words[claim.verdict]}**  \n{say(claim.because)}")
                    if vote and claim.preset:
                        st.button(
                            say("Run the counter-example"),
                            key=f"counter-{own.lesson.name}-{number}",
                            disabled=not own.may_steer,
                            on_click=opening.run_preset,
                            args=(own, claim.preset),
                        )
                    st.caption(say("After study notes, {source}", source=claim.source))

    def _notes(self) -> None:
        own = self.session
        said = [as_markdown(chrome.say()(note.text, **note.values)) for note in own.notes]
        if own.follows:
            said.append(chrome.say()(session.FOLLOWING))
        elif own.runs and not own.mine:
            said.append(chrome.say()(session.WATCHING))
        if not said:
            return
        with st.container(key="lesson-notes", horizontal=True, vertical_alignment="center"):
            st.info("  \n".join(said), icon=":material/info:")
            if own.follows or (own.runs and not own.mine):
                label = chrome.say()("Start a run of my own")
                st.button(label, key="own-run", on_click=opening.leave, args=(own,))
            elif own.notes:
                label = chrome.say()("Dismiss")
                st.button(label, key="dismiss", type="tertiary", on_click=own.notes.clear)

    def _look(self) -> dict[str, Any]:
        """What both views of the component share."""
        say, own = chrome.say(), self.session
        stages = []
        for declared in own.displayed.stages:
            entry = own.catalogue.algorithm(declared.algorithm)
            found = past.runs(own, declared)
            stages.append(component.stage(own.lesson, declared, entry, say, **found))
        shared = component.look(chrome.language(), projector=chrome.projector())
        signals = component.glossary(set(own.fields), say)
        shared |= {"world": own.knobs["world"], "share": own.linked}
        return {"stages": stages, "signals": signals, **shared}

    def command(self, said: object) -> None:
        """The browser wants runs: to start them, to start again, or it has lost them."""
        own = self.session
        before = own.elsewhere()
        match said:
            case {"name": "follow"}:
                pass  # the page below is run anew where the channel shows something else
            case {"name": "gone"}:
                own.look()
            case {"name": "view", **shown}:
                own.view = share.view(shown, own.whole)
            case {"name": "link", **shown}:
                own.linked = share.exactly(own, shown)
            case {"name": name} if own.follows and name != "past":
                pass  # whoever follows looks on
            case {"name": "start", **how}:
                speed = how.get("speed")
                known = speed if speed in component.SPEEDS else own.lesson.speed
                own.start(playing=how.get("playing") is not False, speed=known)
            case {"name": "reset"}:
                own.restart(playing=False)
            case {"name": "edit", "edits": [*edits]}:
                for edit in edits:
                    self._edit(edit)
            case _:
                past.told(own, said)
        own.needs_page = own.elsewhere() != before or (bool(own.follows) and opening.is_new(own))

    def _edit(self, said: object) -> None:
        match said:
            case {"map": drawn, "keep": "weights" | "nothing" as keep, **how}:
                drawing.edit(self.session, drawn, keep, sent=how.get("sent") is True)


@st.fragment
def _fragment(page: Page, part: Callable[[Page], None]) -> None:
    """A part that is run alone when its component commands; the page too where that shows more.

    What one view is told of the runs its neighbour hears from it in the browser (`live.js`).
    """
    if page.session.needs_page:
        st.rerun()
    part(page)


def _titles(names: tuple[str, ...]) -> str:
    titles = {m.name: m.title for part in lessons.road() for m in part.lessons}
    return ", ".join(chrome.say()(titles[name]) for name in names)


def _figure_title(name: str) -> str:
    return str(figures.figure(name, [], chrome.say())["title"])
