"""Shared types: the same idea has the same name, letter and hints in every algorithm."""

from __future__ import annotations

from typing import Annotated

from rlviz import maps
from rlviz.hyperparameters.annotations import (
    LIVE,
    Applies,
    Choices,
    Hint,
    InTray,
    IsMap,
    Range,
    Symbol,
    Title,
)

StepSize = Annotated[
    float,
    Range(1e-4, 1.0, log=True),
    LIVE,
    Symbol("α"),
    Title("step size"),
    Hint("slow and steady", "quick and noisy"),
    Applies("averaging", "step_size"),
    InTray("method"),
]
Discount = Annotated[
    float,
    Range(0.0, 1.0),
    LIVE,
    Symbol("γ"),
    Title("discount"),
    Hint("only the next reward counts", "the far future counts as much"),
    InTray("agent"),
]
Exploration = Annotated[
    float,
    Range(0.0, 1.0),
    LIVE,
    Symbol("ε"),
    Title("exploration"),
    Hint("stays with what it knows", "moves at random more often"),
    Applies("behaviour", "epsilon_greedy"),
    InTray("agent"),
]
InitialValue = Annotated[
    float,
    Range(-200.0, 200.0),
    Symbol("Q₀"),
    Title("initial value"),
    Hint("everything new looks bad", "everything new looks promising, so it is tried"),
    InTray("method"),
]
Slip = Annotated[
    float,
    Range(0.0, 0.9),
    Title("slip"),
    Hint("the world obeys", "the world often turns a move to its side"),
    InTray("world"),
]
TimeLimit = Annotated[
    int,
    Range(10, 10_000),
    Title("time limit"),
    Hint("cuts lost episodes early", "lets lost episodes wander"),
    InTray("world"),
]
RandomShare = Annotated[
    float,
    Range(0.0, 1.0),
    LIVE,
    Symbol("ε_π"),
    Title("random moves"),
    Hint("the optimal policy", "every action equally likely"),
    InTray("agent"),
]
Steps = Annotated[
    int,
    Range(1, 32),
    Symbol("n"),
    Title("steps"),
    Hint("learns at once, from its own guess", "waits, and learns from what really came"),
    InTray("method"),
]
TraceDecay = Annotated[
    float,
    Range(0.0, 1.0),
    LIVE,
    Symbol("λ"),
    Title("trace decay"),
    Hint("credit for the last step alone", "credit for the whole way"),
    InTray("method"),
]
Behaviour = Annotated[
    str,
    Choices(("epsilon_greedy", "softmax", "ucb")),
    Title("behaviour"),
    InTray("agent"),
]
Temperature = Annotated[
    float,
    Range(0.01, 100.0, log=True),
    LIVE,
    Symbol("τ"),
    Title("temperature"),
    Hint("nearly always the best", "nearly any action"),
    Applies("behaviour", "softmax"),
    InTray("agent"),
]
Confidence = Annotated[
    float,
    Range(0.0, 100.0),
    LIVE,
    Symbol("c"),
    Title("confidence"),
    Hint("trusts its values", "tries what it has tried little"),
    Applies("behaviour", "ucb"),
    InTray("agent"),
]
TraceKind = Annotated[
    str,
    Choices(("accumulating", "replacing", "dutch")),
    Title("kind of trace"),
    InTray("method"),
]
StepReward = Annotated[
    float,
    Range(-10.0, 10.0),
    Title("reward of a step"),
    Hint("every step hurts", "lingering pays"),
    InTray("world"),
]
Treasure = Annotated[
    float,
    Range(-100.0, 100.0),
    Title("reward of an R cell"),
    Hint("a cell to keep away from", "a cell worth a detour"),
    InTray("world"),
]
EpisodicMap = Annotated[str, IsMap(maps.EPISODIC), Title("map"), InTray("world")]
ContinuingMap = Annotated[str, IsMap(maps.CONTINUING), Title("map"), InTray("world")]
Wind = Annotated[
    int,
    Range(0, 3),
    Title("strength of the wind"),
    Hint("still air", "blows farther than one can walk"),
    InTray("world"),
]
WinChance = Annotated[
    float,
    Range(0.01, 0.99),
    Symbol("p_h"),
    Title("chance to win a stake"),
    Hint("a stake is mostly lost", "a stake is mostly won"),
    InTray("world"),
]
Instance = Annotated[
    int,
    Range(0, 999),
    Title("instance"),
    InTray("world"),
]
SweepOrder = Annotated[
    str,
    Choices(("synchronous", "in_place")),
    LIVE,
    Title("sweep"),
    InTray("method"),
]
