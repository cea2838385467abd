"""Knobs of how advantages are made: what is done with a cut episode, and with a wrong critic."""

from __future__ import annotations

from typing import Annotated

from rlviz.hyperparameters.annotations import (
    LIVE,
    Applies,
    Choices,
    Hint,
    InTray,
    Range,
    Title,
)

GradientClip = Annotated[
    float,
    Range(0.0, 10.0),
    Title("longest gradient"),
    Hint("0: as long as it is", "cuts the very long ones only"),
    InTray("method"),
]
Normalised = Annotated[
    bool,
    LIVE,
    Title("advantages of mean 0 and spread 1"),
    Hint("as they are", "by mean and spread of the batch"),
    InTray("method"),
]
Truncation = Annotated[
    str,
    Choices(("apart", "as_termination", "trace_leaks")),
    Title("an episode that is cut"),
    InTray("method"),
]
CriticKind = Annotated[str, Choices(("learned", "exact")), Title("critic"), InTray("method")]
CriticError = Annotated[
    float,
    Range(0.0, 1.0),
    LIVE,
    Title("error of the critic"),
    Hint("the exact values", "the same value everywhere"),
    Applies("critic", "exact"),
    InTray("method"),
]
