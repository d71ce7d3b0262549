"""``KeyedStream``: a stream grouped by key, with keyed state."""

from __future__ import annotations

import functools
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, Never

from hurtig.common.errors import ProgramError
from hurtig.datastream.streams import build
from hurtig.datastream.streams.base import DataStream
from hurtig.operators import aggregations as agg

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.datastream.streams.join import IntervalJoin
    from hurtig.datastream.streams.sink import DataStreamSink
    from hurtig.datastream.streams.windowed import WindowedStream
    from hurtig.graph.transformation import PartitionTransformation, Transformation
    from hurtig.operators.window.assigner import WindowAssigner

_OVERRIDE = "Cannot override partitioning for KeyedStream."


class KeyedStream(DataStream):
    """A stream grouped by key. Mirrors PyFlink's ``KeyedStream``."""

    class AccumulateType(Enum):
        """Kinds of rolling aggregation."""

        MIN = 1
        MAX = 2
        MIN_BY = 3
        MAX_BY = 4
        SUM = 5

    _keyed = True
    _transformation: PartitionTransformation

    def __init__(
        self,
        origin: DataStream,
        transformation: PartitionTransformation,
        key_selector: Any,
        key_type: TypeInformation | None,
    ) -> None:
        super().__init__(origin.get_execution_environment(), transformation)
        self._origin = origin
        self._key_selector = key_selector
        self._key_type = key_type

    def _unkeyed(self) -> Transformation:
        return self._origin._unkeyed()

    def _values(self) -> DataStream:
        return DataStream(self._env, self._unkeyed())

    # -- rolling aggregations -----------------------------------------------------------------

    def reduce(self, func: Any) -> DataStream:
        """The running combination of each key's records: a :class:`ReduceFunction` or callable."""
        from hurtig.operators.reduce import ReduceOperator

        operator = ReduceOperator(func, self._transformation.output_type)
        return build.apply(self, "Keyed Reduce", operator)

    def _rolling(self, kind: str, field: int | str) -> DataStream:
        from hurtig.datastream.streams.checks import check_field
        from hurtig.operators.reduce import ReduceOperator

        declared = self._transformation.output_type
        check_field(declared, field, kind)
        operator = ReduceOperator(agg.FieldAggregation(kind, field), declared)
        return build.apply(self, "Keyed Aggregation", operator)

    def sum(self, position_to_sum: int | str = 0) -> DataStream:
        """The running sum of a field; the other fields are those of the key's first record."""
        return self._rolling(agg.SUM, position_to_sum)

    def min(self, position_to_min: int | str = 0) -> DataStream:
        """The running minimum of a field; the other fields are those of the first record."""
        return self._rolling(agg.MIN, position_to_min)

    def max(self, position_to_max: int | str = 0) -> DataStream:
        """The running maximum of a field; the other fields are those of the first record."""
        return self._rolling(agg.MAX, position_to_max)

    def min_by(self, position_to_min_by: int | str = 0) -> DataStream:
        """The record with the smallest field so far, the first one on ties."""
        return self._rolling(agg.MIN_BY, position_to_min_by)

    def max_by(self, position_to_max_by: int | str = 0) -> DataStream:
        """The record with the largest field so far, the first one on ties."""
        return self._rolling(agg.MAX_BY, position_to_max_by)

    # -- functions with state -----------------------------------------------------------------

    def process(self, func: Any, output_type: TypeInformation | None = None) -> DataStream:
        """Keyed state, timers and side outputs: a :class:`KeyedProcessFunction`."""
        from hurtig.operators.functions import ProcessFunction
        from hurtig.operators.process import KeyedProcessOperator

        if isinstance(func, ProcessFunction):
            raise TypeError(
                "KeyedProcessFunction is required for KeyedStream: derive "
                f"{type(func).__name__} from it, or call process() before key_by()"
            )
        return build.apply(self, "KeyedProcess", KeyedProcessOperator(func, output_type))

    def interval_join(self, other: KeyedStream) -> IntervalJoin:
        """Joins records of equal key whose timestamps lie near: ``.between(low, high)``."""
        from hurtig.datastream.streams.join import IntervalJoin

        return IntervalJoin(self, other)

    # -- windows ------------------------------------------------------------------------------

    def window(self, window_assigner: WindowAssigner) -> WindowedStream:
        """Windows of each key."""
        from hurtig.datastream.streams.windowed import WindowedStream

        return WindowedStream(self, window_assigner)

    def count_window(self, size: int, slide: int = 0) -> WindowedStream:
        """Windows of ``size`` records of a key, every ``slide`` records where given."""
        from hurtig.datastream.streams.windowed import WindowedStream, count_assigner

        return WindowedStream(self, count_assigner(size, slide))

    # -- what a keyed stream refuses, or does without its keys --------------------------------

    def key_by(self, key_selector: Any, key_type: TypeInformation | None = None) -> KeyedStream:
        """Groups by another key."""
        return keyed_stream(self._origin, key_selector, key_type)

    def union(self, *streams: DataStream) -> DataStream:
        """The union with other streams; it has no keys."""
        return self._values().union(*streams)

    def project(self, *field_indexes: int) -> DataStream:
        """The given fields of each tuple; the result has no keys."""
        return self._values().project(*field_indexes)

    def add_sink(self, sink_func: Any) -> DataStreamSink:
        """Writes the records, without their keys."""
        return self._values().add_sink(sink_func)

    def sink_to(self, sink: Any) -> DataStreamSink:
        """Writes the records, without their keys."""
        return self._values().sink_to(sink)

    def print(self, sink_identifier: str | None = None) -> DataStreamSink:
        """Prints the records."""
        return self._values().print(sink_identifier)

    def shuffle(self) -> Never:
        """Refused: the keys decide where records go."""
        raise ProgramError(_OVERRIDE)

    def rebalance(self) -> Never:
        """Refused: the keys decide where records go."""
        raise ProgramError(_OVERRIDE)

    def rescale(self) -> Never:
        """Refused: the keys decide where records go."""
        raise ProgramError(_OVERRIDE)

    def forward(self) -> Never:
        """Refused: the keys decide where records go."""
        raise ProgramError(_OVERRIDE)

    def broadcast(self, *args: Any) -> Never:
        """Refused: the keys decide where records go."""
        raise ProgramError(_OVERRIDE)

    def global_(self) -> Never:
        """Refused: the keys decide where records go."""
        raise ProgramError(_OVERRIDE)

    def partition_custom(self, partitioner: Any, key_selector: Any) -> Never:
        """Refused: the keys decide where records go."""
        raise ProgramError(_OVERRIDE)

    def cache(self) -> Never:
        """Refused: cache the stream before ``key_by``."""
        raise ProgramError(
            "Cache operation is not supported for a KeyedStream: cache() before key_by()"
        )


