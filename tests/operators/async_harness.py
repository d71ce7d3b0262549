"""What the tests of the async wait operator share."""

from __future__ import annotations

from typing import Any

import pytest

from hurtig.operators.async_wait import AsyncWaitOperator
from hurtig.operators.functions import AsyncFunctionDescriptor, AsyncRetryStrategy
from hurtig.operators.functions.async_retry_predicates import has_exception_predicate
from hurtig.testing import OperatorHarness

ORDERED = AsyncFunctionDescriptor.OutputMode.ORDERED
UNORDERED = AsyncFunctionDescriptor.OutputMode.UNORDERED
BOTH = pytest.mark.parametrize("mode", [ORDERED, UNORDERED])


def harness(
    function: Any,
    mode: Any = ORDERED,
    capacity: int = 100,
    timeout: Any = 20_000,
    retry: AsyncRetryStrategy | None = None,
    policy: str = "fail",
) -> OperatorHarness:
    retry = retry or AsyncRetryStrategy.no_restart()
    descriptor = AsyncFunctionDescriptor(function, timeout, capacity, retry, mode)
    operator = AsyncWaitOperator(descriptor)
    return OperatorHarness(operator, error_policy=policy, name="Ask", copy=False)


async def twice(value: Any) -> list[Any]:
    return [value, value * 10]


RETRY_ERRORS = AsyncRetryStrategy.fixed_delay(2, 1, None, has_exception_predicate)
