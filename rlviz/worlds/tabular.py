"""Finite Markov decision processes as tables, and B copies of one moved on at once.

A pair (s, a) has K outcomes, each with next state, reward and probability. A terminal state
absorbs: it leads to itself with reward 0. The time limit is no part of the tables: it cuts an
episode (truncation), and a learner goes on bootstrapping from the state where it was cut.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlviz.errors import BadValue

if TYPE_CHECKING:
    from rlviz.streams import Streams

NAN = float("nan")
_LEAST = 2.0**-54  # stands in for a uniform 0, whose normal number would be −∞


@dataclass(frozen=True, eq=False)
class TabularWorld:
    """The tables in numpy, for exact solutions; `on` gives them to torch."""

    name: str
    next_state: NDArray[np.int64]  # [S, A, K]
    reward: NDArray[np.float64]  # [S, A, K]
    probability: NDArray[np.float64]  # [S, A, K], sums to 1 over K
    terminal: NDArray[np.bool_]  # [S]
    start: NDArray[np.float64]  # [S], sums to 1
    time_limit: int
    statics: dict[str, NDArray[Any]] = field(default_factory=dict)
    n_allowed: NDArray[np.int64] | None = None  # [S]: the first so many actions; None for all
    reward_sd: NDArray[np.float64] | None = (
        None  # [S, A]: normal noise on the reward; None for none
    )
    observed: NDArray[np.int64] | None = None  # [S]: what a policy sees; None: every state as it is

    def __post_init__(self) -> None:
        """Refuse tables that are no Markov decision process."""
        for what, total in (("probability", self.probability.sum(-1)), ("start", self.start.sum())):
            if not np.allclose(total, 1.0, rtol=0, atol=1e-9):
                raise BadValue(
                    f"`{what}` of `{self.name}` must sum to 1, but got {np.min(total):g} as the "
                    f"least and {np.max(total):g} as the greatest sum; divide it by its sum."
                )
        ends = np.flatnonzero(self.terminal)
        if (self.next_state[ends] != ends[:, None, None]).any() or self.reward[ends].any():
            raise BadValue(
                f"Terminal states of `{self.name}` must lead to themselves with reward 0, but "
                f"some of {ends.tolist()} do not."
            )
        if (
            self.n_allowed is not None
            and not ((self.n_allowed >= 1) & (self.n_allowed <= self.n_actions)).all()
        ):
            raise BadValue(
                f"`1 <= n_allowed <= {self.n_actions}` must hold in every state of `{self.name}`, "
                f"but got {self.n_allowed.min()} as the least and {self.n_allowed.max()} as the "
                f"greatest; a state without a choice still has one action."
            )

    @property
    def n_states(self) -> int:
        """S, walls and terminal states included."""
        return int(self.next_state.shape[0])

    @property
    def n_actions(self) -> int:
        """A, the same in every state."""
        return int(self.next_state.shape[1])

    @cached_property
    def allowed(self) -> NDArray[np.bool_]:
        """Which pairs (s, a) there are, [S, A]."""
        each = np.full(self.n_states, self.n_actions) if self.n_allowed is None else self.n_allowed
        return np.arange(self.n_actions) < each[:, None]

    @cached_property
    def possible(self) -> NDArray[np.bool_]:
        """Which outcomes of pairs that there are can come, [S, A, K]."""
        possible: NDArray[np.bool_] = (self.probability > 0) & self.allowed[:, :, None]
        return possible

    @cached_property
    def seen(self) -> NDArray[np.int64]:
        """The observation of each state, [S]: 0 … O−1."""
        return np.arange(self.n_states) if self.observed is None else self.observed

    @property
    def n_observations(self) -> int:
        """O: how many states a policy can tell apart."""
        return int(self.seen.max()) + 1

    def on(self, device: torch.device | str) -> Tables:
        """The tables as flat tensors on a device; made once for a run."""
        starts = np.flatnonzero(self.start)
        n_outcomes = self.next_state.shape[2]
        guesses = self.statics.get("first_value")
        preferences = self.statics.get("first_preference")

        def tensor(array: NDArray[Any]) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(array)).to(device)

        return Tables(
            world=self,
            n_states=self.n_states,
            n_actions=self.n_actions,
            n_outcomes=n_outcomes,
            time_limit=self.time_limit,
            next_state=tensor(self.next_state.reshape(-1)),
            reward=tensor(self.reward.reshape(-1)),
            ends=tensor(self.terminal[self.next_state].reshape(-1)),
            edges=tensor(_edges(self.probability).reshape(self.terminal.size * self.n_actions, -1)),
            starts=tensor(starts),
            start_edges=tensor(_edges(self.start[starts])),
            first_start=int(starts[0]),
            terminal=tensor(self.terminal),
            n_allowed=None if self.n_allowed is None else tensor(self.n_allowed),
            reward_sd=None if self.reward_sd is None else tensor(self.reward_sd.reshape(-1)),
            first_value=None if guesses is None else tensor(guesses),
            observed=tensor(self.seen),
            allowed=tensor(self.allowed),
            first_preference=None if preferences is None else tensor(preferences),
        )


@dataclass(frozen=True, eq=False)
class Tables:
    """A TabularWorld in torch, flat over the row s·A + a, then over its K outcomes."""

    world: TabularWorld
    n_states: int
    n_actions: int
    n_outcomes: int
    time_limit: int
    next_state: Tensor  # [S·A·K] int64
    reward: Tensor  # [S·A·K] float64
    ends: Tensor  # [S·A·K] bool: whether that next state is terminal
    edges: Tensor  # [S·A, K−1] float64: outcome k where edges k−1 <= uniform < edges k
    starts: Tensor  # [n] int64
    start_edges: Tensor  # [n−1] float64
    first_start: int
    terminal: Tensor  # [S] bool
    observed: Tensor  # [S] int64: what a policy sees of each
    allowed: Tensor  # [S, A] bool
    n_allowed: Tensor | None = None  # [S] int64: the first so many actions; None for all
    reward_sd: Tensor | None = None  # [S·A] float64; None where rewards carry no noise
    first_value: Tensor | None = None  # [S] float64: what prediction begins from; None for none
    first_preference: Tensor | None = None  # [O, A] float64: what a policy begins from
    bumps: Tensor | None = None  # [n, 3] float64: height, centre and width of what a number pays


@dataclass
class Episode:
    """The moving part of a tabular world; it belongs in an algorithm's State.

    With E copies of the world for each replica it is [E·B], copy after copy.
    """

    state: Tensor  # [B] int64
    steps: Tensor  # [B] int64, of the episode that is running
    total: Tensor  # [B] float64, its sum of rewards


class Transition(NamedTuple):
    """One step of B replicas; every tensor is [B], or [E·B], and never written to again."""

    state: Tensor
    action: Tensor
    reward: Tensor
    next_state: Tensor  # before the reset: what a learner bootstraps from
    terminated: Tensor  # bool: arrived in a terminal state
    truncated: Tensor  # bool: cut by the time limit, and not terminated
    done: Tensor  # bool: either
    episode_return: Tensor  # float64, NaN where no episode ended
    episode_length: Tensor  # float64, NaN likewise


def begin(world: Tables, streams: Streams, copies: int = 1) -> Episode:
    """Every replica, or E copies of each, in a start state, nothing walked yet."""
    size, device = (copies * streams.replicas,), world.starts.device
    if world.starts.numel() == 1:
        state = torch.full(size, world.first_start, dtype=torch.int64, device=device)
    else:
        state = _some_start(world, streams.world.uniform(copies).view(-1))
    return Episode(
        state=state,
        steps=torch.zeros(size, dtype=torch.int64, device=device),
        total=torch.zeros(size, dtype=torch.float64, device=device),
    )


def advance(world: Tables, episode: Episode, action: Tensor, streams: Streams) -> Transition:
    """One step of every replica; those that are done stand in a start state afterwards.

    The world's stream gives a number for the outcome, one for noise and one for the start, each
    only in a world that has that kind of chance. An action is an index, [B] int64, or where any
    number is one, [B] float64.
    """
    state = episode.state
    copies = len(state) // streams.replicas
    row = pair = _row(world, state, action)
    if world.n_outcomes > 1:
        uniform = streams.world.uniform(copies).view(-1)
        passed = uniform.unsqueeze(1) >= world.edges.index_select(0, row)  # [B, K−1]
        row = torch.add(passed.sum(1), row, alpha=world.n_outcomes)
    next_state = world.next_state.index_select(0, row)
    reward = world.reward.index_select(0, row)
    if world.bumps is not None:
        reward = paid(world.bumps, action)
    if world.reward_sd is not None:
        noise = normal(streams.world.uniform(copies).view(-1))
        reward = torch.addcmul(reward, noise, world.reward_sd.index_select(0, pair))
    terminated = world.ends.index_select(0, row)
    steps, total = episode.steps + 1, episode.total + reward
    # Arriving at the very last step counts as arriving, so the limit cuts only the others.
    done = (steps >= world.time_limit) | terminated
    if world.starts.numel() == 1:
        episode.state = next_state.masked_fill(done, world.first_start)
    else:
        episode.state = torch.where(
            done, _some_start(world, streams.world.uniform(copies).view(-1)), next_state
        )
    episode.steps, episode.total = steps.masked_fill(done, 0), total.masked_fill(done, 0.0)
    return Transition(
        state=state,
        action=action,
        reward=reward,
        next_state=next_state,
        terminated=terminated,
        truncated=done ^ terminated,
        done=done,
        episode_return=torch.where(done, total, NAN),
        episode_length=torch.where(done, steps.double(), NAN),
    )


def paid(bumps: Tensor, action: Tensor) -> Tensor:
    """What a number pays, [...]: Σ h·exp(−(a − c)²/2w²) over bumps (h, c, w), [n, 3]."""
    height, centre, width = bumps.unbind(-1)
    away = (action.unsqueeze(-1) - centre) / width
    total: Tensor = (height * (-away.square() / 2).exp()).sum(-1)
    return total


def _row(world: Tables, state: Tensor, action: Tensor) -> Tensor:
    if world.bumps is not None:  # one row for all that an action can be
        return state
    return torch.add(action, state, alpha=world.n_actions)


def normal(uniform: Tensor) -> Tensor:
    """A standard normal number from each uniform one, by the inverse of the distribution."""
    number: Tensor = torch.special.ndtri(uniform.clamp(min=_LEAST))
    return number


def _some_start(world: Tables, uniform: Tensor) -> Tensor:
    return world.starts[torch.searchsorted(world.start_edges, uniform, right=True)]


def _edges(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inner edges of the unit interval cut by these probabilities: K of them have K−1.

    Outcomes of probability 0 at the end get an edge at infinity, because a cumulative sum that
    rounds to just below 1 would let a uniform number reach them.
    """
    left = probability[..., ::-1].cumsum(-1)[..., ::-1]
    return np.where(left[..., 1:] > 0, probability.cumsum(-1)[..., :-1], np.inf)
