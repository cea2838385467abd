"""The page of sweeps: one or two knobs at several values, and which of them does best.

What is to be swept stands in the session under a key that is no widget's; the address says it, and
names the sweep that is shown.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from rlviz.catalogue import Catalogue
from rlviz.errors import BadValue, NoSuchRun, RlvizError
from rlviz.hyperparameters import Field
from rlviz.i18n import Say
from rlviz.runs import sweep as sweeps
from rlviz.runs.spec import MAX_REPLICAS
from rlviz.runs.sweep import MAX_ITERATIONS, MAX_POINTS, Plan, Sweep
from rlviz.runs.sweep_results import metrics
from rlviz.ui import chrome, engine, link, sweep_draft, swept
from rlviz.ui.address import LANGUAGE
from rlviz.ui.session import NO_OWNER
from rlviz.ui.sweep_draft import Draft
from rlviz.ui.values import Note

DRAFT, SHOWN, SAID = "rlviz.sweep.draft", "rlviz.sweep.shown", "rlviz.sweep.said"
METRIC = "rlviz.sweep.metric"
WRITTEN = "rlviz.sweep.written"  # the address as this page wrote it last
NOT_YOURS = "That sweep belongs to another browser, or it is gone."
CHOICE = 170  # pixels of a choice or a number
EVERY = 2  # seconds between two looks at a sweep that goes on


def page() -> Page:
    """The page for this tab; its address is read where it says anything that is new."""
    catalogue = engine.client().catalogue()
    owner = engine.access().read_owner(st.context.cookies)
    parameters = st.query_params.to_dict()
    said = {name: text for name, text in parameters.items() if name not in ("v", "lang", "view")}
    if DRAFT not in st.session_state or (said and said != st.session_state.get(WRITTEN)):
        open_at(parameters, catalogue, owner)
    return Page(catalogue, owner, st.session_state[DRAFT])


def open_at(parameters: dict[str, str], catalogue: Catalogue, owner: str | None) -> None:
    """Take up what an address says: a sweep that there is, or one to be."""
    draft = sweep_draft.opened(parameters, catalogue)
    st.session_state[METRIC] = parameters.get("metric", "")[:40]
    st.session_state[SHOWN] = parameters.get("sweep", "")[:40]
    if found := _mine(owner, _shown()):
        draft = sweep_draft.of_plan(found.plan)
        sweep_draft.settle(draft, catalogue, chosen=True)
    st.session_state[DRAFT] = draft


@dataclass(frozen=True)
class Page:
    """The parts of the page; `owner` is None where the browser keeps no cookies."""

    catalogue: Catalogue
    owner: str | None
    draft: Draft

    def head(self) -> None:
        """What this is, and what there is to say."""
        say = chrome.say()
        about = say(
            "One or two knobs at many values, each with replicas of its own: which do best?"
        )
        with st.container(key="lesson-head"):
            st.html(f"<h1>{html.escape(say('Sweep'))}</h1><p>{html.escape(about)}</p>")
        notes = [say(note.text, **note.values) for note in self.draft.notes]
        notes += [say(NO_OWNER)] if self.owner is None else []
        notes += [say(NOT_YOURS)] if _shown() and not _mine(self.owner, _shown()) else []
        if note := st.session_state.pop(SAID, None):
            notes.append(say(note.text, **note.values))
        if notes:
            said = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
            st.html(f'<div role="status" class="rv-said">{said}</div>')
        _write(self.draft)

    def form(self) -> None:
        """What shall be swept, how much that is, and Start."""
        say = chrome.say()
        shown = _mine(self.owner, _shown())
        label = say("A new sweep") if shown else say("What shall be swept?")
        with st.expander(label, expanded=shown is None, key=f"sweep-form-{_shown()}"):
            with st.container(key="sweep-what", horizontal=True, gap="small"):
                self._method(say)
            with st.container(key="sweep-knobs", horizontal=True, gap="small"):
                self._knob("x", say("First knob"), say)
                self._knob("y", say("Second knob"), say)
            self._start(say)

    def found(self) -> None:
        """The sweep that is shown, looked at again and again while it goes on; older ones."""
        if self.owner is None:
            return
        mine = engine.client().sweeps(self.owner)
        shown = next((one for one in mine if one.id == _shown()), None)
        if mine:
            with st.container(key="sweep-choices", horizontal=True, gap="small"):
                self._chosen(mine)
                if shown:
                    self._metric(shown)
                    self._delete(chrome.say())
        if shown:
            st.fragment(_look, run_every=None if shown.ended else EVERY)(self, shown.ended)

    def show(self) -> bool:
        """Progress and results of this moment; whether nothing more will come."""
        try:
            found = engine.client().sweep(_shown())
        except NoSuchRun:
            st.rerun()
        swept.draw(found, self.catalogue, _metric(), self._cancel)
        return found.ended

    # -------------------------------------------------------------- the form

    def _method(self, say: Say) -> None:
        entry, known = self.catalogue.algorithm(self.draft.method), self.catalogue
        methods = {one.name: say(one.title) for one in known.algorithms}
        worlds = {name: say(known.world(name).title) for name in entry.worlds}
        self._choice("method", say("Method"), methods)
        self._choice("world", say("World"), worlds)
        self._text("fixed", say("Other knobs"), say("name=value, name=value"))

    def _knob(self, name: str, title: str, say: Say) -> None:
        known, other = self.draft.known(self.catalogue), "y" if name == "x" else "x"
        taken = getattr(self.draft, other)
        options = {n: _named(one, say) for n, one in known.items() if n != taken}
        if name == "y":
            options = {"": say("none"), **options}
        self._choice(name, title, options)
        chosen: str = getattr(self.draft, name)
        if chosen:
            rule = _rule(known[chosen], say)
            self._text(f"{name}s", say("Values of {name}", name=_named(known[chosen], say)), rule)

    def _start(self, say: Say) -> None:
        """How much it will be, before it is; or why it can not be."""
        plan, refused = None, ""
        try:
            plan = sweep_draft.plan(self.draft, self.catalogue)
        except RlvizError as why:
            refused = say(why.text, **why.values) if isinstance(why, BadValue) else str(why)
        with st.container(horizontal=True, vertical_alignment="bottom", key="sweep-start-row"):
            self._number("repeats", say("Replicas of each point"), MAX_REPLICAS)
            self._number("iterations", say("Iterations"), MAX_ITERATIONS, step=1000)
            self._number("seed", say("Seed"), 10**9, least=0)
            pressed = st.button(
                say("Start the sweep"),
                key="sweep-start",
                type="primary",
                icon=":material/play_arrow:",
                disabled=plan is None or self.owner is None,
            )
            st.caption(
                _amount(plan, self.catalogue, say) if plan else f":orange[{_plain(refused)}]"
            )
        if pressed and plan is not None:
            self._begin(plan)

    def _begin(self, plan: Plan) -> None:
        try:
            st.session_state[SHOWN] = engine.client().start_sweep(plan, self.owner or "")
        except RlvizError as refused:
            st.session_state[SAID] = Note.of(refused)
        _write(self.draft)
        st.rerun()

    def _choice(self, name: str, label: str, options: dict[str, str]) -> None:
        key = f"sweep.{name}"
        st.session_state[key] = getattr(self.draft, name)  # the draft is the truth
        shown: Callable[[str], str] = options.__getitem__
        st.selectbox(label, list(options), format_func=shown, key=key, on_change=self._turned(name))

    def _text(self, name: str, label: str, hint: str) -> None:
        key = f"sweep.{name}"
        st.session_state[key] = getattr(self.draft, name)
        most = sweep_draft.LONGEST
        st.text_input(
            label, key=key, placeholder=hint, help=hint, max_chars=most,
            on_change=self._turned(name),
        )  # fmt: skip

    def _number(self, name: str, label: str, most: int, least: int = 1, step: int = 1) -> None:
        key = f"sweep.{name}"
        st.session_state[key] = getattr(self.draft, name)
        st.number_input(
            label, min_value=least, max_value=most, step=step, key=key,
            on_change=self._turned(name), width=CHOICE,
        )  # fmt: skip

    def _turned(self, name: str) -> Callable[[], None]:
        def turn() -> None:
            self.draft.turn(name, st.session_state[f"sweep.{name}"], self.catalogue)

        return turn

    # -------------------------------------------------------------- the sweep

    def _cancel(self) -> None:
        if _mine(self.owner, _shown()):
            engine.client().cancel_sweep(_shown())

    def _delete(self, say: Say) -> None:
        """The sweep that is shown goes with all of its runs, once that was said twice."""
        with st.popover(say("Delete"), type="tertiary", key="sweep-delete"):
            st.markdown(say("What this sweep has found is deleted with its runs."))
            st.button(say("Delete for good"), key="sweep-forget", on_click=self._forget)

    def _forget(self) -> None:
        if _mine(self.owner, _shown()):
            engine.client().forget_sweep(_shown())
        open_at({}, self.catalogue, self.owner)

    def _metric(self, shown: Sweep) -> None:
        """What is measured of the sweep that is shown; of it more than one thing is known."""
        say, entry = chrome.say(), self.catalogue.algorithm(shown.plan.spec.algorithm)
        titles = {one.name: swept.measure_of(one, say) for one in metrics(entry)}
        key = "sweep.metric"
        st.session_state[key] = _metric() if _metric() in titles else next(iter(titles))

        def measure() -> None:
            st.session_state[METRIC] = st.session_state[key]

        st.selectbox(
            say("Measured"), list(titles), format_func=titles.__getitem__, key=key,
            on_change=measure,
        )  # fmt: skip

    def _chosen(self, mine: list[Sweep]) -> None:
        """Which of this browser's sweeps is shown."""
        say = chrome.say()
        # Streamlit tells options apart by what they say, so each has a number.
        titles = {
            one.id: f"{number} · {swept.title(one, self.catalogue, say)}"
            for number, one in zip(range(len(mine), 0, -1), mine, strict=True)
        }
        key = "sweep.older"
        st.session_state[key] = _shown() if _shown() in titles else None

        def choose() -> None:
            if chosen := st.session_state[key]:
                open_at({"sweep": chosen}, self.catalogue, self.owner)

        st.selectbox(
            say("Sweep of this browser"), list(titles), format_func=titles.__getitem__, key=key,
            on_change=choose, placeholder=say("choose one"),
        )  # fmt: skip


