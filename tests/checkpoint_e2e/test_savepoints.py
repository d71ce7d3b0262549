"""Savepoints: stop, go on, change the program, claim."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from tests.checkpoint_e2e.jobs import (
    Gate,
    advance,
    environment,
    file_sink,
    lines_of,
    stop,
    timed,
)

from hurtig.checkpoint.errors import CheckpointError, RestoreError
from hurtig.common import Duration, Types
from hurtig.common.errors import HurtigError, JobCancelledError
from hurtig.common.job_status import JobStatus
from hurtig.datastream.functions import KeyedProcessFunction
from hurtig.datastream.window import TumblingEventTimeWindows
from hurtig.state.descriptors import ValueStateDescriptor

COUNT = 400


class Count(KeyedProcessFunction):
    """Counts per key, in a state of this name."""

    def __init__(self, state: str = "count", type_info: Any = None) -> None:
        self.state = state
        self.type_info = type_info or Types.LONG()

    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor(self.state, self.type_info))

    def process_element(self, value: int, ctx: Any) -> Any:
        self.count.update((self.count.value() or 0) + 1)
        yield f"{ctx.get_current_key()} {self.count.value()}"


def counting(env: Any, out: Path, uid: str = "count", function: Any = None, more: str = "") -> None:
    numbers = env.from_sequence(0, COUNT - 1).uid("numbers").map(Gate.pass_on).uid("gate")
    counted = numbers.key_by(lambda n: n % 3).process(function or Count(), Types.STRING()).uid(uid)
    if more:
        counted = counted.key_by(lambda line: line[0]).process(Count(), Types.STRING()).uid(more)
    counted.sink_to(file_sink(out)).uid("sink")


EXPECTED = sorted(f"{n % 3} {n // 3 + 1}" for n in range(COUNT))


def stopped(tmp_path: Path, drain: bool = False, **settings: str) -> str:
    env = environment(tmp_path, **settings)
    counting(env, tmp_path / "out")
    Gate.quick = COUNT // 2
    client = env.execute_async()
    advance(client)
    path = stop(client, drain)
    assert client.get_job_status().result() is JobStatus.FINISHED
    assert 0 < len(lines_of(tmp_path / "out")) < COUNT
    return path


def resumed(tmp_path: Path, path: str, **settings: str) -> Any:
    Gate.quick = 10**9
    return environment(tmp_path, execution__state_recovery__path=path, **settings)


# -- stop and go on ---------------------------------------------------------------------------


@pytest.mark.parametrize("interval", [None, "20 ms"])
def test_stop_and_go_on(tmp_path: Path, interval: str | None) -> None:
    more = {} if interval is None else {"execution__checkpointing__interval": interval}
    path = stopped(tmp_path, **more)
    assert re.search(r"/savepoints/savepoint-[0-9a-f]{6}-[0-9a-f]{12}$", path)
    env = resumed(tmp_path, path, **more)
    counting(env, tmp_path / "out")
    env.execute()
    assert lines_of(tmp_path / "out") == EXPECTED
    assert (Path(path) / "_metadata").exists()


def test_the_older_key_names_the_savepoint_as_well(tmp_path: Path) -> None:
    path = stopped(tmp_path)
    env = environment(tmp_path, execution__savepoint__path=path)
    counting(env, tmp_path / "out")
    Gate.quick = 10**9
    env.execute()
    assert lines_of(tmp_path / "out") == EXPECTED


@pytest.mark.parametrize("drain", [False, True])
def test_windows_fire_at_a_drained_stop_only(tmp_path: Path, drain: bool) -> None:
    env = environment(tmp_path)
    numbers = timed(env.from_sequence(0, COUNT - 1).map(Gate.pass_on))
    windows = numbers.key_by(lambda n: 0).window(TumblingEventTimeWindows.of(Duration.of_days(1)))
    total = windows.reduce(lambda a, b: a + b).map(str, Types.STRING())
    total.sink_to(file_sink(tmp_path / "out"))
    Gate.quick = COUNT // 2
    client = env.execute_async()
    advance(client)
    stop(client, drain)
    assert len(lines_of(tmp_path / "out")) == drain


def test_a_savepoint_leaves_the_job_alone(tmp_path: Path) -> None:
    env = environment(tmp_path, 1, 20)
    counting(env, tmp_path / "out")
    Gate.quick = COUNT // 2
    client = env.execute_async()
    advance(client)
    paths = {client.trigger_savepoint().result() for _ in range(2)}
    paths.add(client.trigger_savepoint(str(tmp_path / "elsewhere")).result())
    assert len(paths) == 3
    Gate.quick = 10**9
    client.get_job_execution_result().result()
    assert lines_of(tmp_path / "out") == EXPECTED
    assert all((Path(path) / "_metadata").exists() for path in paths)


def test_a_savepoint_needs_a_directory(tmp_path: Path) -> None:
    env = environment(tmp_path)
    env._configuration.remove_config("execution.checkpointing.savepoint-dir")
    env._configuration.remove_config("execution.checkpointing.dir")
    counting(env, tmp_path / "out")
    Gate.quick = 0
    client = env.execute_async()
    with pytest.raises(HurtigError, match=r"execution\.checkpointing\.savepoint-dir"):
        client.trigger_savepoint().result()
    client.cancel().result()


def test_batch_mode_takes_none(tmp_path: Path) -> None:
    env = environment(tmp_path, execution__runtime_mode="BATCH")
    counting(env, tmp_path / "out")
    Gate.quick = 0
    client = env.execute_async()
    with pytest.raises(CheckpointError, match="BATCH mode takes no checkpoints"):
        client.trigger_savepoint().result()
    client.cancel().result()


def test_a_path_that_holds_none(tmp_path: Path) -> None:
    env = resumed(tmp_path, str(tmp_path / "nothing"))
    counting(env, tmp_path / "out")
    with pytest.raises(HurtigError, match="nothing"):
        env.execute()


# -- a changed program ------------------------------------------------------------------------


def test_an_operator_that_is_new(tmp_path: Path, capsys: Any) -> None:
    path = stopped(tmp_path)
    env = resumed(tmp_path, path)
    counting(env, tmp_path / "out", more="second")
    env.execute()
    said = capsys.readouterr().err
    assert " 1 new, 0 dropped" in said
    assert re.search(r"^  \+ [0-9a-f]{32} \(KeyedProcess\)  starts without state$", said, re.M)


def test_an_operator_that_is_gone(tmp_path: Path, capsys: Any) -> None:
    path = stopped(tmp_path)
    env = resumed(tmp_path, path)
    counting(env, tmp_path / "out", uid="renamed")
    with pytest.raises(RestoreError, match="--allowNonRestoredState") as error:
        env.execute()
    assert re.search(r"  - [0-9a-f]{32} \(KeyedProcess\)  its state is dropped", str(error.value))
    before = lines_of(tmp_path / "out")
    env = resumed(tmp_path, path, execution__state_recovery__ignore_unclaimed_state="true")
    counting(env, tmp_path / "out", uid="renamed")
    env.execute()
    assert "1 new, 1 dropped" in capsys.readouterr().err
    assert lines_of(tmp_path / "out") != EXPECTED  # it counts from one again
    assert len(lines_of(tmp_path / "out")) == COUNT > len(before)


def test_a_state_that_is_renamed_starts_empty(tmp_path: Path) -> None:
    path = stopped(tmp_path)
    env = resumed(tmp_path, path)
    counting(env, tmp_path / "out", function=Count("total"))
    env.execute()
    lines = lines_of(tmp_path / "out")
    assert len(lines) == COUNT
    assert lines != EXPECTED


def test_a_state_of_another_type_is_an_error_at_once(tmp_path: Path, capsys: Any) -> None:
    path = stopped(tmp_path)
    env = resumed(tmp_path, path, execution__checkpointing__interval="1 s")
    counting(env, tmp_path / "out", function=Count(type_info=Types.STRING()))
    with pytest.raises(HurtigError, match="count"):
        env.execute()
    assert "restart 1" not in capsys.readouterr().err


def test_the_maximum_parallelism_is_taken_over(tmp_path: Path) -> None:
    env = environment(tmp_path)
    env.set_max_parallelism(16)
    counting(env, tmp_path / "out")
    Gate.quick = COUNT // 2
    client = env.execute_async()
    advance(client)
    path = stop(client)
    env = resumed(tmp_path, path)  # 128 by default
    env.set_parallelism(3)
    counting(env, tmp_path / "out")
    env.execute()
    assert lines_of(tmp_path / "out") == EXPECTED
    env = resumed(tmp_path, path)
    env.set_max_parallelism(32)
    counting(env, tmp_path / "out2")
    with pytest.raises(RestoreError, match=r"set_max_parallelism\(16\)"):
        env.execute()


# -- whose files they are ---------------------------------------------------------------------


def files_below(path: str) -> dict[str, bytes]:
    return {str(f): f.read_bytes() for f in Path(path).rglob("*") if f.is_file()}


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
@pytest.mark.parametrize("mode", ["NO_CLAIM", "CLAIM", "LEGACY"])
def test_claim_modes_of_a_retained_checkpoint(tmp_path: Path, mode: str, backend: str) -> None:
    settings = {
        "execution__checkpointing__interval": "15 ms",
        "execution__checkpointing__externalized_checkpoint_retention": "RETAIN_ON_CANCELLATION",
        "execution__checkpointing__incremental": "true",
        "state__backend__type": backend,
    }
    env = environment(tmp_path, **settings)
    counting(env, tmp_path / "out")
    Gate.quick = COUNT // 4
    client = env.execute_async()
    advance(client)
    client._control.trigger_checkpoint().result()
    client.cancel().result()
    (job,) = (tmp_path / "checkpoints").iterdir()
    (path,) = job.glob("chk-*")
    before = files_below(str(job))
    assert str(path / "_metadata") in before
    env = resumed(tmp_path, str(path), execution__state_recovery__claim_mode=mode, **settings)
    counting(env, tmp_path / "out")
    Gate.quick = COUNT // 4
    env.execute()
    assert lines_of(tmp_path / "out") == EXPECTED
    after = files_below(str(job))
    if mode == "CLAIM":
        assert after == {}
    else:
        assert after == before


def test_an_unknown_claim_mode(tmp_path: Path) -> None:
    path = stopped(tmp_path)
    env = resumed(tmp_path, path, execution__state_recovery__claim_mode="MINE")
    counting(env, tmp_path / "out")
    with pytest.raises(HurtigError, match="NO_CLAIM"):
        env.execute()


# -- what stays of a job ----------------------------------------------------------------------


@pytest.mark.parametrize("end", ["finish", "cancel", "fail"])
@pytest.mark.parametrize(
    ("retention", "kept"),
    [
        ("RETAIN_ON_CANCELLATION", {"cancel", "fail"}),
        ("DELETE_ON_CANCELLATION", {"fail"}),
        ("NO_EXTERNALIZED_CHECKPOINTS", set()),
    ],
)
def test_what_is_kept(tmp_path: Path, retention: str, kept: set[str], end: str) -> None:
    env = environment(
        tmp_path,
        1,
        3_600_000,
        execution__checkpointing__externalized_checkpoint_retention=retention,
        restart_strategy__type="none",
    )
    function = Failing() if end == "fail" else None
    counting(env, tmp_path / "out", function=function)
    Gate.quick = COUNT // 2
    client = env.execute_async()
    advance(client)
    client._control.trigger_checkpoint().result()
    Gate.quick = 10**9
    if end == "cancel":
        client.cancel().result()
        with pytest.raises(JobCancelledError):
            client.get_job_execution_result().result()
    elif end == "fail":
        with pytest.raises(HurtigError, match="the last one"):
            client.get_job_execution_result().result()
    else:
        client.get_job_execution_result().result()
    checkpoints = list((tmp_path / "checkpoints").glob("*/chk-*/_metadata"))
    assert len(checkpoints) == (end in kept)
    if end not in kept:
        assert list((tmp_path / "checkpoints").iterdir()) == []


class Failing(Count):
    def process_element(self, value: int, ctx: Any) -> Any:
        if value == COUNT - 1:
            raise RuntimeError("the last one")
        return super().process_element(value, ctx)


FIRED: list[int] = []


class Alarm(KeyedProcessFunction):
    """Sets an alarm at the first record of a key."""

    def process_element(self, value: int, ctx: Any) -> Any:
        if value < 3:
            service = ctx.timer_service()
            service.register_processing_time_timer(service.current_processing_time() + 600)

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        FIRED.append(ctx.get_current_key())
        yield from ()


@pytest.mark.parametrize("parallelism", [1, 3])
def test_processing_time_timers_go_off_after_a_restore(tmp_path: Path, parallelism: int) -> None:
    FIRED.clear()

    def build(env: Any) -> None:
        numbers = env.from_sequence(0, 10**9).uid("numbers").map(Gate.pass_on).uid("gate")
        alarms = numbers.key_by(lambda n: n % 3).process(Alarm(), Types.STRING()).uid("alarms")
        alarms.sink_to(file_sink(tmp_path / "out")).uid("sink")

    env = environment(tmp_path)
    build(env)
    Gate.quick = 10
    client = env.execute_async()
    advance(client)
    path = stop(client)
    assert FIRED == []
    env = resumed(tmp_path, path, execution__checkpointing__interval="20 ms")
    env.set_parallelism(parallelism)
    build(env)
    Gate.quick = 0
    client = env.execute_async()
    deadline = time.monotonic() + 10
    while len(FIRED) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    client.cancel().result()
    assert sorted(FIRED) == [0, 1, 2]
