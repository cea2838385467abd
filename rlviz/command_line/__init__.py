"""The command line: list, run, check and serve.

Exit codes: 0 where a result was printed, 1 where a check or a run failed, 2 where what was asked
for is refused, with a sentence on stderr.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from rlviz.errors import RlvizError

REFUSED = 2


class _Parser(argparse.ArgumentParser):
    """Refuses as everything else here does: one sentence and what to do."""

    def error(self, message: str) -> NoReturn:
        command = self.prog.removeprefix("python -m ")
        raise Refused(f"{message[:1].upper()}{message[1:]}. See `python -m {command} --help`.")


class Refused(RlvizError):
    """Raised when the arguments can not be read."""


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say and return the exit code."""
    try:
        asked = _read(arguments)
        return int(asked.do(asked))
    except RlvizError as refused:
        print(refused, file=sys.stderr)
        return REFUSED


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(
        prog="python -m rlviz",
        description="Watch reinforcement learning learn, with the exact truth beside it.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_list(commands)
    _add_run(commands)
    _add_check(commands)
    _add_serve(commands)
    known = list(commands.choices)
    if arguments and not arguments[0].startswith("-") and arguments[0] not in known:
        near = difflib.get_close_matches(arguments[0], known, n=1)
        hint = f"Did you mean `{near[0]}`?" if near else f"Known: {', '.join(known)}."
        raise Refused(f"Unknown command `{arguments[0][:80]}`. {hint}")
    return parser.parse_args(arguments)


def _add_list(commands: Any) -> None:
    command = commands.add_parser("list", help="worlds, algorithms, hyper-parameters, signals")
    command.add_argument("--json", action="store_true", help="as one JSON object")
    command.set_defaults(do=_list)


def _add_run(commands: Any) -> None:
    command = commands.add_parser("run", help="train, and print one JSON object")
    add = command.add_argument
    add("algorithm", nargs="?", metavar="ALGORITHM", help="its name in `list`")
    add("--world", metavar="WORLD", help="its name in `list`")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="a value from the start")
    add(
        "--at",
        action="append",
        default=[],
        metavar="ITERATION:NAME=VALUE",
        help="a value from that iteration on",
    )
    add("--iterations", type=int, required=True, metavar="N", help="how long at most")
    add("--seed", type=int, metavar="S", help="0 unless said")
    add("--replicas", type=int, metavar="B", help="independent copies, 1 unless said")
    add("--device", metavar="cpu|cuda|auto", help="auto unless said")
    add("--preset", metavar="NAME", help="a preset of a lesson; --set wins over it")
    add(
        "--until",
        metavar="'SIGNAL[.last|.mean_last_100] >= VALUE'",
        help="end early when this holds (or <=); looked at after every 100 steps of a replica",
    )
    add("--out", metavar="FILE", help="curves as FILE.parquet or FILE.jsonl, all as FILE.zip")
    add("--raw", action="store_true", help="write every value to --out, not the curves")
    add("--spec", metavar="FILE", help="a stored spec as JSON; - reads it from stdin")
    command.set_defaults(do=_run)


def _add_check(commands: Any) -> None:
    command = commands.add_parser("check", help="the exact truths against known numbers")
    command.set_defaults(do=_check)


def _add_serve(commands: Any) -> None:
    command = commands.add_parser("serve", help="the application")
    command.add_argument("--host", default="127.0.0.1", metavar="H", help="0.0.0.0 for a class")
    command.add_argument("--port", type=int, default=8501, metavar="P", help="8501 unless said")
    command.set_defaults(do=_serve)


# Each command imports what it needs when it is asked for: `serve` and `--help` start without torch.


def _list(asked: argparse.Namespace) -> int:
    from rlviz.command_line import listing

    return listing.show(as_json=asked.json)


def _run(asked: argparse.Namespace) -> int:
    from rlviz.command_line import run

    return run.train(asked)


def _check(_: argparse.Namespace) -> int:
    from rlviz.command_line import check

    return check.show()


def _serve(asked: argparse.Namespace) -> int:
    from rlviz.command_line import serve

    return serve.start(asked.host, asked.port)
