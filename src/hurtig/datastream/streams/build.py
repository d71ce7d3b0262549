"""Builds transformations; shared by the stream classes."""

from __future__ import annotations

import operator as op
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramError, ProgramTypeError
from hurtig.graph.transformation import (
    OperatorTransformation,
    PartitionTransformation,
    Transformation,
)
from hurtig.operators.functions import KeySelector, Partitioner
from hurtig.operators.user_function import callable_of, check_function

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.connectors.sink import Sink
    from hurtig.datastream.streams.base import DataStream
    from hurtig.datastream.streams.sink import DataStreamSink
    from hurtig.graph.partitioner import CustomPartitioner
    from hurtig.operators.contract import StreamOperator


def apply(
    stream: DataStream,
    name: str,
    operator: StreamOperator,
    output_type: TypeInformation | None = None,
) -> DataStream:
    """The stream behind a one-input operator; the operator's declared type goes first."""
    from hurtig.datastream.streams.base import DataStream

    if stream._keyed:
        operator.keyed = True
    env = stream.get_execution_environment()
    transformation = OperatorTransformation(
        name,
        [stream._transformation],
        operator,
        operator.output_type or output_type,
        env.get_parallelism(),
    )
    env._add(transformation)
    return DataStream(env, transformation)


def project(stream: DataStream, field_indexes: tuple[int, ...]) -> DataStream:
    """``DataStream.project``."""
    from hurtig.common.typeinfo import TupleTypeInfo, Types
    from hurtig.operators.map import MapOperator

    declared = stream._transformation.output_type
    if not isinstance(declared, TupleTypeInfo):
        raise Exception(
            "Only DataStreams of TUPLE type can be projected; declare one with type_info or "
            f"output_type. This stream has {stream.get_type()}"
        )
    types = declared.get_field_types()
    for index in field_indexes:
        if not 0 <= index < len(types):
            raise IndexError(f"cannot project field {index} of a tuple of {len(types)} fields")
    result = Types.TUPLE([types[i] for i in field_indexes])
    function = op.itemgetter(*field_indexes) if len(field_indexes) > 1 else _One(field_indexes[0])
    return apply(stream, "Projection", MapOperator(function, result))


class _One:
    """A tuple of one field of a tuple."""

    def __init__(self, index: int) -> None:
        self._index = index

    def __call__(self, value: Any) -> tuple[Any]:
        return (value[self._index],)


def selector(key_selector: Any) -> Any:
    """A key selector as a callable. Raises ``TypeError`` for anything else."""
    if isinstance(key_selector, (int, str)):
        raise ProgramTypeError(
            f"key_by takes a KeySelector or a function of the record, got {key_selector!r}: for a "
            f"field write lambda x: x[{key_selector!r}]"
        )
    check_function(key_selector, KeySelector, "key_by")
    return callable_of(key_selector, "get_key")


def custom_partitioner(partitioner: Any, key_selector: Any) -> CustomPartitioner:
    """The partitioner of ``partition_custom``."""
    from hurtig.graph.partitioner import CustomPartitioner

    check_function(partitioner, Partitioner, "partition_custom")
    return CustomPartitioner(callable_of(partitioner, "partition"), selector(key_selector))


def as_sink(sink: Any) -> Sink:
    """The sink behind a sink, an older sink function or a plain callable."""
    from hurtig.connectors.sink import Sink
    from hurtig.operators.functions import SinkFunction

    if isinstance(sink, Sink):
        return sink
    if isinstance(sink, SinkFunction) and isinstance(sink.sink, Sink):
        return sink.sink
    from hurtig.connectors.function.sink import FunctionSink

    return FunctionSink(sink.sink if isinstance(sink, SinkFunction) else sink)


def add_sink(stream: DataStream, sink: Sink, name: str, renders: bool = False) -> DataStreamSink:
    """A sink behind ``stream``; one that ``renders`` knows the values' type itself."""
    from hurtig.common.coercion.float32 import shortest_floats
    from hurtig.datastream.streams.sink import DataStreamSink
    from hurtig.operators.sink_operator import SinkOperator

    env = stream.get_execution_environment()
    transform = getattr(sink, "get_transformer", None)
    transformer = transform() if transform is not None else None
    if transformer is not None:
        stream = transformer.apply(stream)
    declared = stream._transformation.output_type
    transformation = OperatorTransformation(
        name,
        [stream._transformation],
        SinkOperator(sink, None if renders else shortest_floats(declared)),
        None,
        env.get_parallelism(),
        is_sink=True,
    )
    env._add(transformation)
    return DataStreamSink(env, transformation)


def two_inputs(
    first: DataStream, second: DataStream, name: str, operator: StreamOperator
) -> DataStream:
    """The stream behind a two-input operator."""
    from hurtig.datastream.streams.base import DataStream

    env = first.get_execution_environment()
    transformation = OperatorTransformation(
        name,
        _of_one_key_type(first._transformation, second._transformation),
        operator,
        operator.output_type,
        env.get_parallelism(),
    )
    env._add(transformation)
    return DataStream(env, transformation)


def _of_one_key_type(first: Transformation, second: Transformation) -> list[Transformation]:
    """The inputs; where both have keys, a key type declared for one counts for both: equal keys
    must be equal on both sides, or they would not meet."""
    from hurtig.graph.partitioner import KeyGroupPartitioner

    inputs = [first, second]
    edges = [getattr(t, "partitioner", None) for t in inputs]
    types = [e.key_type for e in edges if isinstance(e, KeyGroupPartitioner)]
    if len(types) == 2 and types[0] != types[1]:
        if None not in types:
            raise ProgramError(
                f"the keys of the two streams have different types, {types[0]} and {types[1]}: "
                "declare the same key_type for both"
            )
        declared = types[0] or types[1]
        for index, edge in enumerate(edges):
            assert isinstance(edge, KeyGroupPartitioner)
            typed = KeyGroupPartitioner(edge.key_selector, declared)
            inputs[index] = PartitionTransformation(inputs[index].inputs[0], typed)
    return inputs


def keyed_by(stream: DataStream, key_selector: Any, key_type: Any) -> PartitionTransformation:
    """The keyed edge behind ``stream``."""
    from hurtig.graph.partitioner import KeyGroupPartitioner

    partitioner = KeyGroupPartitioner(selector(key_selector), key_type)
    return PartitionTransformation(stream._unkeyed(), partitioner)
