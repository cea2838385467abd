"""The code of a run: short, readable, and the same run."""

from __future__ import annotations

import dataclasses
import keyword
import math
import subprocess
import sys
from typing import Any
from unittest import mock

import orjson
import pytest
from hypothesis import given, settings

import rlviz
from rlviz import lessons
from rlviz.errors import BadValue
from rlviz.runs.loop import Run
from rlviz.runs.script import notebook, script
from rlviz.runs.spec import At, Edit, RunSpec, Set, from_plain
from rlviz.schedules import Schedule
from tests.imports import ROOT
from tests.runs.test_spec import KNOWN, pokeable, specs

SPEC = RunSpec(
    "q_learning",
    "cliff_walking",
    config={"alpha": 0.3, "epsilon": Schedule("linear", 0.5, 0.01, 400)},
    seed=7,
    replicas=4,
    interventions=(At(200, Set("alpha", 0.1)), At(300, Edit({"map": "S..G"}, keep="nothing"))),
)
TEXT = '''\
"""q_learning on cliff_walking: 500 iterations of 4 replicas, seed 7.

Made by rlviz. Run it in rlviz's folder, or with that folder on PYTHONPATH; on the same versions and
the same kind of processor it gives the same numbers, bit for bit.
"""

import rlviz

result = rlviz.run(
    "q_learning",
    world="cliff_walking",
    config={"alpha": 0.3, "epsilon": "linear(0.5,0.01,400)"},
    seed=7,
    replicas=4,
    changes=[
        rlviz.at(200, alpha=0.1),
        rlviz.at(300, map="S..G", keep="nothing"),
    ],
    iterations=500,
)
print(result)
'''


class Made(Exception):
    """Raised in the place of a run, with its spec."""


def spec_of(code: str) -> RunSpec:
    """The spec of the run that some code makes, without the run."""

    def refuse(spec: RunSpec) -> None:
        raise Made(spec)

    with (
        mock.patch("rlviz.runs.loop.Run", refuse),
        mock.patch("rlviz.registry.catalogue", pokeable),
        pytest.raises(Made) as made,
    ):
        exec(code, {})
    found = made.value.args[0]
    assert isinstance(found, RunSpec)
    return found


def ran(code: str) -> rlviz.Result:
    """What that code calls `result`."""
    names: dict[str, Any] = {}
    exec(code, names)
    found = names["result"]
    assert isinstance(found, rlviz.Result)
    return found


def cells(book: bytes) -> list[tuple[str, str]]:
    """The kind and text of each cell."""
    return [(cell["cell_type"], "".join(cell["source"])) for cell in orjson.loads(book)["cells"]]


def test_a_script_reads_like_this() -> None:
    assert script(SPEC, 500) == TEXT
    assert len(TEXT.splitlines()) <= 25


def test_the_script_of_a_run_gives_its_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    """Changed by hand while it ran, as from a page."""
    run = Run(dataclasses.replace(SPEC, interventions=()))
    run.advance(math.inf, 200)
    run.intervene("1", Set("alpha", 0.1))
    run.advance(math.inf, 350)
    run.intervene("2", Edit({"map": "S...G/CCCCC"}, keep="nothing"))
    run.advance(math.inf, 900)
    again = ran(script(run.spec, 900))

    assert again.spec == run.spec
    assert again.summary == run.summary()
    assert {k: v.tobytes() for k, v in again.curves.items()} == {
        k: curve.columns().tobytes() for k, curve in run.recorder.curves.items()
    }
    assert capsys.readouterr().out == f"{again}\n"


def test_the_notebook_of_a_run_gives_its_numbers_and_a_picture() -> None:
    run = Run(SPEC)
    run.advance(math.inf, 500)
    (kind, _), (_, call), (_, draw) = cells(notebook(SPEC, 500))
    names: dict[str, Any] = {}
    exec(call, names)
    exec(draw, names)

    assert kind == "markdown"
    assert names["result"].summary == run.summary()
    assert {trace.y is not None for trace in names["drawn"].data} == {True}


