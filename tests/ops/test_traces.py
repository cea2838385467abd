"""Traces, on two visits of one state."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rlviz.ops import traces

HERE = torch.tensor([[1.0, 0.0]])
DECAY, ALPHA = 0.5, 0.2


def once(trace: Tensor, kind: str) -> Tensor:
    if kind == "dutch":
        return traces.dutch(trace, DECAY, HERE, ALPHA)
    return getattr(traces, kind)(trace, DECAY, HERE)  # type: ignore[no-any-return]  # by name


@pytest.mark.parametrize(
    ("kind", "expected"),
    # From e = (1, 1): it fades to (.5, .5); then e(s) is 1.5, 1, or 1 + .5 − .2·.5 = 1.4.
    [("accumulating", [1.5, 0.5]), ("replacing", [1.0, 0.5]), ("dutch", [1.4, 0.5])],
)
def test_a_second_visit(kind: str, expected: list[float]) -> None:
    got = once(torch.ones(1, 2), kind)

    torch.testing.assert_close(got, torch.tensor([expected]))


def test_an_error_is_shared_out_by_the_trace_and_is_no_target() -> None:
    # V = (10, 20), e = (1, .5), α = .2, δ = 3: V moves by (.6, .3), however far V is from δ.
    v = torch.tensor([[10.0, 20.0]])
    got = traces.move(v, torch.tensor([[1.0, 0.5]]), ALPHA, torch.tensor([[3.0]]))

    torch.testing.assert_close(got, torch.tensor([[10.6, 20.3]]))
