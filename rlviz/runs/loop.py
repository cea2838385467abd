"""One run: a generator of beats, pulled; changes, curves, frames and checkpoints around it.

The loop yields a sentinel between iterations: there, and only there, the state is whole, and there
a change acts and a checkpoint is taken. A run's position is (iteration, beat).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rlviz import derived, hyperparameters, registry
from rlviz.errors import BadMessage, BadValue
from rlviz.runs import checkpoint, codec
from rlviz.runs.frames import Shown
from rlviz.runs.measured import Measured
from rlviz.runs.recorder import Recorder
from rlviz.runs.settings import Settings
from rlviz.runs.spec import (
    At,
    Edit,
    Intervention,
    Poke,
    RunSpec,
    Set,
    from_plain,
    intervention_to_plain,
    to_plain,
)
from rlviz.signals import SIGNALS, Beat
from rlviz.streams import Streams

_ANSWERS = 64


class Run:
    """A run in this process. Not thread-safe: whoever pulls it owns it."""

    def __init__(
        self, spec: RunSpec, run_id: str = "run", *, raw: bool = False, measured: bool = False
    ) -> None:
        """Build the world, the streams and the state.

        `raw` keeps every event and trace, `measured` what is written with a run's history.
        """
        self.id, self.spec = run_id, spec
        self.iteration = self.beat = 0
        self.beats = 0  # of the last whole iteration
        self.asked: list[tuple[str, Intervention, float]] = []  # with the time of day
        self.changed: list[tuple[str, At, dict[str, Any]]] = []  # (id, change, old), for the owner
        # The newest changes that were asked for: id, iteration, plain, and what they replaced.
        self.answers: list[list[Any]] = []
        self.marks: list[dict[str, Any]] = []
        self.algorithm = registry.algorithm(spec.algorithm)
        self.device = _device(spec.device, self.algorithm)
        self._every = int(self.algorithm.TRUTH_EVERY)
        # Without gradients torch keeps no record for them: a tabular run is a sixth quicker.
        self._mode = torch.enable_grad if self.algorithm.GRADIENTS else torch.inference_mode
        self.settings = Settings(self.algorithm.Config, spec.config, spec.replicas, self.device)
        self._due = list(spec.interventions)
        self._enter(dict(spec.world_config))
        self.recorder = Recorder(
            {"state": self.truth.world.n_states},
            raw=raw,
            measured=Measured(self._measurable(), spec.replicas) if measured else None,
        )
        self.state = self._fresh_state()
        self._shown = Shown(self)
        self._stream = self._beats()

    # -------------------------------------------------------------- going on

    def pull(self) -> bool:
        """One beat; True when that also completed an iteration and the state is whole."""
        with self._mode():
            item = next(self._stream)
        if item is None:
            return True
        self.recorder.take(item, self.iteration)
        self.beat += 1
        return False

    def advance(self, until: float, iterations: int | None = None) -> None:
        """Beats until the clock says so, or until that iteration is reached, or it diverges."""
        take, clock, recorder = self.recorder.take, time.perf_counter, self.recorder
        with self._mode():
            for item in self._stream:
                if item is not None:
                    take(item, self.iteration)
                    self.beat += 1
                elif recorder.diverged or self.iteration == iterations:
                    return
                if clock() >= until:
                    return

    def settle(self) -> None:
        """Let what was asked act now, without going on; only between two iterations."""
        if self.whole:
            with self._mode():
                self._change()

    @property
    def whole(self) -> bool:
        """Whether it stands between two iterations, where it may be saved."""
        return self.beat == 0

    @property
    def diverged(self) -> tuple[int, str] | None:
        """Where a signal was first NaN or infinite, and which."""
        return self.recorder.diverged

    @property
    def env_steps(self) -> int:
        """Environment steps so far, summed over replicas."""
        if self.algorithm.ENV_STEPS is None:  # episodes have their own lengths: the State counts
            return int(self.state.env_steps)
        return self.iteration * self.spec.replicas * int(self.algorithm.ENV_STEPS)

    def intervene(self, change_id: str, intervention: Intervention) -> None:
        """Change the run before its next iteration; `changed` tells when it has acted."""
        self.asked.append((change_id, intervention, time.time()))

    # -------------------------------------------------------------- what is shown

    def available(self) -> list[str]:
        """Every name that a frame of this run can carry."""
        return self._shown.available()

    def frame(
        self, names: Sequence[str] | None = None, *, sequence: int = 0, status: str = "paused"
    ) -> bytes:
        """What was asked for, of this moment; everything where nothing was asked."""
        return self._shown.frame(names, sequence=sequence, status=status)

    def static(self, *, sequence: int = 0) -> bytes:
        """The frame that is sent once for a world: its map."""
        return self._shown.static(sequence=sequence)

    def view(self) -> derived.View:
        """This moment, as derived signals see it."""
        return derived.View(
            self.recorder.latest | self.weights(),
            self.settings.at(self.iteration),
            self.truth,
            dict(self.algorithm.TRUTH),
            self.iteration,
        )

    def weights(self) -> dict[str, Tensor]:
        """What is learned, which can be looked at before a beat shows it."""
        found: dict[str, Tensor] = {}
        for name in self.algorithm.WEIGHTS:
            value = getattr(self.state, name)
            found |= value if isinstance(value, dict) else {name: value}
        return found

    def summary(self) -> dict[str, dict[str, float]]:
        """For every scalar signal, its last value and the mean of its last hundred."""
        return self.recorder.summary()

    # -------------------------------------------------------------- checkpoints

    def checkpoint(self) -> bytes:
        """State, curves and position; only between two iterations."""
        if not self.whole:
            raise RuntimeError("A run can be saved only between two iterations.")
        arrays: codec.Arrays = {}
        weights = self.weights()  # the State owns these
        latest = {k: v for k, v in self.recorder.latest.items() if k not in weights}
        plain = {
            "checkpoint": True,
            "spec": to_plain(self.spec),
            "iteration": self.iteration,
            "beats": self.beats,
            "acted": len(self.spec.interventions) - len(self._due),
            "answers": self.answers,
            "marks": [{k: v for k, v in mark.items() if k != "wall"} for mark in self.marks],
            "state": checkpoint.pack(self.state, "state", arrays),
            "recorder": checkpoint.pack(self.recorder.state_dict(), "recorder", arrays),
            "latest": checkpoint.pack(latest, "latest", arrays),
        }
        return codec.encode(plain, arrays)

    def restore(self, blob: bytes) -> list[At]:
        """Go on from a checkpoint of this spec; the run must be fresh.

        Changes that had acted by then and that the spec does not know become part of it; they are
        what is returned.
        """
        saved, arrays = codec.decode(blob)
        if not saved.get("checkpoint"):
            raise BadMessage("The bytes are a frame, not a checkpoint.")
        past = from_plain(saved["spec"], registry.catalogue())
        same = ("algorithm", "world", "config", "world_config", "seed", "replicas")
        acted, due = past.interventions[: saved["acted"]], list(self.spec.interventions)
        unknown = []
        for at in acted:
            if at in due:
                due.remove(at)
            else:
                unknown.append(at)
        late = due and due[0].iteration < saved["iteration"]
        if late or any(getattr(past, name) != getattr(self.spec, name) for name in same):
            raise BadMessage("The checkpoint belongs to another run.")
        self.spec = replace(self.spec, interventions=(*acted, *due))
        self.iteration, self.beats = saved["iteration"], saved["beats"]
        # Changes that had acted by then shape the state that is filled; the others are still due.
        self._due = due
        for at in acted:
            self._apply(at.intervention, rebuild=False)
        self.state = self._fresh_state()
        checkpoint.fill(self.state, checkpoint.unpack(saved["state"], arrays))
        self.recorder.load_state_dict(checkpoint.unpack(saved["recorder"], arrays))
        self.marks, self.answers = saved["marks"], saved["answers"]
        for name, value in checkpoint.unpack(saved["latest"], arrays).items():
            self.recorder.latest[name] = torch.from_numpy(value.copy()).to(self.device)
        return unknown

    # -------------------------------------------------------------- inside

    def _beats(self) -> Iterator[Beat | None]:
        while True:
            self._change()
            config = self.settings.at(self.iteration)
            yield from self.algorithm.iterate(self.tables, self.state, config)
            self.iteration += 1
            self.beats, self.beat = self.beat, 0
            if self.iteration % self._every == 0 and self.iteration % self._grid_width() == 0:
                self._measure()
            yield None  # the state is whole here, and only here

    def _change(self) -> None:
        while self._due and self._due[0].iteration <= self.iteration:
            at = self._due.pop(0)
            self.changed.append(("", at, self._apply(at.intervention)))
        for change_id, intervention, asked_at in self.asked:
            at, marked = At(self.iteration, intervention), len(self.marks)
            self.spec = self.spec.with_intervention(self.iteration, intervention)
            old = self._apply(intervention)
            self.changed.append((change_id, at, old))
            answer = [change_id, self.iteration, intervention_to_plain(intervention), old]
            self.answers = [*self.answers, answer][-_ANSWERS:]
            for mark in self.marks[marked:]:  # so that one drag of a knob can be drawn as one mark
                mark["wall"] = asked_at
        self.asked.clear()

    def _apply(self, intervention: Intervention, *, rebuild: bool = True) -> dict[str, Any]:
        was = self.tables.terminal
        match intervention:
            case Set(name, value, keep):
                old = self.settings.set(name, value)
                field = self.settings.field(name)
                self._mark(name, field.symbol or field.title, old, value)
                olds = {name: hyperparameters.to_json(old)}
            case Edit(values, keep):
                olds = {k: getattr(self._world_config, k) for k in values}
                size = (self.tables.n_states, self.tables.n_actions)
                now = asdict(self._world_config) | values
                self._enter(now, None if keep == "nothing" else size)
                for name, value in values.items():
                    self._mark(name, name, olds[name], value)
            case Poke(name):
                raise BadValue(f"`{self.spec.world}` can not be poked, but got {name}.")
        if rebuild and keep != "all":
            self._rebuild(was, keep_weights=keep == "weights")
        return olds

    def _mark(self, name: str, symbol: str, old: Any, new: Any) -> None:
        shown = {"old": hyperparameters.to_json(old), "new": hyperparameters.to_json(new)}
        self.marks.append({"iteration": self.iteration, "field": name, "symbol": symbol, **shown})

    def _rebuild(self, was: Tensor, *, keep_weights: bool) -> None:
        """A fresh state with what is kept; `was`, [S], says where episodes ended before."""
        before, self.state = self.state, self._fresh_state()
        ends = self.tables.terminal
        for name in self.algorithm.WEIGHTS if keep_weights else ():
            old, new = getattr(before, name), getattr(self.state, name)
            if isinstance(old, dict):
                setattr(self.state, name, old)  # of what is seen of a state, which stays the same
                continue
            # A state that has begun or ceased to end is another one: it gets its fresh value.
            other = (was != ends).view(1, -1, *[1] * (old.dim() - 2))  # [1, S, 1 …]
            setattr(self.state, name, torch.where(other, new, old))

    def _enter(self, values: dict[str, Any], size: tuple[int, int] | None = None) -> None:
        """The world of these values; refused before anything changes where it must have a size."""
        module = registry.world(self.spec.world)
        config = hyperparameters.build(module.Config, values)
        world = module.make(config)
        if size and size != (world.n_states, world.n_actions):
            raise BadValue(
                f"What was learned has another shape now: it was made for {size[0]} states and "
                f"{size[1]} actions, but got {world.n_states} and {world.n_actions}; start afresh."
            )
        self._world_config, self.tables = config, world.on(self.device)
        self.truth = derived.Truth(world)

    def _fresh_state(self) -> Any:
        streams = Streams(self.spec.seed, self.spec.replicas, self.device)
        return self.algorithm.init(self.tables, self.settings.at(self.iteration), streams)

    def _measurable(self) -> list[str]:
        """Signals of which each replica's values are worth keeping: they come now and then."""
        yielded = {s for names in self.algorithm.SIGNALS.values() for s in names}
        events = (name for name in yielded if SIGNALS[name].kind == "event")
        return sorted([*events, *(name for name in derived.DERIVED if SIGNALS[name].curve)])

    def _grid_width(self) -> int:
        curve = self.recorder.curves.get("truth_distance")
        return max(self._every, curve.width) if curve else self._every

    def _measure(self) -> None:
        """Derived curves, on a grid that depends on nothing but the iteration."""
        view = self.view()
        for name in derived.DERIVED:
            if SIGNALS[name].curve:
                value = derived.derive(name, view)
                if isinstance(value, np.ndarray):
                    # The bin that has just been completed is the one that this point stands in.
                    width = self._grid_width()
                    self.recorder.put(name, self.iteration - 1, value, width)


def _device(asked: str, algorithm: Any) -> str:
    if asked == "cuda" and not torch.cuda.is_available():
        raise BadValue(
            "`device=cuda` needs a CUDA device and this machine has none; use cpu or auto."
        )
    if asked == "auto":
        return "cuda" if algorithm.GAINS_FROM_CUDA and torch.cuda.is_available() else "cpu"
    return asked
