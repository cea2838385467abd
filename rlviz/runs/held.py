"""One run inside a worker: what it was told, what it owes, and when its turn is.

Virtual time is what a run has cost so far: beats, frames and checkpoints. The worker serves the
ready run with the least of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from rlviz.runs import messages as m
from rlviz.runs.keeper import Keeper, why
from rlviz.runs.loop import Run
from rlviz.runs.showtimes import Showtimes
from rlviz.runs.spec import Edit, Intervention, Set, intervention_to_plain
from rlviz.signals import SIGNALS

CHECKPOINT_EVERY = 2.0  # seconds of a run's own time
BEAT_BY_BEAT = 20.0  # iterations a second at which beats are spread over the iteration
CHUNK = 0.01  # seconds of a paced run that are caught up in one turn
CATCH_UP = 0.25  # seconds that a run may lag behind its speed before the lag is forgiven
TRY_AGAIN = 1.0  # seconds between two tries to write, where that has failed

Send = Callable[[m.Notification], None]


class Held:
    """A run that this worker holds."""

    def __init__(
        self,
        run: Run,
        start: m.Start,
        virtual_time: float,
        send: Send,
        keeper: Keeper | None = None,
    ) -> None:
        """Playing or not as `start` says; it first goes to `start.position`.

        Without a keeper nothing is kept, and checkpoints travel.
        """
        self.run, self._send, self._keeper = run, send, keeper
        self.virtual_time = virtual_time
        self.playing, self.speed = start.playing, start.speed
        self._target = start.position if start.position > (run.iteration, run.beat) else None
        self._limit = start.limit
        self._sequence = max(start.sequence, keeper.sequence if keeper else 0)
        self._later: list[tuple[str, Intervention]] = []  # changes for when it has come there
        self._stalled_until = 0.0  # when writing is tried again; 0 while it works
        self._names: tuple[str, ...] | None = None
        self._showtimes = Showtimes()
        self._steps: list[list[str | int]] = []  # [grain, how many are left]
        # A run that comes from elsewhere does not lean on that any longer than it must.
        self._wants_checkpoint = bool(keeper and not keeper.sequence and run.iteration)
        self._saved_at = virtual_time
        self._beats_an_iteration = 2
        self._next_beat = time.perf_counter()
        self._pace_from(self._next_beat)

    def begin(self) -> None:
        """Show the world and where it stands."""
        self.show_static()
        self.show()
        self._say()

    # -------------------------------------------------------------- commands

    def play(self, speed: float | None) -> None:
        """Go on at that speed."""
        self._steps.clear()
        if speed != self.speed or not self.playing:
            self.speed, self.playing = speed, True
            self._pace_from(time.perf_counter())
        self._say()

    def pause(self) -> None:
        """Stop here, show where, and save if the state is whole."""
        self._steps.clear()
        self._stand()

    def step(self, grain: m.Grain, n: int) -> None:
        """So many more; they add up with those still owed."""
        self.playing = False
        if self._steps and self._steps[-1][0] == grain:
            self._steps[-1][1] = int(self._steps[-1][1]) + n
        else:
            self._steps.append([grain, n])

    def watch(self, names: tuple[str, ...], fps: float) -> None:
        """From the next frame on; the next frame is due now."""
        self._names = names or None
        self._showtimes.watched(fps)
        if not self.playing and fps > 0:
            self.show()

    def intervene(self, change_id: str, change: Intervention) -> None:
        """Change the run, but not before it is where it was told to go first."""
        if self._target:
            self._later.append((change_id, change))
            earliest = self._target[0] + (self._target[1] > 0)
        else:
            self.run.intervene(change_id, change)
            earliest = self.run.iteration + (not self.run.whole)
        self._send(m.Accepted(self.run.id, change_id, earliest))

    def save(self) -> None:
        """A checkpoint at the next boundary."""
        self._wants_checkpoint = True

    def close(self) -> None:
        """The run is forgotten here."""
        if self._keeper:
            self._keeper.close()

    # -------------------------------------------------------------- turns

    def due(self, now: float) -> float:
        """When it wants to be served: `now` or earlier for at once, infinity for never."""
        if self._stalled_until:
            return self._stalled_until
        if self._target or self._steps or (self._wants_checkpoint and self.run.whole):
            return now
        if not self.playing and self._may_change():
            return now
        if not self.playing:
            return np.inf
        if self.speed is None:
            return now
        if self.speed <= BEAT_BY_BEAT:
            return self._next_beat
        chunk = max(1.0, self.speed * CHUNK)
        return self._origin + (self.run.iteration + chunk - self._from) / self.speed

    def serve(self, seconds: float) -> None:
        """One turn of about that long; its whole cost goes to the run's virtual time."""
        if self._stalled_until:
            self._try_again()
            return
        # Its cost is processor time: what the machine did meanwhile is not its fault.
        spent, start = time.thread_time(), time.perf_counter()
        if self._target:
            self._go_to_target(start + seconds)
        elif self._steps:
            self._step_once(start + seconds)
        elif self.playing:
            self._play_on(start, start + seconds)
        elif self._may_change():
            self._change_standing()
        self._announce_changes()
        self._after()
        self.virtual_time += time.thread_time() - spent

    def show(self) -> None:
        """A frame of this moment."""
        spent = time.thread_time()
        self._sequence += 1
        status = "playing" if self.playing else "paused"
        run = self.run
        blob = run.frame(self._names, sequence=self._sequence, status=status)
        self._show(m.Frame(run.id, self._sequence, run.iteration, run.beat, blob=blob))
        self._showtimes.made(time.perf_counter(), time.thread_time() - spent)

    def show_static(self) -> None:
        """The frame that is sent once for a world."""
        self._sequence += 1
        blob = self.run.static(sequence=self._sequence)
        run = self.run
        self._show(m.Frame(run.id, self._sequence, run.iteration, run.beat, True, blob))

    # -------------------------------------------------------------- inside

    def _show(self, frame: m.Frame) -> None:
        if self._keeper and not self._stalled_until:  # whoever hears of it can have it again
            try:
                self._keeper.frame(frame)
            except OSError as refused:
                self._stall(refused)
        self._send(frame)

    def _stall(self, refused: OSError) -> None:
        if not self._stalled_until:
            self._send(m.Stalled(self.run.id, why(refused)))
        self._stalled_until = time.perf_counter() + TRY_AGAIN

    def _try_again(self) -> None:
        """Write what could not be written: a checkpoint, or else a frame of where it stands."""
        self._stalled_until = 0.0
        if self._wants_checkpoint and self.run.whole:
            self._checkpoint()
        else:
            self.show()
        if self._stalled_until:
            return
        self._pace_from(time.perf_counter())
        self._say()

    def _say(self) -> None:
        """Whether it plays or stands; what is under way is said when it is done."""
        if self._stalled_until or self.run.diverged:
            return
        if self.playing:
            self._send(m.Playing(self.run.id))
        elif not (self._steps or self._target):
            self._send(m.Paused(self.run.id, self.run.iteration, self.run.beat))

    def _go_to_target(self, until: float) -> None:
        while self._target and time.perf_counter() < until:
            self.run.pull()
            if (self.run.iteration, self.run.beat) >= self._target:
                self._target = None
                for change_id, change in self._later:
                    self.run.intervene(change_id, change)
                self._later.clear()
                self._pace_from(time.perf_counter())
                if not self.playing:
                    self._stand()

    def _step_once(self, until: float) -> None:
        while self._steps and time.perf_counter() < until and not self.run.diverged:
            grain, n = self._steps[0]
            whole = self.run.pull()
            done = whole if grain == "iteration" else not whole
            if grain == "episode":
                done = not whole and self._episode_ended()
            if done:
                self._steps[0][1] = int(n) - 1
                if self._steps[0][1] == 0:
                    self._steps.pop(0)
        if not self._steps:
            self._stand()

    def _episode_ended(self) -> bool:
        """Whether this beat ended an episode of replica 0: some event has a value for it."""
        names = self.run.algorithm.SIGNALS[self.run.recorder.beat_name]
        latest = self.run.recorder.latest
        return any(
            SIGNALS[name].kind == "event" and not bool(latest[name][0].isnan()) for name in names
        )

    def _play_on(self, now: float, until: float) -> None:
        if self.speed is not None and self.speed <= BEAT_BY_BEAT:
            beats = self.run.beat
            if self.run.pull():  # the sentinel is no beat: the next one follows at once
                self._beats_an_iteration = max(beats, 1)
                self.run.pull()
            late = now - self._next_beat > CATCH_UP
            base = now if late else self._next_beat
            # An iteration that is longer than the last one does not wait for each beat of it.
            beats = max(beats, self._beats_an_iteration)
            self._next_beat = base + 1 / (self.speed * beats)
            return
        stop = self._limit
        if self.speed is not None:
            if now - self._origin - (self.run.iteration - self._from) / self.speed > CATCH_UP:
                self._pace_from(now - CATCH_UP / 2)
            paced = self._from + int((now - self._origin) * self.speed)
            stop = min(paced, stop) if stop is not None else paced
        if self._wants_checkpoint and not self.run.whole:
            stop = self.run.iteration + 1
        if stop is None or stop > self.run.iteration:
            self.run.advance(until, stop)

    def _may_change(self) -> bool:
        """Whether a change acts although the run stands: at once where the state is whole.

        A new world is not kept waiting by an iteration that is half done: that is done first.
        """
        edits = (isinstance(change, Edit) for _, change, _ in self.run.asked)
        return bool(self.run.asked) and (self.run.whole or any(edits))

    def _change_standing(self) -> None:
        while not self.run.whole:
            self.run.pull()
        self.run.settle()
        self._announce_changes()
        self._stand()

    def _pace_from(self, now: float) -> None:
        self._origin, self._from, self._next_beat = now, self.run.iteration, now

    def _announce_changes(self) -> None:
        for change_id, at, old in self.run.changed:
            if change_id:
                plain = intervention_to_plain(at.intervention)
                self._send(m.Changed(self.run.id, change_id, at.iteration, plain, old))
                self._showtimes.hurry()
            if not isinstance(at.intervention, Set):
                self.show_static()
        self.run.changed.clear()

    def _after(self) -> None:
        """Frame, checkpoint and end, where they are due."""
        run = self.run
        if run.diverged:
            self.playing = self._wants_checkpoint = False
            self._steps.clear()
            self.show()
            self._tell()
            self._send(m.Diverged(run.id, *run.diverged))
            return
        if self.playing and run.whole and self._limit is not None and run.iteration >= self._limit:
            self.show()
            self._checkpoint()
            if not self._stalled_until:
                self.playing = False
                self._send(m.Finished(run.id, run.iteration))
            return
        if (self.playing or self._target) and self._showtimes.is_due(time.perf_counter()):
            self.show()
        if self.virtual_time - self._saved_at >= CHECKPOINT_EVERY:
            self._wants_checkpoint = True
        if self._wants_checkpoint and run.whole:
            self._checkpoint()

    def _stand(self) -> None:
        self.playing = False
        self.show()
        if self.run.whole:
            self._checkpoint()
        else:
            self._tell()
        self._say()

    def _tell(self) -> None:
        """How it has gone so far, for whoever lists it."""
        self._send(m.Course(self.run.id, *self.run.recorder.telling()))

    def _checkpoint(self) -> None:
        run, blob = self.run, b""
        self._wants_checkpoint = True  # until it is done
        if self._keeper is None:
            blob = run.checkpoint()
        elif self._stalled_until:
            return
        else:
            try:
                self._keeper.checkpoint(run)
            except OSError as refused:
                self._stall(refused)
                return
        self._send(m.Checkpoint(run.id, run.iteration, blob))
        self._tell()
        self._wants_checkpoint = False
        self._saved_at = self.virtual_time
