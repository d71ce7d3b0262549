"""The async wait operator: results, their order, capacity."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.operators.async_harness import BOTH, ORDERED, RETRY_ERRORS, UNORDERED, harness, twice

from hurtig.common.errors import UserFunctionError
from hurtig.messages import ACTIVE, IDLE, MAX_TIMESTAMP, Watermark, WatermarkStatus
from hurtig.operators.functions import AsyncFunction


class Gates(AsyncFunction):
    """Each call waits until the test opens its gate."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.gates: dict[Any, asyncio.Event] = {}
        self.open_gates: set[Any] = set()
        self.most = self.running = 0

    async def open(self, runtime_context: Any) -> None:  # type: ignore[override]
        self.loop = asyncio.get_running_loop()

    async def async_invoke(self, value: Any) -> list[Any]:
        self.calls.append(value)
        self.running += 1
        self.most = max(self.most, self.running)
        gate = self.gates[value] = asyncio.Event()
        if value not in self.open_gates:
            await gate.wait()
        self.running -= 1
        return [value]

    def release(self, *values: Any) -> None:
        def release() -> None:
            for value in values:
                self.open_gates.add(value)
                if value in self.gates:
                    self.gates[value].set()

        self.loop.call_soon_threadsafe(release)


class TestResults:
    @BOTH
    def test_results_carry_the_timestamps_of_their_inputs(self, mode: Any) -> None:
        with harness(twice, mode) as h:
            h.process_elements([1, 2, 3], [5, 6, 7])
            h.process_elements([4])
            h.end_input()
        assert h.records[:6] == [(1, 5), (10, 5), (2, 6), (20, 6), (3, 7), (30, 7)]
        assert h.output[6:] == [4, 40]
        assert h.watermarks == [MAX_TIMESTAMP]

    def test_without_timestamps_results_have_none(self) -> None:
        with harness(twice) as h:
            h.process_elements([1])
            h.end_input()
        assert h.records == [(1, None), (10, None)]

    def test_results_are_delivered_by_mail_while_nothing_comes(self) -> None:
        gates = Gates()
        with harness(gates) as h:
            h.process_elements([1, 2])
            gates.release(2)
            h.run_mail(lambda: gates.running == 1).run_mail()
            assert h.output == [], "the first one is not done yet"
            gates.release(1)
            h.run_mail(lambda: len(h.output) == 2)
        assert h.output == [1, 2]

    def test_unordered_results_come_when_they_are_done(self) -> None:
        gates = Gates()
        with harness(gates, UNORDERED) as h:
            h.process_elements([1, 2, 3])
            for value in (3, 1, 2):
                gates.release(value)
                h.run_mail(lambda v=value: v in h.output)  # type: ignore[misc]
        assert h.output == [3, 1, 2]

    def test_unordered_results_do_not_cross_a_watermark(self) -> None:
        gates = Gates()
        with harness(gates, UNORDERED) as h:
            h.process_elements([1, 2])
            h.watermark(10)
            h.idle()
            h.process_elements([3])
            gates.release(3, 2)
            h.run_mail(lambda: 2 in h.output)
            assert h.events == [2]
            gates.release(1)
            h.run_mail(lambda: 3 in h.output)
        assert h.events == [2, 1, Watermark(10), IDLE, 3]

    def test_events_pass_at_once_where_nothing_is_under_way(self) -> None:
        with harness(twice) as h:
            h.watermark(1)
            h.idle()
            h.active()
            assert h.events == [Watermark(1), IDLE, ACTIVE]

    @pytest.mark.parametrize("result", [(1, 2), {1: 1}.keys() | {2}, iter([1, 2])])
    def test_other_iterables_of_records_are_taken(self, result: Any) -> None:
        async def give(value: Any) -> Any:
            return result

        with harness(give) as h:
            h.process_elements([0])
            h.end_input()
        assert h.output == [1, 2]

    @pytest.mark.parametrize(
        ("result", "text"),
        [(None, "None"), (7, "7 (int)"), ("ab", "'ab' (str)"), ({1: 2}, "{1: 2} (dict)")],
    )
    def test_what_is_no_list_is_an_error(self, result: Any, text: str) -> None:
        async def give(value: Any) -> Any:
            return result

        with harness(give, retry=RETRY_ERRORS) as h:
            h.process_elements([5])
            with pytest.raises(UserFunctionError, match="must be a list of records") as e:
                h.end_input()
        assert text in str(e.value)
        assert "record    5" in str(e.value)
        assert "Traceback" not in str(e.value)


class TestCapacity:
    @BOTH
    def test_no_more_calls_than_the_capacity(self, mode: Any) -> None:
        running = most = 0

        async def count(value: Any) -> list[Any]:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.001)
            running -= 1
            return [value]

        with harness(count, mode, capacity=3) as h:
            h.process_elements(range(20))
            assert len(h.output) >= 17, "results are delivered while the task is blocked"
            h.end_input()
        assert most == 3
        assert sorted(h.output) == list(range(20))

    def test_a_full_queue_blocks_the_task_until_there_is_room(self) -> None:
        gates = Gates()
        with harness(gates, capacity=2) as h:
            h.process_elements([1, 2])
            timer = threading.Timer(0.1, gates.release, [1, 2, 3])
            started = time.monotonic()
            timer.start()
            h.process_elements([3])
            assert time.monotonic() - started >= 0.08
            assert h.output[:1] == [1]
            h.end_input()
        assert h.output == [1, 2, 3]
        assert gates.most == 2


class RandomDelays(AsyncFunction):
    """Waits as many milliseconds as the record says."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    async def async_invoke(self, value: Any) -> list[Any]:
        self.calls.append(value)
        serial, delay, results = value
        if delay:
            await asyncio.sleep(delay / 1000)
        return [(serial, n) for n in range(results)]


STEPS = st.lists(
    st.one_of(
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=6),
        st.integers(0, 100),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.integers(1, 5), st.booleans())
def test_orders_hold_with_random_delays(steps: list[Any], capacity: int, ordered: bool) -> None:
    function = RandomDelays()
    expected: list[Any] = []
    records: list[Any] = []
    watermark = -1
    idle = False
    with harness(function, ORDERED if ordered else UNORDERED, capacity) as h:
        for step in steps:
            if isinstance(step, bool):
                if step:
                    h.idle()
                else:
                    h.active()
                if step is not idle:
                    idle = step
                    expected.append(IDLE if idle else ACTIVE)
            elif isinstance(step, int):
                h.watermark(step)
                if step > watermark:
                    if idle:  # a watermark says that the input is active
                        expected.append(ACTIVE)
                    idle = False
                    watermark = step
                    expected.append(Watermark(step))
            else:
                batch = [(len(records) + i, *record) for i, record in enumerate(step)]
                records += batch
                h.process_elements(batch, [serial for serial, _, _ in batch])
                expected += [(serial, n) for serial, _, results in batch for n in range(results)]
            h.run_mail()
        h.end_input()
    expected += [*([ACTIVE] if idle else []), Watermark(MAX_TIMESTAMP)]
    assert sorted(function.calls) == records
    if ordered:
        assert h.events == expected
    else:
        assert sections(h.events) == sections(expected)
    assert all(timestamp == serial for (serial, _), timestamp in h.records)


def sections(trace: list[Any]) -> list[Any]:
    """The trace with the records between two events sorted."""
    result: list[Any] = [[]]
    for item in trace:
        if isinstance(item, Watermark | WatermarkStatus):
            result += [item, []]
        else:
            result[-1] = sorted([*result[-1], item])
    return result
