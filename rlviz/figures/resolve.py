"""Figures as data, resolved against frames: what Plotly takes, words, and a table.

`ui/assets/resolve.js` does the same in the browser, live; this one serves tests and exports.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlviz.errors import BadValue
from rlviz.figures import transforms
from rlviz.figures.placing import end_labels, knob_marks, mark_lines
from rlviz.figures.references import Leaf, Plain, needs, ref
from rlviz.figures.theme import look, shade

BOX = (420, 200)
REF_KEYS = frozenset(ref.__kwdefaults__ or ()) | {"$ref", "run"}


class _Missing:
    """What a leaf is when nothing was measured."""


MISSING = _Missing()
Curves = dict[tuple[str, str, int], transforms.Curve]  # by run, signal and window
Frames = dict[str, Any]  # {alias: {"metadata": {...}, "tensors": {name: array or number}} or None}


@dataclass
class Context:
    """What leaves are looked up in, and why some were not found."""

    figure: Plain
    frames: Frames
    theme: Plain = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    curves: Curves = field(default_factory=dict)


def resolve(figure: Plain, frames: Frames, theme: Plain, box: tuple[int, int] = BOX) -> Plain:
    """{"data", "layout", "notes"}, or {"missing": sentence, "notes"} where no trace has data."""
    context = Context(figure, frames, theme)
    data = [d for trace in figure["data"] if (d := whole(trace, context)) is not MISSING]
    notes = list(dict.fromkeys(context.absent))
    if not data:
        return {"missing": notes[0] if notes else figure["missing"], "notes": notes}
    layout = value(figure["layout"], context)
    labels = [d for label in figure["labels"] if (d := whole(label, context)) is not MISSING]
    sizes = theme["size"]
    margin = {**sizes["margin"], **layout.get("margin", {})}
    if labels:
        widest = max(transforms.text_width(label["text"], sizes["label"]) for label in labels)
        margin["r"] = math.ceil(6 + widest)
    width, height = box[0] - margin["l"] - margin["r"], box[1] - margin["t"] - margin["b"]
    shapes, texts = _marks(figure, frames, layout, width, margin["r"], theme)
    layout["template"] = theme["template"]
    layout["margin"] = margin
    layout["shapes"] = [*layout.get("shapes", ()), *shapes]
    layout["annotations"] = [*end_labels(labels, layout, height, theme), *texts]
    layout["uirevision"] = _revision(figure, frames)
    return {"data": data, "layout": layout, "notes": notes}


def summary(figure: Plain, frames: Frames) -> list[str]:
    """The figure in words: the sentences whose numbers are there, or why there are none."""
    context = Context(figure, frames)
    texts = [fill(item["text"], item["slots"], context) for item in figure["summary"]]
    there = [t for t in texts if isinstance(t, str)]
    return there or [*context.absent[:1]] or [figure["missing"]]


def table(figure: Plain, frames: Frames) -> Plain:
    """{"columns", "digits", "rows"}; a row for each bin that is not empty."""
    context = Context(figure, frames)
    rows = []
    for group in figure["table"]["groups"]:
        cells = [value(cell, context) for cell in group["cells"]]
        lists = [cell if isinstance(cell, list) else [] for cell in cells]
        for i in range(max(map(len, lists))):
            row = [cell[i] if i < len(cell) else None for cell in lists]
            if row[1] is not None:
                rows.append([group["label"], *row])
    form = figure["table"]
    return {"columns": form["columns"], "digits": form["digits"], "rows": rows}


def value(leaf: Leaf, context: Context) -> Any:
    """A leaf, or anything that holds leaves, with what it refers to; parts without are left out."""
    match leaf:
        case list():
            return [v for item in leaf if (v := value(item, context)) is not MISSING]
        case {"$ref": _}:
            return _reference(leaf, context)
        case {"$iteration": alias}:
            frame = context.frames.get(alias)
            # A frame of the past stands between the ends of now (`horizon`).
            about = frame["metadata"] if frame else {}
            return about.get("horizon", about.get("iteration", MISSING))
        case {"$text": template, "slots": slots}:
            return fill(template, slots, context)
        case {"$range": leaves}:
            return _range(leaf, leaves, context)
        case {"$color": role}:
            hue: str = look(role, context.theme)["text" if "text" in leaf else "color"]
            return shade(hue, leaf["alpha"]) if "alpha" in leaf else hue
        case {"$dash": role}:
            return look(role, context.theme)["dash"]
        case {"$symbol": role}:
            return look(role, context.theme)["marker"]
        case {"$size": name}:
            return context.theme["size"][name]
        case dict():
            found = {key: value(item, context) for key, item in leaf.items()}
            return {key: item for key, item in found.items() if item is not MISSING}
    return leaf


def whole(leaf: Leaf, context: Context) -> Any:
    """The same, but missing altogether where any part of it is."""
    before = len(context.absent)
    done = value(leaf, context)
    return done if len(context.absent) == before else MISSING


def fill(template: str, slots: Plain, context: Context) -> str | _Missing:
    """A sentence with its numbers, or missing where one of them is."""
    found = {name: whole(leaf, context) for name, leaf in slots.items()}
    if MISSING in found.values():
        return MISSING
    return transforms.filled(template, found)


def _reference(leaf: Plain, context: Context) -> Any:
    if unknown := set(leaf) - REF_KEYS:
        known = ", ".join(sorted(REF_KEYS))
        raise BadValue(f"A reference has no `{min(unknown)}`; it has {known}.")
    frame = context.frames.get(leaf["run"])
    found = _transformed(leaf, frame["tensors"], context.curves) if frame else MISSING
    if found is not MISSING:
        return found
    if "default" in leaf:
        return leaf["default"]
    reasons: dict[str, str] = frame["metadata"].get("missing", {}) if frame else {}
    context.absent.append(reasons.get(leaf["$ref"]) or context.figure["missing"])
    return MISSING


def _transformed(leaf: Plain, tensors: Plain, curves: Curves) -> Any:
    tensor = tensors.get(f"{leaf['$ref']}.now" if leaf.get("now") else leaf["$ref"])
    if tensor is None:
        return MISSING
    array, scale, shift = np.asarray(tensor), leaf.get("scale", 1), leaf.get("shift", 0)
    if array.ndim == 0:
        number = float(array) * scale + shift
        return number if math.isfinite(number) else MISSING
    if "column" not in leaf and "band" not in leaf:
        flat = [v * scale + shift for v in array.astype(float).ravel().tolist()]
        return _reduced(leaf, flat, array.shape)
    curve = _curve(leaf, array, curves)
    band = leaf.get("band")
    row = transforms.band(curve, band) if band else curve[leaf["column"]]
    if leaf.get("column") != "at" and band != "x":
        row = [v * scale + shift for v in row]
    return _reduced(leaf, row, (len(row),))


def _curve(leaf: Plain, array: NDArray[Any], curves: Curves) -> transforms.Curve:
    """Each curve is smoothed once for a figure, however many leaves ask for it."""
    key = leaf["run"], leaf["$ref"], leaf.get("smooth", 0)
    if key not in curves:
        plain = transforms.columns(array)
        curves[key] = transforms.smoothed(plain, leaf["smooth"]) if "smooth" in leaf else plain
    return curves[key]


def _reduced(leaf: Plain, values: list[float], shape: tuple[int, ...]) -> Any:
    finite = transforms.finite(values)
    if not finite:
        return MISSING
    if "stat" in leaf:
        return transforms.STATS[leaf["stat"]](finite)
    if "quantile" in leaf:
        return transforms.quantile(finite, leaf["quantile"])
    if leaf.get("symmetric_range"):
        return transforms.symmetric_range(finite)
    plain = [v if math.isfinite(v) else None for v in values]
    if len(shape) == 1:
        return plain
    wide = shape[1]
    return [plain[i * wide : (i + 1) * wide] for i in range(shape[0])]


def _range(options: Plain, leaves: list[Leaf], context: Context) -> Plain | _Missing:
    quiet = replace(context, absent=[])
    found = [v for leaf in leaves if (v := value(leaf, quiet)) is not MISSING]
    flat = [n for v in found for n in (v if isinstance(v, list) else [v]) if n is not None]
    numbers = [n for n in [*flat, *options.get("include", ())] if n > 0 or "log" not in options]
    return transforms.axis_span(numbers, options) if numbers else MISSING


def _revision(figure: Plain, frames: Frames) -> str:
    """A zoom is kept as long as this text stays: another run begins unzoomed."""
    found = [frames.get(alias) for alias in needs(figure)]
    runs = [frame["metadata"].get("run", "") if frame else "" for frame in found]
    return ":".join([figure["name"], *runs])


def _marks(
    figure: Plain, frames: Frames, layout: Plain, width: float, right: float, theme: Plain
) -> tuple[list[Plain], list[Plain]]:
    ends = layout["xaxis"].get("autorangeoptions")
    if ends is None:
        return [], []
    marks = knob_marks(figure, frames, width / (ends["maxallowed"] - ends["minallowed"]))
    looks = {
        "size": theme["size"]["mark"],
        "line": theme["size"]["thin"] * 1.5,
        "background": shade(theme["panel"], 0.8),
        "colors": {mark["color"]: look(mark["color"], theme) for mark in marks},
    }
    return mark_lines(marks, ends, width, right, looks)
