"""One batch, used again: its samples flat, drawn in minibatches, and how far the policy has gone.

Samples are [N, B]: those of all steps and copies of one replica in a column. The log-probabilities
and values that they carry are those of the policy and the critic that collected them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import InitVar, dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution, kl_divergence

from rlviz.ops import advantages, importance, policy_gradient, prediction
from rlviz.policies import Parameters, ValueTable, flat
from rlviz.rollouts import Rollout, watched
from rlviz.signals import Beat, beat
from rlviz.streams import BLOCK, Streams
from rlviz.worlds.tabular import NAN

SHOWN = 128  # samples of a batch that pictures show
ESTIMATED = (
    "trajectory_state",
    "trajectory_reward",
    "trajectory_advantage",
    "sample_advantage",
    "sample_value",
    "sample_target",
    "batch_spread",
    "theta_old",
)  # what the beat "estimate" carries
INNER = (
    "inner_ratio",
    "inner_advantage",
    "inner_policy",
    "inner_kl",
    "inner_k1",
    "inner_k3",
    "inner_effective",
    "inner_outside",
    "inner_binding",
    "inner_cases",
    "epoch",
    "ratio_mean",
    "log_ratio_mean",
    "k3_estimate",
    "old_kl",
    "batch_effective",
    "outside_share",
    "binding_share",
    "policy_entropy",
)  # what the beat "epoch" carries


class Batch(NamedTuple):
    """Samples, each [N, B]."""

    state: Tensor
    action: Tensor
    log_prob: Tensor  # of the policy that drew it
    value: Tensor  # of the critic then
    advantage: Tensor
    target: Tensor  # of the critic: advantage plus value, as in ppo2 and Stable-Baselines3

    def at(self, index: Tensor) -> Batch:
        """Some of them, [M, B]."""
        return Batch(*(value.gather(0, index) for value in self))


def batch(
    rollout: Rollout,
    critic: ValueTable,
    w: Parameters,
    gamma: Tensor | float,
    lambda_: Tensor | float,
) -> Batch:
    """Samples with generalised advantages; what was cut still counts on what would have followed.

    Args:
        rollout: [T, E, B].
        critic: family of value functions.
        w: its parameters.
        gamma: γ, a number or [B].
        lambda_: λ, a number or [B].
    """
    value = critic.value(w, rollout.state)
    go_on = (~rollout.terminated).to(value.dtype)
    following = critic.value(w, rollout.next_state)
    error = prediction.td_error(value, rollout.reward, gamma * go_on, following)
    decay = gamma * lambda_ * (~rollout.done).to(value.dtype)
    advantage = advantages.generalised_advantages(error, decay)
    samples = (
        rollout.state,
        rollout.action,
        rollout.log_prob,
        value,
        advantage,
        advantage + value,
    )
    return Batch(*(sample.flatten(0, 1) for sample in samples))


def estimated(rollout: Rollout, batch: Batch, actor: Parameters) -> Beat:
    """The beat that shows what the watched copy collected, and what is made of it."""
    shape = rollout.reward.shape
    advantage = batch.advantage.view(shape)
    spread = batch.advantage.amax(0) - batch.advantage.amin(0)
    return beat(
        "estimate",
        trajectory_state=watched(rollout, rollout.state),
        trajectory_reward=watched(rollout, rollout.reward),
        trajectory_advantage=watched(rollout, advantage),
        sample_advantage=batch.advantage[0],
        sample_value=batch.value[0],
        sample_target=batch.target[0],
        batch_spread=spread,
        theta_old=flat(actor),
    )


def parts(streams: Streams, n: int, how_many: int) -> Iterator[Tensor]:
    """The samples in a new order for each replica, cut into parts as equal as can be, [M, B]."""
    numbers = [streams.policy.uniform(min(BLOCK, n - at)) for at in range(0, n, BLOCK)]
    order = torch.cat(numbers).argsort(0)  # [N, B]
    yield from order.tensor_split(min(how_many, n))


def mean(value: Tensor) -> Tensor:
    """Mean over the samples of each replica, [N, B] gives [B].

    Each replica's own row is summed, so that no bit of it depends on how many replicas there are.
    """
    return _rows(value).mean(1)


def normalised(advantage: Tensor) -> Tensor:
    """Advantages less their mean, in units of their spread, over all samples given, [N, B]."""
    return advantages.normalise(_rows(advantage), 1).t().contiguous()


def _rows(value: Tensor) -> Tensor:
    return value.t().contiguous()


@dataclass
class Inner:
    """What the epochs of one batch have done so far; one column for each epoch."""

    epochs: int
    actor: InitVar[Parameters]  # of the policy that collected the batch
    rows: dict[str, list[Tensor]] = field(default_factory=dict)

    def __post_init__(self, actor: Parameters) -> None:
        """The path of the policy begins where the batch was collected."""
        self.rows["inner_policy"] = [flat(actor)]

    def take(
        self,
        actor: Parameters,
        policies: tuple[Distribution, Distribution],
        log_ratio: Tensor,
        advantage: Tensor,
        clip: tuple[Tensor | float, Tensor | float],
    ) -> dict[str, Tensor]:
        """One more epoch, measured on the whole batch; all that the beat shows.

        Args:
            actor: parameters of now.
            policies: that of the batch and that of now, over [N, B].
            log_ratio: log ρ, [N, B].
            advantage: as each sample's own was used last, [N, B].
            clip: ε_low and ε_high; infinite where nothing is clipped.
        """
        old, new = policies
        ratio = log_ratio.exp()
        case = policy_gradient.case(ratio, advantage, *clip)
        kl = mean(kl_divergence(old, new))
        k1, k3 = (mean(k(log_ratio)) for k in (policy_gradient.k1, policy_gradient.k3))
        out = mean(policy_gradient.outside(ratio, *clip).double())
        stopped = mean(policy_gradient.binding(ratio, advantage, *clip).double())
        worth = importance.effective_fraction(_rows(ratio), 1)
        found = {
            "inner_ratio": ratio[:SHOWN].t(),
            "inner_advantage": advantage[:SHOWN].t(),
            "inner_policy": flat(actor),
            "inner_kl": kl,
            "inner_k1": k1,
            "inner_k3": k3,
            "inner_effective": worth,
            "inner_outside": out,
            "inner_binding": stopped,
            "inner_cases": torch.stack([mean((case == i).double()) for i in range(6)], 1),
        }
        for name, value in found.items():
            self.rows.setdefault(name, []).append(value)
        return {
            **{name: self._columns(name) for name in found},
            "epoch": torch.full_like(kl, len(self.rows["inner_kl"])),
            "ratio_mean": mean(ratio),
            "log_ratio_mean": mean(log_ratio),
            "k3_estimate": k3,
            "old_kl": kl,
            "batch_effective": worth,
            "outside_share": out,
            "binding_share": stopped,
            "policy_entropy": mean(new.entropy()),
        }

    def _columns(self, name: str) -> Tensor:
        """[B, K, ...]; NaN for epochs that are still to come."""
        rows = self.rows[name]
        whole = self.epochs + (name == "inner_policy")
        empty = [torch.full_like(rows[0], NAN)] * (whole - len(rows))
        return torch.stack([*rows, *empty], 1)
