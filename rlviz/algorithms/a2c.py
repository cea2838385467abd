"""Advantage actor-critic with GAE(λ) (Mnih et al. 2016; Schulman et al. 2016).

    δ_t = r_{t+1} + γ V(s_{t+1}) − V(s_t)
    A_t = δ_t + γλ A_{t+1}, 0 behind the end of an episode
    θ ← θ + α ∇ mean[A_t log π(a_t|s_t) + c H(π(·|s_t))]
    w ← w − α_w ∇ mean[½ (V(s_t) − R_t)²],   R_t = A_t + V(s_t)

Several copies of the world take n steps each, then policy and critic are corrected once. This is
the synchronous form of A3C. Two masks are easily taken for one: only an episode that *terminated*
has no future, but any end, cut or not, ends the sum over later δ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rlviz import policies, rollouts
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
from rlviz.hyperparameters.advantage import (
    CriticError,
    CriticKind,
    GradientClip,
    Normalised,
    Truncation,
)
from rlviz.ops import advantages, optimise, policy_gradient, prediction
from rlviz.ops.captions import COLLECTS
from rlviz.policies import Optimiser, Parameters
from rlviz.signals import Beat, beat
from rlviz.streams import Streams
from rlviz.worlds import tabular
from rlviz.worlds.continuous import ContinuousBandit

TITLE = "A2C"
FAMILY, MEMBER = "gradient", 2
SUMMARY = "Advantages over many steps from a critic, and one correction for a whole batch."
WORLD = (tabular.TabularWorld, ContinuousBandit)
TRUTH = {"w": "v_actor"}  # what the critic is after
TRUTH_EVERY = 8  # iterations between two points of a truth curve
ON_POLICY = True  # it learns about the policy that it follows
AGE_OF_DATA = "n steps"  # between an action and what is learned from it
ENV_STEPS = None  # n steps of so many copies: the State counts
GAINS_FROM_CUDA, GRADIENTS = False, True


@dataclass(frozen=True)
class Config:
    """Beside some defaults stand those of Stable-Baselines3's A2C, which is made for networks."""

    alpha_theta: PolicyStep = 0.1  # 7e-4, one step size for both
    alpha_w: CriticStep = 0.5  # 7e-4, times 0.5 as weight of the value loss
    gamma: Discount = 0.99  # 0.99
    lambda_: TraceDecay = 1.0  # gae_lambda 1.0
    n_steps: RolloutSteps = 5  # 5
    copies: Copies = 8
    optimiser: OptimiserKind = "sgd"  # RMSProp, rho 0.99, eps 1e-5
    entropy_bonus: EntropyBonus = 0.0  # ent_coef 0.0; OpenAI Baselines has 0.01
    gradient_clip: GradientClip = 0.5  # max_grad_norm 0.5
    normalised: Normalised = False  # normalize_advantage False
    truncation: Truncation = "apart"  # SB3 and tianshou; CleanRL's ppo.py takes one for the other
    critic: CriticKind = "learned"
    critic_error: CriticError = 0.0
    hold: Hold = False


@dataclass
class State:
    """All that moves."""

    actor: Parameters
    critic: Parameters
    optimiser: Optimiser  # of the actor
    episode: tabular.Episode  # of all copies, [E·B]
    env_steps: Tensor  # [] int64, of all replicas
    streams: Streams


WEIGHTS = ("actor", "critic")


def init(world: tabular.Tables, config: Config, streams: Streams) -> State:
    """The policy with which the world wants to be met, and a critic that expects nothing."""
    actor, critic = policies.actor(world).init(streams), policies.critic(world).init(streams)
    episode = tabular.begin(world, streams, config.copies)
    steps = torch.zeros((), dtype=torch.int64, device=world.terminal.device)
    return State(actor, critic, Optimiser.fresh(actor), episode, steps, streams)


