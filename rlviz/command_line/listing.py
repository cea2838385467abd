"""`list`: what there is, as text or as JSON."""

from __future__ import annotations

import dataclasses
from typing import Any

import orjson

from rlviz import registry
from rlviz.catalogue import AlgorithmEntry, Catalogue, WorldEntry
from rlviz.hyperparameters import Field
from rlviz.signals import SIGNALS

SCHEMA = 1


def show(*, as_json: bool) -> int:
    """Print the catalogue."""
    catalogue = registry.catalogue()
    if as_json:
        print(orjson.dumps(plain(catalogue), option=orjson.OPT_INDENT_2).decode())
    else:
        print("\n".join(_lines(catalogue)))
    return 0


def plain(catalogue: Catalogue) -> dict[str, Any]:
    """The catalogue without sources, and the signals, as JSON."""
    return {
        "schema": SCHEMA,
        "algorithms": [_algorithm(entry) for entry in catalogue.algorithms],
        "worlds": [_world(entry) for entry in catalogue.worlds],
        "signals": {name: dataclasses.asdict(declared) for name, declared in SIGNALS.items()},
        "cuda": catalogue.cuda,
    }


def _algorithm(entry: AlgorithmEntry) -> dict[str, Any]:
    kept = ("name", "title", "family", "summary", "worlds", "signals", "beats", "truth")
    return {name: getattr(entry, name) for name in kept} | {"fields": _fields(entry.fields)}


def _world(entry: WorldEntry) -> dict[str, Any]:
    kept = ("name", "title", "summary", "signals", "pokes")
    return {name: getattr(entry, name) for name in kept} | {"fields": _fields(entry.fields)}


def _fields(fields: dict[str, Field]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(field) for field in fields.values()]


def _lines(catalogue: Catalogue) -> list[str]:
    lines = ["Algorithms"]
    for algorithm in catalogue.algorithms:
        lines.append(f"  {algorithm.name:<16} {algorithm.summary}")
        lines.append(f"  {'':<16} worlds: {', '.join(algorithm.worlds)}")
        lines += [_field_line(field) for field in algorithm.fields.values()]
    lines += ["", "Worlds"]
    for world in catalogue.worlds:
        lines.append(f"  {world.name:<16} {world.summary}")
        lines += [_field_line(field) for field in world.fields.values()]
    lines += ["", "Signals"]
    lines += [f"  {name:<26} {entry.kind:<9} {entry.meaning}" for name, entry in SIGNALS.items()]
    return lines


def _field_line(field: Field) -> str:
    mark = "live" if field.live else "restart"
    symbol = f" ({field.symbol})" if field.symbol else ""
    return (
        f"    {field.name:<16} = {field.default!s:<8} {field.title}{symbol}, {field.bounds}, {mark}"
    )
