"""One batch used again: advantages across ends and cuts, the order of samples, and their means."""

from __future__ import annotations

import torch

from rlviz import minibatches, policies
from rlviz.rollouts import Rollout
from rlviz.streams import Streams
from rlviz.worlds import random_walk_5

F64 = torch.float64


def column(*values: float) -> torch.Tensor:
    """[T, E, B] with one copy of one replica."""
    return torch.tensor(values, dtype=F64).view(-1, 1, 1)


def test_advantages_across_a_cut_and_an_end() -> None:
    """Three steps: one that is cut, one on its way, one that arrives; γ = λ = ½.

    V is 1 in state 1, 2 in state 2, 4 in state 3 and 0 at the end, state 0.
    Cut in 2 → 3:      δ = 1 + ½·4 − 2 = 1, and nothing follows: A = 1, R = 1 + 2 = 3.
    Then 3 → 1:        δ = 0 + ½·1 − 4 = −3.5.
    It arrives, 1 → 0: δ = 5 + 0 − 1 = 4, A = 4, R = 5.
    So the middle has A = −3.5 + ¼·4 = −2.5 and R = 1.5.
    """
    world = random_walk_5.make(random_walk_5.Config()).on("cpu")
    w = torch.zeros(1, world.n_states, dtype=F64)
    w[0, 1:4] = torch.tensor([1.0, 2.0, 4.0])
    flags = [torch.tensor(f).view(-1, 1, 1) for f in ([0, 0, 1], [1, 0, 0], [1, 1, 1])]
    terminated, truncated, alive = (f.bool() for f in flags)
    rollout = Rollout(
        state=column(2, 3, 1).long(),
        action=column(0, 0, 0).long(),
        log_prob=column(0, 0, 0),
        reward=column(1, 0, 5),
        next_state=column(3, 1, 0).long(),
        terminated=terminated,
        truncated=truncated,
        alive=alive,
    )
    found = minibatches.batch(rollout, policies.critic(world), {"w": w}, 0.5, 0.5)

    assert found.advantage[:, 0].tolist() == [1.0, -2.5, 4.0]
    assert found.target[:, 0].tolist() == [3.0, 1.5, 5.0]


def test_every_sample_is_in_one_part_and_each_replica_has_its_own_order() -> None:
    parts = list(minibatches.parts(Streams(1, 2), 1100, 3))  # more than a block of a stream
    order = torch.cat(parts)

    assert [len(p) for p in parts] == [367, 367, 366]
    assert order.sort(0).values[:, 0].tolist() == list(range(1100))
    assert order.sort(0).values[:, 1].tolist() == list(range(1100))
    assert not torch.equal(order[:, 0], order[:, 1])


def test_there_are_no_empty_parts() -> None:
    assert [len(p) for p in minibatches.parts(Streams(1, 2), 3, 8)] == [1, 1, 1]


def test_a_mean_has_the_same_bits_for_every_number_of_replicas() -> None:
    many = torch.rand(500, 33, dtype=F64, generator=torch.Generator().manual_seed(0))

    assert torch.equal(minibatches.mean(many)[:1], minibatches.mean(many[:, :1]))
    assert torch.equal(minibatches.normalised(many)[:, :1], minibatches.normalised(many[:, :1]))


def test_normalised_advantages_have_mean_0_and_spread_1() -> None:
    found = minibatches.normalised(torch.tensor([[1.0, 5.0], [3.0, 5.0]], dtype=F64))

    torch.testing.assert_close(found, torch.tensor([[-1.0, 0.0], [1.0, 0.0]], dtype=F64))
