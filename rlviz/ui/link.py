"""The page's address: what of a lesson stands in the URL, and how it is read back.

    ?v=1&lang=zh&view=projector&scene=routes&cast=q_learning,sarsa&run=k3…,m7…&preset=textbook
    &k.alpha=0.5&k.epsilon=linear(0.5,0.01,20000)

Each parameter has a name and a type. A number out of range is clamped, what is unknown or can not
be read is left out, and each leaves a note for the page: a link that is half broken still opens.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from rlviz.errors import BadValue
from rlviz.hyperparameters import Field, Value
from rlviz.i18n import LANGUAGES
from rlviz.schedules import Schedule

VERSION = "1"
KNOB = "k."  # every knob's parameter begins with it, so that no knob can hide another parameter
_PLAIN = ("v", "lang", "view", "scene", "cast", "run", "preset")
_MOST_RUNS = 8
MOST_STAGES = 4  # that stand on the board at once


@dataclass(frozen=True)
class Note:
    """A sentence for the page, kept untranslated until it is shown."""

    text: str
    values: dict[str, str] = field(default_factory=dict)


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


def write(link: Link) -> dict[str, str]:
    """The parameters of a link, in a fixed order; `read` gives the same link back."""
    parameters = {"v": VERSION}
    if link.language:
        parameters["lang"] = link.language
    if link.projector:
        parameters["view"] = "projector"
    if link.scene:
        parameters["scene"] = link.scene
    if link.cast:
        parameters["cast"] = ",".join(link.cast)
    if link.runs:
        parameters["run"] = ",".join(link.runs)
    if link.preset:
        parameters["preset"] = link.preset
    return parameters | {f"{KNOB}{name}": as_text(value) for name, value in link.knobs.items()}


def read(
    parameters: Mapping[str, str],
    known: Mapping[str, Field],
    presets: Collection[str] = (),
    *,
    scenes: Collection[str] = (),
    stages: Collection[str] = (),
) -> tuple[Link, tuple[Note, ...]]:
    """The link that an address of any origin stands for, and what had to be changed in it."""
    notes: list[Note] = []
    version = parameters.get("v", VERSION)
    if version != VERSION:
        read_as = "The link is of version {given}; it was read as version {kept}."
        notes.append(_note(read_as, version))
    for name in parameters:
        if name not in _PLAIN and not (name.startswith(KNOB) and name[len(KNOB) :] in known):
            notes.append(_note("The link has `{given}`, which this page does not know.", name))
    link = Link(
        language=_one_of("lang", parameters, LANGUAGES, notes),
        projector=_one_of("view", parameters, ("projector",), notes) is not None,
        runs=_runs(parameters, notes),
        preset=_one_of("preset", parameters, presets, notes),
        knobs=_knobs(parameters, known, notes),
        scene=_one_of("scene", parameters, scenes, notes),
        cast=_cast(parameters, stages, notes),
    )
    return link, tuple(notes)


def as_text(value: Value) -> str:
    """A knob's value so that `Field.parse` gives exactly the same one back."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            short = f"{value:g}"
            return short if float(short) == value else repr(value)
        case Schedule(shape, start, end, over):
            return f"{shape}({as_text(start)},{as_text(end)},{over})"
        case tuple():
            return f"[{','.join(as_text(v) for v in value)}]"
        case _:
            return str(value)


def _knobs(
    parameters: Mapping[str, str], known: Mapping[str, Field], notes: list[Note]
) -> dict[str, Value]:
    knobs: dict[str, Value] = {}
    for name, declared in known.items():
        text = parameters.get(KNOB + name)
        if text is None:
            continue
        try:
            value, changed = declared.clamp(declared.parse(text))
        except BadValue:
            value, changed = None, "unreadable"
        if value is None:
            sentence = "The link's {name}={given} was left out: `{rule}` must hold."
        elif changed:
            sentence = "The link's {name}={given} became {kept}: `{rule}` must hold."
        if changed and declared.letters:  # what is wrong with a map is no range
            notes.append(Note("{sentence}", {"sentence": changed}))
        elif changed:
            kept = "" if value is None else as_text(value)
            notes.append(
                Note(
                    sentence,
                    {"name": name, "given": text[:40], "kept": kept, "rule": declared.bounds},
                )
            )
        if value is not None:
            knobs[name] = value
    return knobs


def _cast(
    parameters: Mapping[str, str], stages: Collection[str], notes: list[Note]
) -> tuple[str, ...]:
    """The stages that an address chooses, in the lesson's order and not more than there is room."""
    asked = list(filter(None, parameters.get("cast", "").split(",")))
    known = [alias for alias in stages if alias in asked][:MOST_STAGES]
    for name in dict.fromkeys(asked):
        if name not in known:
            _one_of("cast", {"cast": name}, known or stages, notes)
    return tuple(known)


def _runs(parameters: Mapping[str, str], notes: list[Note]) -> tuple[str, ...]:
    text = parameters.get("run", "")
    if not text:
        return ()
    runs = tuple(text.split(","))
    if len(runs) > _MOST_RUNS or not all(re.fullmatch(r"[0-9a-z]{1,32}", run) for run in runs):
        notes.append(_note("The link's run {given} is not the id of a run.", text))
        return ()
    return runs


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
    notes.append(Note(text, {"name": name, "given": given[:40], "kept": known}))
    return None


def _note(text: str, given: str) -> Note:
    return Note(text, {"given": given[:40], "kept": VERSION})
