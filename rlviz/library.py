"""What a script does with rlviz: make a run without a browser, and look at its numbers.

    result = rlviz.run(
        "q_learning",
        world="cliff_walking",
        config={"alpha": 0.5, "epsilon": "linear(0.5,0.01,2000)"},
        replicas=16,
        changes=[rlviz.at(3000, alpha=0.1)],
        iterations=5000,
    )
    print(result)

The same arguments give the same numbers, here and in the browser. Torch is loaded by the first run.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rlviz.errors import BadValue

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame

    from rlviz.hyperparameters import Field
    from rlviz.runs.spec import RunSpec


@dataclass(frozen=True)
class Change:
    """Values of the algorithm's or the world's knobs from an iteration on; made by `at`."""

    iteration: int
    values: dict[str, Any]
    keep: str | None = None


@dataclass(frozen=True)
class Result:
    """What a run has come to."""

    spec: RunSpec
    iteration: int
    status: Literal["finished", "diverged"]
    summary: dict[str, dict[str, float]]  # signal → its last value and the mean of its last 100
    curves: dict[str, NDArray[Any]]  # signal → rows of `rlviz.signals.CURVE_COLUMNS`, [7, bins]

    def table(self) -> DataFrame:
        """The curves as one long table: a row for each bin of each signal."""
        import pandas

        from rlviz.runs import series

        return pandas.DataFrame(series.long_table(self.curves))

    def __str__(self) -> str:
        """The summary, a line for each signal."""
        lines = [f"{self.status} at iteration {self.iteration}"]
        lines.append(f"{'signal':<24} {'last':>14} {'mean of last 100':>18}")
        for name, numbers in self.summary.items():
            last, mean = numbers["last"], numbers["mean_last_100"]
            lines.append(f"{name:<24} {last:>14.8g} {mean:>18.8g}")
        return "\n".join(lines)


def at(iteration: int, /, *, keep: str | None = None, **values: Any) -> Change:
    """Knobs that get other values from that iteration on.

    `keep` says what of the learner stays: "all", "weights" or "nothing"; unless said, all where
    the knob is live, nothing where it is not, and the weights where the world changes.
    """
    if not values:
        raise BadValue("A change needs a knob and its new value, as in `rlviz.at(300, alpha=0.1)`.")
    return Change(iteration, values, keep)


def run(
    algorithm: str,
    *,
    world: str,
    iterations: int,
    config: Mapping[str, Any] | None = None,
    world_config: Mapping[str, Any] | None = None,
    seed: int = 0,
    replicas: int = 1,
    device: str = "auto",
    changes: Sequence[Change | Mapping[str, Any]] = (),
) -> Result:
    """Train for that many iterations; a wrong name or value is refused with a sentence.

    A schedule may be given as text. A change is made by `at`, or is an intervention as in the JSON
    of a spec.
    """
    from rlviz.runs.environment import ONE_THREAD

    os.environ |= ONE_THREAD | os.environ  # read by libraries when they are first loaded
    from rlviz import registry
    from rlviz.runs.loop import Run
    from rlviz.runs.spec import from_plain

    known = registry.catalogue()
    knobs = known.algorithm(algorithm).fields
    places = known.world(world).fields
    spec = from_plain(
        {
            "algorithm": algorithm,
            "world": world,
            "config": _read(config or {}, knobs),
            "world_config": _read(world_config or {}, places),
            "seed": seed,
            "replicas": replicas,
            "device": device,
            "interventions": [
                plain for change in changes for plain in _interventions(change, knobs, places)
            ],
        },
        known,
    )
    made = Run(spec)
    if iterations > 0:
        made.advance(math.inf, iterations)
    made.settle()  # what changes just there
    summary = made.summary()  # takes in what still waits, where a divergence may be found
    curves = {name: curve.columns() for name, curve in sorted(made.recorder.curves.items())}
    status: Literal["finished", "diverged"] = "diverged" if made.diverged else "finished"
    return Result(made.spec, made.iteration, status, summary, curves)


def _interventions(
    change: Change | Mapping[str, Any], knobs: dict[str, Field], places: dict[str, Field]
) -> list[dict[str, Any]]:
    """As JSON of a spec: one for each of the algorithm's knobs, one for all of the world's."""
    if not isinstance(change, Change):
        return [dict(change)]
    keep = {} if change.keep is None else {"keep": change.keep}
    base = {"iteration": change.iteration, **keep}
    world = {k: v for k, v in change.values.items() if k in places and k not in knobs}
    own = _read({k: v for k, v in change.values.items() if k not in world}, knobs)
    made = [{**base, "kind": "set", "field": k, "value": v} for k, v in own.items()]
    edit = [{**base, "kind": "edit", "world": _read(world, places)}] if world else []
    return made + edit


def _read(values: Mapping[str, Any], known: dict[str, Field]) -> dict[str, Any]:
    """Numbers and schedules that are written as text are read as on the command line."""
    return {
        name: known[name].parse(value) if isinstance(value, str) and name in known else value
        for name, value in values.items()
    }
