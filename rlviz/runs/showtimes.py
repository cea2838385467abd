"""When the next frame of a run is due: dear frames come seldom, the watched ones often."""

from __future__ import annotations

FPS = 10.0  # before anybody has said what to watch
UNWATCHED_FPS = 1.0
MOST_FPS = 60.0
FRAME_SHARE = 10.0  # a frame's cost is followed by ten times as long without one


class Showtimes:
    """The times of one run's frames, by `time.perf_counter`."""

    def __init__(self) -> None:
        """The first one is due at once."""
        self._fps = FPS
        self._due = 0.0
        self._last_cost = 0.0

    def watched(self, fps: float) -> None:
        """So often at most from now on, and once now."""
        self._fps = min(max(fps, UNWATCHED_FPS), MOST_FPS)
        self.hurry()

    def hurry(self) -> None:
        """There is news: the next frame is due now."""
        self._due = 0.0

    def is_due(self, now: float) -> bool:
        """Whether a run that moves shows itself now."""
        return now >= self._due

    def made(self, now: float, seconds: float) -> None:
        """A frame was made, which took so many seconds of the processor.

        Only two dear ones in a row make a pause. The first frame with a new truth costs a hundred
        times what the next one does, and a run that fell silent for it had no beginning to look at.
        """
        cost, self._last_cost = min(seconds, self._last_cost), seconds
        self._due = now + max(1 / self._fps, FRAME_SHARE * cost)
