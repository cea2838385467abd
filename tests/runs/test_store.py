from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rlviz.errors import RlvizError
from rlviz.runs import cards
from rlviz.runs.cards import Damaged, Entry
from rlviz.runs.store import FILE, Store

RUN, OTHER = "aaaaaaaaaaaa", "bbbbbbbbbbbb"


def entry(key: str = RUN, **plain: object) -> Entry:
    return Entry(key, "ada", 1.25, {"what": "é", **plain})


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the store of the test's folder, again and again; each time the last one is closed."""
    stores: list[Store] = []

    def open_again() -> Store:
        if stores:
            stores[-1].close()
        stores.append(Store(tmp_path))
        return stores[-1]

    yield open_again
    stores[-1].close()


def kept(store: Store, *entries: Entry, card: bool = True) -> Store:
    for one in entries:
        store.put("runs", one, card=card).result(10)
    return store


def flip(file: Path, before: bytes, after: bytes) -> None:
    """Other bytes in a file, as a broken disk would give them."""
    content = file.read_bytes()
    assert before in content
    file.write_bytes(content.replace(before, after))


def settle(store: Store) -> Path:
    """The database as one file."""
    store.close()
    with sqlite3.connect(store.folder / FILE) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return store.folder / FILE


def test_what_is_written_is_read_by_the_next_server(opened: Callable[[], Store]) -> None:
    kept(opened(), entry(), entry(OTHER))

    assert opened().runs() == ([entry(), entry(OTHER)], [])


def test_what_waits_to_be_written_is_read_already(opened: Callable[[], Store]) -> None:
    store = opened()
    store.put("links", entry("x", n=1))
    store.put("links", entry("x", n=2))

    assert store.get("links", "x") == entry("x", n=2)


def test_closing_writes_what_waits(opened: Callable[[], Store]) -> None:
    store = opened()
    for n in range(100):
        store.put("links", entry(f"link{n}"))

    assert len(opened().all("links")[0]) == 100


def test_a_removed_run_is_gone_with_its_folder(opened: Callable[[], Store]) -> None:
    store = kept(opened(), entry())
    store.remove("runs", RUN).result(10)

    assert store.get("runs", RUN) is None
    assert not store.run_folder(RUN).exists()
    assert opened().runs() == ([], [])


def test_a_row_with_a_flipped_bit_is_had_from_its_card(opened: Callable[[], Store]) -> None:
    flip(settle(kept(opened(), entry(n=5), entry(OTHER))), b'{"n":5', b'{"n":7')

    assert opened().runs() == ([entry(n=5), entry(OTHER)], [])


def test_a_row_and_a_card_that_are_broken_cost_one_run(opened: Callable[[], Store]) -> None:
    store = kept(opened(), entry(n=5), entry(OTHER))
    flip(settle(store), b'{"n":5', b'{"n":7')
    flip(store.run_folder(RUN) / cards.NAME, b'\\"n\\":5', b'\\"n\\":7')

    assert opened().runs() == ([entry(OTHER)], [Damaged(RUN, "ada", 1.25)])


def test_a_broken_database_is_moved_aside_and_made_again_from_cards(
    opened: Callable[[], Store],
) -> None:
    store = kept(opened(), entry(), entry(OTHER))
    settle(store).write_bytes(b"no database" * 1000)

    assert opened().runs() == ([entry(), entry(OTHER)], [])
    assert (store.folder / "aside-1.db").read_bytes().startswith(b"no database")


def test_what_is_left_of_a_broken_database_is_taken_over(opened: Callable[[], Store]) -> None:
    store = kept(opened(), entry())
    store.put("links", entry("link")).result(10)
    file = settle(store)
    with sqlite3.connect(file) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'channels'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    content = bytearray(file.read_bytes())
    content[(page - 1) * size : page * size] = bytes(size)
    file.write_bytes(content)

    assert opened().all("links") == ([entry("link")], [])
    assert (store.folder / "aside-1.db").exists()


def test_a_folder_without_row_is_taken_up_by_its_card(opened: Callable[[], Store]) -> None:
    kept(opened(), entry())
    store = opened()
    cards.write(store.run_folder(OTHER), entry(OTHER))

    assert store.runs() == ([entry(), entry(OTHER)], [])
    assert opened().all("runs") == ([entry(), entry(OTHER)], [])


def test_a_folder_without_row_and_card_is_swept_away(opened: Callable[[], Store]) -> None:
    store = opened()
    store.run_folder(RUN).mkdir()
    store.runs()

    assert not store.run_folder(RUN).exists()


def test_a_card_in_the_wrong_folder_is_no_run(opened: Callable[[], Store]) -> None:
    store = opened()
    cards.write(store.run_folder(OTHER), entry(RUN))
    whole, damaged = store.runs()

    assert whole == []
    assert [one.id for one in damaged] == [OTHER]


@pytest.mark.parametrize("schema", ["0", "2", "x" * 100])
def test_a_database_of_another_schema_is_moved_aside_by_name(
    opened: Callable[[], Store], caplog: pytest.LogCaptureFixture, schema: str
) -> None:
    store = kept(opened(), entry())
    store.put("links", entry("link")).result(10)
    with sqlite3.connect(settle(store)) as connection:
        connection.execute("UPDATE meta SET value = ?", (schema,))
    connection.close()
    again = opened()

    assert again.runs() == ([entry()], [])
    assert again.all("links") == ([entry("link")], [])
    assert (store.folder / "aside-1.db").exists()
    assert f"it is of schema {schema[:20]}, and 1 is what can be read" in caplog.text


@pytest.mark.parametrize("url", ["nonsense", "foo://bar", "postgresql://nobody@127.0.0.1:1/x"])
def test_a_url_that_opens_nothing_is_refused_in_a_sentence(tmp_path: Path, url: str) -> None:
    with pytest.raises(RlvizError, match=r"RLVIZ_DATABASE must be|can not be opened"):
        Store(tmp_path, url)


def test_a_database_elsewhere_is_named_by_its_url(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    for _ in range(2):
        store = Store(tmp_path / "store", url)
        kept(store, entry())
        store.close()

    assert (tmp_path / "elsewhere.db").exists()
    assert not (tmp_path / "store" / FILE).exists()


def test_while_the_disk_is_full_it_waits_and_then_writes(
    opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, full, refused = opened(), threading.Event(), threading.Event()
    full.set()

    def write(_: Path, one: Entry) -> None:
        if full.is_set():
            refused.set()
            raise OSError(28, "No space left on device")
        written.append(one)

    written: list[Entry] = []
    monkeypatch.setattr(cards, "write", write)
    monkeypatch.setattr("rlviz.runs.store.RETRY_SECONDS", 0.01)
    done = store.put("runs", entry(n=1), card=True)
    assert refused.wait(10)
    done_too = store.put("runs", entry(n=2), card=True)
    full.clear()
    done.result(10)
    done_too.result(10)

    assert written[-1] == entry(n=2)
    assert store.get("runs", RUN) == entry(n=2)


def test_any_thread_reads_while_one_writes(opened: Callable[[], Store]) -> None:
    store, odd = opened(), list[object]()

    def read() -> None:
        for _ in range(50):
            found = store.get("runs", RUN)
            if found is not None and set(found.plain) != {"what", "n"}:
                odd.append(found)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for n in range(200):
        store.put("runs", entry(n=n))
    for reader in readers:
        reader.join()

    assert odd == []


def test_every_table_is_made_by_one_schema(opened: Callable[[], Store]) -> None:
    with sqlite3.connect(settle(opened())) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()

    assert {"runs", "links", "channels", "sweeps", "meta"} <= names
