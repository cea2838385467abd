"""What the documents say is so: the example runs, the tree is complete, no link is dead."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlviz import algorithms, equations, registry
from rlviz.runs.codec import decode
from rlviz.runs.loop import Run
from rlviz.runs.spec import RunSpec
from tests.imports import ROOT
from tests.tree import BLOCK, tree

DOCUMENTS = ["README.md", "README.zh.md", "CONTRIBUTING.md"]
EXAMPLE = "wanderer"


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The algorithm of CONTRIBUTING.md, registered from a temporary folder."""
    blocks = re.findall(
        r"^```python\n(.*?)^```$", text("CONTRIBUTING.md"), re.DOTALL | re.MULTILINE
    )
    (tmp_path / f"{EXAMPLE}.py").write_text(blocks[0], encoding="utf-8")
    monkeypatch.setattr(algorithms, "__path__", [*algorithms.__path__, str(tmp_path)])
    known = (registry.algorithm_modules, registry.catalogue)
    for found in known:
        found.cache_clear()
    yield EXAMPLE
    for found in known:
        found.cache_clear()
    sys.modules.pop(f"{algorithms.__name__}.{EXAMPLE}", None)
    vars(algorithms).pop(EXAMPLE, None)


def test_the_example_is_found_with_its_knobs_and_worlds(example: str) -> None:
    entry = registry.catalogue().algorithm(example)

    assert list(entry.fields) == ["alpha", "gamma", "initial_value"]
    assert {"cliff_walking", "room"} <= set(entry.worlds)


def test_the_example_learns_the_optimal_values(example: str) -> None:
    # In a world without chance a step size of 1 is right, and the wanderer goes everywhere.
    run = Run(RunSpec(example, "room", config={"alpha": 1.0}, seed=1))
    run.advance(float("inf"), 25_600)

    assert run.summary()["truth_distance"]["last"] == 0.0


def test_the_example_keeps_its_equation(example: str) -> None:
    run = Run(RunSpec(example, "cliff_walking", config={"gamma": 0.9}, seed=1))
    run.advance(float("inf"), 500)
    _, frame = decode(run.frame(["q_sa", "reward", "q_next", "q_new"]))
    values = {name: value.tolist() for name, value in frame.items()}
    values |= {"alpha": 0.5, "gamma": 0.9}
    template = run.algorithm.EQUATIONS[0].template

    computed, shown = equations.evaluate(template, values)

    assert computed == pytest.approx(shown, abs=1e-4)  # frames carry float32


def test_the_tree_of_the_readme_is_that_of_the_repository() -> None:
    found = BLOCK.search(text("README.md"))

    assert found is not None
    assert found[0] == tree(), "run: python -m tests.tree"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_to_files(name: str) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text(name))

    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_first_screen_holds_the_picture_and_the_two_commands(name: str) -> None:
    first = text(name).splitlines()[:30]

    assert any("docs/stage.png" in line for line in first)
    assert [line for line in first if line.startswith(("git clone", "make run"))] != []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_target_that_a_document_names_exists(name: str) -> None:
    targets = set(re.search(r"^\.PHONY: (.*)$", text("Makefile"), re.MULTILINE)[1].split())
    named = set(re.findall(r"`?make ([a-z]+)\b(?=[`\s\[(]|$)", text(name), re.MULTILINE))

    assert named - targets == set()


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_plain_lines_for_windows_stand_beside_make(name: str) -> None:
    assert r".venv\Scripts\python -m rlviz serve" in text(name)
