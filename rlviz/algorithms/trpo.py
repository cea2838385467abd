"""Trust region policy optimisation (Schulman et al. 2015).

    max L(θ) = E[ρ A]  subject to  E[KL(π_old‖π_θ)] ≤ δ
    θ ← θ + c^j β x,   F x = g,   β = √(2δ / gᵀx)

Conjugate gradient finds the direction, a quadratic model of the KL how far one may go, and a line
search goes back until the divergence itself is within δ and the surrogate L rises.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rlviz import policies, rollouts, surrogate
from rlviz.equations import Equation
from rlviz.hyperparameters import (
    Backtrack,
    ConjugateSteps,
    CriticStep,
    Damping,
    Discount,
    Episodes,
    Expectation,
    Hold,
    TraceDecay,
    Tries,
    TrustRadius,
)
from rlviz.ops import trust_region
from rlviz.ops.captions import ADVANTAGES, COLLECTS, SOLVES
from rlviz.policies import Parameters
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular
from rlviz.worlds.continuous import ContinuousBandit

TITLE = "TRPO"
FAMILY, MEMBER = "gradient", 4
SUMMARY = "The best step within a distance between policies, checked before it is taken."
WORLD = (tabular.TabularWorld, ContinuousBandit)
TRUTH = {"w": "v_actor"}  # what the critic is after
TRUTH_EVERY = 1  # iterations between two points of a truth curve
ON_POLICY = True  # it learns about the policy that it follows
AGE_OF_DATA = "an episode"  # between an action and what is learned from it
ENV_STEPS = None  # episodes have their own lengths: the State counts
GAINS_FROM_CUDA, GRADIENTS = False, True


@dataclass(frozen=True)
class Config:
    """Where Spinning Up's TRPO has a number, it stands beside ours; it is made for networks."""

    delta: TrustRadius = 0.01  # .01, as in Stable-Baselines3's sb3-contrib
    gamma: Discount = 1.0  # .99
    lambda_: TraceDecay = 0.97  # .97
    episodes: Episodes = 8  # 4,000 steps
    expectation: Expectation = "samples"
    damping: Damping = 1e-3  # .1; the step counts with the damped F, too
    cg_iterations: ConjugateSteps = 10  # 10
    backtrack: Backtrack = 0.8  # .8
    tries: Tries = 10  # 10
    alpha_w: CriticStep = 0.1  # 80 steps of Adam at 1e-3
    hold: Hold = False


@dataclass
class State:
    """All that moves."""

    actor: Parameters
    critic: Parameters
    env_steps: Tensor  # [] int64, of all replicas
    streams: Streams


WEIGHTS = ("actor", "critic")


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:  # noqa: ARG001
    """The policy with which the world wants to be met, and a critic of 0."""
    actor, critic = policies.actor(world).init(streams), policies.critic(world).init(streams)
    steps = torch.zeros((), dtype=torch.int64, device=world.terminal.device)
    return State(actor, critic, steps, streams)


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """A batch of episodes of every replica, and one step that is checked before it is taken."""
    actor, before = policies.actor(world), state.actor
    batch = yield from rollouts.episodes(
        world, actor, state.actor, state.streams, config.episodes
    )  # [T, E, B]
    state.env_steps = state.env_steps + batch.alive.sum()
    advantage, v = surrogate.advantage_estimates(
        world, state.critic, batch, config.gamma, config.lambda_
    )
    yield surrogate.weighed(batch, advantage, v)

    family = actor.distribution
    pairs = surrogate.pairs(config.expectation, world, before, batch, advantage, config.gamma)
    gradient = surrogate.slope(family, pairs, before)  # [B, P]
    yield beat(
        "gradient",
        gradient_estimate=gradient,
        gradient_norm=gradient.norm(dim=1),
        theta_before=before["theta"],
    )

    product = surrogate.fisher(family, pairs, before, config.damping)
    direction = yield from surrogate.solve(product, gradient, config.cg_iterations)
    full, there = trust_region.natural_step(gradient, direction, config.delta)
    part = yield from _search(config, family, pairs, before, direction, full)

    step_size = part * full * (0.0 if config.hold else 1.0)
    state.actor = surrogate.moved(before, direction, step_size)
    state.critic = surrogate.fitted(world, state.critic, batch, advantage + v, config.alpha_w)
    which, old, new = policies.most_moved(before, state.actor)
    yield beat(
        "update",
        parameter_before=old,
        natural_slope=direction.gather(1, which.unsqueeze(1)).squeeze(1),
        parameter_after=new,
        step_size=step_size,
        step_part=part,
        step_kl=surrogate.divergence(family, pairs, before, state.actor),
        step_gain=surrogate.gain(family, pairs, before, state.actor),
        stopped_by=_reason(config, gradient, there, part),
        policy_entropy=rollouts.mean(batch, family(before, batch.state).entropy()),
    )


