"""What a baseline does to the variance of the REINFORCE estimator, exactly.

For one state the estimator is ∇log π(A)·(Q(A) + noise − b); scores are those of softmax
preferences, ∇log π(a) = e_a − π. For an episode it is Σ_t γ^t ∇log π(a_t|s_t)(G_t − b(s_t)). A
baseline moves the variance and never the mean, as long as it does not look at the action.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rlviz.exact.dynamic_programming import Array
from rlviz.exact.policy_gradient import Observed, softmax_policy, visits
from rlviz.worlds.tabular import TabularWorld


class Estimator(NamedTuple):
    """Exact moments of one episode's estimate of ∇_θ J."""

    mean: Array  # [O, A]
    variance: float  # the trace of its covariance


def score_norms(probability: Array) -> Array:
    """|∇log π(a)|² = 1 − 2π_a + Σ_b π_b², [..., A]."""
    norms: Array = 1 - 2 * probability + (probability**2).sum(-1, keepdims=True)
    return norms


def estimator_mean(probability: Array, q: Array, baseline: Array | float) -> Array:
    """E[∇log π(A)(Q(A) − b)] = π·(x − Σ_b π_b·x_b) with x = Q − b, [A].

    `baseline` may be a number, or one for each action [A]: then the mean moves, and with b = Q
    nothing is left of it.
    """
    x = q - baseline
    mean: Array = probability * (x - probability @ x)
    return mean


def estimator_variance(
    probability: Array, q: Array, baseline: Array | float, noise: Array | float = 0.0
) -> Array:
    """Trace of the covariance of ∇log π(A)(Q(A) + noise − b), of the shape of `baseline`.

        Σ_a π_a |s_a|² ((Q_a − b)² + σ_a²) − |π·(Q − V)|²

    Args:
        probability: π, [A].
        q: Q, [A].
        baseline: b, a number or [N] for N baselines; none of them looks at the action.
        noise: σ, standard deviation of the return given the action, a number or [A].
    """
    b = np.asarray(baseline, dtype=np.float64)[..., None]
    square = (probability * score_norms(probability) * ((q - b) ** 2 + noise**2)).sum(-1)
    variance: Array = square - (estimator_mean(probability, q, 0.0) ** 2).sum()
    return np.maximum(variance, 0.0)


def single_logit_variance(
    p: float, q: Array, baseline: Array | float, noise: Array | float = 0.0
) -> Array:
    """The same for two arms and one logit, π(1) = sigmoid(t) = p, with Q = [Q_0, Q_1].

    The scores are −p and 1 − p; the two preferences of a softmax have twice this variance.
    """
    chance, score = np.array([1 - p, p]), np.array([-p, 1 - p])
    b = np.asarray(baseline, dtype=np.float64)[..., None]
    square = (chance * score**2 * ((q - b) ** 2 + noise**2)).sum(-1)
    variance: Array = square - (p * (1 - p) * (q[1] - q[0])) ** 2
    return np.maximum(variance, 0.0)


def best_baseline(probability: Array, q: Array) -> float:
    """b* = E[|s|²Q]/E[|s|²], the least variance of all (Greensmith et al. 2004).

    V is as good only where |s|² and Q are uncorrelated. A policy without chance has score 0, and
    any baseline does: V is returned.
    """
    weight = probability * score_norms(probability)
    if not weight.sum() > 0:
        return float(probability @ q)
    return float(weight @ q / weight.sum())


