"""The public harness: one operator, in and out."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from harness_programs import (
    COUNT,
    ODD,
    RULES,
    SEEN,
    Accounts,
    Alarm,
    CountWithTimer,
    Rules,
    Totals,
    first,
)

from hurtig.common import Duration, Time, Types, WatermarkStrategy
from hurtig.common.errors import ProgramError, UserFunctionError
from hurtig.common.watermark_strategy import TimestampAssigner
from hurtig.datastream import StreamExecutionEnvironment
from hurtig.datastream.functions import (
    AsyncFunctionDescriptor,
    AsyncRetryStrategy,
    MapFunction,
    ProcessFunction,
)
from hurtig.datastream.window import TumblingEventTimeWindows
from hurtig.messages import IDLE, MAX_TIMESTAMP, Watermark
from hurtig.operators.flat_map import FlatMapOperator
from hurtig.operators.functions import AsyncFunction
from hurtig.state.timers import TimeDomain
from hurtig.testing import OperatorHarness


class Double(MapFunction):
    def map(self, value: Any) -> Any:
        return 10 // value if isinstance(value, int) else value


def test_a_function_with_timestamps() -> None:
    with OperatorHarness(Double()) as harness:
        harness.process_element(2, 7)
        harness.process_elements([5, 1], [8, 9])
        harness.process_element("untimed")
        assert harness.output == [5, 2, 10, "untimed"]
        assert harness.records == [(5, 7), (2, 8), (10, 9), ("untimed", None)]
        assert (harness.metrics.records_in, harness.metrics.records_out) == (4, 4)
        assert harness.take_output() == [5, 2, 10, "untimed"]
        assert harness.output == []


def test_an_operator() -> None:
    with OperatorHarness(FlatMapOperator(str.split)) as harness:
        harness.process_elements(["a b", "", "c"])
        assert harness.output == ["a", "b", "c"]


def test_events_keep_their_order() -> None:
    with OperatorHarness(Double()) as harness:
        harness.process_element(1, 1)
        harness.watermark(1)
        harness.idle()
        harness.active()
        harness.process_element(2, 2)
        harness.watermark(1)  # no news
        harness.end_input()
        assert harness.output == [10, 5]
        assert harness.watermarks == [1, MAX_TIMESTAMP]
        assert harness.statuses == ["idle", "active"]
        kinds = [event if isinstance(event, int) else type(event) for event in harness.events]
        assert kinds[0:2] == [10, Watermark]
        assert kinds[4] == 5


def test_timers_state_and_side_outputs() -> None:
    with OperatorHarness(CountWithTimer(), first) as harness:
        harness.process_elements([("a", 1), ("b", 1), ("a", 2)], [0, 1, 5])
        assert harness.output == [(("a", 1), 1), (("b", 1), 1), (("a", 2), 2)]
        assert harness.side_output(ODD) == [("a", 1), ("b", 1)]
        assert harness.side_records(ODD) == [(("a", 1), 0), (("b", 1), 1)]
        assert harness.state(COUNT, "a").value() == 2
        assert harness.state(COUNT, "unknown").value() is None
        assert sorted(harness.keys(COUNT)) == ["a", "b"]
        assert harness.num_event_time_timers == 3
        assert harness.timers("a") == [(TimeDomain.EVENT_TIME, 10), (TimeDomain.EVENT_TIME, 15)]
        harness.take_output()
        harness.watermark(11)
        assert harness.output == [("timer", "a", 10, 2), ("timer", "b", 11, 1)]
        assert harness.num_event_time_timers == 1
        harness.end_input()
        assert harness.num_state_entries == 0
        assert harness.num_event_time_timers == 0


def test_state_can_be_prepared() -> None:
    with OperatorHarness(CountWithTimer(), first) as harness:
        harness.state(COUNT, "a").update(41)
        harness.process_element(("a", 0), 0)
        assert harness.output == [(("a", 0), 42)]


def test_processing_time() -> None:
    with OperatorHarness(Alarm(), first, processing_time=1000) as harness:
        harness.process_element(("a", 1))
        harness.set_processing_time(1050)
        harness.process_elements([("a", 2), ("b", 3)])
        assert harness.output == []
        assert harness.timers("b") == [(TimeDomain.PROCESSING_TIME, 1150)]
        harness.set_processing_time(1100)
        assert harness.output == [("a", 1100, [("a", 1), ("a", 2)])]
        harness.set_processing_time(5000)
        assert harness.output[1] == ("b", 1150, [("b", 3)])
        assert harness.num_processing_time_timers == 0


def test_two_inputs_share_state_and_watermark() -> None:
    with OperatorHarness(Totals(), first, key_selector2=first) as harness:
        harness.process_element1(("a", 3))
        harness.process_element1(("a", 4))
        harness.process_element2(("a",))
        harness.process_element2(("b",))
        assert harness.output == [("a", 7), ("b", None)]
        harness.watermark1(10)
        assert harness.watermarks == []
        harness.watermark2(5)
        assert harness.watermarks == [5]
        harness.idle(1)
        assert harness.watermarks == [5, 10]


def test_broadcast_state() -> None:
    with OperatorHarness(Rules(), first, broadcast=[RULES]) as harness:
        harness.process_element2(("a", 5))
        harness.process_elements([("a", 5), ("a", 6), ("b", 9)])
        assert harness.output == [("a", 6)]
        assert harness.broadcast_state(RULES) == {"a": 5}


def test_a_stream_brings_its_keys_and_policy() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    stream = (
        env.from_collection([("a", 1)])
        .key_by(first)
        .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
        .reduce(lambda a, b: (a[0], a[1] + b[1]))
    )
    with OperatorHarness(stream) as harness:
        harness.process_elements([("a", 1), ("a", 2), ("b", 5)], [1, 9, 3])
        harness.watermark(9)
        assert harness.records == [(("a", 3), 9), (("b", 5), 9)]
        harness.process_element(("a", 1), 2)
        assert harness.late_dropped == 1
        assert "dropped a late record" in harness.warnings[0]

    policy = env.from_collection([1]).map(lambda x: 1 // x).on_error("dead-letter").name("Inverse")
    with OperatorHarness(policy) as harness:
        harness.process_elements([1, 0, -1])
        assert harness.output == [1, -1]
        (letter,) = harness.dead_letters
        assert (letter.operator, letter.record) == ("Inverse", 0)


def test_declared_types_are_enforced() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    stream = env.from_collection([1]).map(lambda x: x, Types.INT()).name("typed")
    with OperatorHarness(stream) as harness:
        harness.process_element(3)
        with pytest.raises(UserFunctionError, match="typed"):
            harness.process_element("no number")
        assert harness.output == [3]


def test_watermark_strategy() -> None:
    class Second(TimestampAssigner):
        def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
            return value[1]

    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(3))
    with OperatorHarness(strategy.with_timestamp_assigner(Second())) as harness:
        harness.process_elements([("a", 10), ("b", 7)])
        assert harness.watermarks == []
        harness.set_processing_time(200)
        assert harness.watermarks == [10 - 3 - 1]
        assert harness.records == [(("a", 10), 10), (("b", 7), 7)]


def test_async_functions_hand_over_mail() -> None:
    class Shout(AsyncFunction):
        async def async_invoke(self, value: str) -> list[str]:
            return [value.upper(), threading.current_thread().name]

    descriptor = AsyncFunctionDescriptor(
        Shout(),
        Time.seconds(5),
        10,
        AsyncRetryStrategy.no_restart(),
        AsyncFunctionDescriptor.OutputMode.ORDERED,
    )
    with OperatorHarness(descriptor) as harness:
        harness.process_element("a", 4)
        harness.run_mail(until=lambda: bool(harness.output))
        assert harness.records[0] == ("A", 4)
        assert harness.output[1] != threading.current_thread().name
        with pytest.raises(TimeoutError):
            harness.run_mail(until=lambda: False, timeout_seconds=0.01)


def test_what_the_function_registers() -> None:
    with OperatorHarness(
        Accounts(), parallelism=3, subtask_index=2, job_parameters={"mode": "test"}
    ) as harness:
        harness.process_elements("ab")
        assert harness.output == [("a", 2, 0, "test"), ("b", 2, 0, "test")]
        assert harness.metric("records") == 2
        assert harness.accumulators == {"sum": 2}
        harness.restart()
        harness.process_element("c")
        assert harness.output[-1] == ("c", 2, 1, "test")
        assert harness.metric("records") == 1
        assert harness.function is not None


def test_a_copy_runs() -> None:
    """As in a job: what the test holds is not what runs."""
    function = Accounts()
    with OperatorHarness(function) as harness:
        assert harness.function is not function
        assert not hasattr(function, "records")


def test_errors_name_operator_and_record() -> None:
    with OperatorHarness(Double()) as harness, pytest.raises(UserFunctionError) as caught:
        harness.process_element(0)
    assert "ZeroDivisionError" in str(caught.value)
    assert "record    0" in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((lambda x: x,), "a harness runs an operator"),
        ((CountWithTimer(),), "needs keys: give a key_selector"),
    ],
)
def test_wrong_subjects(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        OperatorHarness(*arguments)


def test_wrong_streams() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    source = env.from_collection([1])
    with pytest.raises(ValueError, match="does not end in an operator"):
        OperatorHarness(source)
    with pytest.raises(ValueError, match="does not end in an operator"):
        OperatorHarness(source.map(str).key_by(len))
    with pytest.raises(ValueError, match="has its own key selector"):
        OperatorHarness(source.map(str), first)


def test_what_cannot_be_pickled() -> None:
    class Holds(MapFunction):
        def __init__(self) -> None:
            self.lock = threading.Lock()

        def map(self, value: Any) -> Any:
            return value

    with pytest.raises(ProgramError, match="cannot be pickled"):
        OperatorHarness(Holds())


def test_wrong_input() -> None:
    with OperatorHarness(Double()) as harness:
        with pytest.raises(ValueError, match="2 values have 1 timestamps"):
            harness.process_elements([1, 2], [3])
        with pytest.raises(ValueError, match="not an input 1"):
            harness.process_element2(1)


def test_close_once() -> None:
    closed: list[int] = []

    class Closes(ProcessFunction):
        def process_element(self, value: Any, ctx: Any) -> list[Any]:
            return [value]

        def close(self) -> None:
            self.closed = getattr(self, "closed", 0) + 1

    harness = OperatorHarness(Closes())
    harness.close()
    harness.close()
    assert harness.function.closed == 1
    assert closed == []


def test_list_state_of_another_key_stays_apart() -> None:
    with OperatorHarness(Alarm(), first) as harness:
        harness.process_elements([("a", 1), ("b", 2)])
        assert list(harness.state(SEEN, "a").get()) == [("a", 1)]
        assert list(harness.state(SEEN, "b").get()) == [("b", 2)]


def test_calls_can_be_chained_and_keys_given() -> None:
    with OperatorHarness(CountWithTimer(), first) as harness:
        harness.process_elements(["x", "y"], [0, 1], keys=["a", "b"]).watermark(11).end_input()
        assert harness.output[2:] == [("timer", "a", 10, 1), ("timer", "b", 11, 1)]
        assert harness.side_outputs == {"odd": [("a", 1), ("b", 1)]}
        assert (harness.batch_sizes()[0], harness.batch_sizes(ODD)) == (2, [2])
        with pytest.raises(ValueError, match="2 values have 1 keys"):
            harness.process_elements(["x", "y"], keys=["a"])
    with OperatorHarness(Double()) as harness, pytest.raises(ValueError, match="takes no keys"):
        harness.process_elements([1], keys=[1])


def test_an_operator_that_is_no_copy_shares_objects_with_the_test() -> None:
    seen: list[int] = []
    operator = FlatMapOperator(lambda value: seen.append(value) or [value])
    with OperatorHarness(operator, copy=False) as harness:
        assert harness.operator is operator
        harness.process_elements([1, 2])
        assert seen == [1, 2]
        with pytest.raises(ValueError, match="cannot be restarted"):
            harness.restart()
    for options in ({"copy": False}, {"batch_mode": True}):
        with pytest.raises(ValueError, match="unkind mode restarts"):
            OperatorHarness(Double(), unkind=True, **options)


def test_batch_mode_waits_for_the_end() -> None:
    with OperatorHarness(CountWithTimer(), first, batch_mode=True) as harness:
        harness.process_elements([("a", 2), ("b", 1), ("a", 1)], [2, 1, 1])
        assert harness.output == []
        harness.end_input()
        records = [value for value in harness.output if value[0] != "timer"]
        assert records == [(("a", 1), 1), (("a", 2), 2), (("b", 1), 1)]


def test_a_restart_without_watermarks() -> None:
    with OperatorHarness(CountWithTimer(), first) as harness:
        harness.process_element(("a", 1), 0).watermark(5)
        harness.restart(repeat_watermarks=False).watermark(4).watermark(10)
        assert harness.output[1:] == [("timer", "a", 10, 1)]
        assert harness.watermarks == [5, 10]


def test_a_failure_in_open_closes_the_function() -> None:
    calls = []

    class Fails(MapFunction):
        def open(self, runtime_context: Any) -> None:
            raise ValueError("no client")

        def map(self, value: Any) -> Any:
            return value

        def close(self) -> None:
            calls.append("close")

    with pytest.raises(UserFunctionError, match="operator  Mine"):
        OperatorHarness(Fails(), name="Mine", copy=False)
    assert calls == ["close"]


@pytest.mark.parametrize(
    ("events", "text"),
    [([3, 3], "the watermark 3 behind 3"), ([IDLE, IDLE], r"WatermarkStatus\(idle\) twice")],
)
def test_events_that_are_no_news_are_an_error(events: list[Any], text: str) -> None:
    class Repeats(FlatMapOperator):
        def process_watermark(self, timestamp: int, input_index: int = 0) -> None:
            for event in events:
                if isinstance(event, int):
                    self.output.emit_watermark(event)
                else:
                    self.output.emit_status(event)

    with (
        OperatorHarness(Repeats(str.split)) as harness,
        pytest.raises(AssertionError, match=text),
    ):
        harness._part.process_watermark(1)
