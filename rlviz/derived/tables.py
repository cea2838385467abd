"""What is made of a table of values, and its distance to the exact one."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rlviz.derived import policies
from rlviz.derived.view import Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import actors
from rlviz.exact import dynamic_programming as dp
from rlviz.exact.policies import followed

NOT_LEARNED = "No critic is learned with this baseline."


def action_value(view: View) -> Array:
    """Q, or one step before V where a method keeps no more than V."""
    if "q" in view.latest:
        return view.first("q")
    return dp.action_values(view.truth.world, state_value(view), view.setting("gamma"))


def state_value(view: View) -> Array:
    """V(s) where the method has it, else max_a Q(s, a)."""
    if "w" in view.latest:
        return np.asarray(_critics(view)[0])
    return view.first("v") if "v" in view.latest else np.asarray(view.first("q").max(-1))


def greedy_policy(view: View) -> Array:
    """Even shares over the best actions of the table, exact ties only."""
    q = action_value(view)
    best = q == q.max(-1, keepdims=True)
    with np.errstate(invalid="ignore"):  # a row of NaN has no best action: 0 / 0
        return np.asarray(best / best.sum(-1, keepdims=True))


def shown_policy(view: View) -> Array:
    """The policy that arrows show: the one that is learned or evaluated, else the greedy one."""
    if "theta" in view.latest:
        return np.asarray(policies.tables(view)[0])
    if "policy" in view.latest:
        return view.first("policy")
    if "v_policy" in view.after.values():
        return followed(view.truth.world, view.setting("gamma"), view.setting("random_share"))
    return greedy_policy(view)


def greedy_return(view: View) -> Array:
    """Exact return of the greedy policy under the time limit."""
    return np.array(dp.limited_return(view.truth.world, greedy_policy(view)))


def truth_value(view: View) -> Array:
    """V of the truth; for a table of Q, its best action."""
    aim = view.aim()
    return aim.v if "v" in view.after or "w" in view.after else np.asarray(aim.q.max(-1))


def q_gap(view: View) -> Array:
    """Estimate − truth, NaN where a pair does not exist."""
    with np.errstate(invalid="ignore"):  # −∞ less −∞
        return np.asarray(action_value(view) - view.aim().q)


def truth_distance(view: View) -> Array:
    """Root mean square of estimate − truth over what can be reached, for every replica [B]."""
    if "w" in view.after:
        return _critic_distance(view)
    name = "v" if "v" in view.after else "q"
    table = view.latest[name]
    each = any(isinstance(value, Tensor) for value in vars(view.config).values())
    truths = [getattr(view.aim(b), name) for b in range(len(table) if each else 1)]
    truth = torch.from_numpy(np.stack(truths)).to(table.device)
    reached = torch.from_numpy(view.truth.reachable).to(table.device)
    gap = table.index_select(1, reached) - truth.index_select(1, reached)
    if name == "q" and view.truth.world.n_allowed is not None:
        allowed = torch.from_numpy(view.truth.world.allowed).to(table.device)
        gap = gap[:, allowed.index_select(0, reached)]
    distance: Array = gap.square().flatten(1).mean(1).sqrt().cpu().numpy()
    return distance


def _critics(view: View) -> Array:
    """V of every replica's critic, [B, S]."""
    settings = vars(view.config)
    if {settings.get("baseline", "learned"), settings.get("critic", "learned")} != {"learned"}:
        raise NoFiniteTruth(NOT_LEARNED)
    world = view.truth.world
    w = view.latest["w"].detach().cpu().numpy().astype(np.float64)
    return np.asarray(np.where(world.terminal, 0.0, w[:, world.seen]))


def _critic_distance(view: View) -> Array:
    """The same of critics, each against the policy that it criticises, [B]."""
    world, reached = view.truth.world, view.truth.reachable
    truth = actors.state_values(world, policies.tables(view), policies.settings(view, "gamma"))
    gap = np.ascontiguousarray((_critics(view) - truth)[:, reached])  # summed in one order
    return np.asarray(np.sqrt(np.square(gap).mean(1)))


def _return(view: View, *, exploring: bool) -> Array:
    epsilon = view.setting("epsilon") if exploring else 0.0
    return np.array(view.truth.optimal_return(view.setting("gamma"), epsilon, view.iteration))


def _optimal(view: View) -> dp.Solution:
    return view.truth.best(view.setting("gamma"), 0.0, view.iteration)


DERIVED: Table = {
    "action_value": (("q|v|w",), action_value),
    "state_value": (("q|v|w",), state_value),
    "greedy_policy": (("q|v",), greedy_policy),
    "shown_policy": (("q|v|theta",), shown_policy),
    "greedy_return": (("q|v",), greedy_return),
    "q_optimal": ((), lambda view: _optimal(view).q),
    "q_soft_optimal": (
        (),
        lambda view: (
            view.truth.best(view.setting("gamma"), view.setting("epsilon"), view.iteration).q
        ),
    ),
    "truth_q": ((), lambda view: view.aim().q),
    "truth_value": ((), truth_value),
    "truth_policy": ((), lambda view: view.aim().greedy),
    "q_gap": (("q|v",), q_gap),
    "value_gap": (("q|v|w",), lambda view: state_value(view) - truth_value(view)),
    "truth_distance": (("q|v|w",), truth_distance),
    "optimal_return": ((), lambda view: _return(view, exploring=False)),
    "optimal_return_exploring": ((), lambda view: _return(view, exploring=True)),
}
