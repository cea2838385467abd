"""Every English text that a person can see, found where it is written."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from rlviz import registry
from rlviz.derived.evidence import SENTENCES
from rlviz.signals import SIGNALS
from rlviz.worlds import gridworld

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "rlviz"
SPOKEN = [
    *(PACKAGE / "ui").glob("*.py"),
    *(PACKAGE / "figures").glob("*.py"),
    *(ROOT / "pages").glob("*.py"),
]
ASSETS = sorted((PACKAGE / "ui" / "assets").glob("*.js"))
_SPEAKERS = ("say", "speak", "Note")
_T = re.compile(r"\bt\(\s*[\w.#]+,\s*\"((?:[^\"\\]|\\.)*)\"")
_LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)+)"')
_NOT_TEXT = ("order", "name", "kind", "verdict", "source", "signal", "best", "preset", "needs")


def spoken_in_python() -> set[str]:
    """The literal first arguments of `say`, `speak` and `Note`, and the names that they resolve."""
    found: set[str] = set()
    for path in SPOKEN:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name) and isinstance(node.value.value, str)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and _speaker(node.func) in _SPEAKERS:
                match node.args[0]:
                    case ast.Constant(value=str() as text):
                        found.add(text)
                    case ast.Name(id=name) if name in named:
                        found.add(named[name])
    return found


def spoken_in_scripts() -> set[str]:
    """The keys that our JavaScript translates."""
    return {text for path in ASSETS for text in _T.findall(path.read_text(encoding="utf-8"))}


def declared() -> set[str]:
    """Titles, hints, summaries, captions and meanings of what the catalogue and signals declare."""
    catalogue = registry.catalogue()
    found = {signal.meaning for signal in SIGNALS.values()} | set(SENTENCES.values())
    for entry in (*catalogue.algorithms, *catalogue.worlds):
        found |= {entry.title, entry.summary}
        for field in entry.fields.values():
            found |= {field.title, field.small, field.large}
            found |= {option.replace("_", " ") for option in field.options}
    # An action is shown as an arrow or a number where it is one, else by its name.
    for entry in catalogue.worlds:
        actions = set(vars(registry.world(entry.name)).get("ACTIONS", gridworld.ACTIONS))
        found |= {a for a in actions - set(gridworld.KINGS) if not a.isdigit()}
    for algorithm in catalogue.algorithms:
        found |= {words for e in algorithm.equations for _, words in e.captions}
        found.add(algorithm.age_of_data)
    return found - {""}


def in_lessons() -> set[str]:
    """Every sentence of the lessons' TOML files."""
    found: set[str] = set()
    for path in sorted((PACKAGE / "lessons").glob("*.toml")):
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        for key in ("title", "question"):
            found |= {raw[key]} if key in raw else set()
        for one in (raw, *raw.get("scenes", ())):
            for key in ("presets", "claims", "parts", "predict"):
                found |= set(_sentences(one.get(key, {})))
            found |= {stage["title"] for stage in one.get("stages", ()) if "title" in stage}
        for scene in raw.get("scenes", ()):
            found |= {scene["title"], scene.get("about", scene["title"])}
    return found


def required() -> set[str]:
    """All of them."""
    return spoken_in_python() | spoken_in_scripts() | declared() | in_lessons()


def mentioned() -> set[str]:
    """Every string constant anywhere: a translation of anything else is of no use."""
    found = required()
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    for path in ASSETS:
        found |= set(_LITERAL.findall(path.read_text(encoding="utf-8")))
    return found


def _speaker(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
        case ast.Call(func=inner):  # chrome.say()("…")
            return _speaker(inner)
    return ""


def _sentences(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _sentences(item)
        case dict():
            for key, item in value.items():
                if key not in (*_NOT_TEXT, "knobs", "decide"):
                    yield from _sentences(item)
