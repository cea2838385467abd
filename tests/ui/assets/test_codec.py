"""codec.js reads what rlviz/runs/codec.py writes, and refuses what it did not write."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
import pytest

from rlviz.runs import codec
from tests.ui.assets.conftest import Call

pytestmark = pytest.mark.browser

DECODE = """
async ([text]) => {
  const { decode, BadFrame } = await import("/assets/codec.js");
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  // NaN does not travel as JSON, and typed arrays travel as objects.
  const plain = (v) => typeof v === "number" ? String(v)
    : { shape: v.shape, type: v.data.constructor.name, data: Array.from(v.data, String) };
  try {
    const { metadata, tensors } = decode(bytes.buffer);
    const entries = Object.entries(tensors).map(([name, value]) => [name, plain(value)]);
    return { metadata, tensors: Object.fromEntries(entries) };
  } catch (error) {
    if (!(error instanceof BadFrame)) throw error;
    return error.message;
  }
}
"""

ARRAYS = {
    "q": np.array([[-1.5, 0.0], [2.25, math.nan], [-math.inf, 3.0]], np.float32),
    "cell_kind": np.array([0, 1, 2**31 - 1, -7], np.int32),
    "alpha": np.array(0.5, np.float32),
    "beat": np.array(3, np.int32),
    "empty": np.zeros((7, 0), np.float32),
}


@pytest.fixture(scope="module")
def decode(browser: Any, harness: Any) -> Any:
    """decode.js on bytes; a sentence where they are refused."""
    page = browser.new_page()
    page.goto(f"{harness[1]}/?views=")
    return lambda blob: page.evaluate(DECODE, [base64.b64encode(blob).decode()])


def spoken(value: np.generic) -> str:
    """A number as JavaScript's String() writes it."""
    number = float(value)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return str(int(number)) if number == int(number) else repr(number)


def test_every_dtype_and_shape_arrives_as_it_was(decode: Any) -> None:
    seen = decode(codec.encode({"iteration": 7}, ARRAYS))["tensors"]

    expected = {
        name: spoken(array[()])
        if array.ndim == 0
        else {
            "shape": list(array.shape),
            "type": "Float32Array" if array.dtype == np.float32 else "Int32Array",
            "data": [spoken(v) for v in array.ravel()],
        }
        for name, array in ARRAYS.items()
    }
    assert seen == expected


def test_metadata_arrives_as_it_was(decode: Any) -> None:
    metadata = {"run": "k3", "symbol": "α", "marks": [{"old": 0.1, "new": None}], "static": False}

    seen = decode(codec.encode(metadata, {}))["metadata"]

    assert seen == {"schema": 1, **metadata}


@pytest.mark.parametrize("size", [0, 7, 8, 40, -1, -30])
def test_a_truncated_frame_is_refused_with_a_sentence(decode: Any, size: int) -> None:
    blob = codec.encode({"iteration": 7}, ARRAYS)

    said = decode(blob[:size])

    assert isinstance(said, str)
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("blob", "expected"),
    [
        (b"\xff" * 64, "A frame's header says 18446744073709552000 bytes, more than came."),
        ((4).to_bytes(8, "little") + b"null", "A frame has no header."),
        ((4).to_bytes(8, "little") + b"{no}", "A frame's JSON can not be read."),
        ((2).to_bytes(8, "little") + b"{}", "A frame must be of schema 1."),
        (codec.encode({"schema": 2}, {}), "A frame must be of schema 1."),
        (
            codec.encode({}, {"q": np.zeros(2, np.float64)}),
            "`q` must be F32 or I32, but is F64.",
        ),
    ],
)
def test_foreign_bytes_are_refused_with_a_sentence(decode: Any, blob: bytes, expected: str) -> None:
    assert decode(blob) == expected


def test_a_scalar_is_found_under_its_name_or_as_the_newest_of_a_curve(call: Call) -> None:
    frame = {
        "tensors": {"alpha": 0.5, "td_error": {"shape": [7, 0], "data": []}, "td_error.now": 2}
    }

    found = [call("codec.js", "scalar", frame, name) for name in ("alpha", "td_error", "gamma")]

    assert found == [0.5, 2, None]
