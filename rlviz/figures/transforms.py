"""The closed list of transforms, on plain lists of numbers; `ui/assets/transforms.js` is its twin.

Sums run from first to last, never pairwise, so that both languages agree to the last bit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from numpy.typing import NDArray

from rlviz.figures.references import Plain
from rlviz.signals import CURVE_COLUMNS

Curve = dict[str, list[float]]
ENDS = ("minallowed", "maxallowed")
HUGE = 1e15  # from here on digits say nothing, and the two languages write them differently


def total(values: Iterable[float]) -> float:
    """Left to right; the built-in `sum` compensates on newer Pythons."""
    result = 0.0
    for value in values:
        result += value
    return result


STATS: dict[str, Callable[[list[float]], float]] = {
    "min": min,
    "max": max,
    "mean": lambda v: total(v) / len(v),
    "last": lambda v: v[-1],
    "first": lambda v: v[0],
    "sum": total,
}


def finite(values: Iterable[float]) -> list[float]:
    """Those that are numbers at all."""
    return [v for v in values if math.isfinite(v)]


def columns(tensor: NDArray[Any]) -> Curve:
    """The rows of a curve by name."""
    return dict(zip(CURVE_COLUMNS, tensor.astype(float).tolist(), strict=True))


def smoothed(curve: Curve, window: int) -> Curve:
    """Bins merged over a window around each, exactly.

        mean = Σ n·mean / Σ n      sd² = Σ n·(sd² + (mean_bin − mean)²) / Σ n

    Empty bins weigh nothing. A curve of few bins is hardly smoothed: the window is a fifth of it
    at most.
    """
    n = len(curve["at"])
    half = min(window // 2, n // 10)
    out: Curve = {"at": curve["at"], **{name: [] for name in CURVE_COLUMNS[1:]}}
    for i in range(n):
        around = [
            j
            for j in range(max(0, i - half), min(n - 1, i + half) + 1)
            if curve["n"][j] > 0 and math.isfinite(curve["mean"][j])
        ]
        count = total(curve["n"][j] for j in around)
        mean = _ratio(total(curve["n"][j] * curve["mean"][j] for j in around), count)
        spread = total(
            curve["n"][j] * (_square(curve["sd"][j]) + _square(curve["mean"][j] - mean))
            for j in around
        )
        first = finite(curve["replica_0"][j] for j in around)
        out["n"].append(count)
        out["mean"].append(mean)
        out["sd"].append(math.sqrt(_ratio(spread, count)))
        out["min"].append(min(finite(curve["min"][j] for j in around), default=math.nan))
        out["max"].append(max(finite(curve["max"][j] for j in around), default=math.nan))
        out["replica_0"].append(_ratio(total(first), len(first)))
    return out


def band(curve: Curve, part: str) -> list[float]:
    """Mean ± sd within the extremes: one edge, or one coordinate of the closed outline.

    Within, because a skewed quantity's mean + sd may be a value that nothing can have: a return
    above the optimum, or a distance below zero.
    """
    mean, sd = curve["mean"], curve["sd"]
    upper = [_pick(min, m + s, top) for m, s, top in zip(mean, sd, curve["max"], strict=True)]
    lower = [_pick(max, m - s, low) for m, s, low in zip(mean, sd, curve["min"], strict=True)]
    if part in ("upper", "lower"):
        return upper if part == "upper" else lower
    there = [i for i in range(len(upper)) if math.isfinite(upper[i]) and math.isfinite(lower[i])]
    if part == "x":
        return [curve["at"][i] for i in [*there, *reversed(there)]]
    return [upper[i] for i in there] + [lower[i] for i in reversed(there)]


def quantile(values: list[float], p: float) -> float:
    """Linear between the two nearest of the sorted values."""
    ordered = sorted(values)
    position = p * (len(ordered) - 1)
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def symmetric_range(values: list[float]) -> list[float]:
    """[-m, m] that holds all but the outermost 2 % at each end."""
    end = max(abs(quantile(values, p)) for p in (0.02, 0.98)) or 1.0
    return [-end, end]


def axis_span(numbers: Sequence[float], options: Plain) -> Plain:
    """`autorangeoptions` that hold the numbers; not `range`, since a changed one undoes a zoom."""
    low, high = min(numbers), max(numbers)
    if options.get("log"):
        low, high = round_step(low, up=False), round_step(high, up=True)
        return dict(zip(ENDS, (log10(low), log10(high if high > low else high * 10)), strict=True))
    if high == low:
        high = low + max(1, abs(low))
    if options.get("exact"):
        return dict(zip(ENDS, (low, high), strict=True))
    include, pad = options.get("include", ()), options.get("pad", 0)
    width = high - low
    low = low if low in include else low - pad * width
    high = high if high in include else high + pad * width
    step = round_step(width / 10, up=True)
    ends = math.floor(low / step) * step, math.ceil(high / step) * step
    return dict(zip(ENDS, ends, strict=True))


def round_step(value: float, *, up: bool) -> float:
    """The nearest 1, 2 or 5 times a power of ten not below, or not above, a positive value."""
    power = 1.0
    while power > value:
        power /= 10
    while power * 10 <= value:
        power *= 10
    steps = [s * power for s in (1, 2, 5, 10)]
    return next(s for s in steps if s >= value) if up else [s for s in steps if s <= value][-1]


def filled(template: str, values: Plain) -> str:
    """The template with each `{name}` or `{name:spec}` replaced."""
    pattern = r"\{(\w+)(?::([^}]*))?\}"
    return re.sub(pattern, lambda slot: shown(values[slot[1]], slot[2] or ""), template)


def log10(value: float) -> float:
    """In millionths, since the last bit differs between languages."""
    return rounded(math.log10(value), 1e6)


def shown(value: Any, spec: str) -> str:
    """A slot's value as its spec says: `.1f`, `,d`, `d`, or a text as it is."""
    if isinstance(value, str):
        return value
    whole, dot, fraction = fixed(value, int(spec[1:-1]) if spec.endswith("f") else 0).partition(".")
    if spec.startswith(","):
        whole = re.sub(r"\B(?=(\d{3})+$)", ",", whole)
    return whole + dot + fraction


