"""Worlds of a few states, as tables: what the published cases of policy gradients are about."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rlviz.worlds.tabular import TabularWorld
from tests.public import PUBLIC


def deterministic(to: list[list[int]], paid: list[list[float]], start: int = 0) -> TabularWorld:
    """`to` and `paid` are [S][A]; the last state is terminal."""
    next_state = np.array(to, dtype=np.int64)[..., None]
    reward = np.array(paid, dtype=np.float64)[..., None]
    n = len(to)
    ends = np.arange(n) == n - 1
    return TabularWorld(
        "small", next_state, reward, np.ones(reward.shape), ends, np.eye(n)[start], 1_000
    )


def bandit(reward: list[float]) -> TabularWorld:
    """One state, one pull."""
    return deterministic([[1] * len(reward)] * 2, [reward, [0.0] * len(reward)])


# P21: two steps, one row of preferences; r₁ = 1 for action 1, then r₂ = −1.5 for action 1.
TWO_STEP = deterministic([[1, 1], [2, 2], [2, 2]], [[0.0, 1.0], [0.0, -1.5], [0.0, 0.0]])
ALIKE = np.zeros(3, dtype=np.int64)

# P08: left, right; in the second of three cells they are switched; −1 a step; all look alike.
CORRIDOR = deterministic(
    [[0, 1], [2, 0], [1, 3], [3, 3]], [[-1.0, -1.0], [-1.0, -1.0], [-1.0, -1.0], [0.0, 0.0]]
)
CORRIDOR_SEEN = np.zeros(4, dtype=np.int64)


def three_states() -> TabularWorld:
    """P23: it never ends, γ = .9."""
    p, r = (np.array(PUBLIC["P23"][name], dtype=np.float64) for name in ("P", "R"))
    to = np.broadcast_to(np.arange(3), p.shape)
    reward = np.broadcast_to(r[:, :, None], p.shape).copy()
    return TabularWorld("three", to, reward, p, np.zeros(3, dtype=bool), np.eye(3)[0], 1_000)


def layered(seed: int, n_states: int = 4, n_actions: int = 2, n_outcomes: int = 2) -> TabularWorld:
    """Chance and rewards at random; every step goes to a later state, so episodes are few."""
    rng = np.random.default_rng(seed)
    shape = (n_states, n_actions, n_outcomes)
    low = np.arange(n_states)[:, None, None] + 1
    to = np.minimum(low + rng.integers(0, 2, shape), n_states - 1)
    reward = rng.normal(size=shape)
    to[-1], reward[-1] = n_states - 1, 0.0
    p = rng.dirichlet(np.ones(n_outcomes), shape[:2])
    start = np.zeros(n_states)
    start[:2] = 0.7, 0.3
    return TabularWorld("layered", to, reward, p, np.arange(n_states) == n_states - 1, start, 99)


Episode = tuple[float, list[int], list[int], list[float]]  # chance, states, actions, rewards


def episodes(world: TabularWorld, policy: np.ndarray) -> Iterator[Episode]:
    """Every episode that there is, of a world without circles."""
    stack: list[tuple[float, int, list[int], list[int], list[float]]] = [
        (float(p), s, [], [], []) for s, p in enumerate(world.start) if p > 0
    ]
    while stack:
        chance, here, states, actions, rewards = stack.pop()
        if world.terminal[here]:
            yield chance, states, actions, rewards
            continue
        for (a, k), after in np.ndenumerate(world.next_state[here]):
            p = float(policy[here, a] * world.probability[here, a, k])
            if p > 0:
                paid = float(world.reward[here, a, k])
                stack.append(
                    (chance * p, int(after), [*states, here], [*actions, a], [*rewards, paid])
                )
