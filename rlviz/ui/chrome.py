"""What stands around every page: language, theme, the way through the lessons, our few styles."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page as StreamlitPage

from rlviz import i18n, lessons
from rlviz.figures import theme
from rlviz.i18n import LANGUAGES, Say
from rlviz.ui import link
from rlviz.ui.address import LANGUAGE, PROJECTOR

PAGES = Path(__file__).resolve().parents[2] / "pages"
HOME = "home"
TOOLS = ("runs", "compare", "sweep")  # pages that are no lessons
_STYLES = Path(__file__).parent / "page.css"

# Streamlit has no command that chooses a theme. It keeps the reader's choice of its Settings menu
# in the browser, one for each address; this sets the same entries and loads the page again.
_THEME_SWITCH = """
const KEY = (path) => `stActiveTheme-${path}-v2`;
export default function ({ data, parentElement }) {
  const now = JSON.parse(localStorage.getItem(KEY(location.pathname)) ?? '"System"');
  const group = parentElement.querySelector("div") ?? parentElement;
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", data.label);
  group.replaceChildren(...Object.entries(data.choices).map(([choice, word]) => {
    const button = document.createElement("button");
    button.textContent = word;
    button.dataset.testid = `theme-${choice.toLowerCase()}`;
    button.setAttribute("aria-pressed", String(choice === now));
    button.onclick = () => {
      for (const path of data.paths) localStorage.setItem(KEY(path), JSON.stringify(choice));
      location.reload();
    };
    return button;
  }));
}
"""


def language() -> str:
    """The language of this tab: its address, else what was chosen before, else the browser's."""
    asked = st.query_params.get("lang")
    if asked in LANGUAGES:
        st.session_state[LANGUAGE] = asked
    elif LANGUAGE not in st.session_state:
        return i18n.nearest(st.context.locale)
    return str(st.session_state[LANGUAGE])


def say() -> Say:
    """The translator of this tab."""
    return i18n.translator(language())


def projector() -> bool:
    """Whether everything is drawn large, for the back row."""
    if PROJECTOR not in st.session_state:
        st.session_state[PROJECTOR] = st.query_params.get("view") == "projector"
    return bool(st.session_state[PROJECTOR])


def pages() -> dict[str, StreamlitPage]:
    """Every page there is, by its lesson or tool, with an address that stays the same."""
    return {
        name: st.Page(
            PAGES / f"{name}.py",
            title=title,
            url_path="" if name == HOME else name,
            default=name == HOME,
        )
        for name, title in (_lesson_titles() | _tool_titles()).items()
    }


def styles() -> None:
    """The few rules that Streamlit's theme options do not reach, and the colours of the trays.

    The server learns too late which theme a browser shows, so the browser chooses of each pair.
    """
    light, dark = theme.theme("light"), theme.theme("dark")
    roles = ("bg", "line", "soft", "accent", "truth")
    root = "".join(f"--rv-{role}: light-dark({light[role]}, {dark[role]});" for role in roles)
    size = "html { font-size: 19px !important; }" if projector() else ""
    st.html(f"<style>:root {{ {root} }} {size} {_STYLES.read_text(encoding='utf-8')}</style>")


def sidebar(current: str) -> None:
    """Name, language, theme, and the list of lessons, on top of the trays."""
    speak, there = say(), pages()
    with st.sidebar, st.container(key="brand", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.page_link(there[HOME], label="**rlviz**")
            st.space("stretch")
            _language_switch()
            with st.popover(speak("Theme"), type="tertiary", key="looks"):
                _theme_switch(speak, there)
                st.toggle(
                    speak("Projector: large type, thick lines"),
                    value=projector(),
                    key="projector",
                    on_change=_set_projector,
                )
        with st.popover(_crumb(current, speak), key="lessons", width="stretch", type="tertiary"):
            for name, title in _lesson_titles().items():
                st.page_link(there[name], label=title)
        with st.container(horizontal=True, key="tools", gap="small"):
            for name, title in _tool_titles().items():
                st.page_link(there[name], label=title)


def neighbours(current: str) -> None:
    """Links to the lesson before and the one after, where there are such."""
    there, names = pages(), lessons.names()
    at = names.index(current)
    with st.container(horizontal=True, width="content", gap=None, key="neighbours"):
        if at > 0:
            st.page_link(there[names[at - 1]], label="←", help=say()("Previous lesson"))
        if at + 1 < len(names):
            st.page_link(there[names[at + 1]], label="→", help=say()("Next lesson"))


def _lesson_titles() -> dict[str, str]:
    speak = say()
    return {name: speak(lessons.lesson(name).title) for name in lessons.names()}


def _tool_titles() -> dict[str, str]:
    """The tools that have a page."""
    speak = say()
    titles = {"runs": speak("Runs"), "compare": speak("Compare"), "sweep": speak("Sweep")}
    return {name: titles[name] for name in TOOLS if (PAGES / f"{name}.py").exists()}


def _crumb(current: str, speak: Say) -> str:
    listed = [milestone.name for part in lessons.road() for milestone in part.lessons]
    if current not in listed:
        return speak("All lessons")
    return speak("Lesson {number} of {all}", number=listed.index(current) + 1, all=len(listed))


def _language_switch() -> None:
    st.session_state["language"] = language()
    st.segmented_control(
        say()("Language"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        key="language",
        required=True,
        label_visibility="collapsed",
        on_change=_set_language,
        width="content",
    )


def _set_language() -> None:
    st.session_state[LANGUAGE] = st.session_state["language"]
    st.query_params["lang"] = st.session_state["language"]


def _set_projector() -> None:
    st.session_state[PROJECTOR] = bool(st.session_state["projector"])
    parameters: dict[str, Any] = st.query_params.to_dict()
    parameters.pop("view", None)
    if st.session_state[PROJECTOR]:
        parameters |= link.write(link.Link(projector=True))
    st.query_params.from_dict(parameters)


def _theme_switch(speak: Say, there: dict[str, StreamlitPage]) -> None:
    choices = {"System": speak("Auto"), "Light": speak("Light"), "Dark": speak("Dark")}
    paths = [f"/{page.url_path}" for page in there.values()]
    data = {"label": speak("Theme"), "choices": choices, "paths": paths}
    _registered_switch()(key="theme", data=data)


@lru_cache
def _registered_switch() -> Any:
    return st.components.v2.component(
        "rlviz_theme", html="<div></div>", js=_THEME_SWITCH, isolate_styles=False
    )
