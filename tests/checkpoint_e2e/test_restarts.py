"""What a job writes is the same, however often it fails."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.checkpoint_e2e.jobs import (
    RESTARTS,
    Gate,
    environment,
    everything,
    file_sink,
    left_over,
    lines_of,
    with_settings,
)

from hurtig.common import Row, Types
from hurtig.common.accumulators import IntCounter
from hurtig.common.errors import UserFunctionError
from hurtig.connectors.sink import Sink, SinkContext, SinkWriter
from hurtig.datastream.functions import MapFunction
from hurtig.messages import RowBatch

COUNT = 400


SEEN: list[Any] = []
"""What functions of a test saw; they are sent by name, and so share it."""


@pytest.fixture(autouse=True)
def nothing_seen() -> None:
    SEEN.clear()


def see(value: Any) -> None:
    SEEN.append(value)


class Bombs:
    """Records that fail, once each."""

    left: ClassVar[set[int]] = set()

    @classmethod
    def pass_on(cls, value: int) -> int:
        if value in cls.left:
            cls.left.discard(value)
            raise RuntimeError(f"bomb {value}")
        return value


def plant(seed: int, count: int = 3) -> None:
    Bombs.left = set(random.Random(seed).sample(range(COUNT), count))


def restarting(tmp_path: Path, parallelism: int = 1, interval: int | None = 10, **more: str) -> Any:
    Gate.quick = COUNT // 6
    return with_settings(environment(tmp_path, parallelism, interval, **more), RESTARTS)


NUMBERS = [str(n) for n in range(COUNT)]


def restarts_in(text: str) -> int:
    return text.count("failed; restart ")


@pytest.mark.parametrize("parallelism", [1, 3])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"execution__checkpointing__unaligned__enabled": "true"},
        {
            "execution__checkpointing__unaligned__enabled": "true",
            "execution__checkpointing__aligned_checkpoint_timeout": "1 ms",
        },
        {"execution__checkpointing__max_concurrent_checkpoints": "3"},
        {"execution__checkpointing__storage": "jobmanager"},
    ],
    ids=["aligned", "unaligned", "aligned at first", "concurrent", "in memory"],
)
def test_rows_come_exactly_once(
    tmp_path: Path, more: dict[str, str], parallelism: int, capsys: Any
) -> None:
    plant(parallelism)
    env = restarting(tmp_path, parallelism, **more)
    stream = env.from_sequence(0, COUNT - 1).map(Gate.pass_on).rebalance().map(Bombs.pass_on)
    stream.map(str, Types.STRING()).sink_to(file_sink(tmp_path / "out"))
    env.execute()
    assert lines_of(tmp_path / "out") == sorted(NUMBERS)
    assert left_over(tmp_path / "out") == []
    assert not Bombs.left
    assert restarts_in(capsys.readouterr().err) == 3
    checkpoints = tmp_path / "checkpoints"
    assert not checkpoints.exists() or list(checkpoints.iterdir()) == []


@pytest.mark.parametrize(("seed", "backend"), [(0, "hashmap"), (1, "hashmap"), (2, "rocksdb")])
def test_all_state_comes_back(tmp_path: Path, seed: int, backend: str, capsys: Any) -> None:
    env = environment(tmp_path / "expected")
    everything(env, COUNT, tmp_path / "expected" / "out")
    env.execute()
    plant(seed)
    env = restarting(tmp_path, 3, state__backend__type=backend)
    everything(env, COUNT, tmp_path / "out", bombs=Bombs.pass_on)
    env.execute()
    assert lines_of(tmp_path / "out") == lines_of(tmp_path / "expected" / "out")
    assert restarts_in(capsys.readouterr().err) == 3


def test_parquet_files_come_exactly_once(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")

    from hurtig.datastream.connectors.file_system import FileSink, OutputFileConfig
    from hurtig.datastream.formats.parquet import ParquetBulkWriters

    row_type = Types.ROW_NAMED(["n"], [Types.LONG()])
    sink = (
        FileSink.for_bulk_format(str(tmp_path / "out"), ParquetBulkWriters.for_row_type(row_type))
        .with_output_file_config(OutputFileConfig.builder().with_part_suffix(".parquet").build())
        .build()
    )
    plant(7)
    env = restarting(tmp_path)
    stream = env.from_sequence(0, COUNT - 1).map(Gate.pass_on).map(Bombs.pass_on)
    stream.map(lambda n: Row(n=n), row_type).sink_to(sink)
    env.execute()
    files = [f for f in (tmp_path / "out").rglob("part-*") if f.is_file()]
    numbers = [n for file in files for n in pq.read_table(file)["n"].to_pylist()]
    assert sorted(numbers) == list(range(COUNT))


@pytest.mark.parametrize("parallelism", [1, 3])
def test_execute_and_collect_gives_each_record_once(tmp_path: Path, parallelism: int) -> None:
    plant(parallelism)
    env = restarting(tmp_path, parallelism)
    stream = env.from_sequence(0, COUNT - 1).map(Gate.pass_on).map(Bombs.pass_on)
    with stream.execute_and_collect() as records:
        assert sorted(records) == list(range(COUNT))
    assert not Bombs.left


def test_at_least_once_loses_nothing(tmp_path: Path) -> None:
    plant(5)
    env = restarting(tmp_path, 3, execution__checkpointing__mode="AT_LEAST_ONCE")
    stream = env.from_sequence(0, COUNT - 1).map(Gate.pass_on).rebalance().map(Bombs.pass_on)
    stream.map(str, Types.STRING()).sink_to(file_sink(tmp_path / "out"))
    env.execute()
    assert set(lines_of(tmp_path / "out")) == set(NUMBERS)


def test_without_checkpoints_a_restart_begins_anew(tmp_path: Path, capsys: Any) -> None:
    plant(1, 1)
    env = restarting(tmp_path, interval=None)
    Gate.quick = 10**9
    env.from_sequence(0, COUNT - 1).map(Bombs.pass_on).add_sink(see)
    env.execute()
    assert set(SEEN) == set(range(COUNT))
    assert Counter(SEEN)[0] == 2
    assert "restart 1 from its beginning" in capsys.readouterr().err


def always(value: int) -> int:
    SEEN.append(value)
    raise ValueError("always")


def test_the_strategy_gives_up_at_last(tmp_path: Path) -> None:
    env = with_settings(
        environment(tmp_path, 1, 10),
        {
            "restart-strategy.type": "failure-rate",
            "restart-strategy.failure-rate.max-failures-per-interval": "2",
            "restart-strategy.failure-rate.delay": "1 ms",
        },
    )
    env.from_sequence(0, 5).map(always).add_sink(lambda _: None)
    with pytest.raises(UserFunctionError, match="always"):
        env.execute()
    assert SEEN == [0, 0, 0]


def test_exponential_delay_is_the_default_with_checkpoints(tmp_path: Path, capsys: Any) -> None:
    plant(3, 2)
    env = with_settings(
        environment(tmp_path, 1, 10),
        {
            "restart-strategy.exponential-delay.initial-backoff": "2 ms",
            "restart-strategy.exponential-delay.jitter-factor": "0",
        },
    )
    env.from_sequence(0, COUNT - 1).map(Bombs.pass_on).add_sink(lambda _: None)
    env.execute()
    said = capsys.readouterr().err
    assert restarts_in(said) == 2
    assert " in 2 ms:" in said
    assert 'raise RuntimeError(f"bomb {value}")' in said


class Counting(MapFunction):
    def open(self, runtime_context: Any) -> None:
        self.counter = IntCounter()
        runtime_context.add_accumulator("records", self.counter)

    def map(self, value: int) -> int:
        self.counter.add(1)
        return value


def test_accumulators_count_the_last_attempt_and_the_result_tells_them(tmp_path: Path) -> None:
    plant(1, 1)
    env = restarting(tmp_path, interval=None)
    env.from_sequence(0, COUNT - 1).map(Counting()).map(Bombs.pass_on).add_sink(lambda _: None)
    result = env.execute("counted")
    assert result.get_accumulator_result("records") == COUNT
    assert result.get_net_runtime() > 0


class Writer(SinkWriter):
    def write_batch(self, batch: RowBatch) -> None:
        pass


class Asking(Sink):
    def create_writer(self, context: SinkContext) -> SinkWriter:
        SEEN.append(context.checkpointing)
        return Writer()


def test_a_sink_knows_whether_there_are_checkpoints(tmp_path: Path) -> None:
    for interval in (None, 1000):
        env = environment(tmp_path, 1, interval)
        env.from_collection([1]).sink_to(Asking())
        env.execute()
    assert SEEN == [False, True]


def test_a_bounded_job_ends_at_once(tmp_path: Path) -> None:
    """It takes its last checkpoint when it has read everything, not an interval later."""
    env = environment(tmp_path, 2, 3_600_000)
    env.from_sequence(0, 99).map(str, Types.STRING()).sink_to(file_sink(tmp_path / "out"))
    result = env.execute()
    assert len(lines_of(tmp_path / "out")) == 100
    assert result.get_net_runtime() < 5000
