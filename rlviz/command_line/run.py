"""`run`: train without a browser and print one JSON object."""

from __future__ import annotations

import argparse
import math
import sys
import time
import traceback
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from tqdm import tqdm

from rlviz import registry
from rlviz.command_line import request, table
from rlviz.runs.codec import decode
from rlviz.runs.loop import Run
from rlviz.runs.spec import to_plain
from rlviz.signals import SIGNALS

SCHEMA = 1
LOOK = 100  # steps of each replica between two looks at --until
REDRAW = 0.2  # seconds between two strokes of the progress bar

Status = Literal["finished", "reached", "diverged", "failed"]


@dataclass
class _Outcome:
    status: Status
    seconds: float


def train(asked: argparse.Namespace) -> int:
    """Run what was asked for and print the result."""
    known = registry.catalogue()
    spec = request.spec(asked, known)
    iterations = request.iterations(asked.iterations)
    algorithm = known.algorithm(spec.algorithm)
    until = request.until(asked.until, algorithm) if asked.until else None
    out = request.out(asked.out, raw=asked.raw)
    archived = out is not None and out.suffix == ".zip"
    run = Run(spec, raw=asked.raw, measured=archived)
    outcome = _drive(run, iterations, until)
    if out is not None:
        table.write(out, run, raw=asked.raw)
    result = _result(run, outcome, request.scalars(algorithm))
    print(orjson.dumps(result, option=orjson.OPT_INDENT_2).decode())  # NaN becomes null
    return 1 if outcome.status == "failed" else 0


def _drive(run: Run, iterations: int, until: request.Until | None) -> _Outcome:
    start = time.perf_counter()
    status: Status = "finished"
    with tqdm(total=iterations, unit="it", file=sys.stderr, mininterval=REDRAW) as bar:
        try:
            status = _pull(run, iterations, until, bar)
        except Exception:  # the run loop's own exception: a learner reads the traceback
            traceback.print_exc()
            status = "failed"
        seconds = time.perf_counter() - start
        bar.update(run.iteration - bar.n)
    return _Outcome(status, seconds)


def _pull(run: Run, iterations: int, until: request.Until | None, bar: tqdm[Any]) -> Status:
    # By iterations and not by the clock, so that the same request ends at the same place.
    steps = run.algorithm.ENV_STEPS or LOOK  # of a batch there are many
    every = max(1, LOOK // int(steps)) if until else iterations
    while run.iteration < iterations:
        stop = min(iterations, (run.iteration // every + 1) * every)
        run.advance(time.perf_counter() + REDRAW, stop)
        bar.update(run.iteration - bar.n)
        if run.diverged is not None:
            return "diverged"
        if (
            until is not None
            and run.iteration == stop
            and until.holds(_numbers(run, [until.signal]))
        ):
            return "reached"
    run.summary()  # takes in what still waits, where a divergence may be found
    return "finished" if run.diverged is None else "diverged"


def _numbers(run: Run, names: list[str]) -> dict[str, dict[str, float]]:
    """Last value and mean of the last hundred; NaN where there is none."""
    measured = run.summary()
    others = [name for name in names if not SIGNALS[name].is_curve]
    exact = decode(run.frame(others))[1] if others else {}
    nothing = {"last": math.nan, "mean_last_100": math.nan}
    return {
        name: measured.get(name, nothing) | ({"last": float(exact[name])} if name in exact else {})
        for name in names
    }


def _result(run: Run, outcome: _Outcome, names: list[str]) -> dict[str, Any]:
    result = {
        "schema": SCHEMA,
        "spec": to_plain(run.spec),
        "status": outcome.status,
        "iterations": run.iteration,
        "env_steps": run.env_steps,
        "wall_seconds": outcome.seconds,
        "env_steps_per_second": run.env_steps / outcome.seconds,
        "signals": _numbers(run, names),
    }
    if run.diverged is not None:
        result["diverged"] = dict(zip(("iteration", "signal"), run.diverged, strict=True))
    return result
