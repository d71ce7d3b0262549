"""A source that is restored goes on exactly where its checkpoint was."""

from __future__ import annotations

import gzip
import json
import pickle
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hurtig.common.typeinfo import Types
from hurtig.connectors.collection.source import CollectionSource
from hurtig.connectors.datagen.rate_limiter import RateLimiterStrategy
from hurtig.connectors.datagen.source import DataGeneratorSource
from hurtig.connectors.filesystem import file_enumerator
from hurtig.connectors.filesystem.source import FileSource
from hurtig.connectors.hybrid.source import HybridSource
from hurtig.connectors.iterable.source import IterableSource
from hurtig.connectors.number_sequence.source import NumberSequenceSource
from hurtig.connectors.socket.source import SocketSplit, SocketTextStream
from hurtig.connectors.source import ReadStatus, Source, SourceBatch, SourceContext
from hurtig.formats.contract import StreamFormat

PATIENCE = 20.0


class Run:
    """Readers and the enumerator of a source, from a checkpoint or from the start."""

    def __init__(
        self, source: Source, parallelism: int, state: tuple[bytes, list[bytes]] | None = None
    ) -> None:
        self.source = pickle.loads(_dumps(source))
        self.parallelism = parallelism
        self.enumerator = self.source.create_enumerator(parallelism)
        if state is not None:
            self.enumerator.restore_state(pickle.loads(state[0]))
        self.enumerator.discover(0)
        self.readers = [self._reader(i) for i in range(parallelism)]
        if state is not None:
            for i in range(parallelism):
                mine = [pickle.loads(split) for split in state[1][i::parallelism]]
                if mine:
                    self.readers[i].add_splits(mine)
        self.running = set(range(parallelism))
        self.values: list[Any] = []

    def _reader(self, index: int) -> Any:
        context = SourceContext(index, self.parallelism, lambda: None, lambda: 0, _no_bad_record)
        reader = self.source.create_reader(context)
        reader.open()
        return reader

    def poll(self, index: int, max_records: int) -> None:
        reader = self.readers[index]
        result = reader.poll(max_records)
        if isinstance(result, SourceBatch):
            self.values += result.values
        elif result is ReadStatus.NEED_SPLIT:
            split = self.enumerator.next_split(index)
            if split is not None:
                reader.add_splits([split])
            elif self.enumerator.finished:
                reader.no_more_splits()
                last = reader.poll(max_records)
                if isinstance(last, SourceBatch):
                    self.values += last.values
                else:
                    self.running.discard(index)
        elif result is ReadStatus.END_OF_INPUT:
            self.running.discard(index)
        else:
            time.sleep(0.0005)

    def checkpoint(self) -> tuple[bytes, list[bytes]]:
        splits = [s for reader in self.readers for s in reader.snapshot_state(1)]
        state = pickle.dumps(self.enumerator.snapshot_state())
        for reader in self.readers:
            reader.notify_checkpoint_complete(1)
        return state, [pickle.dumps(split) for split in splits]

    def close(self) -> None:
        for reader in self.readers:
            reader.close()
        self.enumerator.close()


def _dumps(source: Source) -> bytes:
    from hurtig.graph.codegen.pickling import dumps

    return dumps(source)


def _no_bad_record(reason: str, location: str, content: Any) -> None:
    raise AssertionError(reason)


def read_with_failures(source: Source, rng: random.Random, sizes: list[int]) -> list[Any]:
    """All values of a source that is killed and restored; what a killed run read after its
    checkpoint does not count."""
    values: list[Any] = []
    state: tuple[bytes, list[bytes]] | None = None
    deadline = time.monotonic() + PATIENCE
    for number in range(4):
        run = Run(source, sizes[number], state)
        polls = 10**9 if number == 3 else rng.randrange(0, 30)
        kept: list[Any] = []
        try:
            while run.running and polls:
                assert time.monotonic() < deadline
                polls -= 1
                run.poll(rng.choice(sorted(run.running)), rng.choice([1, 2, 7, 50]))
                if rng.random() < 0.15:
                    state, kept = run.checkpoint(), list(run.values)
            if not run.running:
                return values + run.values
            values += kept
            if state is None:
                values = []
        finally:
            run.close()
    raise AssertionError


def numbers_of(n: int) -> Iterator[int]:
    yield from range(n)


async def slowly(n: int) -> Any:
    for i in range(n):
        yield i


def part_of(index: int, parts: int) -> Iterator[int]:
    yield from range(index, 90, parts)


SOURCES: dict[str, Callable[[], Source]] = {
    "collection": lambda: CollectionSource(list(range(90))),
    "numbers": lambda: NumberSequenceSource(0, 89),
    "generated": lambda: DataGeneratorSource(lambda n: n, 90),
    "generated at a rate": lambda: DataGeneratorSource(
        lambda n: n, 90, RateLimiterStrategy.per_second(20_000)
    ),
    "generated per checkpoint": lambda: DataGeneratorSource(
        lambda n: n, 90, RateLimiterStrategy.per_checkpoint(12)
    ),
    "list": lambda: IterableSource(list(range(90))),
    "generator function": lambda: IterableSource(lambda: numbers_of(90)),
    "async generator": lambda: IterableSource(lambda: slowly(90)),
    "parts": lambda: IterableSource.partitioned(part_of),
    "hybrid": lambda: (
        HybridSource.builder(NumberSequenceSource(0, 29))
        .add_source(CollectionSource(list(range(30, 60))))
        .add_source(DataGeneratorSource(lambda n: n + 60, 30))
        .build()
    ),
}