@pytest.mark.slow
def test_the_script_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-"], cwd=ROOT, input=TEXT, capture_output=True, text=True, check=True
    )

    assert done.stdout == f"{ran(TEXT)}\n"


@settings(deadline=None, max_examples=100)
@given(specs())
def test_the_script_of_any_spec_makes_that_spec(spec: RunSpec) -> None:
    assert spec_of(script(spec, 100)) == spec


@pytest.mark.parametrize("name", lessons.names())
def test_every_preset_has_a_short_script(name: str) -> None:
    lesson = lessons.lesson(name)
    for stage in lesson.stages:
        knobs, places = KNOWN.algorithm(stage.algorithm).fields, KNOWN.world(stage.world).fields
        for preset in ({}, *(preset.knobs for preset in lesson.presets)):
            config = stage.config | preset | stage.own
            plain = {
                "algorithm": stage.algorithm,
                "world": stage.world,
                "config": {k: v for k, v in config.items() if k in knobs},
                "world_config": {k: v for k, v in preset.items() if k in places},
            }
            spec = from_plain(plain, KNOWN)

            assert spec_of(script(spec, 1000)) == spec
            # A line for each setting, and what stands around them.
            settings = len(spec.config) + len(spec.world_config)
            assert len(script(spec, 1000).splitlines()) <= 18 + settings


def test_what_acts_later_is_left_out() -> None:
    assert spec_of(script(SPEC, 299)).interventions == SPEC.interventions[:1]


def test_a_name_with_markup_stays_text_in_a_notebook() -> None:
    hostile = '<img src=x onerror=alert(1)>\n\n# [x](javascript:alert(1)) `"""` ![y](z)'
    (_, said), (_, call), _ = cells(notebook(SPEC, 500, hostile))
    title = said.splitlines()[0]

    assert title == (
        r"# &lt;img src=x onerror=alert\(1\)&gt; \# \[x\]\(javascript:alert\(1\)\) "
        r"\`\"\"\"\` \!\[y\]\(z\)"
    ).replace('\\"', '"')
    assert "alert" not in call


def test_a_text_can_not_end_its_literal() -> None:
    """Texts of a spec are checked against closed lists; a literal would hold others too."""
    hostile = '"""\'\n); import os  # \\'
    spec = RunSpec("q_learning", "cliff_walking", world_config={"map": hostile})
    found: dict[str, Any] = {}
    with mock.patch("rlviz.run", lambda *_, **given: found.update(given)):
        exec(script(spec, 5), {})

    assert found == {"world": "cliff_walking", "world_config": {"map": hostile}, "iterations": 5}


def test_knobs_can_be_named_in_a_call() -> None:
    """`rlviz.at(300, alpha=0.1)`: no knob is a word of Python's or an argument of `at`."""
    names = {n for a in (*KNOWN.algorithms, *KNOWN.worlds) for n in a.fields}

    assert {
        n for n in names if not n.isidentifier() or keyword.iskeyword(n) or n == "keep"
    } == set()


def test_what_a_script_asks_for_wrongly_is_refused() -> None:
    with pytest.raises(BadValue, match="A change needs a knob"):
        rlviz.at(3)
    with pytest.raises(BadValue, match="must hold, but got alpha=2"):
        rlviz.run("q_learning", world="room", iterations=1, changes=[rlviz.at(0, alpha=2)])


def test_a_change_at_the_end_is_part_of_the_result() -> None:
    changes = [rlviz.at(20, alpha=0.25)]
    found = rlviz.run("q_learning", world="room", iterations=20, changes=changes)

    assert found.spec.interventions == (At(20, Set("alpha", 0.25)),)
    assert found.iteration == 20


def test_the_table_of_a_result_has_a_row_for_each_bin() -> None:
    found = rlviz.run("q_learning", world="room", iterations=300, replicas=3)
    table = found.table()
    errors = table[table["signal"] == "td_error"]

    assert list(errors["iteration"]) == list(range(300))
    assert set(errors["n"]) == {3}
