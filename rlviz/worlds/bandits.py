"""Bandits: one state, nothing follows, so a value is the mean of a reward.

A class of their own, because the algorithms for them keep no table of states.
"""

from __future__ import annotations

from dataclasses import dataclass

from rlviz.worlds.tabular import TabularWorld


@dataclass(frozen=True, eq=False)
class BanditWorld(TabularWorld):
    """A world of one state that never ends; its time limit is a horizon."""
