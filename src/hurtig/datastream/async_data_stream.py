"""Asynchronous calls per record (``pyflink.datastream.async_data_stream``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.common.time import Time
from hurtig.common.typeinfo import TypeInformation
from hurtig.datastream.data_stream import DataStream
from hurtig.datastream.functions import (
    AsyncFunction,
    AsyncFunctionDescriptor,
    AsyncRetryStrategy,
)
from hurtig.datastream.streams import build

if TYPE_CHECKING:
    from hurtig.common.time import Duration

__all__ = [
    "AsyncDataStream",
    "AsyncFunction",
    "AsyncFunctionDescriptor",
    "AsyncRetryStrategy",
    "DataStream",
    "Time",
    "TypeInformation",
]

_ORDERED = AsyncFunctionDescriptor.OutputMode.ORDERED
_UNORDERED = AsyncFunctionDescriptor.OutputMode.UNORDERED


class AsyncDataStream:
    """Applies an :class:`AsyncFunction`, many calls at once. Mirrors PyFlink's class.

    ``timeout`` covers one record including its retries; ``capacity`` is how many calls may be
    under way in a subtask before it stops reading.
    """

    @staticmethod
    def unordered_wait(
        data_stream: DataStream,
        async_function: AsyncFunction,
        timeout: Time | Duration,
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Results come as soon as they are there; they never cross a watermark."""
        return AsyncDataStream.unordered_wait_with_retry(
            data_stream,
            async_function,
            timeout,
            AsyncRetryStrategy.no_restart(),
            capacity,
            output_type,
        )

    @staticmethod
    def unordered_wait_with_retry(
        data_stream: DataStream,
        async_function: AsyncFunction,
        timeout: Time | Duration,
        async_retry_strategy: AsyncRetryStrategy,
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Like :meth:`unordered_wait`, trying again as the strategy says."""
        descriptor = AsyncFunctionDescriptor(
            async_function, timeout, capacity, async_retry_strategy, _UNORDERED
        )
        return _wait(data_stream, descriptor, output_type)

    @staticmethod
    def ordered_wait(
        data_stream: DataStream,
        async_function: AsyncFunction,
        timeout: Time | Duration,
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Results come in the order of their inputs."""
        return AsyncDataStream.ordered_wait_with_retry(
            data_stream,
            async_function,
            timeout,
            AsyncRetryStrategy.no_restart(),
            capacity,
            output_type,
        )

    @staticmethod
    def ordered_wait_with_retry(
        data_stream: DataStream,
        async_function: AsyncFunction,
        timeout: Time | Duration,
        async_retry_strategy: AsyncRetryStrategy,
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Like :meth:`ordered_wait`, trying again as the strategy says."""
        descriptor = AsyncFunctionDescriptor(
            async_function, timeout, capacity, async_retry_strategy, _ORDERED
        )
        return _wait(data_stream, descriptor, output_type)


def _wait(stream: DataStream, descriptor: AsyncFunctionDescriptor, output_type: Any) -> DataStream:
    from hurtig.operators.async_wait import AsyncWaitOperator

    plain = DataStream(stream.get_execution_environment(), stream._unkeyed())
    return build.apply(plain, "async wait operator", AsyncWaitOperator(descriptor, output_type))
