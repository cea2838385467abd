"""Statistics over replicas: a centre and a band for each point, and what each of them says.

Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice": few
runs need an interval, and a mean is ruled by its outliers. Replicas lie along the first axis, a
column for each point; NaN stands where a replica has no value, and is left out. A column without
values gives NaN.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RESAMPLES = 1000
LEVEL = 0.95
TRIMMED = 0.25  # of the values at each end that an interquartile mean leaves out


class Band(NamedTuple):
    """A centre between two edges, one of each for every column."""

    centre: Floats
    low: Floats
    high: Floats


def standard_error(values: Floats) -> Band:
    """The mean and one standard error of it to either side.

        m = Σ_r x_r / R        SE = √(Σ_r (x_r − m)² / (R − 1)) / √R

    One value has no spread to tell of: its edges are NaN.

    Args:
        values: [R, N].
    """
    n = count(values)
    mean = _ratio(np.nansum(values, axis=0), n)
    squares = np.nansum(np.square(values - mean), axis=0)
    error = np.sqrt(_ratio(squares, (n - 1) * n))
    return Band(mean, mean - error, mean + error)


def error_of_curve(mean: Floats, sd: Floats, n: Floats, replicas: int) -> Band:
    """The same of a curve that was reduced already, with an error that is not too small.

        SE ≤ sd / √min(n, R)

    The n values of a bin are of R replicas; those of one replica are not independent, so no more
    than R of them count. `sd` holds what varies within a replica too, so it is the larger one.

    Args:
        mean: of all values of a bin, [N].
        sd: their standard deviation, [N].
        n: how many there are, [N].
        replicas: R.
    """
    error = np.where(np.minimum(n, replicas) > 1, sd / np.sqrt(np.clip(n, 1, replicas)), np.nan)
    return Band(mean, mean - error, mean + error)


def quantile_band(values: Floats, low: float = 0.25, high: float = 0.75) -> Band:
    """The median between two quantiles, each linear between the two nearest of the sorted values.

    Args:
        values: [R, N].
        low: 0.25 for the first quartile.
        high: 0.75 for the third.
    """
    ordered, n = np.sort(values, axis=0), count(values)  # NaN comes last
    return Band(*(_quantile(ordered, n, p) for p in (0.5, low, high)))


def iqm(values: Floats) -> Floats:
    """The interquartile mean: of what is left without the lowest and the highest quarter.

        IQM = Σ_{g < i ≤ R − g} x_(i) / (R − 2g),   g = ⌊R / 4⌋   (Agarwal et al. 2021, section 4)

    Args:
        values: [R, N].
    """
    ordered, n = np.sort(values, axis=0), count(values)
    cut = np.floor(TRIMMED * n)
    rank = np.arange(len(values))[:, None]
    middle = (rank >= cut) & (rank < n - cut)
    return _ratio(np.where(middle, ordered, 0.0).sum(0), n - 2 * cut)


def bootstrap_interval(
    values: Floats, seed: int, *, resamples: int = RESAMPLES, level: float = LEVEL
) -> Band:
    """The interquartile mean with its percentile bootstrap interval over replicas.

    R replicas are drawn with replacement, `resamples` times, and the interval is what holds the
    middle 95 % of their interquartile means (Agarwal et al. 2021, section 4). The draw of replicas
    is a draw of ranks, and the interquartile mean is linear in the sorted values; so one matrix of
    weights serves every column, and no resample is ever sorted.

    Args:
        values: [R, N].
        seed: of the draws; the same one gives the same interval.
        resamples: how often replicas are drawn.
        level: the share of resamples within the interval.
    """
    ordered, n = np.sort(values, axis=0), count(values)
    low, high = np.full(len(n), np.nan), np.full(len(n), np.nan)
    for size in np.unique(n[n > 0]).astype(int):
        same = n == size
        means = _weights(int(size), seed, resamples) @ ordered[:size, same]  # [resamples, N]
        low[same], high[same] = np.quantile(means, ((1 - level) / 2, (1 + level) / 2), axis=0)
    return Band(iqm(values), low, high)


def count(values: Floats) -> Floats:
    """How many replicas have a value, for each column."""
    found: Floats = (~np.isnan(values)).sum(axis=0).astype(np.float64)
    return found


def _weights(size: int, seed: int, resamples: int) -> Floats:
    """What each of the sorted values weighs in the interquartile mean of each resample.

    A resample that holds the value of rank i c_i times puts it at the places C_{i−1} + 1 to C_i of
    its own order, where C counts up; what of that lies in the middle half is its weight.
    """
    draws = np.random.Generator(np.random.Philox(key=seed)).integers(size, size=(resamples, size))
    rows = np.arange(resamples)[:, None] * size
    counts = np.bincount((draws + rows).ravel(), minlength=resamples * size)
    cut = int(TRIMMED * size)
    up_to = np.clip(counts.reshape(resamples, size).cumsum(axis=1), cut, size - cut)
    within = np.diff(up_to, axis=1, prepend=cut)
    weights: Floats = within / (size - 2 * cut)
    return weights


def _quantile(ordered: Floats, n: Floats, p: float) -> Floats:
    position = p * np.maximum(n - 1, 0)
    below = np.floor(position).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(n - 1, 0).astype(np.int64))
    column = np.arange(ordered.shape[1])
    least = ordered[below, column]
    found: Floats = least + (ordered[above, column] - least) * (position - below)
    return found


def _ratio(above: Floats, below: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):  # 0 / 0: a column without values
        return np.where(below > 0, above / below, np.nan)
