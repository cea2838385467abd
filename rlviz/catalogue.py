"""What the server knows of algorithms and worlds: plain data, made on the worker side.

The server never imports torch, gymnasium or an algorithm. A worker sends this catalogue in its
first message; `registry.catalogue()` makes it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from rlviz.errors import BadValue, UnknownName
from rlviz.hyperparameters import Field


@dataclass(frozen=True)
class EquationEntry:
    """An equation of one beat: template, caption templates and the source line that does it."""

    beat: str
    template: str
    source_line: int  # 1-based, in the algorithm's `source`; 0 where none
    captions: tuple[tuple[str, str], ...] = ()  # (condition signal or "", sentence with slots)


@dataclass(frozen=True)
class AlgorithmEntry:
    """One algorithm as plain data."""

    name: str
    title: str
    family: str  # its hue: "td", "policy_gradient", ...
    member: int  # its place in the family: dash and marker
    summary: str
    source: str
    fields: dict[str, Field]
    worlds: tuple[str, ...]
    signals: tuple[str, ...]  # what it yields
    beats: tuple[str, ...]
    truth: dict[str, str]  # estimate → the exact signal that it is after
    equations: tuple[EquationEntry, ...] = ()
    on_policy: bool | None = None  # whether it learns about the policy that it follows
    age_of_data: str = ""  # how long after an action something is learned from it, in words
    # Of one replica in one iteration: 0 where it plans and never acts, None where batches differ.
    env_steps: int | None = 1


@dataclass(frozen=True)
class WorldEntry:
    """One world as plain data."""

    name: str
    title: str
    summary: str
    fields: dict[str, Field]
    signals: tuple[str, ...]
    pokes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def check_poke(self, name: str, arguments: dict[str, Any]) -> None:
        """Raise unless this world has that poke with exactly these numeric arguments."""
        if name not in self.pokes:
            raise UnknownName("poke", name, self.pokes)
        if set(arguments) != set(self.pokes[name]) or not all(
            isinstance(v, int | float) and v == v and abs(v) < 1e9 for v in arguments.values()
        ):
            raise BadValue(f"`{name}` needs finite numbers for {', '.join(self.pokes[name])}.")


@dataclass(frozen=True)
class Catalogue:
    """All algorithms and worlds, and whether the machine has a CUDA device."""

    algorithms: tuple[AlgorithmEntry, ...]
    worlds: tuple[WorldEntry, ...]
    cuda: bool = False

    @cached_property
    def _algorithms(self) -> dict[str, AlgorithmEntry]:
        return {entry.name: entry for entry in self.algorithms}

    @cached_property
    def _worlds(self) -> dict[str, WorldEntry]:
        return {entry.name: entry for entry in self.worlds}

    def algorithm(self, name: str) -> AlgorithmEntry:
        """The entry of that name; UnknownName with the nearest one."""
        if name not in self._algorithms:
            raise UnknownName("algorithm", name, self._algorithms)
        return self._algorithms[name]

    def world(self, name: str) -> WorldEntry:
        """The entry of that name; UnknownName with the nearest one."""
        if name not in self._worlds:
            raise UnknownName("world", name, self._worlds)
        return self._worlds[name]


def to_plain(catalogue: Catalogue) -> dict[str, Any]:
    """The catalogue as JSON."""
    return asdict(catalogue)


def from_plain(plain: dict[str, Any]) -> Catalogue:
    """The catalogue that a worker sent; it is ours, so it is trusted to have the right form."""
    return Catalogue(
        tuple(_algorithm(a) for a in plain["algorithms"]),
        tuple(_world(w) for w in plain["worlds"]),
        plain["cuda"],
    )


def _fields(plain: dict[str, Any]) -> dict[str, Field]:
    lists = ("options", "moves", "wind", "applies")
    return {k: Field(**{**v, **{n: tuple(v[n]) for n in lists}}) for k, v in plain.items()}


def _algorithm(plain: dict[str, Any]) -> AlgorithmEntry:
    equations = tuple(
        EquationEntry(**{**e, "captions": tuple((c[0], c[1]) for c in e["captions"])})
        for e in plain["equations"]
    )
    lists = {k: tuple(plain[k]) for k in ("worlds", "signals", "beats")}
    return AlgorithmEntry(
        **{**plain, **lists, "fields": _fields(plain["fields"]), "equations": equations}
    )


def _world(plain: dict[str, Any]) -> WorldEntry:
    pokes = {k: tuple(v) for k, v in plain["pokes"].items()}
    return WorldEntry(
        **{
            **plain,
            "fields": _fields(plain["fields"]),
            "signals": tuple(plain["signals"]),
            "pokes": pokes,
        }
    )
