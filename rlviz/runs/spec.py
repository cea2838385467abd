"""A run is a value: everything that can change its numbers, as plain JSON.

The same spec gives the same events, traces and State, bit for bit, with the same pinned versions
on the same CPU type. What only changes the view is not in it.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from rlviz.catalogue import Catalogue
from rlviz.errors import BadValue, shown
from rlviz.hyperparameters import Value, check_all, check_world, to_json

Keep = Literal["all", "weights", "nothing"]
Device = Literal["cpu", "cuda", "auto"]
MAX_REPLICAS = 4096
MAX_INTERVENTIONS = 10_000
_KEEPS = ("all", "weights", "nothing")
_SEED_LIMIT = 2**63


@dataclass(frozen=True)
class Set:
    """A hyper-parameter gets another value."""

    field: str
    value: Value
    keep: Keep = "all"


@dataclass(frozen=True)
class Edit:
    """The world changes: some of its own fields get other values."""

    world: dict[str, Value]
    keep: Keep = "weights"


@dataclass(frozen=True)
class Poke:
    """The running world is pushed from outside (kick the pole, put the agent somewhere)."""

    name: str
    arguments: dict[str, float]


Intervention = Set | Edit | Poke


@dataclass(frozen=True)
class At:
    """An intervention and the iteration before which it acts."""

    iteration: int
    intervention: Intervention


@dataclass(frozen=True)
class RunSpec:
    """Algorithm, world, their configs, seed, replicas, device and the interventions."""

    algorithm: str
    world: str
    config: dict[str, Value] = field(default_factory=dict)  # what differs from the defaults
    world_config: dict[str, Value] = field(default_factory=dict)
    seed: int = 0
    replicas: int = 1
    device: Device = "auto"
    interventions: tuple[At, ...] = ()

    def with_intervention(self, iteration: int, intervention: Intervention) -> RunSpec:
        """This run with one more intervention, kept in the order of iterations."""
        later = sorted(
            (*self.interventions, At(iteration, intervention)), key=lambda a: a.iteration
        )
        return replace(self, interventions=tuple(later))


def to_plain(spec: RunSpec) -> dict[str, Any]:
    """The spec as JSON; `from_plain` reads it back to an equal value."""
    plain = asdict(spec)
    plain["config"] = {k: to_json(v) for k, v in spec.config.items()}
    plain["world_config"] = {k: to_json(v) for k, v in spec.world_config.items()}
    plain["interventions"] = [
        {"iteration": at.iteration, **intervention_to_plain(at.intervention)}
        for at in spec.interventions
    ]
    return plain


def from_plain(plain: object, catalogue: Catalogue) -> RunSpec:
    """A checked spec from JSON of any origin; BadValue or UnknownName with a sentence."""
    if not isinstance(plain, dict):
        raise BadValue(f"A spec must be a JSON object, but got {type(plain).__name__}.")
    allowed = set(RunSpec.__dataclass_fields__)
    if extra := set(plain) - allowed:
        raise BadValue(
            f"A spec has no `{sorted(extra)[0][:40]}`; it has {', '.join(sorted(allowed))}."
        )
    algorithm = catalogue.algorithm(_text(plain, "algorithm"))
    world = catalogue.world(_text(plain, "world"))
    if world.name not in algorithm.worlds:
        raise BadValue(
            f"`{algorithm.name}` does not run on `{world.name}`; "
            f"it runs on {', '.join(algorithm.worlds)}."
        )
    replicas = _whole(plain, "replicas", 1, 1, MAX_REPLICAS)
    device = plain.get("device", "auto")
    if device not in ("cpu", "cuda", "auto"):
        raise BadValue(f"`device in {{cpu, cuda, auto}}` must hold, but got {shown(device)}.")
    listed = plain.get("interventions", ())
    if not isinstance(listed, list | tuple) or len(listed) > MAX_INTERVENTIONS:
        raise BadValue(f"`interventions` must be a list of at most {MAX_INTERVENTIONS}.")
    interventions = []
    for item in listed:
        if not isinstance(item, dict):
            raise BadValue("An intervention must be a JSON object.")
        what = intervention_from_plain(
            {k: v for k, v in item.items() if k != "iteration"},
            algorithm.name,
            world.name,
            catalogue,
            replicas,
        )
        interventions.append(At(_whole(item, "iteration", 0, 0, 2**53), what))
    return RunSpec(
        algorithm=algorithm.name,
        world=world.name,
        config=check_all(algorithm.fields, _object(plain, "config"), replicas),
        world_config=check_world(world.fields, _object(plain, "world_config")),
        seed=_whole(plain, "seed", 0, 0, _SEED_LIMIT - 1),
        replicas=replicas,
        device=device,
        interventions=tuple(sorted(interventions, key=lambda a: a.iteration)),
    )


def intervention_to_plain(intervention: Intervention) -> dict[str, Any]:
    """An intervention as JSON, with its kind."""
    match intervention:
        case Set(name, value, keep):
            return {"kind": "set", "field": name, "value": to_json(value), "keep": keep}
        case Edit(world, keep):
            return {
                "kind": "edit",
                "world": {k: to_json(v) for k, v in world.items()},
                "keep": keep,
            }
        case Poke(name, arguments):
            return {"kind": "poke", "name": name, "arguments": dict(arguments)}


def intervention_from_plain(
    plain: dict[str, Any], algorithm: str, world: str, catalogue: Catalogue, replicas: int
) -> Intervention:
    """A checked intervention from JSON of any origin."""
    keep = plain.get("keep", Edit.keep if plain.get("kind") == "edit" else Set.keep)
    if keep not in _KEEPS:
        raise BadValue(f"`keep in {{{', '.join(_KEEPS)}}}` must hold, but got {shown(keep)}.")
    match plain.get("kind"):
        case "set":
            known = catalogue.algorithm(algorithm).fields
            name = _text(plain, "field")
            value = check_all(known, {name: plain.get("value")}, replicas)[name]
            return Set(name, value, "nothing" if keep == "all" and not known[name].live else keep)
        case "edit":
            values = _object(plain, "world")
            return Edit(
                check_all(catalogue.world(world).fields, values, None, "world setting"), keep
            )
        case "poke":
            name = _text(plain, "name")
            raw = _object(plain, "arguments")
            catalogue.world(world).check_poke(name, raw)
            return Poke(name, {k: float(v) for k, v in raw.items()})
        case other:
            raise BadValue(f"`kind in {{set, edit, poke}}` must hold, but got {shown(other)}.")


def safe_run_id(text: str) -> bool:
    """Whether a text has the form of a run id; anything else never reaches a lookup."""
    return re.fullmatch(r"[0-9a-z]{12}", text) is not None


def _text(plain: dict[str, Any], key: str) -> str:
    value = plain.get(key, "")
    return value if isinstance(value, str) else shown(value)


def _object(plain: dict[str, Any], key: str) -> dict[str, Any]:
    value = plain.get(key, {})
    if not isinstance(value, dict):
        raise BadValue(f"`{key}` must be a JSON object, but got {type(value).__name__}.")
    return value


def _whole(plain: dict[str, Any], key: str, default: int, low: int, high: int) -> int:
    value = plain.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadValue(f"`{low} <= {key} <= {high}` must hold, but got {key}={shown(value)}.")
    return value
