"""The interventions of a run as one parameter of an address, and how they are read back.

    120:alpha=0.1;300:@slip=0.2@map=S..G~nothing;400:!kick@force=2

Before iteration 120 a hyper-parameter is set, before 300 the world is edited and what was learned
is thrown away, before 400 the world is poked. What is kept stands behind `~` where it is not what
that kind of change keeps anyway. `%`, `;`, `@` and `~` inside a value are written `%25` and so on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from rlviz.catalogue import Catalogue
from rlviz.errors import RlvizError
from rlviz.hyperparameters import Field, Value
from rlviz.lessons import Stage
from rlviz.runs.spec import MAX_INTERVENTIONS, At, Edit, Intervention, Poke, Set
from rlviz.runs.spec import intervention_from_plain as checked
from rlviz.runs.spec import intervention_to_plain as to_plain
from rlviz.ui.values import GLIMPSE, Note, as_text, from_text

NO_CHANGES = "-"  # of a run that was never changed, where that has to be said
_ITEM = re.compile(r"([0-9]{1,15}):(.*)", re.DOTALL)


def write(changes: Iterable[At]) -> str:
    """All of them, in their order; `read` gives the same back."""
    return ";".join(f"{at.iteration}:{_said(at.intervention)}" for at in changes) or NO_CHANGES


def read(
    text: str, stage: Stage, world: str, replicas: int, catalogue: Catalogue, notes: list[Note]
) -> tuple[At, ...]:
    """The changes of a stage's run in that world; what can not be read is left out with a note."""
    found: list[At] = []
    for item in filter(None, text.split(";")):
        if item == NO_CHANGES:
            continue
        change = None
        if (match := _ITEM.fullmatch(item)) and len(found) < MAX_INTERVENTIONS:
            change = _change(match[2], stage.algorithm, world, replicas, catalogue, notes)
        if match is None or change is None:
            left_out = "The link's change {given} was left out; nothing like it can happen here."
            notes.append(Note(left_out, {"given": item[:GLIMPSE]}))
        else:
            found.append(At(int(match[1]), change))
    return tuple(sorted(found, key=lambda at: at.iteration))


def _said(change: Intervention) -> str:
    match change:
        case Set(name, value, keep):
            said, usual = f"{name}={_escaped(value)}", Set.keep
        case Edit(world, keep):
            said = "".join(f"@{name}={_escaped(value)}" for name, value in world.items())
            usual = Edit.keep
        case Poke(name, arguments):
            parts = (f"@{key}={_escaped(number)}" for key, number in arguments.items())
            return f"!{name}{''.join(parts)}"
    return said if keep == usual else f"{said}~{keep}"


def _change(
    said: str, algorithm: str, world: str, replicas: int, catalogue: Catalogue, notes: list[Note]
) -> Intervention | None:
    body, _, keep = said.partition("~")
    first, *parts = body.split("@")
    if first.startswith("!"):
        change: Intervention = Poke(first[1:], _numbers(parts))
    elif first:
        known = catalogue.algorithm(algorithm).fields
        turned = _values([first], known, notes)
        if not turned:
            return None
        (name, value), *_ = turned.items()
        change = Set(name, value)
    else:
        change = Edit(_values(parts, catalogue.world(world).fields, notes))
        if not change.world:
            return None
    plain = to_plain(change) | ({"keep": keep} if keep else {})
    try:
        return checked(plain, algorithm, world, catalogue, replicas)
    except RlvizError:
        return None


def _values(parts: list[str], known: dict[str, Field], notes: list[Note]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for part in parts:
        name, _, text = part.partition("=")
        if name in known:
            value = from_text(known[name], unquote(text), notes)
            found |= {} if value is None else {name: value}
    return found


def _numbers(parts: list[str]) -> dict[str, float]:
    """What a poke is told; what is no number is left to be refused with all of it."""
    found = {}
    for part in parts:
        name, _, text = part.partition("=")
        try:
            found[name] = float(unquote(text))
        except ValueError:
            found[name] = float("nan")
    return found


def _escaped(value: Value) -> str:
    return re.sub("[%;@~]", lambda found: f"%{ord(found[0]):02X}", as_text(value))
