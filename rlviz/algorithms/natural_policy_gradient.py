"""Natural policy gradient (Kakade 2001): steep for the policy, not for its parameters.

    θ ← θ + α F⁻¹ g,   F = E[∇log π ∇log πᵀ]

F measures how far a small step moves the policy, as a KL divergence. The direction F⁻¹g moves the
policy in the same way whatever numbers it is written with; g alone does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor
from torch.distributions import Distribution

from rlviz import policies, rollouts, surrogate
from rlviz.equations import Equation
from rlviz.hyperparameters import (
    Choices,
    ConjugateSteps,
    CriticStep,
    Damping,
    Discount,
    Episodes,
    Expectation,
    Hold,
    InTray,
    ParameterScale,
    PolicyStep,
    Title,
    TraceDecay,
)
from rlviz.ops.captions import ADVANTAGES, COLLECTS, SOLVES
from rlviz.ops.optimise import each
from rlviz.policies import Parameters
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular
from rlviz.worlds.continuous import ContinuousBandit

TITLE = "Natural policy gradient"
FAMILY, MEMBER = "gradient", 3
SUMMARY = "Steps that depend on the policy, and not on the numbers it is written with."
WORLD = (tabular.TabularWorld, ContinuousBandit)
TRUTH = {"w": "v_actor"}  # what the critic is after
TRUTH_EVERY = 1  # iterations between two points of a truth curve
ON_POLICY = True  # it learns about the policy that it follows
AGE_OF_DATA = "an episode"  # between an action and what is learned from it
ENV_STEPS = None  # episodes have their own lengths: the State counts
GAINS_FROM_CUDA, GRADIENTS = False, True


@dataclass(frozen=True)
class Config:
    """Where Spinning Up has a number for its natural gradient, it stands beside ours."""

    alpha_theta: PolicyStep = 0.1  # it takes √(2δ/gᵀx) instead, as TRPO's full step
    gamma: Discount = 1.0  # .99
    lambda_: TraceDecay = 0.97  # .97
    episodes: Episodes = 8
    direction: Annotated[
        str, Choices(("natural", "vanilla")), Title("direction"), InTray("method")
    ] = "natural"
    scale: ParameterScale = 1.0  # θ = k t, and t is what is learned
    expectation: Expectation = "samples"
    damping: Damping = 1e-3  # .1, for networks; it breaks the independence of the scale
    cg_iterations: ConjugateSteps = 10  # 10
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
    """A batch of episodes of every replica, and one step in the direction that F⁻¹ turns g to."""
    actor = policies.actor(world)
    batch = yield from rollouts.episodes(
        world, actor, state.actor, state.streams, config.episodes
    )  # [T, E, B]
    state.env_steps = state.env_steps + batch.alive.sum()
    advantage, v = surrogate.advantage_estimates(
        world, state.critic, batch, config.gamma, config.lambda_
    )
    yield surrogate.weighed(batch, advantage, v)

    def family(t: Parameters, s: Tensor) -> Distribution:
        return actor.distribution(_times(t, config.scale), s)

    before = _times(state.actor, 1 / config.scale)  # t
    pairs = surrogate.pairs(config.expectation, world, state.actor, batch, advantage, config.gamma)
    gradient = surrogate.slope(family, pairs, before)  # [B, P]
    yield beat(
        "gradient",
        gradient_estimate=gradient,
        gradient_norm=gradient.norm(dim=1),
        theta_before=state.actor["theta"],
    )

    direction = gradient
    if config.direction == "natural":
        product = surrogate.fisher(family, pairs, before, config.damping)
        direction = yield from surrogate.solve(product, gradient, config.cg_iterations)

    step_size = torch.zeros_like(v[0, 0]) + (0.0 if config.hold else config.alpha_theta)
    after = surrogate.moved(before, direction, step_size)
    state.actor = _times(after, config.scale)
    state.critic = surrogate.fitted(world, state.critic, batch, advantage + v, config.alpha_w)
    which, old, new = policies.most_moved(before, after)
    yield beat(
        "update",
        parameter_before=old,
        natural_slope=direction.gather(1, which.unsqueeze(1)).squeeze(1),
        parameter_after=new,
        step_size=step_size,
        step_kl=surrogate.divergence(family, pairs, before, after),
        step_gain=surrogate.gain(family, pairs, before, after),
        policy_entropy=rollouts.mean(batch, family(before, batch.state).entropy()),
    )


def _times(parameters: Parameters, k: Tensor | float) -> Parameters:
    """The same policy in other numbers."""
    return {name: each(k, value) * value for name, value in parameters.items()}


SIGNALS = {
    "collect": rollouts.COLLECTED,
    "weigh": surrogate.WEIGHED,
    "gradient": ("gradient_estimate", "gradient_norm", "theta_before"),
    "solve": surrogate.SOLVED,
    "update": (
        "parameter_before",
        "natural_slope",
        "parameter_after",
        "step_size",
        "step_kl",
        "step_gain",
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
        "update",
        "θ ← {parameter_before} + {step_size}·{natural_slope} = {parameter_after}",
        does="after = surrogate.moved(",
        captions=(
            (
                "step_size",
                "One step moves the policy by a KL divergence of {step_kl:.5f}. The parameter that "
                "moves most goes from {parameter_before:.3f} to {parameter_after:.3f}.",
            ),
            ("", "The policy is held still: the direction is estimated and nothing moves."),
        ),
    ),
)
