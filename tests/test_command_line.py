from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.compute
import pyarrow.parquet
import pytest
import torch

from rlviz import registry
from rlviz.command_line import main
from rlviz.exact import checks
from rlviz.ops import td
from rlviz.runs import archive
from rlviz.runs.history import History
from rlviz.runs.spec import to_plain
from rlviz.signals import CURVE_COLUMNS
from tests.imports import ROOT

CLIFF = ["run", "q_learning", "--world", "cliff_walking"]


def result(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What a run that is not refused prints on stdout."""
    assert main([*CLIFF, *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The sentence of a request that is refused; stdout stays empty."""
    code = main(arguments)
    said = capsys.readouterr()

    assert (code, said.out) == (2, "")
    return said.err.strip()


def test_the_result_has_the_fields_of_schema_1(capsys: pytest.CaptureFixture[str]) -> None:
    found = result(capsys, "--iterations", "300", "--replicas", "4", "--seed", "3")

    assert list(found) == [
        "schema",
        "spec",
        "status",
        "iterations",
        "env_steps",
        "wall_seconds",
        "env_steps_per_second",
        "signals",
    ]
    assert (found["schema"], found["status"]) == (1, "finished")
    assert (found["iterations"], found["env_steps"]) == (300, 1200)
    assert set(found["signals"]["td_error"]) == {"last", "mean_last_100"}


def test_wall_seconds_and_the_rate_are_of_one_clock(capsys: pytest.CaptureFixture[str]) -> None:
    found = result(capsys, "--iterations", "200")

    assert found["env_steps_per_second"] == found["env_steps"] / found["wall_seconds"]


def test_a_signal_without_a_value_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    found = result(capsys, "--iterations", "2")

    assert found["signals"]["episode_return"] == {"last": None, "mean_last_100": None}


def test_the_progress_bar_stands_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    main([*CLIFF, "--iterations", "50"])

    assert "50/50" in capsys.readouterr().err


def test_the_printed_spec_gives_the_same_numbers_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = [
        "--set",
        "epsilon=linear(0.5,0.1,300)",
        "--set",
        "slip=0.1",
        "--at",
        "200:alpha=.1",
    ]
    first = result(capsys, *arguments, "--iterations", "600", "--replicas", "3", "--seed", "5")
    stored = tmp_path / "spec.json"
    stored.write_text(json.dumps(first["spec"]))
    main(["run", "--spec", str(stored), "--iterations", "600"])
    again = json.loads(capsys.readouterr().out)

    assert again["spec"] == first["spec"]
    assert again["signals"] == first["signals"]


def test_a_spec_is_read_from_stdin(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = {"algorithm": "sarsa", "world": "room", "seed": 4}
    stdin = SimpleNamespace(buffer=io.BytesIO(json.dumps(spec).encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    main(["run", "--spec", "-", "--iterations", "10"])
    found = json.loads(capsys.readouterr().out)["spec"]

    assert (found["algorithm"], found["world"], found["seed"]) == ("sarsa", "room", 4)


def test_at_changes_a_value_from_that_iteration_on(capsys: pytest.CaptureFixture[str]) -> None:
    found = result(capsys, "--iterations", "20", "--at", "10:alpha=0.25")
    expected = [{"iteration": 10, "kind": "set", "field": "alpha", "value": 0.25, "keep": "all"}]

    assert found["spec"]["interventions"] == expected


def test_set_wins_over_a_preset(capsys: pytest.CaptureFixture[str]) -> None:
    found = result(capsys, "--iterations", "5", "--preset", "tiny", "--set", "alpha=0.3")

    assert found["spec"]["config"] == {"epsilon": 0.005, "alpha": 0.3}


def test_until_ends_early_at_a_place_that_depends_on_the_spec_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    until = "episode_return.mean_last_100 >= -80"
    first = result(capsys, "--iterations", "50000", "--replicas", "16", "--until", until)
    again = result(capsys, "--iterations", "50000", "--replicas", "16", "--until", until)

    assert (first["status"], first["iterations"] % 100) == ("reached", 0)
    assert first["signals"]["episode_return"]["mean_last_100"] >= -80
    assert again["iterations"] == first["iterations"]


def test_until_compares_the_last_value_unless_told_otherwise(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = result(capsys, "--iterations", "500", "--until", "truth_distance <= 1e9")

    assert (found["status"], found["iterations"]) == ("reached", 300)  # its first value: at 256


def test_until_reads_exact_numbers_too(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--iterations", "20000", "--until", "greedy_return >= -13.5")
    found = result(capsys, *arguments)

    assert (found["status"], found["signals"]["greedy_return"]["last"]) == ("reached", -13.0)


def test_a_run_that_diverges_says_where_and_by_what(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def overflows(*transition: torch.Tensor) -> torch.Tensor:
        return torch.full_like(transition[2], torch.inf)

    monkeypatch.setattr(td, "q_learning_error", overflows)
    found = result(capsys, "--iterations", "1000")

    assert found["status"] == "diverged"
    assert found["diverged"] == {"iteration": 0, "signal": "td_error"}


def test_a_run_that_fails_shows_its_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: torch.Tensor) -> torch.Tensor:
        raise ArithmeticError("this op is broken")

    monkeypatch.setattr(td, "q_learning_error", breaks)
    code = main([*CLIFF, "--iterations", "10"])
    said = capsys.readouterr()

    assert (code, json.loads(said.out)["status"]) == (1, "failed")
    assert "ArithmeticError: this op is broken" in said.err


def test_curves_are_written_as_parquet_with_the_spec(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "run.parquet"
    found = result(capsys, "--iterations", "500", "--replicas", "4", "--out", str(out))
    rows = pyarrow.parquet.read_table(out)
    returns = rows.filter(pyarrow.compute.equal(rows["signal"], "td_error"))

    assert rows.column_names == ["signal", "iteration", *CURVE_COLUMNS[1:]]
    assert json.loads(rows.schema.metadata[b"rlviz.spec"]) == found["spec"]
    assert sum(returns["n"].to_pylist()) == 2000


def test_raw_writes_every_value(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    found = result(capsys, "--iterations", "400", "--replicas", "2", "--raw", "--out", str(out))
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    errors = [row for row in rows if row["signal"] == "td_error"]
    last = [row["value"] for row in errors if row["iteration"] == 399]

    assert len(errors) == 800
    assert set(errors[0]) == {"signal", "iteration", "replica", "value"}
    assert found["signals"]["td_error"]["last"] == sum(last) / 2


def test_a_zip_is_what_the_application_takes_in(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "run.zip"
    found = result(capsys, "--iterations", "400", "--replicas", "2", "--raw", "--out", str(out))
    unpacked = archive.unpack(out.read_bytes(), tmp_path / "kept", registry.catalogue())
    events = History(tmp_path / "kept").events()

    assert to_plain(unpacked.spec) == found["spec"]
    assert unpacked.iteration == 400
    assert len(events["td_error"].value) == 800


REFUSED = [
    ("run q_lerning --world room --iterations 5", "Did you mean `q_learning`?"),
    ("run q_learning --world rom --iterations 5", "Did you mean `room`?"),
    ("run q_learning --iterations 5", "`run` needs --world WORLD"),
    ("run --iterations 5", "`run` needs an ALGORITHM or --spec FILE."),
    ("run q_learning --world room", "--iterations"),
    ("run q_learning --world room --iterations 0", "`1 <= iterations"),
    ("run q_learning --world room --iterations many", "invalid int value: 'many'"),
    ("run q_learning --world room --iterations 5 --set alhpa=1", "Did you mean `alpha`?"),
    ("run q_learning --world room --iterations 5 --set alpha", "written NAME=VALUE"),
    (
        "run q_learning --world room --iterations 5 --set alpha=2",
        "`0.0001 <= alpha <= 1` must hold, but got alpha=2",
    ),
    ("run q_learning --world room --iterations 5 --set alpha=nan", "must be a finite number"),
    ("run q_learning --world room --iterations 5 --set alpha=1e400", "must be a finite number"),
    ("run q_learning --world room --iterations 5 --replicas 1000000000", "<= replicas <="),
    ("run q_learning --world room --iterations 5 --seed -1", "<= seed <="),
    ("run q_learning --world room --iterations 5 --device tpu", "device in {cpu, cuda, auto}"),
    ("run q_learning --world room --iterations 5 --at alpha=1", "ITERATION:NAME=VALUE"),
    ("run q_learning --world room --iterations 5 --preset tinny", "Did you mean `tiny`?"),
    ("run q_learning --world room --iterations 5 --until td_eror>=1", "Did you mean `td_error`?"),
    ("run q_learning --world room --iterations 5 --until q>=1", "`q` is none"),
    ("run q_learning --world room --iterations 5 --until td_error>1", "--until` is written"),
    ("run q_learning --world room --iterations 5 --until td_error.max>=1", "but got .max"),
    ("run q_learning --world room --iterations 5 --until td_error>=x", "a finite number"),
    ("run q_learning --world room --iterations 5 --out x.csv", "must end in .parquet, .jsonl"),
    ("run q_learning --world room --iterations 5 --out no/x.jsonl", "a folder that exists"),
    ("run q_learning --world room --iterations 5 --raw", "add --out"),
    ("run --spec no.json --iterations 5", "can not read 'no.json'"),
    ("run sarsa --spec no.json --iterations 5", "leave out ALGORITHM"),
    ("run --spec no.json --iterations 5 --set alpha=1", "leave out --set"),
    ("runn", "Did you mean `run`?"),
    ("", "required"),
    ("run q_learning --wrld room --iterations 5", "--wrld"),
    ("serve --port 99999", "`1 <= port <= 65535` must hold, but got port=99999"),
]


@pytest.mark.parametrize(("line", "sentence"), REFUSED)
def test_what_can_not_be_done_is_refused_with_a_sentence(
    line: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in refusal(capsys, *line.split())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "must be a JSON object"),
        ("{", "must be JSON"),
        ('{"algorithm": "q_learning", "world": "room", "evil": 1}', "has no `evil`"),
        ('{"algorithm": "../../etc", "world": "room"}', "Unknown algorithm"),
        ('{"algorithm": "q_learning", "world": "room", "replicas": 1e9}', "<= replicas <="),
    ],
)
def test_a_stored_spec_passes_the_same_validation(
    text: str, sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stored = tmp_path / "spec.json"
    stored.write_text(text)

    assert sentence in refusal(capsys, "run", "--spec", str(stored), "--iterations", "5")


def test_serve_says_when_the_port_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        assert f"127.0.0.1 port {port}" in refusal(capsys, "serve", "--port", str(port))


def test_list_as_json_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    model = next(entry for entry in listed["algorithms"] if entry["name"] == "q_learning")
    alpha = next(f for f in model["fields"] if f["name"] == "alpha")

    assert [entry["name"] for entry in listed["worlds"]] == list(registry.world_modules())
    assert {"q_learning", "sarsa"} <= {entry["name"] for entry in listed["algorithms"]}
    assert (alpha["symbol"], alpha["low"], alpha["high"], alpha["live"]) == ("α", 0.0001, 1.0, True)
    assert listed["signals"]["td_error"]["kind"] == "trace"


def test_list_as_text_shows_a_rule_for_each_knob(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0

    assert "step size (α), 0.0001 <= alpha <= 1, live" in capsys.readouterr().out


def test_check_holds_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0

    assert f"{len(checks.CHECKS)} of {len(checks.CHECKS)} hold." in capsys.readouterr().out


@pytest.mark.parametrize("got", [2.0, float("nan")])
def test_check_fails_where_a_number_is_wrong(
    got: float, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = checks.Check("one", "arithmetic", lambda: (got, 1.0, 1e-9))
    monkeypatch.setattr("rlviz.command_line.check.CHECKS", [wrong])
    code = main(["check"])

    assert code == 1
    assert "FAILED" in capsys.readouterr().out


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rlviz", "run", "nothing", "--iterations", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Unknown algorithm `nothing`.")
