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
