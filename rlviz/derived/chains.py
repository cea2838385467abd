"""The chain that is left when the policy is frozen, and whether its states are Markov."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlviz.derived.view import Array, Table, View
from rlviz.errors import NoFiniteTruth
from rlviz.exact import chains
from rlviz.exact.policies import followed

LINKS = 512  # transitions that a picture has room for
WAYS = 8  # observations that may come next
TOO_MANY = "This chain has more transitions than a picture can show."


def _frozen(view: View) -> tuple[Array, Array]:
    """P_π, and how often each state is visited."""
    gamma, share = view.setting("gamma"), view.setting("random_share")
    world = view.truth.world

    def solve() -> tuple[Array, Array]:
        p = chains.chain(world, followed(world, gamma, share))
        return p, chains.visits(world, p)

    found: tuple[Array, Array] = view.truth.once(("chain", gamma, share), view.iteration, solve)
    return found


def _links(view: View, part: int) -> Array:
    """From, to or probability of every transition from a state that is visited."""
    p, eta = _frozen(view)
    shown = p * ((eta > 0) | view.truth.world.terminal)[:, None]
    whence, whither = np.nonzero(shown * (eta + shown.sum(0) > 0)[:, None])
    if len(whence) > LINKS:
        raise NoFiniteTruth(TOO_MANY)
    return _padded((whence, whither, p[whence, whither])[part], LINKS)


def _column(view: View) -> NDArray[np.int64]:
    """What is seen of each state where the row is hidden; nothing where there are no rows."""
    world = view.truth.world
    width = int(world.statics["grid_shape"][1]) if "grid_shape" in world.statics else 1
    return np.arange(world.n_states) % width


def _pasts(view: View, *, hidden: bool) -> chains.Pasts:
    p, eta = _frozen(view)
    observed = _column(view) if hidden else np.arange(len(p))
    return chains.pasts(p, eta, observed, int(view.first("state")))


def _ways(view: View, what: str, *, hidden: bool) -> Array:
    return _padded(getattr(_pasts(view, hidden=hidden), what), WAYS)


def _before(view: View, which: int, *, hidden: bool) -> Array:
    found = _pasts(view, hidden=hidden).before[which]
    return np.array(found if found >= 0 else np.nan, dtype=np.float64)


def _padded(values: NDArray[np.int64] | Array, size: int) -> Array:
    out = np.full(size, np.nan)
    out[: min(size, len(values))] = values[:size]
    return out


_HERE = ("state",)
DERIVED: Table = {
    "chain_from": (_HERE, lambda view: _links(view, 0)),
    "chain_to": (_HERE, lambda view: _links(view, 1)),
    "chain_probability": (_HERE, lambda view: _links(view, 2)),
    "future_states": (_HERE, lambda view: _ways(view, "following", hidden=False)),
    "future_first": (_HERE, lambda view: _ways(view, "first", hidden=False)),
    "future_second": (_HERE, lambda view: _ways(view, "second", hidden=False)),
    "past_first": (_HERE, lambda view: _before(view, 0, hidden=False)),
    "past_second": (_HERE, lambda view: _before(view, 1, hidden=False)),
    "future_gap": (_HERE, lambda view: np.array(_pasts(view, hidden=False).gap)),
    "future_columns": (_HERE, lambda view: _ways(view, "following", hidden=True)),
    "hidden_first": (_HERE, lambda view: _ways(view, "first", hidden=True)),
    "hidden_second": (_HERE, lambda view: _ways(view, "second", hidden=True)),
    "hidden_past_first": (_HERE, lambda view: _before(view, 0, hidden=True)),
    "hidden_past_second": (_HERE, lambda view: _before(view, 1, hidden=True)),
    "hidden_gap": (_HERE, lambda view: np.array(_pasts(view, hidden=True).gap)),
}