def iterate(world: tabular.Tables, state: State, config: Config) -> Iterator[Beat]:
    """So many steps of every copy, their advantages, and one step of policy and critic."""
    actor = policies.actor(world)
    batch = yield from rollouts.steps(
        world, actor, state.actor, state.episode, state.streams, config.n_steps
    )  # [T, E, B]
    state.env_steps = state.env_steps + batch.alive.sum()

    value, value_next = _values(world, state, config, batch)
    discount, decay = _masks(config, batch)
    td_error = prediction.td_error(value, batch.reward, discount, value_next)
    yield beat(
        "criticise",
        first_reward=batch.reward[0, 0],
        first_discount=discount[0, 0],
        first_value=value[0, 0],
        first_value_next=value_next[0, 0],
        first_error=td_error[0, 0],
    )

    advantage = advantages.generalised_advantages(td_error, decay)
    yield beat(
        "estimate",
        **_watched(batch, value, value_next, td_error, advantage),
        rollout_state=batch.state.flatten(0, 1).t(),
        rollout_action=batch.action.flatten(0, 1).t(),
        rollout_advantage=advantage.flatten(0, 1).t(),
        first_decay=decay[0, 0],
        second_advantage=torch.zeros_like(value[0, 0]) if len(value) == 1 else advantage[1, 0],
        first_advantage=advantage[0, 0],
    )

    state.critic = _fitted(world, state.critic, batch, value + advantage, config)
    theta = policies.leaves(state.actor)
    policy = actor.distribution(theta, batch.state)
    weight = advantages.normalise(advantage, (0, 1)) if config.normalised else advantage
    loss = policy_gradient.score_loss(policy.log_prob(batch.action), weight)
    entropy = policy.entropy()
    slope = policies.gradients((loss - config.entropy_bonus * entropy).mean((0, 1)), theta)
    gradient = -policies.flat(slope)
    if config.gradient_clip:
        slope, _ = optimise.clip_by_norm(slope, config.gradient_clip)
    before = state.actor
    if not config.hold:
        state.actor = state.optimiser.step(config.optimiser, before, slope, config.alpha_theta)
    _, old, new = policies.most_moved(before, state.actor)
    step_size = torch.zeros_like(old) + config.alpha_theta
    yield beat(
        "update",
        gradient_estimate=gradient,
        gradient_norm=gradient.norm(dim=1),
        optimised_slope=(new - old) / step_size,
        parameter_before=old,
        parameter_after=new,
        step_size=step_size,
        policy_entropy=entropy.detach().mean((0, 1)),
    )


def _values(
    world: tabular.Tables, state: State, config: Config, batch: rollouts.Rollout
) -> tuple[Tensor, Tensor]:
    """V of each state and of the one after it, [T, E, B]; that one is of the same episode.

    Behind the end of an episode the world stands in a start state already; whoever reads V there
    bootstraps from an episode that this step is no part of.
    """
    if config.critic == "learned":
        critic = policies.critic(world)
        return critic.value(state.critic, batch.state), critic.value(state.critic, batch.next_state)
    v, _ = policies.exact_baselines(world, state.actor, config.gamma)  # [B, S]
    middle = v[:, ~world.terminal].mean(1, keepdim=True)
    flattened = v + optimise.each(config.critic_error, v) * (middle - v)
    known = flattened.masked_fill(world.terminal, 0.0)
    return _read(known, batch.state), _read(known, batch.next_state)


def _read(table: Tensor, state: Tensor) -> Tensor:
    """Of a table [B, S], what each replica has in its states, [T, E, B]."""
    return table.gather(1, state.flatten(0, 1).t()).t().view(state.shape)


def _masks(config: Config, batch: rollouts.Rollout) -> tuple[Tensor, Tensor]:
    """γ, and 0 where nothing follows; γλ, and 0 where an episode ends: both [T, E, B].

    The other two are mistakes: to take what was cut for what has ended (CleanRL issues 198 and
    457), and to let the sum of one episode run on into the next.
    """
    dtype = batch.reward.dtype
    no_future = batch.done if config.truncation == "as_termination" else batch.terminated
    going_on = torch.ones_like(batch.done) if config.truncation == "trace_leaks" else ~batch.done
    decay = config.gamma * config.lambda_ * going_on.to(dtype)
    return config.gamma * (~no_future).to(dtype), decay


