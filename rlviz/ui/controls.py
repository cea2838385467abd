"""The three trays of knobs, World, Agent and Method, and the presets. One fragment.

Every control is made from a `Field`. A live knob is sent at once; a restart knob waits until it is
told what shall become of the runs. Widgets show what the session says and tell it when they move.
"""

from __future__ import annotations

import time
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from rlviz.errors import NoSuchRun
from rlviz.hyperparameters import Field, Tray, Value
from rlviz.i18n import Say
from rlviz.lessons import Preset, Stage
from rlviz.runs.client import RunView
from rlviz.schedules import Schedule, Shape
from rlviz.ui import component, knobs, share
from rlviz.ui.session import Session
from rlviz.ui.values import as_text

_SETTLE = 0.3  # seconds within which a change that was accepted usually acts
_SHAPES: tuple[Shape, ...] = ("constant", "linear", "exponential")
_MOST_STOPS = 100  # of a slider over whole numbers; above, a number is typed


@st.fragment
def controls(session: Session, say: Say, handy: DeltaGenerator) -> None:
    """The trays; call it inside the sidebar. `handy` is where a phone finds the one knob."""
    if session.needs_page:
        st.rerun()
    places: dict[str, DeltaGenerator] = {}
    known = {n: field for n, field in session.shown.items() if n not in session.hidden}
    trays: dict[Tray, str] = {"world": say("World"), "agent": say("Agent"), "method": say("Method")}
    for tray, title in trays.items():
        # A map is drawn on the stage.
        own = [d for d in known.values() if d.tray == tray and not d.letters]
        if not own and tray != "method":
            continue
        with st.container(border=True, key=f"tray-{tray}", gap="xsmall"):
            st.markdown(f"**{title}** :gray[{_whose(session, tray, say)}]")
            if tray == "method":
                _cast(session, say)
            for declared in own:
                places[declared.name] = _knob(session, declared, say)
    _restart_bar(session, say)
    presets(session, say, where="tray")
    if session.lesson.handy in known and _acts(session, known[session.lesson.handy]):
        with handy:
            _widget(session, known[session.lesson.handy], say, place="handy")
    _settle(session, places, say)


def presets(session: Session, say: Say, *, where: str) -> None:
    """Values worth trying as buttons, good and bad ones, with the reason."""
    if not session.lesson.presets:
        return
    with st.container(border=where == "tray", key=f"presets-{where}", gap="xsmall"):
        if where == "tray":
            st.markdown(f"**{say('Try this')}**")
        for preset in session.lesson.presets:
            good, title = preset.kind == "good", say(preset.title)
            st.button(
                title if good else say("Goes wrong: {title}", title=title),
                key=f"preset-{where}-{preset.name}",
                icon=":material/play_circle:" if good else ":material/warning:",
                help=say(preset.reason) if where == "tray" else None,
                type="tertiary",
                disabled=not session.may_steer,
                on_click=session.apply_preset,
                args=(preset.name,),
            )
            if where == "text" or session.preset == preset.name:
                st.caption(say(preset.reason))
            if where == "text":
                _address(session, preset, say)


def _address(session: Session, preset: Preset, say: Say) -> None:
    """A preset is a link: it can be opened beside this page, or copied."""
    said = share.preset(session.whole, preset, session.catalogue)
    link = share.url(session.whole.name, said)
    st.caption(f"[{say('Its link')}]({link})")


def _whose(session: Session, tray: Tray, say: Say) -> str:
    stages = session.lesson.stages
    if tray == "world" or (tray == "agent" and len(stages) == 1):
        return ""
    if tray == "agent":
        return say("both stages") if len(stages) == 2 else say("all stages")
    return "" if session.whole.cast else " · ".join(_titles(session, stages, say).values())


def _titles(session: Session, stages: tuple[Stage, ...], say: Say) -> dict[str, str]:
    entries = {stage.alias: session.catalogue.algorithm(stage.algorithm) for stage in stages}
    return {s.alias: component.title(s, entries[s.alias], say) for s in stages}


def _cast(session: Session, say: Say) -> None:
    """Which of the lesson's methods stand on the board."""
    if not session.whole.cast:
        return
    titles = _titles(session, session.whole.stages, say)
    key = f"cast.{session.whole.name}.{session.whole.scene}"
    st.session_state[key] = list(session.cast)  # the session is the truth
    st.pills(
        say("Methods on the board (1 to 4)"),
        list(titles),
        selection_mode="multi",
        format_func=titles.__getitem__,
        key=key,
        disabled=not session.may_steer,
        on_change=lambda: session.choose(st.session_state[key]),
    )


