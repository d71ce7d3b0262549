"""The embedded engine: how jobs start, end, fail and are cancelled."""

from __future__ import annotations

import gc
import threading
import time
from itertools import count
from typing import Any

import pytest

from hurtig.checkpoint.errors import CheckpointError
from hurtig.client import running
from hurtig.common.accumulators import IntCounter, ListAccumulator
from hurtig.common.errors import JobCancelledError, JobExecutionError, UserFunctionError
from hurtig.common.job_status import JobStatus
from hurtig.datastream import MapFunction, StreamExecutionEnvironment
from hurtig.deploy.garbage import THRESHOLDS

LOG: list[Any] = []


@pytest.fixture(autouse=True)
def log():
    LOG.clear()
    return LOG


@pytest.fixture
def env():
    return StreamExecutionEnvironment.get_execution_environment()


class Logged(MapFunction):
    """Tells when it is opened and closed; raises on ``bad``."""

    def __init__(self, name: str = "f", bad: Any = None, close_error: bool = False) -> None:
        self.name, self.bad, self.close_error = name, bad, close_error

    def open(self, runtime_context: Any) -> None:
        log_of().append(("open", self.name))
        self.seen = IntCounter()
        runtime_context.add_accumulator("seen", self.seen)

    def map(self, value: Any) -> Any:
        if value == self.bad:
            raise ValueError(f"bad: {value}")
        self.seen.add(1)
        return value

    def close(self) -> None:
        log_of().append(("close", self.name))
        if self.close_error:
            raise OSError("cannot close")


def log_of() -> list[Any]:
    """The log of this module, also for functions that were pickled by value."""
    return LOG


def endless():
    return count()


def wait_for(condition: Any, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.005)


# -- execute ----------------------------------------------------------------------------------


def test_execute(env, capsys):
    env.from_collection([1, 2]).map(Logged()).print()
    result = env.execute("name")
    assert capsys.readouterr().out == "1\n2\n"
    assert LOG == [("open", "f"), ("close", "f")]
    assert result.get_net_runtime() >= 0
    assert result.get_accumulator_result("seen") == 2
    assert result.get_all_accumulator_results() == {"seen": 2}
    assert running.jobs() == []


def test_accumulators_are_merged_over_subtasks(env):
    class Where(MapFunction):
        def open(self, runtime_context: Any) -> None:
            self.where = ListAccumulator()
            runtime_context.add_accumulator("where", self.where)
            self.index = runtime_context.get_index_of_this_subtask()

        def map(self, value: Any) -> Any:
            self.where.add(self.index)
            return value

    env.from_collection(list(range(6))).rebalance().map(Where()).set_parallelism(3).print()
    assert sorted(env.execute().get_accumulator_result("where")) == [0, 0, 1, 1, 2, 2]


def test_a_program_runs_once(env):
    env.from_collection([1]).map(Logged()).print()
    env.execute()
    env.from_collection([2]).print()
    env.execute()
    assert LOG == [("open", "f"), ("close", "f")]


def test_the_program_is_shipped_also_within_one_process(env):
    function = Logged()
    env.from_collection([1]).map(function).print()
    env.execute()
    assert not hasattr(function, "seen")


# -- failure ----------------------------------------------------------------------------------


def test_a_failing_function(env):
    stream = env.from_collection([1, 2, 3]).map(Logged("first"))
    stream.map(Logged("second", bad=2)).name("breaks").print()
    with pytest.raises(UserFunctionError, match="bad: 2") as caught:
        env.execute()
    assert caught.value.operator == "breaks"
    assert sorted(LOG) == sorted(
        (what, name) for what in ("open", "close") for name in ("first", "second")
    )
    assert running.jobs() == []


def test_an_error_while_closing_is_only_noted(env):
    env.from_collection([1]).map(Logged(bad=1, close_error=True)).print()
    with pytest.raises(UserFunctionError, match="bad: 1") as caught:
        env.execute()
    assert "cannot close" in "".join(caught.value.__notes__)


def test_an_error_while_closing_fails_a_job_that_went_well(env):
    env.from_collection([1]).map(Logged(close_error=True)).print()
    with pytest.raises(UserFunctionError, match="cannot close"):
        env.execute()


