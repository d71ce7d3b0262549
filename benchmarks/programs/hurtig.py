"""The workloads as hurtig programs, over the records of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks import functions as f
from benchmarks.data import DISORDER_MS, Record
from hurtig.common import Duration, Time, WatermarkStrategy
from hurtig.common.watermark_strategy import TimestampAssigner
from hurtig.connectors.sink import Sink, SinkContext, SinkWriter
from hurtig.connectors.source import ReadStatus, Source, SourceBatch, SourceContext, SourceReader
from hurtig.datastream import AggregateFunction, KeyedProcessFunction, StreamExecutionEnvironment
from hurtig.datastream.connectors import DiscardingSink
from hurtig.datastream.state import ValueStateDescriptor
from hurtig.datastream.window import TumblingEventTimeWindows
from hurtig.messages import RowBatch

# The graph is serialized before it runs; the records stay here and are not copied with it.
_records: list[Record] = []
_collected: list[Any] = []


class PreparedSource(Source):
    """Reads the records that were made before the clock started."""

    def splits(self) -> list[Any]:
        return [0]

    def create_reader(self, context: SourceContext) -> SourceReader:
        return PreparedReader()


class PreparedReader(SourceReader):
    def __init__(self) -> None:
        self._splits: list[int] = []

    def add_splits(self, splits: list[Any]) -> None:
        self._splits += splits

    def poll(self, max_records: int) -> SourceBatch | ReadStatus:
        if not self._splits:
            return ReadStatus.NEED_SPLIT
        start = self._splits.pop()
        end = start + max_records
        if end < len(_records):
            self._splits.append(end)
        return SourceBatch("0", _records[start:end], split_finished=not self._splits)

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        return list(self._splits)


class ListSink(Sink):
    """Collects results for a check."""

    def create_writer(self, context: SinkContext) -> SinkWriter:
        return ListWriter()


class ListWriter(SinkWriter):
    def write_batch(self, batch: RowBatch) -> None:
        _collected.extend(batch.values)


class RecordTime(TimestampAssigner):
    def extract_timestamp(self, value: Record, record_timestamp: int) -> int:
        return value[2]


class Total(f.Total, AggregateFunction):
    pass


class CountAndTell(KeyedProcessFunction):
    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", None))

    def process_element(self, value: Record, ctx: Any) -> Iterator[Any]:
        count, told = f.count_and_tell(value, self.count.value())
        self.count.update(count)
        yield from told


def run(workload: str, records: list[Record], keys: int, collected: list[Any] | None) -> None:
    """Runs one job; ``collected`` receives the results of a check."""
    global _records
    _records = records
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    env.get_config().set_auto_watermark_interval(f.WATERMARK_INTERVAL_MS)
    sink = DiscardingSink() if collected is None else ListSink()
    WORKLOADS[workload](env, keys).sink_to(sink)
    env.execute(workload)
    if collected is not None:
        collected += _collected


def source(env: StreamExecutionEnvironment) -> Any:
    return env.from_source(PreparedSource(), WatermarkStrategy.no_watermarks(), "records")


def map_filter_map(env: StreamExecutionEnvironment, keys: int) -> Any:
    return source(env).map(f.scale).filter(f.keep).map(f.shift)


def map_filter_map_expressions(env: StreamExecutionEnvironment, keys: int) -> Any:
    stream = source(env).map(f.scale_expression)
    return stream.filter(f.keep_expression).map(f.shift_expression)


def keyed_reduce(env: StreamExecutionEnvironment, keys: int) -> Any:
    return source(env).key_by(f.key_of).reduce(f.add)


def keyed_reduce_expressions(env: StreamExecutionEnvironment, keys: int) -> Any:
    return source(env).key_by(f.key_of).reduce(f.add_expression)


def tumbling_window(env: StreamExecutionEnvironment, keys: int) -> Any:
    bound = Duration.of_millis(DISORDER_MS)
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(bound)
    stream = env.from_source(
        PreparedSource(), strategy.with_timestamp_assigner(RecordTime()), "records"
    )
    window = TumblingEventTimeWindows.of(Time.milliseconds(f.window_ms(keys)))
    return stream.key_by(f.key_of).window(window).aggregate(Total())


def keyed_process(env: StreamExecutionEnvironment, keys: int) -> Any:
    return source(env).key_by(f.key_of).process(CountAndTell())


WORKLOADS: dict[str, Callable[[StreamExecutionEnvironment, int], Any]] = {
    "map_filter_map": map_filter_map,
    "map_filter_map_kept": map_filter_map,
    "map_filter_map_expressions": map_filter_map_expressions,
    "keyed_reduce": keyed_reduce,
    "keyed_reduce_expressions": keyed_reduce_expressions,
    "tumbling_window": tumbling_window,
    "keyed_process": keyed_process,
}