def _acts(session: Session, declared: Field) -> bool:
    """In the runs as they stand, or in those that the next start would make."""
    catalogue, running = session.catalogue, bool(session.runs)
    now = running and knobs.acts(declared, session.lesson, session.base, catalogue)
    return now or knobs.acts(declared, session.wanted, session.knobs, catalogue)


def _knob(session: Session, declared: Field, say: Say) -> DeltaGenerator:
    """One knob with its marks and hints; returns the place where its news is told.

    One that would turn nothing is not offered: in its place stands what it waits for.
    """
    value = session.stands[declared.name]
    with st.container(key=f"knob-{declared.name}", gap=None):
        if not _acts(session, declared):
            _idle(session, declared, say)
            return st.empty()
        _widget(session, declared, say)
        if declared.can_schedule:
            _schedule(session, declared, value, say)
        if isinstance(value, Schedule):
            st.caption(f":material/timeline: {as_text(value)}")
        if declared.small:
            small, large = say(declared.small), say(declared.large)
            st.caption(say("small: {small} · large: {large}", small=small, large=large))
        place = st.empty()
        if declared.name in session.held:
            place.caption(f":orange[⏸ {say('not in the run: what is looked at is past')}]")
        elif (at := session.acted.get(declared.name)) is not None:
            _tell(place, say("from iteration {at}", at=f"{at:,}"))
        elif declared.name in session.news:
            _tell(place, say("accepted"))
        return place


def _idle(session: Session, declared: Field, say: Say) -> None:
    """A knob that acts only beside another value of another one."""
    setting, option = declared.applies
    algorithms = (session.catalogue.algorithm(stage.algorithm) for stage in session.whole.stages)
    titles = [a.fields[setting].title for a in algorithms if setting in a.fields]
    slots = {
        "knob": f"{declared.symbol} {say(declared.title)}".strip(),
        "setting": say(titles[0]),
        "option": say(option.replace("_", " ")),
    }
    st.caption(say("{knob}: acts only with {setting} = {option}.", **slots))


def _widget(session: Session, declared: Field, say: Say, place: str = "knob") -> None:
    now = _shows(session, declared.name)
    name = f"{place}.{session.lesson.name}.{declared.name}"
    key = widget_key(name, now)
    st.session_state[key] = now  # the session is the truth; the widget only shows it
    given: dict[str, Any] = {
        "label": _label(declared, say, is_locked=declared.name in session.locked),
        "key": key,
        "disabled": not session.may_turn(declared.name),
        "on_change": lambda: turned(session, declared.name, name, key),
    }
    span = declared.high - declared.low
    if declared.options:
        titles = {option: _option(session, declared, option, say) for option in declared.options}
        st.selectbox(options=declared.options, format_func=titles.__getitem__, **given)
    elif declared.type == "bool":
        st.toggle(**given)
    elif declared.log and declared.type == "float":
        stops = knobs.stops(declared, now)
        st.select_slider(options=stops, format_func=lambda stop: f"{stop:g}", **given)
    elif declared.type == "int" and span > _MOST_STOPS:
        st.number_input(min_value=int(declared.low), max_value=int(declared.high), step=1, **given)
    elif declared.type == "int":
        st.slider(min_value=int(declared.low), max_value=int(declared.high), step=1, **given)
    else:
        low, high = float(declared.low), float(declared.high)
        st.slider(min_value=low, max_value=high, step=knobs.step(declared), format="%g", **given)


def _shows(session: Session, knob: str) -> Value:
    """What the widget of a knob shows: of several values the first."""
    value = session.stands[knob]
    if isinstance(value, tuple):
        value = value[0]
    return value.start if isinstance(value, Schedule) else value


def widget_key(name: str, now: Value) -> str:
    """The key of a widget that shows a value: another one when it was changed from elsewhere.

    A browser that has yet to hear of that change still sends what the widget showed before, with
    whatever else it has to say, and Streamlit would take that for a turn back.
    """
    version, shown = st.session_state.get(f"shown.{name}", (0, now))
    version += shown != now
    st.session_state[f"shown.{name}"] = version, now
    return _versioned(name, version)


def _versioned(name: str, version: int) -> str:
    return f"{name}.{version}" if version else name


