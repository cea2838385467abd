"""n-step SARSA: n rewards that really came, then a guess (Sutton & Barto 2018, 7.2).

    Q(s_t, a_t) ← Q(s_t, a_t) + α [r_{t+1} + ... + γ^{n−1} r_{t+n} + γ^n Q(s_{t+n}, a_{t+n})
                                   − Q(s_t, a_t)]

A pair learns n steps after it was taken; at the end of an episode all that wait learn at once, the
oldest first. With n = 1 it is SARSA. One iteration is one step of every replica.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rlviz.equations import Equation
from rlviz.hyperparameters import Discount, InitialValue, Steps, StepSize
from rlviz.ops import behaviour, captions, td
from rlviz.ops.tables import fresh, read, write
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "n-step SARSA"
FAMILY, MEMBER = "td", 4
SUMMARY = "Waits n steps, then learns from the rewards that really came."
WORLD = tabular.TabularWorld
TRUTH = {"q": "q_soft_optimal"}  # what the table is after
TRUTH_EVERY = 256  # iterations between two points of a truth curve
ON_POLICY = True  # it learns about the policy that it follows
AGE_OF_DATA = "n steps"  # between an action and what is learned from it
ENV_STEPS = 1  # of one replica in one iteration
GAINS_FROM_CUDA = GRADIENTS = False


@dataclass(frozen=True)
class Config(behaviour.Acting):
    """Defaults are those of the cliff in Sutton & Barto 2018, example 6.6."""

    alpha: StepSize = 0.5
    gamma: Discount = 1.0
    n: Steps = 4
    initial_value: InitialValue = 0.0


@dataclass
class State:
    """All that moves."""

    q: Tensor  # [B, S, A], 0 in terminal states
    states: Tensor  # [n, B] int64, the last n pairs that were taken, the newest first
    actions: Tensor  # [n, B] int64
    rewards: Tensor  # [n, B] float64, what each of them brought
    waiting: Tensor  # [B] int64, how many of them belong to this episode and have not learned
    action: Tensor  # [B] int64, drawn for the state where the agent stands
    exploratory: Tensor  # [B] bool, whether that draw explored
    tried: Tensor  # [B, S, A] times taken, kept under UCB alone
    episode: tabular.Episode
    streams: Streams


WEIGHTS = ("q",)


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """A table that knows nothing, and an agent at the start with its first action drawn."""
    size = (world.n_actions, streams.replicas)
    q = fresh(world.terminal, *size, config.initial_value, world.n_allowed)
    episode = tabular.begin(world, streams)
    tried, s = behaviour.nothing_tried(q, config), episode.state
    a, exploratory = behaviour.draw(read(q, s), tried, s, config, streams.policy.uniform(2))
    pairs = torch.zeros(config.n, streams.replicas, dtype=torch.int64, device=q.device)
    window = (pairs, pairs.clone(), pairs.to(q.dtype), torch.zeros_like(pairs[0]))
    return State(q, *window, a, exploratory, tried, episode, streams)


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One step of every replica: act, then learn from it and from the action that follows."""
    s, a = state.episode.state, state.action
    step = tabular.advance(world, state.episode, a, state.streams)
    behaviour.count(state.tried, s, a)
    q_next, uniform = read(state.q, step.next_state), state.streams.policy.uniform(2)
    a_next, exploratory = behaviour.draw(q_next, state.tried, step.next_state, config, uniform)
    yield beat(
        "act",
        state=s,
        action=a,
        exploratory=state.exploratory,
        reward=step.reward,
        next_state=step.next_state,
        next_action=a_next,
    )

    state.states = torch.cat([s.unsqueeze(0), state.states[:-1]])
    state.actions = torch.cat([a.unsqueeze(0), state.actions[:-1]])
    state.rewards = torch.cat([step.reward.unsqueeze(0), state.rewards[:-1]])
    waiting, last = state.waiting + 1, td.chosen(q_next, a_next)
    # A truncated episode was cut, not ended: its last state still has a future.
    discount = config.gamma * (~step.terminated).to(q_next.dtype)
    returns = [step.reward + discount * last]  # of the newest pair, and of each before it
    for r in state.rewards[1:]:
        returns.append(r + config.gamma * returns[-1])
    updates = torch.where(step.done, waiting, (waiting == config.n).long())
    q_sa, target, q_new = _learn(state, config, torch.stack(returns), waiting, updates)
    state.waiting = (waiting - updates).masked_fill(step.done, 0)

    # Where an episode ended the agent stands at a start, and draws an action for that state.
    start, uniform = state.episode.state, state.streams.policy.uniform(2)
    q_start = read(state.q, start)
    a_start, explores_start = behaviour.draw(q_start, state.tried, start, config, uniform)
    state.action = torch.where(step.done, a_start, a_next)
    state.exploratory = torch.where(step.done, explores_start, exploratory)
    yield beat(
        "update",
        q=state.q,
        q_sa=q_sa,
        update_target=target,
        updates=updates,
        target_error=torch.where(updates > 0, target - q_sa, tabular.NAN),
        q_new=q_new,
        terminated=step.terminated,
        truncated=step.truncated,
        episode_return=step.episode_return,
        episode_length=step.episode_length,
    )


def _learn(
    state: State, config: Config, returns: Tensor, waiting: Tensor, updates: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The pairs that are due learn, the oldest first; value, target and new value of the first.

    Where nothing is due the value of the oldest pair in hand is its own target.
    """
    rows = torch.arange(len(waiting), device=waiting.device)
    oldest = waiting - 1
    s, a = state.states[oldest, rows], state.actions[oldest, rows]
    q_sa = td.chosen(read(state.q, s), a)
    target = torch.where(updates > 0, returns[oldest, rows], q_sa)
    q_new = q_sa + config.alpha * (target - q_sa)
    write(state.q, s, a, q_new)
    for age in range(int(updates.max()) - 2, -1, -1):  # an episode ended
        s, a = state.states[age], state.actions[age]
        before = td.chosen(read(state.q, s), a)
        moved = before + config.alpha * (returns[age] - before)
        write(state.q, s, a, torch.where(age < updates - 1, moved, before))
    return q_sa, target, q_new


SIGNALS = {
    "act": ("state", "action", "exploratory", "reward", "next_state", "next_action"),
    "update": (
        "q",
        "q_sa",
        "update_target",
        "updates",
        "target_error",
        "q_new",
        "terminated",
        "truncated",
        "episode_return",
        "episode_length",
    ),
}
EQUATIONS = (
    Equation(
        "act",
        "",
        does="step = tabular.advance(",
        captions=captions.ACTS_AS_DRAWN,
    ),
    Equation(
        "update",
        td.RETURN_UPDATE,
        does="q_sa, target, q_new = _learn(",
        captions=(
            (
                "terminated",
                "Arrived: all pairs that waited learn, the oldest first. "
                "Its value goes from {q_sa:.1f} to {q_new:.1f}.",
            ),
            (
                "truncated",
                "The time limit cut the episode; the future still counts. All pairs that waited "
                "learn: the oldest value goes from {q_sa:.1f} to {q_new:.1f}.",
            ),
            (
                "updates",
                "The pair of n steps ago learns from {update_target:.1f}: "
                "its value goes from {q_sa:.1f} to {q_new:.1f}.",
            ),
            ("", "Too early to learn: fewer than n rewards have come."),
        ),
    ),
)
