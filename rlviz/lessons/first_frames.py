"""Make the stored first frames: what a lesson shows before anybody has pressed Play.

    python -m rlviz.lessons.first_frames [LESSON ...]

Each is the end of a run of the lesson's own spec, made by the code of this repository; a test
makes it again and compares the bytes.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rlviz import lessons
from rlviz.runs.spec import RunSpec, from_plain

if TYPE_CHECKING:
    from rlviz.catalogue import Catalogue


def spec(stage: lessons.Stage, catalogue: Catalogue) -> RunSpec:
    """The stage's run as the lesson's file declares it, on the CPU."""
    plain = {
        "algorithm": stage.algorithm,
        "world": stage.world,
        "config": stage.config,
        "world_config": stage.world_config,
        "seed": stage.seed,
        "replicas": stage.replicas,
        "device": "cpu",
    }
    return from_plain(plain, catalogue)


def make(lesson: lessons.Lesson, stage: lessons.Stage) -> dict[str, bytes]:
    """File name → bytes: the last frame of the run, and its static frame."""
    # Worker-side code: pages read this module's neighbours and must not meet torch.
    from rlviz.registry import catalogue
    from rlviz.runs.loop import Run

    run = Run(spec(stage, catalogue()), "first")
    while run.iteration < lesson.first_frame:
        run.pull()
    name = f"{lesson.name}.{stage.alias}"
    return {f"{name}.safetensors": run.frame(), f"{name}.static.safetensors": run.static()}


def main(names: list[str]) -> None:
    """Write the first frames of these lessons; of all where none is named."""
    lessons.FIRST_FRAMES.mkdir(exist_ok=True)
    for name in names or lessons.names():
        lesson = lessons.lesson(name)
        for stage in lesson.stages:
            for file, blob in make(lesson, stage).items():
                (lessons.FIRST_FRAMES / file).write_bytes(blob)
                print(f"{file}: {len(blob)} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
