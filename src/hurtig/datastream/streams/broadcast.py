"""Streams that every subtask sees whole, and their connection with others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramError
from hurtig.datastream.streams import build
from hurtig.datastream.streams.base import DataStream
from hurtig.datastream.streams.keyed import KeyedStream

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.state.descriptors import MapStateDescriptor


class BroadcastStream:
    """A stream for broadcast state. Mirrors PyFlink's ``BroadcastStream``."""

    def __init__(
        self, input_stream: DataStream, broadcast_state_descriptors: list[MapStateDescriptor]
    ) -> None:
        self.input_stream = input_stream
        self.broadcast_state_descriptors = broadcast_state_descriptors


class BroadcastConnectedStream:
    """A stream beside a broadcast one. Mirrors PyFlink's ``BroadcastConnectedStream``."""

    def __init__(
        self,
        non_broadcast_stream: DataStream,
        broadcast_stream: BroadcastStream,
        broadcast_state_descriptors: list[MapStateDescriptor],
    ) -> None:
        self.non_broadcast_stream = non_broadcast_stream
        self.broadcast_stream = broadcast_stream
        self.broadcast_state_descriptors = broadcast_state_descriptors

    def process(self, func: Any, output_type: TypeInformation | None = None) -> DataStream:
        """A :class:`KeyedBroadcastProcessFunction` on a keyed stream, else a
        :class:`BroadcastProcessFunction`."""
        from hurtig.operators.broadcast_process import (
            BroadcastProcessOperator,
            KeyedBroadcastProcessOperator,
        )
        from hurtig.operators.functions import (
            BroadcastProcessFunction,
            KeyedBroadcastProcessFunction,
        )

        keyed = isinstance(self.non_broadcast_stream, KeyedStream)
        wanted = KeyedBroadcastProcessFunction if keyed else BroadcastProcessFunction
        if not isinstance(func, wanted):
            raise ProgramError(
                f"process() of a {'keyed' if keyed else 'non-keyed'} stream connected with a "
                f"broadcast stream takes a {wanted.__name__}, got {type(func).__name__}"
            )
        kind = KeyedBroadcastProcessOperator if keyed else BroadcastProcessOperator
        operator = kind(func, self.broadcast_state_descriptors, output_type)
        name = "Keyed-Co-Process-Broadcast" if keyed else "Co-Process-Broadcast"
        return build.two_inputs(
            self.non_broadcast_stream, self.broadcast_stream.input_stream, name, operator
        )
