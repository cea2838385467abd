"""The page's address: what of a lesson stands in the URL, and how it is read back.

    ?v=1&lang=zh&view=projector&scene=routes&cast=q_learning,sarsa&run=k3…,m7…&preset=textbook
    &k.alpha=0.5&k.epsilon=linear(0.5,0.01,20000)&i.sarsa=120:alpha=0.1;300:epsilon=0&at=500
    &show=gap,numbers,arrows&fig=td_error&hide=replicas,seed&lock=gamma

A tab's own address names its runs; one that is shared carries what makes them: the knobs at their
start (`k.`), the changes of each stage (`i.`), those of the run that it was forked from (`p.`),
and where they shall stand (`at`) or that they shall play (`go`). `s` names a kept address, `watch`
a channel to follow and `class` the channel on which this tab shows what it does.

Each parameter has a name and a type. A number out of range is clamped, what is unknown or can not
be read is left out, and each leaves a note for the page: a link that is half broken still opens.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from rlviz.catalogue import Catalogue
from rlviz.hyperparameters import Field, Value
from rlviz.i18n import LANGUAGES
from rlviz.lessons import Lesson
from rlviz.runs.spec import At, Device
from rlviz.ui import changes, knobs
from rlviz.ui.values import GLIMPSE, Note, as_text, from_text

VERSION = "1"
KNOB = "k."  # every knob's parameter begins with it, so that no knob can hide another parameter
CHANGES, BEFORE = "i.", "p."  # of a stage's run, and of the run that it was forked from
MOST_STAGES = 4  # that stand on the board at once
LATEST = 10**9  # the iteration at which a link may let a run stand
FACES = ("estimate", "truth", "gap")
LAYERS = ("numbers", "triangles", "advantages", "arrows", "trail", "visits")
_LISTS = ("cast", "hide", "lock", "fig", "show")
_IDS = ("watch", "class", "s")
_PLAIN = ("v", "lang", "view", "scene", "run", "parent", "preset", "at", "go", "device")
_MOST_RUNS = 8
_MOST_NOTES = 8
_SAFE = ":;@!(),/[]~="  # what a browser leaves as it is in a query


@dataclass(frozen=True)
class Show:
    """What the grids and the places of figures show."""

    face: str = FACES[0]
    layers: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()  # of the places with several, those that are not the first


@dataclass(frozen=True)
class Link:
    """What an address says; `None` and empty where it says nothing."""

    language: str | None = None
    projector: bool = False
    runs: tuple[str, ...] = ()
    preset: str | None = None
    knobs: dict[str, Value] = field(default_factory=dict)
    scene: str | None = None
    cast: tuple[str, ...] = ()  # the stages that were chosen
    parents: tuple[str, ...] = ()  # runs that those of the page were forked from
    changes: dict[str, tuple[At, ...]] = field(default_factory=dict)  # of each stage's run
    before: dict[str, tuple[At, ...]] = field(default_factory=dict)  # of the run it came from
    at: tuple[int, ...] = ()  # where the runs shall stand, parents last: one for each or for all
    go: bool = False  # whether they shall play
    show: Show | None = None
    hide: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()
    device: Device | None = None
    watch: str = ""
    channel: str = ""
    short: str = ""


def write(link: Link) -> dict[str, str]:
    """The parameters of a link, in a fixed order; `read` gives the same link back."""
    said = {
        "v": VERSION,
        "lang": link.language or "",
        "view": "projector" if link.projector else "",
        "watch": link.watch,
        "class": link.channel,
        "s": link.short,
        "scene": link.scene or "",
        "cast": ",".join(link.cast),
        "run": ",".join(link.runs),
        "parent": ",".join(link.parents),
        "preset": link.preset or "",
        **{f"{KNOB}{name}": as_text(value) for name, value in link.knobs.items()},
        **{f"{CHANGES}{alias}": changes.write(made) for alias, made in link.changes.items()},
        **{f"{BEFORE}{alias}": changes.write(made) for alias, made in link.before.items()},
        "device": link.device or "",
        "at": ",".join(map(str, link.at)),
        "go": "1" if link.go else "",
        "show": ",".join((link.show.face, *link.show.layers)) if link.show else "",
        "fig": ",".join(link.show.figures) if link.show else "",
        "hide": ",".join(link.hide),
        "lock": ",".join(link.lock),
    }
    return {name: text for name, text in said.items() if text}


def query(parameters: Mapping[str, str]) -> str:
    """The parameters as they stand behind the `?` of an address."""
    return urlencode(parameters, safe=_SAFE, quote_via=quote)


def read(
    parameters: Mapping[str, str], lesson: Lesson, catalogue: Catalogue
) -> tuple[Link, tuple[Note, ...]]:
    """The link that an address of any origin stands for, and what had to be changed in it."""
    notes: list[Note] = []
    known = knobs.fields(lesson, catalogue, world_of(parameters, lesson, catalogue))
    aliases = [stage.alias for stage in lesson.stages]
    _strange(parameters, known, aliases, notes)
    turned = _knobs(parameters, known, notes)
    at = _numbers("at", parameters, notes)
    link = Link(
        language=_one_of("lang", parameters, LANGUAGES, notes),
        projector=_one_of("view", parameters, ("projector",), notes) is not None,
        runs=_runs("run", parameters, notes),
        preset=_one_of("preset", parameters, [preset.name for preset in lesson.presets], notes),
        knobs=turned,
        scene=_one_of("scene", parameters, [scene.name for scene in lesson.scenes], notes),
        cast=_cast(parameters, aliases if lesson.cast else [], notes),
        parents=_runs("parent", parameters, notes),
        changes=_changes(CHANGES, parameters, lesson, catalogue, notes),
        before=_changes(BEFORE, parameters, lesson, catalogue, notes),
        at=at,
        go=_one_of("go", parameters, ("1",), notes) is not None,
        show=shown(parameters, lesson, notes),
        hide=_some_of("hide", parameters, known, notes),
        lock=_some_of("lock", parameters, known, notes),
        device=_device(parameters, notes),
        watch=_id("watch", parameters, notes),
        channel=_id("class", parameters, notes),
        short=_id("s", parameters, notes),
    )
    return link, _few(notes)


def world_of(parameters: Mapping[str, str], lesson: Lesson, catalogue: Catalogue) -> str:
    """The world that an address asks for, where the lesson has it; else the lesson's first one."""
    first = lesson.stages[0].world
    asked = parameters.get(f"{KNOB}world", first)
    return asked if asked in knobs.fields(lesson, catalogue, first)["world"].options else first


