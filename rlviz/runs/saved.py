"""What a checkpoint of a run must look like, where it comes from a file that anybody can write.

All that a worker or a browser takes on trust: marks are those of the spec's own changes, names are
signals, and every array has a size that such a run can have.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from rlviz.catalogue import Catalogue
from rlviz.errors import BadValue, RlvizError
from rlviz.hyperparameters import Field, Value, to_json
from rlviz.runs import codec
from rlviz.runs.curves import BINS
from rlviz.runs.each import BINS as EACH_BINS
from rlviz.runs.spec import At, Edit, RunSpec, Set, from_plain, intervention_to_plain
from rlviz.signals import SIGNALS, TAIL

MIXED = "The parts of this archive belong to different runs; export the run again."
OTHER_FORM = (
    "This archive holds a run in another form than this version of rlviz writes. "
    "Import it where it was exported, or make the run again from its script.py."
)

_KEYS = {"schema", "checkpoint", "spec", "iteration", "acted", "marks", "state", "recorder"}
_KEYS |= {"latest", "beats", "answers"}
_RECORDED = {"beat_name", "curves", "tallies", "tails", "last", "diverged"}
_MAYBE_RECORDED = {"measured", "each"}  # what every replica measured is not read of a file
_OFTEN = {"measured", "each"}  # recorded where somebody asked for it
_SAME = ("algorithm", "world", "config", "world_config", "seed", "replicas")
_LATEST_ITERATION = 2**53
_MOST_BEATS = 10**6
_MOST_ARRAYS = 4096
_MOST_DIMENSIONS = 8
_MOST_VALUES = 2**18  # of one array for each replica: what a frame may carry of it
_LAST = 100
_ROWS = 7  # sums and extremes of a bin of a curve
_KINDS = "fiub"  # numbers and truth values


def refuse(text: str, reason: str) -> BadValue:
    """An error that tells a person what is wrong, and whoever reads a traceback where."""
    error = BadValue(text)
    error.add_note(f"The archive is refused: {reason}.")
    return error


def check_checkpoint(
    saved: dict[str, Any], arrays: codec.Arrays, spec: RunSpec, catalogue: Catalogue
) -> int:
    """The iteration of a checkpoint of that spec; BadValue where it is not one."""
    if set(saved) != _KEYS or saved["checkpoint"] is not True:
        raise refuse(OTHER_FORM, "its state has another form")
    iteration = saved["iteration"]
    if not _whole(iteration, _LATEST_ITERATION) or not _whole(saved["beats"], _MOST_BEATS):
        raise refuse(OTHER_FORM, "its state stands at no iteration")
    try:
        past = from_plain(saved["spec"], catalogue)
    except RlvizError:
        raise refuse(MIXED, "its state is of another run") from None
    if any(getattr(past, name) != getattr(spec, name) for name in _SAME):
        raise refuse(MIXED, "its state is of another run")
    _check_arrays(arrays)
    acted = _acted(saved["acted"], past, spec, iteration)
    _check_marks(saved["marks"], acted, spec, catalogue)
    _check_answers(saved["answers"], acted, spec, catalogue)
    try:
        for part in ("state", "recorder", "latest"):
            saved[part] = codec.unpack(saved[part], arrays)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise refuse(OTHER_FORM, "its state has another form") from None
    beats = ("", *catalogue.algorithm(spec.algorithm).beats)
    _check_recorder(saved["recorder"], beats, spec.replicas)
    _check_latest(saved["latest"], spec.replicas)
    return int(iteration)


def _check_arrays(arrays: codec.Arrays) -> None:
    if len(arrays) > _MOST_ARRAYS:
        raise refuse(OTHER_FORM, "its state has too many tensors")
    for name, array in arrays.items():
        if not name.startswith(("state", "recorder", "latest")) or array.dtype.kind not in _KINDS:
            raise refuse(OTHER_FORM, "its state has tensors of another kind")
        if array.ndim > _MOST_DIMENSIONS or max(array.shape, default=0) > 2**31:
            raise refuse(OTHER_FORM, "its state has tensors of another kind")


def _acted(acted: object, past: RunSpec, spec: RunSpec, iteration: int) -> tuple[At, ...]:
    """The changes that had acted; the spec knows each of them, and no other of that time."""
    if not isinstance(acted, int) or not _whole(acted, len(past.interventions)):
        raise refuse(OTHER_FORM, "its state knows other changes than its spec")
    there, due = past.interventions[:acted], list(spec.interventions)
    for at in there:
        if at not in due or at.iteration > iteration:
            raise refuse(OTHER_FORM, "its state knows other changes than its spec")
        due.remove(at)
    if due and due[0].iteration < iteration:
        raise refuse(OTHER_FORM, "its state knows other changes than its spec")
    return there


def _check_marks(marks: object, acted: tuple[At, ...], spec: RunSpec, catalogue: Catalogue) -> None:
    """Marks are drawn on curves: each must be what one of the changes leaves, word for word."""
    expected = [(at.iteration, *change) for at in acted for change in _told(at, spec, catalogue)]
    if not isinstance(marks, list) or len(marks) != len(expected):
        raise refuse(OTHER_FORM, "its state has other marks than its spec")
    for mark, (iteration, field, symbol, new) in zip(marks, expected, strict=True):
        due = {"iteration": iteration, "field": field.name, "symbol": symbol, "new": to_json(new)}
        if not isinstance(mark, dict) or {k: v for k, v in mark.items() if k != "old"} != due:
            raise refuse(OTHER_FORM, "its state has other marks than its spec")
        _check_old(field, mark.get("old"), spec)


def _check_answers(
    answers: object, acted: tuple[At, ...], spec: RunSpec, catalogue: Catalogue
) -> None:
    """What a worker says again of changes that were asked for: each must be one of those."""
    if not isinstance(answers, list) or len(answers) > len(acted):
        raise refuse(OTHER_FORM, "its state answers what nobody asked")
    known = [(at, [at.iteration, intervention_to_plain(at.intervention)]) for at in acted]
    for answer in answers:
        if not isinstance(answer, list) or len(answer) != 4:
            raise refuse(OTHER_FORM, "its state answers what nobody asked")
        change, iteration, plain, olds = answer
        found = next((at for at, said in known if said == [iteration, plain]), None)
        named = isinstance(change, str) and re.fullmatch(r"[0-9a-z]{0,32}", change)
        if found is None or not named or not isinstance(olds, dict):
            raise refuse(OTHER_FORM, "its state answers what nobody asked")
        fields = {field.name: field for field, _, _ in _told(found, spec, catalogue)}
        if set(olds) != set(fields):
            raise refuse(OTHER_FORM, "its state answers what nobody asked")
        for name, old in olds.items():
            _check_old(fields[name], old, spec)


def _told(at: At, spec: RunSpec, catalogue: Catalogue) -> list[tuple[Field, str, Value]]:
    """What a change says of each knob that it sets: the knob, its symbol and its new value."""
    knobs = catalogue.algorithm(spec.algorithm).fields
    places = catalogue.world(spec.world).fields
    match at.intervention:
        case Set(name, value):
            return [(knobs[name], knobs[name].symbol or knobs[name].title, value)]
        case Edit(world):
            return [(places[name], name, value) for name, value in world.items()]
    return []


def _check_old(field: Field, old: object, spec: RunSpec) -> None:
    try:
        field.check(old, spec.replicas)
    except RlvizError:
        raise refuse(OTHER_FORM, "its state says what a knob can never have been") from None


def _check_recorder(recorder: Any, beats: tuple[str, ...], replicas: int) -> None:
    if not isinstance(recorder, dict) or set(recorder) - _OFTEN != _RECORDED:
        raise refuse(OTHER_FORM, "its curves have another form")
    if recorder["beat_name"] not in beats:
        raise refuse(OTHER_FORM, "its curves are of another algorithm")
    diverged = recorder["diverged"]
    if diverged is not None and not (
        isinstance(diverged, list)
        and len(diverged) == 2
        and _whole(diverged[0], _LATEST_ITERATION)
        and diverged[1] in SIGNALS
    ):
        raise refuse(OTHER_FORM, "its curves have another form")
    for part, fits in _PARTS.items():
        named = recorder.get(part, {})
        if not isinstance(named, dict) or not all(name in SIGNALS for name in named):
            raise refuse(OTHER_FORM, "its curves are of unknown signals")
        if not all(fits(value, replicas) for value in named.values()):
            raise refuse(OTHER_FORM, "its curves have another form")


def _check_latest(latest: Any, replicas: int) -> None:
    if not isinstance(latest, dict) or not all(name in SIGNALS for name in latest):
        raise refuse(OTHER_FORM, "its state shows unknown signals")
    for value in latest.values():
        array = isinstance(value, np.ndarray) and value.ndim > 0
        if not array or value.size > len(value) * _MOST_VALUES or len(value) not in (1, replicas):
            raise refuse(OTHER_FORM, "its state shows signals of another size")


def _is_curve(curve: Any, _: int) -> bool:
    return (
        isinstance(curve, dict)
        and set(curve) == {"width", "bins"}
        and _whole(curve["width"], _LATEST_ITERATION)
        and curve["width"] > 0
        and _is_array(curve["bins"], 2)
        and curve["bins"].dtype == np.float64
        and curve["bins"].shape[0] == _ROWS
        and curve["bins"].shape[1] <= BINS
    )


def _is_tally(tally: Any, _: int) -> bool:
    return _is_array(tally, 1) and tally.dtype == np.int64 and len(tally) <= _MOST_VALUES


def _is_tail(tail: Any, _: int) -> bool:
    return _is_array(tail, 1) and len(tail) <= TAIL


def _is_last(last: Any, _: int) -> bool:
    return _is_array(last, 1) and last.dtype == np.float64 and len(last) <= _LAST


def _is_measured(of: Any, replicas: int) -> bool:
    """How many values each replica had, and every how many are kept."""
    return (
        isinstance(of, list)
        and len(of) == 2
        and _is_array(of[0], 1)
        and of[0].dtype == np.int64
        and len(of[0]) == replicas
        and of[0].min() >= 0
        and _whole(of[1], _LATEST_ITERATION)
        and of[1] > 0
    )


def _is_each(of: Any, replicas: int) -> bool:
    shapes = {"count": (EACH_BINS, replicas), "total": (EACH_BINS, replicas), "end": (replicas,)}
    return (
        isinstance(of, dict)
        and set(of) == set(shapes)
        and all(isinstance(of[name], np.ndarray) for name in shapes)
        and all(of[name].shape == shape for name, shape in shapes.items())
        and all(of[name].dtype == np.float64 for name in shapes)
    )


_PARTS: dict[str, Callable[[Any, int], bool]] = {
    "curves": _is_curve,
    "tallies": _is_tally,
    "tails": _is_tail,
    "last": _is_last,
    "measured": _is_measured,
    "each": _is_each,
}


def _is_array(value: Any, dimensions: int) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == dimensions


def _whole(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
