"""Serializers of windows, in the byte order of Flink's (big-endian longs)."""

from __future__ import annotations

import struct
from typing import IO

from hurtig.common.serializer import TypeSerializer
from hurtig.operators.window.windows import CountWindow, GlobalWindow, TimeWindow

_ONE = struct.Struct(">q")
_TWO = struct.Struct(">qq")


class TimeWindowSerializer(TypeSerializer[TimeWindow]):
    """Start and end as two longs."""

    def serialize(self, element: TimeWindow, stream: IO[bytes]) -> None:
        stream.write(_TWO.pack(element.start, element.end))

    def deserialize(self, stream: IO[bytes]) -> TimeWindow:
        return TimeWindow(*_TWO.unpack(stream.read(16)))


class CountWindowSerializer(TypeSerializer[CountWindow]):
    """The id as a long."""

    def serialize(self, element: CountWindow, stream: IO[bytes]) -> None:
        stream.write(_ONE.pack(element.id))

    def deserialize(self, stream: IO[bytes]) -> CountWindow:
        return CountWindow(*_ONE.unpack(stream.read(8)))


class GlobalWindowSerializer(TypeSerializer[GlobalWindow]):
    """A single zero byte."""

    def serialize(self, element: GlobalWindow, stream: IO[bytes]) -> None:
        stream.write(b"\0")

    def deserialize(self, stream: IO[bytes]) -> GlobalWindow:
        stream.read(1)
        return GlobalWindow.get()
