"""When frames are due."""

from __future__ import annotations

import pytest

from rlviz.runs.showtimes import FPS, FRAME_SHARE, MOST_FPS, UNWATCHED_FPS, Showtimes


def pause_after(times: Showtimes, *costs: float) -> float:
    """Seconds from the last of these frames to the next that is due, to a millisecond."""
    for cost in costs:
        times.made(100.0, cost)
    return next(ms / 1000 for ms in range(1, 60_000) if times.is_due(100.0 + ms / 1000))


def test_the_first_frame_is_due_at_once() -> None:
    assert Showtimes().is_due(0.0)


@pytest.mark.parametrize("costs", [(0.0,), (0.001, 0.002), (3.0,), (0.001, 3.0), (3.0, 0.001)])
def test_one_dear_frame_makes_no_pause(costs: tuple[float, ...]) -> None:
    assert pause_after(Showtimes(), *costs) == pytest.approx(1 / FPS, abs=0.0015)


def test_frames_that_stay_dear_take_a_fixed_share_of_the_time() -> None:
    assert pause_after(Showtimes(), 0.2, 0.3) == pytest.approx(0.2 * FRAME_SHARE, abs=0.0015)


@pytest.mark.parametrize(("asked", "given"), [(0.0, UNWATCHED_FPS), (4.0, 4.0), (1e9, MOST_FPS)])
def test_frames_come_as_often_as_the_watcher_wants(asked: float, given: float) -> None:
    times = Showtimes()
    times.watched(asked)

    assert pause_after(times, 0.0) == pytest.approx(1 / given, abs=0.0015)


def test_news_are_shown_at_once() -> None:
    times = Showtimes()
    times.made(100.0, 5.0)
    times.made(100.0, 5.0)
    assert not times.is_due(101.0)

    times.hurry()

    assert times.is_due(101.0)
