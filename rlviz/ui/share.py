"""Sharing what a lesson page shows: a link to exactly this state, or one to follow the page live.

The address that is shown carries values and no run ids, so that whoever opens it gets the same
runs anew, as their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import segno
import streamlit as st

from rlviz.catalogue import Catalogue
from rlviz.errors import NoSuchRun, RlvizError
from rlviz.hyperparameters import Field
from rlviz.i18n import Say
from rlviz.lessons import Lesson, Preset
from rlviz.runs.client import RunView
from rlviz.ui import address, chrome, component, description, engine, knobs, link
from rlviz.ui.past import PARENT
from rlviz.ui.session import Session
from rlviz.ui.values import Note, as_markdown

LONGEST = 2_000  # characters of an address that is not shortened
SCANNABLE = 400  # characters above which a picture of it is too fine for a camera
# Streamlit's own elements would take the drawing out of a text, or load a library for it.
_DRAW = """
export default function ({ data, parentElement }) {
  const place = parentElement.querySelector("div") ?? parentElement;
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", data.label);
  place.innerHTML = data.drawn;
}
"""
Opens = Literal["stands", "plays", "settings"]


@dataclass(frozen=True)
class Choice:
    """What somebody who shares has chosen."""

    opens: Opens = "settings"
    hide: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()


def state(session: Session, choice: Choice) -> link.Link:
    """The link to what a session shows; the knobs alone where there are no runs."""
    if choice.opens != "settings" and (views := _views(session)):
        specs = {alias: view.spec for alias, view in views.items()}
        said = description.link(specs, session.whole, session.catalogue)
        if choice.opens == "stands":
            at = tuple(view.iteration for view in views.values())
            said = replace(said, at=at[:1] if len(set(at)) == 1 else at)
        else:
            said = replace(said, go=True)
    else:
        said = link.Link(
            preset=session.preset,
            knobs=description.moved(session.knobs, session.whole, session.catalogue),
            scene=session.whole.scene or None,
            cast=description.cast(session.cast, session.whole),
            go=choice.opens == "plays",
        )
    return replace(said, show=session.view, hide=choice.hide, lock=choice.lock)


def exactly(session: Session, said: Mapping[object, Any]) -> dict[str, Any]:
    """The address of what a browser shows, with every run where it stands there.

    `said` has the iteration of each stage by alias, and a number that the answer repeats.
    """
    given = said.get("at")
    at = given if isinstance(given, dict) else {}
    stands = state(session, Choice("stands"))
    if stands.at:
        views = _views(session).items()
        stands = replace(stands, at=tuple(_shown(at.get(a), view.iteration) for a, view in views))
    whole = url(session.whole.name, stands)
    brief = len(whole) > LONGEST
    return {
        "n": said.get("n"),
        "address": short(session.whole.name, stands) if brief else whole,
    }


def preset(lesson: Lesson, chosen: Preset, catalogue: Catalogue) -> link.Link:
    """The link that opens a lesson as that preset's button leaves it, and plays."""
    world = str(chosen.knobs.get("world", lesson.stages[0].world))
    known = knobs.fields(lesson, catalogue, world)
    turned = {name: known[name].check(value) for name, value in chosen.knobs.items()}
    stands = knobs.defaults(lesson, catalogue, world) | turned
    return link.Link(
        preset=chosen.name,
        knobs=description.moved(stands, lesson, catalogue),
        scene=lesson.scene or None,
        go=True,
    )


def view(said: Mapping[object, Any], lesson: Lesson) -> link.Show | None:
    """What a browser says that its board shows; what is not known is left out."""
    show = [said.get("face", ""), *_list(said.get("layers"))]
    texts = {"show": show, "fig": _list(said.get("figures"))}
    return link.shown({name: ",".join(map(str, of)) for name, of in texts.items()}, lesson, [])


def url(page: str, said: link.Link) -> str:
    """The whole address, as this browser reaches the server."""
    path = "" if page == chrome.HOME else page
    return f"{address.origin()}/{path}?{link.query(link.write(said))}"


def short(page: str, said: link.Link) -> str:
    """The address under which this server keeps a long one."""
    return url(page, link.Link(short=engine.client().keep_link(link.write(said))))


def picture(text: str) -> str:
    """A text as a QR code in SVG: dark on light in every theme, as cameras want it."""
    code = segno.make(text, error="l", micro=False)
    return str(code.svg_inline(border=3, dark="#000", light="#fff", omitsize=True))


def _shown(at: object, newest: int) -> int:
    """An iteration that a browser names, where its run can have shown it."""
    return at if isinstance(at, int) and 0 <= at <= newest else newest


def _list(of: object) -> list[object]:
    return of if isinstance(of, list) else []


def _views(session: Session) -> dict[str, RunView]:
    """The runs on display by alias, those of the stages first; {} where one is gone."""
    client = engine.client()
    parents = {alias + PARENT: run for alias, run in session.parents.items()}
    try:
        return {alias: client.view(run) for alias, run in (session.runs | parents).items()}
    except NoSuchRun:
        return {}


