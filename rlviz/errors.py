"""Every exception that rlviz raises on purpose.

RlvizError
├── BadValue          a value from outside breaks a rule (also a ValueError)
├── UnknownName       a name that is in no registry (also a LookupError)
├── BadMessage        bytes or JSON that are not one of our messages
├── NoSuchRun         a run id that nobody holds
├── NotAllowed        the caller may not do that to this run
└── NoFiniteTruth     the exact value does not exist (a policy that never arrives, at γ = 1)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RlvizError(Exception):
    """The root: catch this to catch everything that rlviz says in its own words."""


class BadValue(RlvizError, ValueError):
    """Raised when a value from a person, a file or a URL breaks a declared rule.

    A sentence that is shown in another language too comes as a text with named places.
    """

    def __init__(self, text: str, **values: object) -> None:
        """The English sentence, with its places filled where there are values."""
        super().__init__(text.format(**values) if values else text)
        self.text, self.values = text, {name: str(value) for name, value in values.items()}


class UnknownName(RlvizError, LookupError):
    """Raised when a name is in no registry; the sentence offers the nearest ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        """Build the sentence: `kind` is the noun ("algorithm"), `known` what there is."""
        near = difflib.get_close_matches(name, list(known := sorted(known)), n=1)
        hint = f"Did you mean `{near[0]}`?" if near else f"Known: {', '.join(known) or 'none'}."
        super().__init__(f"Unknown {kind} `{name[:80]}`. {hint}")
        self.kind, self.name = kind, name


class BadMessage(RlvizError):
    """Raised when bytes or JSON are not a message of ours: truncated, foreign or hostile."""


class NoSuchRun(RlvizError, LookupError):
    """Raised when a run id is held by nobody: never started, deleted, or lost in a restart."""


class NotAllowed(RlvizError):
    """Raised when the caller is not the run's owner, or its token is forged or expired."""


class NoFiniteTruth(RlvizError):
    """Raised when an exact value does not exist, with the reason in words."""


def shown(value: object) -> str:
    """What came, short enough for a sentence, whatever it is."""
    if isinstance(value, float):
        return f"{value:g}"
    try:
        return repr(value)[:40]
    except (ValueError, RecursionError):  # thousands of digits, or of lists in lists
        return f"a huge {type(value).__name__}"