def test_an_error_in_open(env):
    class Fails(Logged):
        def open(self, runtime_context: Any) -> None:
            raise RuntimeError("no service")

    env.from_collection([1]).map(Fails("f")).name("opens").map(Logged("after")).print()
    with pytest.raises(UserFunctionError, match="no service") as caught:
        env.execute()
    assert caught.value.operator == "opens"
    assert ("close", "f") in LOG


def test_a_job_after_a_failed_one(env):
    env.from_collection([1]).map(Logged(bad=1)).print()
    with pytest.raises(UserFunctionError):
        env.execute()
    env.from_collection([5]).map(Logged()).print()
    assert env.execute().get_accumulator_result("seen") == 1


# -- execute_async ----------------------------------------------------------------------------


def test_execute_async(env):
    env.from_collection([1, 2, 3]).map(Logged()).print()
    client = env.execute_async("background")
    result = client.get_job_execution_result().result()
    assert result.get_job_id() == client.get_job_id()
    assert result.get_accumulator_result("seen") == 3
    assert client.get_accumulators().result() == {"seen": 3}
    assert client.get_job_status().result() is JobStatus.FINISHED


def test_status_and_cancel(env):
    env.from_iterable(endless, bounded=False).map(Logged()).print_to_err()
    client = env.execute_async()
    wait_for(lambda: client.get_accumulators().result().get("seen"))
    assert client.get_job_status().result() is JobStatus.RUNNING
    assert [job.name for job in running.jobs()] == ["Flink Streaming Job"]
    future = client.get_job_execution_result()
    assert not future.done()
    client.cancel().result()
    assert client.get_job_status().result() is JobStatus.CANCELED
    assert LOG == [("open", "f"), ("close", "f")]
    assert future.done()
    with pytest.raises(JobCancelledError, match="was cancelled"):
        future.result()
    client.cancel().result()  # twice is no error
    assert running.jobs() == []


def test_a_function_that_cannot_be_closed_does_not_keep_a_job_from_being_cancelled(env, capsys):
    env.from_iterable(endless, bounded=False).map(Logged(close_error=True)).print_to_err()
    client = env.execute_async("stubborn")
    wait_for(lambda: client.get_accumulators().result().get("seen"))
    client.cancel().result()
    assert client.get_job_status().result() is JobStatus.CANCELED
    assert (
        "WARN [stubborn] could not be closed cleanly: UserFunctionError" in capsys.readouterr().err
    )
    assert running.jobs() == []


def test_a_job_that_is_cancelled_before_anybody_runs_it(env):
    records = env.from_collection([1]).map(Logged()).execute_and_collect()
    client = records._client
    assert client.get_job_status().result() is not JobStatus.CANCELED
    client.cancel().result()
    assert client.get_job_status().result() is JobStatus.CANCELED
    assert LOG == []


@pytest.mark.parametrize("background", [True, False])
def test_a_program_that_exits_within_a_function(env, background):
    def leave(value: Any) -> Any:
        raise SystemExit(3)

    env.from_collection([1]).map(Logged()).map(leave).print()
    run = env.execute if not background else env.execute_async().get_job_execution_result().result
    with pytest.raises(SystemExit) as caught:
        run()
    assert caught.value.code == 3
    assert LOG == [("open", "f"), ("close", "f")]
    assert running.jobs() == []


def test_execute_in_a_thread(env):
    env.from_collection([1, 2]).map(Logged()).print()
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(env.execute()))
    thread.start()
    thread.join(20)
    assert results[0].get_accumulator_result("seen") == 2


def test_a_failing_job_in_the_background(env):
    env.from_collection([1]).map(Logged(bad=1)).print()
    client = env.execute_async()
    with pytest.raises(UserFunctionError, match="bad: 1"):
        client.get_job_execution_result().result()
    assert client.get_job_status().result() is JobStatus.FAILED
    assert isinstance(client.get_job_execution_result().exception(), UserFunctionError)


def test_cancel_while_the_source_blocks(env):
    never = threading.Event()

    def blocks():
        yield 1
        never_of().wait()

    global _never
    _never = never
    env.from_iterable(blocks, bounded=False).map(Logged()).print()
    client = env.execute_async()
    wait_for(lambda: client.get_accumulators().result().get("seen"))
    started = time.monotonic()
    client.cancel().result()
    assert time.monotonic() - started < 2
    assert client.get_job_status().result() is JobStatus.CANCELED
    assert ("close", "f") in LOG
    never.set()


