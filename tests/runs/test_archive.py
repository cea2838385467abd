"""A run goes into a file and comes out the same; what is not such a file is refused in words."""

from __future__ import annotations

import io
import math
import os
import stat
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import orjson
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rlviz
from rlviz import registry
from rlviz.errors import BadValue
from rlviz.runs import archive, codec, foreign, saved, series
from rlviz.runs.client import About
from rlviz.runs.history import Events, History
from rlviz.runs.loop import Run
from rlviz.runs.spec import from_plain, to_plain
from tests.algorithms import pairs
from tests.runs.zips import (
    ABOUT,
    SPEC,
    contents,
    good,
    kept,
    safetensors,
    trained,
    with_entry,
    zipped,
)

KNOWN = registry.catalogue()
CHANGED = from_plain(orjson.loads(contents(good())["spec.json"]), KNOWN)


def plain_events(events: dict[str, Events]) -> dict[str, Any]:
    """As lists, to compare them whole."""
    return {
        name: (of.iteration.tolist(), of.replica.tolist(), of.value.tolist(), of.stride)
        for name, of in events.items()
    }


def refused(packed: bytes, folder: Path) -> tuple[str, str]:
    """The sentence, and the reason that stands in a traceback; nothing may have been written."""
    with pytest.raises(BadValue) as why:
        archive.unpack(packed, folder / "new", KNOWN)

    assert list(folder.iterdir()) == []
    return str(why.value), "".join(getattr(why.value, "__notes__", ()))


# ------------------------------------------------------------------ there and back


@pytest.mark.parametrize("name", [algorithm.name for algorithm in KNOWN.algorithms])
def test_the_import_of_an_export_is_the_run(name: str, tmp_path: Path) -> None:
    changed = name == SPEC.algorithm
    spec = replace(SPEC, algorithm=name, config={}, world=pairs.worlds_of(name)[0])
    spec = replace(spec, config=pairs.known(name, pairs.SMALL))
    there, on = pairs.many(name, 300), pairs.many(name, 900)
    run = trained(SPEC if changed else spec, there, changed=changed)
    original = kept(run, tmp_path / "one")
    packed = archive.pack(original, run.spec, ABOUT)
    found = archive.unpack(packed, tmp_path / "two", KNOWN)
    history = History(tmp_path / "two")
    again = Run(found.spec, measured=True)
    again.restore(history.checkpoint())

    assert found == archive.Unpacked(run.spec, ABOUT, there)
    assert history.checkpoint() == run.checkpoint()
    assert plain_events(history.events()) == plain_events(original.events())
    assert again.summary() == run.summary()
    assert again.checkpoint() == run.checkpoint()
    run.advance(math.inf, on)
    again.advance(math.inf, on)
    assert again.checkpoint() == run.checkpoint()


def test_the_export_of_an_import_is_the_same_file(tmp_path: Path) -> None:
    found = archive.unpack(good(), tmp_path, KNOWN)

    assert archive.pack(History(tmp_path), found.spec, found.about) == good()


def test_a_run_that_has_kept_nothing_goes_there_and_back(tmp_path: Path) -> None:
    packed = archive.pack(History(tmp_path / "none"), SPEC, About())
    found = archive.unpack(packed, tmp_path / "new", KNOWN)

    assert found == archive.Unpacked(SPEC, About(), 0)
    assert History(tmp_path / "new").checkpoint() == b""
    assert History(tmp_path / "new").events() == {}


@pytest.mark.parametrize("iterations", [0, 1, 20])
def test_a_run_that_has_just_begun_goes_there_and_back(iterations: int, tmp_path: Path) -> None:
    """No episode has ended, or nothing at all has been measured."""
    run = Run(SPEC, measured=True)
    if iterations:
        run.advance(math.inf, iterations)
    packed = archive.pack(kept(run, tmp_path / "one"), SPEC, ABOUT)

    assert archive.unpack(packed, tmp_path / "two", KNOWN).iteration == iterations
    assert History(tmp_path / "two").checkpoint() == run.checkpoint()


def test_a_run_whose_replicas_are_told_apart_goes_there_and_back(tmp_path: Path) -> None:
    """As in a sweep; the import is a run like any other, and its replicas are together again."""
    run = Run(SPEC, measured=True)
    run.recorder.tell_apart(("episode_return",), 400, SPEC.replicas)
    run.advance(math.inf, 400)
    packed = archive.pack(kept(run, tmp_path / "one"), SPEC, ABOUT)
    archive.unpack(packed, tmp_path / "two", KNOWN)
    again = Run(SPEC, measured=True)
    again.restore(History(tmp_path / "two").checkpoint())

    assert again.summary() == run.summary()


