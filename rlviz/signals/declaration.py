"""What a signal is: the form of every declaration, and the beat that carries values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

Kind = Literal["event", "trace", "snapshot", "static", "derived"]
Beat = tuple[str, "dict[str, Tensor]"]

TAIL = 64  # values of replica 0 that a signal with `tail` keeps
CURVE_COLUMNS = ("at", "n", "mean", "sd", "min", "max", "replica_0")


def beat(name: str, **signals: Tensor) -> Beat:
    """A place where a learner may want to stop: a bare name and references, no copy, no check."""
    return name, signals


@dataclass(frozen=True)
class Signal:
    """What one name means, once, for code, pictures, glossary and command line."""

    kind: Kind
    # Of what an algorithm yields: "B", "B S A", "S"; B is dropped in what is sent. B replicas, S
    # states, A actions, O observations, P parameters, T steps, N samples, K anything countable.
    axes: str
    symbol: str
    meaning: str
    formula: str = ""
    unit: str = ""
    tail: bool = False
    curve: bool = False  # of a derived signal: evaluated on the grid and kept as a curve
    aliases: tuple[str, ...] = ()  # what other libraries call it

    @property
    def is_curve(self) -> bool:
        """Whether it is reduced to bins over iterations and travels whole."""
        return self.kind in ("event", "trace") or self.curve