def _refused(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def refuse(self: KeyedStream, *args: Any, **kwargs: Any) -> Never:
        raise ProgramError(
            f"{method.__name__} is not supported on a KeyedStream: key_by() is no operator of its "
            "own. Use it on the stream before key_by() or on the result of the operator after it"
        )

    return refuse


for _setting in (
    "get_name", "name", "uid", "set_uid_hash", "set_parallelism", "set_max_parallelism",
    "force_non_parallel", "set_buffer_timeout", "start_new_chain", "disable_chaining",
    "slot_sharing_group", "set_description", "on_error",
):  # fmt: skip
    setattr(KeyedStream, _setting, _refused(getattr(DataStream, _setting)))


def keyed_stream(
    stream: DataStream, key_selector: Any, key_type: TypeInformation | None
) -> KeyedStream:
    """``DataStream.key_by``."""
    check_key_type(key_type)
    origin = DataStream(stream.get_execution_environment(), stream._unkeyed())
    return KeyedStream(
        origin, build.keyed_by(stream, key_selector, key_type), key_selector, key_type
    )


def check_key_type(key_type: TypeInformation | None) -> None:
    """Refuse types whose values cannot be keys."""
    from hurtig.common import typeinfo as t

    unhashable = (
        t.ListTypeInfo,
        t.MapTypeInfo,
        t.PrimitiveArrayTypeInfo,
        t.BasicArrayTypeInfo,
        t.ObjectArrayTypeInfo,
    )
    if isinstance(key_type, unhashable):
        raise ProgramError(
            f"{key_type} cannot be the type of a key: its values cannot be hashed. Return a tuple, "
            "or a value of a basic type"
        )
    if key_type is not None and not isinstance(key_type, t.TypeInformation):
        raise ProgramError(f"key_type must be a type such as Types.STRING(), got {key_type!r}")
