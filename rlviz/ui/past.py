"""What a tab does with the past of its runs: look at it, fork there, see its beats, come back.

The browser scrubs by itself and tells where it came to rest (`look`). A knob that is moved
meanwhile is *held*: it waits for a word of its owner and never changes the present unseen.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from rlviz.errors import NoSuchRun, RlvizError
from rlviz.hyperparameters import Value
from rlviz.lessons import Stage
from rlviz.runs.spec import Set
from rlviz.ui import engine, knobs
from rlviz.ui.values import Note, as_text

if TYPE_CHECKING:
    from rlviz.ui.session import Session

PARENT = "~parent"  # ends the alias of a stage that shows the run from which another was forked
MOST_GRIDS = 4  # beside each other; with more stages a parent shows its curves alone
NO_OWNER = "This browser keeps no cookies, so it can watch runs but not fork them."


def hold(session: Session, name: str, value: Value) -> bool:
    """Whether a knob waits because this tab looks at the past; it takes the value if so."""
    if session.past is None or not session.runs or not session.fields[name].live:
        return False
    session.held = session.held | {name: value}
    session.needs_page = True
    return True


def look(session: Session, at: object) -> None:
    """This tab looks at that iteration; None for now, where nothing is held any more."""
    if at is not None and (isinstance(at, bool) or not isinstance(at, int) or at < 0):
        return
    if session.aside:
        _leave_aside(session)
    if at is None:
        session.held = {}
    session.past = at if session.runs else None


def now(session: Session, *, set_held: bool) -> None:
    """Back to the present; what is held acts there, or is forgotten."""
    held, session.held, session.past = session.held, {}, None
    _leave_aside(session)
    for name, value in held.items() if set_held else ():
        session.turn(name, value)
    session.needs_page = True


def forget(session: Session) -> None:
    """What is held acts nowhere; the tab stays where it looks."""
    session.held, session.needs_page = {}, True


def fork(session: Session, at: object, *, set_held: bool) -> None:
    """New runs that are those of the stages up to that iteration; both are drawn from then on."""
    held = session.held if set_held else {}
    made = _forked(session, at, held)
    if not made:
        return
    _leave_aside(session)
    session.parents, session.runs = dict(session.runs), made
    session.past, session.held, session.mine = None, {}, True
    session.news, session.acted, session.notes = {}, {}, []
    # Where live knobs stood at that iteration, and those that begin to act there.
    specs = [engine.client().view(run).spec for run in made.values()]
    silent = knobs.in_world({}, session.whole, session.catalogue, specs[0].world)
    session.base = silent | knobs.of_runs(specs, session.lesson, session.catalogue) | held
    session.knobs, session.preset = dict(session.base), None
    session.news = {name: as_text(value) for name, value in held.items()}
    session.needs_page = True
    session.write()


def end_comparison(session: Session) -> None:
    """The parents leave the page; they stay in the list of runs."""
    session.parents, session.needs_page = {}, True
    session.write()


def slow(session: Session, at: object) -> None:
    """The stages look at runs aside that repeat that iteration, to be stepped beat by beat."""
    made = _forked(session, at, {}, aside=True)
    if made:
        _leave_aside(session)
        session.aside, session.past = made, at if isinstance(at, int) else None


def told(session: Session, said: object) -> None:
    """A command of the transport that concerns the past; others are none of ours."""
    match said:
        case {"name": "past", "at": at}:
            look(session, at)
        case {"name": "now", **how}:
            now(session, set_held=how.get("held") is True)
        case {"name": "fork", "at": at, **how}:
            fork(session, at, set_held=how.get("held") is True)
        case {"name": "slow", "at": at}:
            slow(session, at)
        case {"name": "forget"}:
            forget(session)
        case {"name": "end comparison"}:
            end_comparison(session)


def stand(session: Session) -> dict[str, Any]:
    """What the transport is told: where Python knows it to look, and what waits there."""
    return {
        "past": session.past,
        "held": [
            {
                "symbol": session.fields[name].symbol or session.fields[name].title,
                "old": as_text(session.base[name]),
                "new": as_text(value),
            }
            for name, value in session.held.items()
        ],
        "compared": bool(session.parents),
        "may_fork": session.owner is not None and not session.follows,
    }


def runs(session: Session, declared: Stage) -> dict[str, Any]:
    """Which run a stage shows, and whether this browser steers it.

    Beside a run aside stands the one that it repeats. Knobs act on no parent, so no update of it
    is opened up.
    """
    alias = declared.alias.removesuffix(PARENT)
    if alias != declared.alias:
        many = len(session.displayed.stages) > MOST_GRIDS
        parent = {"parent": True, "bare": many, "equations": []}
        return _shown(session, session.parents[alias]) | parent
    live = session.runs.get(alias)
    if live is None:
        return {"run": None, "token": None, "control": session.may_steer}
    if alias not in session.aside:
        return _shown(session, live)
    repeated = {"run": live, "token": session.token(live)}
    return _shown(session, session.aside[alias]) | {"live": repeated}


def role(session: Session, run: str) -> Literal["control", "watch"]:
    """What this browser may do with a run: steer its own, and what others steer watch."""
    if session.owner is None or (run in session.runs.values() and not session.mine):
        return "watch"
    try:
        return "control" if engine.client().owns(run, session.owner) else "watch"
    except NoSuchRun:
        return "watch"


def _shown(session: Session, run: str) -> dict[str, Any]:
    steered = role(session, run) == "control"
    return {"run": run, "token": session.token(run), "control": steered}


def _forked(
    session: Session, at: object, held: dict[str, Value], *, aside: bool = False
) -> dict[str, str]:
    """A fork of every stage's run, or of none."""
    if not session.runs or isinstance(at, bool) or not isinstance(at, int) or at < 0:
        return {}
    if session.owner is None:
        session.notes, session.needs_page = [Note(NO_OWNER)], True
        return {}
    client, made = engine.client(), dict[str, str]()
    try:
        views = {alias: client.view(run) for alias, run in session.runs.items()}
        playing = not aside and any(view.status == "playing" for view in views.values())
        for stage in session.lesson.stages:
            view = views[stage.alias]
            made[stage.alias] = client.fork(
                view.run,
                min(at, view.iteration),  # one that is behind the others has not been there yet
                session.owner,
                changes=_changes(session, stage, held),
                playing=playing,
                speed=view.speed,
                aside=aside,
            )
    except RlvizError as refused:
        _stop(made.values())
        session.notes = [Note.of(refused)]
        session.needs_page = True
        return {}
    return made


def _changes(session: Session, stage: Stage, held: dict[str, Value]) -> tuple[Set, ...]:
    known = session.catalogue.algorithm(stage.algorithm).fields
    return tuple(Set(n, v) for n, v in held.items() if n in known and n not in stage.own)


def _leave_aside(session: Session) -> None:
    _stop(session.aside.values())
    session.aside = {}


def _stop(made: Iterable[str]) -> None:
    for run in made:
        with suppress(NoSuchRun):
            engine.client().stop(run)
