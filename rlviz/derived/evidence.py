"""What a run knows of itself, and the sentences that can be said of it when something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from rlviz.derived.stretches import Course, Stretch, stretches
from rlviz.derived.view import View
from rlviz.signals import SIGNALS

Suspect = dict[str, Any]  # {"kind", "text", "values"}: an English sentence and its places

SENTENCES = {
    "first": "{signal} was the first to be infinite or not a number, at iteration {iteration:,d}.",
    "growth": (
        "The largest {signal} was {before:.3g} around iteration {start:,d} and "
        "{after:.3g} at iteration {end:,d}: it doubled every {doubling:.3g} iterations."
    ),
    "overshoots": (
        "The largest eligibility e is {trace:.3g} and α is {alpha:.3g}: one error moves"
        " a value by {step:.3g} times itself, and beyond 2 it overshoots by more than "
        "it corrects."
    ),
    "unfading": (
        "γ·λ = {product:.4g}: a trace hardly fades before its episode ends, and the "
        "longest episode so far had {longest:,d} steps."
    ),
    "no_end": (
        "γ = 1, and no terminal state can be reached from the start: what is added up has no end."
    ),
    "beyond": (
        "The largest {estimate} is {largest:.4g}, but with rewards of at most "
        "{reward:.4g} and γ = {gamma:.4g} no return is larger than {bound:.4g}."
    ),
    "no_rest": (
        "The values move on: the mean {signal} was {before:.3g} around iteration "
        "{start:,d} and is {now:.3g} in the last {n:,d} iterations."
    ),
    "fell": (
        "The mean return of the last {n:,d} episodes is {now:.4g}; around iteration "
        "{iteration:,d} it was {best:.4g}. That is {deviations:.2g} standard deviations"
        " less."
    ),
    "since": "It has been nearer to the lower of the two since iteration {iteration:,d}.",
    "longer": (
        "Episodes take {now:.4g} steps; around iteration {iteration:,d} they took "
        "{before:.4g}. The limit is {limit:,d}."
    ),
    "errors": (
        "The root mean square of {signal} is {now:.3g}; around iteration {iteration:,d}"
        " it was {before:.3g}."
    ),
    "schedule": "{symbol} has gone from {old:.4g} to {new:.4g} since then, by its schedule.",
    "changed": "{symbol} was changed from {old:.4g} to {new:.4g} at iteration {iteration:,d}.",
    "changed_words": "{symbol} was changed at iteration {iteration:,d}.",
    "no_reward": (
        "All {n:,d} episodes so far have returned 0: no reward has come from which "
        "something could be learned."
    ),
    "no_error": (
        "{signal} has been 0 up to rounding in every replica for the last {n:,d} iterations, "
        "and the root mean square distance to the truth is {distance:.3g}."
    ),
    "cut": (
        "The last {n:,d} episodes took {length:.4g} steps on average; the shortest way "
        "to an end has {steps:,d} and the limit is {limit:,d}."
    ),
    "faint": (
        "The nearest end is {steps:,d} steps from the start. With γ = {gamma:.4g} a "
        "reward of 1 there counts {weight:.2g} at the start."
    ),
    "stays": (
        "Replica 0 has not left state {state:d} in its last {steps:,d} steps, and with "
        "ε = 0 it tries nothing but what looks best."
    ),
    "tiny": (
        "α = {alpha:.3g}: even the state that was met most often, {visits:,d} times, "
        "has gone {share:.2g} % of the way from its first guess."
    ),
    "per_step": (
        "The root mean square of {signal} is {error:.3g}, so one step changes a value "
        "by about {change:.2g}."
    ),
    "decided": (
        "The policy leaves nothing to chance any more: its entropy is {entropy:.2g} nat. Its exact "
        "return is {now:.4g}, and the best policy would have {best:.4g}."
    ),
    "leap": (
        "The longest estimated gradient was {length:.3g} and α_θ is {alpha:.3g}: one update moved "
        "the preferences by {leap:.3g}, and what is hardly ever drawn afterwards is hardly ever "
        "learned about."
    ),
    "no_gradient": (
        "The estimated gradient has been 0 for the last {n:,d} iterations, and the exact one is "
        "{exact:.3g} long."
    ),
    "refused": (
        "No replica has taken a step in the last {n:,d} iterations: the line search refused all "
        "that it tried, and the exact gradient is {exact:.3g} long."
    ),
    "no_radius": "δ = 0: the only policy within the trust region is the one that is there.",
    "tried": (
        "It tries {tries:,d} parts of the full step, the shortest {part:.3g} of it: each of them "
        "is further than δ = {delta:.3g}, or gains nothing."
    ),
    "alone": (
        "With one episode a batch the batch mean is its own return, so nothing is left of any "
        "return."
    ),
}


@dataclass(frozen=True)
class Known:
    """What a run knows of itself when it is asked."""

    view: View
    curves: Mapping[str, Course]
    visits: NDArray[np.int64]  # [S] of replica 0
    tail: Callable[[str], NDArray[Any]]  # last values of replica 0
    marks: Sequence[Mapping[str, Any]]  # changes that have acted
    diverged: tuple[int, str] | None
    config_at: Callable[[int], Any]  # the settings of now at another iteration of their schedules


def says(kind: str, sentence: str, **values: Any) -> Suspect:
    """One of the sentences, with what stands in its places."""
    return {"kind": kind, "text": SENTENCES[sentence], "values": values}


def symbol(name: str) -> str:
    """The letter of a signal, or its name where it has none."""
    return (SIGNALS[name].symbol if name in SIGNALS else "") or name


def setting(known: Known, name: str) -> float | None:
    """A number of the settings of now, of replica 0; None where the method has none."""
    value = vars(known.view.config).get(name)
    value = value[0] if isinstance(value, Tensor) else value
    return None if value is None or isinstance(value, str) else float(value)


def is_chosen(known: Known, name: str, option: str) -> bool:
    """Whether that option is chosen, or the method has no other."""
    return bool(vars(known.view.config).get(name, option) == option)


def acts(known: Known) -> bool:
    """Whether it acts on what it learns; else its returns are those of a policy that is given."""
    return "exploratory" in known.view.latest and "v_policy" not in known.view.after.values()


def largest(values: Tensor) -> float:
    """Of what is finite: a pair that does not exist has −∞."""
    finite = values[values.isfinite()]
    return float(finite.abs().max()) if finite.numel() else 0.0


def course(known: Known, name: str) -> list[Stretch]:
    """That signal in stretches, oldest first; none where it was never measured."""
    return stretches(known.curves[name]) if name in known.curves else []


def to_the_end(known: Known) -> int | None:
    """Steps of the shortest way from the start to a terminal state; None where there is none."""
    world = known.view.truth.world
    here, met, steps = world.start > 0, np.zeros(world.n_states, bool), 0
    while here.any():
        if world.terminal[here].any():
            return steps
        met |= here
        after = np.zeros(world.n_states, bool)
        after[world.next_state[here][world.possible[here]]] = True
        here, steps = after & ~met, steps + 1
    return None
