"""What a browser tab knows of a lesson, and everything that changes it.

The truth stands here, under a key that is no widget's: Streamlit forgets a widget's value when its
page is left, and a slider that falls back to its default would restart a run. `ui.opening` reads
the address once, when a tab first opens the lesson; it is written after every change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from rlviz import maps
from rlviz.catalogue import Catalogue
from rlviz.errors import NoSuchRun, RlvizError
from rlviz.hyperparameters import Field, Value
from rlviz.lessons import Lesson, Stage
from rlviz.runs.client import About, RunView
from rlviz.runs.spec import Intervention, RunSpec, Set, from_plain, to_plain
from rlviz.ui import address, description, engine, knobs, link, past
from rlviz.ui.knobs import Knobs
from rlviz.ui.values import Note, as_text

GONE = "That run is gone: the server was restarted or it was deleted. Press Play to start it again."
WATCHING = "You are watching: this run belongs to another browser, which steers it."
NO_OWNER = "This browser keeps no cookies, so it can watch runs but not steer them."
FOLLOWING = "You follow a page that somebody shows, which starts its own runs."
ROOM = "Between 1 and {most} methods can stand on the board."


@dataclass
class Session:
    """One lesson, or one of its scenes, in one tab."""

    whole: Lesson  # with every stage that it declares
    catalogue: Catalogue
    owner: str | None
    knobs: Knobs
    base: Knobs  # what the running runs stand at
    cast: tuple[str, ...] = ()  # who shall be on the stage, where the lesson lets one choose
    runs: dict[str, str] = field(default_factory=dict)  # alias → run id
    mine: bool = True
    preset: str | None = None
    notes: list[Note] = field(default_factory=list)
    news: dict[str, str] = field(default_factory=dict)  # live knob → value that was sent, as text
    acted: dict[str, int] = field(default_factory=dict)  # live knob → iteration from which it acts
    drawn: list[str] = field(default_factory=list)  # maps before each edit, the newest last
    refused: Note | None = None  # why the last edit had no effect
    past: int | None = None  # the iteration that this tab looks at; None for now (`ui.past`)
    held: Knobs = field(default_factory=dict)  # live knobs moved meanwhile, which act nowhere yet
    parents: dict[str, str] = field(default_factory=dict)  # alias → run that its own came from
    aside: dict[str, str] = field(default_factory=dict)  # alias → run that shows beats of the past
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)
    needs_page: bool = False  # a change inside a fragment that the whole page must show
    hidden: tuple[str, ...] = ()  # knobs that the link of this page does not show
    locked: tuple[str, ...] = ()  # knobs that it shows and does not let turn
    follows: str = ""  # the channel whose page this one shows
    asked: link.Show | None = None  # what the link lets the board show at first
    view: link.Show | None = None  # what the board shows now, as the browser last said
    linked: dict[str, Any] | None = None  # the address that the browser has asked for

    # -------------------------------------------------------------- what is so

    @property
    def lesson(self) -> Lesson:
        """The lesson with the stages that are shown: those that run, else those that shall."""
        return self.whole.shown(tuple(self.runs)) if self.runs else self.wanted

    @property
    def wanted(self) -> Lesson:
        """The lesson with the stages that the next start will run."""
        return self.whole.shown(self.cast) if self.whole.cast else self.whole

    @property
    def fields(self) -> dict[str, Field]:
        """Every knob of the lesson in the world of now."""
        return knobs.fields(self.whole, self.catalogue, str(self.knobs["world"]))

    @property
    def shown(self) -> dict[str, Field]:
        """The knobs of the stages that run or shall run."""
        aliases = (*self.runs, *(stage.alias for stage in self.wanted.stages))
        world = str(self.knobs["world"])
        return knobs.fields(self.whole.shown(aliases), self.catalogue, world)

    @property
    def stands(self) -> Knobs:
        """Where each knob stands on screen."""
        return self.knobs | self.held

    @property
    def recast(self) -> bool:
        """Whether others run than those that shall."""
        return bool(self.runs) and self.lesson.stages != self.wanted.stages

    @property
    def map(self) -> Field | None:
        """The knob that is drawn on the stage; None where the runs' world has no map."""
        elsewhere = self.runs and self.base["world"] != self.knobs["world"]
        return None if elsewhere else knobs.map_field(self.fields)

    @property
    def displayed(self) -> Lesson:
        """The lesson with its stages and, behind them, the runs that theirs were forked from."""
        own = self.lesson
        parents = (stage for stage in own.stages if stage.alias in self.parents)
        renamed = (replace(stage, alias=stage.alias + past.PARENT) for stage in parents)
        return replace(own, stages=(*own.stages, *renamed))

    @property
    def may_steer(self) -> bool:
        """Whether this browser may turn knobs."""
        return self.mine and self.owner is not None and not self.follows

    def may_turn(self, name: str) -> bool:
        """Whether this browser may turn that one."""
        return self.may_steer and name not in (*self.locked, *self.hidden)

    @property
    def pending(self) -> Knobs:
        """Restart knobs that differ from what the runs stand at."""
        if not self.runs:
            return {}
        known = knobs.fields(self.lesson, self.catalogue, str(self.knobs["world"]))
        moved = {n: v for n, v in self.knobs.items() if n in known and v != self.base.get(n)}
        return {n: v for n, v in moved.items() if not known[n].live}

    @property
    def can_keep(self) -> bool:
        """Whether what waits can be brought in without throwing away what was learned."""
        name = self.map.name if self.map else ""
        fits = name not in self.pending or maps.same_size(
            str(self.base[name]), str(self.knobs[name])
        )
        return fits and not self.recast and knobs.can_keep(self.pending)

    def elsewhere(self) -> tuple[object, ...]:
        """What a page shows of this session outside its board and its transport."""
        knobs = [(n, v) for n, v in self.knobs.items() if not self.fields[n].letters]
        notes = [(note.text, *note.values.items()) for note in self.notes]
        told = [list(of.items()) for of in (self.news, self.pending, self.held, self.parents)]
        steered = (self.preset, self.may_steer, self.cast, self.recast)
        return notes, knobs, *steered, list(self.shown), *map(tuple, told)

    def views(self) -> list[RunView]:
        """The runs as the engine sees them now, in the order of the stages."""
        return [engine.client().view(run) for run in self.runs.values()]

    def token(self, run: str) -> str:
        """A token for the live route; the same one each time, so that equal data stay equal."""
        role = past.role(self, run)
        if (run, role) not in self.tokens:
            self.tokens[run, role] = engine.access().token(run, role)
        return self.tokens[run, role]

    # -------------------------------------------------------------- what changes it

    def turn(self, name: str, raw: object) -> None:
        """A knob was moved: clamp it, and send it at once where it is live."""
        value, changed = self.fields[name].clamp(raw)
        if value is None or changed:
            self.notes = [Note("`{rule}` must hold.", {"rule": self.fields[name].bounds})]
            self.needs_page = True
        if value is None or not self.may_turn(name):
            return
        if past.hold(self, name, value):
            return
        self.preset = None
        self._take(name, value)
        self._send([name])
        self.write()

    def apply_preset(self, name: str) -> None:
        """Set every knob of a preset; runs are made anew where it turns a restart knob."""
        past.now(self, set_held=False)  # it acts in the present, which then is seen
        self.take(self.whole.preset(name).knobs)
        self.preset = name
        if self.pending:
            self.restart()
        else:
            self._send(self.knobs)
        self.needs_page = True
        self.write()

    def take(self, asked: Knobs) -> None:
        """Stand these knobs where they are asked to stand, and tell nobody."""
        for knob in sorted(asked, key=lambda knob: knob != "world"):  # its fields come with it
            self._take(knob, self.fields[knob].check(asked[knob]))

    def choose(self, aliases: Iterable[str]) -> None:
        """Who of the stages shall run; runs that are alive stay until a restart is asked for."""
        chosen = set(aliases)
        cast = tuple(stage.alias for stage in self.whole.stages if stage.alias in chosen)
        self.needs_page = True
        if not 1 <= len(cast) <= link.MOST_STAGES:
            self.notes = [Note(ROOM, {"most": str(link.MOST_STAGES)})]
            return
        self.cast = cast
        self.write()

    def start(self, *, playing: bool = True, speed: float | None = None) -> None:
        """Start a run for each stage and put their ids into the address."""
        if self.owner is None or self.follows:
            self.notes = [Note(FOLLOWING if self.follows else NO_OWNER)]
            return
        stages = self.wanted.stages
        specs = {one.alias: knobs.spec(one, self.knobs, self.catalogue) for one in stages}
        if self.begin(specs, playing=playing, speed=speed):
            self.base, self.notes = dict(self.knobs), []
            self.write()

    def begin(self, specs: Mapping[str, RunSpec], **how: Any) -> bool:
        """These runs, instead of those of now, which are not stopped; False where refused."""
        try:
            runs = self._launched(specs, **how)
        except RlvizError as refused:
            self.notes = [*self.notes, Note.of(refused)]
            return False
        past.now(self, set_held=False)
        parents = [alias for alias in runs if alias.endswith(past.PARENT)]
        self.parents = {alias.removesuffix(past.PARENT): runs.pop(alias) for alias in parents}
        self.runs, self.mine, self.needs_page = runs, True, True
        self.news, self.acted = {}, {}
        return True

    def _launched(
        self,
        specs: Mapping[str, RunSpec],
        *,
        playing: bool,
        speed: float | None,
        until: Mapping[str, int] | None = None,
    ) -> dict[str, str]:
        client, runs = engine.client(), dict[str, str]()
        about = About(lesson=self.whole.name, scene=self.whole.scene)
        try:
            for alias, spec in specs.items():
                runs[alias] = client.start(
                    from_plain(to_plain(spec), self.catalogue),
                    self.owner or "",
                    playing=playing,
                    speed=speed,
                    about=replace(about, alias=alias.removesuffix(past.PARENT)),
                    until=(until or {}).get(alias, 0),
                )
        except RlvizError:
            _stop(runs.values())
            raise
        return runs

    def restart(self, *, playing: bool | None = None) -> None:
        """The same stages again from iteration 0, with the knobs as they stand now."""
        if not self.may_steer:
            return
        try:
            view = self.views()[0]
            playing = view.status == "playing" if playing is None else playing
            speed = view.speed
        except (NoSuchRun, IndexError):
            playing, speed = bool(playing), self.lesson.speed
        old = list(self.runs.values())
        self.start(playing=playing, speed=speed)
        _stop(run for run in old if run not in self.runs.values())

    def keep(self) -> None:
        """Bring restart knobs into the running runs without throwing away what they learned."""
        for stage in self.lesson.stages:
            for change in knobs.keeping(self.pending, stage, self.knobs, self.catalogue):
                if not self.told(stage, change):
                    return
        self.base |= self.pending
        self.write()

    def look(self) -> None:
        """After the browser lost a run: which are still there, and new tokens for them."""
        self.tokens.clear()
        try:
            self.views()
        except NoSuchRun:
            self.forget(GONE)

    def rest(self) -> None:
        """Nobody looks any more: the runs wait where they are."""
        if not self.may_steer:
            return
        for run in self.runs.values():
            with suppress(NoSuchRun):
                engine.client().pause(run)

    def forget(self, why: str | None = None) -> None:
        """No run any more; the knobs stay as they are."""
        past.now(self, set_held=False)
        self.runs, self.parents, self.news, self.acted = {}, {}, {}, {}
        self.mine = self.needs_page = True
        self.notes = [Note(why)] if why else []
        self.write()

    def write(self) -> None:
        """Put this tab's state into its address."""
        said = link.Link(
            runs=tuple(self.runs.values()),
            parents=tuple(self.parents.values()),
            preset=self.preset,
            knobs=description.moved(self.knobs, self.whole, self.catalogue),
            scene=self.whole.scene or None,
            cast=description.cast(self.cast, self.whole),
            hide=self.hidden,
            lock=self.locked,
        )
        address.write(self.whole.name, link.Link(watch=self.follows) if self.follows else said)

    def _take(self, name: str, value: Value) -> None:
        if name == "world" and value != self.knobs["world"]:
            self.knobs = knobs.in_world(self.knobs, self.whole, self.catalogue, str(value))
            self.drawn, self.refused = [], None
        self.knobs[name] = value

    def _send(self, names: Iterable[str]) -> None:
        for name in names:
            value = self.knobs[name]
            if not self.fields[name].live or not self.runs or self.base.get(name) == value:
                continue
            for stage in self.lesson.stages:
                known = self.catalogue.algorithm(stage.algorithm).fields
                shared = name in known and name not in stage.own
                if shared and not self.told(stage, Set(name, value)):
                    return
            self.base[name] = value
            self.news[name] = as_text(value)
            self.acted.pop(name, None)

    def told(self, stage: Stage, change: Intervention) -> bool:
        """Change the run of a stage; False where it is gone or refuses."""
        try:
            engine.client().intervene(self.runs[stage.alias], change)
        except NoSuchRun:
            self.forget(GONE)
            return False
        except RlvizError as refused:
            self.notes, self.needs_page = [Note.of(refused)], True
            return False
        return True


def _stop(runs: Iterable[str]) -> None:
    for run in runs:
        with suppress(NoSuchRun):
            engine.client().stop(run)
