"""A sweep of 64 points beside one run of the same length, both by the engine of one process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

import numpy as np

from bench.rows import Row
from rlviz.runs.local import LocalClient
from rlviz.runs.spec import RunSpec
from rlviz.runs.sweep import Axis, Plan

ITERATIONS = 20_000
ROUNDS = 3  # of each in turn, so that what else the machine does meets both
OWNER = "bench"
SPEC = RunSpec("q_learning", "cliff_walking", seed=1)
ALPHAS = Axis("alpha", tuple(float(f"{value:.3g}") for value in np.geomspace(0.01, 1.0, 8)))
EPSILONS = Axis("epsilon", tuple(float(f"{value:.3g}") for value in np.linspace(0.0, 0.5, 8)))


def rows() -> Iterator[Row]:
    """The wall time of a sweep over that of one run."""
    client = LocalClient()
    try:
        for repeats, budget in ((1, "<= 3"), (4, "<= 3")):
            plan = Plan(SPEC, (ALPHAS, EPSILONS), repeats, ITERATIONS)
            pairs = [(_one(client), _sweep(client, plan)) for _ in range(ROUNDS)]
            alone, swept = (median(pair[k] for pair in pairs) for k in (0, 1))
            yield Row(
                f"sweep of 8 × 8 points, {repeats} replicas each",
                median(pair[1] / pair[0] for pair in pairs),
                "× one run",
                budget,
                f"{swept:.1f} s beside {alone:.1f} s, {ITERATIONS:,} iterations each",
            )
    finally:
        client.close()


def _one(client: LocalClient) -> float:
    started = time.perf_counter()
    run = client.start(SPEC, OWNER, limit=ITERATIONS)
    client.wait(run, lambda view: view.status == "finished", 600)
    took = time.perf_counter() - started
    client.stop(run)
    return took


def _sweep(client: LocalClient, plan: Plan) -> float:
    started = time.perf_counter()
    key = client.start_sweep(plan, OWNER)
    while not (seen := client.sweep(key)).ended:
        time.sleep(0.02)
    took = time.perf_counter() - started
    if any(seen.sentences):
        raise RuntimeError(str(seen.sentences))
    return took
