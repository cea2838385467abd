"""Who may import whom, and how long things may be: the house as it is drawn in CONTRIBUTING.md."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.imports import ROOT, closure, imports, sources

VOCABULARY = {
    "rlviz",
    "rlviz.errors",
    "rlviz.signals",
    "rlviz.hyperparameters",
    "rlviz.schedules",
    "rlviz.maps",
}

# A part, by the longest prefix of a module's name, and what it may import beside the vocabulary.
MAY_IMPORT: dict[str, set[str]] = {
    "rlviz.errors": set(),
    "rlviz.signals": {"rlviz.signals"},
    "rlviz.hyperparameters": {"rlviz.hyperparameters"},
    "rlviz.schedules": set(),
    "rlviz.maps": set(),
    "rlviz.equations": set(),
    "rlviz.streams": set(),
    "rlviz.catalogue": set(),
    "rlviz.statistics": set(),
    "rlviz.ops": {"rlviz.ops"},
    "rlviz.worlds": {"rlviz.worlds", "rlviz.ops", "rlviz.streams"},
    "rlviz.exact": {"rlviz.exact", "rlviz.worlds", "rlviz.ops"},
    "rlviz.policies": {"rlviz.ops", "rlviz.worlds", "rlviz.exact", "rlviz.streams"},
    "rlviz.rollouts": {"rlviz.policies", "rlviz.worlds", "rlviz.streams"},
    "rlviz.minibatches": {
        "rlviz.rollouts",
        "rlviz.policies",
        "rlviz.ops",
        "rlviz.streams",
        "rlviz.worlds",
    },
    "rlviz.surrogate": {
        "rlviz.rollouts",
        "rlviz.policies",
        "rlviz.ops",
        "rlviz.worlds",
        "rlviz.exact",
    },
    "rlviz.algorithms": {
        "rlviz.minibatches",
        "rlviz.policies",
        "rlviz.rollouts",
        "rlviz.surrogate",
        "rlviz.ops",
        "rlviz.worlds",
        "rlviz.exact",
        "rlviz.equations",
        "rlviz.streams",
    },
    "rlviz.derived": {"rlviz.derived", "rlviz.ops", "rlviz.worlds", "rlviz.exact"},
    "rlviz.registry": {"rlviz.algorithms", "rlviz.worlds", "rlviz.catalogue"},
    "rlviz.runs": {"rlviz.runs", "rlviz.catalogue", "rlviz.statistics"},
    "rlviz.runs.checkpoint": {"rlviz.runs"},
    "rlviz.runs.recorder": {"rlviz.runs"},
    "rlviz.runs.loop": {"rlviz.runs", "rlviz.registry", "rlviz.derived", "rlviz.streams"},
    "rlviz.runs.frames": {"rlviz.runs", "rlviz.registry", "rlviz.derived"},
    "rlviz.runs.worker": {"rlviz.runs", "rlviz.registry", "rlviz.catalogue"},
    "rlviz.runs.local": {"rlviz.runs", "rlviz.registry", "rlviz.catalogue"},
    "rlviz.library": {"rlviz.runs", "rlviz.registry"},
    "rlviz.server": {"rlviz.server", "rlviz.runs", "rlviz.catalogue"},
    "rlviz.figures": {"rlviz.figures"},
    "rlviz.i18n": {"rlviz.i18n"},
    "rlviz.lessons": {"rlviz.lessons"},
    "rlviz.lessons.first_frames": {
        "rlviz.lessons",
        "rlviz.figures",
        "rlviz.derived",
        "rlviz.runs",
        "rlviz.registry",
    },
    "rlviz.ui": {
        "rlviz.ui",
        "rlviz.figures",
        "rlviz.i18n",
        "rlviz.lessons",
        "rlviz.catalogue",
        "rlviz.runs.client",
        "rlviz.runs.comparison",
        "rlviz.runs.spec",
        "rlviz.runs.sweep",
        "rlviz.runs.sweep_results",
    },
    "rlviz.command_line": {
        "rlviz.command_line",
        "rlviz.runs",
        "rlviz.registry",
        "rlviz.catalogue",
        "rlviz.exact.checks",
        "rlviz.lessons",
    },
    "rlviz.__main__": {"rlviz.command_line", "rlviz.runs.environment"},
    "pages": {"rlviz.ui"},
    "app": {"rlviz.ui", "rlviz.server", "rlviz.runs"},
}
MAY_USE: dict[str, tuple[str, ...]] = {
    "streamlit": ("app", "pages", "rlviz.ui"),
    "plotly": ("rlviz.figures", "rlviz.ui", "rlviz.server.assets"),
    "torch": (
        "rlviz.algorithms",
        "rlviz.ops",
        "rlviz.worlds",
        "rlviz.exact",
        "rlviz.minibatches",
        "rlviz.policies",
        "rlviz.rollouts",
        "rlviz.surrogate",
        "rlviz.derived",
        "rlviz.streams",
        "rlviz.registry",
        "rlviz.runs.loop",
        "rlviz.runs.recorder",
        "rlviz.runs.settings",
        "rlviz.runs.checkpoint",
        "rlviz.runs.worker",
        "rlviz.runs.local",
    ),
    "gymnasium": ("rlviz.worlds",),
    "sqlalchemy": ("rlviz.runs.store",),
    "ray": (),
}
LONGEST = 350


def within(name: str, prefixes: tuple[str, ...] | set[str]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def part_of(name: str) -> str:
    return max((p for p in MAY_IMPORT if within(name, {p})), key=len, default="")


def modules() -> list[str]:
    return sorted(name for name in sources() if name != "rlviz")


@pytest.mark.parametrize("name", modules())
def test_a_module_imports_only_what_stands_below_it(name: str) -> None:
    own = {n for n in imports(sources()[name]) if n.split(".")[0] in ("rlviz", "pages", "app")}
    allowed = MAY_IMPORT[part_of(name)]

    above = {n for n in own - {"rlviz"} if not within(n, allowed | VOCABULARY - {"rlviz"})}

    assert above == set()


@pytest.mark.parametrize("library", sorted(MAY_USE))
def test_a_library_is_used_only_in_its_places(library: str) -> None:
    users = {
        name
        for name, file in sources().items()
        if library in {n.split(".")[0] for n in imports(file)}
    }

    assert {name for name in users if not within(name, MAY_USE[library])} == set()


def test_algorithms_do_not_know_each_other() -> None:
    known = {
        (name, n)
        for name, file in sources().items()
        if within(name, {"rlviz.algorithms"})
        for n in imports(file)
        if within(n, {"rlviz.algorithms"})
    }

    assert known == set()


def test_importing_the_server_and_the_pages_never_meets_a_learner() -> None:
    pages = {n for n in modules() if within(n, {"app", "pages", "rlviz.ui", "rlviz.server"})}
    met = closure(pages)
    learners = ("torch", "gymnasium", "rlviz.algorithms", "rlviz.worlds", "rlviz.registry")

    assert {name for name in met if within(name, learners)} == set()


def test_the_running_server_process_has_no_torch(tmp_path: Path) -> None:
    code = "import sys, app; print([m for m in ('torch', 'gymnasium') if m in sys.modules])"
    home = {**os.environ, "RLVIZ_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=home, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("file", sorted((ROOT / "pages").glob("*.py")), ids=lambda f: f.stem)
def test_a_page_is_short_and_computes_nothing(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    arithmetic = [
        ast.unparse(node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.BitOr)
    ]

    assert len(text.splitlines()) <= 40
    assert arithmetic == []
    assert "go." not in text


@pytest.mark.parametrize("name", modules())
def test_a_module_is_not_too_long(name: str) -> None:
    length = len(sources()[name].read_text(encoding="utf-8").splitlines())

    assert length <= LONGEST


def test_iterate_reads_as_one_page() -> None:
    long = {}
    for name, file in sources().items():
        if within(name, {"rlviz.algorithms"}):
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and node.name == "iterate":
                    long[name] = int(node.end_lineno or 0) - node.lineno + 1

    assert {name: lines for name, lines in long.items() if lines > 80} == {}


def test_no_yield_inside_with_in_an_algorithm() -> None:
    """A `no_grad` around a yield would leave gradients off for every other run of the worker."""
    wrong = {
        name
        for name, file in sources().items()
        if within(name, {"rlviz.algorithms"})
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.With)
        and any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node))
    }

    assert wrong == set()


def test_exceptions_are_caught_by_name() -> None:
    """`except Exception` belongs to the run loop: a training failure is shown to learners."""
    allowed = {"rlviz.runs.worker", "rlviz.runs.local", "rlviz.command_line.run"}
    broad = {
        name
        for name, file in sources().items()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
    }

    assert broad <= allowed


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = re.compile(r"(^|_)(utils?|helpers?|manager|handler|base|common|misc)$")

    assert [name for name in modules() if empty.search(name.rpartition(".")[2])] == []