_never: threading.Event | None = None


def never_of() -> threading.Event:
    assert _never is not None
    return _never


def test_jobs_side_by_side():
    clients = []
    for n in range(3):
        env = StreamExecutionEnvironment.get_execution_environment()
        env.from_sequence(1, 1000 + n).map(Logged(str(n))).print_to_err()
        clients.append(env.execute_async(f"job {n}"))
    results = [c.get_job_execution_result().result() for c in clients]
    assert [r.get_accumulator_result("seen") for r in results] == [1000, 1001, 1002]
    assert running.jobs() == []


def test_a_job_that_nobody_drives_runs_until_its_savepoint_is_there(env, tmp_path):
    env.from_sequence(0, 10**12).add_sink(lambda _: None)
    client = env.execute_async()
    future = client.trigger_savepoint(str(tmp_path))
    assert not future.done()
    path = future.result()
    assert path.startswith(f"{tmp_path}/savepoint-")
    client.cancel().result()


def test_nothing_is_answered_once_the_job_has_ended(env):
    env.from_collection([1]).add_sink(lambda _: None)
    client = env.execute_async()
    client.get_job_execution_result().result()
    with pytest.raises(JobExecutionError, match="has ended: it is FINISHED"):
        client.trigger_savepoint("x").result()


def test_a_savepoint_that_the_end_overtakes_fails(env):
    env.from_collection([1]).map(lambda _: 1 // 0).print_to_err()
    client = env.execute_async()
    # Whichever comes first: the failure, or the end of the job.
    with pytest.raises((CheckpointError, JobExecutionError), match=r"ZeroDivisionError|has ended"):
        client.trigger_savepoint("x").result()
    with pytest.raises(UserFunctionError):
        client.get_job_execution_result().result()


# -- execute_and_collect ----------------------------------------------------------------------


def test_closing_early_ends_an_unbounded_job(env):
    with env.from_iterable(endless, bounded=False).map(Logged()).execute_and_collect() as records:
        assert [next(records) for _ in range(3)] == [0, 1, 2]
        assert len(running.jobs()) == 1
    assert LOG == [("open", "f"), ("close", "f")]
    assert running.jobs() == []


def test_closing_early_in_another_thread(env):
    """A program may well use the engine in a thread that is not the main one."""
    failures: list[BaseException] = []

    def read() -> None:
        try:
            stream = env.from_iterable(endless, bounded=False).map(Logged())
            with stream.execute_and_collect() as records:
                assert next(records) == 0
            assert ("close", "f") in LOG
            assert running.jobs() == []
        except BaseException as e:
            failures.append(e)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    assert failures == []


def test_closing_before_reading(env):
    env.from_collection([1]).map(Logged()).execute_and_collect().close()
    assert running.jobs() == []
    assert LOG == []


def test_a_function_cancels_its_own_job(env):
    client: list[Any] = []

    def stop(value: Any) -> Any:
        if value == 10:
            clients()[0].cancel()
        return value

    global _clients
    _clients = client
    records = (
        env.from_iterable(endless, bounded=False).map(stop).map(Logged()).execute_and_collect()
    )
    client.append(records._client)
    with pytest.raises(JobCancelledError):
        records._client.get_job_execution_result().result()
    assert LOG == [("open", "f"), ("close", "f")]


_clients: list[Any] = []


def clients() -> list[Any]:
    return _clients


# -- the garbage collector --------------------------------------------------------------------


@pytest.mark.parametrize("how", ["finish", "fail", "cancel", "limit"])
def test_collector_settings_are_restored(env, how):
    before = gc.get_threshold()
    during: list[Any] = []
    stream = env.from_sequence(1, 10**6).map(lambda x: (log_of().append(gc.get_threshold()), x)[1])
    if how == "limit":
        stream.execute_and_collect(limit=3)
    elif how == "finish":
        stream.filter(lambda x: False).print()
        env.from_sequence(1, 3)
        env.execute()
    elif how == "fail":
        stream.map(lambda x: 1 // 0).print()
        with pytest.raises(UserFunctionError):
            env.execute()
    else:
        stream.print_to_err()
        client = env.execute_async()
        wait_for(lambda: LOG)
        client.cancel().result()
    during += LOG[:1]
    assert during == [THRESHOLDS]
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
