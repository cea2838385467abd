"""What the beats of control methods say in words, where several of them say the same.

Each is a pair of a condition and a sentence, as an `Equation` takes them.
"""

from __future__ import annotations

Captions = tuple[tuple[str, str], ...]

# Of the step, by who draws the action now, and by who drew it at the step before.
ACTS: Captions = (
    ("exploratory", "Explores: the draw said {action}. Reward {reward:.0f}."),
    ("", "Takes {action}, the best it knows here. Reward {reward:.0f}."),
)
ACTS_AS_DRAWN: Captions = (
    ("exploratory", "Explores: the draw said {action}. Reward {reward:.0f}."),
    ("", "Takes {action}, the best it knew here. Reward {reward:.0f}."),
)
# Of an update by one reward and a value, where something special happened.
EVENTS: Captions = (
    (
        "terminated",
        "Arrived: nothing follows, so the target is the reward {reward:.0f} alone. "
        "Q(s, {action}) goes from {q_sa:.1f} to {q_new:.1f}.",
    ),
    (
        "truncated",
        "The time limit cut the episode; the future still counts. "
        "Q(s, {action}) goes from {q_sa:.1f} to {q_new:.1f}.",
    ),
    (
        "reward<-50",
        "Fell off the cliff: reward {reward:.0f}, so Q(s, {action}) falls from "
        "{q_sa:.1f} to {q_new:.1f}.",
    ),
)
# Of a step of a policy that is a distribution.
COLLECTS: Captions = (
    ("terminated", "Arrived: the policy drew {action}, and the episode ends with {reward:.2f}."),
    ("truncated", "The time limit cut the episode here. Reward {reward:.2f}."),
    ("", "The policy draws {action}. Reward {reward:.2f}."),
)
# Of a batch that has been weighed, and of an epoch on it.
ESTIMATES: Captions = (
    (
        "batch_spread<0.000000001",
        "All advantages of this batch are equal: it can not tell a good action from a bad one.",
    ),
    (
        "sample_advantage>0",
        "The first action of the batch was better than the critic expected, by "
        "{sample_advantage:.2f}: it shall become more likely.",
    ),
    (
        "",
        "The first action of the batch was worse than the critic expected, by "
        "{sample_advantage:.2f}: it shall become less likely.",
    ),
)
REUSES: Captions = (
    (
        "outside_share",
        "Epoch {epoch:.0f}: KL from the old policy is {old_kl:.4f}; {outside_share:.2f} of the "
        "ratios are outside the band, and {binding_share:.2f} are silent.",
    ),
    (
        "",
        "Epoch {epoch:.0f}: KL from the old policy is {old_kl:.4f}; no ratio is outside the band.",
    ),
)
PENALISES: Captions = (
    (
        "",
        "Epoch {epoch:.0f}: KL from the old policy is {old_kl:.4f}, and nothing is clipped: a "
        "penalty pulls on every sample.",
    ),
)
# Of an advantage that a critic takes part in.
ADVANTAGES: Captions = (
    (
        "sample_advantage>0",
        "The first action of the watched episode went better than the critic said: "
        "{sample_return:.2f} against {sample_baseline:.2f}.",
    ),
    (
        "sample_advantage<0",
        "The first action of the watched episode went worse than the critic said: "
        "{sample_return:.2f} against {sample_baseline:.2f}.",
    ),
    ("", "The first action of the watched episode went exactly as the critic said."),
)
# Of an iteration of conjugate gradient.
SOLVES: Captions = (
    (
        "solve_residual>0.000001",
        "Conjugate gradient: of a gradient of length {gradient_norm:.4f}, {solve_residual:.6f} is "
        "still unexplained.",
    ),
    ("", "Conjugate gradient: F x equals the gradient now, so x is the natural direction."),
)
