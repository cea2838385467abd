"""One episode, looked at closely: weights, advantages, and the tree of what might have come."""

from __future__ import annotations

import numpy as np

from rlviz.derived.view import Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import episodes
from rlviz.exact.policies import followed

_BINS = 20
_NUMBERED = 8  # rewards that are numbered in three ways
_LOOP = 101  # steps of the loop, 0 included
NO_HORIZON = "At γ = 1 the weights never fade, so their sum 1/(1 − γ) has no finite value."


def discount_weights(view: View) -> Array:
    """γ^k for every step of the episode shown, NaN where it has not been yet."""
    there = np.isfinite(view.first("episode_rewards"))
    weights: Array = np.where(there, view.setting("gamma") ** np.arange(len(there)), np.nan)
    return weights


def weighted_rewards(view: View) -> Array:
    """γ^k·r_{k+1}."""
    weighted: Array = discount_weights(view) * view.first("episode_rewards")
    return weighted


def horizon(view: View) -> Array:
    """Sum of all weights, Σ_k γ^k = 1/(1 − γ)."""
    gamma = view.setting("gamma")
    if gamma == 1:
        raise NoFiniteTruth(NO_HORIZON)
    return np.array(1 / (1 - gamma))


def loop_limit(view: View) -> Array:
    """1/(1 − γ) at every step of the loop; no line at γ = 1, where there is no limit."""
    gamma = view.setting("gamma")
    return np.full(_LOOP, 1 / (1 - gamma) if gamma < 1 else np.nan)


def _numbered(view: View, what: str, *, counted: bool) -> Array:
    """Index, row or reward of the first rewards in three numberings: R_t, r_t and r_{t+1}.

    V(s_1) counts those of the steps from k = 1 on. Where R_t belongs to the state that is reached,
    V_1 = R_1 + γ·V_2 counts that of step 0 too.
    """
    rewards = view.first("episode_rewards")[:_NUMBERED]
    k = np.tile(np.arange(float(len(rewards))), 3)
    row = np.repeat([1.0, 2.0, 3.0], len(rewards))
    inside = (k >= 1) | (row == 1)
    parts = {"index": k + (row != 2), "row": row, "reward": np.tile(rewards, 3)}
    there = np.isfinite(parts["reward"]) & (inside == counted)
    numbered: Array = np.where(there, parts[what], np.nan)
    return numbered


def advantage_here(view: View) -> Array:
    """A(s, ·) = Q(s, ·) − V(s), exact, where the agent stands; NaN where there is no action."""
    s, aim = int(view.first("state")), view.aim()
    gap = aim.q[s] - aim.v[s]
    return np.where(np.isfinite(gap), gap, np.nan)


def advantage_shares(view: View) -> Array:
    """π(a|s)·A(s, a): they cancel."""
    shares: Array = view.aim().policy[int(view.first("state"))] * advantage_here(view)
    return shares


def return_expected(view: View) -> Array:
    """V of the start states, weighted by where episodes begin."""
    start = view.truth.world.start
    met = start > 0
    return np.array(start[met] @ view.aim().v[met])


def _histogram(view: View) -> tuple[Array, Array]:
    returns = view.latest["recent_returns"].cpu().numpy()
    returns = returns[np.isfinite(returns)]
    if len(returns) == 0:
        return np.full(_BINS, np.nan), np.full(_BINS, np.nan)
    low, high = float(returns.min()), float(returns.max())
    counts, edges = np.histogram(returns, _BINS, (low, high if high > low + 1e-9 else low + 1))
    return (edges[1:] + edges[:-1]) / 2, counts.astype(np.float64)


def _nodes(view: View) -> list[episodes.Node]:
    gamma, share = view.setting("gamma"), view.setting("random_share")
    world = view.truth.world
    nodes: list[episodes.Node] = view.truth.once(
        ("tree", gamma, share),
        view.iteration,
        lambda: episodes.tree(world, followed(world, gamma, share)),
    )
    return nodes


def _branches(view: View, name: str) -> Array:
    """Both ends of each branch and a gap, three numbers each, NaN beyond the last."""
    nodes, out = _nodes(view), np.full(3 * episodes.BRANCHES, np.nan)
    ends = [(nodes[n.parent], n) for n in nodes if n.parent >= 0]
    for i, (parent, node) in enumerate(ends):
        out[3 * i : 3 * i + 2] = getattr(parent, name), getattr(node, name)
    return out


def _of_nodes(view: View, name: str) -> Array:
    nodes, out = _nodes(view), np.full(episodes.BRANCHES + 1, np.nan)
    out[: len(nodes)] = [getattr(node, name) for node in nodes]
    return out


_PATH = ("episode_rewards",)
_RULER = np.arange(100) / 100

DERIVED: Table = {
    "step_index": (_PATH, lambda _: np.arange(24.0)),
    "reward_index": (_PATH, lambda _: np.arange(24.0) + 1),
    "discount_weights": (_PATH, discount_weights),
    "weighted_rewards": (_PATH, weighted_rewards),
    "running_returns": (_PATH, lambda view: np.cumsum(weighted_rewards(view))),
    "ruler_discount": (_PATH, lambda _: _RULER),
    "ruler_horizon": (_PATH, lambda _: 1 / (1 - _RULER)),
    "horizon": (_PATH, horizon),
    "loop_steps": (_PATH, lambda _: np.arange(float(_LOOP))),
    "loop_sums": (
        _PATH,
        lambda view: np.concatenate(
            [[0.0], np.cumsum(view.setting("gamma") ** np.arange(_LOOP - 1.0))]
        ),
    ),
    "loop_limit": (_PATH, loop_limit),
    "counted_index": (_PATH, lambda view: _numbered(view, "index", counted=True)),
    "counted_row": (_PATH, lambda view: _numbered(view, "row", counted=True)),
    "counted_reward": (_PATH, lambda view: _numbered(view, "reward", counted=True)),
    "left_index": (_PATH, lambda view: _numbered(view, "index", counted=False)),
    "left_row": (_PATH, lambda view: _numbered(view, "row", counted=False)),
    "left_reward": (_PATH, lambda view: _numbered(view, "reward", counted=False)),
    "action_index": (("state",), lambda view: np.arange(float(view.truth.world.n_actions))),
    "advantage_here": (("state", "v"), advantage_here),
    "advantage_shares": (("state", "v"), advantage_shares),
    "advantage_sum": (("state", "v"), lambda view: np.array(np.nansum(advantage_shares(view)))),
    "return_levels": (("recent_returns",), lambda view: _histogram(view)[0]),
    "return_counts": (("recent_returns",), lambda view: _histogram(view)[1]),
    "return_expected": (("recent_returns",), return_expected),
    "tree_depths": (_PATH, lambda view: _branches(view, "depth")),
    "tree_heights": (_PATH, lambda view: _branches(view, "height")),
    "tree_node_depths": (_PATH, lambda view: _of_nodes(view, "depth")),
    "tree_node_heights": (_PATH, lambda view: _of_nodes(view, "height")),
    "tree_node_chances": (_PATH, lambda view: _of_nodes(view, "chance")),
    "tree_levels": (_PATH, lambda _: np.arange(episodes.DEPTHS + 1.0)),
    "tree_sums": (_PATH, lambda view: episodes.level_sums(_nodes(view))),
}