@st.fragment
def button(session: Session) -> None:
    """The button of the header and, while it is open, what it offers."""
    say = chrome.say()
    place = st.popover(
        say("Share"), icon=":material/share:", key="share", type="tertiary", on_change="rerun"
    )
    if not place.open:
        return
    with place, st.container(key="share-body", gap="small"):
        kinds = {"state": say("A link to this"), "follow": say("Follow me live")}
        kind = st.segmented_control(
            say("What to share"),
            list(kinds),
            default="state",
            format_func=kinds.__getitem__,
            key="share.kind",
            required=True,
            label_visibility="collapsed",
        )
        if kind == "follow":
            _follow(session, say)
        else:
            _state(session, say)


def _state(session: Session, say: Say) -> None:
    """How it opens, which knobs it shows, and the address."""
    views, opens = _views(session), dict[Opens, str]()
    if views:
        at = f"{min(view.iteration for view in views.values()):,}"
        opens["stands"] = say("stands at iteration {at}", at=at)
    opens["plays"] = say("plays from the start")
    opens["settings"] = say("waits for Play, with the knobs of now")
    chosen = st.radio(
        say("Whoever opens it gets runs of their own, which …"),
        list(opens),
        format_func=opens.__getitem__,
        key=f"share.opens.{bool(views)}",
    )
    titles = {name: _title(declared, say) for name, declared in session.shown.items()}
    picked: dict[str, list[str]] = {}
    with st.container(horizontal=True, gap="small"):
        for key, label in (("hide", say("Hide these knobs")), ("lock", say("Lock these knobs"))):
            picked[key] = st.multiselect(
                label,
                list(titles),
                format_func=titles.__getitem__,
                key=f"share.{key}",
                placeholder="–",
                width=152,
            )
    if any(picked.values()):
        st.caption(
            say(
                "A hidden knob is not shown there, a locked one cannot be turned; presets still "
                "move both, and whoever edits the address has them back."
            )
        )
    said = state(session, Choice(chosen, tuple(picked["hide"]), tuple(picked["lock"])))
    whole = url(session.whole.name, said)
    brief = st.toggle(
        say("Short, kept on this server"), value=len(whole) > LONGEST, key="share.short",
        disabled=len(whole) > LONGEST,
    )  # fmt: skip
    try:
        _offer(short(session.whole.name, said) if brief else whole, say)
    except RlvizError as refused:
        why = Note.of(refused)
        st.caption(as_markdown(say(why.text, **why.values)))
    _sweeps(session, said, say)


def _sweeps(session: Session, said: link.Link, say: Say) -> None:
    """The way to a sweep of each stage, from where its knobs stand."""
    page, entries = chrome.pages()["sweep"], session.catalogue.algorithm
    knobs = {n: v for n, v in link.write(said).items() if n.startswith(link.KNOB)}
    place = {"lesson": session.whole.name, "scene": session.whole.scene}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(say("Sweep knobs of"))
        for stage in session.lesson.stages:
            named = {n: v for n, v in {**place, "stage": stage.alias}.items() if v}
            label = component.title(stage, entries(stage.algorithm), say)
            st.page_link(page, label=label, query_params=named | knobs)


def _follow(session: Session, say: Say) -> None:
    """Open a channel, show its address, close it."""
    st.caption(
        say(
            "Whoever opens it sees what this page shows, its runs, knobs and experiments, as they "
            "change, and can change nothing."
        )
    )
    channel = str(st.session_state.get(address.CHANNEL, ""))
    if not channel:
        st.button(
            say("Show this page to others"),
            key="share.show",
            icon=":material/cast:",
            disabled=session.owner is None or bool(session.follows),
            on_click=_show,
            args=(session,),
        )
        return
    _offer(url(session.whole.name, link.Link(watch=channel)), say)
    st.button(say("Show it no more"), key="share.hide", on_click=_hide, args=(session,))


def _show(session: Session) -> None:
    try:
        address.show(engine.client().open_channel(session.owner or ""))
    except RlvizError as refused:
        session.notes = [Note.of(refused)]
        session.needs_page = True
    session.write()


def _hide(session: Session) -> None:
    address.hide()
    session.write()


def _offer(whole: str, say: Say) -> None:
    """An address, to be copied or to be read by a camera."""
    st.code(whole, language=None, wrap_lines=True)
    if len(whole) <= SCANNABLE:
        data = {"drawn": picture(whole), "label": say("This address as a QR code")}
        _drawn()(key="share-code", data=data)
    else:
        st.caption(say("For a QR code that a camera can read, make it short."))
    if address.only_here():
        st.caption(
            say(
                "Only this machine can open it: the server listens on `{origin}`. For a class, "
                "start it with `make run HOST=0.0.0.0` and open it by this machine's address.",
                origin=address.origin(),
            )
        )


def _title(declared: Field, say: Say) -> str:
    return f"{declared.symbol} {say(declared.title)}".strip()


@lru_cache
def _drawn() -> Any:
    return st.components.v2.component(
        "rlviz_code", html="<div></div>", js=_DRAW, isolate_styles=False
    )