def reward_to_go(
    world: TabularWorld, theta: Array, gamma: float, baseline: Array, observed: Observed = None
) -> Estimator:
    """Of g = Σ_t γ^t s_t (G_t − b(s_t)), s_t = ∇log π(a_t|s_t), by recursion on (G, g).

        G = r + γG',   g = s(G − b) + γg'

    gives linear systems for E[G], E[G²], E[g], E[G·g] and E[|g|²], one after the other.

    Args:
        world: the tables.
        theta: θ, [O, A].
        gamma: γ; below 1 the policy need not end.
        baseline: b(s), [S].
        observed: the row of θ of each state, [S] int64.
    """
    walk = _walk(world, theta, gamma, observed, gamma)
    b, r = baseline[:, None, None], world.reward
    powers = _powers_of_return(walk)
    first, second = (_then(walk, powers, i) for i in (1, 2))  # E[G | s, a, s'], E[G² | ...]
    mean = _solve(walk, 1, _score_sum(walk, first - b))
    to_cross = _score_sum(walk, second - b * first) + gamma * _after(walk, 1, mean)
    cross = _solve(walk, 2, to_cross)  # E[G·g]
    inner = (r - b) * _score_dot(walk, mean) + gamma * _score_dot(walk, cross)  # E[(G − b)s·g']
    square = walk.norm * (second - 2 * b * first + b**2) + 2 * gamma * inner
    return _from_start(world, mean, _solve(walk, 2, _sum(walk, square)))


def whole_return(
    world: TabularWorld, theta: Array, gamma: float, baseline: Array, observed: Observed = None
) -> Estimator:
    """Of g = Σ_t s_t (R − γ^t b(s_t)), where every action answers for R = Σ_t γ^t r_{t+1}.

    The mean is ∇J too, since past rewards add 0 to it; they add to the variance. With
    Z = Σ_t s_t and B = Σ_t γ^t b(s_t) s_t it is g = R·Z − B, and linear systems give E[RⁱZ],
    E[RⁱB], E[Rⁱ|Z|²], E[RⁱZ·B] and E[|B|²]. NoFiniteTruth where the policy may never end: |Z|
    then has no bound.

    Args:
        world: the tables.
        theta: θ, [O, A].
        gamma: γ.
        baseline: b(s), [S].
        observed: the row of θ of each state, [S] int64.
    """
    walk = _walk(world, theta, gamma, observed, 1.0)
    b = baseline[:, None, None]
    r_i = _powers_of_return(walk)
    z: list[Array] = []
    y: list[Array] = []  # E[RⁱB]
    zz: list[Array] = []
    zy: list[Array] = []
    for i in range(3):
        then = _then(walk, r_i, i)
        z.append(_solve(walk, i, _score_sum(walk, then) + _lower(walk, z, i)))
        y.append(_solve(walk, i + 1, _score_sum(walk, b * then) + gamma * _lower(walk, y, i)))
        dot_z = _then(walk, [_score_dot(walk, x) for x in z], i, placed=True)
        dot_y = _then(walk, [_score_dot(walk, x) for x in y], i, placed=True)
        known = _sum(walk, walk.norm * then + 2 * dot_z) + _lower(walk, zz, i)
        zz.append(_solve(walk, i, known))
        known = _sum(walk, b * walk.norm * then + gamma * dot_y + b * dot_z)
        zy.append(_solve(walk, i + 1, known + gamma * _lower(walk, zy, i)))
    # Scores have mean 0 wherever they stand, so E[B] = 0 and b(s)·s goes with no later one.
    yy = _solve(walk, 2, _sum(walk, b**2 * walk.norm))
    return _from_start(world, z[1], zz[2] - 2 * zy[1] + yy)


class _Walk(NamedTuple):
    """An episode's chances and scores; states that it never meets, and terminal ones, are 0."""

    gamma: float
    policy: Array  # [S, A]
    weight: Array  # [S, A, K] π(a|s)·P(s'|s, a)
    norm: Array  # [S, A, 1] |∇log π(a|s)|²
    to: NDArray[np.int64]  # [S, A, K]
    row: NDArray[np.int64]  # [S]
    rows: int  # O
    reward: list[Array]  # 1, E[r], E[r²] of each outcome, [S, A, K] each
    onward: list[Array]  # the sums of weight·those from state to state, [S, S] each


