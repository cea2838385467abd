"""What stands on the axes: names at the ends of lines, and the knobs that were turned.

`ui/assets/placing.js` is its twin. Places are found in pixels of the box, so that labels neither
overlap nor run out of it, and given to Plotly in data units and shifts, so that they follow a zoom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from rlviz.figures.references import Plain
from rlviz.figures.transforms import log10, rounded, short, text_width, total

MERGE_SECONDS = 0.4  # marks of one knob closer than this are one turn of it
MERGE_PIXELS = 8  # so are those closer than this, and equal marks of two runs
MARKS_SHOWN = 40
LEAST = 1e-12


def end_labels(labels: list[Plain], layout: Plain, height: float, theme: Plain) -> list[Plain]:
    """Annotations right of the plot, each at its line's end or as near as the others let it."""
    ends = layout["yaxis"].get("autorangeoptions")
    if ends is None:
        return []
    line = theme["size"]["label"] * 1.25
    log = layout["yaxis"].get("type") == "log"
    low, high = ends["minallowed"], ends["maxallowed"]  # on a logarithmic axis, exponents
    items = []
    for label in labels:
        y = min(high, max(low, _exponent(label["y"]) if log else label["y"]))
        middle = (high - y) / (high - low) * height
        items.append(_Item(label, y, middle, line * len(label["text"].split("<br>"))))
    while total(item.tall for item in items) > height:
        items.pop()
    items.sort(key=lambda item: item.middle)
    free = 0.0
    for item in items:
        item.top = max(item.middle - item.tall / 2, free)
        free = item.top + item.tall
    floor = height
    for item in reversed(items):
        item.top = min(item.top, floor - item.tall)
        floor = item.top
    return [_annotation(item, theme) for item in items]


@dataclass
class _Item:
    label: Plain
    y: float
    middle: float  # pixels from the top of the plot, where the line ends
    tall: float
    top: float = 0.0


def _annotation(item: _Item, theme: Plain) -> Plain:
    return {
        "text": item.label["text"],
        "x": 1,
        "xref": "paper",
        "xanchor": "left",
        "xshift": 4,
        "align": "left",
        "showarrow": False,
        "y": item.y,
        "yref": "y",
        "yanchor": "middle",
        "yshift": rounded(item.middle - item.tall / 2 - item.top),
        "font": {"color": item.label["color"], "size": theme["size"]["label"]},
    }


def _exponent(value: float) -> float:
    return log10(max(value, LEAST))  # an estimate may be exactly right, a distance 0


def mark_lines(
    marks: list[Plain], ends: Plain, width: float, right: float, looks: Plain
) -> tuple[list[Plain], list[Plain]]:
    """Shapes and annotations of marks, the newest first; a text without room is left out.

    Args:
        marks: what `knob_marks` gave.
        ends: `autorangeoptions` of the x axis.
        width: pixels of the plot.
        right: pixels beside it, into which the words above the plot may reach.
        looks: {"size", "line", "background", "colors": {role: {"color", "text"}}}.
    """
    low, high = ends["minallowed"], ends["maxallowed"]
    rows: list[list[tuple[float, float]]] = [[], []]  # above the plot, and within it
    shapes, annotations = [], []
    for mark in marks:
        colors = looks["colors"][mark["color"]]
        shapes.append(_line(mark["iteration"], colors["color"], looks["line"]))
        at = (mark["iteration"] - low) / (high - low) * width
        wide = text_width(mark["text"], looks["size"]) + 4
        for row, taken in enumerate(rows):
            rightwards = at + wide <= width + (0 if row else right)
            start, end = (at, at + wide) if rightwards else (at - wide, at)
            if start >= 0 and all(end <= a or start >= b for a, b in taken):
                taken.append((start, end))
                font = {"color": colors["text"], "size": looks["size"]}
                place = {
                    "xanchor": "left" if rightwards else "right",
                    "yanchor": "top" if row else "bottom",
                }
                annotations.append(_words(mark, place, font, looks["background"]))
                break
    return shapes, annotations


def _words(mark: Plain, place: Plain, font: Plain, background: str) -> Plain:
    return {
        "text": mark["text"],
        "x": mark["iteration"],
        "xref": "x",
        "showarrow": False,
        "y": 1,
        "yref": "paper",
        **place,
        "borderpad": 1,
        "bgcolor": background,
        "font": font,
    }


def _line(at: float, color: str, width: float) -> Plain:
    line = {"color": color, "width": width, "dash": "dot"}
    place = {"xref": "x", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1}
    return {"type": "line", **place, "line": line}


def _one_turn(iterations: float, seconds: float, pixels_each: float) -> bool:
    return seconds <= MERGE_SECONDS or iterations * pixels_each <= MERGE_PIXELS


def knob_marks(figure: Plain, frames: Plain, pixels_each: float) -> list[Plain]:
    """The marks of all its runs, newest first, those of one turn and of two equal runs as one."""
    found: list[dict[str, Any]] = []
    for alias in figure["marks"]:
        frame = frames.get(alias)
        turning: dict[str, dict[str, Any]] = {}  # the newest mark of each knob
        for mark in frame["metadata"].get("marks", ()) if frame else ():
            last, wall = turning.get(mark["field"]), mark.get("wall", math.inf)
            if last and _one_turn(
                mark["iteration"] - last["iteration"], wall - last["wall"], pixels_each
            ):
                last.update(new=mark["new"], wall=wall, iteration=mark["iteration"])
            else:
                mine = {"wall": wall, "alias": alias, "color": figure["roles"][alias]}
                turning[mark["field"]] = {**mark, **mine}
                found.append(turning[mark["field"]])
    apart: list[dict[str, Any]] = []
    for mark in found:
        if mark["old"] == mark["new"]:
            continue  # turned, and turned back at once
        letter = mark.get("symbol") or mark["field"]
        mark["text"] = f"{letter} {short(mark['old'])} → {short(mark['new'])}"
        for other in apart:
            near = abs(other["iteration"] - mark["iteration"]) * pixels_each <= MERGE_PIXELS
            if near and other["text"] == mark["text"] and other["alias"] != mark["alias"]:
                other.update(alias=None, color="soft")
                break
        else:
            apart.append(mark)
    apart.sort(key=lambda mark: -mark["iteration"])
    return apart[:MARKS_SHOWN]
