"""The home page: one run in motion, and the road ahead as a map."""

from __future__ import annotations

import html

import streamlit as st

from rlviz import lessons
from rlviz.ui import chrome, component, engine, knobs

HOME = "home"


def head() -> None:
    """What this is, in one sentence."""
    say, lesson = chrome.say(), lessons.lesson(HOME)
    with st.container(key="lesson-head"):
        st.html(
            f"<h1>{html.escape(say(lesson.title))}</h1><p>{html.escape(say(lesson.question))}</p>"
        )


def in_motion() -> None:
    """One small run that everybody watches and nobody steers."""
    say, lesson, client = chrome.say(), lessons.lesson(HOME), engine.client()
    catalogue, declared = client.catalogue(), lesson.stages[0]
    spec = knobs.spec(declared, knobs.defaults(lesson, catalogue), catalogue)
    run = client.start_public(HOME, spec, speed=lesson.speed)
    entry = catalogue.algorithm(declared.algorithm)
    data = component.look(chrome.language(), projector=chrome.projector())
    token = engine.access().token(run, "watch")
    data["stages"] = [
        component.stage(lesson, declared, entry, say, run=run, token=token, control=False)
    ]
    data["signals"] = component.glossary(set(entry.fields), say)
    component.mount("board", data, key="board-home")


def road() -> None:
    """Every lesson in its order: those that exist are links, the others say what will come."""
    say, there, number = chrome.say(), chrome.pages(), 0
    with st.container(key="road", gap=None):
        st.html(f"<h2>{say('The road')} <small>{say('grey: to come')}</small></h2>")
        for part in lessons.road():
            st.html(f"<h3>{html.escape(say(part.title))}</h3>")
            for milestone in part.lessons:
                number += 1
                title, about = f"{number} · {say(milestone.title)}", say(milestone.about)
                if milestone.name in there:
                    st.page_link(there[milestone.name], label=f"**{title}**")
                else:
                    st.html(f'<p title="{html.escape(about)}">{html.escape(title)}</p>')


def texts() -> None:
    """How to read what is seen, and what makes it different."""
    for heading, text in lessons.sections(HOME, chrome.language()).items():
        st.markdown(f"#### {heading}\n\n{text}")


def in_stock() -> None:
    """What the engine knows today, from its own catalogue."""
    say, catalogue = chrome.say(), engine.client().catalogue()
    st.markdown(f"#### {say('What runs today')}")
    stock = [(e.title, e.summary) for e in catalogue.algorithms]
    for title, summary in [*stock, *((e.title, e.summary) for e in catalogue.worlds)]:
        st.markdown(f"**{say(title)}**: {say(summary)}")
