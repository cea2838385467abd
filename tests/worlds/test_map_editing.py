"""A map that is changed under a trained agent, through the run that everybody uses."""

from __future__ import annotations

import pytest

from rlviz import registry
from rlviz.errors import BadValue
from rlviz.runs.codec import decode
from rlviz.runs.loop import Run
from rlviz.runs.spec import Edit, RunSpec, from_plain, intervention_from_plain, to_plain
from rlviz.worlds import room

BEFORE, AFTER = "S...G/...../.....", "S..../...../....G"


def trained() -> Run:
    """A Q-learner that knows its way."""
    spec = RunSpec("q_learning", "room", world_config={"map": BEFORE}, seed=1)
    run = Run(spec)
    run.advance(float("inf"), 3000)
    return run


def derived(run: Run, name: str) -> list[float]:
    _, arrays = decode(run.frame([name]))
    return arrays[name].reshape(-1).tolist()


def edited(run: Run, keep: str, **values: object) -> None:
    plain = {"kind": "edit", "world": values, "keep": keep}
    change = intervention_from_plain(plain, "q_learning", "room", registry.catalogue(), 1)
    run.intervene("c", change)
    run.advance(float("inf"), run.iteration + 1)


def test_a_moved_goal_is_found_again_by_whoever_keeps_what_was_learned() -> None:
    run = trained()
    assert derived(run, "greedy_return") == [-4.0]
    known = run.state.q[0, 5].clone()

    edited(run, "weights", map=AFTER)
    _, map_now = decode(run.static())
    assert map_now["cell_kind"].tolist()[4:15:10] == [0, 3]
    assert (run.state.q[0, 5] == known).all()  # nobody has been there since
    run.advance(float("inf"), run.iteration + 6000)

    assert derived(run, "greedy_return") == [-6.0]


def test_a_state_that_ends_now_or_did_before_takes_its_fresh_value() -> None:
    run = trained()
    at_start, old_goal, new_goal = (run.state.q[0, s].clone() for s in (0, 4, 3))
    assert (new_goal != 0).all()

    edited(run, "weights", map="S..G./...../.....")

    assert (run.state.q[0, 3] == 0).all()  # a goal is worth nothing more
    assert (run.state.q[0, 4] == old_goal).all()  # 0, as everything that is new here
    assert (run.state.q[0, 0] == at_start).sum() >= 3  # one pair may have moved on


def test_a_run_that_stands_between_two_iterations_is_changed_at_once() -> None:
    run, other = trained(), trained()
    plain = {"kind": "edit", "world": {"map": AFTER}, "keep": "weights"}
    change = intervention_from_plain(plain, "q_learning", "room", registry.catalogue(), 1)
    for one in (run, other):
        one.intervene("c", change)
    run.settle()

    assert decode(run.static())[1]["cell_kind"].tolist()[14] == 3
    assert run.iteration == 3000
    saved = run.checkpoint()
    resumed = Run(run.spec)
    resumed.restore(saved)
    for one in (run, other, resumed):
        one.advance(float("inf"), 3500)
    assert len(run.marks) == len(resumed.marks) == 1
    assert (run.state.q == other.state.q).all()
    assert (run.state.q == resumed.state.q).all()


def test_a_mark_says_what_the_map_was_before() -> None:
    run = Run(RunSpec("q_learning", "room"))
    edited(run, "weights", map=room.MAP.replace("G", ".").replace("S..", "S.G"))

    assert run.marks[0]["old"] == room.MAP


def test_starting_afresh_forgets() -> None:
    run = trained()

    edited(run, "nothing", map=AFTER)

    assert (run.state.q != 0).sum() <= 1


def test_a_change_of_the_map_is_replayed_from_the_spec() -> None:
    run = trained()
    edited(run, "weights", map=AFTER)
    run.advance(float("inf"), 3500)

    again = Run(from_plain(to_plain(run.spec), registry.catalogue()))
    again.advance(float("inf"), 3500)
    assert (again.state.q == run.state.q).all()


@pytest.mark.parametrize("drawn", ["S#G", "...", "S?G"])
def test_an_impossible_map_never_reaches_the_run(drawn: str) -> None:
    plain = {"kind": "edit", "world": {"map": drawn}}

    with pytest.raises(BadValue, match=r"map|goal"):
        intervention_from_plain(plain, "q_learning", "room", registry.catalogue(), 1)


def test_a_map_of_another_shape_can_not_keep_what_was_learned() -> None:
    run = trained()
    run.intervene("c", Edit({"map": "S.G"}))

    with pytest.raises(BadValue, match="another shape now"):
        run.advance(float("inf"), run.iteration + 1)
    assert decode(run.static())[1]["cell_kind"].size == 15  # nothing was replaced
