"""Values of knobs as an address writes them, and the notes about those that had to be changed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rlviz.errors import BadValue, RlvizError
from rlviz.hyperparameters import Field, Value
from rlviz.schedules import Schedule

# What begins something in Streamlit's Markdown: emphasis, links, tags, maths, directives.
_MARKS = re.compile(
    r"[\\*_\[\]<>$~&|@]|:(?=[a-z/+])|(?<=www)\.|^[#+-]|^[0-9]+(?=[.)])", re.MULTILINE
)
GLIMPSE = 40  # characters that a note shows of what came


@dataclass(frozen=True)
class Note:
    """A sentence for the page, kept untranslated until it is shown."""

    text: str
    values: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, refused: RlvizError) -> Note:
        """Why something was refused; what has named places is shown in the page's language."""
        if isinstance(refused, BadValue):
            return cls(refused.text, refused.values)
        return cls(str(refused))


def as_text(value: Value) -> str:
    """A knob's value so that `Field.parse` gives exactly the same one back."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            short = f"{value:g}"
            return short if float(short) == value else repr(value)
        case Schedule(shape, start, end, over):
            return f"{shape}({as_text(start)},{as_text(end)},{over})"
        case tuple():
            return f"[{','.join(as_text(v) for v in value)}]"
        case _:
            return str(value)


def from_text(declared: Field, text: str, notes: list[Note]) -> Value | None:
    """The value that a text of any origin stands for, clamped; None where nothing is near.

    What had to be changed leaves a note.
    """
    try:
        value, changed = declared.clamp(declared.parse(text))
    except BadValue:
        value, changed = None, "unreadable"
    if changed and declared.letters:  # what is wrong with a map is no range
        notes.append(Note("{sentence}", {"sentence": changed}))
    elif changed:
        kept = "" if value is None else as_text(value)
        said = {"name": declared.name, "given": text[:GLIMPSE], "kept": kept}
        sentence = "The link's {name}={given} became {kept}: `{rule}` must hold."
        if value is None:
            sentence = "The link's {name}={given} was left out: `{rule}` must hold."
        notes.append(Note(sentence, said | {"rule": declared.bounds}))
    return value


def as_markdown(sentence: str) -> str:
    """The same sentence where Markdown is read: its `code` stays, nothing else in it is markup."""
    parts = re.sub("``+", "'", sentence).split("`")
    if len(parts) % 2 == 0:  # a lone backtick begins nothing
        parts[-2:] = [f"{parts[-2]}'{parts[-1]}"]
    return "`".join(p if n % 2 else _MARKS.sub(_escaped, p) for n, p in enumerate(parts))


def _escaped(mark: re.Match[str]) -> str:
    return f"{mark[0]}\\" if mark[0].isdigit() else f"\\{mark[0]}"
