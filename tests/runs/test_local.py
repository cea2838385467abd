from __future__ import annotations

import threading
from collections.abc import Iterator
from inspect import signature

import pytest

from rlviz.errors import NoSuchRun
from rlviz.runs.client import Client, RunView
from rlviz.runs.codec import decode
from rlviz.runs.local import LocalClient
from rlviz.runs.loop import Run
from rlviz.runs.spec import At, RunSpec, Set

SPEC = RunSpec("q_learning", "cliff_walking", replicas=4, seed=7, device="cpu")


@pytest.fixture(scope="module")
def client() -> Iterator[LocalClient]:
    opened = LocalClient()
    yield opened
    opened.close()


def paused(seen: RunView) -> bool:
    return seen.status == "paused" and seen.frame != b""


def test_a_run_plays_until_it_is_paused(client: LocalClient) -> None:
    run = client.start(SPEC, "ann")
    client.wait(run, lambda seen: seen.iteration > 100)
    client.pause(run)
    stands = client.wait(run, paused)

    assert decode(stands.frame)[0]["iteration"] == stands.iteration


def test_steps_add_up_and_are_exact(client: LocalClient) -> None:
    run = client.start(SPEC, "ann", playing=False)
    client.step(run, "iteration", 2)
    client.step(run, "iteration", 3)
    stands = client.wait(run, lambda seen: seen.iteration == 5 and paused(seen))

    assert (stands.iteration, stands.beat) == (5, 0)


def test_it_shows_what_the_bare_loop_computes(client: LocalClient) -> None:
    run = client.start(SPEC, "ann", playing=False)
    client.step(run, "iteration", 50)
    stands = client.wait(run, lambda seen: seen.iteration == 50 and paused(seen))
    bare = Run(SPEC)
    bare.advance(float("inf"), 50)
    found, expected = decode(stands.frame)[1], decode(bare.frame())[1]

    assert found["q"].tobytes() == expected["q"].tobytes()


def test_a_change_leaves_its_mark_and_stands_in_the_spec(client: LocalClient) -> None:
    run = client.start(SPEC, "ann", playing=False)
    client.step(run, "iteration", 10)
    client.wait(run, lambda seen: seen.iteration == 10 and paused(seen))
    client.intervene(run, Set("alpha", 0.1))
    client.step(run, "iteration", 1)
    client.wait(run, lambda seen: seen.iteration == 11 and seen.spec.interventions != ())
    seen = client.view(run)

    assert seen.spec.interventions == (At(10, Set("alpha", 0.1)),)
    assert [(mark["field"], mark["old"], mark["new"]) for mark in seen.marks] == [
        ("alpha", 0.5, 0.1)
    ]


def test_only_the_owner_owns(client: LocalClient) -> None:
    run = client.start(SPEC, "ann", playing=False)

    assert (client.owns(run, "ann"), client.owns(run, "bob"), client.owns(run, "")) == (
        True,
        False,
        False,
    )


def test_a_public_run_is_one_for_all_and_owned_by_nobody(client: LocalClient) -> None:
    run = client.start_public("home", SPEC, 50.0)

    assert client.start_public("home", SPEC, 50.0) == run
    assert not client.owns(run, "")


def test_a_forgotten_run_is_gone(client: LocalClient) -> None:
    run = client.start(SPEC, "ann", playing=False)
    client.stop(run)

    with pytest.raises(NoSuchRun, match="There is no run"):
        client.view(run)


def test_closing_ends_its_threads() -> None:
    before = threading.active_count()
    opened = LocalClient()
    opened.start(SPEC, "ann")
    opened.close()

    assert threading.active_count() == before


def test_it_has_every_method_of_a_client() -> None:
    methods = [name for name in vars(Client) if not name.startswith("_")]
    expected = {name: list(signature(getattr(Client, name)).parameters) for name in methods}
    found = {name: list(signature(getattr(LocalClient, name)).parameters) for name in methods}

    assert found == expected
