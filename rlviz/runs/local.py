"""The engine inside this process: the worker's own loop in a thread, for tests and scripts.

It is the same code that a worker process runs, joined by a socketpair to this side, which keeps
the newest frame and status of every run; history, links and channels stand in a folder. Nothing is
recovered here: when the process ends, so do its runs.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rlviz import registry
from rlviz.catalogue import Catalogue
from rlviz.errors import NoSuchRun, NotAllowed, RlvizError
from rlviz.runs import messages as m
from rlviz.runs import sharing
from rlviz.runs.archive import unpack
from rlviz.runs.client import About, Listed, Parent, Published, RunView
from rlviz.runs.codec import decode, pace
from rlviz.runs.forks import NO_OWNER, checked_place, cut
from rlviz.runs.history import History
from rlviz.runs.local_sweeps import LocalSweeps
from rlviz.runs.record import clean_name
from rlviz.runs.sharing import Channels, new_id
from rlviz.runs.spec import (
    Intervention,
    RunSpec,
    intervention_from_plain,
    intervention_to_plain,
    to_plain,
)
from rlviz.runs.store import Store
from rlviz.runs.sweep import Plan, Sweep
from rlviz.runs.sweep_results import SIGNALS
from rlviz.runs.thread import WorkerThread

_PUBLIC = ""  # the owner of runs that everybody may only watch


@dataclass
class _Local:
    """What a list of runs shows beside the view."""

    owner: str
    created: float
    aside: bool = False
    signal: str = ""
    curve: tuple[float, ...] = ()


class LocalClient:
    """A `runs.client.Client` over one worker thread; `close` ends it and removes its folder."""

    def __init__(self) -> None:
        """Start the worker; it is warm when this returns."""
        self._folder = Path(tempfile.mkdtemp(prefix="rlviz-"))
        self._store = Store(self._folder)
        self._channels = Channels(self._store)
        self._runs: dict[str, RunView] = {}
        self._facts: dict[str, _Local] = {}
        self._public: dict[str, str] = {}  # name → run
        self._news = threading.Condition()
        self._worker = WorkerThread(self._take, self._store.runs_folder)
        self._sweeps = LocalSweeps(self, self.catalogue())

    def close(self) -> None:
        """End the worker and forget every run."""
        self._worker.close()
        self._runs.clear()
        self._store.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def catalogue(self) -> Catalogue:
        """What there is."""
        return registry.catalogue()

    def start(
        self,
        spec: RunSpec,
        owner: str,
        *,
        playing: bool = True,
        speed: float | None = None,
        about: About | None = None,
        limit: int | None = None,
        until: int = 0,
    ) -> str:
        """Start a run and return its id."""
        view = RunView("", spec, "queued", speed=speed, about=about or About())
        told = m.Start("", {}, playing=playing, speed=speed, limit=limit, position=(until, 0))
        told = replace(told, each=SIGNALS if view.about.sweep else ())
        return self._begin(view, owner, told)

    def start_public(self, name: str, spec: RunSpec, speed: float | None = None) -> str:
        """The one run of that name, which everybody may watch and nobody controls."""
        if self._public.get(name) not in self._runs:
            self._public[name] = self.start(spec, _PUBLIC, speed=speed)
        return self._public[name]

    def fork(
        self,
        run: str,
        iteration: int,
        owner: str,
        *,
        changes: tuple[Intervention, ...] = (),
        playing: bool = False,
        speed: float | None = None,
        aside: bool = False,
    ) -> str:
        """A new run that is `run` up to that iteration, and goes on with `changes`."""
        with self._news:
            parent = self._held(run)
        if not owner:
            raise NotAllowed(NO_OWNER)
        at = checked_place(iteration, parent.iteration)
        view = RunView(
            "",
            cut(parent.spec, at),
            "queued",
            speed=speed,
            about=replace(parent.about, name="", sweep=""),
            parent=Parent(run, at),
        )
        told = m.Start(
            "",
            {},
            playing=playing,
            speed=speed,
            position=(at, 0),
            pending=tuple((secrets.token_hex(8), intervention_to_plain(c)) for c in changes),
            origin=run,
            keep=not aside,
        )
        return self._begin(view, owner, told, aside=aside)

    def view(self, run: str) -> RunView:
        """The run now; NoSuchRun where nobody holds it."""
        with self._news:
            seen = self._held(run)
        told = decode(seen.frame)[0] if seen.frame else {}
        return replace(seen, marks=tuple(told.get("marks", ())), pace=pace(told))

    def owns(self, run: str, owner: str) -> bool:
        """Whether this owner may control the run."""
        with self._news:
            self._held(run)
            return owner != _PUBLIC and self._facts[run].owner == owner

    def play(self, run: str, speed: float | None = None) -> None:
        """Go on at that many iterations a second, None for as fast as it goes."""
        with self._news:
            self._runs[run] = replace(self._held(run), speed=speed)
        self._worker.send(m.Play(run, speed))

    def pause(self, run: str) -> None:
        """Stop pulling beats."""
        self._tell(m.Pause(run))

    def step(self, run: str, grain: m.Grain = "iteration", n: int = 1) -> None:
        """Pull n more and pause."""
        self._tell(m.Step(run, grain, n))

    def intervene(self, run: str, intervention: Intervention) -> str:
        """Change the run from its next iteration on; the id comes back in its events."""
        change = secrets.token_hex(8)
        self._tell(m.Intervene(run, change, intervention_to_plain(intervention)))
        return change

    def stop(self, run: str) -> None:
        """Forget the run, and what was kept of it."""
        self._tell(m.Stop(run))
        with self._news:
            self._runs.pop(run, None)
            self._facts.pop(run, None)
            self._news.notify_all()
        self._store.remove("runs", run)

    def history(self, run: str) -> History:
        """What was kept of the run, to be read; NoSuchRun where nobody holds it."""
        with self._news:
            self._held(run)
        return History(self._store.run_folder(run))

    def runs(self, owner: str) -> list[Listed]:
        """This owner's runs, the newest first; parts of sweeps and runs aside are left out."""
        with self._news:
            own = [
                _listed(self._runs[run], facts)
                for run, facts in self._facts.items()
                if facts.owner == owner and not facts.aside and not self._runs[run].about.sweep
            ]
        return own[::-1]

    def rename(self, run: str, name: str) -> None:
        """Call it something; at most 80 characters are kept."""
        with self._news:
            seen = self._held(run)
            self._runs[run] = replace(seen, about=replace(seen.about, name=clean_name(name)))

    def adopt(self, archive: bytes, owner: str) -> str:
        """A run from what `runs.archive.pack` made of one, as this owner's."""
        run = new_id()
        try:
            found = unpack(archive, self._store.run_folder(run), self.catalogue())
        except RlvizError:
            shutil.rmtree(self._store.run_folder(run), ignore_errors=True)
            raise
        view = RunView(run, found.spec, "queued", about=found.about)
        return self._begin(view, owner, m.Start("", {}, playing=False))

    def keep_link(self, address: Mapping[str, str]) -> str:
        """A short id under which the parameters of a long address can be had again."""
        return sharing.keep_link(self._store, address)

    def kept_link(self, link: str) -> dict[str, str]:
        """The parameters of that id; empty where there is no such link."""
        return sharing.kept_link(self._store, link)

    def open_channel(self, owner: str) -> str:
        """A channel on which this owner shows a page to those who follow it; its id."""
        with self._news:
            return self._channels.open(owner)

    def publish(self, channel: str, owner: str, address: Mapping[str, str]) -> None:
        """What the page of the channel shows now; NotAllowed for any other than its owner."""
        with self._news:
            self._channels.publish(channel, owner, address)

    def published(self, channel: str) -> Published:
        """What the channel shows now; empty where there is no such channel."""
        with self._news:
            return self._channels.published(channel)

    def start_sweep(self, plan: Plan, owner: str) -> str:
        """Start the runs of a sweep, a few at once; its id."""
        return self._sweeps.start(plan, owner)

    def sweep(self, sweep: str) -> Sweep:
        """How far it is; NoSuchRun where there is no such sweep."""
        return self._sweeps.get(sweep)

    def sweeps(self, owner: str) -> list[Sweep]:
        """This owner's sweeps, the newest first."""
        return self._sweeps.of(owner)

    def cancel_sweep(self, sweep: str) -> None:
        """End what has not finished; what was found stays."""
        self._sweeps.cancel(sweep)

    def forget_sweep(self, sweep: str) -> None:
        """Delete it with all of its runs."""
        self._sweeps.forget(sweep)

    def wait(self, run: str, until: Callable[[RunView], bool], seconds: float = 10.0) -> RunView:
        """The first view of the run for which `until` holds; TimeoutError with what there is."""
        with self._news:
            self._news.wait_for(lambda: run not in self._runs or until(self._runs[run]), seconds)
            seen = self._held(run)
            if not until(seen):
                where = f"{seen.status} at iteration {seen.iteration}"
                raise TimeoutError(f"Run {run} is {where} after {seconds} s. {seen.sentence}")
            return seen

    # The worker's side of the conversation.

    def _begin(self, view: RunView, owner: str, told: m.Start, *, aside: bool = False) -> str:
        run = view.run or new_id()
        with self._news:
            self._runs[run] = replace(view, run=run)
            self._facts[run] = _Local(owner, time.time(), aside)
        self._worker.send(replace(told, run=run, spec=to_plain(view.spec)))
        return run

    def _tell(self, command: m.Command) -> None:
        with self._news:
            self._held(str(getattr(command, "run", "")))
        self._worker.send(command)

    def _held(self, run: str) -> RunView:
        if run not in self._runs:
            raise NoSuchRun(f"There is no run `{run[:40]}`; start a new one.")
        return self._runs[run]

    def _take(self, message: m.Command | m.Notification) -> None:
        run = str(getattr(message, "run", ""))
        with self._news:
            if run in self._runs:
                self._runs[run] = self._after(self._runs[run], message)
                if isinstance(message, m.Course):
                    facts = self._facts[run]
                    facts.signal, facts.curve = message.signal, message.curve
                self._news.notify_all()

    def _after(self, seen: RunView, message: m.Command | m.Notification) -> RunView:
        match message:
            case m.Frame(_, _, iteration, beat, static, blob):
                if static:
                    return replace(seen, static=blob)
                return replace(seen, frame=blob, iteration=iteration, beat=beat)
            case m.Playing():
                return replace(seen, status="playing", sentence="")
            case m.Stalled(_, sentence):
                return replace(seen, status="stalled", sentence=sentence)
            case m.Paused(_, iteration, beat):
                return replace(seen, status="paused", iteration=iteration, beat=beat)
            case m.Finished(_, iteration):
                return replace(seen, status="finished", iteration=iteration)
            case m.Diverged(_, iteration, signal):
                sentence = f"`{signal}` was no longer finite at iteration {iteration}."
                return replace(seen, status="diverged", sentence=sentence)
            case m.Failed(_, sentence, traceback):
                return replace(seen, status="failed", sentence=sentence, traceback=traceback)
            case m.Changed(_, change, iteration, plain) if change:
                acted = self._intervention(seen.spec, plain)
                return replace(seen, spec=seen.spec.with_intervention(iteration, acted))
        return seen

    def _intervention(self, spec: RunSpec, plain: dict[str, object]) -> Intervention:
        known = self.catalogue()
        return intervention_from_plain(plain, spec.algorithm, spec.world, known, spec.replicas)


def _listed(seen: RunView, facts: _Local) -> Listed:
    return Listed(
        seen.run,
        seen.spec,
        seen.status,
        seen.sentence,
        seen.iteration,
        seen.about,
        seen.parent,
        facts.created,
        facts.signal,
        facts.curve,
    )
