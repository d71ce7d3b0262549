"""Messages of an edge as frame payloads, and back.

A batch is ``flags | bytes of values | bytes of keys`` and then values, keys, timestamps. Values
are MessagePack under the declared type of the edge, keys and timestamps MessagePack where they are
plain; all else is pickled, values and keys together, so that what they share is written once.
"""

from __future__ import annotations

import pickle
from struct import Struct
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import JobExecutionError, shorten
from hurtig.common.program_pickle import dumps_record as dumps
from hurtig.messages import (
    ACTIVE,
    IDLE,
    CancelBarrier,
    CheckpointBarrier,
    EndOfData,
    EndOfInput,
    RowBatch,
    Watermark,
    WatermarkStatus,
)
from hurtig.runtime.network import frames as f

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation

_BATCH = Struct("<BQQ")
_LONG = Struct("<q")
_TIMES, _INT_KEYS, _STR_KEYS, _PICKLED_KEYS, _PICKLED = 1, 2, 4, 8, 16

Payload = bytes | bytearray | memoryview


class Codec:
    """Writes and reads the messages of an edge whose values have a type, or ``None``."""

    def __init__(self, type_info: TypeInformation | None) -> None:
        import msgspec.msgpack

        from hurtig.common.serializers import TypedSerializer, serializer_for

        serializer = serializer_for(type_info)
        self._typed = serializer if isinstance(serializer, TypedSerializer) else None
        self._pack = msgspec.msgpack.Encoder().encode
        self._ints = msgspec.msgpack.Decoder(list[int]).decode
        self._strings = msgspec.msgpack.Decoder(list[str]).decode

    def encode(self, message: Any) -> tuple[int, bytes]:
        """Kind and payload."""
        if isinstance(message, RowBatch):
            return f.BATCH, self._encode_batch(message)
        if isinstance(message, Watermark):
            return f.WATERMARK, _LONG.pack(message.timestamp)
        if isinstance(message, WatermarkStatus):
            return f.STATUS, b"\1" if message.idle else b"\0"
        if isinstance(message, CheckpointBarrier):
            return f.BARRIER, encode_barrier(message)
        if isinstance(message, CancelBarrier):
            return f.CANCEL_BARRIER, _LONG.pack(message.checkpoint_id)
        if isinstance(message, EndOfData):
            return f.END_OF_DATA, b""
        if isinstance(message, EndOfInput):
            return f.END_OF_INPUT, b""
        raise TypeError(f"{type(message).__name__} does not travel on an edge")

    def decode(self, kind: int, payload: Payload) -> Any:
        """The message."""
        if kind == f.BATCH:
            return self._decode_batch(payload)
        if kind == f.WATERMARK:
            return Watermark(_LONG.unpack(payload)[0])
        if kind == f.STATUS:
            return IDLE if payload == b"\1" else ACTIVE
        if kind == f.BARRIER:
            return decode_barrier(payload)
        if kind == f.CANCEL_BARRIER:
            return CancelBarrier(_LONG.unpack(payload)[0])
        if kind == f.END_OF_DATA:
            return EndOfData()
        if kind == f.END_OF_INPUT:
            return EndOfInput()
        raise ValueError(f"frame of unknown kind {kind}")

    # -- batches ------------------------------------------------------------------------------

    def _encode_batch(self, batch: RowBatch) -> bytes:
        flags, values, keys, times = 0, b"", b"", b""
        if self._typed is not None:
            try:
                values = self._typed.dumps(batch.values)
            except Exception:  # a class that only this program has; together with the keys
                flags = _PICKLED
            else:
                if batch.keys is not None:
                    flags, keys = self._encode_keys(batch.keys)
        else:
            flags = _PICKLED
        if flags & _PICKLED:
            values = _pickle(batch.values, batch.keys)
        if batch.timestamps is not None:
            flags |= _TIMES
            times = self._pack(batch.timestamps)
        return b"".join((_BATCH.pack(flags, len(values), len(keys)), values, keys, times))

    def _encode_keys(self, keys: list[Any]) -> tuple[int, bytes]:
        kinds = set(map(type, keys))
        try:
            if kinds == {str}:
                return _STR_KEYS, self._pack(keys)
            if kinds == {int}:
                return _INT_KEYS, self._pack(keys)
        except (UnicodeError, OverflowError):
            pass  # lone surrogates, or beyond 64 bits
        return _PICKLED_KEYS, _pickle(keys)

    def _decode_batch(self, payload: Payload) -> RowBatch:
        flags, value_bytes, key_bytes = _BATCH.unpack_from(payload)
        view = memoryview(payload)
        start = _BATCH.size
        middle, end = start + value_bytes, start + value_bytes + key_bytes
        keys: list[Any] | None = None
        if flags & _PICKLED:
            values, keys = pickle.loads(view[start:middle])
        else:
            assert self._typed is not None
            values = self._typed.loads(view[start:middle])
            if flags & _STR_KEYS:
                keys = self._strings(view[middle:end])
            elif flags & _INT_KEYS:
                keys = self._ints(view[middle:end])
            elif flags & _PICKLED_KEYS:
                keys = pickle.loads(view[middle:end])[0]
        times = self._ints(view[end:]) if flags & _TIMES else None
        return RowBatch(values, times, keys)


def encode_barrier(barrier: CheckpointBarrier) -> bytes:
    """A barrier as bytes."""
    return pickle.dumps([getattr(barrier, name) for name in CheckpointBarrier.__slots__], 5)


def decode_barrier(payload: Payload) -> CheckpointBarrier:
    """The barrier again."""
    fields = zip(CheckpointBarrier.__slots__, pickle.loads(payload), strict=True)
    return CheckpointBarrier(**dict(fields))


def _pickle(*lists: list[Any] | None) -> bytes:
    try:
        return dumps(lists)
    except Exception as cause:
        for value in lists[0] or ():
            try:
                dumps(value)
            except Exception as e:
                raise JobExecutionError(
                    f"a record cannot be sent to another process: {shorten(value)} does not pickle "
                    f"({type(e).__name__}: {e})\n"
                    "  fix       send plain data; make files, locks and clients in open()"
                ) from cause
        raise
