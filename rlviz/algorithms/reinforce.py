"""REINFORCE: the Monte Carlo policy gradient (Williams 1992; Sutton & Barto 2018, 13.3 and 13.4).

    θ ← θ + α Σ_t γ^t (G_t − b(s_t)) ∇log π(a_t|s_t),   mean over the episodes of a batch

Whole episodes, no guess in the target. One iteration is a batch of episodes of every replica and
one step up the gradient that they estimate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from rlviz import policies, rollouts
from rlviz.equations import Equation
from rlviz.hyperparameters import (
    Choices,
    ConstantBaseline,
    CriticStep,
    Discount,
    EntropyBonus,
    Episodes,
    Hold,
    InTray,
    PolicyStep,
    Title,
)
from rlviz.ops import advantages, baselines, policy_gradient
from rlviz.ops.captions import COLLECTS
from rlviz.policies import Parameters
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular
from rlviz.worlds.continuous import ContinuousBandit

TITLE = "REINFORCE"
FAMILY, MEMBER = "gradient", 0
SUMMARY = "Makes every action of a good episode more likely, and of a bad one less."
WORLD = (tabular.TabularWorld, ContinuousBandit)
TRUTH = {"w": "v_actor"}  # what the learned baseline is after
TRUTH_EVERY = 8  # iterations between two points of a truth curve
ON_POLICY = True  # it learns about the policy that it follows
AGE_OF_DATA = "an episode"  # between an action and what is learned from it
ENV_STEPS = None  # episodes have their own lengths: the State counts
GAINS_FROM_CUDA, GRADIENTS = False, True


@dataclass(frozen=True)
class Config:
    """Beside some defaults stand those in figure 13.2 of Sutton & Barto 2018: short corridor."""

    alpha_theta: PolicyStep = 2.0**-9  # 2^-9 after every episode, and 2^-13 without a baseline
    gamma: Discount = 1.0
    episodes: Episodes = 8
    weighting: Annotated[
        str, Choices(("to_go", "whole")), Title("what follows an action"), InTray("method")
    ] = "to_go"
    discounting: Annotated[bool, Title("with γ^t"), InTray("method")] = True
    baseline: Annotated[
        str,
        Choices(
            ("none", "constant", "batch_mean", "learned", "exact_value", "optimal", "action_value")
        ),
        Title("baseline"),
        InTray("method"),
    ] = "none"  # "action_value" looks at the action, which a baseline must not: nothing is left
    constant_baseline: ConstantBaseline = 0.0
    alpha_w: CriticStep = 0.1  # of the learned baseline; 2^-6
    entropy_bonus: EntropyBonus = 0.0
    hold: Hold = False


@dataclass
class State:
    """All that moves."""

    actor: Parameters
    critic: Parameters  # of the learned baseline
    env_steps: Tensor  # [] int64, of all replicas
    streams: Streams


WEIGHTS = ("actor", "critic")


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:  # noqa: ARG001
    """The policy with which the world wants to be met, and a baseline of 0."""
    actor, critic = policies.actor(world).init(streams), policies.critic(world).init(streams)
    steps = torch.zeros((), dtype=torch.int64, device=world.terminal.device)
    return State(actor, critic, steps, streams)


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """A batch of episodes of every replica, and one step of gradient ascent."""
    actor = policies.actor(world)
    batch = yield from rollouts.episodes(
        world, actor, state.actor, state.streams, config.episodes
    )  # [T, E, B]
    state.env_steps = state.env_steps + batch.alive.sum()

    reward = batch.reward * batch.alive
    returns = _returns(config, batch, reward) * batch.alive
    baseline = _baseline(world, state, config, batch, returns) * batch.alive
    advantage = returns - baseline
    yield beat(
        "weigh",
        trajectory_state=rollouts.watched(batch, batch.state),
        trajectory_reward=rollouts.watched(batch, reward),
        trajectory_return=rollouts.watched(batch, returns),
        trajectory_baseline=rollouts.watched(batch, baseline),
        trajectory_advantage=rollouts.watched(batch, advantage),
        sample_return=returns[0, 0],
        sample_baseline=baseline[0, 0],
        sample_advantage=advantage[0, 0],
        batch_state=batch.state[0].t(),
        batch_action=batch.action[0].t(),
        batch_advantage=advantage[0].t(),
    )

    theta = policies.leaves(state.actor)
    policy = actor.distribution(theta, batch.state)
    factor = _factor(config, batch)
    gain = factor * (config.entropy_bonus * policy.entropy())
    loss = policy_gradient.score_loss(policy.log_prob(batch.action), factor * advantage) - gain
    per_episode = (loss * batch.alive).sum(0)  # [E, B]: summed over time
    slope = policies.gradients(per_episode.mean(0), theta)
    step_size = torch.zeros_like(returns[0, 0]) + (0.0 if config.hold else config.alpha_theta)
    before, state.actor = state.actor, policies.stepped(state.actor, slope, step_size)
    state.critic = _fitted(world, state.critic, batch, returns, config)
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
        policy_entropy=rollouts.mean(batch, policy.entropy().detach()),
    )


def _returns(config: Config, batch: rollouts.Rollout, reward: Tensor) -> Tensor:
    """What each action is weighed with, [T, E, B]."""
    if config.weighting == "whole":
        return advantages.whole_returns(reward, config.gamma, batch.done)
    return advantages.returns_to_go(reward, config.gamma * (~batch.done).to(reward.dtype))


def _factor(config: Config, batch: rollouts.Rollout) -> Tensor | float:
    """γ^t, which a whole return has inside already."""
    if config.discounting and config.weighting == "to_go":
        return advantages.discount_since_start(config.gamma, batch.done)
    return 1.0


def _baseline(
    world: tabular.Tables,
    state: State,
    config: Config,
    batch: rollouts.Rollout,
    returns: Tensor,
) -> Tensor:
    """What is taken from each return, [T, E, B]; only Q(s, a) depends on the action."""
    match config.baseline:
        case "constant":
            return torch.zeros_like(returns) + config.constant_baseline
        case "batch_mean":
            return baselines.batch_mean(returns, batch.alive)
        case "learned":
            return policies.critic(world).value(state.critic, batch.state)
        case "exact_value" | "optimal":
            v, best = policies.exact_baselines(world, state.actor, config.gamma)
            of_state = v if config.baseline == "exact_value" else best  # [B, S]
            return of_state.gather(1, batch.state.flatten(0, 1).t()).t().view_as(returns)
        case "action_value":
            q = policies.exact_action_values
            return q(world, state.actor, config.gamma, batch.state, batch.action)
    return torch.zeros_like(returns)


def _fitted(
    world: tabular.Tables,
    critic: Parameters,
    batch: rollouts.Rollout,
    returns: Tensor,
    config: Config,
) -> Parameters:
    """The learned baseline, one step nearer to the returns; the others need none."""
    if config.baseline != "learned":
        return critic
    w = policies.leaves(critic)
    error = policy_gradient.squared_value_loss(
        policies.critic(world).value(w, batch.state), returns
    )
    return policies.stepped(
        critic, policies.gradients(rollouts.mean(batch, error), w), config.alpha_w
    )


SIGNALS = {
    "collect": rollouts.COLLECTED,
    "weigh": (
        "trajectory_state",
        "trajectory_reward",
        "trajectory_return",
        "trajectory_baseline",
        "trajectory_advantage",
        "sample_return",
        "sample_baseline",
        "sample_advantage",
        "batch_state",
        "batch_action",
        "batch_advantage",
    ),
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
    Equation("collect", "", does="batch = yield from", captions=COLLECTS),
    Equation(
        "weigh",
        "A ← {sample_return} − {sample_baseline} = {sample_advantage}",
        does="advantage = returns - baseline",
        captions=(
            (
                "sample_advantage>0",
                "The first action of the watched episode brought {sample_return:.2f}, more than "
                "{sample_baseline:.2f}: it becomes more likely.",
            ),
            (
                "sample_advantage<0",
                "The first action of the watched episode brought {sample_return:.2f}, less than "
                "{sample_baseline:.2f}: it becomes less likely.",
            ),
            (
                "",
                "The first action of the watched episode brought exactly what the baseline says: "
                "it teaches nothing.",
            ),
        ),
    ),
    Equation(
        "update",
        "θ ← {parameter_before} + {step_size}·{parameter_gradient} = {parameter_after}",
        does="before, state.actor = state.actor, policies.stepped(",
        captions=(
            (
                "step_size",
                "One step up the estimated gradient; it is {gradient_norm:.3f} long. The "
                "preference that moves most goes from {parameter_before:.3f} to "
                "{parameter_after:.3f}.",
            ),
            ("", "The policy is held still: the gradient is estimated and nothing moves."),
        ),
    ),
)
