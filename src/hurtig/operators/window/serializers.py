"""Serializers of windows, in the byte order of Flink's (big-endian longs)."""

from __future__ import annotations

import struct
from io import BytesIO

from hurtig.common.serializer import TypeSerializer
from hurtig.operators.window.windows import CountWindow, GlobalWindow, TimeWindow

_ONE = struct.Struct(">q")
_TWO = struct.Struct(">qq")


class TimeWindowSerializer(TypeSerializer):
    """Start and end as two longs."""

    def serialize(self, element: TimeWindow, stream: BytesIO) -> None:
        stream.write(_TWO.pack(element.start, element.end))

    def deserialize(self, stream: BytesIO) -> TimeWindow:
        return TimeWindow(*_TWO.unpack(stream.read(16)))


class CountWindowSerializer(TypeSerializer):
    """The id as a long."""

    def serialize(self, element: CountWindow, stream: BytesIO) -> None:
        stream.write(_ONE.pack(element.id))

    def deserialize(self, stream: BytesIO) -> CountWindow:
        return CountWindow(*_ONE.unpack(stream.read(8)))


class GlobalWindowSerializer(TypeSerializer):
    """A single zero byte."""

    def serialize(self, element: GlobalWindow, stream: BytesIO) -> None:
        stream.write(b"\0")

    def deserialize(self, stream: BytesIO) -> GlobalWindow:
        stream.read(1)
        return GlobalWindow.get()
