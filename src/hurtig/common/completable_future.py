"""CompletableFuture (``pyflink.common.completable_future``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

__all__ = ["CompletableFuture"]


@runtime_checkable
class _Future(Protocol):
    """What concurrent.futures.Future has, as far as it is needed here."""

    def cancel(self) -> Any: ...

    def cancelled(self) -> bool: ...

    def done(self) -> bool: ...

    def result(self) -> Any: ...

    def exception(self) -> BaseException | None: ...


class CompletableFuture:
    """A result that may not be there yet.

    ``future`` is a ``concurrent.futures.Future`` or anything with its methods, or the result
    itself. ``convert`` is applied to the result each time it is asked for.
    """

    def __init__(self, future: Any = None, convert: Callable[[Any], Any] | None = None) -> None:
        self._future: _Future = future if isinstance(future, _Future) else _Done(future, None)
        self._convert = convert

    @staticmethod
    def completed(value: Any) -> CompletableFuture:
        """A future that has its result already, whatever the result is."""
        return CompletableFuture(_Done(value, None))

    @staticmethod
    def failed(error: BaseException) -> CompletableFuture:
        """A future whose result is an error."""
        return CompletableFuture(_Done(None, error))

    @staticmethod
    def lazy(call: Callable[[], Any], done: Callable[[], bool] | None = None) -> CompletableFuture:
        """A future whose result is that of ``call()``, made once by whoever asks first.

        ``done`` tells before that whether asking would return at once. Where ``call`` gives a
        future, its result counts.
        """
        return CompletableFuture(_Lazy(call, done))

    def cancel(self) -> bool:
        """Tries to stop what makes the result; whether that succeeded."""
        return bool(self._future.cancel())

    def cancelled(self) -> bool:
        """Whether it was cancelled before it had a result."""
        return self._future.cancelled()

    def done(self) -> bool:
        """Whether the result, or the error, is there."""
        return self._future.done()

    def result(self) -> Any:
        """The result, waited for; raises the error where there is one."""
        value = self._future.result()
        return value if self._convert is None else self._convert(value)

    def exception(self) -> BaseException | None:
        """The error, waited for; None where there is a result."""
        return self._future.exception()

    def __repr__(self) -> str:
        state = "cancelled" if self.cancelled() else "done" if self.done() else "pending"
        return f"CompletableFuture({state})"


class _Done:
    def __init__(self, value: Any, error: BaseException | None) -> None:
        self._value = value
        self._error = error

    def cancel(self) -> bool:
        return False

    def cancelled(self) -> bool:
        return False

    def done(self) -> bool:
        return True

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._value

    def exception(self) -> BaseException | None:
        return self._error


class _Lazy:
    def __init__(self, call: Callable[[], Any], done: Callable[[], bool] | None) -> None:
        import threading

        self._call = call
        self._is_done = done
        self._made: _Future | None = None
        # Reentrant: the call may ask for its own state.
        self._lock = threading.RLock()

    def _resolve(self) -> _Future:
        with self._lock:
            if self._made is None:
                try:
                    value = self._call()
                    self._made = value if isinstance(value, _Future) else _Done(value, None)
                except Exception as e:
                    self._made = _Done(None, e)
            return self._made

    def cancel(self) -> bool:
        return False if self._made is None else bool(self._made.cancel())

    def cancelled(self) -> bool:
        return False if self._made is None else self._made.cancelled()

    def done(self) -> bool:
        if self._made is not None:
            return self._made.done()
        return self._is_done is not None and self._is_done()

    def result(self) -> Any:
        return self._resolve().result()

    def exception(self) -> BaseException | None:
        return self._resolve().exception()