def _search(
    config: Config,
    family: surrogate.Family,
    pairs: surrogate.Pairs,
    before: Parameters,
    direction: Tensor,
    full: Tensor,
) -> Generator[Beat, None, Tensor]:
    """The part of the full step that passes first, [B]; 0 where none does.

    All parts are tried, so that how many there are does not depend on the other replicas.
    """
    parts = trust_region.backtracking(config.backtrack, config.tries)
    parts = parts.to(full.device).view(config.tries, -1).expand(-1, len(full))  # [tries, B]
    seen = torch.full((3, *full.shape, config.tries), torch.nan, dtype=full.dtype)
    passes = torch.zeros_like(parts, dtype=torch.bool)
    for j, part in enumerate(parts):
        candidate = surrogate.moved(before, direction, part * full)
        kl = surrogate.divergence(family, pairs, before, candidate)
        gain = surrogate.gain(family, pairs, before, candidate)
        passes[j] = trust_region.acceptable(kl, gain, config.delta)
        seen = seen.clone()
        seen[..., j] = torch.stack((part, kl, gain))
        yield beat(
            "candidate",
            full_step=full,
            candidate_part=part,
            candidate_size=part * full,
            candidate_kl=kl,
            candidate_gain=gain,
            candidate_passes=passes[j].to(full.dtype),
            candidate_limit=torch.zeros_like(full) + config.delta,
            candidate_too_far=(kl > config.delta).to(full.dtype),
            search_parts=seen[0],
            search_kls=seen[1],
            search_gains=seen[2],
        )
    return trust_region.accepted_fraction(parts, passes)


def _reason(config: Config, gradient: Tensor, there: Tensor, part: Tensor) -> Tensor:
    """Why the policy stayed, [B]: the number that `stopped_by` explains; 0 where it moved."""
    reason = torch.where(part > 0, 0.0, 5.0)
    reason = torch.where(there, reason, 4.0)
    reason = torch.where(gradient.norm(dim=1) > 0, reason, 3.0)
    reason = torch.where(torch.zeros_like(part) + config.delta > 0, reason, 2.0)
    return torch.where(torch.zeros_like(part) + config.hold > 0, 1.0, reason)


SIGNALS = {
    "collect": rollouts.COLLECTED,
    "weigh": surrogate.WEIGHED,
    "gradient": ("gradient_estimate", "gradient_norm", "theta_before"),
    "solve": surrogate.SOLVED,
    "candidate": (
        "full_step",
        "candidate_part",
        "candidate_size",
        "candidate_kl",
        "candidate_gain",
        "candidate_passes",
        "candidate_limit",
        "candidate_too_far",
        "search_parts",
        "search_kls",
        "search_gains",
    ),
    "update": (
        "parameter_before",
        "natural_slope",
        "parameter_after",
        "step_size",
        "step_part",
        "step_kl",
        "step_gain",
        "stopped_by",
        "policy_entropy",
    ),
}
EQUATIONS = (
    Equation("collect", "", does="batch = yield from", captions=COLLECTS),
    Equation(
        "weigh",
        "A ← {sample_return} − {sample_baseline} = {sample_advantage}",
        does="advantage, v = surrogate.advantage_estimates(",
        captions=ADVANTAGES,
    ),
    Equation(
        "gradient",
        "",
        does="gradient = surrogate.slope(",
        captions=(
            ("gradient_norm", "The estimated gradient is {gradient_norm:.4f} long."),
            ("", "The estimated gradient is 0: nothing in this batch tells the actions apart."),
        ),
    ),
    Equation(
        "solve",
        "‖g‖ − ‖g − Fx‖ ← {gradient_norm} − {solve_residual} = {solved_part}",
        does="direction = yield from surrogate.solve(",
        captions=SOLVES,
    ),
    Equation(
        "candidate",
        "β_j ← {candidate_part}·{full_step} = {candidate_size}",
        does="candidate = surrogate.moved(",
        captions=(
            (
                "candidate_passes",
                "{candidate_part:.3f} of the full step: a KL of {candidate_kl:.5f} is within "
                "{candidate_limit:.5f}, and the surrogate rises by {candidate_gain:.4f}. The "
                "first that passes is taken.",
            ),
            (
                "candidate_too_far",
                "{candidate_part:.3f} of the full step: a KL of {candidate_kl:.5f} is more than "
                "{candidate_limit:.5f}, so the step must be shorter.",
            ),
            (
                "",
                "{candidate_part:.3f} of the full step: the KL is {candidate_kl:.5f}, but the "
                "surrogate does not rise.",
            ),
        ),
    ),
    Equation(
        "update",
        "θ ← {parameter_before} + {step_size}·{natural_slope} = {parameter_after}",
        does="state.actor = surrogate.moved(",
        captions=(
            (
                "stopped_by<1",
                "{step_part:.3f} of the full step is taken: KL {step_kl:.5f}, surrogate "
                "{step_gain:.4f} up.",
            ),
            ("stopped_by<2", "The policy is held still: the step is worked out and not taken."),
            ("stopped_by<3", "A trust region of size 0 holds the old policy and nothing else."),
            (
                "stopped_by<4",
                "The gradient is 0: nothing in this batch tells the actions apart, so the policy "
                "stays.",
            ),
            (
                "stopped_by<5",
                "The Fisher matrix is 0 along the gradient, because the policy is nearly certain: "
                "there is nothing to divide by, and the policy stays. Damping would help.",
            ),
            (
                "",
                "No try was both within the trust region and an improvement: the line search finds "
                "nothing, and the old policy stays.",
            ),
        ),
    ),
)
