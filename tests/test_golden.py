"""The first 200 iterations of every algorithm, or fewer of small batches, held to what they were.

A golden file has the spec and the hash of all events, traces and the State. It changes only with
its reason in the commit:

    python -m tests.test_golden
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlviz import registry
from rlviz.runs import checkpoint, spec
from rlviz.runs.loop import Run
from tests.algorithms.pairs import PAIRS, SMALL, known, many, of_batches

FOLDER = Path(__file__).parent / "golden"
ITERATIONS = 200


def specs() -> dict[str, spec.RunSpec]:
    """One for each algorithm, and of one algorithm in every world."""
    made = {}
    for name, world in PAIRS:
        fields = registry.catalogue().algorithm(name).fields
        change = spec.Set("alpha", 0.25) if "alpha" in fields else None
        acts = (spec.At(120, change),) if change else ()
        config = known(name, SMALL) if of_batches(name) else {}
        of = spec.RunSpec(name, world, config, seed=7, replicas=3, interventions=acts)
        made[f"{name}.{world}"] = of
    return made


def digest(of: spec.RunSpec) -> dict[str, str]:
    """A hash for each event, each trace, and each tensor of the State."""
    run = Run(of, raw=True)
    run.advance(math.inf, many(of.algorithm, ITERATIONS))
    run.recorder.flush()
    assert run.recorder.raw is not None
    found = {name: np.stack([v for _, v in rows]) for name, rows in run.recorder.raw.items()}
    found |= {path: t.numpy() for path, t in checkpoint.tensors(run.state).items()}
    return {
        name: hashlib.sha256(str(array.dtype).encode() + array.tobytes()).hexdigest()[:16]
        for name, array in sorted(found.items())
    }


def record() -> None:
    """Write every file anew."""
    for name, of in specs().items():
        content: dict[str, Any] = {"spec": spec.to_plain(of), "hash": digest(of)}
        (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")


@pytest.mark.parametrize("name", specs())
def test_the_first_iterations_are_what_they_were(name: str) -> None:
    kept = json.loads((FOLDER / f"{name}.json").read_text())
    of = spec.from_plain(kept["spec"], registry.catalogue())

    assert digest(of) == kept["hash"]


def test_every_golden_file_is_still_of_a_run_that_exists() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(specs())


if __name__ == "__main__":
    record()