def _strange(
    parameters: Mapping[str, str], known: Mapping[str, Field], aliases: list[str], notes: list[Note]
) -> None:
    """Notes about the version and about names that nobody knows."""
    version = parameters.get("v", VERSION)
    if version != VERSION:
        read_as = "The link is of version {given}; it was read as version {kept}."
        notes.append(_note(read_as, version))
    spoken = {*_PLAIN, *_LISTS, *_IDS, *(KNOB + name for name in known)}
    spoken |= {begin + alias for begin in (CHANGES, BEFORE) for alias in aliases}
    for name in parameters:
        if name not in spoken:
            notes.append(_note("The link has `{given}`, which this page does not know.", name))


def _knobs(
    parameters: Mapping[str, str], known: Mapping[str, Field], notes: list[Note]
) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, declared in known.items():
        if (text := parameters.get(KNOB + name)) is not None:
            value = from_text(declared, text, notes)
            found |= {} if value is None else {name: value}
    return found


def _changes(
    begin: str,
    parameters: Mapping[str, str],
    lesson: Lesson,
    catalogue: Catalogue,
    notes: list[Note],
) -> dict[str, tuple[At, ...]]:
    world, found = world_of(parameters, lesson, catalogue), {}
    replicas = knobs.defaults(lesson, catalogue, world) | _knobs(
        parameters, knobs.fields(lesson, catalogue, world), []
    )
    for stage in lesson.stages:
        if (text := parameters.get(begin + stage.alias)) is not None:
            many = int(str(replicas["replicas"]))
            found[stage.alias] = changes.read(text, stage, world, many, catalogue, notes)
    return found


def _device(parameters: Mapping[str, str], notes: list[Note]) -> Device | None:
    match _one_of("device", parameters, ("cpu", "cuda"), notes):
        case "cpu":
            return "cpu"
        case "cuda":
            return "cuda"
    return None


