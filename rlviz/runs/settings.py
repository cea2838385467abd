"""The config of a run while it runs: what was set, and what an iteration uses."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from rlviz import hyperparameters
from rlviz.hyperparameters import Value
from rlviz.schedules import Schedule
from rlviz.signals import SIGNALS


class Settings:
    """Checked values of a Config; schedules and per-replica values are resolved by `at`."""

    def __init__(self, config: type, values: dict[str, Value], replicas: int, device: str) -> None:
        """What is not in `values` has its declared default."""
        self._class, self._replicas, self._device = config, replicas, device
        self._values = dict(values)
        self._build()

    def set(self, name: str, value: Value) -> Value:
        """Another value from now on; returns the one that it replaces."""
        old: Value = getattr(self._config, name)
        self._values[name] = value
        self._build()
        return old

    def at(self, iteration: int) -> Any:
        """The Config that this iteration uses: numbers, and [B] tensors for values of each."""
        if not self._moving:
            return self._config
        now: dict[str, Any] = {}
        for name in self._moving:
            value = getattr(self._config, name)
            if isinstance(value, Schedule):
                now[name] = value.at(iteration)
            else:
                now[name] = torch.tensor(value, dtype=torch.float64, device=self._device)
        return dataclasses.replace(self._config, **now)

    def field(self, name: str) -> hyperparameters.Field:
        """The declaration of a value."""
        return hyperparameters.fields(self._class)[name]

    @property
    def signals(self) -> list[str]:
        """The values that are signals: figures and equations may show them."""
        return [name for name in vars(self._config) if name in SIGNALS]

    def _build(self) -> None:
        self._config = hyperparameters.build(self._class, self._values, self._replicas)
        self._moving = [
            name for name, v in vars(self._config).items() if isinstance(v, Schedule | tuple)
        ]
