"""Ten thousand addresses that nobody should write, at the parser and some of them at the page."""

from __future__ import annotations

import random
import re

import pytest
from streamlit.testing.v1 import AppTest

from rlviz import lessons
from rlviz.ui import description, knobs, link
from rlviz.ui.values import as_markdown
from tests.ui.conftest import FRAME, Cookies, Tab
from tests.ui.generated import CATALOGUE

SCENES = [scene for name in lessons.names() for scene in lessons.scenes(name)]
ADDRESSES, OPENED = 10_000, 50
MARKUP = "<img src=x onerror=alert(1)>**bold** [x](javascript:1) $x$ :red[x]"
TEXTS = (
    "", "0", "-1", "1", "2.5", "1e400", "-1e400", "nan", "inf", "１２", "0x10", "true", "9" * 400,
    "None", "null", "{}", "[]", "[", "[1,", "[0.1,0.2,0.3]", "[nan]", "()", "linear(", "linear()",
    "linear(1,0,9)", "linear(nan,0,9)", "exponential(1,0,5)", "linear(0.1,0,1e99)", "cubic(1,2,3)",
    "../../etc/passwd", "/etc/passwd\x00", "C:\\x", "%00", "%ff", "%2e%2e", "\u202e", "\ud800", "𝔸",
    "a" * 5_000, "," * 3_000, ";" * 3_000, "S" * 2_000, "S/G" * 500, "S.G", "G", "S..#/G...",
    "{0.__class__}", "{given}", "%s%n", "__import__('os')", "'; DROP TABLE runs; --", MARKUP,
    "000000000000", "000000000000,111111111111", "kkkkkkkkkkkk" * 9, "gap,numbers,fog", "1,2,3,4,5",
    "0:alpha=0.1", "1:alpha=nan;2:alpha=", "99999999999999999999:alpha=1", "3:@slip=9@map=S",
    "4:!a@b=c", "5:alpha=0.1~never", ":::", "1:" * 900, "1:alpha=[0.1,0.2]",
    "2:gamma=linear(1,0,9)", "6:@@@", "-", "cliff_walking", "room", "q_learning", "sarsa,sarsa",
    "estimate", "zh", "projector", "textbook",
)  # fmt: skip
NAMES = (
    "v", "lang", "view", "scene", "cast", "run", "parent", "preset", "at", "go", "device", "show",
    "fig", "hide", "lock", "watch", "class", "s", "k.", "i.", "p.", "K.alpha", "embed", "",
    "x" * 200, "k.__class__", "i.q_learning", "p.sarsa", "k.world", "k.map", "k.replicas",
    "k.seed", MARKUP,
)  # fmt: skip


def hostile(randomly: random.Random, lesson: lessons.Lesson) -> dict[str, str]:
    """One of them: names that are nearly right, texts that are not."""
    world = lesson.stages[0].world
    known = [link.KNOB + name for name in knobs.fields(lesson, CATALOGUE, world)]
    known += [begin + stage.alias for begin in ("i.", "p.") for stage in lesson.stages]
    chosen = [randomly.choice((*NAMES, *known, *known)) for _ in range(randomly.randint(1, 9))]
    return {name: text(randomly) for name in chosen}


def text(randomly: random.Random) -> str:
    """A text of the list, a piece of it, two of them, or noise."""
    one, other = randomly.choice(TEXTS), randomly.choice(TEXTS)
    noise = "".join(chr(randomly.randrange(1, 0x2FFF)) for _ in range(randomly.randint(1, 30)))
    cut = one[: randomly.randint(0, len(one))]
    return randomly.choice((one, one, one, cut, f"{one},{other}", f"{cut};{other}", noise))


def test_no_address_raises_and_all_that_is_read_is_allowed() -> None:
    randomly, bad = random.Random(4), []
    for number in range(ADDRESSES):
        lesson = SCENES[number % len(SCENES)]
        parameters = hostile(randomly, lesson)
        said, notes = link.read(parameters, lesson, CATALOGUE)
        known = knobs.fields(lesson, CATALOGUE, link.world_of(parameters, lesson, CATALOGUE))
        allowed = all(known[name].check(value) == value for name, value in said.knobs.items())
        again, quiet = link.read(link.write(said), lesson, CATALOGUE)
        description.specs(said, lesson, CATALOGUE)
        shown = sum(len(value) for note in notes for value in note.values.values())
        if not allowed or (again, quiet) != (said, ()) or len(notes) > 9 or shown > 9_000:
            bad.append(parameters)

    assert bad == []


def test_markup_stays_text(access: Cookies) -> None:
    tab = Tab(k__alpha=MARKUP, scene=MARKUP[:30])

    assert access.owner == "alice"
    assert "alpha=\\<img src=x onerror=alert(1)\\>\\*\\*bold\\*\\*" in tab.notes
    assert re.search(r"(?<!\\)<", re.sub("`[^`]*`", "", tab.notes)) is None


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("`0 <= x <= 1` must hold.", "`0 <= x <= 1` must hold."),
        ("gone: the server", "gone: the server"),
        (":red[x] :smile: $x$", "\\:red\\[x\\] \\:smile: \\$x\\$"),
        ("a ` b *c*", "a ' b \\*c\\*"),
        ("``x`` <b>", "'x' \\<b\\>"),
        ("see http://x.y or www.x.y", "see http\\://x.y or www\\.x.y"),
        ("# no title\n1. no list", "\\# no title\n1\\. no list"),
    ],
)
def test_a_sentence_is_no_markup(sentence: str, expected: str) -> None:
    assert as_markdown(sentence) == expected


@pytest.mark.slow
def test_the_page_opens_with_any_of_them(access: Cookies) -> None:
    randomly = random.Random(5)
    for number in range(OPENED):
        lesson = SCENES[number % len(SCENES)]
        at = AppTest.from_file(FRAME, default_timeout=30)
        for name, value in hostile(randomly, lesson).items():
            at.query_params[name] = value.encode("utf-8", "replace").decode()
        at.switch_page(f"../../pages/{lesson.name}.py").run()

        assert not at.exception, at.exception
        assert at.get("bidi_component")
    assert access.owner == "alice"
