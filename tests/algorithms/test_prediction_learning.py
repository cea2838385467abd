"""Known errors on the random walks, re-run elsewhere too, within 4 standard errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rlviz import registry
from rlviz.exact import dynamic_programming as dp
from rlviz.streams import Streams
from rlviz.worlds.tabular import TabularWorld
from tests.exact.test_prediction import walk

RUNS = 200


def errors(
    name: str, world: TabularWorld, episodes: int, start: float, **config: Any
) -> NDArray[np.float64]:
    """RMS error after each of the first episodes of every replica, [B, episodes]."""
    module = registry.algorithm(name)
    settings = module.Config(initial_value=start, **config)
    truth = torch.from_numpy(dp.policy_value(world, np.full((world.n_states, 2), 0.5), 1.0))
    inner = ~torch.from_numpy(world.terminal)
    tables, streams = world.on("cpu"), Streams(7, RUNS)
    state = module.init(tables, settings, streams)
    found: list[list[float]] = [[] for _ in range(RUNS)]
    while min(map(len, found)) < episodes:
        *_, (_, signals) = module.iterate(tables, state, settings)
        gap = (state.v - truth)[:, inner].square().mean(1).sqrt()
        for b in (~signals["episode_return"].isnan()).nonzero().squeeze(1).tolist():
            found[b].append(float(gap[b]))
    return np.array([each[:episodes] for each in found])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "alpha", "expected"),
    [
        ("td_prediction", 0.05, 0.0349),
        ("td_prediction", 0.1, 0.0542),
        ("td_prediction", 0.15, 0.0698),
        ("monte_carlo_prediction", 0.01, 0.0963),
        ("monte_carlo_prediction", 0.02, 0.0798),
        ("monte_carlo_prediction", 0.03, 0.0918),
        ("monte_carlo_prediction", 0.04, 0.1032),
    ],
)
def test_error_after_100_episodes_of_the_short_walk(
    name: str, alpha: float, expected: float
) -> None:
    last = errors(name, walk(5), 100, 0.5, alpha=alpha)[:, -1]
    own = last.std(ddof=1) / math.sqrt(RUNS)

    # The published means are of 100 runs, so their error is √2 times ours.
    assert abs(last.mean() - expected) < 4 * own * math.sqrt(3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "alpha", "config", "expected"),
    [
        ("n_step_td", 0.8, {"n": 1}, 0.346),
        ("n_step_td", 0.6, {"n": 2}, 0.280),
        ("n_step_td", 0.4, {"n": 4}, 0.262),
        ("n_step_td", 0.2, {"n": 8}, 0.271),
        ("n_step_td", 0.1, {"n": 16}, 0.317),
        ("td_lambda", 0.4, {"lambda_": 0.8}, 0.273),
        ("td_lambda", 0.2, {"lambda_": 0.9}, 0.296),
        ("td_lambda", 0.4, {"lambda_": 0.8, "trace": "dutch"}, 0.254),
    ],
)
def test_mean_error_over_10_episodes_of_the_long_walk(
    name: str, alpha: float, config: dict[str, Any], expected: float
) -> None:
    each = errors(name, walk(19, left=-1.0), 10, 0.0, alpha=alpha, **config).mean(1)
    own = each.std(ddof=1) / math.sqrt(RUNS)

    # The published means are of 100 runs, and given with three digits.
    assert abs(each.mean() - expected) < 4 * own * math.sqrt(3) + 0.0005
