"""All randomness of a run: counter-based streams, one for each purpose and replica.

Philox (Salmon et al. 2011) maps a key and a counter to numbers, so a stream is known by
(seed, purpose, replica) and its position is one integer. Adding a draw in one stream never shifts
another; replica 0 draws the same numbers however many replicas there are; two algorithms on one
seed meet the same world.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

BLOCK = 512  # numbers of each replica that are drawn at once; part of the stream's definition
_NUMBERS_A_COUNT = 4  # one Philox counter gives four 64-bit numbers, one for each double
_PURPOSES = ("world", "policy", "initialisation")


class Stream:
    """Uniform numbers for one purpose; every call of `uniform` gives fresh ones."""

    def __init__(self, seed: int, purpose: int, replicas: int, device: torch.device) -> None:
        """Key every replica's generator by (seed, purpose, replica)."""
        self._keys = [
            np.array([seed, purpose << 32 | replica], dtype=np.uint64)
            for replica in range(replicas)
        ]
        self._device = device
        self._open(0)
        self._position = BLOCK  # within the block in hand; at the end, so that the first call draws
        self._block: Tensor | None = None

    def uniform(self, n: int) -> Tensor:
        """`n` numbers in [0, 1) for every replica, [n, B] float64; 1 <= n <= BLOCK."""
        if not 1 <= n <= BLOCK:
            raise ValueError(f"`1 <= n <= {BLOCK}` must hold, but got {n=}.")
        start = self._position
        if start + n > BLOCK:  # the rest of a block too short for this call is left unused
            self._draw()
            start = 0
        self._position = start + n
        assert self._block is not None
        return self._block[start : start + n]

    @property
    def blocks(self) -> int:
        """How many blocks have been drawn."""
        return self._blocks

    def skip_to(self, blocks: int) -> None:
        """Go on as after so many blocks, however many of them were drawn."""
        if blocks < self._blocks:
            raise ValueError(f"{self._blocks} blocks are drawn already, so {blocks=} is past.")
        self._open(blocks)
        self._position = BLOCK

    def state_dict(self) -> dict[str, int]:
        """The counters: with the key they are all there is to know."""
        return {"blocks": self._blocks, "position": self._position}

    def load_state_dict(self, counters: dict[str, int]) -> None:
        """Go to where the counters say, wherever the stream is now."""
        blocks = counters["blocks"]
        self._open(max(blocks - 1, 0))
        if blocks:
            self._draw()
        self._position = counters["position"]

    def _open(self, blocks: int) -> None:
        """Stand behind so many blocks, without having drawn them."""
        bits = [np.random.Philox(key=key) for key in self._keys]
        self._generators = [
            np.random.Generator(b.advance(blocks * BLOCK // _NUMBERS_A_COUNT)) for b in bits
        ]
        self._blocks = blocks

    def _draw(self) -> None:
        numbers = np.empty((len(self._generators), BLOCK))
        for row, generator in zip(numbers, self._generators, strict=True):
            generator.random(out=row)
        # A new tensor each time: whoever holds a view of the last block may keep it.
        self._block = torch.from_numpy(numbers).t().contiguous().to(self._device)
        self._blocks += 1


class Streams:
    """The streams of a run: `world` for what the world does, `policy` for what the agent draws."""

    def __init__(self, seed: int, replicas: int, device: torch.device | str = "cpu") -> None:
        """Open all streams at their beginning."""
        self.replicas = replicas
        self.device = torch.device(device)
        self.world, self.policy, self.initialisation = (
            Stream(seed, purpose, replicas, self.device) for purpose in range(len(_PURPOSES))
        )

    def state_dict(self) -> dict[str, dict[str, int]]:
        """The counters of every stream."""
        return {purpose: getattr(self, purpose).state_dict() for purpose in _PURPOSES}

    def load_state_dict(self, counters: dict[str, dict[str, int]]) -> None:
        """Go to where the counters say."""
        for purpose in _PURPOSES:
            getattr(self, purpose).load_state_dict(counters[purpose])
