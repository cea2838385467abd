"""Which algorithms and worlds there are: every module in their two packages, found by looking.

Adding an algorithm is adding a file. What the server may know of it is made here.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from types import ModuleType
from typing import get_type_hints

import torch

from rlviz import algorithms, hyperparameters, worlds
from rlviz.catalogue import AlgorithmEntry, Catalogue, EquationEntry, WorldEntry
from rlviz.errors import UnknownName


def algorithm(name: str) -> ModuleType:
    """The module of that algorithm; UnknownName with the nearest one."""
    return _named("algorithm", name, algorithm_modules())


def world(name: str) -> ModuleType:
    """The module of that world; UnknownName with the nearest one."""
    return _named("world", name, world_modules())


@cache
def algorithm_modules() -> dict[str, ModuleType]:
    """Every module of `rlviz.algorithms` that has a Config, by name."""
    return _modules(algorithms)


@cache
def world_modules() -> dict[str, ModuleType]:
    """Every module of `rlviz.worlds` that has a Config, by name."""
    return _modules(worlds)


def worlds_for(module: ModuleType) -> tuple[str, ...]:
    """The worlds of the kinds that an algorithm runs on."""
    kinds = module.WORLD if isinstance(module.WORLD, tuple) else (module.WORLD,)
    return tuple(
        name
        for name, made in world_modules().items()
        if get_type_hints(made.make)["return"] in kinds
    )


@cache
def catalogue() -> Catalogue:
    """All of it as plain data."""
    return Catalogue(
        tuple(_algorithm_entry(name, module) for name, module in algorithm_modules().items()),
        tuple(_world_entry(name, module) for name, module in world_modules().items()),
        cuda=torch.cuda.is_available(),
    )


def _named(kind: str, name: str, modules: dict[str, ModuleType]) -> ModuleType:
    if name not in modules:
        raise UnknownName(kind, name, modules)
    return modules[name]


def _modules(package: ModuleType) -> dict[str, ModuleType]:
    found = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        if "Config" in vars(module):
            found[info.name] = module
    return found


def _algorithm_entry(name: str, module: ModuleType) -> AlgorithmEntry:
    source = inspect.getsource(module)
    return AlgorithmEntry(
        name=name,
        title=module.TITLE,
        family=module.FAMILY,
        member=module.MEMBER,
        summary=module.SUMMARY,
        source=source,
        fields=hyperparameters.fields(module.Config),
        worlds=worlds_for(module),
        signals=tuple(dict.fromkeys(s for names in module.SIGNALS.values() for s in names)),
        beats=tuple(module.SIGNALS),
        truth=dict(module.TRUTH),
        equations=tuple(
            EquationEntry(e.beat, e.template, source_line(source, e.does), e.captions)
            for e in module.EQUATIONS
        ),
        on_policy=vars(module).get("ON_POLICY"),  # None where no behaviour is learned about
        age_of_data=vars(module).get("AGE_OF_DATA", ""),
        env_steps=module.ENV_STEPS,
    )


def source_line(source: str, does: str) -> int:
    """The 1-based line that begins with `does`; 0 where nothing is named."""
    if not does:
        return 0
    lines = [i for i, line in enumerate(source.splitlines(), 1) if line.strip().startswith(does)]
    if len(lines) != 1:
        raise LookupError(f"Exactly one line must begin with {does!r}, but {len(lines)} do.")
    return lines[0]


def _world_entry(name: str, module: ModuleType) -> WorldEntry:
    return WorldEntry(
        name=name,
        title=module.TITLE,
        summary=module.SUMMARY,
        fields=hyperparameters.fields(module.Config),
        signals=tuple(module.make(module.Config()).statics),
    )
