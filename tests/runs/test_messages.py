"""Messages on the wire: whole, in pieces, and from somebody else."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlviz.errors import BadMessage
from rlviz.runs import messages as m

Message = m.Command | m.Notification

ALL: list[Message] = [
    m.Start(
        "k3",
        {"algorithm": "sarsa", "config": {"alpha": [0.1, 0.2]}},
        playing=False,
        speed=5.0,
        position=(3, 1),
        sequence=9,
        pending=(("c1", {"kind": "set", "value": [1.0]}), ("c2", {"kind": "edit"})),
        limit=100,
        origin="k2",
        keep=False,
        blob=b"\x00\n{}\xff",
    ),
    m.Play("k3"),
    m.Play("k3", 0.5),
    m.Pause("k3"),
    m.Step("k3", "episode", 2),
    m.Intervene("k3", "c1", {"kind": "set", "field": "alpha", "value": 0.1}),
    m.Watch("k3", ("q", "td_error"), 2.0),
    m.Watch("k3", ()),
    m.Save("k3"),
    m.Stop("k3"),
    m.Ping(4),
    m.Hello({"algorithms": [{"name": "学习"}], "worlds": [], "cuda": False}),
    m.Pong(4),
    m.Queued("k3", 2),
    m.Frame("k3", 7, 4812, 1, static=True, blob=b"\n" * 5),
    m.Frame("k3", 8, 4812, 1),
    m.Accepted("k3", "c1", 12),
    m.Changed("k3", "c1", 12, {"kind": "set"}, {"alpha": None}),
    m.Checkpoint("k3", 12, blob=bytes(range(256))),
    m.Course("k3", "episode_return", (-100.0, 0.1)),
    m.Rewound("k3", 12),
    m.Playing("k3"),
    m.Paused("k3", 12, 1),
    m.Stalled("k3", "Nothing can be written down."),
    m.Finished("k3", 12),
    m.Diverged("k3", 12, "td_error"),
    m.Failed("k3", "a sentence\nof two lines", "Traceback …"),
]
STREAM = b"".join(m.encode(message) for message in ALL)


def test_the_examples_are_of_every_type() -> None:
    every = {*get_args(m.Command), *get_args(m.Notification)}

    assert {type(message) for message in ALL} == every


@pytest.mark.parametrize("message", ALL, ids=lambda message: type(message).__name__)
def test_a_message_survives_the_wire(message: Message) -> None:
    assert m.Decoder().feed(m.encode(message)) == [message]


def test_a_curve_keeps_its_gaps() -> None:
    """JSON has neither NaN nor infinity; both are places without a number."""
    told = m.Course("k3", "td_error", (math.nan, 1.5, math.inf))
    (heard,) = m.Decoder().feed(m.encode(told))

    assert isinstance(heard, m.Course)
    assert heard.curve[1] == 1.5
    assert [math.isnan(number) for number in heard.curve] == [True, False, True]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(0, len(STREAM)), max_size=30).map(sorted))
def test_pieces_of_the_stream_give_the_same_messages(cuts: list[int]) -> None:
    decoder = m.Decoder()
    ends = [*cuts, len(STREAM)]

    got = [
        message
        for start, end in zip([0, *cuts], ends, strict=True)
        for message in decoder.feed(STREAM[start:end])
    ]

    assert got == ALL


def test_one_byte_at_a_time_gives_the_same_messages() -> None:
    decoder = m.Decoder()

    got = [message for byte in STREAM for message in decoder.feed(bytes([byte]))]

    assert got == ALL


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(ALL), st.data())
def test_a_truncated_message_waits(message: Message, data: st.DataObject) -> None:
    whole = m.encode(message)
    end = data.draw(st.integers(0, len(whole) - 1))
    decoder = m.Decoder()

    assert decoder.feed(whole[:end]) == []
    assert decoder.feed(whole[end:]) == [message]


# ------------------------------------------------------------------ hostile bytes


def line(**plain: Any) -> bytes:
    return orjson.dumps(plain) + b"\n"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\n", "A message's line is not a JSON object."),
        (b"GET / HTTP/1.1\r\n", "A message's line is not a JSON object."),
        (b"[1]\n", "A message's line is not a JSON object."),
        (b"null\n", "A message's line is not a JSON object."),
        (b"\xff\xfe\n", "A message's line is not a JSON object."),
        (b"{}\n", "A message's type is unknown."),
        (line(type="Exit"), "A message's type is unknown."),
        (line(type="Decoder"), "A message's type is unknown."),
        (line(type=["Play"]), "A message's type is unknown."),
        (line(type="Play"), "A Play message has the wrong fields."),
        (line(type="Play", run="k3", pace=1), "A Play message has the wrong fields."),
        (line(type="Play", run="k3", blob=0), "A Play message has the wrong fields."),
        (line(type="Stop", run="k3", __class__="x"), "A Stop message has the wrong fields."),
        (line(type="Frame", blob=-1), "A message names an impossible blob length."),
        (line(type="Frame", blob=True), "A message names an impossible blob length."),
        (line(type="Frame", blob="9"), "A message names an impossible blob length."),
        (line(type="Frame", blob=2**40), "A message names an impossible blob length."),
        (line(type="Frame", blob=1e3), "A message names an impossible blob length."),
        (
            b'{"type":"Stop","run":' + b"[" * 1000 + b"]" * 1000 + b"}\n",
            "A Stop message has the wrong fields.",
        ),
        (
            b'{"type":"Stop","run":' + b"[" * 10_000 + b"]" * 10_000 + b"}\n",
            "A message's line is not a JSON object.",
        ),
    ],
    ids=lambda value: repr(value[:40]),
)
def test_what_is_not_ours_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(BadMessage) as refused:
        m.Decoder().feed(data)

    assert str(refused.value) == sentence


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=60))
def test_random_bytes_are_refused_or_wait(data: bytes) -> None:
    with contextlib.suppress(BadMessage):
        assert m.Decoder().feed(data) == []


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(STREAM) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_stream_gives_messages_a_refusal_or_waits(at: int, damage: bytes) -> None:
    with contextlib.suppress(BadMessage):
        for message in m.Decoder().feed(STREAM[:at] + damage + STREAM[at + len(damage) :]):
            assert type(message) in {*get_args(m.Command), *get_args(m.Notification)}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
TYPES = st.sampled_from([*get_args(m.Command), *get_args(m.Notification)])


@settings(deadline=None, max_examples=100)
@given(TYPES, st.data())
def test_fields_of_any_value_give_a_message_or_a_refusal(cls: type, data: st.DataObject) -> None:
    names = st.sampled_from([*(f.name for f in dataclasses.fields(cls)), "x"])
    plain = data.draw(st.dictionaries(names, json_values))

    with contextlib.suppress(BadMessage):
        made = m.Decoder().feed(line(type=cls.__name__, **plain))

        assert [type(message) for message in made] in ([], [cls])


@pytest.mark.parametrize("pieces", [1, 3])
def test_a_line_that_is_too_long_is_refused_however_it_comes(
    pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(m, "MAX_LINE", 100)
    data = line(type="Stop", run="k" * 200)
    decoder, size = m.Decoder(), len(data) // pieces + 1

    def feed() -> None:
        for start in range(0, len(data), size):
            decoder.feed(data[start : start + size])

    with pytest.raises(BadMessage, match="too long"):
        feed()
