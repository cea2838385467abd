"""A State goes to bytes and comes back into a fresh one, bit for bit or with a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from rlviz.errors import BadMessage
from rlviz.runs import codec
from rlviz.runs.checkpoint import fill, pack, tensors, unpack
from rlviz.streams import Streams


@dataclass
class Inner:
    """A nested part."""

    steps: Tensor
    label: str = ""


@dataclass
class Tabular:
    """What a tabular State is made of."""

    q: Tensor
    inner: Inner
    streams: Streams
    count: int = 0
    best: float = 0.0
    history: list[float] = field(default_factory=list)


@dataclass
class Deep:
    """What a State with networks is made of."""

    net: nn.Module
    optimiser: torch.optim.Optimizer


def tabular(value: float, replicas: int = 2) -> Tabular:
    """A State whose tensors hold that value."""
    q = torch.full((replicas, 3, 2), value, dtype=torch.float64)
    return Tabular(q, Inner(torch.full((replicas,), int(value))), Streams(5, replicas))


def deep(seed: int, hidden: int = 3) -> Deep:
    """A small network and its optimiser, from a seed of their own."""
    draw = torch.Generator().manual_seed(seed)
    net = nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 1))
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=draw))
    return Deep(net, torch.optim.Adam(net.parameters(), lr=0.1, betas=(0.8, 0.99)))


def learn(state: Deep, steps: int) -> None:
    """A few steps of gradient descent on a fixed input."""
    for _ in range(steps):
        state.optimiser.zero_grad()
        state.net(torch.tensor([[1.0, -2.0]])).square().sum().backward()
        state.optimiser.step()


def saved(state: object) -> bytes:
    """The State as the bytes of a checkpoint."""
    arrays: codec.Arrays = {}
    packed = pack(state, "state", arrays)
    return codec.encode({"state": packed}, arrays)


def read(blob: bytes) -> Any:
    """What `fill` is given."""
    plain, arrays = codec.decode(blob)
    return unpack(plain["state"], arrays)


def test_a_state_comes_back_bit_for_bit() -> None:
    state = tabular(0.1)
    state.q[1, 2, 0], state.q[0, 0, 1] = math.nan, -0.0
    state.inner.label, state.count, state.history = "学习", 7, [0.1, 2.0]
    state.streams.policy.uniform(3)

    filled = fill(tabular(9.0), read(saved(state)))

    assert saved(filled) == saved(state)
    assert filled.q.numpy().tobytes() == state.q.numpy().tobytes()
    assert filled.inner.steps.dtype == torch.int64
    assert (filled.inner.label, filled.count, filled.history) == ("学习", 7, [0.1, 2.0])


def test_streams_go_on_where_they_were() -> None:
    state = tabular(1.0)
    state.streams.world.uniform(500)

    filled = fill(tabular(1.0), read(saved(state)))

    assert filled.streams.world.uniform(20).tolist() == state.streams.world.uniform(20).tolist()


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_numbers_that_json_can_not_write_come_back(value: float) -> None:
    state = tabular(1.0)
    state.best = value

    filled = fill(tabular(1.0), read(saved(state)))

    assert repr(filled.best) == repr(value)


def test_what_was_saved_does_not_follow_the_run() -> None:
    state = tabular(1.0)
    arrays: codec.Arrays = {}
    packed = pack(state, "state", arrays)

    state.q.fill_(5.0)

    assert unpack(packed, arrays)["q"].tolist() == torch.ones(2, 3, 2).tolist()


def test_what_is_filled_may_be_written_to() -> None:
    back = read(saved(tabular(1.0)))
    one, other = (fill(tabular(0.0), back) for _ in range(2))

    one.q.add_(1.0)

    assert other.q.sum().item() == other.q.numel()


def test_a_network_and_its_optimiser_learn_on_as_if_undisturbed() -> None:
    undisturbed, first = deep(0), deep(0)
    learn(undisturbed, 7)
    learn(first, 3)

    second = fill(deep(1), read(saved(first)))
    learn(second, 4)

    assert saved(second) == saved(undisturbed)
    assert list(second.optimiser.param_groups[0]["betas"]) == [0.8, 0.99]


def test_an_optimiser_that_has_not_stepped_is_restored_too() -> None:
    first, second = deep(0), fill(deep(1), read(saved(deep(0))))

    learn(first, 2)
    learn(second, 2)

    assert saved(second) == saved(first)


def test_the_keys_of_an_optimiser_stay_whole_numbers() -> None:
    state = deep(0)
    learn(state, 1)

    got = read(saved(state))["optimiser"]

    assert list(got["state"]) == [0, 1, 2, 3]
    assert got["param_groups"][0]["params"] == [0, 1, 2, 3]


def test_a_list_of_tensors_comes_back_as_tensors() -> None:
    @dataclass
    class Layers:
        traces: list[Tensor]
        by_name: dict[str, Tensor]

    state = Layers([torch.ones(2), torch.zeros(3)], {"a": torch.tensor(4)})

    filled = fill(Layers([torch.zeros(2), torch.zeros(3)], {}), read(saved(state)))

    assert [t.tolist() for t in filled.traces] == [[1, 1], [0, 0, 0]]
    assert torch.equal(filled.by_name["a"], torch.tensor(4))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5) | st.integers(0, 9) | st.sampled_from(["$", "{}", "float"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=100)
@given(values)
def test_plain_values_come_back_equal(value: Any) -> None:
    assert read(saved(value)) == value


# ------------------------------------------------------------------ foreign checkpoints


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"q": np.zeros((2, 3, 3))},
            "The checkpoint's state.q does not have shape (2, 3, 2).",
        ),
        (
            {"q": np.zeros((2, 3, 2), np.float32)},
            "The checkpoint's state.q must be torch.float64, got torch.float32.",
        ),
        ({"q": "text"}, "The checkpoint's state.q does not have shape (2, 3, 2)."),
        ({"q": None}, "The checkpoint's state.q does not have shape (2, 3, 2)."),
        ({"inner": {"label": ""}}, "The checkpoint has no state.inner.steps."),
        ({"inner": None}, "The checkpoint has no state.inner.steps."),
        ({"inner": [1]}, "The checkpoint has no state.inner.steps."),
    ],
    ids=["shape", "dtype", "text", "nothing", "field", "null", "list"],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], sentence: str) -> None:
    foreign = read(saved(tabular(1.0))) | change

    with pytest.raises(BadMessage) as refused:
        fill(tabular(0.0), foreign)

    assert str(refused.value) == sentence


def test_a_table_by_name_comes_back_into_one_with_the_same_names() -> None:
    there = {"theta": torch.arange(3.0), "w": torch.ones(2)}
    fresh = {"theta": torch.zeros(3), "w": torch.zeros(2)}

    back = fill(fresh, read(saved(there)))

    assert {name: tensor.tolist() for name, tensor in back.items()} == {
        "theta": [0.0, 1.0, 2.0],
        "w": [1.0, 1.0],
    }


@pytest.mark.parametrize(
    "other",
    [{"theta": np.zeros(3)}, {"theta": np.zeros(3), "v": 1}, 5],
    ids=["fewer", "other", "a number"],
)
def test_a_table_with_other_names_is_refused(other: object) -> None:
    with pytest.raises(BadMessage, match=r"must have \['theta', 'w'\]"):
        fill({"theta": torch.zeros(3), "w": torch.zeros(2)}, other)


@pytest.mark.parametrize("streams", [None, {}, {"world": {}}, [1]])
def test_foreign_counters_are_refused(streams: object) -> None:
    foreign = read(saved(tabular(1.0))) | {"streams": streams}

    with pytest.raises(BadMessage, match=r"The checkpoint's state\.streams does not fit"):
        fill(tabular(0.0), foreign)


def test_a_network_of_another_size_is_refused() -> None:
    with pytest.raises(BadMessage, match=r"The checkpoint's state\.net does not fit"):
        fill(deep(0, hidden=3), read(saved(deep(0, hidden=4))))


def test_a_state_may_not_hold_what_can_not_travel() -> None:
    state = tabular(1.0)
    state.count = object()  # type: ignore[assignment]  # what an algorithm may not do

    with pytest.raises(TypeError) as refused:
        saved(state)

    assert str(refused.value) == "A State may not hold a object (at state.count)."


def test_tensors_are_named_by_their_path() -> None:
    state = tabular(1.0)

    found = tensors(state)

    assert sorted(found) == ["state.inner.steps", "state.q"]
    assert found["state.q"] is state.q
