"""The exact side: how long the truth of a large map takes, and value iteration as a run.

Seconds are of processor time of this process, which has one thread as a worker has.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

from bench.rows import Row, percentile
from rlviz import registry
from rlviz.errors import NoFiniteTruth
from rlviz.exact import dynamic_programming as dp
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec
from rlviz.worlds.tabular import TabularWorld

SIDE = 20
MAP = "/".join(["S" + "." * (SIDE - 1), *["." * SIDE] * (SIDE - 2), "." * (SIDE - 1) + "G"])
SLIPS = (0.0, 0.2)
GAMMAS = (1.0, 0.99, 0.9)
EPSILONS = (0.0, 0.01, 0.05, 0.1, 0.3, 0.5, 0.9)
TIMES = 5
SMALL = 1e-6  # a sweep that moves no value by more has arrived


def rows() -> Iterator[Row]:
    """Every row of this part."""
    yield _best_policies()
    yield _value_iteration()


def _best_policies() -> Row:
    """The best policy that explores with ε, for every slip, γ and ε."""
    medians = {}
    for slip in SLIPS:
        world = _room(slip)
        for gamma in GAMMAS:
            for epsilon in EPSILONS:
                each = [_seconds(world, gamma, epsilon) for _ in range(TIMES)]
                medians[slip, gamma, epsilon] = 1000 * percentile(each, 0.5)
    worst = max(medians, key=medians.__getitem__)
    slip, gamma, epsilon = worst
    about = (
        f"at {slip=}, {gamma=}, {epsilon=}; median over all {len(medians)} "
        f"{percentile(list(medians.values()), 0.5):.1f} ms"
    )
    return Row(f"truth of {SIDE**2} states, slowest ε", medians[worst], "ms", "<= 50", about)


def _value_iteration() -> Row:
    """Sweeps of the run itself, with its curves, until nothing moves."""
    seconds, sweeps = [], 0
    for _ in range(TIMES):
        run = Run(RunSpec("value_iteration", "room", world_config={"map": MAP, "slip": SLIPS[-1]}))
        start, sweeps = time.process_time(), 0
        while sweeps == 0 or run.recorder.latest["residual"].item() > SMALL:
            sweeps += run.pull()
        seconds.append(time.process_time() - start)
    about = f"{sweeps} sweeps at slip={SLIPS[-1]}, with the truth and its distance after each"
    name = f"value iteration, {SIDE}×{SIDE} to {SMALL:g}"
    return Row(name, percentile(seconds, 0.5), "s", "<= 0.5", about)


def _room(slip: float) -> TabularWorld:
    module = registry.world("room")
    world: TabularWorld = module.make(module.Config(map=MAP, slip=slip))
    return world


def _seconds(world: TabularWorld, gamma: float, epsilon: float) -> float:
    start = time.process_time()
    with suppress(NoFiniteTruth):  # to find that there is none takes its time too
        dp.best_policy(world, gamma, epsilon)
    return time.process_time() - start