def turned(session: Session, knob: str, name: str, key: str) -> None:
    """A person has moved a widget: what it shows now, it shows already.

    A slider tells its move a moment later: what set the knob meanwhile is newer, and stays.
    """
    version, shown = st.session_state[f"shown.{name}"]
    if key != _versioned(name, version) or shown != _shows(session, knob):
        return
    st.session_state[f"shown.{name}"] = version, st.session_state[key]
    session.turn(knob, st.session_state[key])


def _option(session: Session, declared: Field, option: str, say: Say) -> str:
    if declared.name == "world":
        return say(session.catalogue.world(option).title)
    return say(option.replace("_", " "))


def _label(declared: Field, say: Say, *, is_locked: bool) -> str:
    mark = f":green-badge[{say('live')}]" if declared.live else f":gray-badge[↻ {say('restart')}]"
    locked = f":gray-badge[:material/lock: {say('locked')}]" if is_locked else ""
    return f"{declared.symbol} {say(declared.title)} {mark} {locked}".strip()


def _schedule(session: Session, declared: Field, value: Value, say: Say) -> None:
    """A small menu: how the value moves with the iteration."""
    name = declared.name
    start = value.start if isinstance(value, Schedule) else value
    key = f"schedule.{session.lesson.name}.{name}"
    with st.popover(":material/timeline:", type="tertiary", key=f"popover-{name}"):
        st.markdown(f"**{say('Schedule of {name}', name=say(declared.title))}**")
        words: dict[Shape, str] = {shape: say(shape) for shape in _SHAPES}
        shape = st.segmented_control(
            say("Shape"),
            _SHAPES,
            default="linear",
            format_func=words.__getitem__,
            key=f"{key}.shape",
        )
        end = st.number_input(
            say("To"), float(declared.low), float(declared.high), float(declared.low),
            step=knobs.step(declared), format="%g", key=f"{key}.end",
        )  # fmt: skip
        over = st.number_input(say("Over iterations"), 1, 10**9, 20_000, 1000, key=f"{key}.over")
        if isinstance(start, float) and shape is not None:
            asked = Schedule(shape, start, end, over) if shape != "constant" else start
            st.button(
                say("Follow it"),
                key=f"{key}.follow",
                disabled=not session.may_turn(name),
                on_click=session.turn,
                args=(name, asked),
            )


def _restart_bar(session: Session, say: Say) -> None:
    """What waits for a restart, and the two ways to bring it in."""
    waiting = session.pending
    if (not waiting and not session.recast) or not session.may_steer:
        return
    with st.container(border=True, key="restart-bar", gap="xsmall"):
        names = [say(session.fields[name].title) for name in waiting]
        names += [say("methods")] if session.recast else []
        st.markdown(say("Not yet in the runs: {names}.", names=", ".join(names)))
        st.button(
            say("Apply and restart"),
            key="apply-restart",
            type="primary",
            icon=":material/restart_alt:",
            width="stretch",
            on_click=session.restart,
        )
        if session.can_keep:
            st.button(
                say("Apply, keep what was learned"),
                key="apply-keep",
                width="stretch",
                on_click=session.keep,
            )


def _tell(place: DeltaGenerator, words: str) -> None:
    place.caption(f":green[✓ {words}]")


def _settle(session: Session, places: dict[str, DeltaGenerator], say: Say) -> None:
    """Turn *accepted* into *from iteration k* as soon as the run says so, if it says so soon."""
    give_up = time.monotonic() + _SETTLE
    while waiting := [name for name in session.news if name not in session.acted]:
        try:
            views = session.views()
        except NoSuchRun:
            return
        for name in waiting:
            at = _acted(session.fields[name], session.news[name], views)
            if at is not None:
                session.acted[name] = at
                _tell(places[name], say("from iteration {at}", at=f"{at:,}"))
        if any(view.status != "playing" for view in views) or time.monotonic() > give_up:
            break
        time.sleep(0.05)
    for name in waiting:
        if name not in session.acted and views[0].status == "paused":
            _tell(places[name], say("accepted; acts when the run goes on"))


def _acted(declared: Field, sent: str, views: list[RunView]) -> int | None:
    """The iteration from which the value that was sent last acts; None while it does not."""
    for view in views:
        own = [mark for mark in view.marks if mark.get("field") == declared.name]
        if own and as_text(declared.check(own[-1]["new"])) == sent:
            return int(own[-1]["iteration"])
    return None
