"""The container of frames and checkpoints: equal state, equal bytes; hostile bytes, one error."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rlviz.errors import BadMessage
from rlviz.runs.codec import Arrays, decode, encode, for_view

DTYPES = ("float32", "float64", "int32", "int64", "bool", "uint8")
names = st.text(min_size=1, max_size=8).filter(lambda name: name != "__metadata__")
arrays = st.dictionaries(
    names,
    st.sampled_from(DTYPES).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0))
    ),
    max_size=5,
)
plain = st.dictionaries(
    st.text(max_size=6).filter(lambda key: key != "schema"),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=6),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
        max_leaves=5,
    ),
    max_size=4,
)
BLOB = encode({"run": "k3"}, {"q": np.arange(6.0).reshape(2, 3), "now": np.array(1.5)})


def same(got: Arrays, expected: Arrays) -> None:
    """Names, types, shapes and bits."""
    assert {n: (a.dtype, a.shape, a.tobytes()) for n, a in got.items()} == {
        n: (a.dtype, a.shape, a.tobytes()) for n, a in expected.items()
    }


@settings(deadline=None, max_examples=100)
@given(plain, arrays)
def test_what_is_encoded_comes_back(metadata: dict[str, Any], held: Arrays) -> None:
    back, tensors = decode(encode(metadata, held))

    assert back == {"schema": 1, **metadata}
    same(tensors, held)


@settings(deadline=None, max_examples=50)
@given(plain, arrays)
def test_equal_arguments_give_equal_bytes(metadata: dict[str, Any], held: Arrays) -> None:
    again = {name: array.copy() for name, array in held.items()}

    assert encode(json.loads(json.dumps(metadata)), again) == encode(metadata, held)


def test_the_order_of_tensors_does_not_matter() -> None:
    one, two = np.zeros(2), np.ones(3, np.int32)

    assert encode({}, {"a": one, "b": two}) == encode({}, {"b": two, "a": one})


def test_how_an_array_lies_in_memory_does_not_matter() -> None:
    table = np.arange(6.0).reshape(2, 3)

    assert encode({}, {"q": np.asfortranarray(table)}) == encode({}, {"q": table})
    same(decode(encode({}, {"q": table.T}))[1], {"q": table.T.copy()})


def test_nan_infinity_and_minus_zero_survive() -> None:
    held = {"q": np.array([np.nan, np.inf, -np.inf, -0.0])}

    same(decode(encode({}, held))[1], held)


def test_a_number_keeps_its_empty_shape() -> None:
    assert decode(BLOB)[1]["now"].shape == ()


# ------------------------------------------------------------------ hostile bytes


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BadMessage):
        decode(data)


@pytest.mark.parametrize("size", range(len(BLOB)))
def test_a_truncated_blob_is_refused(size: int) -> None:
    with pytest.raises(BadMessage):
        decode(BLOB[:size])


def test_bytes_after_the_end_are_refused() -> None:
    with pytest.raises(BadMessage):
        decode(BLOB + b"\0")


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(BLOB) - 1), st.binary(min_size=1, max_size=3))
def test_a_damaged_blob_is_read_or_refused(at: int, damage: bytes) -> None:
    with contextlib.suppress(BadMessage):
        decode(BLOB[:at] + damage + BLOB[at + len(damage) :])


def blob_of(header: Any, data: bytes = b"") -> bytes:
    """What a stranger may write: any header and any data."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def ours(text: str, **tensors: Any) -> dict[str, Any]:
    return {"__metadata__": {"rlviz": text}, **tensors}


def tensor(dtype: str, shape: list[int], size: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [0, size]}


FINE = '{"schema":1}'


@pytest.mark.parametrize(
    ("header", "data"),
    [
        (b"", b""),
        (b"{", b""),
        (b"[]", b""),
        ({}, b""),
        ({"__metadata__": {}}, b""),
        ({"__metadata__": {"rlviz": 1}}, b""),
        ({"__metadata__": {"other": FINE}}, b""),
        (ours(""), b""),
        (ours("[]"), b""),
        (ours("1"), b""),
        (ours("{}"), b""),
        (ours('{"schema":2}'), b""),
        (ours('{"schema":"1"}'), b""),
        (ours("[" * 5000), b""),
        (ours(FINE, q=tensor("F32", [2], 4)), b"\0" * 4),
        (ours(FINE, q=tensor("F32", [2**62, 2**62], 4)), b"\0" * 4),
        (ours(FINE, q=tensor("F32", [-1], 4)), b"\0" * 4),
        (ours(FINE, q=tensor("OBJECT", [1], 4)), b"\0" * 4),
        (ours(FINE, q=tensor("BF16", [2], 4)), b"\0" * 4),
        (ours(FINE, q=tensor("F8_E4M3", [4], 4)), b"\0" * 4),
        (ours(FINE, q=tensor("F4", [8], 4)), b"\0" * 4),
        (ours(FINE, q={"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}), b"\0" * 4),
        (ours(FINE, q={"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}), b"\0" * 4),
        (ours(FINE, q=5), b""),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_hostile_header_is_refused(header: Any, data: bytes) -> None:
    with pytest.raises(BadMessage):
        decode(blob_of(header, data))


def test_a_header_longer_than_the_blob_is_refused() -> None:
    with pytest.raises(BadMessage):
        decode((2**63 - 1).to_bytes(8, "little") + b"{}")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The bytes are not a frame or checkpoint of rlviz."),
        (blob_of(ours('{"schema":2}')), "The frame or checkpoint is not of schema 1."),
    ],
    ids=["empty", "another schema"],
)
def test_a_refusal_says_what_the_bytes_are_not(data: bytes, sentence: str) -> None:
    with pytest.raises(BadMessage) as refused:
        decode(data)

    assert str(refused.value) == sentence


# ------------------------------------------------------------------ views


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([0.5, np.nan]), np.array([0.5, np.nan], np.float32)),
        (np.array([1e300, -1e300]), np.array([np.inf, -np.inf], np.float32)),
        (np.array([True, False]), np.array([1, 0], np.int32)),
        (np.array([-3, 7], np.int64), np.array([-3, 7], np.int32)),
        (np.array(2.5), np.array(2.5, np.float32)),
    ],
    ids=["float", "too large", "bool", "int", "number"],
)
def test_a_frame_carries_float32_and_int32_only(array: Any, expected: Any) -> None:
    same({"x": for_view(array)}, {"x": expected})
