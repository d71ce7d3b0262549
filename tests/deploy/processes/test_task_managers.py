"""Worker processes: start, messages, output, every way to end."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hurtig.deploy.event_loop import EventLoop
from hurtig.deploy.processes.pool import ProcessPool
from hurtig.deploy.processes.task_managers import ProcessTaskManagers
from hurtig.deploy.processes.worker import WorkerContext

FACTORY = "tests.deploy.processes.echo:create"
SETTINGS = {"heartbeat.interval": "100 ms", "heartbeat.timeout": "700 ms"}


class Client:
    """A JobMaster's place, with the test as the JobMaster."""

    def __init__(self, pool: ProcessPool, **settings: str) -> None:
        self.loop = EventLoop()
        self.workers = ProcessTaskManagers(
            self.loop, "0123456789", {**SETTINGS, **settings}, 3, pool, FACTORY
        )
        self.messages: list[tuple[str, Any]] = []
        self.lost: list[tuple[str, str]] = []
        self.failed: list[BaseException] = []
        self.workers.connect(
            lambda id_, message: self.messages.append((id_, message)),
            lambda id_, reason: self.lost.append((id_, reason)),
        )

    def until(self, done: Callable[[], object], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, (self.messages[-5:], self.lost, self.failed)
            self.loop.step(0.05)

    def acquire(self, count: int) -> list[str]:
        ready: list[list[str]] = []
        self.workers.acquire(count, ready.append, self.failed.append)
        self.until(lambda: ready or self.failed)
        assert not self.failed, self.failed
        return ready[0]

    def tell(self, id_: str, what: str, argument: Any) -> None:
        self.workers.send(id_, (what, argument))  # type: ignore[arg-type]

    def call(self, id_: str, function: Callable[[WorkerContext], Any]) -> Any:
        before = len(self.messages)
        self.tell(id_, "call", function)
        self.until(lambda: len(self.messages) > before)
        return self.messages[-1][1][1]


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    pool = ProcessPool()
    yield pool
    folder = pool.folder
    pool.close()
    assert not os.path.exists(folder)


@pytest.fixture
def client(pool: ProcessPool) -> Iterator[Client]:
    client = Client(pool)
    yield client
    client.workers.release()
    assert client.workers.wait_ended(15)


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_dead(*pids: int, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while any(map(alive, pids)):
        assert time.monotonic() < deadline, "a process still lives"
        time.sleep(0.01)


# -- start and messages ---------------------------------------------------------------------------


def test_as_many_as_wanted_at_most_the_limit(client: Client) -> None:
    assert client.acquire(2) == ["tm-1", "tm-2"]
    assert client.acquire(2) == ["tm-1", "tm-2"]
    assert client.acquire(8) == ["tm-1", "tm-2", "tm-3"]
    assert client.acquire(1) == ["tm-1"]
    assert set(client.workers.addresses()) == {"tm-1", "tm-2", "tm-3"}
    assert len(set(client.workers.pids().values())) == 3


def test_workers_start_quickly(client: Client) -> None:
    client.acquire(1)
    started = time.monotonic()
    client.acquire(2)
    assert time.monotonic() - started < 0.5  # 0.02 s on a quiet machine


def test_thousands_of_messages_in_order(client: Client) -> None:
    ids = client.acquire(2)
    for i in range(3000):
        for id_ in ids:
            client.tell(id_, "echo", i)
    client.until(lambda: len(client.messages) == 6000)
    for id_ in ids:
        assert [m[1] for i, m in client.messages if i == id_] == list(range(3000))


def test_large_messages_both_ways(client: Client) -> None:
    (id_,) = client.acquire(1)
    blocks = [bytes([i]) * 5_000_000 for i in range(8)]
    for block in blocks:
        client.tell(id_, "echo", block)
    client.until(lambda: len(client.messages) == 8)
    assert [m[1] for _, m in client.messages] == blocks


def test_a_worker_that_does_not_read_does_not_stop_the_client(client: Client) -> None:
    (id_,) = client.acquire(1)
    client.tell(id_, "sleep", 0.3)
    started = time.monotonic()
    for _ in range(200):
        client.tell(id_, "echo", b"x" * 100_000)
    assert time.monotonic() - started < 0.3
    client.until(lambda: len(client.messages) == 200)


def test_messages_to_unknown_workers_are_dropped(client: Client) -> None:
    client.tell("tm-77", "echo", 1)


# -- the program's surroundings -------------------------------------------------------------------


def test_workers_are_like_the_program(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "my_module.py").write_text("VALUE = 41")
    monkeypatch.setenv("HURTIG_TEST_VARIABLE", "set")
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (id_,) = client.acquire(1)

    def look(context: Any) -> Any:
        import my_module  # type: ignore[import-not-found]

        return (
            os.getcwd(),
            os.environ.get("HURTIG_TEST_VARIABLE"),
            os.environ.get("HOME"),
            (my_module.VALUE),
        )

    assert client.call(id_, look) == (str(tmp_path), "set", None, 41)


def test_files_of_a_worker_go_with_it(client: Client) -> None:
    (id_,) = client.acquire(1)

    def make(context: Any) -> str:
        from hurtig.runtime.work_directory import work_directory

        path = work_directory()
        with open(os.path.join(path, "file"), "w") as f:
            f.write("x")
        return path

    path = client.call(id_, make)
    assert os.path.exists(path)
    os.kill(client.workers.pids()[id_], signal.SIGKILL)
    client.until(lambda: client.lost)
    client.until(lambda: not os.path.exists(path))


# -- output ---------------------------------------------------------------------------------------


def test_lines_of_workers_come_whole(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    ids = client.acquire(3)
    for number in range(50):
        for id_ in ids:
            client.tell(id_, "print", f"{id_} {number} " + "x" * 9000)
    for id_ in ids:
        client.tell(id_, "write", ("stderr", "an error\n"))
        client.tell(id_, "write", ("stdout", "without end"))
        client.tell(id_, "echo", "done")
    client.until(lambda: len(client.messages) == 3)
    client.workers.release()
    assert client.workers.wait_ended(10)
    captured = capsys.readouterr()
    assert captured.err == "an error\n" * 3
    lines = captured.out.replace("without end", "").splitlines()
    for id_ in ids:
        assert [line for line in lines if line.startswith(f"{id_} ")] == [
            f"{id_} {number} " + "x" * 9000 for number in range(50)
        ]
    assert captured.out.count("without end") == 3


# -- ends -----------------------------------------------------------------------------------------


def test_a_killed_worker_is_told_and_replaced(client: Client) -> None:
    ids = client.acquire(2)
    os.kill(client.workers.pids()["tm-1"], signal.SIGKILL)
    started = time.monotonic()
    client.until(lambda: client.lost)
    assert time.monotonic() - started < 0.5
    assert client.lost[0][0] == "tm-1"
    assert "killed by SIGKILL" in client.lost[0][1]
    assert ids == ["tm-1", "tm-2"]
    assert client.acquire(2) == ["tm-2", "tm-3"]


def test_the_loss_of_a_worker_is_told_before_what_it_did_to_others(client: Client) -> None:
    from hurtig.control.messages import Failed
    from hurtig.runtime.network.errors import ConnectionLostError

    client.acquire(2)
    told: list[str] = []
    client.workers.connect(
        lambda id_, message: told.append(f"{id_} says"),
        lambda id_, reason: told.append(f"{id_} is lost"),
    )
    effect = Failed(1, None, ConnectionLostError("the connection to tm-1 was lost"))
    pid = client.workers.pids()["tm-1"]
    client.tell("tm-2", "call", lambda context: context.send(effect))
    client.until(lambda: client.workers._effects)
    os.kill(pid, signal.SIGKILL)
    client.until(lambda: len(told) == 3)
    assert told == ["tm-2 says", "tm-1 is lost", "tm-2 says"]  # the first: the call's result
    client.tell("tm-2", "call", lambda context: context.send(effect))
    client.until(lambda: len(told) == 5)  # nobody is lost: told a little later


def test_what_a_worker_said_before_its_end_comes_first(client: Client) -> None:
    (id_,) = client.acquire(1)
    for i in range(100):
        client.tell(id_, "echo", i)
    client.tell(id_, "exit", 3)
    client.until(lambda: client.lost)
    assert len(client.messages) == 100
    assert client.lost == [(id_, "its process ended with exit code 3")]


def test_an_error_that_leaves_a_worker(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    (id_,) = client.acquire(1)
    client.tell(id_, "raise", ValueError("by accident"))
    client.until(lambda: client.lost)
    assert client.lost == [(id_, "its process ended with exit code 1")]
    client.workers.wait_ended(5)
    assert "ValueError: by accident" in capfd.readouterr().err


def test_a_stopped_worker_is_noticed_and_killed(client: Client) -> None:
    (id_,) = client.acquire(1)
    pid = client.workers.pids()[id_]
    os.kill(pid, signal.SIGSTOP)
    client.until(lambda: client.lost, 5)
    assert "no sign of life" in client.lost[0][1]
    assert "stopped" in client.lost[0][1]
    wait_dead(pid)


def test_a_busy_worker_is_not_taken_for_dead(client: Client) -> None:
    (id_,) = client.acquire(1)

    def hold_the_gil(context: Any) -> int:
        return sum(range(250_000_000))

    client.tell(id_, "call", hold_the_gil)
    client.until(lambda: client.messages, 60)
    assert not client.lost


def test_a_sleeping_slot_sends_signs_of_life(client: Client) -> None:
    (id_,) = client.acquire(1)
    client.tell(id_, "sleep", 1.5)
    client.tell(id_, "echo", 1)
    client.until(lambda: client.messages)
    assert not client.lost


def test_released_workers_end(client: Client) -> None:
    client.acquire(2)
    pids = list(client.workers.pids().values())
    client.workers.release()
    assert client.workers.wait_ended(5)
    wait_dead(*pids)
    client.loop.step(0.05)
    assert not client.lost


def test_a_worker_that_does_not_end_is_killed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hurtig.deploy.processes.task_managers.GRACE_SECONDS", 0.3)
    (id_,) = client.acquire(1)
    pid = client.workers.pids()[id_]
    client.tell(id_, "sleep", 60)
    client.workers.release()
    assert client.workers.wait_ended(5)
    wait_dead(pid)


def test_a_worker_that_cannot_start(pool: ProcessPool, capfd: pytest.CaptureFixture[str]) -> None:
    client = Client(pool)
    client.workers._factory = "no.such.module:create"
    client.workers.acquire(1, lambda ids: None, client.failed.append)
    client.until(lambda: client.failed)
    assert "did not start: its process ended with exit code 1" in str(client.failed[0])
    client.workers.release()
    assert client.workers.wait_ended(5)
    assert "No module named 'no'" in capfd.readouterr().err


def test_a_new_zygote_comes_for_one_that_was_killed(client: Client, pool: ProcessPool) -> None:
    client.acquire(2)
    assert pool._zygote is not None
    pids = list(client.workers.pids().values())
    pool._zygote._process.kill()
    client.until(lambda: len(client.lost) == 2)
    wait_dead(*pids)
    client.acquire(1)


def test_sockets_are_removed(client: Client) -> None:
    client.acquire(1)
    address = client.workers.addresses()["tm-1"].removeprefix("unix:")
    assert os.path.exists(address)
    client.workers.release()
    client.workers.wait_ended(5)
    assert not os.path.exists(address)


def test_a_forked_child_of_the_program_holds_nothing(pool: ProcessPool) -> None:
    from hurtig.deploy.processes import shared_pool as module

    module.close_shared_pool()
    client = Client(module.shared_pool())
    client.acquire(1)
    pid = os.fork()
    if pid == 0:
        code = 0 if module._pool is None else 1
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    client.tell("tm-1", "echo", 1)
    client.until(lambda: client.messages)
    client.workers.release()
    assert client.workers.wait_ended(5)
    module.close_shared_pool()


CLIENT_PROGRAM = """
import sys, time
from hurtig.deploy.event_loop import EventLoop
from hurtig.deploy.processes.task_managers import ProcessTaskManagers
loop = EventLoop()
workers = ProcessTaskManagers(loop, "job", {}, 2, None, "tests.deploy.processes.echo:create")
workers.connect(lambda *a: None, lambda *a: None)
ready = []
workers.acquire(2, ready.append, print)
loop.run_until(lambda: ready)
pool = workers._pool
print(*workers.pids().values(), pool._zygote._process.pid, pool.folder, flush=True)
if "wait" in sys.argv:
    time.sleep(60)
"""


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "end"])
def test_no_orphans_whatever_ends_the_client(how: str) -> None:
    import subprocess

    arguments = ["wait"] if how != "end" else []
    process = subprocess.Popen(
        [sys.executable, "-c", CLIENT_PROGRAM, *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    *pids, folder = process.stdout.readline().split()
    assert len(pids) == 3
    if how != "end":
        assert os.path.exists(folder)
        process.send_signal(getattr(signal, how))
    process.wait(10)
    process.stdout.close()
    wait_dead(*map(int, pids))
    deadline = time.monotonic() + 5
    while os.path.exists(folder):
        assert time.monotonic() < deadline
        time.sleep(0.01)
