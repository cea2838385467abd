"""Which runs the tests over the registry make: every algorithm, every world, not every pair."""

from __future__ import annotations

from typing import Any

from rlviz import registry
from rlviz.catalogue import AlgorithmEntry
from rlviz.hyperparameters import Field
from rlviz.runs.spec import RunSpec

MODEL = "q_learning"  # the algorithm that is tried on every world it runs on
HOMES = ("cliff_walking", "room")  # where the others are tried, as far as they run there
BATCH_HOMES = ("key_door", "gaussian_bandit")  # likewise those that learn from whole batches
SMALL = {"episodes": 2, "copies": 2, "n_steps": 8, "epochs": 2, "minibatches": 2}  # of a batch
# A knob that says something only beside another setting.
BESIDE: dict[str, dict[str, Any]] = {
    "temperature": {"behaviour": "softmax"},
    "confidence": {"behaviour": "ucb"},
    "constant_baseline": {"baseline": "constant"},
    "alpha": {"averaging": "step_size"},
    "alpha_w": {"baseline": "learned"},
    "critic_error": {"critic": "exact"},
}


def worlds_of(name: str) -> tuple[str, ...]:
    """The worlds that an algorithm is tried on."""
    runs_on = registry.worlds_for(registry.algorithm(name))
    homes = BATCH_HOMES if of_batches(name) else HOMES
    homes = tuple(world for world in homes if world in runs_on) or runs_on[:2]
    return tuple(dict.fromkeys((*homes, *runs_on))) if name == MODEL else homes


def of_batches(name: str) -> bool:
    """Whether an iteration is a batch of many steps."""
    return registry.algorithm(name).ENV_STEPS is None


def many(name: str, iterations: int) -> int:
    """As many iterations as that, or fewer where each of them is a batch."""
    return max(3, iterations // 40) if of_batches(name) else iterations


ALGORITHMS = tuple(registry.algorithm_modules())
PAIRS = [(name, world) for name in ALGORITHMS for world in worlds_of(name)]


def entry(name: str) -> AlgorithmEntry:
    """What the catalogue says of an algorithm."""
    return registry.catalogue().algorithm(name)


def spec_of(name: str, world: str | None = None, **changes: Any) -> RunSpec:
    """A small run of it."""
    changes["config"] = known(name, SMALL) | changes.get("config", {})
    return RunSpec(name, world or worlds_of(name)[0], **{"seed": 3, "replicas": 4, **changes})


def known(name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Those of the settings that this algorithm has."""
    return {key: value for key, value in config.items() if key in entry(name).fields}


def slippery(world: str) -> dict[str, Any]:
    """A world setting that makes its outcomes random, where it has one."""
    return {"slip": 0.2} if "slip" in registry.catalogue().world(world).fields else {}


def other_value(field: Field) -> Any:
    """A legal value that is not the default."""
    if field.options:
        return next(option for option in field.options if option != field.default)
    if field.type == "bool":
        return not field.default
    if field.type == "int":
        step = 1 if field.default < field.high else -1
        return int(field.default) + step
    half = (max(field.low, -1e3) + min(field.high, 1e3)) / 2
    return half if half != field.default else (half + min(field.high, 1e3)) / 2


def live_knobs() -> list[tuple[str, str]]:
    """Every live knob of every algorithm."""
    return [(n, f.name) for n in ALGORITHMS for f in entry(n).fields.values() if f.live]
