"""The cliff as exploration grows: known returns, and which route is best for which ε."""

from __future__ import annotations

import numpy as np
import pytest

from rlviz.errors import NoFiniteTruth
from rlviz.exact import cliff
from rlviz.worlds import cliff_walking, room

WORLD = cliff_walking.make(cliff_walking.Config())


@pytest.mark.parametrize(
    ("route", "epsilon", "expected"),
    [
        ("risky_edge", 0.01, -16.0666618),
        ("risky_edge", 0.1, -45.80332225),
        ("edge_offpath_down", 0.1, -51.8131879),
        ("row_1", 0.1, -21.05),
        ("safe_top_row", 0.01, -17.46127878),
        ("safe_top_row", 0.1, -22.27281667),
    ],
)
def test_a_route_returns_what_is_known(route: str, epsilon: float, expected: float) -> None:
    tolerance = 5e-3 if route == "row_1" else 1e-5

    assert cliff.route_return(WORLD, route, epsilon) == pytest.approx(expected, abs=tolerance)


def test_the_best_policy_returns_what_is_known() -> None:
    assert cliff.best_return(WORLD, 1.0, 0.1) == pytest.approx(-20.7076774, abs=1e-5)


def test_no_route_is_better_than_the_best_policy() -> None:
    routes, best = cliff.route_returns(WORLD), cliff.best_returns(WORLD, 1.0)

    assert routes.shape == (3, 24)
    assert (routes <= best + 1e-9).all()


def test_the_best_route_moves_away_from_the_edge_as_exploration_grows() -> None:
    routes = cliff.route_returns(WORLD)
    best = dict(zip(cliff.EPSILONS.tolist(), routes.argmax(0).tolist(), strict=True))

    assert [best[e] for e in (0.005, 0.01, 0.1, 0.2, 0.3)] == [0, 1, 1, 2, 2]
    assert (np.diff(list(best.values())) >= 0).all()


def test_where_the_best_policy_is_a_route_it_returns_the_same() -> None:
    # At ε = .005 nothing beats the edge by more than a hundredth.
    edge = cliff.route_return(WORLD, "risky_edge", 0.005)

    assert cliff.best_return(WORLD, 1.0, 0.005) == pytest.approx(edge, abs=1e-2)


def test_returns_are_those_of_the_world_as_it_stands() -> None:
    # Twice the price of a step and no falls: twice the return.
    paid = cliff_walking.make(cliff_walking.Config(step_reward=-2.0))
    slips = cliff_walking.make(cliff_walking.Config(slip=0.2))

    assert cliff.route_return(paid, "safe_top_row", 0.0) == -34
    assert cliff.route_return(slips, "risky_edge", 0.0) < -100


def test_another_map_has_no_such_routes() -> None:
    smaller = cliff_walking.make(cliff_walking.Config(map="..../SCCG"))

    for world in (smaller, room.make(room.Config())):
        with pytest.raises(NoFiniteTruth, match="4 × 12"):
            cliff.route_return(world, "row_1", 0.1)
