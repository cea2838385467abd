"""Measure the budgets and write bench.json.

python -m bench [engine] [truth] [pages] [viewers] [having] [sweep] [soak [minutes]]

All but the soak where none is named.
"""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from bench import engine, having, pages, soak, sweep, truth, viewers
from bench.rows import Row
from rlviz.runs.environment import computing

FILE = Path(__file__).parents[1] / "bench.json"
PARTS: dict[str, Callable[..., Iterator[Row]]] = {
    "engine": engine.rows,
    "truth": truth.rows,
    "pages": pages.rows,
    "viewers": viewers.rows,
    "having": having.rows,
    "sweep": sweep.rows,
    "soak": soak.rows,
}
LONG = ("soak",)  # runs only where it is named


def main(names: list[str]) -> None:
    """Measure these parts; rows of the others are kept."""
    parts = [name for name in names if not name.replace(".", "").isdecimal()]
    minutes = [float(name) for name in names if name not in parts]
    before = json.loads(FILE.read_text()) if FILE.exists() else {"rows": []}
    last = {row["name"]: row for row in before["rows"]}
    rows = dict(last)
    for name in parts or [name for name in PARTS if name not in LONG]:
        for row in PARTS[name](*(minutes if name in LONG else ())):
            print(row.line(last[row.name]["value"] if row.name in last else None), flush=True)
            rows[row.name] = dataclasses.asdict(row) | {"holds": row.holds}
    result = {"when": time.strftime("%Y-%m-%dT%H:%M:%S%z"), **_machine(), "rows": [*rows.values()]}
    FILE.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    over = [row["name"] for row in rows.values() if row["holds"] is False]
    print(f"\n{FILE.name}: {len(rows)} rows, over budget: {', '.join(over) or 'none'}.")


def _machine() -> dict[str, Any]:
    head = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(head, cwd=FILE.parent, capture_output=True, text=True, check=False)
    return {
        "commit": commit.stdout.strip(),
        "cores": os.cpu_count(),
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in ("streamlit", "torch", "numpy")},
    }


if __name__ == "__main__":
    if not computing({}).keys() <= os.environ.keys():  # glibc reads its part when a process starts
        os.execve(sys.executable, [*sys.orig_argv], computing(os.environ))
    main(sys.argv[1:])
