"""Asynchronous functions and their retries."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Enum
from types import GenericAlias
from typing import Any, ClassVar

from hurtig.operators.functions.function import Function


class AsyncFunction(Function):
    """A coroutine per record, many of them under way at once."""

    @abstractmethod
    async def async_invoke(self, value: Any) -> list[Any]:
        """The results for ``value``, as a list."""

    def timeout(self, value: Any) -> list[Any]:
        """Called when :meth:`async_invoke` took too long; its list is used instead."""
        raise TimeoutError(f"Async function call has timed out for input: {value}")


class AsyncRetryPredicate(ABC):
    """Tells which outcomes are tried again."""

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)

    @abstractmethod
    def result_predicate(self) -> Callable[[list[Any]], bool] | None:
        """Whether a result list is to be tried again; ``None`` for never."""

    @abstractmethod
    def exception_predicate(self) -> Callable[[BaseException], bool] | None:
        """Whether an exception is to be tried again; ``None`` for never."""


class AsyncRetryStrategy(ABC):
    """Tells how often and after which pause an async call is tried again."""

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)

    @abstractmethod
    def can_retry(self, current_attempts: int) -> bool:
        """Whether a call that was made ``current_attempts`` times may be made again."""

    @abstractmethod
    def get_backoff_time_millis(self, current_attempts: int) -> int:
        """Pause before the next attempt, ms."""

    @abstractmethod
    def get_retry_predicate(self) -> AsyncRetryPredicate:
        """Which outcomes are tried again."""

    @staticmethod
    def no_restart() -> AsyncRetryStrategy:
        """Never try again."""
        from hurtig.operators.functions.async_retry import NO_RETRY_STRATEGY

        return NO_RETRY_STRATEGY

    @staticmethod
    def fixed_delay(
        max_attempts: int,
        backoff_time_millis: int,
        result_predicate: Callable[[list[Any]], bool] | None = None,
        exception_predicate: Callable[[BaseException], bool] | None = None,
    ) -> AsyncRetryStrategy:
        """The same pause between all attempts."""
        from hurtig.operators.functions.async_retry import FixedDelayRetryStrategy

        return FixedDelayRetryStrategy(
            max_attempts, backoff_time_millis, result_predicate, exception_predicate
        )

    @staticmethod
    def exponential_backoff(
        max_attempts: int,
        initial_delay: int,
        max_retry_delay: int,
        multiplier: float,
        result_predicate: Callable[[list[Any]], bool] | None = None,
        exception_predicate: Callable[[BaseException], bool] | None = None,
    ) -> AsyncRetryStrategy:
        """A pause that grows by ``multiplier`` up to ``max_retry_delay`` ms."""
        from hurtig.operators.functions.async_retry import ExponentialBackoffDelayRetryStrategy

        return ExponentialBackoffDelayRetryStrategy(
            max_attempts,
            initial_delay,
            max_retry_delay,
            multiplier,
            result_predicate,
            exception_predicate,
        )


class AsyncFunctionDescriptor:
    """An async function with all its settings. Mirrors PyFlink's class of this name."""

    class OutputMode(Enum):
        """Whether results keep the order of their inputs."""

        UNORDERED = "UNORDERED"
        ORDERED = "ORDERED"

    def __init__(
        self,
        async_function: AsyncFunction,
        timeout: Any,
        capacity: int,
        async_retry_strategy: AsyncRetryStrategy,
        output_mode: OutputMode,
    ) -> None:
        self.async_function = async_function
        self.timeout = timeout
        self.capacity = capacity
        self.async_retry_strategy = async_retry_strategy
        self.output_mode = output_mode
