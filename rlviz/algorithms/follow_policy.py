"""Follow a fixed policy and watch what it returns (Sutton & Barto 2018, sections 3.1 to 3.5).

    G_t = r_{t+1} + γ r_{t+2} + γ² r_{t+3} + …        V(s) = E[G_t | s_t = s]

Nothing is decided better with time: the policy stays as it is. What grows is the mean of the
discounted returns that followed the first visit to each state (section 5.1), and with it the
sense in which a value is an expectation. One iteration is one turn of the loop between agent and
world, in three beats: the agent chooses, the world answers, and the answer is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rlviz.equations import Equation
from rlviz.exact.following import follow
from rlviz.hyperparameters import Discount, RandomShare
from rlviz.ops.tables import fresh
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular

TITLE = "Following a policy"
FAMILY, MEMBER = "episodes", 0
SUMMARY = "Decides nothing better; it follows a fixed policy and averages what comes back."
WORLD = tabular.TabularWorld
TRUTH = {"v": "v_policy"}  # what the means are after
TRUTH_EVERY = 256  # iterations between two points of a truth curve
ENV_STEPS = 1  # of one replica in one iteration
GAINS_FROM_CUDA = GRADIENTS = False
SHOWN = 24  # steps of an episode that are kept to be shown
KEPT = 64  # returns from the start that each replica keeps
NAN = float("nan")


@dataclass(frozen=True)
class Config:
    """A policy that mostly knows the way, and a horizon of ten steps."""

    gamma: Discount = 0.9
    random_share: RandomShare = 0.2


@dataclass
class State:
    """All that moves."""

    v: Tensor  # [B, S], mean of the returns after first visits
    counted: Tensor  # [B, S] int64, how many returns that mean is over
    asked: Tensor  # [2, B], the γ and the share of random moves that it is about
    seen: Tensor  # [B, S] bool, met in this episode
    weight_since: Tensor  # [B, S], γ^k after the first visit, 0 where not met
    return_since: Tensor  # [B, S], discounted rewards after the first visit
    weight: Tensor  # [B], γ^k of the next reward, from the start
    so_far: Tensor  # [B], discounted rewards from the start
    pure: Tensor  # [B] bool, no knob was turned during this episode
    path_states: Tensor  # [B, SHOWN], NaN where nobody has been yet
    path_actions: Tensor  # [B, SHOWN]
    path_rewards: Tensor  # [B, SHOWN]
    recent: Tensor  # [B, KEPT], discounted returns from the start, NaN where there is none yet
    finished: Tensor  # [B] int64, episodes among them
    episode: tabular.Episode
    streams: Streams


WEIGHTS = ("v",)


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """Nothing seen yet, and an agent at the start."""
    v = fresh(world.terminal, 1, streams.replicas, 0.0).squeeze(-1)
    each = torch.zeros(streams.replicas, dtype=torch.float64, device=v.device)
    path = torch.full((streams.replicas, SHOWN), NAN, dtype=torch.float64, device=v.device)
    return State(
        v=v,
        counted=torch.zeros_like(v, dtype=torch.int64),
        asked=_asked(config, each),
        seen=torch.zeros_like(v, dtype=torch.bool),
        weight_since=torch.zeros_like(v),
        return_since=torch.zeros_like(v),
        weight=torch.ones_like(each),
        so_far=each.clone(),
        pure=torch.ones_like(each, dtype=torch.bool),
        path_states=path,
        path_actions=path.clone(),
        path_rewards=path.clone(),
        recent=path.new_full((streams.replicas, KEPT), NAN),
        finished=torch.zeros_like(each, dtype=torch.int64),
        episode=tabular.begin(world, streams),
        streams=streams,
    )


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One turn of the loop: the agent acts, the world answers with a reward and a state."""
    _begin_anew_where_a_knob_was_turned(state, _asked(config, state.weight))
    s, k = state.episode.state, state.episode.steps
    a, exploratory = follow(
        world, s, config.gamma, config.random_share, uniform=state.streams.policy.uniform(2)
    )
    yield beat("choose", next_action=a)

    step = tabular.advance(world, state.episode, a, state.streams)
    yield beat(
        "act",
        state=s,
        action=a,
        exploratory=exploratory,
        reward=step.reward,
        next_state=step.next_state,
    )

    return_before, discount_weight = state.so_far, state.weight
    return_so_far = return_before + discount_weight * step.reward
    _walk(state, k, step)
    _average(state, step)
    start_return = torch.where(step.done & state.pure, return_so_far, NAN)
    # An episode that was cut has no whole return: only those that arrived are a sample.
    start_return = start_return.masked_fill(step.truncated, NAN)
    _remember(state, start_return)
    state.so_far = return_so_far.masked_fill(step.done, 0.0)
    state.weight = (discount_weight * state.asked[0]).masked_fill(step.done, 1.0)
    state.pure = state.pure | step.done
    yield beat(
        "update",
        terminated=step.terminated,
        truncated=step.truncated,
        return_before=return_before,
        discount_weight=discount_weight,
        return_so_far=return_so_far,
        start_return=start_return,
        v=state.v,
        episode_states=state.path_states,
        episode_actions=state.path_actions,
        episode_rewards=state.path_rewards,
        recent_returns=state.recent,
        episode_return=step.episode_return,
        episode_length=step.episode_length,
    )


