"""n-step TD prediction (Sutton & Barto 2018, 7.1).

    V(s_τ) ← V(s_τ) + α [r_{τ+1} + γ r_{τ+2} + ... + γ^n V(s_{τ+n}) − V(s_τ)]

The state of n steps ago is corrected, so the first updates have to wait, and at the end of an
episode the last n states are corrected together. One iteration is one step of every replica.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rlviz.equations import Equation
from rlviz.exact.following import follow
from rlviz.hyperparameters import Discount, InitialValue, RandomShare, Steps, StepSize
from rlviz.ops import prediction as op
from rlviz.ops.returns import backwards
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "n-step TD"
FAMILY, MEMBER = "td", 1
SUMMARY = "Waits for n rewards before it trusts a guess."
WORLD = tabular.TabularWorld
TRUTH = {"v": "v_policy"}  # what the values are after
TRUTH_EVERY = 64  # iterations between two points of a truth curve
ENV_STEPS = 1  # of one replica in one iteration
GAINS_FROM_CUDA = GRADIENTS = False


@dataclass(frozen=True)
class Config:
    """What can be set; n = 4 was the best in figure 7.2 of Sutton & Barto 2018."""

    alpha: StepSize = 0.1
    gamma: Discount = 1.0
    n: Steps = 4
    random_share: RandomShare = 1.0
    initial_value: InitialValue = 0.5


@dataclass
class State:
    """All that moves."""

    v: Tensor  # [B, S], 0 in terminal states
    states: Tensor  # [B, n] int64, those that wait for their update, oldest first
    rewards: Tensor  # [B, n], the reward after each
    waiting: Tensor  # [B] int64, how many there are
    episode: tabular.Episode
    streams: Streams


WEIGHTS = ("v",)


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """Values that know nothing, and an agent at the start."""
    size = (streams.replicas, config.n)
    guess = world.first_value
    v = op.fresh_values(world.terminal, streams.replicas, config.initial_value, guess)
    states = torch.zeros(size, dtype=torch.int64, device=v.device)
    rewards = torch.zeros(size, dtype=v.dtype, device=v.device)
    return State(v, states, rewards, states[:, 0].clone(), tabular.begin(world, streams), streams)


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One step of every replica; then the states are corrected whose n rewards are known."""
    s, draws = state.episode.state, state.streams.policy.uniform(2)
    a, exploratory = follow(world, s, config.gamma, config.random_share, uniform=draws)
    step = tabular.advance(world, state.episode, a, state.streams)
    yield beat(
        "act",
        state=s,
        action=a,
        exploratory=exploratory,
        reward=step.reward,
        next_state=step.next_state,
    )

    last = state.waiting.unsqueeze(1)
    state.states.scatter_(1, last, s.unsqueeze(1))
    state.rewards.scatter_(1, last, step.reward.unsqueeze(1))
    places = torch.arange(config.n, device=s.device)
    gamma, v_next = op.column(config.gamma), op.value_of(state.v, step.next_state)
    # Beyond the last step stands the guess; a truncated episode was cut, not ended.
    bootstrap = (config.gamma * v_next * ~step.terminated).unsqueeze(1)
    seen = state.rewards * (places <= last) + bootstrap * (places == last)
    targets = backwards(seen, gamma * torch.ones_like(seen))
    # Mid-way only the oldest has its n rewards; at the end all that wait have all there will be.
    full = (state.waiting == config.n - 1).unsqueeze(1)
    used = torch.where(step.done.unsqueeze(1), places <= last, full & (places == 0))
    oldest, shown = state.states[:, 0].clone(), used[:, 0]
    v_s = op.value_of(state.v, oldest)
    update_target = torch.where(shown, targets[:, 0], v_s)
    v_new = v_s + config.alpha * (update_target - v_s)
    state.v = op.move_in_turn(state.v, state.states, targets, op.column(config.alpha), used)
    full = full & ~step.done.unsqueeze(1)
    state.states = torch.where(full, state.states.roll(-1, 1), state.states)
    state.rewards = torch.where(full, state.rewards.roll(-1, 1), state.rewards)
    state.waiting = torch.where(step.done, 0, (state.waiting + 1).clamp(max=config.n - 1))
    yield beat(
        "update",
        v=state.v,
        updated_state=oldest,
        updates=used.sum(1),
        v_s=v_s,
        update_target=update_target,
        target_error=torch.where(shown, update_target - v_s, tabular.NAN),
        v_new=v_new,
        terminated=step.terminated,
        truncated=step.truncated,
        episode_return=step.episode_return,
        episode_length=step.episode_length,
    )


SIGNALS = {
    "act": ("state", "action", "exploratory", "reward", "next_state"),
    "update": (
        "v",
        "updated_state",
        "updates",
        "v_s",
        "update_target",
        "target_error",
        "v_new",
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
        does="a, exploratory = follow(",
        captions=(("", "The policy goes {action}. Reward {reward:.0f}."),),
    ),
    Equation(
        "update",
        op.TARGET_UPDATE,
        does="v_new = v_s + config.alpha",
        captions=(
            ("updates<1", "Fewer than n rewards are known: nothing is corrected yet."),
            (
                "updates>1",
                "The episode is over: the {updates:.0f} states that waited are corrected. "
                "The oldest goes from {v_s:.2f} towards {update_target:.2f}: {v_new:.2f}.",
            ),
            (
                "",
                "The state of n steps ago goes from {v_s:.2f} towards {update_target:.2f}: "
                "{v_new:.2f}.",
            ),
        ),
    ),
)
