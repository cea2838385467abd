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
_Reward = (Range(-100.0, 100.0), Hint("pays little, or costs", "pays much"), InTray("world"))
Reward1 = Annotated[float, *_Reward, Symbol("r₁"), Title("first reward")]
Reward2 = Annotated[float, *_Reward, Symbol("r₂"), Title("second reward")]
Reward3 = Annotated[float, *_Reward, Symbol("r₃"), Title("third reward")]
_Preference = (
    Range(-10.0, 10.0),
    Hint("hardly ever chosen at first", "nearly always chosen at first"),
    InTray("world"),
)
Preference1 = Annotated[float, *_Preference, Symbol("θ₁"), Title("first preference")]
Preference2 = Annotated[float, *_Preference, Symbol("θ₂"), Title("second preference")]
Preference3 = Annotated[float, *_Preference, Symbol("θ₃"), Title("third preference")]
FirstProbability = Annotated[
    float,
    Range(0.01, 0.99),
    Symbol("p₀"),
    Title("first probability"),
    Hint("begins with the other action", "begins with this action"),
    InTray("world"),
]
RewardNoise = Annotated[
    float,
    Range(0.0, 10.0),
    Title("noise of the reward"),
    Hint("the same reward each time", "the reward scatters"),
    InTray("world"),
]
Episodes = Annotated[
    int,
    Range(1, 256),
    Title("episodes in the batch"),
    Hint("few: a noisy answer", "many: a steady answer"),
    InTray("method"),
]
Copies = Annotated[
    int,
    Range(1, 64),
    Title("copies of the world"),
    Hint("one after the other", "many at once"),
    InTray("method"),
]
RolloutSteps = Annotated[
    int,
    Range(1, 512),
    Title("steps a batch"),
    Hint("learns at once, from few samples", "waits for many samples"),
    InTray("method"),
]
PolicyStep = Annotated[
    float,
    Range(1e-5, 100.0, log=True),
    LIVE,
    Symbol("α_θ"),
    Title("step size of the policy"),
    Hint("slow and steady", "quick and noisy"),
    InTray("method"),
]
CriticStep = Annotated[
    float,
    Range(1e-5, 1.0, log=True),
    LIVE,
    Symbol("α_w"),
    Title("step size of the critic"),
    Hint("an old critic", "a nervous critic"),
    InTray("method"),
]
ConstantBaseline = Annotated[
    float,
    Range(-10.0, 30.0),
    LIVE,
    Symbol("b"),
    Title("constant baseline"),
    Hint("most returns look good", "most returns look bad"),
    Applies("baseline", "constant"),
    InTray("method"),
]
EntropyBonus = Annotated[
    float,
    Range(-1.0, 10.0),
    LIVE,
    Symbol("c"),
    Title("entropy bonus"),
    Hint("below 0 it destroys what is random", "keeps the policy random"),
    InTray("method"),
]
Hold = Annotated[
    bool,
    LIVE,
    Title("hold the policy still"),
    Hint("it learns", "it only estimates, again and again"),
    InTray("method"),
]
OptimiserKind = Annotated[
    str,
    Choices(("sgd", "rmsprop", "adam")),
    Title("optimiser"),
    InTray("method"),
]
TrustRadius = Annotated[
    float,
    Range(0.0, 1.0),
    LIVE,
    Symbol("δ"),
    Title("size of the trust region"),
    Hint("hardly another policy", "far away, where the estimate may not hold"),
    InTray("method"),
]
Damping = Annotated[
    float,
    Range(0.0, 10.0),
    LIVE,
    Title("damping"),
    Hint("the Fisher matrix as it is", "nearly the plain gradient"),
    InTray("method"),
]
ConjugateSteps = Annotated[
    int,
    Range(1, 30),
    Title("iterations of conjugate gradient"),
    Hint("a rough direction", "the exact direction"),
    InTray("method"),
]
Backtrack = Annotated[
    float,
    Range(0.1, 0.99),
    LIVE,
    Symbol("c"),
    Title("shortening of a step"),
    Hint("much shorter at each try", "a little shorter at each try"),
    InTray("method"),
]
Tries = Annotated[
    int,
    Range(1, 20),
    Title("tries of the line search"),
    Hint("gives up at once", "goes on until hardly anything is left"),
    InTray("method"),
]
ParameterScale = Annotated[
    float,
    Range(0.1, 10.0, log=True),
    LIVE,
    Symbol("k"),
    Title("scale of the parameters"),
    Hint("a parameter moves its preference little", "a parameter moves its preference much"),
    InTray("method"),
]
Expectation = Annotated[
    str,
    Choices(("samples", "exact")),
    Title("averages over"),
    InTray("method"),
]
