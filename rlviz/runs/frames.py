"""What a run shows of itself: frames of the moment, and the map of its world."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rlviz import derived, registry
from rlviz.derived.evidence import Known, Suspect
from rlviz.derived.suspects import Asking
from rlviz.runs import codec
from rlviz.signals import SIGNALS

if TYPE_CHECKING:
    from rlviz.runs.loop import Run

_MOST_OUTCOMES = 20_000  # S·A·K up to which a static frame tells what can happen


class Shown:
    """Makes the frames of one run; it changes nothing of it."""

    def __init__(self, run: Run) -> None:
        """Nothing is shown yet."""
        self._run = run
        self._started = time.perf_counter()
        self._asking = Asking()

    def available(self) -> list[str]:
        """Every name that a frame can carry."""
        run = self._run
        yielded = dict.fromkeys(s for names in run.algorithm.SIGNALS.values() for s in names)
        learned = (name for name in run.weights() if name in SIGNALS)
        names = [*yielded, *learned, *derived.DERIVED, *run.recorder.tallies]
        names += run.settings.signals
        for name in yielded:
            names += [f"{name}.tail"] if SIGNALS[name].tail else []
            names += [f"{name}.now"] if SIGNALS[name].is_curve else []
        return names

    def frame(self, names: Sequence[str] | None, *, sequence: int, status: str) -> bytes:
        """What was asked for, of this moment; everything where nothing was asked."""
        run = self._run
        run.recorder.flush()
        spent = time.perf_counter() - self._started
        run.truth.hurried = run.truth.seconds > derived.TRUTH_SHARE * spent + 0.1
        view = run.view()
        arrays: codec.Arrays = {}
        missing: dict[str, str] = {}
        for name in dict.fromkeys(self.available() if names is None else names):
            value = self._value(name, view)
            if isinstance(value, str):
                missing[name] = value
            elif value is not None:
                arrays[name] = codec.for_view(np.asarray(value))
        for name, value in run.recorder.of_each().items():
            arrays[name] = codec.for_view(value)
        run.truth.hurried = False
        metadata = self._metadata() | {
            "static": False,
            "sequence": sequence,
            "status": status,
            "missing": missing,
            "truth_iteration": run.truth.iteration,
            "beats": run.beats,
            "suspects": self._suspects(view, playing=status == "playing"),
            **run.recorder.parting(),
        }
        return codec.encode(metadata, arrays)

    def static(self, *, sequence: int) -> bytes:
        """The frame that is sent once for a world."""
        world = registry.world(self._run.spec.world)
        tables = self._run.truth.world
        statics = dict(tables.statics)
        if tables.probability.size <= _MOST_OUTCOMES:
            for name in ("next_state", "probability", "reward"):
                statics[f"outcome_{name.removesuffix('_state')}"] = getattr(tables, name)
        arrays = {k: codec.for_view(v) for k, v in statics.items()}
        about = {"static": True, "sequence": sequence, "actions": list(world.ACTIONS)}
        return codec.encode(self._metadata() | about, arrays)

    def _suspects(self, view: derived.View, *, playing: bool) -> list[Suspect]:
        """What is wrong with the run, as far as it has been looked for."""
        run = self._run
        return self._asking.suspects(
            Known(
                view=view,
                curves=run.recorder.curves,
                visits=run.recorder.tallies["visits"],
                tail=run.recorder.tail,
                marks=run.marks,
                diverged=run.diverged,
                config_at=run.settings.at,
            ),
            playing=playing,
        )

    def _value(self, name: str, view: derived.View) -> Any:
        """A signal's value; a sentence where it can have none, None where it only has to wait."""
        run = self._run
        base, _, part = name.partition(".")
        if base not in SIGNALS:
            return f"There is no signal `{base[:40]}`."
        if part == "tail":
            return run.recorder.tail(base)
        if base in run.recorder.tallies:
            return run.recorder.tallies[base]
        if SIGNALS[base].is_curve and part != "now":
            curve = run.recorder.curves.get(base)
            return curve.columns() if curve else None
        if base in derived.DERIVED:
            return derived.derive(base, view)
        if base in view.latest:
            return view.latest[base][0].cpu().numpy()
        if base in run.settings.signals:
            return np.array(view.setting(base))
        return None

    def _metadata(self) -> dict[str, Any]:
        run = self._run
        return {
            "run": run.id,
            "algorithm": run.spec.algorithm,
            "world": run.spec.world,
            "iteration": run.iteration,
            "beat": run.beat,
            "beat_name": run.recorder.beat_name,
            "env_steps": run.env_steps,
            "replicas": run.spec.replicas,
            "device": str(run.device),
            "marks": run.marks,
        }
