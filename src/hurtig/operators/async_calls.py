"""Runs coroutines of a user in an asyncio loop that has a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import JobExecutionError, shorten
from hurtig.operators.functions import AsyncFunction, AsyncRetryStrategy
from hurtig.operators.functions.async_retry import NO_RETRY_STRATEGY
from hurtig.operators.record_failure import ResultError

if TYPE_CHECKING:
    import asyncio

STOP_SECONDS = 10.0
"""How long cancelled calls may go on before the loop is given up."""


class AsyncCall:
    """One record under way. ``results`` and ``error`` are read once it is ``done``."""

    __slots__ = (
        "done",
        "error",
        "expired",
        "results",
        "segment",
        "task",
        "timer",
        "timestamp",
        "value",
    )

    def __init__(self, value: Any, timestamp: int) -> None:
        self.value = value
        self.timestamp = timestamp
        self.results: list[Any] = []
        self.error: Exception | None = None
        self.done = False
        self.expired = False
        self.segment: Any = None
        self.task: asyncio.Task[None] | None = None
        self.timer: asyncio.TimerHandle | None = None


class AsyncCaller:
    """Makes calls, repeats them and watches the time.

    ``function``      an AsyncFunction or a coroutine function.
    ``timeout_ms``    for one record with all its attempts; 0 for none.
    ``completed``     called in the loop's thread for each call that is done.
    """

    def __init__(
        self,
        name: str,
        function: Any,
        timeout_ms: int,
        retry_strategy: AsyncRetryStrategy | None,
        completed: Callable[[AsyncCall], None],
    ) -> None:
        rich = isinstance(function, AsyncFunction)
        self._invoke = function.async_invoke if rich else function
        self._on_timeout: Callable[[Any], Any] = function.timeout if rich else _timed_out
        if rich and type(function).timeout is AsyncFunction.timeout:
            self._on_timeout = _timed_out
        self._timeout = timeout_ms / 1000
        self._retry = retry_strategy or NO_RETRY_STRATEGY
        predicate = self._retry.get_retry_predicate()
        self._retry_result = predicate.result_predicate()
        self._retry_exception = predicate.exception_predicate()
        self._completed = completed
        self._name = name
        self._stopping = False
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=self._main, name=f"hurtig-async-{name}", daemon=True)

    # -- called from the task's thread -------------------------------------------------------

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()
        self._ready.wait()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def run(self, work: Callable[[], Any]) -> None:
        """Call ``work`` in the running loop, await what it returns if need be, and wait."""
        import asyncio

        async def call() -> None:
            result = work()
            if hasattr(result, "__await__"):
                await result

        asyncio.run_coroutine_threadsafe(call(), self._loop).result()

    def submit(self, calls: list[AsyncCall]) -> None:
        """Start calls."""
        try:
            self._loop.call_soon_threadsafe(self._start, calls)
        except RuntimeError:  # it is closed
            raise lost_loop(self._name) from None

    def stop(self) -> bool:
        """Cancel what is under way and end the thread; whether it ended in time."""
        import asyncio

        self._stopping = True
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop)
            self._thread.join(STOP_SECONDS)
        return not self._thread.is_alive()

    # -- in the loop's thread ----------------------------------------------------------------

    def _main(self) -> None:
        import asyncio

        loop = self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.call_soon(self._ready.set)
        try:
            loop.run_forever()
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()

    async def _cancel_all(self) -> None:
        import asyncio

        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        asyncio.get_running_loop().stop()

    def _start(self, calls: list[AsyncCall]) -> None:
        loop, timeout = self._loop, self._timeout
        for call in calls:
            call.task = loop.create_task(self._run(call))
            if timeout:
                call.timer = loop.call_later(timeout, self._expire, call)

    async def _run(self, call: AsyncCall) -> None:
        try:
            results = await self._attempts(call.value)
        except BaseException as e:
            if not call.expired:
                self._fail(call, e)
        else:
            if not call.expired:
                self._complete(call, results, None)

    async def _attempts(self, value: Any) -> list[Any]:
        attempts = 1
        while True:
            try:
                awaitable = self._invoke(value)
                if not hasattr(awaitable, "__await__"):
                    raise ResultError(
                        "an asynchronous function must be declared with 'async def', or return "
                        f"an awaitable: got {type(awaitable).__name__!r}"
                    )
                results = result_list(await awaitable)
            except ResultError:
                raise
            except Exception as e:
                again = self._retry_exception
                if again is None or not (again(e) and self._retry.can_retry(attempts)):
                    raise
            else:
                retry = self._retry_result
                if retry is None or not (retry(results) and self._retry.can_retry(attempts)):
                    return results
            await self._pause(attempts)
            attempts += 1

    async def _pause(self, attempts: int) -> None:
        import asyncio

        await asyncio.sleep(max(0, self._retry.get_backoff_time_millis(attempts)) / 1000)

    def _expire(self, call: AsyncCall) -> None:
        if not call.done:
            call.expired = True
            assert call.task is not None
            call.task.cancel()
            call.task = self._loop.create_task(self._run_timeout(call))

    async def _run_timeout(self, call: AsyncCall) -> None:
        try:
            results = self._on_timeout(call.value)
            if hasattr(results, "__await__"):
                results = await results
            self._complete(call, result_list(results), None)
        except BaseException as e:
            if self._on_timeout is _timed_out:
                e.__traceback__ = None
            self._fail(call, e)

    def _fail(self, call: AsyncCall, error: BaseException) -> None:
        if not isinstance(error, Exception):
            if self._stopping:
                return
            cause, error = error, RuntimeError(f"the call ended with {type(error).__name__}")
            error.__cause__ = cause
        self._complete(call, [], error)

    def _complete(self, call: AsyncCall, results: list[Any], error: Exception | None) -> None:
        if call.done:
            return
        if call.timer is not None:
            call.timer.cancel()
        call.results, call.error = results, error
        call.task = call.timer = None
        call.done = True
        if not self._stopping:
            self._completed(call)


def result_list(results: Any) -> list[Any]:
    """The results of one call as a list. Raises :class:`ResultError`."""
    if results.__class__ is list:
        return results
    if isinstance(results, Iterable) and not isinstance(results, (str, bytes, dict)):
        return list(results)
    kind = type(results).__name__
    wrong = "nothing (None)" if results is None else f"{shorten(results)} ({kind})"
    raise ResultError(
        f"the result of an asynchronous function must be a list of records, got {wrong}: "
        "check async_invoke and timeout, and return [result] for one record, [] for none"
    )


def _timed_out(value: Any) -> list[Any]:
    raise TimeoutError(f"Async function call has timed out for input: {value}")


def lost_loop(name: str) -> JobExecutionError:
    """The error for a loop that has ended by itself."""
    return JobExecutionError(
        f"the asyncio loop of {name!r} has ended: the asynchronous function must not stop it"
    )
