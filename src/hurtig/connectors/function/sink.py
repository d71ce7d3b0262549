"""Python functions and objects as sinks (``stream.add_sink``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hurtig.common.errors import ProgramError, shorten
from hurtig.connectors.sink import Sink, SinkContext, SinkWriter
from hurtig.connectors.user_code import bad_user_record, user_function_error
from hurtig.messages import MIN_TIMESTAMP, RowBatch

__all__ = ["FunctionSink", "RecordContext"]


class RecordContext:
    """What ``invoke(value, context)`` may ask. Mirrors Flink's ``SinkFunction.Context``."""

    def __init__(self, sink: SinkContext) -> None:
        self._sink = sink
        self._watermark = MIN_TIMESTAMP
        self._timestamp: int | None = None

    def timestamp(self) -> int | None:
        """Epoch milliseconds of the record, ``None`` where it has none."""
        return self._timestamp

    def current_watermark(self) -> int:
        """Epoch milliseconds, ``MIN_TIMESTAMP`` before the first."""
        return self._watermark

    def current_processing_time(self) -> int:
        """Epoch milliseconds."""
        return self._sink.processing_time.now()


class FunctionSink(Sink):
    """Calls ``function(value)`` for every record.

    ``function`` is a callable of one argument, or an object with ``invoke(value)``,
    ``invoke(value, context)`` (a :class:`RecordContext`) or ``write(value)``. Where the object
    has them, ``open(context)`` (a :class:`~hurtig.connectors.sink.SinkContext`) is called once
    before, ``flush()`` before each checkpoint and at the end, ``close()`` once after.
    """

    def __init__(self, function: Any) -> None:
        if not any(callable(getattr(function, name, None)) for name in ("invoke", "write")) and (
            not callable(function)
        ):
            raise ProgramError(
                f"{shorten(function)} cannot take records: give a function of one argument, or "
                "an object with invoke(value) or write(value)"
            )
        self.function = function

    def create_writer(self, context: SinkContext) -> SinkWriter:
        return FunctionWriter(self.function, context)


class FunctionWriter(SinkWriter):
    def __init__(self, function: Any, context: SinkContext) -> None:
        self._function = function
        self._context = context
        self._record = RecordContext(context)
        self._call, self._with_context = _call_of(function)
        if hasattr(function, "open"):
            if _positional(function.open):
                self._guarded(function.open, context)
            else:
                self._guarded(function.open)

    def write_batch(self, batch: RowBatch) -> None:
        if self._with_context:
            self._write_with_context(batch)
            return
        call = self._call
        values = iter(batch.values)
        while True:
            value = None
            try:
                for value in values:
                    call(value)
                return
            except Exception as e:
                bad_user_record(self._context, e, value)

    def _write_with_context(self, batch: RowBatch) -> None:
        call, record = self._call, self._record
        timestamps = batch.timestamps
        for index, value in enumerate(batch.values):
            stamp = MIN_TIMESTAMP if timestamps is None else timestamps[index]
            record._timestamp = None if stamp == MIN_TIMESTAMP else stamp
            try:
                call(value, record)
            except Exception as e:
                bad_user_record(self._context, e, value)

    def write_watermark(self, timestamp: int) -> None:
        self._record._watermark = timestamp

    def flush(self, end_of_input: bool) -> None:
        if hasattr(self._function, "flush"):
            self._guarded(self._function.flush)

    def close(self) -> None:
        if hasattr(self._function, "close"):
            self._guarded(self._function.close)

    def _guarded(self, call: Callable[..., Any], *arguments: Any) -> None:
        try:
            call(*arguments)
        except Exception as e:
            raise user_function_error(self._context, e) from None


def _call_of(function: Any) -> tuple[Callable[..., Any], bool]:
    """What to call, and whether it takes a context besides the value."""
    invoke = getattr(function, "invoke", None)
    if callable(invoke):
        return invoke, len(_positional(invoke)) > 1
    if callable(function):
        return function, False
    return function.write, False


def _positional(call: Callable[..., Any]) -> list[Any]:
    from inspect import Parameter, signature

    try:
        parameters = signature(call).parameters.values()
    except (TypeError, ValueError):  # some builtins do not tell
        return [None]
    return [
        p
        for p in parameters
        if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        and p.default is Parameter.empty
    ]
