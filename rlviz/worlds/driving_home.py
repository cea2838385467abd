"""The way home from work (Sutton & Barto 2018, example 6.1), leg by leg, with what one expects.

The reward of a leg is the minutes that it took, so a value is the time that is still to go. The
guesses that one sets out with belong to the world: prediction begins from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from rlviz.hyperparameters import Hint, InTray, Range, TimeLimit, Title
from rlviz.worlds import gridworld
from rlviz.worlds.tabular import TabularWorld

TITLE = "Driving home"
SUMMARY = (
    "Office, car, exit of the highway, secondary road, home street, home. "
    "The reward of a leg is its minutes, so a value is the time still to go. "
    "What one expects at each place stands beside what each leg takes."
)
ACTIONS = ("drive on",)
PLACES = 6

_Minutes = (Range(0.0, 120.0), Hint("a quick leg", "a slow leg"), InTray("world"))
_Guess = (Range(0.0, 240.0), Hint("hopes to be home soon", "fears a long way"), InTray("world"))
Leg1 = Annotated[float, *_Minutes, Title("minutes from the office to the car")]
Leg2 = Annotated[float, *_Minutes, Title("minutes from the car to the exit")]
Leg3 = Annotated[float, *_Minutes, Title("minutes from the exit to the secondary road")]
Leg4 = Annotated[float, *_Minutes, Title("minutes from the secondary road to the home street")]
Leg5 = Annotated[float, *_Minutes, Title("minutes from the home street to home")]
Guess1 = Annotated[float, *_Guess, Title("first guess at the office")]
Guess2 = Annotated[float, *_Guess, Title("first guess at the car")]
Guess3 = Annotated[float, *_Guess, Title("first guess at the exit")]
Guess4 = Annotated[float, *_Guess, Title("first guess at the secondary road")]
Guess5 = Annotated[float, *_Guess, Title("first guess at the home street")]


@dataclass(frozen=True)
class Config:
    """Minutes and guesses of example 6.1; the trip takes 43 minutes and 30 were expected."""

    leg_1: Leg1 = 5.0
    leg_2: Leg2 = 15.0
    leg_3: Leg3 = 10.0
    leg_4: Leg4 = 10.0
    leg_5: Leg5 = 3.0
    guess_1: Guess1 = 30.0
    guess_2: Guess2 = 35.0
    guess_3: Guess3 = 15.0
    guess_4: Guess4 = 10.0
    guess_5: Guess5 = 3.0
    time_limit: TimeLimit = 100


def make(config: Config) -> TabularWorld:
    """The tables, 6 places in a row and 1 action."""
    legs = [config.leg_1, config.leg_2, config.leg_3, config.leg_4, config.leg_5, 0.0]
    guesses = [config.guess_1, config.guess_2, config.guess_3, config.guess_4, config.guess_5, 0.0]
    place = np.arange(PLACES)
    kind = [gridworld.START, *[gridworld.FLOOR] * (PLACES - 2), gridworld.GOAL]
    return TabularWorld(
        name="driving_home",
        next_state=np.minimum(place + 1, PLACES - 1)[:, None, None],
        reward=np.array(legs)[:, None, None],
        probability=np.ones((PLACES, 1, 1)),
        terminal=place == PLACES - 1,
        start=(place == 0).astype(np.float64),
        time_limit=config.time_limit,
        statics={
            "grid_shape": np.array([1, PLACES], dtype=np.int32),
            "cell_kind": np.array(kind, dtype=np.int32),
            "first_value": np.array(guesses),
        },
    )
