"""Lessons as plain data: `NAME.toml` says what runs and what is asked, `{en,zh}/NAME.md` the text.

Every sentence in the TOML is English and a key of the catalogues; the long texts stand in one
Markdown file for each language, one sentence a line, with the same headings.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from rlviz.errors import UnknownName

FOLDER = Path(__file__).parent
FIRST_FRAMES = FOLDER / "first_frames"  # what `python -m rlviz.lessons.first_frames` writes


@dataclass(frozen=True)
class Stage:
    """One run on the stage: what it learns with, where, and from which numbers."""

    alias: str
    algorithm: str
    world: str
    seed: int = 0
    replicas: int = 1
    config: dict[str, Any] = field(default_factory=dict)  # where shared knobs begin
    world_config: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)  # what tells it from the others: no knob
    title: str = ""  # where the algorithm's own would not tell it from the others
    member: int | None = None  # of the family's hues and dashes, likewise
    picture: str = ""  # a figure that stands in the place of the grid


@dataclass(frozen=True)
class Preset:
    """Knob values worth trying, and why they go well or badly."""

    name: str
    title: str
    kind: Literal["good", "bad"]
    reason: str
    knobs: dict[str, Any]


@dataclass(frozen=True)
class Claim:
    """A sentence that study notes make, put to the vote, and what the exact numbers say."""

    statement: str
    source: str  # file and lines
    verdict: Literal["true", "only if", "false"]
    because: str
    preset: str = ""  # the counter-example to run


@dataclass(frozen=True)
class Scene:
    """One of the experiments of a lesson that has several."""

    name: str
    title: str
    about: str = ""  # a sentence: what to find out here


@dataclass(frozen=True)
class Lesson:
    """One lesson, whole."""

    name: str
    order: int
    title: str
    question: str
    stages: tuple[Stage, ...]
    needs: tuple[str, ...] = ()
    worlds: tuple[str, ...] = ()  # the choice in the World tray
    speed: float | None = None  # iterations a second at the first Play
    first_frame: int = 0  # iterations of the stored first frame
    figures: tuple[tuple[str, ...], ...] = ()  # slots; several names in a slot share it
    presets: tuple[Preset, ...] = ()
    claims: tuple[Claim, ...] = ()
    predict: dict[str, Any] | None = None
    handy: str = ""  # the live knob that a phone shows below the stage
    cast: tuple[str, ...] = ()  # who of the stages is shown first; () for all, and no choice
    scene: str = ""  # which of its scenes this is; each has stages, figures and presets of its own
    scenes: tuple[Scene, ...] = ()

    def shown(self, aliases: tuple[str, ...]) -> Lesson:
        """The same with these stages only, in their own order; a question about others is left."""
        stages = tuple(stage for stage in self.stages if stage.alias in aliases)
        asked = set((self.predict or {}).get("decide", {}).get("stages", ()))
        predict = self.predict if asked <= set(aliases) else None
        return replace(self, stages=stages, predict=predict)

    def preset(self, name: str) -> Preset:
        """The preset of that name; UnknownName with the nearest one."""
        for preset in self.presets:
            if preset.name == name:
                return preset
        raise UnknownName("preset", name, [p.name for p in self.presets])


@dataclass(frozen=True)
class Milestone:
    """A lesson on the road, written or still to come."""

    name: str
    title: str
    about: str


@dataclass(frozen=True)
class Part:
    """One stretch of the road."""

    title: str
    lessons: tuple[Milestone, ...]


@lru_cache
def lesson(name: str, scene: str = "") -> Lesson:
    """The lesson of that name in one of its scenes, the first unless said; or UnknownName."""
    if name not in (known := names()):
        raise UnknownName("lesson", name, known)
    raw = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    listed = {item["name"]: item for item in raw.pop("scenes", ())}
    scenes = tuple(Scene(n, i.pop("title"), i.pop("about", "")) for n, i in listed.items())
    if listed:
        scene = scene or scenes[0].name
        if scene not in listed:
            raise UnknownName("scene", scene, listed)
        raw |= {k: v for k, v in listed[scene].items() if k != "name"}
    lists: dict[str, Any] = {
        "stages": tuple(Stage(**stage) for stage in raw.pop("stages")),
        "presets": tuple(Preset(**preset) for preset in raw.pop("presets", ())),
        "claims": tuple(Claim(**claim) for claim in raw.pop("claims", ())),
        "figures": tuple(tuple(slot) for slot in raw.pop("figures", ())),
        "needs": tuple(raw.pop("needs", ())),
        "worlds": tuple(raw.pop("worlds", ())),
        "cast": tuple(raw.pop("cast", ())),
    }
    return Lesson(name=name, scene=scene, scenes=scenes, **raw, **lists)


def scenes(name: str) -> tuple[Lesson, ...]:
    """The lesson in each of its scenes; in its only one where it has no others."""
    return tuple(lesson(name, one.name) for one in lesson(name).scenes) or (lesson(name),)


@lru_cache
def names() -> tuple[str, ...]:
    """Every lesson that exists, in the order of the road."""
    files = [path for path in FOLDER.glob("*.toml") if path.stem != "road"]
    orders = {p.stem: tomllib.loads(p.read_text(encoding="utf-8"))["order"] for p in files}
    return tuple(sorted(orders, key=orders.__getitem__))


@lru_cache
def road() -> tuple[Part, ...]:
    """The whole road, with what is still to come."""
    raw = tomllib.loads((FOLDER / "road.toml").read_text(encoding="utf-8"))
    return tuple(
        Part(part["title"], tuple(Milestone(**item) for item in part["lessons"]))
        for part in raw["parts"]
    )


@lru_cache
def sections(name: str, language: str) -> dict[str, str]:
    """The lesson's text in a language, by heading, in its order."""
    text = (FOLDER / language / f"{name}.md").read_text(encoding="utf-8")
    parts = text.split("\n## ")[1:]
    pairs = (part.partition("\n") for part in parts)
    return {heading.strip(): body.strip() for heading, _, body in pairs}