def _cast(parameters: Mapping[str, str], aliases: list[str], notes: list[Note]) -> tuple[str, ...]:
    """The stages that an address chooses, and not more than there is room for."""
    chosen = _some_of("cast", parameters, aliases, notes)
    for name in chosen[MOST_STAGES:]:
        _one_of("cast", {"cast": name}, chosen[:MOST_STAGES], notes)
    return chosen[:MOST_STAGES]


def shown(parameters: Mapping[str, str], lesson: Lesson, notes: list[Note]) -> Show | None:
    """What the board shows by an address; None where it says nothing of it."""
    figures = [name for slot in lesson.figures for name in slot[1:]]
    chosen = _some_of("fig", parameters, figures, notes)
    asked = _some_of("show", parameters, (*FACES, *LAYERS), notes)
    if not asked:
        return None
    face = next((name for name in FACES if name in asked), FACES[0])
    return Show(face, tuple(name for name in LAYERS if name in asked), chosen)


def _some_of(
    name: str, parameters: Mapping[str, str], allowed: Collection[str], notes: list[Note]
) -> tuple[str, ...]:
    """Those of a list that there are, in the order in which the page knows them."""
    asked = list(filter(None, parameters.get(name, "").split(",")))
    for strange in dict.fromkeys(asked):
        if strange not in allowed:
            _one_of(name, {name: strange}, allowed, notes)
    return tuple(one for one in allowed if one in asked)


def _runs(name: str, parameters: Mapping[str, str], notes: list[Note]) -> tuple[str, ...]:
    text = parameters.get(name, "")
    if not text:
        return ()
    runs = tuple(text.split(","))
    if len(runs) > _MOST_RUNS or not all(re.fullmatch(r"[0-9a-z]{1,32}", run) for run in runs):
        notes.append(_note("The link's run {given} is not the id of a run.", text))
        return ()
    return runs


def _id(name: str, parameters: Mapping[str, str], notes: list[Note]) -> str:
    text = parameters.get(name, "")
    if re.fullmatch(r"[0-9A-Za-z_-]{0,40}", text):
        return text
    said = Note("The link's {name}={given} was left out; it is no id.", _said(name, text))
    notes.append(said)
    return ""


def _numbers(name: str, parameters: Mapping[str, str], notes: list[Note]) -> tuple[int, ...]:
    """One iteration for all stages, or one for each."""
    found = []
    for text in filter(None, parameters.get(name, "").split(",")[: 2 * MOST_STAGES]):
        if not re.fullmatch("[0-9]{1,40}", text):
            sentence = "The link's {name}={given} was left out: `{rule}` must hold."
            rule = {"rule": f"0 <= {name} <= {LATEST:g}"}
            notes.append(Note(sentence, _said(name, text) | rule))
            return ()
        found.append(min(int(text), LATEST))
        if found[-1] != int(text):
            sentence = "The link's {name}={given} became {kept}: `{rule}` must hold."
            rule = {"rule": f"0 <= {name} <= {LATEST:g}", "kept": str(LATEST)}
            notes.append(Note(sentence, _said(name, text) | rule))
    return tuple(found)


def _one_of(
    name: str,
    parameters: Mapping[str, str],
    allowed: Collection[str],
    notes: list[Note],
) -> str | None:
    given = parameters.get(name)
    if given is None or given in allowed:
        return given
    text = "The link's {name}={given} was left out; this page knows {kept}."
    known = ", ".join(allowed) or "–"
    notes.append(Note(text, _said(name, given) | {"kept": known}))
    return None


def _few(notes: list[Note]) -> tuple[Note, ...]:
    """The first ones, and how many there are besides."""
    if len(notes) <= _MOST_NOTES:
        return tuple(notes)
    rest = {"count": str(len(notes) - _MOST_NOTES)}
    more = Note("{count} more parts of the link were changed or left out.", rest)
    return (*notes[:_MOST_NOTES], more)


def _said(name: str, given: str) -> dict[str, str]:
    return {"name": name, "given": given[:GLIMPSE]}


def _note(text: str, given: str) -> Note:
    return Note(text, {"given": given[:GLIMPSE], "kept": VERSION})


__all__ = ["Link", "Note", "Show", "as_text", "query", "read", "world_of", "write"]
