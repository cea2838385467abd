"""Reads the imports of the repository's Python files, without importing them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]


def sources() -> dict[str, Path]:
    """Module name → file, of app.py, pages and the library."""
    files = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "rlviz").rglob("*.py")]
    return {_module(file): file for file in sorted(files)}


def imports(file: Path, *, at_import: bool = False) -> set[str]:
    """The modules that a file names, those under TYPE_CHECKING excepted.

    With `at_import`, those of functions excepted too: what is met when the file is imported.
    """
    known = sources()
    found = set()
    for node in _walk(ast.parse(file.read_text(encoding="utf-8")), at_import=at_import):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports are not used here"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in known else str(node.module))
    return found


def closure(start: set[str]) -> set[str]:
    """All modules that importing these brings in; parents of a package included."""
    known = sources()
    seen: set[str] = set()
    waiting = set(start)
    while waiting:
        name = waiting.pop()
        parents = {name.rpartition(".")[0]} - {""}
        seen.add(name)
        met = imports(known[name], at_import=True) if name in known else set()
        waiting |= (met | (parents & set(known))) - seen
    return seen


def _walk(node: ast.AST, *, at_import: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if at_import and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        yield child
        yield from _walk(child, at_import=at_import)


def _module(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
