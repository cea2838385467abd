from __future__ import annotations

from rlviz.server.held import Held
from rlviz.server.limits import Limits
from rlviz.server.suspicion import blame, may_start, review
from tests.server.stage import SPEC

LIMITS = Limits(settle_seconds=2.0, doubt_seconds=10.0, forgive_seconds=60.0)


def playing(name: str, iteration: int = 100) -> Held:
    run = Held(name, "ada", SPEC, 0, True, None, 0.0, 0.0)
    run.status, run.placed, run.iteration = "playing", True, iteration
    return run


def names(runs: list[Held]) -> list[str]:
    return [run.id for run in runs]


def lives(runs: list[Held]) -> list[Held]:
    """Those that the next worker starts: as the hub does it, in order."""
    for run in runs:
        run.placed = False
    for run in runs:
        run.placed = run.status != "failed" and may_start(run, runs)
    return [run for run in runs if run.placed]


def test_alone_with_its_worker_twice_is_guilty() -> None:
    run = playing("a")

    assert [names(blame([run])), names(blame([run]))] == [[], ["a"]]


def test_a_paused_run_is_never_blamed() -> None:
    paused, guilty = playing("paused"), playing("guilty")
    paused.playing, paused.status = False, "paused"

    assert [names(blame([paused, guilty])), names(blame([paused, guilty]))] == [[], ["guilty"]]


def test_after_a_first_death_all_go_on_together() -> None:
    runs = [playing(name) for name in "abc"]
    blame(runs)

    assert names(lives(runs)) == ["a", "b", "c"]


def test_after_a_second_death_suspects_go_on_one_at_a_time() -> None:
    runs = [playing(name) for name in "abc"]
    blame(runs)
    blame(runs)

    assert names(lives(runs)) == ["a"]


def test_of_many_only_the_guilty_run_fails() -> None:
    runs = [playing(name) for name in "abcd"]
    failed: list[str] = []
    for now in range(20):
        for run in lives(runs):
            run.iteration += 10 if run.id != "c" else 0  # "c" kills whatever worker holds it
        if runs[2].placed and not failed:
            failed += names(guilty := blame(runs))
            for run in guilty:
                run.status = "failed"
        else:
            for run in runs:
                review(run, 100.0 * now, LIMITS)
                review(run, 100.0 * now + 3, LIMITS)

    assert failed == ["c"]
    assert names(lives(runs)) == ["a", "b", "d"]


def test_a_suspect_is_cleared_past_the_place_of_the_death() -> None:
    a, b = playing("a"), playing("b")
    blame([a, b])
    blame([a, b])
    a.iteration = 101

    assert [review(a, now, LIMITS) for now in (1.0, 2.0, 3.0)] == [False, False, True]


def test_a_slow_suspect_is_cleared_when_it_has_lived_long_enough() -> None:
    a, b = playing("a"), playing("b")
    blame([a, b])
    blame([a, b])
    a.iteration, a.placed_at = 90, 5.0

    assert [review(a, now, LIMITS) for now in (14.0, 15.0)] == [False, True]


def test_a_death_is_forgotten_after_a_good_while() -> None:
    run = playing("a")
    blame([run])
    run.iteration = 101
    for now in (10.0, 70.0):
        review(run, now, LIMITS)

    assert names(blame([run])) == []
