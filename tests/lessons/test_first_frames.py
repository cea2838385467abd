"""The stored first frames are what this code makes today, number for number."""

from __future__ import annotations

import numpy as np
import pytest

from rlviz import lessons
from rlviz.lessons import first_frames
from rlviz.runs import codec

SCENES = [scene for name in lessons.names() for scene in lessons.scenes(name)]
STAGES = [(scene, stage) for scene in SCENES for stage in scene.stages]


@pytest.mark.slow
@pytest.mark.parametrize(("lesson", "stage"), STAGES, ids=lambda x: getattr(x, "name", ""))
def test_a_first_frame_is_made_again_exactly(lesson: lessons.Lesson, stage: lessons.Stage) -> None:
    for file, made in first_frames.make(lesson, stage).items():
        metadata, arrays = codec.decode((lessons.FIRST_FRAMES / file).read_bytes())
        metadata_now, arrays_now = codec.decode(made)

        assert metadata == metadata_now
        assert sorted(arrays) == sorted(arrays_now)
        for name in arrays:
            np.testing.assert_array_equal(arrays_now[name], arrays[name], err_msg=name)


def test_every_stage_has_its_two_files_and_there_are_no_others() -> None:
    expected = {
        f"{lesson.name}.{stage.alias}{kind}.safetensors"
        for lesson, stage in STAGES
        for kind in ("", ".static")
    }

    assert {path.name for path in lessons.FIRST_FRAMES.iterdir()} == expected


def test_a_frame_of_a_shorter_run_is_another_frame() -> None:
    lesson, stage = STAGES[0]
    short = lessons.Lesson("home", 0, "", "", lesson.stages, first_frame=50)
    made = first_frames.make(short, stage)["home.q_learning.safetensors"]

    assert codec.decode(made)[0]["iteration"] == 50
