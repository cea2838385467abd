from __future__ import annotations

import pytest

from rlviz.errors import BadMessage
from rlviz.runs.messages import Pause, Play, Step, Watch
from rlviz.runs.spec import Edit
from rlviz.server.commands import LONGEST, LiveCommand, parse

RUN = "a" * 12


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"type":"Play"}', Play(RUN, None)),
        ('{"type":"Play","speed":null}', Play(RUN, None)),
        ('{"type":"Play","speed":20}', Play(RUN, 20.0)),
        ('{"type":"Pause"}', Pause(RUN)),
        ('{"type":"Step"}', Step(RUN, "iteration", 1)),
        ('{"type":"Step","grain":"beat","n":3}', Step(RUN, "beat", 3)),
        (
            '{"type":"Watch","signals":["q","action.tail"],"fps":0}',
            Watch(RUN, ("action.tail", "q"), 0),
        ),
        (
            '{"type":"Watch","signals":["q","q","td_error.now"],"fps":5}',
            Watch(RUN, ("q", "td_error.now"), 5),
        ),
        ('{"type":"Edit","world":{"map":"S.G"}}', Edit({"map": "S.G"}, "weights")),
        ('{"type":"Edit","world":{"slip":0.1},"keep":"nothing"}', Edit({"slip": 0.1}, "nothing")),
    ],
)
def test_commands_are_read(text: str, expected: LiveCommand) -> None:
    assert parse(text, RUN) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must be JSON"),
        ('{"type":"Pla', "must be JSON"),
        ("\x00\ud83d", "must be JSON"),
        ("[" * 5000, "must be JSON"),
        ("NaN", "must be JSON"),
        ("null", "`type in"),
        ("[]", "`type in"),
        ('"Play"', "`type in"),
        ('{"type":["Play"]}', "`type in"),
        ('{"type":"Start","spec":{}}', "`type in"),
        ('{"type":"Stop"}', "`type in"),
        ('{"type":"Pause","run":"b"}', "A Pause command has no `run`"),
        ('{"type":"Play","__class__":1}', "A Play command has no `__class__`"),
        ('{"type":"Play","speed":0}', "speed"),
        ('{"type":"Play","speed":-1}', "speed"),
        ('{"type":"Play","speed":true}', "speed"),
        ('{"type":"Play","speed":"20"}', "speed"),
        ('{"type":"Play","speed":1e400}', "must be JSON|speed"),
        ('{"type":"Step","n":0}', "1 <= n <= 10000"),
        ('{"type":"Step","n":1.5}', "1 <= n <= 10000"),
        ('{"type":"Step","n":99999999999999999999}', "n <= 10000"),
        ('{"type":"Step","grain":"epoch"}', "`grain in"),
        ('{"type":"Step","grain":[]}', "`grain in"),
        ('{"type":"Edit"}', "`world` must be"),
        ('{"type":"Edit","world":"S.G"}', "`world` must be"),
        ('{"type":"Edit","world":{"map":["S.G"]}}', "`world` must be"),
        ('{"type":"Edit","world":{},"keep":"all"}', "`keep in"),
        ('{"type":"Edit","world":{},"map":"S.G"}', "An Edit command has no `map`|A Edit"),
        ('{"type":"Watch"}', "list of names"),
        ('{"type":"Watch","signals":"q","fps":1}', "list of names"),
        ('{"type":"Watch","signals":[1],"fps":1}', "list of names"),
        ('{"type":"Watch","signals":["td_eror"],"fps":1}', "Unknown signal `td_eror`"),
        ('{"type":"Watch","signals":["q.__class__"],"fps":1}', "Unknown signal"),
        ('{"type":"Watch","signals":["q"],"fps":1000}', "0 <= fps <= 60"),
        ('{"type":"Watch","signals":["q"],"fps":null}', "0 <= fps <= 60"),
        ('{"type":"Watch","signals":["q"]}', "0 <= fps <= 60"),
        (" " * (LONGEST + 1), "at most"),
    ],
)
def test_anything_else_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(BadMessage, match=sentence):
        parse(text, RUN)
