"""PPO with a clipped ratio (Schulman et al. 2017, eq. 7).

    θ ↑ mean of min(ρ A, clip(ρ, 1 − ε_low, 1 + ε_high) A),   ρ = π_θ(a|s)/π_old(a|s)

A batch of steps is used several times, in minibatches. The clip takes away what a sample would gain
by going further; it holds no ratio in its band.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

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
    ClipHigh,
    ClipLow,
    DualClip,
    Epochs,
    Minibatches,
    Normalisation,
    StopKl,
    Surrogate,
    ValueClip,
    ValueLoss,
)
from rlviz.ops import policy_gradient
from rlviz.ops.captions import COLLECTS, ESTIMATES, REUSES
from rlviz.policies import Optimiser, Parameters
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular
from rlviz.worlds.continuous import ContinuousBandit

TITLE = "PPO with clipping"
FAMILY, MEMBER = "gradient", 5
SUMMARY = "Uses a batch several times, and stops rewarding a sample whose ratio left the band."
WORLD = (tabular.TabularWorld, ContinuousBandit)
TRUTH = {"w": "v_actor"}
TRUTH_EVERY = 1  # iterations between two points of a truth curve: each is a whole batch
ON_POLICY = True
AGE_OF_DATA = "a batch"
ENV_STEPS = None  # n_steps of every copy: the State counts
GAINS_FROM_CUDA, GRADIENTS = False, True


@dataclass(frozen=True)
class Config:
    """Sources: SB3 is Stable-Baselines3's PPO, CleanRL its ppo.py; batches here are smaller."""

    gamma: Discount = 0.99  # both
    lambda_: TraceDecay = 0.95  # both
    alpha_theta: PolicyStep = 0.2  # of a table; SB3 has 3e-4 for a network, CleanRL 2.5e-4
    alpha_w: CriticStep = 0.05  # they have one step size and weigh the critic's loss with .5
    n_steps: RolloutSteps = 8  # SB3 2048, CleanRL 128
    copies: Copies = 8  # SB3 1, CleanRL 4
    epochs: Epochs = 4  # CleanRL; SB3 10
    minibatches: Minibatches = 4  # CleanRL; SB3 takes 64 samples each
    surrogate: Surrogate = "clipped"
    clip_low: ClipLow = 0.2  # ε: the best of .1, .2 and .3 (Schulman et al. 2017, table 1)
    clip_high: ClipHigh = 0.2  # the same in the paper; DAPO has .28 (Yu et al. 2025)
    dual_clip: DualClip = 3.0  # Ye et al. 2020; verl's clip_ratio_c
    normalise: Normalisation = "minibatch"  # both; A2C does not
    value_loss: ValueLoss = "plain"  # SB3; CleanRL has ppo2's
    value_clip: ValueClip = 0.2  # CleanRL's is the policy's ε; in units of the return
    target_kl: StopKl = 0.0  # both: none; Spinning Up .01, and it stops at 1.5 times that
    entropy_bonus: EntropyBonus = 0.0  # SB3; CleanRL .01
    optimiser: OptimiserKind = "adam"  # both, with eps 1e-5 instead of 1e-8
    hold: Hold = False


@dataclass
class State:
    """All that moves."""

    actor: Parameters
    critic: Parameters
    actor_optimiser: Optimiser
    critic_optimiser: Optimiser
    episode: tabular.Episode
    env_steps: Tensor  # [] int64, of all replicas
    streams: Streams


WEIGHTS = ("actor", "critic")


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """The policy with which the world wants to be met, and a critic that says 0."""
    actor, critic = policies.actor(world).init(streams), policies.critic(world).init(streams)
    return State(
        actor,
        critic,
        Optimiser.fresh(actor),
        Optimiser.fresh(critic),
        tabular.begin(world, streams, config.copies),
        torch.zeros((), dtype=torch.int64, device=world.terminal.device),
        streams,
    )


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """A batch of steps of every copy, and several epochs of ascent on it."""
    actor, critic = policies.actor(world), policies.critic(world)
    rollout = yield from rollouts.steps(
        world, actor, state.actor, state.episode, state.streams, config.n_steps
    )
    state.env_steps = state.env_steps + rollout.alive.sum()
    batch = minibatches.batch(rollout, critic, state.critic, config.gamma, config.lambda_)
    yield minibatches.estimated(rollout, batch, state.actor)

    old = actor.distribution(state.actor, batch.state)
    used = _normalised(config, batch.advantage, "batch")  # [N, B]: what each counted last
    moves = torch.ones_like(used[0], dtype=torch.bool)  # [B]: whom no stop has ended
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
            # Before the step, as in SB3: the minibatch that is too far out is not applied.
            moves = moves & ~_too_far(config, ratio.detach())
            gain = _objective(config, ratio, advantage) + config.entropy_bonus * policy.entropy()
            slope = policies.gradients(-minibatches.mean(gain), theta)
            state.actor = state.actor_optimiser.step(
                config.optimiser, state.actor, slope, step_size, moves
            )
            _fit(world, state, part, config, moves)
            yield beat(
                "minibatch",
                gradient_estimate=-policies.flat(slope),
                gradient_norm=policies.flat(slope).norm(dim=1),
                going_on=moves.double(),
                **_furthest(config, ratio.detach(), advantage),
            )
        policy = actor.distribution(state.actor, batch.state)
        log_ratio = policy.log_prob(batch.action) - batch.log_prob
        band = _band(config)
        yield beat("epoch", **inner.take(state.actor, (old, policy), log_ratio, used, band))