def test_a_part_of_a_sweep_goes_out_on_its_own(tmp_path: Path) -> None:
    packed = archive.pack(History(tmp_path / "none"), SPEC, replace(ABOUT, sweep="s" * 12))

    assert archive.unpack(packed, tmp_path / "new", KNOWN).about == ABOUT


def test_what_is_in_an_archive(tmp_path: Path) -> None:
    run = trained()
    history = kept(run, tmp_path)
    found = contents(archive.pack(history, run.spec, ABOUT))
    curves = pyarrow.parquet.read_table(io.BytesIO(found["series.parquet"])).to_pydict()
    events = pyarrow.parquet.read_table(io.BytesIO(found["events.parquet"])).to_pydict()
    raw = history.events()
    table = series.long_table(series.of_checkpoint(history.checkpoint()))

    assert set(found) == set(foreign.LARGEST)
    assert from_plain(orjson.loads(found["spec.json"]), KNOWN) == run.spec
    assert orjson.loads(found["about.json"]) == {
        "schema": 1,
        "rlviz": rlviz.__version__,
        "iteration": 600,
        "about": {
            "lesson": "control",
            "scene": "routes",
            "alias": "q_learning",
            "name": "Näme <b>",
            "sweep": "",
        },
    }
    assert found["state.safetensors"] == history.checkpoint()
    assert len(found["README.txt"].decode().splitlines()) == 5
    assert events == {
        "signal": [name for name in sorted(raw) for _ in raw[name].value],
        "iteration": [i for name in sorted(raw) for i in raw[name].iteration],
        "replica": [r for name in sorted(raw) for r in raw[name].replica],
        "value": [v for name in sorted(raw) for v in raw[name].value],
        "stride": [1] * len(events["value"]),
    }
    assert len(raw["episode_return"].value) > 10
    assert list(curves) == list(series.COLUMNS)
    for name, values in table.items():
        np.testing.assert_array_equal(np.array(curves[name]), np.array(values))


def test_the_script_of_an_archive_gives_its_curves(tmp_path: Path) -> None:
    found = contents(good())
    names: dict[str, Any] = {}
    exec(found["script.py"], names)
    (tmp_path / "series.parquet").write_bytes(found["series.parquet"])
    curves = pyarrow.parquet.read_table(tmp_path / "series.parquet").to_pandas()

    assert curves.equals(names["result"].table().astype(curves.dtypes))


@pytest.mark.slow
def test_a_run_of_a_hundred_thousand_iterations_is_exported_and_comes_back(tmp_path: Path) -> None:
    run = Run(replace(SPEC, replicas=64), measured=True)
    run.advance(math.inf, 100_000)
    packed = archive.pack(kept(run, tmp_path), run.spec, ABOUT)

    assert archive.unpack(packed, tmp_path / "new", KNOWN).iteration == 100_000


def test_pyarrow_is_loaded_by_the_first_export_only() -> None:
    code = "import sys, rlviz.runs.archive; print({'torch', 'pyarrow', 'pandas'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


# ------------------------------------------------------------------ hostile zips


def named(name: str) -> bytes:
    """The good archive, with something else in the place of its README.txt."""
    entries = {k: v for k, v in contents(good()).items() if k != "README.txt"}
    return zipped([*entries.items(), (name, b"#!/bin/sh\n")])


def moded(mode: int) -> bytes:
    """README.txt is a link, or a device, or a folder."""
    entry = zipfile.ZipInfo("README.txt")
    entry.external_attr = mode << 16
    entries = {k: v for k, v in contents(good()).items() if k != "README.txt"}
    return zipped([(entry, b"/etc/passwd"), *entries.items()])


def patched(find: bytes, put: bytes) -> bytes:
    """The good archive with other bytes in every header that has these."""
    assert find in good()
    return good().replace(find, put)


def encrypted() -> bytes:
    """Bit 0 of the flags is set, in local headers and in the directory."""
    packed = bytearray(good())
    for magic, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = packed.find(magic)
        while at >= 0:
            packed[at + offset] |= 1
            at = packed.find(magic, at + 4)
    return bytes(packed)


