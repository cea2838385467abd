"""English whole sentences in the code are the keys; a catalogue holds their translations.

    say = translator("zh")
    say("From iteration {iteration} on", iteration=4812)

Placeholders are named and filled after translation, so that a sentence can be built in the order
of its own language. A text that has no translation yet is shown in English; a test keeps that
from happening.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Protocol

LANGUAGES = {"en": "EN", "zh": "中文"}  # code → what the switch shows


class Say(Protocol):
    """A function that puts an English sentence into the language of the page."""

    def __call__(self, text: str, /, **values: object) -> str:
        """Translate `text` and fill its named placeholders."""


def translator(language: str) -> Say:
    """The `say` of a language; unknown languages speak English."""
    texts = catalogue(language)

    def say(text: str, /, **values: object) -> str:
        translated = texts.get(text, text)
        return translated.format(**values) if values else translated

    return say


def nearest(locale: str | None) -> str:
    """The language that comes nearest to a browser's locale ("zh-CN")."""
    code = (locale or "").split("-")[0].lower()
    return code if code in LANGUAGES else "en"


@lru_cache
def catalogue(language: str) -> dict[str, str]:
    """All translations into a language; empty for English, whose texts are the keys."""
    if language not in LANGUAGES or language == "en":
        return {}
    text = (Path(__file__).parent / f"{language}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))