def _normalised(config: Config, advantage: Tensor, over: str) -> Tensor:
    """A, normalised where the config says over these samples, [N, B]."""
    return minibatches.normalised(advantage) if config.normalise == over else advantage


def _band(config: Config) -> tuple[Tensor | float, Tensor | float]:
    """ε_low and ε_high."""
    if config.surrogate == "unclipped":
        return math.inf, math.inf
    return config.clip_low, config.clip_high


def _objective(config: Config, ratio: Tensor, advantage: Tensor) -> Tensor:
    """What each sample adds to the objective, [M, B]."""
    if config.surrogate == "unclipped":
        return ratio * advantage
    if config.surrogate == "dual_clipped":
        return policy_gradient.dual_clipped_objective(
            ratio, advantage, *_band(config), config.dual_clip
        )
    return policy_gradient.clipped_objective(ratio, advantage, *_band(config))


def _too_far(config: Config, ratio: Tensor) -> Tensor:
    """Whether k3 of the minibatch is beyond 1.5 times the KL that ends the epochs, [B] bool."""
    far = minibatches.mean(policy_gradient.k3(ratio.log())) > 1.5 * config.target_kl
    return far & torch.as_tensor(config.target_kl > 0, device=ratio.device)


def _fit(
    world: tabular.Tables, state: State, part: minibatches.Batch, config: Config, moves: Tensor
) -> None:
    """One step of the critic towards the targets."""
    w = policies.leaves(state.critic)
    value = policies.critic(world).value(w, part.state)
    match config.value_loss:
        case "ppo2":
            loss = policy_gradient.clipped_value_loss_ppo2(
                value, part.value, part.target, config.value_clip
            )
        case "sb3":
            loss = policy_gradient.clipped_value_loss_sb3(
                value, part.value, part.target, config.value_clip
            )
        case _:
            loss = policy_gradient.squared_value_loss(value, part.target)
    slope = policies.gradients(minibatches.mean(loss), w)
    state.critic = state.critic_optimiser.step(
        config.optimiser, state.critic, slope, config.alpha_w, moves
    )


def _furthest(config: Config, ratio: Tensor, advantage: Tensor) -> dict[str, Tensor]:
    """The sample of the minibatch whose ratio has gone furthest, each [B]."""
    which = ratio.log().abs().argmax(0, keepdim=True)
    rho, a = (value.gather(0, which).squeeze(0) for value in (ratio, advantage))
    used, clipped, stopped = rho, rho, torch.zeros_like(rho)
    if config.surrogate != "unclipped":
        low, high = (torch.as_tensor(c, dtype=rho.dtype, device=rho.device) for c in _band(config))
        clipped = rho.clamp(1 - low, 1 + high)
        stopped = policy_gradient.binding(rho, a, low, high).double()
    if config.surrogate == "dual_clipped":
        floored = policy_gradient.floored(rho, a, config.dual_clip)
        used = torch.where(floored, config.dual_clip, rho)
        stopped = torch.maximum(stopped, floored.double())
    return {
        "furthest_ratio": rho,
        "furthest_used": used,
        "furthest_clipped": clipped,
        "furthest_advantage": a,
        "furthest_objective": torch.minimum(used * a, clipped * a),
        "furthest_silent": stopped,
        "minibatch_size": torch.full_like(rho, len(ratio)),
        "minibatch_spread": (advantage.amax(0) - advantage.amin(0)),
    }


SIGNALS = {
    "collect": rollouts.COLLECTED,
    "estimate": minibatches.ESTIMATED,
    "minibatch": (
        "gradient_estimate",
        "gradient_norm",
        "going_on",
        "furthest_ratio",
        "furthest_used",
        "furthest_clipped",
        "furthest_advantage",
        "furthest_objective",
        "furthest_silent",
        "minibatch_size",
        "minibatch_spread",
    ),
    "epoch": minibatches.INNER,
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
        "L ← min({furthest_used}·{furthest_advantage}, {furthest_clipped}·{furthest_advantage})"
        " = {furthest_objective}",
        does="gain = _objective(config, ratio, advantage)",
        captions=(
            (
                "going_on<0.5",
                "KL has passed its limit: the rest of these epochs moves nothing.",
            ),
            (
                "minibatch_size<1.5",
                "A minibatch of one sample: its advantage can not be normalised, and is used as "
                "it came.",
            ),
            (
                "minibatch_spread<0.000000001",
                "All advantages of this minibatch are equal: normalised they are 0, so there is "
                "nothing to learn from them.",
            ),
            (
                "furthest_silent",
                "Of this minibatch the ratio that has gone furthest is {furthest_ratio:.3f} with "
                "A = {furthest_advantage:.2f}: silent, its gradient is 0. Nothing pulls it back "
                "either.",
            ),
            (
                "",
                "Of this minibatch the ratio that has gone furthest is {furthest_ratio:.3f} with "
                "A = {furthest_advantage:.2f}: its gradient is alive.",
            ),
        ),
    ),
    Equation(
        "epoch",
        "k3 ← {ratio_mean} − 1 − {log_ratio_mean} = {k3_estimate}",
        does="log_ratio = policy.log_prob(batch.action) - batch.log_prob",
        captions=REUSES,
    ),
)
