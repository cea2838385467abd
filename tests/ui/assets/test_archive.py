"""The list of kept frames: what stands nearest, how densely, and several frames in one answer."""

from __future__ import annotations

import base64
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from rlviz.runs import codec

pytestmark = pytest.mark.browser

Call = Callable[..., Any]
# Frames 3 and 4 were made in the middle of iteration 8: after its first and its second beat.
KEPT = [[1, 0, 0], [2, 4, 0], [3, 8, 1], [4, 8, 2], [6, 12, 0]]


@pytest.mark.parametrize(
    ("at", "expected"),
    [(-1, -1), (0, 0), (3, 0), (4, 1), (8, 1), (8 + 1 / 4096, 2), (8.5, 3), (11, 3), (12, 4)],
)
def test_the_newest_frame_that_is_not_after_a_place(call: Call, at: float, expected: int) -> None:
    assert call("archive.js", "newest", KEPT, at) == expected


def test_the_newest_frame_is_what_bisection_finds(call: Call) -> None:
    random = np.random.default_rng(7)
    iterations = sorted(random.integers(0, 500, 60).tolist())
    kept = [[number, iteration, 0] for number, iteration in enumerate(iterations)]
    asked = random.integers(-5, 510, 40).tolist()

    found = [call("archive.js", "newest", kept, at) for at in asked]

    assert found == [bisect_right(iterations, at) - 1 for at in asked]


@pytest.mark.parametrize(
    ("iterations", "index", "expected"),
    [
        ([0, 1, 2, 3, 4], 2, {"every": 1, "even": True}),
        ([0, 64, 128, 192, 256], 2, {"every": 64, "even": True}),
        ([0, 60, 128, 192, 252], 2, {"every": 63, "even": False}),  # (252 - 0) / 4 gaps
        ([5, 5, 5, 6, 7], 2, {"every": 1, "even": True}),  # three beats of iteration 5
        ([7], 0, {"every": 1, "even": True}),
        ([0, 64, 128, 129, 130, 131, 132], 5, {"every": 1, "even": True}),  # dense at the end
    ],
)
def test_how_densely_frames_are_kept(
    call: Call, iterations: list[int], index: int, expected: dict[str, Any]
) -> None:
    kept = [[number, iteration, 0] for number, iteration in enumerate(iterations)]

    assert call("archive.js", "spacing", kept, index) == expected


def unpacked(page: Page, url: str, content: bytes) -> Any:
    """What `unpack` makes of bytes: the sequence and the tensor of each frame, or its complaint."""
    page.goto(f"{url}/?views=")
    return page.evaluate(
        """async (sent) => {
          const { unpack } = await import("/assets/archive.js");
          const { buffer } = Uint8Array.from(atob(sent), (c) => c.charCodeAt(0));
          try {
            return unpack(buffer).map(({ frame }) => [frame.metadata.sequence, frame.tensors.q]);
          } catch (error) { return error.message; }
        }""",
        base64.b64encode(content).decode(),
    )


def packed(*sequences: int) -> bytes:
    blobs = [
        codec.encode({"sequence": n}, {"q": codec.for_view(np.array(n / 2))}) for n in sequences
    ]
    return b"".join(len(blob).to_bytes(4, "little") + blob for blob in blobs)


def test_several_frames_are_taken_apart(
    open_page: Callable[..., Page], harness: tuple[Any, str]
) -> None:
    page = open_page("?views=")

    assert unpacked(page, harness[1], packed(7, 8, 11)) == [[7, 3.5], [8, 4], [11, 5.5]]


def test_frames_that_are_cut_are_refused(
    open_page: Callable[..., Page], harness: tuple[Any, str]
) -> None:
    page = open_page("?views=")

    cut = unpacked(page, harness[1], packed(7, 8)[:-3])

    assert cut == "Kept frames end in the middle of one."


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"beat": 2, "beats": 5}, "beat 2 of 5"),
        ({"beat": 2, "beats": 0}, "beat 2"),  # no iteration has been whole yet
        ({"beat": 6, "beats": 5}, "beat 6"),
        ({"beat": 0, "beats": 5}, "between two updates"),
    ],
)
def test_a_beat_is_numbered(call: Call, metadata: dict[str, int], expected: str) -> None:
    assert call("update.js", "beatNumber", metadata, {}) == expected
