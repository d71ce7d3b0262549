"""Async functions; PyFlink has them in process mode only."""

import asyncio

from pyflink.common import Time
from pyflink.datastream import (
    AsyncDataStream,
    AsyncFunction,
    AsyncRetryStrategy,
    async_retry_predicates,
)

from .case import case
from .helpers import INT, STR

MODE = {"modes": ("process",)}


def numbers(env, n=4):
    return env.from_collection(list(range(n)), type_info=INT)


class Slower(AsyncFunction):
    """The smaller, the slower; two answers each."""

    async def async_invoke(self, value):
        await asyncio.sleep(0.05 * (4 - value))
        return [value, value * 10]


@case(**MODE)
def case_async_ordered(env):
    return AsyncDataStream.ordered_wait(numbers(env), Slower(), Time.seconds(10), 10, INT)


@case(ordered=False, spread=True, **MODE)
def case_async_unordered(env):
    return AsyncDataStream.unordered_wait(numbers(env), Slower(), Time.seconds(10), 10, INT)


@case(**MODE)
def case_async_capacity_of_one(env):
    return AsyncDataStream.unordered_wait(numbers(env), Slower(), Time.seconds(10), 1, INT)


class Never(AsyncFunction):
    async def async_invoke(self, value):
        if value == 1:
            await asyncio.sleep(30)
        return [value]

    def timeout(self, value):
        return [-value]


@case(**MODE)
def case_async_timeout_answer(env):
    wait = Time.milliseconds(300)
    return AsyncDataStream.ordered_wait(numbers(env), Never(), wait, 10, INT)


@case(**MODE)
def case_async_timeout_fails(env):
    class Sleep(AsyncFunction):
        async def async_invoke(self, value):
            await asyncio.sleep(30)
            return [value]

    return AsyncDataStream.ordered_wait(numbers(env), Sleep(), Time.milliseconds(200), 10, INT)


@case(fails_with="ValueError", **MODE)
def case_async_raises(env):
    class Bad(AsyncFunction):
        async def async_invoke(self, value):
            raise ValueError("refused")

    return AsyncDataStream.ordered_wait(numbers(env), Bad(), Time.seconds(5), 10, INT)


@case(**MODE)
def case_async_open_and_empty_results(env):
    class Some(AsyncFunction):
        def open(self, runtime_context):
            self.prefix = "n"

        async def async_invoke(self, value):
            return [] if value % 2 else [f"{self.prefix}{value}"]

    return AsyncDataStream.ordered_wait(numbers(env), Some(), Time.seconds(5), 10, STR)


class Flaky(AsyncFunction):
    """Fails twice for each value."""

    def __init__(self):
        self.calls = {}

    async def async_invoke(self, value):
        self.calls[value] = self.calls.get(value, 0) + 1
        if self.calls[value] < 3:
            raise ValueError("not yet")
        return [(value, self.calls[value])]


@case(**MODE)
def case_async_retry_of_exceptions(env):
    strategy = AsyncRetryStrategy.fixed_delay(
        max_attempts=5,
        backoff_time_millis=20,
        result_predicate=None,
        exception_predicate=async_retry_predicates.has_exception_predicate,
    )
    return AsyncDataStream.ordered_wait_with_retry(
        numbers(env), Flaky(), Time.seconds(10), strategy, 10
    )


@case(ordered=False, **MODE)
def case_async_retry_of_empty_results(env):
    class Empty(AsyncFunction):
        def __init__(self):
            self.calls = {}

        async def async_invoke(self, value):
            self.calls[value] = self.calls.get(value, 0) + 1
            return [] if self.calls[value] < 2 else [(value, self.calls[value])]

    strategy = AsyncRetryStrategy.fixed_delay(
        max_attempts=5,
        backoff_time_millis=20,
        result_predicate=async_retry_predicates.empty_result_predicate,
        exception_predicate=None,
    )
    return AsyncDataStream.unordered_wait_with_retry(
        numbers(env), Empty(), Time.seconds(10), strategy, 10
    )


@case(fails_with="ValueError", **MODE)
def case_async_retry_gives_up(env):
    strategy = AsyncRetryStrategy.fixed_delay(
        max_attempts=1,
        backoff_time_millis=10,
        result_predicate=None,
        exception_predicate=async_retry_predicates.has_exception_predicate,
    )
    return AsyncDataStream.ordered_wait_with_retry(
        numbers(env), Flaky(), Time.seconds(10), strategy, 10
    )
