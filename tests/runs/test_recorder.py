"""The recorder against plain lists of everything that it was given."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rlviz.runs import checkpoint, codec
from rlviz.runs.curves import Curve, rows_of_event, rows_of_trace
from rlviz.runs.recorder import FLUSH, LAST, Recorder
from rlviz.signals import SIGNALS, TAIL, Beat, beat

STATES = 5


def numbers(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def beats_of(seed: int, iterations: int, replicas: int) -> list[tuple[int, Beat]]:
    """Two beats an iteration, as tabular algorithms yield them."""
    rng = np.random.default_rng(seed)
    made = []
    for i in range(iterations):
        state = torch.from_numpy(rng.integers(0, STATES, replicas))
        error = torch.from_numpy(rng.normal(size=replicas))
        ended = rng.random(replicas) < 0.2
        returned = torch.from_numpy(np.where(ended, rng.normal(size=replicas), np.nan))
        made += [
            (i, beat("act", state=state, q=torch.zeros(replicas, STATES, 2))),
            (i, beat("update", td_error=error, episode_return=returned)),
        ]
    return made


def column(given: list[tuple[int, Beat]], name: str) -> list[tuple[int, NDArray[Any]]]:
    """Every value of one signal, with its iteration."""
    return [(at, shown[name].numpy()) for at, (_, shown) in given if name in shown]


@settings(deadline=None, max_examples=30)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 3 * FLUSH),
    st.integers(1, 3),
    st.sets(st.integers(0, 3 * FLUSH), max_size=4),
)
def test_all_it_says_equals_plain_lists(
    seed: int, iterations: int, replicas: int, looks: set[int]
) -> None:
    given = beats_of(seed, iterations, replicas)
    recorder = Recorder({"state": STATES}, raw=True)
    for k, (at, item) in enumerate(given):
        recorder.take(item, at)
        if k in looks:
            recorder.flush()

    summary = recorder.summary()

    errors, returns = column(given, "td_error"), column(given, "episode_return")
    states = [int(value[0]) for _, value in column(given, "state")]
    assert recorder.tail("state").tolist() == states[-TAIL:]
    assert recorder.tail("td_error").tolist() == []  # not declared with a tail
    assert recorder.tallies["visits"].tolist() == [states.count(s) for s in range(STATES)]
    assert recorder.beat_name == "update"
    assert recorder.latest == {**given[-2][1][1], **given[-1][1][1]}

    ended = [float(x) for _, value in returns for x in value if not math.isnan(x)][-LAST:]
    means = [float(value.mean()) for _, value in errors][-LAST:]
    expected = {"td_error": means, "episode_return": ended}
    assert {name: said["last"] for name, said in summary.items()} == pytest.approx(
        {name: last[-1] for name, last in expected.items() if last}
    )
    assert {name: said["mean_last_100"] for name, said in summary.items()} == pytest.approx(
        {name: np.mean(last) for name, last in expected.items() if last}
    )


@settings(deadline=None, max_examples=20)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 3 * FLUSH), st.sets(st.integers(0, 999), max_size=6)
)
def test_curves_do_not_depend_on_how_often_one_looked(
    seed: int, iterations: int, looks: set[int]
) -> None:
    given = beats_of(seed, iterations, 3)
    recorder = Recorder({"state": STATES})
    for k, (at, item) in enumerate(given):
        recorder.take(item, at)
        if k in looks:
            recorder.flush()

    recorder.flush()

    for name, rows in (("td_error", rows_of_trace), ("episode_return", rows_of_event)):
        stamps, values = zip(*column(given, name), strict=True)
        whole = Curve()
        whole.add(np.array(stamps), rows(np.stack(values)))
        assert recorder.curves[name].columns().tobytes() == whole.columns().tobytes()


def test_only_events_and_traces_become_curves() -> None:
    recorder = Recorder({"state": STATES})
    for at, item in beats_of(0, 3, 2):
        recorder.take(item, at)

    recorder.flush()

    assert sorted(recorder.curves) == ["episode_return", "td_error"]


def test_raw_keeps_every_value_with_its_iteration() -> None:
    given = beats_of(1, FLUSH + 3, 2)
    recorder = Recorder({"state": STATES}, raw=True)
    for at, item in given:
        recorder.take(item, at)

    recorder.flush()

    assert recorder.raw is not None
    for name in ("td_error", "episode_return"):
        kept, expected = recorder.raw[name], column(given, name)
        assert [at for at, _ in kept] == [at for at, _ in expected]
        np.testing.assert_array_equal([v for _, v in kept], [v for _, v in expected])


def test_nothing_raw_is_kept_unasked() -> None:
    assert Recorder({}).raw is None


def test_a_signal_of_unknown_size_is_not_tallied() -> None:
    recorder = Recorder({})
    recorder.take(beat("act", state=torch.tensor([10**6])), 0)

    recorder.flush()

    assert recorder.tallies == {}


def test_a_derived_value_stands_in_the_bin_of_its_iteration() -> None:
    # Points every 4 iterations, mean of two replicas: (1 + 3)/2 = 2 at 3, (5 + 5)/2 = 5 at 7.
    recorder = Recorder({})

    recorder.put("truth_distance", 3, np.array([1.0, 3.0]), width=4)
    recorder.put("truth_distance", 7, np.array([5.0, 5.0]), width=4)

    at, n, mean = recorder.curves["truth_distance"].columns()[:3].tolist()
    assert (at, n, mean) == ([0, 4], [2, 2], [2, 5])
    assert recorder.summary() == {"truth_distance": {"last": 5.0, "mean_last_100": 3.5}}


def test_a_derived_number_is_a_curve_too() -> None:
    recorder = Recorder({})

    recorder.put("optimal_return", 3, np.array(-13.0), width=4)

    assert recorder.curves["optimal_return"].columns()[2].tolist() == [-13]


# ------------------------------------------------------------------ divergence


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("flush_at", [5, 7, 200])
def test_divergence_is_found_at_its_iteration(bad: float, flush_at: int) -> None:
    recorder = Recorder({})
    for i in range(2 * FLUSH):
        error = numbers(1.0, bad if i >= 7 else 2.0)
        recorder.take(beat("update", td_error=error, episode_return=numbers(math.nan, -3)), i)
        if i == flush_at:
            recorder.flush()

    recorder.flush()

    assert recorder.diverged == (7, "td_error")


@pytest.mark.parametrize("bad", [math.inf, -math.inf])
def test_an_infinite_event_is_divergence(bad: float) -> None:
    recorder = Recorder({})
    for i, value in enumerate([math.nan, 3.0, bad]):
        recorder.take(beat("update", episode_return=numbers(math.nan, value)), i)

    recorder.flush()

    assert recorder.diverged == (2, "episode_return")


def test_the_signal_that_went_first_is_named_whatever_its_beat() -> None:
    # `td_error` comes in the second beat of iteration 3, `episode_return` in the first of 4.
    recorder = Recorder({})
    for i in range(6):
        returned = numbers(math.inf if i >= 4 else 1.0)
        recorder.take(beat("act", episode_return=returned), i)
        recorder.take(beat("update", td_error=numbers(math.nan if i >= 3 else 0.0)), i)

    recorder.flush()

    assert recorder.diverged == (3, "td_error")


def test_nothing_ended_is_not_divergence() -> None:
    recorder = Recorder({})
    for i in range(FLUSH + 1):
        recorder.take(beat("update", episode_return=numbers(math.nan, math.nan)), i)

    assert recorder.summary() == {}
    assert recorder.diverged is None


def test_a_derived_curve_may_diverge_too() -> None:
    recorder = Recorder({})

    recorder.put("truth_distance", 127, np.array([1.0, math.inf]), width=128)

    assert recorder.diverged == (127, "truth_distance")


def test_what_diverged_is_summed_up_without_noise() -> None:
    # Warnings are errors here; ∞ − ∞ must not make one.
    recorder = Recorder({})
    for i, value in enumerate([math.inf, -math.inf]):
        recorder.take(beat("update", td_error=numbers(value), episode_return=numbers(value)), i)

    said = recorder.summary()["td_error"]

    assert said["last"] == -math.inf
    assert math.isnan(said["mean_last_100"])


# ------------------------------------------------------------------ going on


def travelled(recorder: Recorder) -> Recorder:
    """A fresh recorder with the state of that one, by way of a checkpoint's bytes."""
    arrays: codec.Arrays = {}
    packed = checkpoint.pack(recorder.state_dict(), "recorder", arrays)
    plain, read = codec.decode(codec.encode({"recorder": packed}, arrays))
    made = Recorder({"state": STATES})
    made.load_state_dict(checkpoint.unpack(plain["recorder"], read))
    return made


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 2 * FLUSH), st.integers(0, 2 * FLUSH))
def test_it_goes_on_from_a_checkpoint(seed: int, iterations: int, cut: int) -> None:
    given = beats_of(seed, iterations, 2)
    cut = min(2 * cut, len(given))
    whole, first = Recorder({"state": STATES}), Recorder({"state": STATES})
    for at, item in given:
        whole.take(item, at)
    for at, item in given[:cut]:
        first.take(item, at)

    second = travelled(first)
    for at, item in given[cut:]:
        second.take(item, at)

    assert second.summary() == whole.summary()
    assert second.tallies["visits"].tolist() == whole.tallies["visits"].tolist()
    for name in (name for name, declared in SIGNALS.items() if declared.tail):
        assert second.tail(name).tolist() == whole.tail(name).tolist()
    for name, curve in whole.curves.items():
        assert second.curves[name].columns().tobytes() == curve.columns().tobytes()


def test_divergence_is_remembered() -> None:
    recorder = Recorder({"state": STATES})
    recorder.take(beat("update", td_error=numbers(math.nan)), 4)

    assert travelled(recorder).diverged == (4, "td_error")
