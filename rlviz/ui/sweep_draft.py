"""What shall be swept, as the fields of a form and as an address; `plan` is what becomes of it.

    ?method=q_learning&world=cliff_walking&x=alpha&xs=0.1,0.5&y=epsilon&ys=0,0.1
    &fixed=gamma=0.9&repeats=4&iterations=10000&seed=1

`lesson`, `scene`, `stage` and the knobs of a lesson's own link begin where that lesson stands.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from rlviz import lessons
from rlviz.catalogue import AlgorithmEntry, Catalogue
from rlviz.errors import BadValue, UnknownName
from rlviz.figures.transforms import round_step
from rlviz.hyperparameters import Field, Value
from rlviz.lessons import Lesson, Stage
from rlviz.runs import sweep
from rlviz.runs.spec import MAX_REPLICAS, RunSpec
from rlviz.runs.sweep import MAX_ITERATIONS, Axis, Plan
from rlviz.ui import knobs, link
from rlviz.ui.values import GLIMPSE, Note, as_text

FIRST = ("alpha", "random_share", "epsilon", "gamma", "confidence", "sweep")
SECOND = ("epsilon", "lambda_", "n")
LONGEST = 600  # characters of a list of values
_NAMES = ("method", "world", "x", "xs", "y", "ys", "fixed")
_NUMBERS = {"repeats": MAX_REPLICAS, "iterations": MAX_ITERATIONS, "seed": 10**9}
_SUGGESTED = 7
_NEAR = 0.2  # of a range: so near to an end, and values stand closer there
_PLAIN = {"v", "lang", "view", "sweep", "metric", "lesson", "scene", "stage", *_NAMES, *_NUMBERS}


@dataclass
class Draft:
    """Everything as it is typed; the values of a knob are a list with commas."""

    method: str
    world: str
    x: str = ""
    xs: str = ""
    y: str = ""  # "" for one knob
    ys: str = ""
    fixed: str = ""  # name=value, …
    repeats: int = 4
    iterations: int = 10_000
    seed: int = 1
    place: tuple[str, str, str] = ("", "", "")  # lesson, scene and stage that it came from
    notes: list[Note] = field(default_factory=list)

    def known(self, catalogue: Catalogue) -> dict[str, Field]:
        """What can be swept of this method in this world."""
        return sweep.knobs(RunSpec(self.method, self.world), catalogue)

    def address(self) -> dict[str, str]:
        """The parameters that say all of this."""
        lesson, scene, alias = self.place
        texts = {"lesson": lesson, "scene": scene, "stage": alias}
        texts |= {name: str(getattr(self, name)) for name in (*_NAMES, *_NUMBERS)}
        return {name: text for name, text in texts.items() if text}

    def turn(self, name: str, value: object, catalogue: Catalogue) -> None:
        """A field of the form was changed; what depended on it gets its first value anew."""
        setattr(self, name, value)
        self.notes = []
        if name in ("x", "y"):
            known = self.known(catalogue)
            chosen = str(value)
            setattr(self, f"{name}s", suggested(known[chosen]) if chosen in known else "")
        if name in ("method", "world"):
            settle(self, catalogue)


def plan(draft: Draft, catalogue: Catalogue) -> Plan:
    """The checked plan of a draft; BadValue or UnknownName with a sentence."""
    known = draft.known(catalogue)
    every = known | catalogue.world(draft.world).fields
    set_here = _fixed(draft.fixed, every)
    of_world = catalogue.world(draft.world).fields
    spec = RunSpec(
        draft.method,
        draft.world,
        config={n: v for n, v in set_here.items() if n not in of_world},
        world_config={n: v for n, v in set_here.items() if n in of_world},
        seed=draft.seed,
    )
    swept = [(draft.x, draft.xs), (draft.y, draft.ys)]
    axes = tuple(Axis(name, _values(name, text, known)) for name, text in swept if name)
    lesson, scene, alias = draft.place
    made = Plan(spec, axes, draft.repeats, draft.iterations, lesson, scene, alias)
    return sweep.check(made, catalogue)


def of_plan(made: Plan) -> Draft:
    """The draft that a plan was made of."""
    swept = {axis.name: ",".join(as_text(value) for value in axis.values) for axis in made.axes}
    (x, xs), (y, ys) = [*swept.items(), ("", "")][:2]
    return Draft(
        made.spec.algorithm, made.spec.world, x, xs, y, ys, _told(made.spec),
        made.repeats, made.iterations, made.spec.seed, (made.lesson, made.scene, made.alias),
    )  # fmt: skip


def opened(parameters: Mapping[str, str], catalogue: Catalogue) -> Draft:
    """The draft of an address of any origin; what had to be changed leaves a note."""
    draft = _from_lesson(parameters, catalogue)
    notes = draft.notes
    methods = [entry.name for entry in catalogue.algorithms]
    draft.method = _one_of("method", parameters, methods, draft.method, notes)
    allowed = catalogue.algorithm(draft.method).worlds
    first = draft.world if draft.world in allowed else allowed[0]
    draft.world = _one_of("world", parameters, allowed, first, notes)
    known = draft.known(catalogue)
    for name in ("x", "y"):
        chosen = _one_of(name, parameters, known, getattr(draft, name), notes)
        setattr(draft, name, chosen)
        asked = parameters.get(f"{name}s", "")[:LONGEST]
        setattr(draft, f"{name}s", asked if chosen and asked else getattr(draft, f"{name}s"))
    draft.fixed = parameters.get("fixed", draft.fixed)[:LONGEST]
    for name, most in _NUMBERS.items():
        _number(name, parameters, most, draft)
    for name in parameters:
        if name not in _PLAIN and not name.startswith(link.KNOB):
            text = "The link has `{given}`, which this page does not know."
            notes.append(Note(text, {"given": name[:GLIMPSE]}))
    settle(draft, catalogue, chosen="x" in parameters)
    draft.notes = notes[:5]
    return draft


def settle(draft: Draft, catalogue: Catalogue, *, chosen: bool = False) -> None:
    """Make it whole: what its method and world do not have is let go, what is missing is chosen."""
    entry = catalogue.algorithm(draft.method)
    if draft.world not in entry.worlds:
        draft.world = entry.worlds[0]
    known, now = draft.known(catalogue), _lenient(draft, catalogue)
    act = [name for name in known if _acts(known[name], known, now)]
    if draft.x not in known:
        draft.x = next((name for name in FIRST if name in act), (act or list(known))[0])
        draft.xs = ""
    if draft.y not in known or draft.y == draft.x:
        rest = [name for name in SECOND if name in act and name != draft.x]
        draft.y, draft.ys = "" if chosen or not rest else rest[0], ""
    for name in ("x", "y"):
        if (one := getattr(draft, name)) and not getattr(draft, f"{name}s"):
            setattr(draft, f"{name}s", suggested(known[one]))
    every = known | catalogue.world(draft.world).fields
    told = [part for part in _pairs(draft.fixed) if part[0] in every]
    draft.fixed = ", ".join(f"{name}={text}" for name, text in told)


def suggested(declared: Field) -> str:
    """A few values worth trying: all words, or round numbers near the default.

    Where a range spans decades the steps are 1, 2, 5 and 10, for counts from 1 on powers of two.
    """
    if declared.options or declared.type == "bool":
        return ",".join(map(as_text, declared.options or (False, True)))
    wide = declared.low > 0 and declared.high / declared.low > 16
    if not (declared.log or (declared.type == "int" and wide)):
        steps = _through(declared)
    elif declared.type == "int" and declared.low == 1:
        steps = [2.0**k for k in range(10) if 2.0**k <= declared.high]
    else:
        steps = knobs.stops(declared, 0)
    if declared.log or (declared.type == "int" and wide):
        default = float(declared.default)
        steps = sorted(sorted(steps, key=lambda s: abs(math.log(s / default)))[:_SUGGESTED])
    whole = [round(step) if declared.type == "int" else float(f"{step:.3g}") for step in steps]
    return ",".join(as_text(value) for value in dict.fromkeys(whole))


def _through(declared: Field) -> list[float]:
    """Six steps of a linear range: closer together at the end where the default stands."""
    low, span = declared.low, declared.high - declared.low
    share = (float(declared.default) - low) / span
    if 0 < share <= _NEAR:
        return [low + span * min(share * k, 1.0) for k in (0.0, 0.5, 1.0, 2.0, 3.0, 5.0)]
    if share >= 1 - _NEAR:
        return [declared.high - span * k for k in (0.5, 0.2, 0.1, 0.05, 0.01, 0.0)]
    step = round_step(span / 5, up=True)
    return [low + step * k for k in range(7) if low + step * k <= declared.high]


def home_of(spec: RunSpec, catalogue: Catalogue, lesson: str = "") -> tuple[Lesson, Stage] | None:
    """A lesson with a stage on which such a run can be opened, that lesson first."""
    first = [lesson] if lesson in lessons.names() else []
    for name in (*first, *lessons.names()):
        for scene in lessons.scenes(name) if name != "home" else ():
            for stage in scene.stages:
                if _fits(spec, scene, stage, catalogue):
                    return scene, stage
    return None


def lesson_link(made: Plan, point: int, catalogue: Catalogue) -> tuple[str, dict[str, str]] | None:
    """Page and parameters of a lesson with the knobs of a point; None where no lesson has it."""
    spec = sweep.at_point(made, point, catalogue)
    if (found := home_of(spec, catalogue, made.lesson)) is None:
        return None
    lesson, stage = found
    every = catalogue.algorithm(spec.algorithm).fields | catalogue.world(spec.world).fields
    now: dict[str, Value] = {name: declared.default for name, declared in every.items()}
    now |= {**spec.config, **spec.world_config}
    now |= {"world": spec.world, "seed": spec.seed, "replicas": spec.replicas}
    first = knobs.defaults(lesson, catalogue, spec.world)
    turned = {n: v for n, v in now.items() if n in first and (v != first[n] or n == "world")}
    if spec.world == lesson.stages[0].world:
        turned.pop("world")
    cast = (stage.alias,) if lesson.cast else ()
    return lesson.name, link.write(link.Link(scene=lesson.scene or None, cast=cast, knobs=turned))


def _fits(spec: RunSpec, lesson: Lesson, stage: Stage, catalogue: Catalogue) -> bool:
    worlds = lesson.worlds or tuple(one.world for one in lesson.stages)
    return spec.world in worlds and knobs.fits(spec, stage, catalogue)


def _from_lesson(parameters: Mapping[str, str], catalogue: Catalogue) -> Draft:
    """Where the lesson that an address names stands, with the knobs of that address."""
    name, alias = parameters.get("lesson", ""), parameters.get("stage", "")
    if name not in lessons.names():
        entry: AlgorithmEntry = next(
            (e for e in catalogue.algorithms if e.name == "q_learning"), catalogue.algorithms[0]
        )
        world = "cliff_walking" if "cliff_walking" in entry.worlds else entry.worlds[0]
        draft = Draft(entry.name, world)
        if name:
            text = "The link's {name}={given} was left out; there is no such lesson."
            draft.notes.append(Note(text, {"name": "lesson", "given": name[:GLIMPSE]}))
        return draft
    scenes = {one.scene: one for one in lessons.scenes(name)}
    lesson = scenes.get(parameters.get("scene", "")) or next(iter(scenes.values()))
    stage = next((one for one in lesson.stages if one.alias == alias), lesson.stages[0])
    told = {k: v for k, v in parameters.items() if k.startswith(link.KNOB)}
    said, notes = link.read(told, lesson, catalogue)
    world = link.world_of(told, lesson, catalogue)
    spec = knobs.spec(stage, knobs.defaults(lesson, catalogue, world) | said.knobs, catalogue)
    place = (name, lesson.scene, stage.alias)
    draft = Draft(spec.algorithm, spec.world, fixed=_told(spec), seed=spec.seed, place=place)
    draft.notes += notes
    return draft


def _told(spec: RunSpec) -> str:
    set_here = {**spec.world_config, **spec.config}
    return ", ".join(f"{name}={as_text(value)}" for name, value in set_here.items())


def _pairs(text: str) -> list[tuple[str, str]]:
    """Names and values; a comma within brackets separates nothing."""
    parts = re.split(r"[,，](?![^()\[\]]*[)\]])", text)
    pairs = (part.partition("=") for part in parts if part.strip())
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _fixed(text: str, known: Mapping[str, Field]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, value in _pairs(text):
        if name not in known:
            raise UnknownName("knob", name, known)
        found[name] = known[name].check(known[name].parse(value))
    return found


def _lenient(draft: Draft, catalogue: Catalogue) -> dict[str, Value]:
    try:
        return _fixed(draft.fixed, draft.known(catalogue) | catalogue.world(draft.world).fields)
    except (BadValue, UnknownName):
        return {}


def _acts(declared: Field, known: Mapping[str, Field], now: Mapping[str, Value]) -> bool:
    setting, needed = declared.applies or ("", "")
    return setting not in known or now.get(setting, known[setting].default) == needed


def _values(name: str, text: str, known: Mapping[str, Field]) -> tuple[Value, ...]:
    if name not in known:
        raise UnknownName("knob", name, known)
    parts = filter(None, (part.strip() for part in re.split("[,，、;；\\s]+", text)))
    return tuple(known[name].check(known[name].parse(part)) for part in parts)


def _one_of(
    name: str, parameters: Mapping[str, str], known: Collection[str], first: str, notes: list[Note]
) -> str:
    given = parameters.get(name, first)
    if given in known or given in ("", first):
        return given
    text = "The link's {name}={given} was left out; this page knows {kept}."
    said = {"name": name, "given": given[:GLIMPSE], "kept": ", ".join(known)[:200]}
    notes.append(Note(text, said))
    return first


def _number(name: str, parameters: Mapping[str, str], most: int, draft: Draft) -> None:
    least = 0 if name == "seed" else 1
    if (text := parameters.get(name)) is None:
        return
    said = {"name": name, "given": text[:GLIMPSE], "rule": f"{least} <= {name} <= {most}"}
    if not re.fullmatch("[0-9]{1,18}", text):
        note = "The link's {name}={given} was left out: `{rule}` must hold."
        draft.notes.append(Note(note, said))
        return
    kept = min(max(int(text), least), most)
    setattr(draft, name, kept)
    if kept != int(text):
        note = "The link's {name}={given} became {kept}: `{rule}` must hold."
        draft.notes.append(Note(note, said | {"kept": str(kept)}))
