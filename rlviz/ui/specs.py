"""A run's spec in words: what it is, what differs from the defaults, and between runs."""

from __future__ import annotations

from collections.abc import Sequence

from rlviz.catalogue import Catalogue
from rlviz.hyperparameters import Field, Value
from rlviz.i18n import Say
from rlviz.runs.client import About
from rlviz.runs.spec import At, Edit, RunSpec, Set
from rlviz.ui.values import as_text

NONE = "–"
_MOST_CHANGES = 4  # that are told one by one
_LONGEST = 40  # letters of a value


def method(spec: RunSpec, catalogue: Catalogue, say: Say) -> str:
    """What learns."""
    return say(catalogue.algorithm(spec.algorithm).title)


def world(spec: RunSpec, catalogue: Catalogue, say: Say) -> str:
    """Where it learns."""
    return say(catalogue.world(spec.world).title)


def name(about: About, spec: RunSpec, catalogue: Catalogue, say: Say) -> str:
    """What a person called the run, else what learns in it."""
    return about.name or method(spec, catalogue, say)


def differing(spec: RunSpec, catalogue: Catalogue, say: Say) -> list[list[str]]:
    """Pairs of a knob and its value, for those that were not left at their declared default."""
    known = _fields(spec, catalogue)
    set_here = {**spec.world_config, **spec.config}
    return [[_label(known[n], say), _shown(v, known[n], say)] for n, v in set_here.items()]


def told(spec: RunSpec, catalogue: Catalogue, say: Say) -> list[tuple[str, str]]:
    """Titles and values of what makes a run, without the knobs that were left alone."""
    known = _fields(spec, catalogue)
    set_here = {**spec.world_config, **spec.config}
    left = {_title(field, say) for name, field in known.items() if name not in set_here}
    whole = _everything(spec, catalogue, say)
    return [(title, value) for title, value in whole.items() if title not in left]


def differences(
    specs: Sequence[RunSpec], catalogue: Catalogue, say: Say
) -> list[tuple[str, list[str]]]:
    """Rows of what is not the same in all runs: its title, and what it is in each."""
    each = [_everything(spec, catalogue, say) for spec in specs]
    titles = list(dict.fromkeys(title for one in each for title in one))
    rows = [(title, [one.get(title, NONE) for one in each]) for title in titles]
    return [(title, values) for title, values in rows if len(set(values)) > 1]


def _everything(spec: RunSpec, catalogue: Catalogue, say: Say) -> dict[str, str]:
    """All that makes a run, by title."""
    set_here = {**spec.world_config, **spec.config}
    knobs = {
        _title(field, say): _shown(set_here.get(n, field.default), field, say)
        for n, field in _fields(spec, catalogue).items()
    }
    return {
        say("method"): method(spec, catalogue, say),
        say("world"): world(spec, catalogue, say),
        **knobs,
        say("seed"): str(spec.seed),
        say("replicas"): str(spec.replicas),
        say("changes while it ran"): _changes(spec, catalogue, say),
    }


def _fields(spec: RunSpec, catalogue: Catalogue) -> dict[str, Field]:
    of_world = catalogue.world(spec.world).fields
    return {**of_world, **catalogue.algorithm(spec.algorithm).fields}


def _label(field: Field, say: Say) -> str:
    return field.symbol or say(field.title)


def _title(field: Field, say: Say) -> str:
    return f"{field.symbol} {say(field.title)}".strip()


def _shown(value: Value, field: Field, say: Say) -> str:
    if field.letters:
        return say("as declared") if value == field.default else say("a map of its own")
    if field.options:
        return say(str(value).replace("_", " "))
    text = as_text(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _changes(spec: RunSpec, catalogue: Catalogue, say: Say) -> str:
    if not spec.interventions:
        return NONE
    told = [_change(at, spec, catalogue, say) for at in spec.interventions[:_MOST_CHANGES]]
    more = len(spec.interventions) - len(told)
    return "; ".join([*told, *([say("{n} more", n=more)] if more else [])])


def _change(at: At, spec: RunSpec, catalogue: Catalogue, say: Say) -> str:
    known = _fields(spec, catalogue)
    match at.intervention:
        case Set(field, value):
            set_to = {field: value}
        case Edit(values):
            set_to = values
        case _:
            return f"{at.iteration:,}"
    told = [f"{_label(known[n], say)} = {_shown(v, known[n], say)}" for n, v in set_to.items()]
    return f"{', '.join(told)} @ {at.iteration:,}"
