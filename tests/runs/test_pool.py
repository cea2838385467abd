from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest
import uvloop

from rlviz.runs import messages as m
from rlviz.runs.pool import PING_SECONDS, SILENT_SECONDS, Pool
from rlviz.runs.processes import LocalExecutor

SMALL = (sys.executable, str(Path(__file__).with_name("small_worker.py")))
PATIENCE = 20.0


class Ears:
    """Remembers what a pool says."""

    def __init__(self) -> None:
        self.hellos: list[tuple[int, m.Hello]] = []
        self.messages: list[tuple[int, m.Notification]] = []
        self.losses: list[int] = []

    def pids(self) -> list[int]:
        return [int(hello.catalogue["pid"]) for _, hello in self.hellos]


async def until(condition: Callable[[], object]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, "the condition did not come to hold in time"
        await asyncio.sleep(0.005)


def with_pool(
    test: Callable[[Pool, Ears], Awaitable[None]],
    capacity: int = 1,
    *,
    listen: bool = False,
    loop: Callable[[], asyncio.AbstractEventLoop] | None = None,
    ping_seconds: float = PING_SECONDS,
    silent_seconds: float = SILENT_SECONDS,
) -> Ears:
    """Run a test on an open pool; afterwards none of its processes may be left."""
    ears = Ears()

    async def scenario() -> None:
        executor = LocalExecutor(capacity, command=SMALL, listen=listen)
        pool = Pool(
            executor,
            ready=lambda seat, hello: ears.hellos.append((seat, hello)),
            received=lambda seat, message: ears.messages.append((seat, message)),
            lost=ears.losses.append,
            ping_seconds=ping_seconds,
            silent_seconds=silent_seconds,
        )
        pool.open()
        try:
            await asyncio.wait_for(test(pool, ears), 2 * PATIENCE)
        finally:
            await pool.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(scenario())
    assert [pid for pid in ears.pids() if psutil.pid_exists(pid)] == []
    return ears


async def warm(pool: Pool) -> None:
    await until(lambda: len(pool.warm) == len(pool.seats))


@pytest.mark.parametrize("own", [None, "2"], ids=["unset", "set by the user"])
def test_every_seat_gets_a_worker_of_one_thread_unless_told_otherwise(
    own: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if own is None:
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    else:
        monkeypatch.setenv("OMP_NUM_THREADS", own)

    async def test(pool: Pool, ears: Ears) -> None:
        await warm(pool)

        assert {seat for seat, _ in ears.hellos} == {0, 1}
        assert {hello.catalogue["threads"] for _, hello in ears.hellos} == {own or "1"}

    with_pool(test, capacity=2)


@pytest.mark.parametrize("listen", [False, True], ids=["socketpair", "listener"])
@pytest.mark.parametrize("loop", [None, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_messages_go_both_ways(
    listen: bool, loop: Callable[[], asyncio.AbstractEventLoop] | None
) -> None:
    async def test(pool: Pool, ears: Ears) -> None:
        await warm(pool)
        pool.send(0, m.Save("run"))
        await until(lambda: ears.messages)

        assert ears.messages == [(0, m.Rewound("run", ears.pids()[0]))]

    with_pool(test, listen=listen, loop=loop)


def test_a_message_larger_than_any_buffer_arrives_whole() -> None:
    async def test(pool: Pool, ears: Ears) -> None:
        await warm(pool)
        pool.send(0, m.Play("run"))
        await until(lambda: ears.messages)

        assert ears.messages == [(0, m.Checkpoint("run", 1, blob=bytes(range(256)) * 12_288))]

    with_pool(test)


def test_a_killed_worker_is_noticed_at_once_and_replaced() -> None:
    async def test(pool: Pool, ears: Ears) -> None:
        await warm(pool)
        os.kill(ears.pids()[0], signal.SIGKILL)
        killed = time.monotonic()
        await until(lambda: ears.losses == [0])
        noticed = time.monotonic() - killed
        await until(lambda: len(ears.hellos) == 2)
        pool.send(0, m.Save("run"))
        await until(lambda: ears.messages)

        assert noticed < 1.0
        assert ears.messages == [(0, m.Rewound("run", ears.pids()[1]))]

    with_pool(test)


def test_the_others_live_on_when_one_ends() -> None:
    async def test(pool: Pool, ears: Ears) -> None:
        await warm(pool)
        pids = {seat: int(hello.catalogue["pid"]) for seat, hello in ears.hellos}
        pool.send(0, m.Stop("run"))
        await until(lambda: len(ears.hellos) == 3)
        pool.send(1, m.Save("run"))
        await until(lambda: ears.messages)

        assert ears.losses == [0]
        assert ears.messages == [(1, m.Rewound("run", pids[1]))]

    with_pool(test, capacity=2)


def test_a_worker_that_talks_nonsense_is_replaced() -> None:
    async def test(pool: Pool, ears: Ears) -> None:
        await warm(pool)
        pool.send(0, m.Pause("run"))
        await until(lambda: len(ears.hellos) == 2)

        assert ears.losses == [0]

    with_pool(test)


def test_a_worker_that_stands_still_is_noticed_and_replaced() -> None:
    """Ten times as quick as in earnest: so it must be noticed within a second."""

    async def test(pool: Pool, ears: Ears) -> None:
        await warm(pool)
        os.kill(ears.pids()[0], signal.SIGSTOP)
        stopped = time.monotonic()
        await until(lambda: ears.losses == [0])
        noticed = time.monotonic() - stopped
        await until(lambda: len(ears.hellos) == 2)
        pool.send(0, m.Save("run"))
        await until(lambda: ears.messages)

        assert noticed < 1.0 + 0.5  # and what a busy machine adds
        assert ears.messages == [(0, m.Rewound("run", ears.pids()[1]))]

    assert PING_SECONDS + SILENT_SECONDS <= 10
    with_pool(test, ping_seconds=PING_SECONDS / 10, silent_seconds=SILENT_SECONDS / 10)


def test_a_worker_that_answers_is_left_alone() -> None:
    async def test(pool: Pool, ears: Ears) -> None:
        await warm(pool)
        begun = time.monotonic()
        await until(lambda: time.monotonic() - begun > 1)

        assert (ears.losses, ears.messages) == ([], [])

    with_pool(test, ping_seconds=0.1, silent_seconds=0.4)


def test_pool_can_end_a_worker() -> None:
    async def test(pool: Pool, ears: Ears) -> None:
        await warm(pool)
        pool.kill(0)
        await until(lambda: len(ears.hellos) == 2)

    with_pool(test)


def test_what_is_sent_to_an_empty_seat_is_dropped() -> None:
    async def test(pool: Pool, ears: Ears) -> None:
        pool.send(0, m.Save("run"))
        await warm(pool)
        pool.send(0, m.Play("run"))
        await until(lambda: ears.messages)

        assert [type(message) for _, message in ears.messages] == [m.Checkpoint]

    with_pool(test)


def test_a_stranger_at_the_listener_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMALL_WORKER", "deaf")

    async def test(pool: Pool, ears: Ears) -> None:
        await warm(pool)
        pool.send(0, m.Save("run"))
        await until(lambda: ears.messages)

    with_pool(test, listen=True)


@pytest.mark.parametrize("listen", [False, True], ids=["socketpair", "listener"])
def test_a_worker_that_never_gets_ready_does_not_hang_anything(
    listen: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SMALL_WORKER", "mute")

    async def test(pool: Pool, ears: Ears) -> None:
        await until(lambda: "worker" in caplog.text)

        assert (ears.losses, pool.warm) == ([], frozenset())

    with_pool(test, listen=listen)


def test_a_command_that_can_not_be_run_is_said(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        executor = LocalExecutor(1, command=("/no/such/program",))
        pool = Pool(executor, ready=_nothing, received=_nothing, lost=_nothing)
        pool.open()
        await until(lambda: "could not be started" in caplog.text)
        await pool.close()

    asyncio.run(scenario())


def test_closing_while_workers_start_leaves_none() -> None:
    before = {child.pid for child in psutil.Process().children()}

    async def test(pool: Pool, ears: Ears) -> None:  # noqa: ARG001
        await asyncio.sleep(0)  # let the starts begin

    with_pool(test, capacity=2)

    assert {child.pid for child in psutil.Process().children()} - before == set()


def test_workers_end_with_the_server() -> None:
    """The socket's end is enough: a server that is killed leaves no orphan."""
    code = (
        "import asyncio, sys\n"
        "from rlviz.runs.pool import Pool\n"
        "from rlviz.runs.processes import LocalExecutor\n"
        "async def main():\n"
        f"    executor = LocalExecutor(1, command={SMALL!r})\n"
        "    hello = asyncio.get_running_loop().create_future()\n"
        "    pool = Pool(executor, ready=lambda _, h: hello.set_result(h),\n"
        "                received=print, lost=print)\n"
        "    pool.open()\n"
        "    print((await hello).catalogue['pid'], flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )

    async def scenario() -> None:
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
        )
        assert server.stdout is not None
        pid = int(await asyncio.wait_for(server.stdout.readline(), PATIENCE))
        server.kill()
        await server.wait()
        await until(lambda: not psutil.pid_exists(pid) or _is_zombie(pid))

    asyncio.run(scenario())


def _nothing(*_: object) -> None:
    pass


def _is_zombie(pid: int) -> bool:
    """An orphan that has ended may wait for an init process that does not collect it."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