def _asked(config: Config, each: Tensor) -> Tensor:
    """γ and the share of random moves of every replica, [2, B]."""
    asked = (config.gamma, config.random_share)
    return torch.stack([torch.as_tensor(x, dtype=each.dtype).expand_as(each) for x in asked])


def _begin_anew_where_a_knob_was_turned(state: State, asked: Tensor) -> None:
    """Another γ or another policy is another question: its mean begins with the next visit."""
    turned = (asked != state.asked).any(0)
    state.asked = asked
    if turned.any():
        for table in (state.v, state.counted, state.seen, state.weight_since, state.return_since):
            table[turned] = 0
        state.pure = state.pure & (~turned | (state.episode.steps == 0))
        state.recent[turned], state.finished[turned] = NAN, 0


def _walk(state: State, k: Tensor, step: tabular.Transition) -> None:
    """Write the step into the path that is shown; a new episode wipes the last one."""
    at = torch.arange(SHOWN, device=k.device) == k.unsqueeze(1)  # [B, SHOWN]
    first = (k == 0).unsqueeze(1)
    for name, value in (
        ("path_states", step.state),
        ("path_actions", step.action),
        ("path_rewards", step.reward),
    ):
        path = getattr(state, name).masked_fill(first, NAN)
        setattr(state, name, torch.where(at, value.to(path.dtype).unsqueeze(1), path))


def _average(state: State, step: tabular.Transition) -> None:
    """Returns since every first visit, and where an episode ended, their means."""
    replica = torch.arange(len(step.state), device=step.state.device)
    new = ~state.seen[replica, step.state]
    state.weight_since[replica, step.state] += new.to(torch.float64)  # 0 where not met before
    state.seen[replica, step.state] = True
    state.return_since += state.weight_since * step.reward.unsqueeze(1)
    state.weight_since *= state.asked[0].unsqueeze(1)
    if step.done.any():
        # What follows after the cut is not known; the mean of now stands in for it.
        rest = state.v[replica, step.next_state].masked_fill(~step.truncated, 0.0)
        whole = state.return_since + state.weight_since * rest.unsqueeze(1)
        met = state.seen & step.done.unsqueeze(1)
        state.counted += met
        state.v += torch.where(met, (whole - state.v) / state.counted.clamp(min=1), 0.0)
        for table in (state.seen, state.weight_since, state.return_since):
            table[step.done] = 0


def _remember(state: State, start_return: Tensor) -> None:
    """Put each new return in the place of the oldest."""
    there = ~start_return.isnan()
    if there.any():
        state.recent[there, state.finished[there] % KEPT] = start_return[there]
        state.finished += there


SIGNALS = {
    "choose": ("next_action",),
    "act": ("state", "action", "exploratory", "reward", "next_state"),
    "update": (
        "terminated",
        "truncated",
        "return_before",
        "discount_weight",
        "return_so_far",
        "start_return",
        "v",
        "episode_states",
        "episode_actions",
        "episode_rewards",
        "recent_returns",
        "episode_return",
        "episode_length",
    ),
}
EQUATIONS = (
    Equation(
        "choose",
        "",
        does="a, exploratory = follow(",
        captions=(("", "The agent looks where it stands and draws {next_action} by its policy."),),
    ),
    Equation(
        "act",
        "",
        does="step = tabular.advance(",
        captions=(
            ("", "The world answers {action} with a reward of {reward:.0f} and the next state."),
        ),
    ),
    Equation(
        "update",
        "G ← {return_before} + {discount_weight}·{reward} = {return_so_far}",
        does="return_so_far = ",
        captions=(
            (
                "terminated",
                "The episode has arrived: from the start it returned {return_so_far:.2f}, "
                "discounted. Every state on the way counts what came after it.",
            ),
            (
                "truncated",
                "The time limit cut the episode at {return_so_far:.2f}; "
                "the mean of now stands in for the rest.",
            ),
            (
                "",
                "The reward {reward:.0f} has the weight {discount_weight:.2f}: "
                "the return so far is {return_so_far:.2f}.",
            ),
        ),
    ),
)
