"""The marks that a field of a Config may carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rlviz import maps

Tray = Literal["world", "agent", "method"]


@dataclass(frozen=True)
class Range:
    """Closed interval that must hold; `log` asks for a logarithmic control."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Choices:
    """The words that are allowed, in the order of the control."""

    options: tuple[str, ...]


@dataclass(frozen=True)
class IsMap:
    """A text that is a map (`rlviz.maps`), drawn with these letters; with `G` a goal is needed.

    A goal must be reachable by these moves, in a wind that is `wind` times the knob of that name.
    """

    letters: str
    moves: tuple[str, ...] = maps.STRAIGHT
    wind: tuple[int, ...] = ()


@dataclass(frozen=True)
class Symbol:
    """The literature's letter."""

    text: str


@dataclass(frozen=True)
class Title:
    """The name on screen, in English; the catalogues translate it."""

    text: str


@dataclass(frozen=True)
class Hint:
    """What happens at the small and at the large end."""

    small: str
    large: str


@dataclass(frozen=True)
class Applies:
    """It acts only where another setting, if there is such a one, has this value."""

    setting: str
    value: str


@dataclass(frozen=True)
class InTray:
    """Which of the three trays of controls it stands in."""

    tray: Tray


@dataclass(frozen=True)
class Live:
    """The next iteration reads it; without this mark a change restarts the run."""


LIVE = Live()
