"""The async wait operator: timeouts, retries, errors, opening and closing."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from tests.operators.async_harness import BOTH, RETRY_ERRORS, harness, twice

from hurtig.common.error_policy import DEAD_LETTER_TAG
from hurtig.common.errors import ProgramError, UserFunctionError
from hurtig.common.time import Duration, Time
from hurtig.operators.functions import AsyncFunction, AsyncRetryStrategy, MapFunction
from hurtig.operators.functions.async_retry_predicates import (
    empty_result_predicate,
    has_exception_predicate,
)
from hurtig.state.descriptors import ValueStateDescriptor
from hurtig.testing import OperatorHarness


class TestTimeout:
    class Never(AsyncFunction):
        def __init__(self) -> None:
            self.cancelled: list[Any] = []

        async def async_invoke(self, value: Any) -> list[Any]:
            if value < 0:
                return [value]
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                self.cancelled.append(value)
                raise
            return []

    class Instead(Never):
        def timeout(self, value: Any) -> list[Any]:
            return [("late", value)]

    class AsyncInstead(Never):
        async def timeout(self, value: Any) -> list[Any]:  # type: ignore[override]
            await asyncio.sleep(0)
            return [("late", value)]

    @pytest.mark.parametrize("timeout", [50, Time.milliseconds(50), Duration.of_millis(50)])
    def test_by_default_it_fails_the_job(self, timeout: Any) -> None:
        function = self.Never()
        with harness(function, timeout=timeout) as h:
            h.process_elements([-1, 1], [7, 8])
            with pytest.raises(
                UserFunctionError, match="Async function call has timed out for input: 1"
            ) as e:
                h.end_input()
        assert h.output == [-1]
        assert str(e.value).startswith("TimeoutError: ")
        assert function.cancelled == [1]

    def test_a_plain_function_fails_too(self) -> None:
        async def never(value: Any) -> list[Any]:
            await asyncio.sleep(30)
            return []

        with harness(never, timeout=30) as h:
            h.process_elements([1])
            with pytest.raises(UserFunctionError, match="timed out for input: 1"):
                h.end_input()

    @pytest.mark.parametrize("kind", [Instead, AsyncInstead])
    @BOTH
    def test_its_results_take_the_place_of_the_call(self, kind: Any, mode: Any) -> None:
        with harness(kind(), mode, timeout=50) as h:
            h.process_elements([1, -1], [7, 8])
            h.end_input()
        assert sorted(h.records, key=lambda pair: pair[1] or 0) == [(("late", 1), 7), (-1, 8)]

    def test_it_counts_all_attempts(self) -> None:
        attempts = 0

        async def fail(value: Any) -> list[Any]:
            nonlocal attempts
            attempts += 1
            raise ValueError("again")

        retry = AsyncRetryStrategy.fixed_delay(1000, 20, None, has_exception_predicate)
        with harness(fail, timeout=110, retry=retry) as h:
            h.process_elements([1])
            with pytest.raises(UserFunctionError, match="timed out"):
                h.end_input()
        assert 2 <= attempts <= 6


class TestRetries:
    @staticmethod
    def run(outcomes: list[Any], retry: AsyncRetryStrategy) -> tuple[OperatorHarness, list[Any]]:
        left = list(outcomes)

        async def answer(value: Any) -> list[Any]:
            outcome = left.pop(0)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome  # type: ignore[no-any-return]

        with harness(answer, retry=retry) as h:
            h.process_elements([1])
            h.end_input()
        return h, left

    def test_exceptions(self) -> None:
        h, left = self.run([ValueError(), ValueError(), [7], [8]], RETRY_ERRORS)
        assert (h.output, left) == ([7], [[8]])

    def test_the_last_exception_fails(self) -> None:
        errors = [ValueError("one"), ValueError("two"), ValueError("three"), ValueError("four")]
        with pytest.raises(UserFunctionError, match="ValueError: three"):
            self.run(errors, RETRY_ERRORS)

    def test_an_exception_that_is_not_to_be_tried_again(self) -> None:
        retry = AsyncRetryStrategy.fixed_delay(5, 1, None, lambda e: isinstance(e, KeyError))
        with pytest.raises(UserFunctionError, match="ValueError: two"):
            self.run([KeyError(1), ValueError("two"), [7]], retry)

    def test_results(self) -> None:
        retry = AsyncRetryStrategy.exponential_backoff(2, 1, 4, 2.0, empty_result_predicate)
        h, left = self.run([[], [], [7]], retry)
        assert (h.output, left) == ([7], [])
        h, left = self.run([[], [], [], [7]], retry)
        assert (h.output, left) == ([], [[7]]), "the last result counts, whatever it is"


class TestErrors:
    @BOTH
    def test_fail_names_the_record_and_shows_the_users_frames(self, mode: Any) -> None:
        async def fail_on_two(value: Any) -> list[Any]:
            if value == 2:
                raise ValueError("two")
            return [value]

        with harness(fail_on_two, mode) as h:
            h.process_elements([1, 2, 3])
            with pytest.raises(UserFunctionError, match="ValueError: two") as e:
                h.end_input()
        assert "fail_on_two" in str(e.value)
        assert "async_calls" not in str(e.value)
        assert "operator  Ask" in str(e.value)
        assert h.output[:1] == [1]

    @BOTH
    def test_dead_letters(self, mode: Any) -> None:
        calls = []

        async def fail_on_two(value: Any) -> list[Any]:
            calls.append(value)
            if value == 2:
                raise ValueError("two")
            return [value]

        with harness(fail_on_two, mode, policy="dead-letter") as h:
            h.process_elements([1, 2, 3], [10, 20, 30])
            h.end_input()
        assert h.records == [(1, 10), (3, 30)]
        assert [(letter.record, ts) for letter, ts in h.side_records(DEAD_LETTER_TAG)] == [(2, 20)]
        assert calls == [1, 2, 3]
        assert h.metrics.skipped == 1

    def test_a_call_that_is_cancelled_from_inside_is_an_error(self) -> None:
        async def cancelled(value: Any) -> list[Any]:
            raise asyncio.CancelledError

        with harness(cancelled) as h:
            h.process_elements([1])
            with pytest.raises(UserFunctionError, match="ended with CancelledError"):
                h.end_input()

    def test_a_loop_that_is_stopped_is_an_error(self) -> None:
        async def stop(value: Any) -> list[Any]:
            asyncio.get_running_loop().stop()
            await asyncio.sleep(0.1)
            return []

        h = harness(stop)
        h.process_elements([1])
        with pytest.raises(Exception, match="asyncio loop of 'Ask' has ended"):
            h.end_input()
        h.close()

    @pytest.mark.parametrize("function", [None, MapFunction, 7])
    def test_other_functions_are_refused(self, function: Any) -> None:
        with pytest.raises(TypeError, match="async def"):
            harness(function)

    def test_a_function_that_is_not_async_is_refused(self) -> None:
        def plain(value: Any) -> list[Any]:
            return [value]

        class Plain(AsyncFunction):
            def async_invoke(self, value: Any) -> list[Any]:  # type: ignore[override]
                return [value]

        for function in (plain, Plain()):
            with pytest.raises(ProgramError, match="should be declared as 'async def'"):
                harness(function)
        with harness(lambda value: [value]) as h:
            h.process_elements([1])
            with pytest.raises(UserFunctionError, match="must be declared with 'async def'"):
                h.end_input()

    @pytest.mark.parametrize("setting", [{"capacity": 0}, {"timeout": 0}])
    def test_settings_must_be_positive(self, setting: Any) -> None:
        with pytest.raises(ProgramError, match="must be greater than 0"):
            harness(twice, **setting)


class TestLifeCycle:
    class Client(AsyncFunction):
        def __init__(self, fail: str = "") -> None:
            self.fail = fail
            self.log: list[str] = []

        def open(self, runtime_context: Any) -> None:
            self.loop = asyncio.get_running_loop()  # what HTTP clients need
            self.name = runtime_context.get_task_name()
            self.log.append("open")
            if self.fail == "open":
                raise ValueError("no client")
            if self.fail == "state":
                runtime_context.get_state(ValueStateDescriptor("s"))

        async def close(self) -> None:  # type: ignore[override]
            await asyncio.sleep(0)
            assert asyncio.get_running_loop() is self.loop
            self.log.append("close")

        async def async_invoke(self, value: Any) -> list[Any]:
            assert asyncio.get_running_loop() is self.loop
            if value == "hang":
                await asyncio.sleep(30)
            return [self.name]

    def test_all_runs_in_one_loop(self) -> None:
        client = self.Client()
        before = threading.active_count()
        with harness(client) as h:
            assert threading.active_count() == before + 1
            h.process_elements([1])
            h.end_input()
        assert h.output == ["Ask"]
        assert client.log == ["open", "close"]
        assert threading.active_count() == before

    def test_close_cancels_what_is_under_way(self) -> None:
        client = self.Client()
        h = harness(client)
        h.process_elements(["hang"])
        started = time.monotonic()
        h.close()
        h.run_mail()
        assert time.monotonic() - started < 5
        assert client.log == ["open", "close"]
        assert h.output == []

    @pytest.mark.parametrize(
        ("fail", "text"),
        [("open", "ValueError: no client"), ("state", "cannot be used in an async function")],
    )
    def test_an_error_in_open_names_the_operator(self, fail: str, text: str) -> None:
        before = threading.active_count()
        with pytest.raises(UserFunctionError, match=text) as e:
            harness(self.Client(fail))
        assert "operator  Ask" in str(e.value)
        assert threading.active_count() == before

    def test_close_again(self) -> None:
        before = threading.active_count()
        h = harness(twice)
        h.close()
        h.operator.close()
        assert threading.active_count() == before
