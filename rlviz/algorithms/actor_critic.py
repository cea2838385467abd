"""One-step actor-critic (Sutton & Barto 2018, section 13.5).

    δ = r + γ V(s') − V(s)
    w ← w + α_w δ ∇V(s)
    θ ← θ + α_θ γ^t δ ∇log π(a|s)

The critic says at once what a step was worth, so nobody waits for the end of an episode: δ is the
advantage that REINFORCE would have to sample, and it is only as right as the critic is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import torch

from rlviz import policies
from rlviz.equations import Equation
from rlviz.hyperparameters import (
    CriticStep,
    Discount,
    EntropyBonus,
    Hold,
    InTray,
    PolicyStep,
    Title,
)
from rlviz.ops import policy_gradient, prediction
from rlviz.ops.captions import COLLECTS
from rlviz.policies import Parameters
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular
from rlviz.worlds.continuous import ContinuousBandit

TITLE = "Actor-critic"
FAMILY, MEMBER = "gradient", 1
SUMMARY = "A critic guesses what follows, and the policy learns from every step at once."
WORLD = (tabular.TabularWorld, ContinuousBandit)
TRUTH = {"w": "v_actor"}  # what the critic is after
TRUTH_EVERY = 64  # iterations between two points of a truth curve
ON_POLICY = True  # it learns about the policy that it follows
AGE_OF_DATA = "one step"  # between an action and what is learned from it
ENV_STEPS = 1  # of one replica in one iteration
GAINS_FROM_CUDA, GRADIENTS = False, True


@dataclass(frozen=True)
class Config:
    """The book names no step sizes for this method; these learn the short walk in a minute."""

    alpha_theta: PolicyStep = 0.05
    alpha_w: CriticStep = 0.1
    gamma: Discount = 1.0
    discounting: Annotated[bool, Title("with γ^t"), InTray("method")] = True
    entropy_bonus: EntropyBonus = 0.0
    hold: Hold = False


@dataclass
class State:
    """All that moves."""

    actor: Parameters
    critic: Parameters
    episode: tabular.Episode
    streams: Streams


WEIGHTS = ("actor", "critic")


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:  # noqa: ARG001
    """The policy with which the world wants to be met, and a critic that expects nothing."""
    actor, critic = policies.actor(world).init(streams), policies.critic(world).init(streams)
    return State(actor, critic, tabular.begin(world, streams), streams)


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """One step of every replica: act, be told by the critic, correct both."""
    actor, critic = policies.actor(world), policies.critic(world)
    s, age = state.episode.state, state.episode.steps  # [B]
    drawn = actor.distribution(state.actor, s)
    a = actor.sample(drawn, state.streams.policy.uniform(1)[0])
    step = tabular.advance(world, state.episode, a, state.streams)
    yield beat(
        "act",
        state=s,
        action=a,
        reward=step.reward,
        next_state=step.next_state,
        terminated=step.terminated,
        truncated=step.truncated,
        episode_return=step.episode_return,
        episode_length=step.episode_length,
    )

    # V of the episode's own last state, also where it was cut; of a terminal one it is 0.
    v_s, v_next = (critic.value(state.critic, where) for where in (s, step.next_state))
    discount = config.gamma * (~step.terminated).to(v_s.dtype)
    td_error = prediction.td_error(v_s, step.reward, discount, v_next)
    yield beat("criticise", v_s=v_s, v_next=v_next, td_error=td_error)

    w = policies.leaves(state.critic)
    error = policy_gradient.squared_value_loss(critic.value(w, s), v_s + td_error)
    state.critic = policies.stepped(state.critic, policies.gradients(error, w), config.alpha_w)
    yield beat(
        "correct",
        critic_step_size=torch.zeros_like(v_s) + config.alpha_w,
        v_new=critic.value(state.critic, s),
    )

    theta = policies.leaves(state.actor)
    policy = actor.distribution(theta, s)
    # γ^t of the episode that runs; as a tensor, whose powers are the same for one γ and for many
    gamma = torch.as_tensor(config.gamma, dtype=v_s.dtype, device=v_s.device)
    factor = gamma**age if config.discounting else 1.0
    gain = factor * (config.entropy_bonus * policy.entropy())
    loss = policy_gradient.score_loss(policy.log_prob(a), factor * td_error) - gain  # [B]
    slope = policies.gradients(loss, theta)
    step_size = torch.zeros_like(v_s) + (0.0 if config.hold else config.alpha_theta)
    before, state.actor = state.actor, policies.stepped(state.actor, slope, step_size)
    which, old, new = policies.most_moved(before, state.actor)
    gradient = -policies.flat(slope)
    yield beat(
        "update",
        gradient_estimate=gradient,
        gradient_norm=gradient.norm(dim=1),
        parameter_gradient=gradient.gather(1, which.unsqueeze(1)).squeeze(1),
        parameter_before=old,
        parameter_after=new,
        step_size=step_size,
        policy_entropy=policy.entropy().detach(),
    )


SIGNALS = {
    "act": (
        "state",
        "action",
        "reward",
        "next_state",
        "terminated",
        "truncated",
        "episode_return",
        "episode_length",
    ),
    "criticise": ("v_s", "v_next", "td_error"),
    "correct": ("critic_step_size", "v_new"),
    "update": (
        "gradient_estimate",
        "gradient_norm",
        "parameter_gradient",
        "parameter_before",
        "parameter_after",
        "step_size",
        "policy_entropy",
    ),
}
EQUATIONS = (
    Equation("act", "", does="step = tabular.advance", captions=COLLECTS),
    Equation(
        "criticise",
        "δ ← {reward} + {gamma}·{v_next} − {v_s} = {td_error}",
        does="td_error = prediction.td_error",
        captions=(
            (
                "truncated",
                "The time limit cut the episode, but what would have followed still counts: the "
                "critic says {v_next:.2f}. δ = {td_error:.3f}.",
            ),
            (
                "td_error>0",
                "Better than the critic expected, by {td_error:.3f}: the action becomes more "
                "likely.",
            ),
            (
                "td_error<0",
                "Worse than the critic expected, by {td_error:.3f}: the action becomes less "
                "likely.",
            ),
            ("", "Exactly what the critic expected: nobody learns from this step."),
        ),
    ),
    Equation(
        "correct",
        "V(s) ← {v_s} + {critic_step_size}·{td_error} = {v_new}",
        does="state.critic = policies.stepped",
        captions=(("", "The critic corrects itself first: V(s) goes to {v_new:.3f}."),),
    ),
    Equation(
        "update",
        "θ ← {parameter_before} + {step_size}·{parameter_gradient} = {parameter_after}",
        does="before, state.actor = state.actor, policies.stepped(",
        captions=(
            (
                "step_size",
                "The preference that moves most goes from {parameter_before:.3f} to "
                "{parameter_after:.3f}.",
            ),
            ("", "The policy is held still: only the critic learns."),
        ),
    ),
)
