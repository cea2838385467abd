"""What REINFORCE may take from a return: any number that does not depend on the action."""

from __future__ import annotations

from torch import Tensor


def batch_mean(returns: Tensor, alive: Tensor) -> Tensor:
    """Mean over the copies that are still alive at the same step, [T, E, B].

    A sample's own return is in it, so that with E copies the gradient is too small by (E − 1)/E:
    a bias of order 1/E, and of 1 for a single copy.

    Args:
        returns: G_t, [T, E, B].
        alive: whether there is a sample, [T, E, B] bool.
    """
    n = alive.sum(1, keepdim=True).clamp(min=1)
    mean = (returns * alive).sum(1, keepdim=True) / n
    return mean.expand_as(returns)
