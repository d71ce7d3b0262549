"""What a harness runs: an operator, a user's function, or the last operator of a stream."""

from __future__ import annotations

from typing import Any

from hurtig.datastream.data_stream import DataStream, KeyedStream
from hurtig.graph.partitioner import KeyGroupPartitioner
from hurtig.graph.transformation import OperatorTransformation, PartitionTransformation
from hurtig.operators import functions as f
from hurtig.operators.contract import StreamOperator

Key = tuple[Any, Any]
"""Key selector and declared key type of one input."""


class Subject:
    """An operator with what the graph would know about it. ``keys`` has one entry an input."""

    def __init__(
        self,
        operator: StreamOperator,
        keys: list[Key | None],
        name: str = "operator",
        uid: str = "operator",
        output_type: Any = None,
    ) -> None:
        self.operator = operator
        self.keys = keys
        self.name = name
        self.uid = uid
        self.output_type = output_type or operator.output_type


def subject_of(
    what: Any, key_selector: Any, key_selector2: Any, key_type: Any, broadcast: Any
) -> Subject:
    """The subject behind the arguments of a harness. Raises ``TypeError``, ``ValueError``."""
    if isinstance(what, DataStream):
        if key_selector is not None:
            raise ValueError("the stream has its own key selector: leave key_selector out")
        return _of_stream(what)
    operator = what if isinstance(what, StreamOperator) else _operator_of(what, broadcast)
    keys: list[Key | None] = [_key(key_selector, key_type)]
    if operator.num_inputs == 2:
        keys.append(_key(key_selector2, key_type))
    if keys[0] is not None and not operator.keyed:
        operator.keyed = True
    if operator.keyed and keys[0] is None:
        raise ValueError(f"{type(operator).__name__} needs keys: give a key_selector")
    return Subject(operator, keys)


def _key(selector: Any, key_type: Any) -> Key | None:
    return None if selector is None else (selector, key_type)


def _of_stream(stream: DataStream) -> Subject:
    t = stream._transformation
    if isinstance(stream, KeyedStream) or not isinstance(t, OperatorTransformation):
        raise ValueError(
            "the stream does not end in an operator: give the result of map(), process(), "
            "reduce() and the like"
        )
    keys: list[Key | None] = []
    for input_ in t.inputs:
        keys.append(None)
        if isinstance(input_, PartitionTransformation):
            partitioner = input_.partitioner
            if isinstance(partitioner, KeyGroupPartitioner):
                keys[-1] = (partitioner.key_selector, partitioner.key_type)
    t.operator.error_policy = t.error_policy
    return Subject(t.operator, keys, t.name, t.uid or "operator", t.output_type)


def _operator_of(function: Any, broadcast: Any) -> StreamOperator:
    """The operator that the API would make for a user's function."""
    from hurtig.common.watermark_strategy import WatermarkStrategy
    from hurtig.operators import broadcast_process, co_process, process, reduce
    from hurtig.operators.async_wait import AsyncWaitOperator
    from hurtig.operators.filter import FilterOperator
    from hurtig.operators.flat_map import FlatMapOperator
    from hurtig.operators.map import MapOperator
    from hurtig.operators.timestamps_operator import TimestampsAndWatermarksOperator

    if isinstance(function, f.BroadcastProcessFunction):
        return broadcast_process.BroadcastProcessOperator(function, broadcast or ())
    if isinstance(function, f.KeyedBroadcastProcessFunction):
        return broadcast_process.KeyedBroadcastProcessOperator(function, broadcast or ())
    makers: list[tuple[type, Any]] = [
        (f.MapFunction, MapOperator),
        (f.FlatMapFunction, FlatMapOperator),
        (f.FilterFunction, FilterOperator),
        (f.ReduceFunction, reduce.ReduceOperator),
        (f.ProcessFunction, process.ProcessOperator),
        (f.KeyedProcessFunction, process.KeyedProcessOperator),
        (f.CoProcessFunction, co_process.CoProcessOperator),
        (f.KeyedCoProcessFunction, co_process.KeyedCoProcessOperator),
        (f.CoMapFunction, co_process.CoMapOperator),
        (f.CoFlatMapFunction, co_process.CoFlatMapOperator),
        (f.AsyncFunctionDescriptor, AsyncWaitOperator),
        (WatermarkStrategy, TimestampsAndWatermarksOperator),
    ]
    for kind, make in makers:
        if isinstance(function, kind):
            operator: StreamOperator = make(function)
            return operator
    raise TypeError(
        f"a harness runs an operator, a function object such as a KeyedProcessFunction, or a "
        f"stream, got {function!r}. For a lambda give the stream: env.from_collection([]).map(f)"
    )
