from __future__ import annotations

import threading
from collections.abc import Iterator
from inspect import signature

import pytest

from rlviz.errors import BadValue, NoSuchRun, NotAllowed
from rlviz.runs.archive import pack
from rlviz.runs.client import Client, Parent, RunView
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


def at_rest(client: LocalClient, iteration: int, owner: str = "ann") -> str:
    """A run that stands there, saved."""
    run = client.start(SPEC, owner, playing=False, until=iteration)
    client.wait(run, lambda seen: seen.iteration == iteration and paused(seen))
    return run


def test_a_fork_is_its_parent_up_to_there_and_then_its_own(client: LocalClient) -> None:
    parent = at_rest(client, 400)
    child = client.fork(parent, 300, "bob", changes=(Set("alpha", 0.1),))
    client.wait(child, lambda seen: seen.spec.interventions != () and paused(seen))
    client.step(child, "iteration", 100)
    stands = client.wait(child, lambda seen: seen.iteration == 400 and paused(seen))
    bare = Run(SPEC.with_intervention(300, Set("alpha", 0.1)))
    bare.advance(float("inf"), 400)

    assert (stands.parent, client.owns(child, "bob")) == (Parent(parent, 300), True)
    assert stands.spec == bare.spec
    assert decode(stands.frame)[1]["q"].tobytes() == decode(bare.frame())[1]["q"].tobytes()


def test_a_fork_stands_where_its_parent_has_been_and_has_an_owner(client: LocalClient) -> None:
    parent = at_rest(client, 20)

    with pytest.raises(BadValue, match="from 0 to 20, but got 21"):
        client.fork(parent, 21, "bob")
    with pytest.raises(NotAllowed, match="needs an owner"):
        client.fork(parent, 20, "")


def test_a_run_is_listed_with_its_name_for_its_owner(client: LocalClient) -> None:
    runs = [at_rest(client, 10, "eve") for _ in range(2)]
    client.rename(runs[0], " <b>first</b>\n")
    aside = client.fork(runs[0], 10, "eve", aside=True)
    listed = client.runs("eve")

    assert [one.run for one in listed] == runs[::-1]
    assert [one.about.name for one in listed] == ["", "<b>first</b>"]
    assert aside not in [one.run for one in listed]
    assert client.runs("nobody") == []


def test_at_its_limit_a_run_is_finished(client: LocalClient) -> None:
    run = client.start(SPEC, "ann", limit=50)

    assert client.wait(run, lambda seen: seen.status == "finished").iteration == 50


def test_what_a_run_has_shown_is_kept_and_a_forgotten_one_keeps_nothing(
    client: LocalClient,
) -> None:
    run = at_rest(client, 30)
    history = client.history(run)
    kept = history.frames()[-1].iteration, history.checkpoints()[-1]
    client.stop(run)

    assert kept == (30, 30)
    with pytest.raises(NoSuchRun):
        client.history(run)


def test_an_exported_run_is_taken_in_again_by_whoever_has_it(client: LocalClient) -> None:
    run = at_rest(client, 60)
    seen = client.view(run)
    again = client.adopt(pack(client.history(run), seen.spec, seen.about), "bob")
    stands = client.wait(again, lambda view: view.iteration == 60 and paused(view))

    assert stands.spec == seen.spec
    assert decode(stands.frame)[1]["q"].tobytes() == decode(seen.frame)[1]["q"].tobytes()
    assert client.owns(again, "bob")


def test_links_and_channels_are_kept(client: LocalClient) -> None:
    channel = client.open_channel("ann")
    client.publish(channel, "ann", {"k.alpha": ".1"})

    assert client.kept_link(client.keep_link({"k.alpha": ".1"})) == {"k.alpha": ".1"}
    assert client.published(channel).address == {"k.alpha": ".1"}
    with pytest.raises(NotAllowed):
        client.publish(channel, "bob", {})