def _walk(
    world: TabularWorld, theta: Array, gamma: float, observed: Observed, ends: float
) -> _Walk:
    """`ends`: the discount at which visits must be finite."""
    policy = softmax_policy(world, theta, observed)
    met = visits(world, policy, ends) > 0
    weight = np.where(met[:, None, None], policy[:, :, None] * world.probability, 0.0)
    noise = 0.0 if world.reward_sd is None else world.reward_sd[:, :, None] ** 2
    reward = [np.ones_like(world.reward), world.reward, world.reward**2 + noise]
    onward = []
    state = np.broadcast_to(np.arange(world.n_states)[:, None, None], weight.shape)
    for x in reward:
        p = np.zeros((world.n_states, world.n_states))
        np.add.at(p, (state, world.next_state), weight * x)
        onward.append(p)
    row = np.arange(world.n_states) if observed is None else observed
    norm = score_norms(policy)[:, :, None]
    return _Walk(gamma, policy, weight, norm, world.next_state, row, len(theta), reward, onward)


def _solve(walk: _Walk, power: int, known: Array) -> Array:
    """X(s) = known(s) + γ^power E[X(s')], [S, ...]; 0 in terminal states."""
    n = len(known)
    system = np.eye(n) - walk.gamma**power * walk.onward[0]
    return np.asarray(np.linalg.solve(system, known.reshape(n, -1)).reshape(known.shape))


def _powers_of_return(walk: _Walk) -> list[Array]:
    """E[Gⁱ] for i = 0, 1, 2, [S] each."""
    powers = [np.ones(len(walk.row))]
    for i in (1, 2):
        known = _sum(walk, _then(walk, powers, i))
        powers.append(_solve(walk, i, known))
    return powers


def _then(walk: _Walk, after: list[Array], power: int, *, placed: bool = False) -> Array:
    """E[(r + γG')^power·X' | s, a, s'], [S, A, K], from after[j] = E[G'^j·X'] by state s', [S].

    `placed` where they are by outcome already. A power that is not in the list counts as 0.
    """
    total = np.zeros_like(walk.weight)
    for j, x in enumerate(after[: power + 1]):
        share = math.comb(power, j) * walk.gamma**j * walk.reward[power - j]
        total += share * (x if placed else x[walk.to])
    return total


def _lower(walk: _Walk, after: list[Array], power: int) -> Array | float:
    """Σ_{j<power} of the same terms, summed over actions and outcomes, for X' of any shape."""
    total: Array | float = 0.0
    for j, x in enumerate(after[:power]):
        share = math.comb(power, j) * walk.gamma**j
        total = total + share * np.tensordot(walk.onward[power - j], x, 1)
    return total


def _after(walk: _Walk, power: int, x: Array) -> Array:
    """E[r^power·X(s')] from each state, of the shape of X."""
    return np.tensordot(walk.onward[power], x, 1)


def _sum(walk: _Walk, each: Array) -> Array:
    """E[x] over actions and outcomes of a state, [S]."""
    total: Array = (walk.weight * each).sum((1, 2))
    return total


def _score_sum(walk: _Walk, each: Array) -> Array:
    """E[x·∇log π(a|s)], [S, O, A]."""
    by_action = (walk.weight * each).sum(-1)
    total = np.zeros((len(walk.row), walk.rows, by_action.shape[1]))
    direction = by_action - walk.policy * by_action.sum(-1, keepdims=True)
    total[np.arange(len(walk.row)), walk.row] = direction
    return total


def _score_dot(walk: _Walk, x: Array) -> Array:
    """∇log π(a|s)·X(s'), [S, A, K], of X [S, O, A]: only the row of s counts."""
    here = x[walk.to, walk.row[:, None, None]]  # [S, A, K, A]
    own = np.take_along_axis(here, np.arange(here.shape[1])[None, :, None, None], -1)[..., 0]
    dot: Array = own - np.einsum("sb,sakb->sak", walk.policy, here)
    return dot


def _from_start(world: TabularWorld, mean: Array, square: Array) -> Estimator:
    first = np.tensordot(world.start, mean, 1)
    return Estimator(first, max(float(world.start @ square - (first**2).sum()), 0.0))
