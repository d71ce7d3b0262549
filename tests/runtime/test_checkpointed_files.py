"""Files of a job that fails again and again hold every record once."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.runtime.checkpoint_driver import Attempt, run_with_failures

from hurtig.common import WatermarkStrategy
from hurtig.common.serialization import Encoder
from hurtig.connectors.filesystem.bucket_assigner import BucketAssigner
from hurtig.connectors.filesystem.compaction import FileCompactor, FileCompactStrategy
from hurtig.connectors.filesystem.rolling_policy import RollingPolicy
from hurtig.connectors.filesystem.sink import FileSink
from hurtig.connectors.filesystem.source import FileSource
from hurtig.connectors.filesystem.streaming_file_sink import StreamingFileSink
from hurtig.datastream import StreamExecutionEnvironment
from hurtig.formats.contract import StreamFormat
from hurtig.formats.csv_reader import CsvBulkWriters
from hurtig.formats.csv_schema import CsvSchema

RECORDS = 150

small_files = RollingPolicy.default_rolling_policy(part_size=40)
large_files = RollingPolicy.default_rolling_policy(1 << 20, 10**9, 10**9)
at_checkpoints = RollingPolicy.on_checkpoint_rolling_policy()
base = BucketAssigner.base_path_bucket_assigner


class Tens(BucketAssigner):
    """A bucket for each tens digit."""

    def get_bucket_id(self, element: Any, context: Any) -> str:
        return f"t{int(element) // 10 % 3}"


def row_sink(policy: RollingPolicy) -> Callable[[str], Any]:
    return lambda path: (
        FileSink.for_row_format(path, Encoder.simple_string_encoder())
        .with_bucket_assigner(Tens())
        .with_rolling_policy(policy)
        .build()
    )


def bulk_sink(path: str) -> Any:
    schema = CsvSchema.builder().add_string_column("n").build()
    return (
        FileSink.for_bulk_format(path, CsvBulkWriters.for_schema(schema))
        .with_bucket_assigner(base())
        .build()
    )


def old_sink(path: str) -> Any:
    return (
        StreamingFileSink.for_row_format(path, Encoder.simple_string_encoder())
        .with_bucket_assigner(base())
        .with_rolling_policy(small_files)
        .build()
    )


def compacting_sink(path: str) -> Any:
    strategy = FileCompactStrategy.builder().enable_compaction_on_checkpoint(2).build()
    return (
        FileSink.for_row_format(path, Encoder.simple_string_encoder())
        .with_bucket_assigner(base())
        .with_rolling_policy(at_checkpoints)
        .enable_compact(strategy, FileCompactor.concat_file_compactor())
        .build()
    )


SINKS = {
    "small files": row_sink(small_files),
    "large files": row_sink(large_files),
    "rolled at checkpoints": row_sink(at_checkpoints),
    "bulk": bulk_sink,
    "streaming file sink": old_sink,
    "compacted": compacting_sink,
}


def to_files(path: Path, sink: Callable[[str], Any], parallelism: int) -> Callable[[], Any]:
    """Numbers into files."""

    def graph() -> Any:
        env = StreamExecutionEnvironment.get_execution_environment()
        env.set_parallelism(parallelism)
        numbers = env.from_sequence(0, RECORDS - 1).set_parallelism(2).uid("numbers")
        target = sink(str(path))
        texts = numbers.map((lambda n: (str(n),)) if sink is bulk_sink else str)
        texts = texts.uid("text").set_parallelism(2).rebalance()
        result = (
            texts.add_sink(target)
            if isinstance(target, StreamingFileSink)
            else texts.sink_to(target)
        )
        result.uid("files")
        return env._job_graph("files")

    return graph


def visible(path: Path) -> list[Path]:
    return [p for p in path.rglob("*") if p.is_file() and not p.name.startswith(".")]


def lines(path: Path) -> Counter[str]:
    return Counter(line for p in visible(path) for line in p.read_text().split())


EXPECTED = Counter(str(n) for n in range(RECORDS))
quiet = [HealthCheck.function_scoped_fixture]


@pytest.mark.parametrize("name", SINKS)
@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=8, suppress_health_check=quiet, deadline=None)
def test_every_record_is_written_once(name: str, tmp_path: Path, seed: int) -> None:
    shutil.rmtree(tmp_path, ignore_errors=True)
    run_with_failures(to_files(tmp_path, SINKS[name], 2), seed)
    assert lines(tmp_path) == EXPECTED


@pytest.mark.parametrize("name", [name for name in SINKS if name != "streaming file sink"])
@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=8, suppress_health_check=quiet, deadline=None)
def test_zombies_change_nothing(name: str, tmp_path: Path, seed: int) -> None:
    shutil.rmtree(tmp_path, ignore_errors=True)
    run_with_failures(to_files(tmp_path, SINKS[name], 2), seed, zombies=True)
    assert lines(tmp_path) == EXPECTED


@pytest.mark.parametrize("name", SINKS)
@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=6, suppress_health_check=quiet, deadline=None)
def test_another_parallelism_after_each_failure(name: str, tmp_path: Path, seed: int) -> None:
    shutil.rmtree(tmp_path, ignore_errors=True)

    def change(number: int) -> Callable[[], Any]:
        return to_files(tmp_path, SINKS[name], [2, 1, 3, 2][(seed + number) % 4])

    run_with_failures(change(0), seed, 3, change)
    assert lines(tmp_path) == EXPECTED


def test_a_savepoint_does_not_depend_on_what_the_job_does_later(tmp_path: Path) -> None:
    rng = random.Random(7)
    job = Attempt(to_files(tmp_path, SINKS["large files"], 2)(), rng)
    job.run(80, 20)
    id_ = job.trigger(is_savepoint=True)
    job.settle()
    savepoint = next(s for s in job.completed if s.barrier.checkpoint_id == id_)
    job.run(10**6, 20)
    assert lines(tmp_path) == EXPECTED
    again = Attempt(
        to_files(tmp_path, SINKS["large files"], 2)(), rng, 0, savepoint, job_id="another"
    )
    assert again.run(10**6, 20)
    assert set(lines(tmp_path)) == set(EXPECTED)


@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=8, suppress_health_check=quiet, deadline=None)
def test_files_are_read_once(tmp_path: Path, seed: int) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    shutil.rmtree(target, ignore_errors=True)
    source.mkdir(exist_ok=True)
    numbers = iter(range(RECORDS))
    for name in "abcde":
        (source / name).write_text("".join(f"{next(numbers)}\n" for _ in range(RECORDS // 5)))

    def graph() -> Any:
        env = StreamExecutionEnvironment.get_execution_environment()
        env.set_parallelism(2)
        files = FileSource.for_record_stream_format(
            StreamFormat.text_line_format(), str(source)
        ).build()
        stream = env.from_source(files, WatermarkStrategy.no_watermarks(), "files").uid("source")
        stream.sink_to(SINKS["small files"](str(target))).uid("sink")
        return env._job_graph("copy")

    run_with_failures(graph, seed)
    assert lines(target) == EXPECTED
