"""The engine alone: what loop, frames and store cost, and how fast it is beside a textbook loop.

Rates are per second of processor time of this process, which has one thread: what else the
machine does then matters little.
"""

from __future__ import annotations

import gc
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import gymnasium
import numpy as np
import torch

from bench.rows import Row
from rlviz.runs import messages as m
from rlviz.runs.held import Held
from rlviz.runs.keeper import Keeper
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec

ROUNDS = 25  # of each side in turn, so that what else the machine does meets both
SECONDS = 0.3  # of processor time in one round
PAGE_REPLICAS = 32
MANY = 1024
_numbers = itertools.count()

# What the lesson page asks for at 10 frames a second.
WATCHED = (
    "action.now",
    "action.tail",
    "alpha.now",
    "episode_return",
    "exploratory.now",
    "exploratory.tail",
    "gamma.now",
    "greedy_policy",
    "next_state",
    "next_state.tail",
    "optimal_return",
    "optimal_return_exploring",
    "q",
    "q_new.now",
    "q_next.now",
    "q_sa.now",
    "reward.now",
    "state.tail",
    "state_value",
    "td_error.now",
    "terminated.now",
    "terminated.tail",
    "truncated.now",
    "truncated.tail",
    "truth_distance",
    "truth_q",
    "truth_value",
)


def rows() -> Iterator[Row]:
    """Every row of this part."""
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()  # both as in a worker
    with tempfile.TemporaryDirectory() as folder:
        yield from _rows(Path(folder))


def _rows(folder: Path) -> Iterator[Row]:
    for replicas in (1, PAGE_REPLICAS, MANY):
        ratio, bare, driven = _in_turn(_bare(replicas), _driven(replicas, folder))
        about = f"{driven:,.0f} against {bare:,.0f} iterations/s"
        budget = "<= 1.15" if replicas == PAGE_REPLICAS else ""
        yield Row(f"overhead at 10 frames/s, B={replicas}", ratio, "ratio", budget, about)
    ratio, driven, textbook = _in_turn(_driven(MANY, folder), _textbook())
    ratio, steps = ratio * MANY, driven * MANY
    about = f"{steps:,.0f} against {textbook:,.0f} agent-steps/s; 60 is the mark to aim for"
    yield Row("Q-learning, 1,024 replicas / textbook", ratio, "ratio", ">= 40", about)


def _in_turn(one: Callable[[], float], other: Callable[[], float]) -> tuple[float, float, float]:
    """Rates measured in alternation: the median of one / other over rounds, and of each."""
    one(), other()  # warm
    rounds = [(one(), other()) for _ in range(ROUNDS)]
    ratio = median(a / b for a, b in rounds)
    return ratio, median(a for a, _ in rounds), median(b for _, b in rounds)


def _spec(replicas: int) -> RunSpec:
    return RunSpec("q_learning", "cliff_walking", replicas=replicas, seed=1, device="cpu")


def _bare(replicas: int) -> Callable[[], float]:
    """Iterations a second of the algorithm's own generator, with nobody watching."""
    run = Run(_spec(replicas))
    iterate, tables, state = run.algorithm.iterate, run.tables, run.state
    config = run.algorithm.Config()

    def measure() -> float:
        done, start = 0, time.process_time()
        with torch.inference_mode():  # as the loop does for what has no gradients
            while time.process_time() < start + SECONDS:
                for _ in iterate(tables, state, config):
                    pass
                done += 1
        return done / (time.process_time() - start)

    return measure


def _driven(replicas: int, folder: Path) -> Callable[[], float]:
    """Iterations a second as a worker drives a watched run: curves, frames, truth, all kept."""
    run = Run(_spec(replicas), measured=True)
    keeper = Keeper(folder / f"{replicas}-{next(_numbers)}")
    held = Held(run, m.Start("bench", {}), 0.0, lambda _: None, keeper)
    held.watch(WATCHED, 10.0)

    def measure() -> float:
        before, start = run.iteration, time.process_time()
        while time.process_time() < start + SECONDS:
            held.serve(0.01)
        return (run.iteration - before) / (time.process_time() - start)

    return measure


def _textbook() -> Callable[[], float]:
    """Steps a second of Q-learning as it is written in courses, over gymnasium's own world."""
    env = gymnasium.make("CliffWalking-v1")
    rng = np.random.default_rng(1)
    q = np.zeros((48, 4))
    env.reset(seed=1)
    state = 36

    def measure() -> float:
        nonlocal state
        start = time.process_time()
        for done in itertools.count(1):
            action = int(rng.integers(4)) if rng.random() < 0.1 else int(q[state].argmax())
            next_state, reward, terminated, truncated, _ = env.step(action)
            target = float(reward) + (0.0 if terminated else q[next_state].max())
            q[state, action] += 0.5 * (target - q[state, action])
            state = env.reset()[0] if terminated or truncated else next_state
            if done % 100 == 0 and time.process_time() >= start + SECONDS:
                return done / (time.process_time() - start)
        raise AssertionError

    return measure