def fixed(value: float, digits: int) -> str:
    """A fixed number of digits, halves away from zero, a real minus sign and no minus zero."""
    if abs(value) >= HUGE:
        return "−1e15+" if value < 0 else "1e15+"
    text = format(Decimal(abs(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP), "f")
    return f"−{text}" if value < 0 and re.search("[1-9]", text) else text


def short(value: Any) -> str:
    """A knob's value for a mark: `.5`, `1`, `1….1` for a schedule, `…` for one each replica."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case list():
            return "…"
        case None:
            return "–"
        case dict():
            return f"{short(value['start'])}…{short(value['end'])}"
        case _:
            text = re.sub(r"\.?0+$", "", fixed(value, 4))
            return re.sub(r"^(−?)0\.", r"\1.", text) or "0"


def text_width(text: str, size: float) -> float:
    """Estimated pixels of the longest line: near enough to keep labels apart."""
    lines = re.sub("</?b>", "", text).split("<br>")
    return max(total(map(_wide, line)) for line in lines) * (1.06 if "<b>" in text else 1) * size


def _wide(letter: str) -> float:
    if ord(letter) >= 0x2E80:  # Chinese
        return 1.0
    return 0.68 if "A" <= letter <= "Z" else 0.56


def rounded(value: float, steps: float = 1) -> float:
    """To 1/steps, halves up, as JavaScript does it."""
    return math.floor(value * steps + 0.5) / steps


def _pick(which: Callable[[float, float], float], a: float, b: float) -> float:
    """NaN if either is, as in JavaScript; Python's own `min` lets the order decide."""
    return math.nan if math.isnan(a) or math.isnan(b) else which(a, b)


def _square(value: float) -> float:
    return value * value


def _ratio(above: float, below: float) -> float:
    return above / below if below else math.nan
