"""The tree of the README, each file with the first sentence that it says of itself.

    python -m tests.tree

writes it into README.md; a test compares.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("pages/", "rlviz/", "bench/")
KINDS = (".py", ".js", ".css")
LONGEST = 76  # characters of a file's line
BLOCK = re.compile(r"(?<=^```text\n)app\.py.*?(?=^```$)", re.DOTALL | re.MULTILINE)


def tracked() -> list[str]:
    """Files that are, or by .gitignore may be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(name for name in set(listed.stdout.splitlines()) if (ROOT / name).is_file())


def tree() -> str:
    """The block as it should be."""
    shown = [n for n in tracked() if n == "app.py" or (n.startswith(FOLDERS) and n.endswith(KINDS))]
    lines = []
    for folder in dict.fromkeys(str(Path(name).parent) for name in shown):
        here = [name for name in shown if str(Path(name).parent) == folder]
        own = [name for name in here if name.endswith("__init__.py")]
        about = f"  {_says(own[0])}" if own else ""
        lines += [] if folder == "." else [f"{folder}/{about}".rstrip()]
        indent = "" if folder == "." else "  "
        lines += [f"{indent}{Path(n).name:<24}{_says(n)}".rstrip() for n in here if n not in own]
    return "\n".join(lines) + "\n"


def _says(name: str) -> str:
    """The first sentence of a file's docstring or opening comment; the first clause if long."""
    text = (ROOT / name).read_text(encoding="utf-8")
    opening = re.match(r'\s*(?:r?"""|/\*+)(.*?)(?:"""|\*/)', text, re.DOTALL)
    if opening is None:
        return ""
    words = re.sub(r"\n[ \t]*\*?[ \t]?", "\n", opening[1]).strip().partition("\n\n")[0]
    sentence = re.split(r"(?<=[^0-9]\.)\s", " ".join(words.split()))[0].rstrip(".")
    if len(sentence) > LONGEST and (clause := re.match(r"(.{16,76})[;:(]", sentence)):
        sentence = re.sub(r" \([^)]*$", "", clause[1].strip())  # no half bracket
    return sentence if len(sentence) <= LONGEST else sentence[:LONGEST].rpartition(" ")[0] + " …"


if __name__ == "__main__":
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(BLOCK.sub(lambda _: tree(), text), encoding="utf-8")
