"""Make the stored first frames: what a lesson shows before anybody has pressed Play.

    python -m rlviz.lessons.first_frames [LESSON ...]

Each is the end of a run of the lesson's own spec, made by the code of this repository; a test
makes it again and compares the bytes.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rlviz import figures, lessons
from rlviz.runs.spec import RunSpec, from_plain

if TYPE_CHECKING:
    from rlviz.catalogue import Catalogue

# What every grid shows, whichever of its faces and layers is chosen.
GRID = (
    "action_value",
    "state_value",
    "shown_policy",
    "truth_q",
    "truth_value",
    "truth_policy",
    "q_gap",
    "value_gap",
)


def spec(stage: lessons.Stage, catalogue: Catalogue) -> RunSpec:
    """The stage's run as the lesson's file declares it, on the CPU."""
    plain = {
        "algorithm": stage.algorithm,
        "world": stage.world,
        "config": stage.config | stage.own,
        "world_config": stage.world_config,
        "seed": stage.seed,
        "replicas": stage.replicas,
        "device": "cpu",
    }
    return from_plain(plain, catalogue)


def make(lesson: lessons.Lesson, stage: lessons.Stage) -> dict[str, bytes]:
    """File name → bytes: the last frame of the run, and its static frame."""
    # Worker-side code: pages read this module's neighbours and must not meet torch.
    from rlviz.derived import DERIVED
    from rlviz.registry import catalogue
    from rlviz.runs.loop import Run

    run = Run(spec(stage, catalogue()), "first")
    while run.iteration < lesson.first_frame:
        run.pull()
    wanted = {*GRID, *_of_figures(lesson, stage)}
    names = [name for name in run.available() if name not in DERIVED or name in wanted]
    name = f"{lesson.name}.{stage.alias}"
    return {f"{name}.safetensors": run.frame(names), f"{name}.static.safetensors": run.static()}


def _of_figures(lesson: lessons.Lesson, stage: lessons.Stage) -> set[str]:
    """The signals of this stage that some figure of the lesson shows."""
    names = {name for slot in lesson.figures for name in slot} | {stage.picture} - {""}
    styles = [figures.StageStyle(s.alias, s.alias, "td", 0) for s in lesson.stages]
    drawn = [figures.figure(name, styles, str) for name in sorted(names)]
    return {name for figure in drawn for name in figures.needs(figure).get(stage.alias, ())}


def main(names: list[str]) -> None:
    """Write the first frames of these lessons; of all where none is named."""
    lessons.FIRST_FRAMES.mkdir(exist_ok=True)
    for name in names or lessons.names():
        for lesson in lessons.scenes(name):
            for stage in lesson.stages:
                for file, blob in make(lesson, stage).items():
                    (lessons.FIRST_FRAMES / file).write_bytes(blob)
                    print(f"{file}: {len(blob)} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
