"""Shared types of methods that use one batch several times, and keep the policy near."""

from __future__ import annotations

from typing import Annotated

from rlviz.hyperparameters.annotations import (
    LIVE,
    Applies,
    Choices,
    Hint,
    InTray,
    Range,
    Symbol,
    Title,
)

Epochs = Annotated[
    int,
    Range(1, 32),
    Title("epochs"),
    Hint("each sample is used once", "the same samples again and again"),
    InTray("method"),
]
Minibatches = Annotated[
    int,
    Range(1, 32),
    Title("minibatches"),
    Hint("one step from all samples", "many steps, each from few samples"),
    InTray("method"),
]
Normalisation = Annotated[
    str,
    Choices(("minibatch", "batch", "off")),
    Title("advantages normalised over"),
    InTray("method"),
]
Surrogate = Annotated[
    str,
    Choices(("clipped", "dual_clipped", "unclipped")),
    Title("objective"),
    InTray("method"),
]
ClipLow = Annotated[
    float,
    Range(0.0, 1.0),
    LIVE,
    Symbol("ε_low"),
    Title("clip below"),
    Hint("a fall is silenced at once", "a probability may fall to 0"),
    InTray("method"),
]
ClipHigh = Annotated[
    float,
    Range(0.0, 5.0),
    LIVE,
    Symbol("ε_high"),
    Title("clip above"),
    Hint("a rise is silenced at once", "a probability may rise far"),
    InTray("method"),
]
DualClip = Annotated[
    float,
    Range(1.0, 20.0),
    Symbol("c"),
    Title("floor of dual clip"),
    Hint("bad samples far out are silenced soon", "only the farthest are silenced"),
    Applies("surrogate", "dual_clipped"),
    InTray("method"),
]
ValueLoss = Annotated[
    str,
    Choices(("plain", "ppo2", "sb3")),
    Title("loss of the critic"),
    InTray("method"),
]
ValueClip = Annotated[
    float,
    Range(0.0, 100.0),
    Symbol("ε_V"),
    Title("clip of the critic"),
    Hint("the critic hardly moves in a batch", "the critic moves as it likes"),
    InTray("method"),
]
StopKl = Annotated[
    float,
    Range(0.0, 1.0),
    Title("KL that ends the epochs"),
    Hint("0 never ends them; a little ends them soon", "ends them late"),
    InTray("method"),
]
PenaltyRule = Annotated[
    str,
    Choices(("adaptive", "fixed")),
    Title("rule for β"),
    InTray("method"),
]
FirstPenalty = Annotated[
    float,
    Range(0.0, 1000.0),
    Symbol("β₀"),
    Title("first weight of the penalty"),
    Hint("the policy runs free at first", "the policy can hardly move at first"),
    InTray("method"),
]
KlTarget = Annotated[
    float,
    Range(0.0, 1.0),
    LIVE,
    Symbol("d"),
    Title("KL aimed at"),
    Hint("tiny steps of the policy", "large steps of the policy"),
    Applies("rule", "adaptive"),
    InTray("method"),
]