def _look(page: Page, ended: bool) -> None:
    """The same fragment at the same place, whether it looks again and again or not.

    Its component would be made anew at another one.
    """
    if page.show() and not ended:
        st.rerun()  # nothing moves any more, so that was the last look


def _amount(plan: Plan, catalogue: Catalogue, say: Say) -> str:
    """How many points, runs and replicas a plan is."""
    parts = sweeps.parts(plan, catalogue)
    slots: dict[str, Any] = {
        "points": len(plan.points),
        "runs": len(parts),
        "replicas": sum(len(part.points) for part in parts),
        "most": MAX_POINTS,
    }
    text = say(
        "Points: {points} · runs: {runs} · replicas altogether: {replicas}. Live numbers share a "
        "run, every other value needs one of its own; {most} points are the most, because each "
        "costs as much as a run. No two points share random numbers."
    )
    return text.format(**slots)


def _named(declared: Field, say: Say) -> str:
    return f"{declared.symbol} {say(declared.title)}".strip()


def _rule(declared: Field, say: Say) -> str:
    if declared.options:
        return ", ".join(declared.options)
    low, high = f"{declared.low:g}", f"{declared.high:g}"
    return say("numbers from {low} to {high}, with commas", low=low, high=high)


def _plain(sentence: str) -> str:
    """A sentence whose brackets and marks stay what they are."""
    return "".join(f"\\{letter}" if letter in "[]*_#:$<>~`|\\" else letter for letter in sentence)


def _mine(owner: str | None, sweep: str) -> Sweep | None:
    if owner is None or not sweep:
        return None
    return next((one for one in engine.client().sweeps(owner) if one.id == sweep), None)


def _shown() -> str:
    return str(st.session_state.get(SHOWN, ""))


def _metric() -> str:
    return str(st.session_state.get(METRIC, ""))


def _write(draft: Draft) -> None:
    """Put the draft, or the sweep that is shown, into the address."""
    shown = {"sweep": _shown(), "metric": _metric()}
    said = {k: v for k, v in (shown if _shown() else draft.address()).items() if v}
    st.session_state[WRITTEN] = said
    language = st.session_state.get(LANGUAGE)
    look = link.write(link.Link(language=language, projector=chrome.projector()))
    if look | said != st.query_params.to_dict():
        st.query_params.from_dict(look | said)