def many() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for number in range(100_000):
            target.writestr(zipfile.ZipInfo(f"{number}"), b"")
    return out.getvalue()


def liar(count: int) -> bytes:
    """A directory that says it has fewer entries than it has."""
    packed = bytearray(zipped([(f"{i:05}", b"") for i in range(2000)]))
    packed[-14:-10] = struct.pack("<HH", count, count)
    return bytes(packed)


def bomb(ratio_of: str) -> bytes:
    return zipped({**contents(good()), ratio_of: bytes(60 * 2**20)})


def understated() -> bytes:
    """Both headers say that spec.json is 10 bytes long; packed in it are 60 MB."""
    entries = {**contents(good()), "spec.json": bytes(60 * 2**20)}
    packed = bytearray(zipped(entries))
    with zipfile.ZipFile(io.BytesIO(packed)) as source:
        place = source.getinfo("spec.json").header_offset
    packed[place + 22 : place + 26] = struct.pack("<I", 10)
    at = packed.rfind(b"spec.json") - 46
    packed[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(packed)


def zip64() -> bytes:
    """A locator of a second directory hides in a comment of the first."""
    entry = zipfile.ZipInfo("README.txt")
    entry.comment = b"PK\6\7" + bytes(16)
    return zipped([(entry, b"")])


BAD_ZIPS: dict[str, dict[str, Callable[[], bytes]]] = {  # by the reason that is given
    "it is none": {
        "nothing": lambda: b"",
    },
    "it is none, or cut off": {
        "no zip": lambda: b"PK\3\4 but not really" * 20,
        "something behind": lambda: good() + b"\0" * 30,
        "comment": lambda: good()[:-2] + b"\5\0hello",
    },
    "it has more entries than those have": {
        "empty zip": lambda: zipped({}),
        "100,000 entries": many,
        "2,000 entries, said to be 5": lambda: liar(5),
    },
    "it has an entry of another name": {
        "path up": lambda: named("../../evil.py"),
        "path up, windows": lambda: named("..\\..\\evil.py"),
        "absolute": lambda: named("/etc/cron.d/evil"),
        "drive": lambda: named("C:\\evil.py"),
        "device": lambda: named("NUL"),
        "folder": lambda: named("folder/"),
        "nul in a name": lambda: named("README.txt?.py").replace(b".txt?.py", b".txt\0.py"),
        "long name": lambda: named("a" * 5000),
        "other case": lambda: named("SPEC.JSON"),
        "unicode twin": lambda: named("spec．json"),
        "nested zip": lambda: named("more.zip"),
    },
    "an entry is not a plain file": {
        "symbolic link": lambda: moded(stat.S_IFLNK | 0o777),
        "character device": lambda: moded(stat.S_IFCHR | 0o666),
        "pipe": lambda: moded(stat.S_IFIFO | 0o666),
        "a folder's mode": lambda: moded(stat.S_IFDIR | 0o777),
    },
    "a name stands in it twice": {
        "twice": lambda: named("spec.json"),
    },
    "an entry is encrypted or packed in another way": {
        "encrypted": encrypted,
        "bzip2": lambda: zipped(contents(good()), zipfile.ZIP_BZIP2),
        "lzma": lambda: zipped(contents(good()), zipfile.ZIP_LZMA),
    },
    "script.py is too large": {
        "bomb": lambda: bomb("script.py"),
    },
    "state.safetensors is too large": {
        "bomb in the state": lambda: bomb("state.safetensors"),
    },
    "it is damaged": {
        "bomb behind a small size": understated,
        "other crc": lambda: good().replace(b"q_learning", b"q_learninG"),
    },
    "something stands before or between its parts": {
        "second directory": zip64,
        "something before": lambda: b"#!/bin/sh\n" + good(),
        "a directory elsewhere": lambda: patched(good()[-6:-2], struct.pack("<I", 2**31)),
    },
    "": {
        "too large": lambda: good() + bytes(foreign.MOST_BYTES),
    },
    "it has no spec.json": {
        "no spec": lambda: zipped({k: v for k, v in contents(good()).items() if k != "spec.json"}),
    },
}


ZIPS = {name: make for group in BAD_ZIPS.values() for name, make in group.items()}


@pytest.mark.parametrize(
    ("reason", "name"), [(reason, name) for reason, group in BAD_ZIPS.items() for name in group]
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_hostile_zip_is_refused(reason: str, name: str, tmp_path: Path) -> None:
    sentence, why = refused(BAD_ZIPS[reason][name](), tmp_path)

    assert why == (f"The archive is refused: {reason}." if reason else "")
    if not reason:
        assert sentence == "An archive must have at most 64 MB, but this one has 65."
    else:
        assert sentence in (foreign.BROKEN, foreign.NOT_OURS, foreign.BOMB)


@pytest.mark.parametrize("twentieth", range(20))
def test_a_zip_that_is_cut_off_is_refused(twentieth: int, tmp_path: Path) -> None:
    refused(good()[: len(good()) * twentieth // 20], tmp_path)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_flipped_bytes_never_crash(data: st.DataObject) -> None:
    """Whatever is broken: the run is the same, or there is a sentence."""
    packed = bytearray(good())
    for _ in range(data.draw(st.integers(1, 6))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as folder:
        try:
            found = archive.unpack(bytes(packed), Path(folder), KNOWN)
        except BadValue:
            return
    assert found == archive.Unpacked(CHANGED, ABOUT, 600)


@pytest.mark.parametrize("name", ["bomb", "bomb in the state", "bomb behind a small size"])
def test_a_bomb_does_not_go_off(name: str, tmp_path: Path) -> None:
    packed = ZIPS[name]()
    tracemalloc.start()
    refused(packed, tmp_path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < 20 * 2**20


def test_names_of_a_zip_are_never_names_of_files(tmp_path: Path) -> None:
    """What is written stands in files of our own names, in the folder that was given."""
    archive.unpack(good(), tmp_path / "deep" / "new", KNOWN)
    written = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())

    assert written == [
        f"deep{os.sep}new{os.sep}{name}" for name in sorted(os.listdir(tmp_path / "deep" / "new"))
    ]
    assert not {Path(name).name for name in written} & set(foreign.LARGEST)


# ------------------------------------------------------------------ hostile contents


def with_state(change: Callable[[dict[str, Any], codec.Arrays], object]) -> bytes:
    """The good archive with another checkpoint."""
    saved, arrays = codec.decode(contents(good())["state.safetensors"])
    change(saved, arrays)
    del saved["schema"]
    return with_entry("state.safetensors", codec.encode(saved, arrays))


def named_part(saved: dict[str, Any], *path: str) -> Any:
    """What stands in the pairs under that path."""
    found: Any = saved
    for name in path:
        found = dict(found["{}"])[name] if "{}" in found else found[name]
    return found


def set_pair(saved: dict[str, Any], path: tuple[str, ...], name: str, value: Any) -> None:
    pairs = named_part(saved, *path)["{}"]
    pairs[:] = [pair for pair in pairs if pair[0] != name] + [[name, value]]


def put(key: str, value: Any) -> Callable[[dict[str, Any], codec.Arrays], object]:
    return lambda saved, _: saved.update({key: value})


def array(name: str, value: Any) -> Callable[[dict[str, Any], codec.Arrays], object]:
    def change(_: dict[str, Any], arrays: codec.Arrays) -> None:
        assert name in arrays
        arrays[name] = value

    return change


def mark(**facts: Any) -> Callable[[dict[str, Any], codec.Arrays], object]:
    return lambda saved, _: saved["marks"][0].update(facts)


def answer(part: int, value: Any) -> Callable[[dict[str, Any], codec.Arrays], object]:
    return lambda saved, _: saved["answers"][0].__setitem__(part, value)


BINS = "recorder.curves.td_error.bins"
DEEP: Any = 1
for _ in range(200):
    DEEP = [DEEP]
BAD_STATES: dict[str, dict[str, Callable[[dict[str, Any], codec.Arrays], object]]] = {
    "its state has another form": {
        "a frame": lambda saved, _: saved.pop("checkpoint"),
        "more": put("evil", 1),
        "no such tensor": put("state", {"q": {"$": "nowhere"}}),
        "a tensor of no name": put("state", {"q": {"$": ["a"]}}),
        "pairs that are none": put("state", {"{}": [1, 2]}),
        "keys that are lists": put("state", {"{}": [[[], 1]]}),
        "a number that is none": put("state", {"float": "many"}),
    },
    "its state stands at no iteration": {
        "no iteration": put("iteration", "600"),
        "iteration of truth": put("iteration", True),
        "before the beginning": put("iteration", -1),
        "after the end": put("iteration", 2**60),
        "beats of truth": put("beats", True),
        "too many beats": put("beats", 10**9),
    },
    "its about.json is of another schema or another run": {
        "another iteration than said": put("iteration", 601),
    },
    "its state is of another run": {
        "another run": lambda saved, _: saved["spec"].update(seed=8),
        "no spec": put("spec", []),
    },
    "its state knows other changes than its spec": {
        "too many changes": put("acted", 3),
        "too few changes": put("acted", 1),
    },
    "its state has other marks than its spec": {
        "marks are none": put("marks", {}),
        "more marks": lambda saved, _: saved["marks"].append(saved["marks"][0]),
        "a mark with markup": mark(symbol="<script>alert(1)</script>"),
        "a mark with more": mark(html="<b>"),
        "a mark elsewhere": mark(iteration=201),
        "a mark of another value": mark(new=0.2),
        "a mark of another knob": mark(field="__class__"),
    },
    "its state says what a knob can never have been": {
        "a mark from a text": mark(old="<script>"),
        "an answer from a text": answer(3, {"alpha": "<script>"}),
    },
    "its state has tensors of another kind": {
        "a tensor of another name": lambda _, arrays: arrays.update(evil=np.zeros(1)),
        "complex numbers": array("state.q", np.zeros((4, 48, 4), np.complex64)),
        "nine axes": array("state.q", np.zeros((1,) * 9)),
    },
    "its state has too many tensors": {
        "too many tensors": lambda _, a: a.update({f"state.{i}": np.zeros(1) for i in range(5000)}),
    },
    "its curves have another form": {
        "curves without rows": array(BINS, np.zeros((6, 400))),
        "too long curves": array(BINS, np.zeros((7, 401))),
        "curves of another kind": array(BINS, np.zeros((7, 400), np.float32)),
        "curves that are a number": array(BINS, np.array(1.0)),
        "long memory": array("recorder.last.td_error", np.zeros(101)),
        "a long tail": array("recorder.tails.state", np.zeros(10**6, np.int64)),
        "a huge tally": array("recorder.tallies.visits", np.zeros(2**19, np.int64)),
        "a tally of numbers": array("recorder.tallies.visits", np.zeros(48)),
        "a curve of no width": lambda s, _: set_pair(
            s, ("recorder", "curves", "td_error"), "width", 0
        ),
        "diverged in a text": lambda s, _: set_pair(s, ("recorder",), "diverged", [1, "<script>"]),
        "measured by none": lambda s, _: set_pair(s, ("recorder", "measured"), "episode_return", 1),
        "measured without stride": lambda s, _: named_part(
            s, "recorder", "measured", "episode_return"
        ).__setitem__(1, 0),
        "measured of other replicas": array("recorder.measured.episode_return.0", np.zeros(9, int)),
        "each of another form": lambda s, _: set_pair(s, ("recorder",), "each", {"{}": [["q", 1]]}),
        "more in the recorder": lambda s, _: set_pair(s, ("recorder",), "evil", 1),
    },
    "its state shows signals of another size": {
        "huge signals": array("latest.td_error", np.zeros((4, 2**20))),
        "signals of other replicas": array("latest.td_error", np.zeros(3)),
        "signals without replicas": array("latest.td_error", np.array(0.0)),
        "a signal that is a text": lambda s, _: set_pair(s, ("latest",), "td_error", "<script>"),
    },
    "its state shows unknown signals": {
        "an unknown signal": lambda s, _: set_pair(
            s, ("latest",), "evil", {"$": "latest.td_error"}
        ),
    },
    "its curves are of unknown signals": {
        "an unknown curve": lambda s, _: set_pair(
            s, ("recorder", "curves"), "evil", named_part(s, "recorder", "curves", "td_error")
        ),
    },
    "its curves are of another algorithm": {
        "another beat": lambda s, _: set_pair(s, ("recorder",), "beat_name", "<script>"),
    },
    "its state answers what nobody asked": {
        "answers are none": put("answers", 1),
        "more answers than changes": lambda saved, _: saved["answers"].append(saved["answers"][0]),
        "an answer of another length": lambda saved, _: saved["answers"][0].append(1),
        "an answer to nothing": answer(2, {"kind": "set", "field": "alpha", "value": 0.2}),
        "an answer elsewhere": answer(1, 100),
        "an answer with markup": answer(0, "<script>"),
        "an answer about another knob": answer(3, {"epsilon": 0.1}),
        "an answer without old values": answer(3, []),
    },
}


@pytest.mark.parametrize(
    ("reason", "name"), [(reason, name) for reason, group in BAD_STATES.items() for name in group]
)
def test_a_state_of_another_form_is_refused(reason: str, name: str, tmp_path: Path) -> None:
    sentence, why = refused(with_state(BAD_STATES[reason][name]), tmp_path)

    assert why == f"The archive is refused: {reason}."
    assert sentence in (saved.MIXED, saved.OTHER_FORM)


@pytest.mark.parametrize(
    ("spec", "state"),
    [
        ([], [200, 200]),  # the spec does not know what the state does
        ([200, 200, 300], [200, 200]),  # nor the state what the spec does
        ([700, 700], [700, 700]),  # changes that have acted before their time
        ([200, 201], [200, 200]),
    ],
)
def test_a_state_that_knows_other_changes_is_refused(
    spec: list[int], state: list[int], tmp_path: Path
) -> None:
    plain = orjson.loads(contents(good())["spec.json"])
    changes = [*plain["interventions"], plain["interventions"][0]]
    knows = [{**change, "iteration": at} for change, at in zip(changes, state, strict=False)]
    says = [{**change, "iteration": at} for change, at in zip(changes, spec, strict=False)]
    packed = with_state(lambda saved, _: saved["spec"].update(interventions=knows))
    text = orjson.dumps(plain | {"interventions": says})
    hostile = zipped({**contents(packed), "spec.json": text}, zipfile.ZIP_STORED)

    _, why = refused(hostile, tmp_path)
    assert why == "The archive is refused: its state knows other changes than its spec."


def headers() -> Iterator[bytes]:
    yield b""
    yield b"\xff" * 8
    yield (2**63).to_bytes(8, "little") + b"{}"
    yield (9 * 2**20).to_bytes(8, "little") + b" " * (9 * 2**20)
    yield safetensors(b"{}")
    yield safetensors(b"[" * 100_000)
    yield safetensors(b'{"__metadata__":{"rlviz":"' + b"[" * 100_000 + b'"}}')
    yield safetensors(
        b'{"__metadata__":{"rlviz":"{}"},"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}'
    )
    huge = b'{"__metadata__":{"rlviz":"{}"},"a":{"dtype":"F64","shape":[4294967296,4294967296],'
    yield safetensors(huge + b'"data_offsets":[0,8]}}', bytes(8))
    yield safetensors(b'{"__metadata__":{"rlviz":"{\\"schema\\":2}"}}')
    yield codec.encode({}, {})
    yield b"\x80\x04\x95" + b"cos\nsystem\n(S'true'\ntR."  # a pickle


@pytest.mark.parametrize("number", range(1, 12))
@pytest.mark.parametrize("name", ["state.safetensors", "events.safetensors"])
def test_a_blob_of_another_form_is_refused(number: int, name: str, tmp_path: Path) -> None:
    refused(with_entry(name, list(headers())[number]), tmp_path)


def raw(at: Any, replica: Any, value: Any, ordinal: Any = None, **about: Any) -> bytes:
    arrays = {"iteration": at, "replica": replica, "value": value}
    arrays["ordinal"] = np.zeros(len(value), np.int32) if ordinal is None else ordinal
    plain = {"values": {"episode_return": 1}} | about
    return codec.encode(plain, {f"episode_return.{k}": np.array(v) for k, v in arrays.items()})


ONE, TWO = np.zeros(1, np.int32), np.zeros(2, np.int32)
BAD_EVENTS: dict[str, bytes] = {
    "other kinds": raw([1.0], ONE, [1.0]),
    "other lengths": raw([1, 2], ONE, [1.0, 2.0]),
    "backwards in time": raw([2, 1], TWO, [1.0, 2.0]),
    "before the beginning": raw([-1], ONE, [1.0]),
    "after the end": raw([600], ONE, [1.0]),
    "another replica": raw([1], np.full(1, 4, np.int32), [1.0]),
    "a replica below": raw([1], np.full(1, -1, np.int32), [1.0]),
    "an ordinal below": raw([1], ONE, [1.0], np.full(1, -1, np.int32)),
    "two axes": raw([[1]], ONE, [[1.0]]),
    "nothing is listed": raw([1], ONE, [1.0], values={}),
    "more is said": raw([1], ONE, [1.0], html="<b>"),
    "a list": raw([1], ONE, [1.0], values=["episode_return"]),
    "no stride": raw([1], ONE, [1.0], values={"episode_return": 0}),
    "a stride of truth": raw([1], ONE, [1.0], values={"episode_return": True}),
    "a stride in words": raw([1], ONE, [1.0], values={"episode_return": "1"}),
    "an unknown signal": codec.encode(
        {"values": {"evil": 1}},
        {
            f"evil.{k}": v
            for k, v in {
                "iteration": np.array([1]),
                "replica": ONE,
                "ordinal": ONE,
                "value": np.zeros(1),
            }.items()
        },
    ),
}


@pytest.mark.parametrize("name", BAD_EVENTS)
def test_raw_values_of_another_form_are_refused(name: str, tmp_path: Path) -> None:
    refused(with_entry("events.safetensors", BAD_EVENTS[name]), tmp_path)


TEXTS = [
    ("spec.json", b"", "spec.json is not a JSON object"),
    ("spec.json", b"[1]", "spec.json is not a JSON object"),
    ("spec.json", b"[" * 10_000, "spec.json is not a JSON object"),
    ("spec.json", b'{"algorithm": "os.system", "world": "room"}', "Unknown algorithm `os.system`"),
    ("spec.json", b'{"algorithm": "q_learning", "world": "../x"}', "Unknown world"),
    ("spec.json", b'{"algorithm": "sarsa", "world": "cliff_walking"}', "of another run"),
    ("spec.json", b'{"algorithm": "q_learning", "world": "room", "replicas": 1e9}', "replicas"),
    ("about.json", b"{}", "about.json is of another schema"),
    ("about.json", b'{"schema": 1, "iteration": 600, "about": 1}', "about.json has another form"),
    (
        "about.json",
        orjson.dumps({"schema": 1, "iteration": 600, "about": dict.fromkeys(vars(About()), 1)}),
        "about.json has another form",
    ),
    (
        "about.json",
        orjson.dumps({"schema": 1, "iteration": 600, "about": {"name": "a" * 81}}),
        "about.json has another form",
    ),
]


@pytest.mark.parametrize(("name", "content", "reason"), TEXTS)
def test_a_text_of_another_form_is_refused(
    name: str, content: bytes, reason: str, tmp_path: Path
) -> None:
    assert reason in "\n".join(refused(with_entry(name, content), tmp_path))


def test_code_in_an_archive_is_not_even_read(tmp_path: Path) -> None:
    """Scripts, notebooks and Parquet are for people: an import does not look into them."""
    others = ("README.txt", "script.py", "notebook.ipynb", "series.parquet", "events.parquet")
    hostile = f"open({str(tmp_path / 'owned')!r}, 'w')".encode()
    entries = contents(good()) | dict.fromkeys(others, hostile)
    found = archive.unpack(zipped(entries), tmp_path / "new", KNOWN)

    assert found.iteration == 600
    assert not (tmp_path / "owned").exists()


def test_a_tensor_that_does_not_fit_fails_its_own_run(tmp_path: Path) -> None:
    """The server has no State to compare it with; the worker that starts the run has."""
    packed = with_state(array("state.q", np.zeros((4, 3, 3))))
    archive.unpack(packed, tmp_path, KNOWN)
    run = Run(from_plain(orjson.loads(contents(packed)["spec.json"]), KNOWN))

    with pytest.raises(rlviz.errors.BadMessage, match="does not have shape"):
        run.restore(History(tmp_path).checkpoint())


def test_a_spec_may_hold_what_json_may(tmp_path: Path) -> None:
    """The same text with other spaces and order is the same spec."""
    text = orjson.dumps(dict(reversed(to_plain(CHANGED).items())))

    assert archive.unpack(with_entry("spec.json", text), tmp_path, KNOWN).spec == CHANGED


def test_an_archive_that_was_packed_again_is_taken_in(tmp_path: Path) -> None:
    """By another tool, which packs everything, and with the checkpoint written anew."""
    again = zipped(contents(with_state(lambda *_: None)))

    assert archive.unpack(again, tmp_path, KNOWN) == archive.Unpacked(CHANGED, ABOUT, 600)