def _watched(
    batch: rollouts.Rollout,
    value: Tensor,
    value_next: Tensor,
    td_error: Tensor,
    advantage: Tensor,
) -> dict[str, Tensor]:
    """The watched copy along its steps, [B, T] each; it may hold several episodes."""
    ended = batch.terminated + 2 * batch.truncated.to(value.dtype)
    shown = {
        "state": batch.state,
        "action": batch.action,
        "reward": batch.reward,
        "value": value,
        "value_next": value_next,
        "error": td_error,
        "advantage": advantage,
        "ended": ended,
    }
    return {f"trajectory_{name}": rollouts.watched(batch, which) for name, which in shown.items()}


def _fitted(
    world: tabular.Tables,
    critic: Parameters,
    batch: rollouts.Rollout,
    target: Tensor,
    config: Config,
) -> Parameters:
    """The critic, one step nearer to R = A + V; an exact one is not learned."""
    if config.critic != "learned":
        return critic
    w = policies.leaves(critic)
    value = policies.critic(world).value(w, batch.state)
    error = policy_gradient.squared_value_loss(value, target).mean((0, 1))
    return policies.stepped(critic, policies.gradients(error, w), config.alpha_w)


SIGNALS = {
    "collect": rollouts.COLLECTED,
    "criticise": (
        "first_reward",
        "first_discount",
        "first_value",
        "first_value_next",
        "first_error",
    ),
    "estimate": (
        "trajectory_state",
        "trajectory_action",
        "trajectory_reward",
        "trajectory_value",
        "trajectory_value_next",
        "trajectory_error",
        "trajectory_advantage",
        "trajectory_ended",
        "rollout_state",
        "rollout_action",
        "rollout_advantage",
        "first_decay",
        "second_advantage",
        "first_advantage",
    ),
    "update": (
        "gradient_estimate",
        "gradient_norm",
        "optimised_slope",
        "parameter_before",
        "parameter_after",
        "step_size",
        "policy_entropy",
    ),
}
EQUATIONS = (
    Equation("collect", "", does="batch = yield from", captions=COLLECTS),
    Equation(
        "criticise",
        "δ ← {first_reward} + {first_discount}·{first_value_next} − {first_value} = {first_error}",
        does="td_error = prediction.td_error",
        captions=(
            (
                "first_error>0",
                "The first step of the watched copy went better than the critic expected, by "
                "{first_error:.3f}.",
            ),
            (
                "first_error<0",
                "The first step of the watched copy went worse than the critic expected: "
                "δ = {first_error:.3f}.",
            ),
            ("", "The first step of the watched copy was worth what the critic expected."),
        ),
    ),
    Equation(
        "estimate",
        "A ← {first_error} + {first_decay}·{second_advantage} = {first_advantage}",
        does="advantage = advantages.generalised_advantages",
        captions=(
            (
                "first_decay",
                "From the end back to the start: the advantage of a step is its own δ and a part "
                "of the next one's. The first step has {first_advantage:.3f}.",
            ),
            (
                "",
                "Nothing of the next step counts here: λ is 0, or the episode ends. The advantage "
                "of the first step is its δ, {first_advantage:.3f}.",
            ),
        ),
    ),
    Equation(
        "update",
        "θ ← {parameter_before} + {step_size}·{optimised_slope} = {parameter_after}",
        does="state.actor = state.optimiser.step",
        captions=(
            (
                "optimised_slope",
                "One step for the whole batch. The preference that moves most goes from "
                "{parameter_before:.3f} to {parameter_after:.3f}.",
            ),
            (
                "",
                "The policy stands still: it is held, or all advantages of this batch are 0 and "
                "nothing is learned from it.",
            ),
        ),
    ),
)
