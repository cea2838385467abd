"""What happens between agent and world, and the map on which it happens."""

from __future__ import annotations

from rlviz.signals.declaration import Signal

SIGNALS: dict[str, Signal] = {
    # Where the agent stands.
    "state": Signal("snapshot", "B", "s", "State before the action", tail=True),
    "action": Signal("snapshot", "B", "a", "Action taken", tail=True),
    "reward": Signal("snapshot", "B", "r", "Reward on arriving", "r_{t+1}"),
    "next_state": Signal("snapshot", "B", "s'", "State after the action", tail=True),
    "next_action": Signal("snapshot", "B", "a'", "Action that will be taken next"),
    "exploratory": Signal(
        "snapshot", "B", "", "1 where the action was drawn at random to explore", tail=True
    ),
    "terminated": Signal(
        "snapshot", "B", "", "1 where the episode ended in a terminal state", tail=True
    ),
    "truncated": Signal("snapshot", "B", "", "1 where the time limit cut the episode", tail=True),
    "visits": Signal("derived", "S", "N(s)", "How often replica 0 has been in each state"),
    # Returns.
    "episode_return": Signal(
        "event",
        "B",
        "G",
        "Undiscounted sum of rewards of an episode that has just ended",
        "G = Σ_t r_{t+1}",
        "reward",
        aliases=("rollout/ep_rew_mean", "charts/episodic_return"),
    ),
    "episode_length": Signal(
        "event",
        "B",
        "T",
        "Steps of an episode that has just ended",
        "T",
        "steps",
        aliases=("rollout/ep_len_mean", "charts/episodic_length"),
    ),
    # The map.
    "grid_shape": Signal("static", "2", "", "Rows and columns of the map", unit="cells"),
    "cell_kind": Signal(
        "static",
        "S",
        "",
        "0 floor, 1 wall, 2 start, 3 goal, 4 cliff, 5 pit, 6 reward, 7 and 8 lead away to 9 and "
        "10, 11 place: what each cell is",
    ),
    "cell_reward": Signal(
        "static",
        "S",
        "",
        "What entering a cell pays, or leaving one that leads away",
        unit="reward",
    ),
    "wind": Signal(
        "static", "S", "", "How far a step from each cell is blown upwards", unit="cells"
    ),
    "thin_wall": Signal(
        "static", "S", "", "Walls on the sides of a cell: 1 above, 2 right, 4 below, 8 left, added"
    ),
    "outcome_next": Signal("static", "S A K", "", "Where each outcome of each pair leads"),
    "outcome_probability": Signal(
        "static", "S A K", "", "How likely each outcome is", "P(s', r|s, a)"
    ),
    "outcome_reward": Signal("static", "S A K", "", "What each outcome pays", unit="reward"),
    "leads_to": Signal("static", "S", "", "Where a cell leads whatever the action; −1 for nowhere"),
}
