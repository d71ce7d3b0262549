"""``DataStream``: a stream of records without keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from hurtig.common.error_policy import DEAD_LETTER_TAG, check_error_policy
from hurtig.common.errors import ProgramError
from hurtig.datastream.streams import build
from hurtig.datastream.streams.settings import OperatorSettings
from hurtig.graph import partitioner as p
from hurtig.graph.transformation import (
    PartitionTransformation,
    SideOutputTransformation,
    Transformation,
    UnionTransformation,
)

if TYPE_CHECKING:
    from hurtig.common.execution_config import ExecutionConfig
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.common.watermark_strategy import WatermarkStrategy
    from hurtig.datastream.stream_execution_environment import StreamExecutionEnvironment
    from hurtig.datastream.streams.broadcast import BroadcastStream
    from hurtig.datastream.streams.cached import CachedDataStream
    from hurtig.datastream.streams.collect import CloseableIterator
    from hurtig.datastream.streams.join import CoGroupedStreams, JoinedStreams
    from hurtig.datastream.streams.keyed import KeyedStream
    from hurtig.datastream.streams.sink import DataStreamSink
    from hurtig.datastream.streams.windowed import AllWindowedStream
    from hurtig.operators.output_tag import OutputTag
    from hurtig.operators.window.assigner import WindowAssigner
    from hurtig.state.descriptors import MapStateDescriptor


class DataStream(OperatorSettings):
    """A stream of records. Mirrors PyFlink's ``DataStream``."""

    _keyed = False

    def __init__(self, env: StreamExecutionEnvironment, transformation: Transformation) -> None:
        self._env = env
        self._transformation = transformation

    # -- what it is ---------------------------------------------------------------------------

    def get_type(self) -> TypeInformation:
        """Type of the records; pickled bytes where none was declared."""
        from hurtig.common.typeinfo import Types

        return self._transformation.output_type or Types.PICKLED_BYTE_ARRAY()

    def get_execution_environment(self) -> StreamExecutionEnvironment:
        """The environment that the stream was made in."""
        return self._env

    def get_execution_config(self) -> ExecutionConfig:
        """The environment's execution settings."""
        return self._env.get_config()

    def on_error(self, policy: str) -> Self:
        """What happens to a record that this operator cannot handle: ``fail`` (the default, the
        job ends and names the record), ``skip`` (counted) or ``dead-letter`` (see
        :meth:`get_dead_letters`). Beyond PyFlink."""
        self._transformation.error_policy = check_error_policy(policy)
        return self

    def get_dead_letters(self) -> DataStream:
        """What this operator set aside, as :class:`DeadLetter` tuples. Beyond PyFlink."""
        return DataStream(
            self._env, SideOutputTransformation(self._transformation, DEAD_LETTER_TAG, None)
        )

    # -- one record at a time -----------------------------------------------------------------

    def map(self, func: Any, output_type: TypeInformation | None = None) -> DataStream:
        """One record for each record: a :class:`MapFunction` or a callable."""
        from hurtig.operators.map import MapOperator

        return build.apply(self, "Map", MapOperator(func, output_type))

    def flat_map(self, func: Any, output_type: TypeInformation | None = None) -> DataStream:
        """Any number of records for each: a :class:`FlatMapFunction` or a callable."""
        from hurtig.operators.flat_map import FlatMapOperator

        return build.apply(self, "Flat Map", FlatMapOperator(func, output_type))

    def filter(self, func: Any) -> DataStream:
        """Keeps the records for which a :class:`FilterFunction` or callable is true."""
        from hurtig.operators.filter import FilterOperator

        return build.apply(self, "Filter", FilterOperator(func), self._transformation.output_type)

    def project(self, *field_indexes: int) -> DataStream:
        """The given fields of each tuple, in that order; needs a declared tuple type."""
        return build.project(self, field_indexes)

    def process(self, func: Any, output_type: TypeInformation | None = None) -> DataStream:
        """Any number of records for each, with its timestamp: a :class:`ProcessFunction`."""
        from hurtig.datastream.streams.checks import check_no_timers
        from hurtig.operators.process import ProcessOperator

        check_no_timers(func, "process_element")
        return build.apply(self, "Process", ProcessOperator(func, output_type))

    def assign_timestamps_and_watermarks(self, watermark_strategy: WatermarkStrategy) -> DataStream:
        """Gives the records timestamps and the stream watermarks."""
        from hurtig.operators.timestamps_operator import TimestampsAndWatermarksOperator

        operator = TimestampsAndWatermarksOperator(watermark_strategy)
        return build.apply(
            self, "Timestamps/Watermarks", operator, self._transformation.output_type
        )

    # -- several streams ----------------------------------------------------------------------

    def union(self, *streams: DataStream) -> DataStream:
        """All records of this and the other streams; their types must agree."""
        own = self._transformation.output_type
        for stream in streams:
            other = stream._transformation.output_type
            if own is not None and other is not None and own != other:
                raise ProgramError(
                    f"Cannot union streams of different types: {own} and {other}. Map one of them "
                    "to the other's type first"
                )
        inputs = [self._unkeyed(), *(s._unkeyed() for s in streams)]
        return DataStream(self._env, UnionTransformation(inputs))

    def connect(self, ds: Any) -> Any:
        """Two streams side by side, of different types; or this and a broadcast stream."""
        from hurtig.datastream.streams.broadcast import BroadcastConnectedStream, BroadcastStream
        from hurtig.datastream.streams.connected import ConnectedStreams

        if isinstance(ds, BroadcastStream):
            return BroadcastConnectedStream(self, ds, ds.broadcast_state_descriptors)
        return ConnectedStreams(self, ds)

    def join(self, other: DataStream) -> JoinedStreams:
        """A window join: ``a.join(b).where(key).equal_to(key).window(…).apply(f)``."""
        from hurtig.datastream.streams.join import JoinedStreams

        return JoinedStreams(self, other)

    def co_group(self, other: DataStream) -> CoGroupedStreams:
        """Like :meth:`join`, with all records of both sides of a key and window at once."""
        from hurtig.datastream.streams.join import CoGroupedStreams

        return CoGroupedStreams(self, other)

    # -- keys and windows ---------------------------------------------------------------------

    def key_by(self, key_selector: Any, key_type: TypeInformation | None = None) -> KeyedStream:
        """Groups by key: a :class:`KeySelector` or a callable that gives a hashable key."""
        from hurtig.datastream.streams.keyed import keyed_stream

        return keyed_stream(self, key_selector, key_type)

    def window_all(self, window_assigner: WindowAssigner) -> AllWindowedStream:
        """Windows over all records, in one subtask."""
        from hurtig.datastream.streams.windowed import AllWindowedStream

        return AllWindowedStream(self, window_assigner)

    def count_window_all(self, size: int, slide: int = 0) -> AllWindowedStream:
        """Windows of ``size`` records, every ``slide`` records where given, in one subtask.
        Beyond PyFlink: Flink's ``countWindowAll``."""
        from hurtig.datastream.streams.windowed import AllWindowedStream, count_assigner

        return AllWindowedStream(self, count_assigner(size, slide))

    # -- distribution -------------------------------------------------------------------------

    def _partition(self, partitioner: p.Partitioner) -> DataStream:
        return DataStream(self._env, PartitionTransformation(self._transformation, partitioner))

    def shuffle(self) -> DataStream:
        """Distributes the records at random."""
        return self._partition(p.ShufflePartitioner())

    def rescale(self) -> DataStream:
        """Distributes round robin among the subtasks nearby."""
        return self._partition(p.RescalePartitioner())

    def rebalance(self) -> DataStream:
        """Distributes round robin among all subtasks."""
        return self._partition(p.RebalancePartitioner())

    def forward(self) -> DataStream:
        """Keeps records in their subtask; both sides must have the same parallelism."""
        return self._partition(p.ForwardPartitioner(explicit=True))

    def global_(self) -> DataStream:
        """Sends all records to the first subtask. Beyond PyFlink: Flink's ``global``."""
        return self._partition(p.GlobalPartitioner())

    def broadcast(
        self,
        broadcast_state_descriptor: MapStateDescriptor | None = None,
        *other_broadcast_state_descriptors: MapStateDescriptor,
    ) -> DataStream | BroadcastStream:
        """Sends every record to every subtask; with descriptors, for broadcast state."""
        everywhere = self._partition(p.BroadcastPartitioner())
        if broadcast_state_descriptor is None:
            return everywhere
        from hurtig.datastream.streams.broadcast import BroadcastStream

        descriptors = [broadcast_state_descriptor, *other_broadcast_state_descriptors]
        return BroadcastStream(everywhere, descriptors)

    def partition_custom(self, partitioner: Any, key_selector: Any) -> DataStream:
        """Distributes by a :class:`Partitioner` or ``(key, n) -> int`` of each record's key."""
        return self._partition(build.custom_partitioner(partitioner, key_selector))

    # -- ends ---------------------------------------------------------------------------------

    def add_sink(self, sink_func: Any) -> DataStreamSink:
        """Writes to an older :class:`SinkFunction`, a sink or a callable."""
        return build.add_sink(self, build.as_sink(sink_func), "Sink: Unnamed")

    def sink_to(self, sink: Any) -> DataStreamSink:
        """Writes to a sink."""
        return build.add_sink(self, build.as_sink(sink), "Sink: Writer")

    def print(self, sink_identifier: str | None = None) -> DataStreamSink:
        """Prints each record to standard output, behind ``sink_identifier>`` where given."""
        return self._print(sink_identifier, to_stderr=False)

    def print_to_err(self, sink_identifier: str | None = None) -> DataStreamSink:
        """Prints each record to standard error. Beyond PyFlink: Flink's ``printToErr``."""
        return self._print(sink_identifier, to_stderr=True)

    def _print(self, identifier: str | None, to_stderr: bool) -> DataStreamSink:
        from hurtig.connectors.print.sink import PrintSink

        sink = PrintSink(identifier, to_stderr, self._transformation.output_type)
        name = "Sink: Print to Std. " + ("Err" if to_stderr else "Out")
        return build.add_sink(self, sink, name, renders=True)

    def execute_and_collect(
        self, job_execution_name: str | None = None, limit: int | None = None
    ) -> CloseableIterator | list[Any]:
        """Runs the job and gives this stream's records: an iterator, or a list up to ``limit``.

        The job runs while the iterator is read; close the iterator to end an unbounded one.
        """
        from hurtig.datastream.streams.collect import collect

        return collect(self, job_execution_name, limit)

    def get_side_output(self, output_tag: OutputTag) -> DataStream:
        """The records that this operator sent to ``output_tag``."""
        side = SideOutputTransformation(
            self._transformation, output_tag.tag_id, output_tag.type_info
        )
        return DataStream(self._env, side)

    def cache(self) -> CachedDataStream:
        """Keeps the records of a bounded stream for the jobs that follow."""
        from hurtig.datastream.streams.cached import CachedDataStream

        return CachedDataStream(self._env, self._transformation)

    # -- for the other stream classes ---------------------------------------------------------

    def _unkeyed(self) -> Transformation:
        """The transformation without the distribution that ``key_by`` gave it."""
        return self._transformation

    def transform(
        self, name: str, operator_: Callable[[], Any] | Any, output_type: Any = None
    ) -> DataStream:
        """Applies an operator of the program's own: a :class:`StreamOperator`. Beyond PyFlink."""
        operator = operator_() if callable(operator_) else operator_
        return build.apply(self, name, operator, output_type)
