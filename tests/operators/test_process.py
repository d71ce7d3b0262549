"""ProcessOperator and KeyedProcessOperator."""

from __future__ import annotations

from typing import Any

import pytest

from hurtig.common.error_policy import DEAD_LETTER_TAG
from hurtig.common.errors import UserFunctionError
from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP
from hurtig.operators.functions import KeyedProcessFunction, ProcessFunction
from hurtig.operators.output_tag import OutputTag
from hurtig.operators.process import KeyedProcessOperator, ProcessOperator
from hurtig.state.descriptors import ValueStateDescriptor
from hurtig.testing import OperatorHarness


def first(value: Any) -> Any:
    return value[0]


class Call(ProcessFunction):
    """A process function of one function; remembers what it was called with."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.seen: list[Any] = []

    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Any:
        self.seen.append(value)
        return self.function(value, ctx)


class KeyedCall(KeyedProcessFunction):
    def __init__(self, element: Any, timer: Any = lambda timestamp, ctx: None) -> None:
        self.element, self.timer = element, timer

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Any:
        return self.element(value, ctx)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Any:
        return self.timer(timestamp, ctx)


class TestProcess:
    def test_none_lists_and_iterators_are_results(self) -> None:
        results = {1: None, 2: [2, 2], 3: iter((3,)), 4: []}
        with OperatorHarness(ProcessOperator(Call(lambda v, ctx: results[v]))) as h:
            h.process_elements([1, 2, 3, 4])
        assert h.output == [2, 2, 3]

    def test_results_carry_the_timestamp_of_their_record(self) -> None:
        def two(value: Any, ctx: Any) -> Any:
            yield value, ctx.timestamp()
            yield value

        with OperatorHarness(ProcessOperator(Call(two))) as h:
            h.process_elements(["a", "b"], [5, 7])
        assert h.records == [(("a", 5), 5), ("a", 5), (("b", 7), 7), ("b", 7)]

    def test_without_timestamps_results_have_none_and_the_context_says_min(self) -> None:
        with OperatorHarness(ProcessOperator(Call(lambda v, ctx: [ctx.timestamp()]))) as h:
            h.process_elements(["a"])
        assert h.records == [(MIN_TIMESTAMP, None)]

    def test_the_context_tells_times(self) -> None:
        def times(value: Any, ctx: Any) -> Any:
            service = ctx.timer_service()
            yield service.current_watermark(), service.current_processing_time()

        with OperatorHarness(ProcessOperator(Call(times))) as h:
            h.process_elements(["a"])
            h.watermark(40)
            h.set_processing_time(9)
            h.process_elements(["b"])
        assert h.output == [(MIN_TIMESTAMP, 0), (40, 9)]
        assert h.watermarks == [40]

    def test_pairs_with_a_tag_go_to_the_side_output(self) -> None:
        tag = OutputTag("odd")

        def split(value: Any, ctx: Any) -> Any:
            yield (tag, value) if value % 2 else value
            yield ("no tag", value)
            yield ()

        with OperatorHarness(ProcessOperator(Call(split))) as h:
            h.process_elements([1, 2, 3], [10, 20, 30])
        assert h.side_records("odd") == [(1, 10), (3, 30)]
        assert h.output == [("no tag", 1), (), 2, ("no tag", 2), (), ("no tag", 3), ()]

    def test_a_tag_in_a_triple_is_an_error(self) -> None:
        call = Call(lambda v, ctx: [(OutputTag("t"), v, v)])
        with (
            OperatorHarness(ProcessOperator(call)) as h,
            pytest.raises(
                UserFunctionError, match=r"TypeError: a side output takes a pair .* tuple of 3"
            ),
        ):
            h.process_elements([1])

    def test_a_result_that_is_not_iterable_names_the_operator(self) -> None:
        operator = ProcessOperator(Call(lambda v, ctx: v))
        with OperatorHarness(operator, name="Mine") as h, pytest.raises(UserFunctionError) as e:
            h.process_elements([1])
        text = str(e.value)
        assert text.startswith("TypeError: 'int' object is not iterable")
        assert "operator  Mine" in text
        assert "record    1" in text
        assert "Traceback" not in text

    def test_timers_are_refused(self) -> None:
        def register(value: Any, ctx: Any) -> Any:
            ctx.timer_service().register_event_time_timer(5)
            yield value

        text = "Register timers is only supported on a keyed stream"
        with (
            OperatorHarness(ProcessOperator(Call(register)), error_policy="skip", name="Mine") as h,
            pytest.raises(UserFunctionError, match=text) as e,
        ):
            h.process_elements([1])
        assert "operator  Mine" in str(e.value)

    def test_keyed_state_is_refused_in_open(self) -> None:
        class Stateful(ProcessFunction):
            def open(self, runtime_context: Any) -> None:
                runtime_context.get_state(ValueStateDescriptor("s"))

            def process_element(self, value: Any, ctx: Any) -> Any:
                return [value]

        with pytest.raises(UserFunctionError, match="has no key"):
            OperatorHarness(ProcessOperator(Stateful()))

    @pytest.mark.parametrize("function", [None, 42, Call, lambda value, ctx: [value]])
    def test_what_is_no_process_function_is_refused(self, function: Any) -> None:
        with pytest.raises(TypeError, match="process takes a ProcessFunction"):
            ProcessOperator(function)


class TestErrors:
    @staticmethod
    def fail_on_two(value: Any, ctx: Any) -> Any:
        yield value
        if value == 2:
            raise ValueError("two")
        yield -value

    def test_fail_emits_what_was_made_before(self) -> None:
        call = Call(self.fail_on_two)
        with (
            OperatorHarness(ProcessOperator(call), copy=False) as h,
            pytest.raises(UserFunctionError, match="ValueError: two") as e,
        ):
            h.process_elements([1, 2, 3], [10, 20, 30])
        assert h.records == [(1, 10), (-1, 10), (2, 20)]
        assert call.seen == [1, 2]
        assert "record    2" in str(e.value)
        assert "collector.py" not in str(e.value)
        assert "fail_on_two" in str(e.value)

    @pytest.mark.parametrize("policy", ["skip", "dead-letter"])
    def test_other_policies_go_on_with_the_next_record(self, policy: str) -> None:
        call = Call(self.fail_on_two)
        with OperatorHarness(ProcessOperator(call), error_policy=policy, copy=False) as h:
            h.process_elements([1, 2, 2, 3], [10, 20, 21, 30])
        assert call.seen == [1, 2, 2, 3]
        assert h.output == [1, -1, 2, 2, 3, -3]
        assert h.metrics.skipped == 2
        assert len(h.warnings) == 1
        letters = h.side_records(DEAD_LETTER_TAG)
        if policy == "skip":
            assert letters == []
        else:
            assert [(letter.record, ts) for letter, ts in letters] == [(2, 20), (2, 21)]
            assert letters[0][0].reason == "ValueError: two"

    def test_a_bad_result_is_skipped_too_and_not_the_record_after_it(self) -> None:
        results: dict[int, Any] = {1: [1], 2: 7, 3: [3]}

        def call(value: Any, ctx: Any) -> Any:
            if value == 4:
                raise KeyError(4)
            return results[value]

        with OperatorHarness(ProcessOperator(Call(call)), error_policy="dead-letter") as h:
            h.process_elements([1, 2, 4, 3])
        assert h.output == [1, 3]
        reasons = [letter.reason for letter, _ in h.side_records(DEAD_LETTER_TAG)]
        assert reasons[0].startswith("TypeError: 'int' object is not iterable")
        assert reasons[1] == "KeyError: 4"

    def test_an_error_of_a_timer_names_time_and_key(self) -> None:
        def element(value: Any, ctx: Any) -> None:
            ctx.timer_service().register_event_time_timer(value[1])

        def timer(timestamp: int, ctx: Any) -> Any:
            yield timestamp
            if ctx.get_current_key() == "bad":
                raise ValueError("no")

        operator = KeyedProcessOperator(KeyedCall(element, timer))
        with OperatorHarness(operator, first) as h:
            h.process_elements([("good", 5), ("bad", 6), ("good", 7)])
            with pytest.raises(UserFunctionError, match="ValueError: no") as e:
                h.watermark(10)
        assert "key='bad', timestamp=6, time_domain='EVENT_TIME'" in str(e.value)
        assert h.output == [5, 6]

        operator = KeyedProcessOperator(KeyedCall(element, timer))
        with OperatorHarness(operator, first, error_policy="dead-letter") as h:
            h.process_elements([("good", 5), ("bad", 6), ("good", 7)])
            h.watermark(10)
        assert h.output == [5, 6, 7]
        assert h.side_records(DEAD_LETTER_TAG)[0][0].record == ("bad", 6, "EVENT_TIME")


class TestTimers:
    def test_results_of_timers_carry_the_time_of_the_timer(self) -> None:
        def element(value: Any, ctx: Any) -> Any:
            ctx.timer_service().register_event_time_timer(value[1] + 100)
            yield "el", ctx.timestamp()

        def timer(timestamp: int, ctx: Any) -> Any:
            service = ctx.timer_service()
            yield ctx.get_current_key(), timestamp, ctx.timestamp(), service.current_watermark()

        with OperatorHarness(KeyedProcessOperator(KeyedCall(element, timer)), first) as h:
            h.process_elements([("a", 10), ("b", 20)], [10, 20])
            h.watermark(110)
            h.end_input()
        assert h.records == [
            (("el", 10), 10),
            (("el", 20), 20),
            (("a", 110, 110, 110), 110),
            (("b", 120, 120, MAX_TIMESTAMP), 120),
        ]
        assert h.watermarks == [110, MAX_TIMESTAMP]

    def test_the_end_of_input_fires_timers_registered_meanwhile(self) -> None:
        def timer(t: int, ctx: Any) -> Any:
            yield t
            if t < 40:
                ctx.timer_service().register_event_time_timer(t + 10)
            if t == 40:
                ctx.timer_service().register_event_time_timer(3)

        def element(value: Any, ctx: Any) -> None:
            ctx.timer_service().register_event_time_timer(value[1])

        with OperatorHarness(KeyedProcessOperator(KeyedCall(element, timer)), first) as h:
            h.process_elements([("a", 10)])
            h.end_input()
        assert h.output == [10, 20, 30, 40, 3, 13, 23, 33, 43]

    def test_processing_time_timers_fire_with_the_clock(self) -> None:
        def element(value: Any, ctx: Any) -> Any:
            ctx.timer_service().register_processing_time_timer(value[1])

        def timer(timestamp: int, ctx: Any) -> Any:
            yield ctx.get_current_key(), timestamp, ctx.time_domain().name
            if timestamp == 50:
                ctx.timer_service().register_processing_time_timer(60)

        with OperatorHarness(KeyedProcessOperator(KeyedCall(element, timer)), first) as h:
            h.process_elements([("a", 50)])
            h.process_elements([("b", 20), ("c", 90)])
            h.set_processing_time(19)
            assert h.output == []
            h.set_processing_time(55)
            assert [v[:2] for v in h.output] == [("b", 20), ("a", 50)]
            h.set_processing_time(60)
            assert h.output[-1] == ("a", 60, "PROCESSING_TIME")
            h.end_input()
            h.set_processing_time(1000)
        assert len(h.output) == 3, "pending processing-time timers are dropped at the end"

    def test_a_deleted_timer_does_not_fire(self) -> None:
        def element(value: Any, ctx: Any) -> None:
            service = ctx.timer_service()
            service.register_processing_time_timer(50)
            service.register_event_time_timer(50)
            if value[1]:
                service.delete_processing_time_timer(50)
                service.delete_event_time_timer(50)

        def timer(timestamp: int, ctx: Any) -> Any:
            yield ctx.get_current_key(), ctx.time_domain().name

        with OperatorHarness(KeyedProcessOperator(KeyedCall(element, timer)), first) as h:
            h.process_elements([("a", 0), ("b", 1)])
            h.set_processing_time(70)
            h.end_input()
        assert h.output == [("a", "PROCESSING_TIME"), ("a", "EVENT_TIME")]

    def test_keys_come_back_as_the_user_made_them(self) -> None:
        def element(value: Any, ctx: Any) -> Any:
            ctx.timer_service().register_event_time_timer(1)
            yield ctx.get_current_key()

        def timer(timestamp: int, ctx: Any) -> Any:
            yield ctx.get_current_key()

        with OperatorHarness(KeyedProcessOperator(KeyedCall(element, timer)), lambda v: v) as h:
            h.process_elements([1, True, 1.0, (2, 2.0)])
            h.end_input()
        assert [repr(v) for v in h.output] == ["1", "True", "1.0", "(2, 2.0)"] * 2
