"""The stream classes under PyFlink's names (``pyflink.datastream.data_stream``)."""

from hurtig.common.execution_config import ExecutionConfig
from hurtig.common.typeinfo import RowTypeInfo, TypeInformation, Types
from hurtig.common.types import Row
from hurtig.common.watermark_strategy import TimestampAssigner, WatermarkStrategy
from hurtig.connectors.sink import Sink
from hurtig.datastream.functions import (
    AggregateFunction,
    AllWindowFunction,
    AsyncFunctionDescriptor,
    BroadcastProcessFunction,
    CoFlatMapFunction,
    CoMapFunction,
    CoProcessFunction,
    FilterFunction,
    FlatMapFunction,
    Function,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
    Partitioner,
    ProcessAllWindowFunction,
    ProcessFunction,
    ProcessWindowFunction,
    ReduceFunction,
    RuntimeContext,
    SinkFunction,
    WindowFunction,
)
from hurtig.datastream.output_tag import OutputTag
from hurtig.datastream.slot_sharing_group import SlotSharingGroup
from hurtig.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingState,
    ReducingStateDescriptor,
    StateDescriptor,
)
from hurtig.datastream.streams.base import DataStream
from hurtig.datastream.streams.broadcast import BroadcastConnectedStream, BroadcastStream
from hurtig.datastream.streams.cached import CachedDataStream
from hurtig.datastream.streams.collect import CloseableIterator
from hurtig.datastream.streams.connected import ConnectedStreams
from hurtig.datastream.streams.join import (
    CoGroupedStreams,
    IntervalJoin,
    IntervalJoined,
    JoinedStreams,
)
from hurtig.datastream.streams.keyed import KeyedStream
from hurtig.datastream.streams.sink import DataStreamSink
from hurtig.datastream.streams.windowed import AllWindowedStream, WindowedStream
from hurtig.datastream.window import (
    CountSlidingWindowAssigner,
    CountTumblingWindowAssigner,
    CountWindowSerializer,
    GlobalWindowSerializer,
    MergingWindowAssigner,
    TimeWindowSerializer,
    Trigger,
    WindowAssigner,
)

__all__ = [
    "AggregateFunction",
    "AggregatingStateDescriptor",
    "AllWindowFunction",
    "AllWindowedStream",
    "AsyncFunctionDescriptor",
    "BroadcastConnectedStream",
    "BroadcastProcessFunction",
    "BroadcastStream",
    "CachedDataStream",
    "CloseableIterator",
    "CoFlatMapFunction",
    "CoGroupedStreams",
    "CoMapFunction",
    "CoProcessFunction",
    "ConnectedStreams",
    "CountSlidingWindowAssigner",
    "CountTumblingWindowAssigner",
    "CountWindowSerializer",
    "DataStream",
    "DataStreamSink",
    "ExecutionConfig",
    "FilterFunction",
    "FlatMapFunction",
    "Function",
    "GlobalWindowSerializer",
    "IntervalJoin",
    "IntervalJoined",
    "JoinedStreams",
    "KeySelector",
    "KeyedBroadcastProcessFunction",
    "KeyedCoProcessFunction",
    "KeyedProcessFunction",
    "KeyedStream",
    "ListStateDescriptor",
    "MapFunction",
    "MapStateDescriptor",
    "MergingWindowAssigner",
    "OutputTag",
    "Partitioner",
    "ProcessAllWindowFunction",
    "ProcessFunction",
    "ProcessWindowFunction",
    "ReduceFunction",
    "ReducingState",
    "ReducingStateDescriptor",
    "Row",
    "RowTypeInfo",
    "RuntimeContext",
    "Sink",
    "SinkFunction",
    "SlotSharingGroup",
    "StateDescriptor",
    "TimeWindowSerializer",
    "TimestampAssigner",
    "Trigger",
    "TypeInformation",
    "Types",
    "WatermarkStrategy",
    "WindowAssigner",
    "WindowFunction",
    "WindowedStream",
]
