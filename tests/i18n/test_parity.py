"""Both languages say everything: no text without its translation, no translation without a text."""

from __future__ import annotations

import re

import pytest

from rlviz import figures, i18n, lessons
from tests.i18n import texts

ZH = i18n.catalogue("zh")
_PLACE = re.compile(r"\{(\w*)(?::([^}]*))?\}")
_FIGURE = re.compile(r"\{figure:(\w+)\}")
_MATHS = re.compile(r"\$\$?[^$]+\$\$?")
# Names of methods and what has no words in it are the same in both languages.
SAME = {
    "REINFORCE",
    "V",
    "b = 0",
    "b*",
    "nat",
    "Q-learning",
    "SARSA",
    "SARSA(λ)",
    "TD(0)",
    "TD(λ)",
    "{sentence}",
}


def test_every_text_has_a_translation() -> None:
    assert sorted(texts.required() - set(ZH)) == []


def test_every_translation_belongs_to_a_text() -> None:
    assert sorted(set(ZH) - texts.mentioned()) == []


def test_every_translation_is_chinese() -> None:
    assert [k for k, v in ZH.items() if not re.search(r"[\u4e00-\u9fff]", v)] == sorted(SAME)


def test_chinese_sentences_have_chinese_punctuation() -> None:
    narrow = re.compile(r"[\u4e00-\u9fff][,:;!?]|[,:;!?][\u4e00-\u9fff]")

    assert [value for value in ZH.values() if narrow.search(value)] == []


def test_placeholders_are_the_same_in_both_languages() -> None:
    different = {
        key: value
        for key, value in ZH.items()
        if sorted(_PLACE.findall(key)) != sorted(_PLACE.findall(value))
    }

    assert different == {}


@pytest.mark.parametrize("name", lessons.names())
def test_a_lesson_has_the_same_sections_and_figures_in_both_languages(name: str) -> None:
    english, chinese = lessons.sections(name, "en"), lessons.sections(name, "zh")
    named = [[_FIGURE.findall(text) for text in part.values()] for part in (english, chinese)]

    assert len(english) == len(chinese)
    assert named[0] == named[1]


@pytest.mark.parametrize("name", lessons.names())
def test_formulas_are_the_same_in_both_languages(name: str) -> None:
    displayed = [
        [m for text in lessons.sections(name, language).values() for m in _MATHS.findall(text)]
        for language in ("en", "zh")
    ]

    assert sorted(displayed[0]) == sorted(displayed[1])


@pytest.mark.parametrize("heading", ["Try this", "Check yourself"])
def test_the_headings_that_carry_buttons_are_those_of_the_text(heading: str) -> None:
    assert heading in lessons.sections("control", "en")
    assert ZH[heading] in lessons.sections("control", "zh")


@pytest.mark.parametrize("name", lessons.names())
def test_a_text_names_only_figures_that_exist(name: str) -> None:
    named = {f for text in lessons.sections(name, "en").values() for f in _FIGURE.findall(text)}

    assert named <= set(figures.FIGURES)


def test_say_fills_named_places_in_the_order_of_its_language() -> None:
    say = i18n.translator("zh")

    assert say("Lesson {number} of {all}", number=7, all=21) == "第 7 课，共 21 课"


def test_an_unknown_language_speaks_english() -> None:
    assert i18n.translator("xx")("Play") == "Play"


@pytest.mark.parametrize(
    ("locale", "expected"), [("zh-CN", "zh"), ("zh", "zh"), ("de-DE", "en"), (None, "en")]
)
def test_a_browser_is_greeted_in_the_nearest_language(locale: str | None, expected: str) -> None:
    assert i18n.nearest(locale) == expected
