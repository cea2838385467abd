"""Every trajectory of the first few steps with its exact probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlviz.exact.dynamic_programming import Array
from rlviz.worlds.tabular import TabularWorld

BRANCHES = 400  # that a tree may have; it grows by whole depths only
DEPTHS = 6


@dataclass(frozen=True)
class Node:
    """A trajectory s_0, a_0, s_1, …, by its last state."""

    state: int
    depth: int
    chance: float  # p(τ)
    low: float  # it takes the heights from `low` to `low + chance`
    parent: int  # its place in the list; −1 at the root

    @property
    def height(self) -> float:
        """The middle of what it takes."""
        return self.low + self.chance / 2


def tree(world: TabularWorld, policy: Array) -> list[Node]:
    """All trajectories, depth by depth, as long as their branches fit; ended ones go on in place.

    p(τ) = p(s_0) · Π_t π(a_t|s_t)·P(s_{t+1}|s_t, a_t)
    """
    nodes, low = list[Node](), 0.0
    for s in np.flatnonzero(world.start):
        nodes.append(Node(int(s), 0, float(world.start[s]), low, -1))
        low += float(world.start[s])
    begin, end = 0, len(nodes)
    for depth in range(1, DEPTHS + 1):
        new = [child for i in range(begin, end) for child in _children(world, policy, nodes, i)]
        if len(nodes) + len(new) > BRANCHES or len(new) == 0:
            break
        nodes += new
        begin, end = end, len(nodes)
        assert depth == nodes[-1].depth
    return nodes


def level_sums(nodes: list[Node]) -> Array:
    """Σ p(τ) over the trajectories of each depth, NaN beyond the last."""
    sums = np.full(DEPTHS + 1, np.nan)
    for node in nodes:
        sums[node.depth] = np.nan_to_num(sums[node.depth]) + node.chance
    return sums


def _children(world: TabularWorld, policy: Array, nodes: list[Node], i: int) -> list[Node]:
    parent = nodes[i]
    s, low = parent.state, parent.low
    if world.terminal[s]:
        return [Node(s, parent.depth + 1, parent.chance, low, i)]
    found = []
    for a in np.flatnonzero(policy[s]):
        ways: dict[int, float] = {}
        for to, chance in zip(world.next_state[s, a], world.probability[s, a], strict=True):
            ways[int(to)] = ways.get(int(to), 0.0) + float(chance)
        for to, chance in ways.items():
            if chance > 0:
                share = parent.chance * float(policy[s, a]) * chance
                found.append(Node(to, parent.depth + 1, share, low, i))
                low += share
    return found
