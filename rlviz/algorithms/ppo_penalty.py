"""PPO with a penalty on KL, and a weight that adapts (Schulman et al. 2017, eq. 8).

    θ ↑ mean of ρ A − β KL(π_old(·|s)‖π_θ(·|s)),   ρ = π_θ(a|s)/π_old(a|s)
    β ← 2 β where KL > 1.5 d,  β / 2 where KL < d / 1.5

Unlike a clip, a penalty pulls back. Each KL is the exact one of its state, a sum over actions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import kl_divergence

from rlviz import minibatches, policies, rollouts
from rlviz.equations import Equation
from rlviz.hyperparameters import (
    Copies,
    CriticStep,
    Discount,
    EntropyBonus,
    Hold,
    OptimiserKind,
    PolicyStep,
    RolloutSteps,
    TraceDecay,
)
from rlviz.hyperparameters.proximal import (
    Epochs,
    FirstPenalty,
    KlTarget,
    Minibatches,
    Normalisation,
    PenaltyRule,
)
from rlviz.ops import policy_gradient, trust_region
from rlviz.ops.captions import COLLECTS, ESTIMATES, PENALISES
from rlviz.policies import Optimiser, Parameters
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular
from rlviz.worlds.continuous import ContinuousBandit

TITLE = "PPO with a penalty"
FAMILY, MEMBER = "gradient", 6
SUMMARY = "Uses a batch several times, and pays for every distance from the policy that drew it."
WORLD = (tabular.TabularWorld, ContinuousBandit)
TRUTH = {"w": "v_actor"}
TRUTH_EVERY = 1  # iterations between two points of a truth curve: each is a whole batch
ON_POLICY = True
AGE_OF_DATA = "a batch"
ENV_STEPS = None  # n_steps of every copy: the State counts
GAINS_FROM_CUDA, GRADIENTS = False, True


@dataclass(frozen=True)
class Config:
    """What PPO with clipping has, too, has the same default here."""

    gamma: Discount = 0.99
    lambda_: TraceDecay = 0.95
    alpha_theta: PolicyStep = 0.2
    alpha_w: CriticStep = 0.05
    n_steps: RolloutSteps = 8
    copies: Copies = 8
    epochs: Epochs = 4
    minibatches: Minibatches = 4
    rule: PenaltyRule = "adaptive"
    beta_0: FirstPenalty = 1.0  # Schulman et al. 2017, table 1, and torchrl; RLlib .2
    kl_target: KlTarget = 0.01  # d: the best of .003, .01 and .03 (the same table)
    normalise: Normalisation = "minibatch"
    entropy_bonus: EntropyBonus = 0.0
    optimiser: OptimiserKind = "adam"
    hold: Hold = False


@dataclass
class State:
    """All that moves."""

    actor: Parameters
    critic: Parameters
    actor_optimiser: Optimiser
    critic_optimiser: Optimiser
    beta: Tensor  # [B]
    episode: tabular.Episode
    env_steps: Tensor  # [] int64, of all replicas
    streams: Streams


WEIGHTS = ("actor", "critic")


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """The policy with which the world wants to be met, and a critic that says 0."""
    actor, critic = policies.actor(world).init(streams), policies.critic(world).init(streams)
    device = world.terminal.device
    first = torch.as_tensor(config.beta_0, dtype=torch.float64, device=device)
    return State(
        actor,
        critic,
        Optimiser.fresh(actor),
        Optimiser.fresh(critic),
        first.expand(streams.replicas).clone(),
        tabular.begin(world, streams, config.copies),
        torch.zeros((), dtype=torch.int64, device=device),
        streams,
    )


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """A batch of steps of every copy, several epochs of ascent on it, and another β."""
    actor, critic = policies.actor(world), policies.critic(world)
    rollout = yield from rollouts.steps(
        world, actor, state.actor, state.episode, state.streams, config.n_steps
    )
    state.env_steps = state.env_steps + rollout.alive.sum()
    batch = minibatches.batch(rollout, critic, state.critic, config.gamma, config.lambda_)
    yield minibatches.estimated(rollout, batch, state.actor)

    begun = state.actor
    old = actor.distribution(begun, batch.state)
    used = _normalised(config, batch.advantage, "batch")  # [N, B]: what each counted last
    step_size = 0.0 if config.hold else config.alpha_theta
    inner = minibatches.Inner(config.epochs, state.actor)
    for _ in range(config.epochs):
        for index in minibatches.parts(state.streams, len(used), config.minibatches):
            part = batch.at(index)  # [M, B]
            advantage = _normalised(config, used.gather(0, index), "minibatch")
            used = used.scatter(0, index, advantage)
            theta = policies.leaves(state.actor)
            policy = actor.distribution(theta, part.state)
            ratio = policy_gradient.ratio(policy.log_prob(part.action), part.log_prob)
            surrogate = minibatches.mean(ratio * advantage)
            kl = minibatches.mean(kl_divergence(actor.distribution(begun, part.state), policy))
            gain = surrogate - state.beta * kl
            slope = policies.gradients(
                -gain - config.entropy_bonus * minibatches.mean(policy.entropy()), theta
            )
            state.actor = state.actor_optimiser.step(
                config.optimiser, state.actor, slope, step_size
            )
            _fit(world, state, part, config)
            yield beat(
                "minibatch",
                gradient_estimate=-policies.flat(slope),
                gradient_norm=policies.flat(slope).norm(dim=1),
                batch_surrogate=surrogate.detach(),
                minibatch_kl=kl.detach(),
                beta_before=state.beta,
                penalised=gain.detach(),
                minibatch_size=torch.full_like(state.beta, len(part.state)),
                minibatch_spread=advantage.amax(0) - advantage.amin(0),
            )
        policy = actor.distribution(state.actor, batch.state)
        log_ratio = policy.log_prob(batch.action) - batch.log_prob
        free = (math.inf, math.inf)
        yield beat("epoch", **inner.take(state.actor, (old, policy), log_ratio, used, free))

    kl = minibatches.mean(kl_divergence(old, actor.distribution(state.actor, batch.state)))
    before, state.beta = state.beta, _adapted(config, state.beta, kl)
    yield beat(
        "adapt",
        beta_before=before,
        beta_factor=state.beta / before.where(before > 0, torch.ones_like(before)),
        beta=state.beta,
        batch_kl=kl,
    )


def _normalised(config: Config, advantage: Tensor, over: str) -> Tensor:
    """A, normalised where the config says over these samples, [N, B]."""
    return minibatches.normalised(advantage) if config.normalise == over else advantage


def _adapted(config: Config, beta: Tensor, kl: Tensor) -> Tensor:
    """β for the next batch, [B]; held still with the policy, whose KL says nothing then."""
    if config.rule == "fixed" or config.hold:
        return beta
    return trust_region.adapted_beta(beta, kl, config.kl_target)


def _fit(world: tabular.Tables, state: State, part: minibatches.Batch, config: Config) -> None:
    """One step of the critic towards the targets."""
    w = policies.leaves(state.critic)
    value = policies.critic(world).value(w, part.state)
    loss = minibatches.mean(policy_gradient.squared_value_loss(value, part.target))
    slope = policies.gradients(loss, w)
    state.critic = state.critic_optimiser.step(
        config.optimiser, state.critic, slope, config.alpha_w
    )


SIGNALS = {
    "collect": rollouts.COLLECTED,
    "estimate": minibatches.ESTIMATED,
    "minibatch": (
        "gradient_estimate",
        "gradient_norm",
        "batch_surrogate",
        "minibatch_kl",
        "beta_before",
        "penalised",
        "minibatch_size",
        "minibatch_spread",
    ),
    "epoch": minibatches.INNER,
    "adapt": ("beta_before", "beta_factor", "beta", "batch_kl"),
}
EQUATIONS = (
    Equation("collect", "", does="rollout = yield from", captions=COLLECTS),
    Equation(
        "estimate",
        "R ← {sample_advantage} + {sample_value} = {sample_target}",
        does="batch = minibatches.batch(",
        captions=ESTIMATES,
    ),
    Equation(
        "minibatch",
        "L ← {batch_surrogate} − {beta_before}·{minibatch_kl} = {penalised}",
        does="gain = surrogate - state.beta * kl",
        captions=(
            (
                "minibatch_size<1.5",
                "A minibatch of one sample: its advantage can not be normalised, and is used as "
                "it came.",
            ),
            (
                "minibatch_spread<0.000000001",
                "All advantages of this minibatch are equal: normalised they are 0, and only the "
                "penalty moves the policy.",
            ),
            (
                "",
                "The surrogate is {batch_surrogate:.4f}; a KL of {minibatch_kl:.4f} costs β times "
                "itself, with β = {beta_before:.4f}.",
            ),
        ),
    ),
    Equation(
        "epoch",
        "k3 ← {ratio_mean} − 1 − {log_ratio_mean} = {k3_estimate}",
        does="log_ratio = policy.log_prob(batch.action) - batch.log_prob",
        captions=PENALISES,
    ),
    Equation(
        "adapt",
        "β ← {beta_before}·{beta_factor} = {beta}",
        does="before, state.beta = state.beta, _adapted(",
        captions=(
            (
                "beta_factor>1",
                "KL is more than 1.5 times what is aimed at: the penalty is doubled to "
                "{beta:.4f}. With a target of 0 that never ends.",
            ),
            (
                "beta_factor<1",
                "KL is less than the aim divided by 1.5: the penalty is halved to {beta:.4f}.",
            ),
            ("", "KL is near enough to what is aimed at: β stays at {beta:.4f}."),
        ),
    ),
)
