from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlviz.errors import BadValue, NoSuchRun, NotAllowed
from rlviz.runs.sharing import (
    LONGEST_ADDRESS,
    MOST_CHANNELS,
    Channel,
    Channels,
    keep_link,
    kept_link,
)
from rlviz.runs.spec import safe_run_id
from rlviz.runs.store import Store

MARKUP = {"name": "<script>alert('x')</script>", "zh": "学习率 α", "": "\u0000"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store(tmp_path_factory.mktemp("store"))
    yield opened
    opened.close()


def test_a_kept_address_comes_back_as_it_was(store: Store) -> None:
    assert kept_link(store, keep_link(store, MARKUP)) == MARKUP


@given(st.dictionaries(st.text("az<&é\\\"'\n", max_size=9), st.text(max_size=9), max_size=5))
def test_every_address_is_kept_under_an_id_of_one_form(
    store: Store, address: dict[str, str]
) -> None:
    try:
        link = keep_link(store, address)
    except UnicodeEncodeError:  # a lone surrogate is no text
        return

    assert safe_run_id(link)
    assert kept_link(store, link) == address


def test_the_same_address_has_the_same_id(store: Store) -> None:
    assert keep_link(store, {"a": "1", "b": "2"}) == keep_link(store, {"b": "2", "a": "1"})
    assert keep_link(store, {"a": "1"}) != keep_link(store, {"a": "2"})


@pytest.mark.parametrize("link", ["", "../rlviz", "a" * 12, "A" * 12, "é" * 12])
def test_an_unknown_link_is_empty(store: Store, link: str) -> None:
    assert kept_link(store, link) == {}


def test_an_address_without_end_is_refused(store: Store) -> None:
    with pytest.raises(BadValue, match="An address must have at most 65536 bytes, but has 65537"):
        keep_link(store, {"a": "x" * LONGEST_ADDRESS})


def test_only_its_owner_publishes_on_a_channel(store: Store) -> None:
    channels = Channels(store)
    channel = channels.open("ada")
    channels.publish(channel, "ada", {"x": "1"})

    for other in ("grace", ""):
        with pytest.raises(NotAllowed, match="Only the browser that opened this channel"):
            channels.publish(channel, other, {"x": "2"})
    assert channels.published(channel).address == {"x": "1"}


def test_a_channel_needs_an_owner(store: Store) -> None:
    with pytest.raises(NotAllowed, match="needs an owner"):
        Channels(store).open("")


def test_who_listens_hears_of_each_new_page_once(store: Store) -> None:
    heard: list[int] = []
    channels = Channels(store, lambda channel: heard.append(channel.n))
    channel = channels.open("ada")
    for address in ({}, {}, {"x": "1"}, {"x": "1"}, {"x": "2"}):
        channels.publish(channel, "ada", address)

    assert heard == [1, 2, 3]


def test_channels_outlive_the_server(tmp_path: Path) -> None:
    store = Store(tmp_path)
    channels = Channels(store)
    channel = channels.open("ada")
    channels.publish(channel, "ada", MARKUP)
    store.close()
    store = Store(tmp_path)
    again = Channels(store)
    again.load()
    found = again.find(channel)
    store.close()

    assert found == Channel(channel, "ada", found.created, MARKUP, 1)


def test_an_unknown_channel_shows_nothing(store: Store) -> None:
    channels = Channels(store)

    assert channels.published("nowhere").address == {}
    with pytest.raises(NoSuchRun, match="This class is over"):
        channels.publish("nowhere", "ada", {})


def test_one_owner_has_a_bounded_number_of_channels(store: Store) -> None:
    channels = Channels(store)
    opened = [channels.open("ada") for _ in range(MOST_CHANNELS + 1)]
    with pytest.raises(NoSuchRun):
        channels.find(opened[0])

    assert [channels.find(channel).id for channel in opened[1:]] == opened[1:]
