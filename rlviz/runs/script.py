"""A run as a few lines of Python: a script and a notebook that repeat it.

Whatever comes from a person is written as a Python literal, or with its markup taken away: it can
neither end a text nor begin one.
"""

from __future__ import annotations

import html
import re
from typing import Any

import orjson

from rlviz.runs.spec import At, Edit, RunSpec, Set, intervention_to_plain
from rlviz.schedules import Schedule

_WIDTH = 88
_HEAD = '''"""{what}

Made by rlviz. Run it in rlviz's folder, or with that folder on PYTHONPATH; on the same versions and
the same kind of processor it gives the same numbers, bit for bit.
"""

import rlviz

'''
_CODE: dict[str, Any] = {
    "cell_type": "code",
    "execution_count": None,
    "metadata": {},
    "outputs": [],
}
_NOTE = "Run it in rlviz's folder, or with that folder on PYTHONPATH."
_DRAW = """import plotly.express

table = result.table().dropna(subset="mean")
drawn = plotly.express.line(table, x="iteration", y="mean", facet_row="signal")
drawn.update_yaxes(matches=None)"""


def script(spec: RunSpec, iterations: int) -> str:
    """A Python file that makes the run again, as far as that iteration, and prints its numbers."""
    return f"{_HEAD.format(what=_what(spec, iterations))}{_call(spec, iterations)}print(result)\n"


def notebook(spec: RunSpec, iterations: int, name: str = "") -> bytes:
    """The same as a Jupyter notebook, which also draws the curves."""
    title = f"# {_marked_down(name)}\n\n" if name else ""
    call = f"import rlviz\n\n{_call(spec, iterations)}print(result)"
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "markdown",
            "metadata": {},
            "source": _lines(f"{title}{_marked_down(_what(spec, iterations))}\n\n{_NOTE}"),
        },
        {**_CODE, "source": _lines(call)},
        {**_CODE, "source": _lines(_DRAW)},
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return orjson.dumps(book, option=orjson.OPT_INDENT_2)


def _what(spec: RunSpec, iterations: int) -> str:
    """One line on the run; names of algorithms and worlds come from the registry."""
    copies = f" of {spec.replicas} replicas" if spec.replicas > 1 else ""
    return f"{spec.algorithm} on {spec.world}: {iterations} iterations{copies}, seed {spec.seed}."


def _call(spec: RunSpec, iterations: int) -> str:
    due = [change for change in spec.interventions if change.iteration <= iterations]
    lines = [_literal(spec.algorithm), f"world={_literal(spec.world)}"]
    lines += _dictionary("config", spec.config) + _dictionary("world_config", spec.world_config)
    lines += [f"seed={spec.seed}"] if spec.seed else []
    lines += [f"replicas={spec.replicas}"] if spec.replicas != 1 else []
    lines += [f"device={_literal(spec.device)}"] if spec.device != "auto" else []
    lines += _several("changes", "[", [_change(change) for change in due], "]") if due else []
    lines.append(f"iterations={iterations}")
    return "".join(["result = rlviz.run(\n", *(f"    {line},\n" for line in lines), ")\n"])


def _change(change: At) -> str:
    match change.intervention:
        case Set(name, value, keep):
            return _at(change.iteration, {name: value}, "" if keep == "all" else keep)
        case Edit(world, keep) if world:
            return _at(change.iteration, world, "" if keep == "weights" else keep)
        case other:
            plain = {"iteration": change.iteration, **intervention_to_plain(other)}
            return f"{{{', '.join(_items(plain))}}}"


def _at(iteration: int, values: dict[str, Any], keep: str) -> str:
    named = {**values, **({"keep": keep} if keep else {})}
    said = [f"{name}={_literal(value)}" for name, value in named.items()]
    return f"rlviz.at({', '.join([str(iteration), *said])})"


def _dictionary(name: str, values: dict[str, Any]) -> list[str]:
    return _several(name, "{", _items(values), "}") if values else []


def _items(values: dict[str, Any]) -> list[str]:
    return [f"{_literal(key)}: {_literal(value)}" for key, value in values.items()]


def _several(name: str, opening: str, items: list[str], closing: str) -> list[str]:
    """On one line where it fits, else a line each."""
    line = f"{name}={opening}{', '.join(items)}{closing}"
    if len(line) <= _WIDTH and opening == "{":
        return [line]
    inner = "".join(f"\n        {item}," for item in items)
    return [f"{name}={opening}{inner}\n    {closing}"]


def _literal(value: Any) -> str:
    """Python that stands for the value, in the quotes that the rest of the file has."""
    plain = str(value) if isinstance(value, Schedule) else value
    text = repr(list(plain) if isinstance(plain, tuple) else plain)
    return (
        f'"{text[1:-1]}"' if isinstance(plain, str) and not set(text[1:-1]) & set("\"'") else text
    )


def _marked_down(text: str) -> str:
    """As Markdown that shows just this text."""
    plain = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\`*_{}\[\]()#+.!|~$-])", r"\\\1", plain)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
