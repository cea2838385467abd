"""Facts about the repository as a whole that a change in one place can break in another."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest

from tests.imports import ROOT, imports, sources
from tests.tree import tracked

PINNED = re.compile(r"^(?P<name>[A-Za-z0-9_.-]+)==(?P<version>[^;\s]+)")
MARK = re.compile(r"[-_.]+")


def pins(file: str) -> dict[str, str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    found = [PINNED.match(line) for line in lines if line.strip() and not line.startswith("#")]
    return {MARK.sub("-", m["name"]).lower(): m["version"] for m in found if m}


def texts() -> dict[str, str]:
    kinds = (".py", ".js", ".css", ".toml", ".md", ".txt", ".json", ".sh", "")
    return {
        name: (ROOT / name).read_text(encoding="utf-8")
        for name in tracked()
        if (ROOT / name).suffix in kinds
    }


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned(file: str) -> None:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()

    assert [s for s in lines if s.strip() and not s.startswith("#") and not PINNED.match(s)] == []


def test_what_is_installed_is_what_is_pinned() -> None:
    here = {MARK.sub("-", d.metadata["Name"]).lower(): d.version for d in metadata.distributions()}
    pinned = pins("requirements.txt") | pins("requirements-dev.txt")
    # A local label names the build, for example 2.13.0+cpu.
    other = {n: (here[n], v) for n, v in pinned.items() if n in here and here[n].split("+")[0] != v}

    assert other == {}


def test_every_library_that_is_imported_is_required() -> None:
    own = {"rlviz", "pages", "app", "__future__"} | set(sys.stdlib_module_names)
    used = {name.split(".")[0] for file in sources().values() for name in imports(file)} - own
    provided = metadata.packages_distributions()
    missing = {
        name
        for name in used
        if not {MARK.sub("-", d).lower() for d in provided[name]} & set(pins("requirements.txt"))
    }

    assert missing == set()


def test_the_versions_that_everything_was_measured_on() -> None:
    pinned = pins("requirements.txt")

    assert pinned["streamlit"].startswith("1.67.")
    assert pinned["torch"] == "2.13.0"
    assert "ray" not in pinned


def test_no_collection_after_each_script_run() -> None:
    """The hidden option without which every fragment costs ten times as much."""
    code = "import streamlit as st; print(st.get_option('runner.postScriptGC'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"


def test_the_application_listens_to_this_machine_only_unless_told_otherwise() -> None:
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))

    assert config["server"]["address"] == "127.0.0.1"
    assert config["browser"]["gatherUsageStats"] is False


def test_no_file_names_a_place_of_one_machine() -> None:
    # Spelled in parts, so that this file does not find itself.
    places = re.compile(
        "/" + r"work/(main|shared|\.library)|\.\./" + r"shared\b|/home/(?!rlviz)\w+/"
    )

    assert {
        name: places.findall(text) for name, text in texts().items() if places.search(text)
    } == {}


def test_nothing_generated_is_in_the_repository() -> None:
    generated = re.compile(r"(^|/)(__pycache__|\.venv|node_modules)/|plotly\.min\.js|\.pyc$")

    assert [name for name in tracked() if generated.search(name)] == []


def test_no_file_is_large() -> None:
    assert [name for name in tracked() if (ROOT / name).stat().st_size > 1_000_000] == []


def test_every_marker_says_what_it_is() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]
    markers = options["ini_options"]["markers"]

    assert [marker.partition(":")[0] for marker in markers] == ["slow", "browser", "cuda"]


def test_every_target_of_the_makefile_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())
    explained = set(re.findall(r'@echo "make (\w+)', makefile))

    assert targets - {"help", "lint", "types", "check-browser"} == explained


def test_continuous_integration_runs_the_same_as_a_person() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")

    assert script.rstrip().endswith("exec make test")
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_the_browser_check_says_what_is_missing() -> None:
    """With an empty PATH there is neither Chromium nor a way to install it."""
    done = subprocess.run(
        ["/bin/sh", str(ROOT / ".ci/browser")],
        env={"PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "The browser tests need Chromium." in done.stderr