@pytest.mark.parametrize("name", SOURCES)
@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=15, deadline=None)
def test_every_value_once(name: str, seed: int) -> None:
    rng = random.Random(seed)
    fixed = name == "parts"
    sizes = [2] * 4 if fixed else [rng.choice([1, 2, 3]) for _ in range(4)]
    values = read_with_failures(SOURCES[name](), rng, sizes)
    assert Counter(values) == Counter(range(90))


def write_files(folder: Path, ending: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in range(4):
        records = range(name * 25, name * 25 + 25)
        path = folder / f"f{name}{ending}"
        text = "".join(f"{n}\n" for n in records)
        if ending == ".gz":
            path.write_bytes(gzip.compress(text.encode()))
        elif ending == ".json":
            path.write_text("".join(json.dumps({"n": n}) + "\n" for n in records))
        elif ending == ".csv":
            path.write_text("n,s\n" + "".join(f'{n},"a\nb"\n' for n in records))
        elif ending == ".parquet":
            import pyarrow as pa
            from pyarrow import parquet

            parquet.write_table(pa.table({"n": list(records)}), path, row_group_size=7)
        elif ending == ".avro":
            import fastavro

            schema = {
                "type": "record",
                "name": "r",
                "fields": [{"name": "n", "type": "long"}],
            }
            with path.open("wb") as file:
                fastavro.writer(file, schema, [{"n": n} for n in records], sync_interval=30)
        else:
            path.write_text(text)


def file_source(folder: Path, ending: str) -> tuple[Source, Callable[[Any], int]]:
    if ending == ".csv":
        from hurtig.formats.csv_reader import CsvReaderFormat
        from hurtig.formats.csv_schema import CsvSchema

        schema = CsvSchema.builder().add_number_column("n").add_string_column("s")
        csv = CsvReaderFormat.for_schema(schema.set_use_header().build())
        return FileSource.for_record_stream_format(csv, str(folder)).build(), lambda r: int(r[0])
    if ending == ".parquet":
        from hurtig.formats.parquet import ParquetColumnarRowInputFormat

        row_type = Types.ROW_NAMED(["n"], [Types.LONG()])
        parquet = ParquetColumnarRowInputFormat(row_type, None, 4, True, True)
        return FileSource.for_bulk_file_format(parquet, str(folder)).build(), lambda r: int(r[0])
    if ending == ".avro":
        from hurtig.formats.avro_files import AvroFormat

        avro = AvroFormat()
        return FileSource.for_record_stream_format(avro, str(folder)).build(), lambda r: int(r["n"])
    lines = StreamFormat.text_line_format()
    source = FileSource.for_record_stream_format(lines, str(folder)).build()
    if ending == ".json":
        return source, lambda line: int(json.loads(line)["n"])
    return source, int


@pytest.mark.parametrize("ending", [".txt", ".gz", ".json", ".csv", ".parquet", ".avro"])
@given(seed=st.integers(0, 1 << 30))
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_record_of_files_once(
    ending: str, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_enumerator, "MIN_SPLIT_SIZE", 20)
    folder = tmp_path / "in"
    if not folder.exists():
        write_files(folder, ending)
    rng = random.Random(seed)
    source, number = file_source(folder, ending)
    values = read_with_failures(source, rng, [rng.choice([1, 2, 3]) for _ in range(4)])
    assert Counter(map(number, values)) == Counter(range(100))


def test_files_that_were_seen_are_not_read_again(tmp_path: Path) -> None:
    lines = StreamFormat.text_line_format()
    source = (
        FileSource.for_record_stream_format(lines, str(tmp_path)).monitor_continuously(10).build()
    )
    (tmp_path / "a").write_text("1\n2\n")
    run = Run(source, 1)
    for _ in range(4):
        run.poll(0, 1)
    assert run.values == ["1", "2"]
    state = run.checkpoint()
    run.close()
    (tmp_path / "b").write_text("3\n")
    again = Run(source, 1, state)
    for _ in range(6):
        again.poll(0, 1)
    assert again.values == ["3"]
    again.close()


def test_an_endless_generator_goes_on_with_another_parallelism() -> None:
    source = DataGeneratorSource(lambda n: n)
    run = Run(source, 3)
    for index in (0, 1, 2, 0, 1, 2, 0):
        run.poll(index, 5)
    state, read = run.checkpoint(), list(run.values)
    run.close()
    again = Run(source, 2, state)
    for _ in range(40):
        again.poll(0, 5)
        again.poll(1, 5)
    seen = read + again.values
    assert len(set(seen)) == len(seen)
    assert set(range(60)) <= set(seen)
    again.close()


def test_a_restored_socket_says_what_is_lost() -> None:
    warnings: list[str] = []
    source = SocketTextStream("127.0.0.1", 1, max_retry=0)
    context = SourceContext(0, 1, lambda: None, lambda: 0, _no_bad_record, warn=warnings.append)
    reader = source.create_reader(context)
    try:
        reader.add_splits(source.splits())
        assert warnings == []
        kept = reader.snapshot_state(1)
        assert kept == [SocketSplit("127.0.0.1:1", True)]
        reader.add_splits(kept)
        assert "lines that were sent meanwhile" in warnings[0]
    finally:
        reader.close()
