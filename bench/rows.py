"""A measured number beside its budget."""

from __future__ import annotations

import operator
import os
from dataclasses import dataclass, field

_HOLDS = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True)
class Row:
    """One line of bench.json; `budget` is like "<= 4", or "" where none is set."""

    name: str
    value: float
    unit: str
    budget: str = ""
    about: str = ""  # how it was measured, and what else came out
    load: float = field(default_factory=lambda: round(os.getloadavg()[0], 2))  # over one minute

    @property
    def holds(self) -> bool | None:
        """Whether the budget holds; None where there is none."""
        if not self.budget:
            return None
        relation, limit = self.budget.split()
        return bool(_HOLDS[relation](self.value, float(limit)))

    def line(self, last: float | None) -> str:
        """For the terminal, beside the value of the last bench.json."""
        verdict = {True: "ok", False: "OVER", None: ""}[self.holds]
        before = "" if last is None else f"last {last:.4g}"
        value = f"{self.value:>9.4g} {self.unit:<10} {self.budget:<8} {verdict:<5}"
        return f"{self.name:<44}{value}{before:<14}load {self.load:<5}  {self.about}"


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
