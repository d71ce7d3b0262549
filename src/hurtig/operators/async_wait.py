"""Asynchronous calls per record: many are under way at once, results in order or as they come."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramError
from hurtig.common.time import to_millis
from hurtig.messages import MIN_TIMESTAMP, RowBatch, WatermarkStatus
from hurtig.operators.async_calls import AsyncCall, AsyncCaller, lost_loop
from hurtig.operators.async_queue import AsyncQueue, Event, OrderedQueue, UnorderedQueue
from hurtig.operators.contract import OperatorContext, StreamOperator
from hurtig.operators.functions import AsyncFunction, AsyncFunctionDescriptor
from hurtig.operators.functions.function import Function
from hurtig.operators.record_failure import set_aside
from hurtig.operators.runtime_context import KeyedStateRequiredError
from hurtig.state.descriptors import ListStateDescriptor

if TYPE_CHECKING:
    from collections.abc import Callable

    from hurtig.common.typeinfo import TypeInformation

STATE_NAME = "_async_wait_operator_state_"

_CO_COROUTINE = 0x80
_CHECK_SECONDS = 1.0


class AsyncWaitOperator(StreamOperator):
    """Calls an :class:`AsyncFunction`, or an ``async def`` of one record.

    All of the function runs in one helper thread, inside a running asyncio loop: ``async_invoke``,
    ``timeout``, and also ``open`` and ``close``, so that clients which need a running loop can be
    created in ``open``; ``open`` and ``close`` may be ``async def`` too. The task's thread waits
    for ``open``, hands out records, and emits results with the timestamps of their inputs.

    At most ``capacity`` calls are under way or wait for their turn; beyond that the task reads no
    more. In unordered mode results overtake each other between two watermarks only. The timeout
    (ms) holds for one record with all attempts; a call that exceeds it is cancelled and
    ``timeout(value)`` gives its results. Keyed state cannot be used. Mirrors Flink's
    ``AsyncWaitOperator``.
    """

    def __init__(
        self, descriptor: AsyncFunctionDescriptor, output_type: TypeInformation | None = None
    ) -> None:
        self.function = _checked(descriptor.async_function)
        self.timeout_ms = to_millis(descriptor.timeout, "timeout")
        self.capacity = descriptor.capacity
        self.retry_strategy = descriptor.async_retry_strategy
        self.ordered = descriptor.output_mode is AsyncFunctionDescriptor.OutputMode.ORDERED
        self.output_type = output_type
        if self.timeout_ms <= 0:
            raise ProgramError(f"timeout must be greater than 0, got {descriptor.timeout!r}")
        if self.capacity <= 0:
            raise ProgramError(f"capacity must be greater than 0, got {self.capacity!r}")

    def setup(self, context: OperatorContext) -> None:
        super().setup(context)
        self._queue: AsyncQueue = OrderedQueue() if self.ordered else UnorderedQueue()
        self._under_way: dict[AsyncCall, None] = {}  # in the order of the records
        self._done: deque[AsyncCall] = deque()
        self._signal = threading.Event()
        self._mail_pending = False
        self._caller: AsyncCaller | None = None
        self._function_open = False

    def open(self) -> None:
        self._caller = AsyncCaller(
            self.context.name,
            self.function,
            self.timeout_ms,
            self.retry_strategy,
            self._completed,
        )
        self._caller.start()
        function = self.function
        if isinstance(function, Function):
            self._function_open = True
            self._run(lambda: function.open(self.context.runtime_context))
        self._kept = self.context.operator_state.get_list_state(ListStateDescriptor(STATE_NAME))
        self._ask_again()

    def close(self) -> None:
        caller = getattr(self, "_caller", None)
        if caller is None:
            return
        try:
            if self._function_open and caller.alive:
                self._run(self.function.close)
        finally:
            self._caller = None
            if not caller.stop():
                self.context.warn(
                    "an asynchronous call does not end although it was cancelled; its thread is "
                    "left behind. Do not block in async functions: use await, or asyncio.to_thread"
                )

    def _run(self, work: Callable[[], Any]) -> None:
        assert self._caller is not None
        try:
            self._caller.run(work)
        except KeyedStateRequiredError as e:
            refused = KeyedStateRequiredError(
                "keyed state cannot be used in an async function, which has many records in hand "
                "at once: keep state in a KeyedProcessFunction before or behind it"
            ).with_traceback(e.__traceback__)
            raise self.user_error(refused, None, has_record=False) from refused
        except Exception as e:
            raise self.user_error(e, None, has_record=False) from e

    # -- records and events ------------------------------------------------------------------

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        assert self._caller is not None
        timestamps = batch.timestamps or [MIN_TIMESTAMP] * len(batch.values)
        start, size = 0, len(batch.values)
        while start < size:
            self._wait_for_room(self.capacity)
            stop = min(size, start + self.capacity - len(self._under_way))
            calls = [AsyncCall(batch.values[i], timestamps[i]) for i in range(start, stop)]
            for call in calls:
                self._queue.add(call)
            self._under_way.update(dict.fromkeys(calls))
            self._caller.submit(calls)
            start = stop

    def snapshot_state(self, checkpoint_id: int) -> None:
        """Records whose results have not been sent are kept: after a restore they are asked for
        once more, before all others."""
        self._kept.update([(call.value, call.timestamp) for call in self._under_way])

    def _ask_again(self) -> None:
        restored = self._kept.get()
        if restored:
            self._kept.clear()
            values, timestamps = zip(*restored, strict=True)
            self.process_batch(RowBatch(list(values), list(timestamps)))

    def advance_watermark(self, timestamp: int) -> None:
        self._pass_on(timestamp)

    def advance_status(self, status: WatermarkStatus) -> None:
        self._pass_on(status)

    def finish(self) -> None:
        self._wait_for_room(1)

    def _pass_on(self, event: Event) -> None:
        if self._under_way:
            self._queue.add_event(event)
        else:
            self._emit_event(event)

    def _emit_event(self, event: Event) -> None:
        if isinstance(event, WatermarkStatus):
            self.output.emit_status(event)
        else:
            self.output.emit_watermark(event)

    # -- results -----------------------------------------------------------------------------

    def _completed(self, call: AsyncCall) -> None:
        """In the loop's thread."""
        self._done.append(call)
        self._signal.set()
        if not self._mail_pending:
            self._mail_pending = True
            self.context.mailbox.submit(self._read_mail)

    def _read_mail(self) -> None:
        self._mail_pending = False  # before looking: what comes later sends mail again
        if self._caller is not None:
            self._deliver()

    def _wait_for_room(self, limit: int) -> None:
        """Deliver results until fewer than ``limit`` calls are under way."""
        while len(self._under_way) >= limit:
            self._signal.clear()
            self._deliver()
            if len(self._under_way) < limit or self._signal.wait(_CHECK_SECONDS):
                continue
            if self._caller is None or not self._caller.alive:
                raise lost_loop(self.context.name)

    def _deliver(self) -> None:
        """Emit all that may leave, in the task's thread."""
        done = self._done
        while done:
            self._queue.complete(done.popleft())
        values: list[Any] = []
        timestamps: list[int] = []
        for item in self._queue.take():
            if not isinstance(item, AsyncCall):
                self._emit(values, timestamps)
                values, timestamps = [], []
                self._emit_event(item)
                continue
            del self._under_way[item]
            if item.error is None:
                values += item.results
                timestamps += [item.timestamp] * len(item.results)
            else:
                self._emit(values, timestamps)
                values, timestamps = [], []
                set_aside(self, item.error, item.value, item.timestamp)
        self._emit(values, timestamps)

    def _emit(self, values: list[Any], timestamps: list[int]) -> None:
        if values:
            timed = max(timestamps) != MIN_TIMESTAMP
            self.output.emit(RowBatch(values, timestamps if timed else None))


def _checked(function: Any) -> Any:
    """The function, if it is an AsyncFunction or may return an awaitable."""
    if isinstance(function, AsyncFunction):
        call, name = function.async_invoke, f"Method 'async_invoke' of {type(function).__name__!r}"
    elif callable(function) and not isinstance(function, (Function, type)):
        call, name = function, f"The function {getattr(function, '__name__', function)!r}"
    else:
        raise TypeError(f"an AsyncFunction or an 'async def' of one record is needed: {function!r}")
    if _plainly_synchronous(call):
        raise ProgramError(f"{name} should be declared as 'async def'.")
    return function


def _plainly_synchronous(call: Any) -> bool:
    """Whether it is a ``def``: neither a coroutine function, nor a lambda or a wrapper of one."""
    code = getattr(call, "__code__", None)
    if code is None or hasattr(call, "__wrapped__") or code.co_name == "<lambda>":
        return False
    return not code.co_flags & _CO_COROUTINE
