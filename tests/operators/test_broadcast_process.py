"""Broadcast process operators."""

from __future__ import annotations

from typing import Any

import pytest

from hurtig.common.error_policy import DEAD_LETTER_TAG
from hurtig.common.errors import ProgramError, UserFunctionError
from hurtig.messages import MIN_TIMESTAMP, Watermark
from hurtig.operators.broadcast_process import (
    BroadcastProcessOperator,
    KeyedBroadcastProcessOperator,
)
from hurtig.operators.functions import BroadcastProcessFunction, KeyedBroadcastProcessFunction
from hurtig.operators.output_tag import OutputTag
from hurtig.state.descriptors import MapStateDescriptor, ValueStateDescriptor
from hurtig.testing import OperatorHarness

RULES = MapStateDescriptor("rules")
OTHER = MapStateDescriptor("other")


def first(value: Any) -> Any:
    return value[0]


class Enrich(BroadcastProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Any:
        rules = ctx.get_broadcast_state(RULES)
        yield value, rules.get(value), rules.contains(value), ctx.timestamp()
        yield OutputTag("size"), len(list(rules.items()))

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        if value[1] is None:
            ctx.get_broadcast_state(RULES).remove(value[0])
        else:
            ctx.get_broadcast_state(RULES).put(*value)
        ctx.get_broadcast_state(OTHER).put("seen", value)
        yield "rule", value, ctx.timestamp(), ctx.current_watermark()


class Call(BroadcastProcessFunction):
    def __init__(self, element: Any = None, broadcast: Any = None) -> None:
        self.element, self.broadcast = element, broadcast
        self.seen: list[Any] = []

    def process_element(self, value: Any, ctx: Any) -> Any:
        self.seen.append(value)
        return self.element(value, ctx)

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        self.seen.append(value)
        return self.broadcast(value, ctx)


class KeyedCall(KeyedBroadcastProcessFunction):
    def __init__(self, element: Any, broadcast: Any, timer: Any = None) -> None:
        self.element, self.broadcast, self.timer = element, broadcast, timer

    def open(self, runtime_context: Any) -> None:
        self.state = runtime_context.get_state(SUM)

    def process_element(self, value: Any, ctx: Any) -> Any:
        return self.element(self, value, ctx)

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        return self.broadcast(self, value, ctx)

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        return self.timer(self, timestamp, ctx)


SUM = ValueStateDescriptor("sum")


class TestBroadcast:
    def test_the_broadcast_side_writes_and_the_other_reads(self) -> None:
        with OperatorHarness(BroadcastProcessOperator(Enrich(), [RULES, OTHER])) as h:
            h.process_elements(["a"], [1], 0)
            h.process_elements([("a", 7), ("b", 8)], [2, 3], 1)
            h.process_elements(["a", "b"], [4, 5], 0)
            h.process_elements([("a", None)], None, 1)
            h.process_elements(["a"], None, 0)
        assert h.output == [
            ("a", None, False, 1),
            ("rule", ("a", 7), 2, MIN_TIMESTAMP),
            ("rule", ("b", 8), 3, MIN_TIMESTAMP),
            ("a", 7, True, 4),
            ("b", 8, True, 5),
            ("rule", ("a", None), MIN_TIMESTAMP, MIN_TIMESTAMP),
            ("a", None, False, MIN_TIMESTAMP),
        ]
        assert h.side_records("size") == [(0, 1), (2, 4), (2, 5), (1, None)]
        assert h.broadcast_state(OTHER) == {"seen": ("a", None)}

    def test_the_other_side_cannot_write(self) -> None:
        call = Call(lambda v, ctx: ctx.get_broadcast_state(RULES).put("a", 1))
        with (
            OperatorHarness(BroadcastProcessOperator(call, [RULES])) as h,
            pytest.raises(
                UserFunctionError, match="can be changed in process_broadcast_element only"
            ),
        ):
            h.process_elements(["d"])

    @pytest.mark.parametrize("index", [0, 1])
    def test_an_unknown_descriptor_is_an_error_that_names_the_known_ones(self, index: int) -> None:
        def ask(value: Any, ctx: Any) -> Any:
            ctx.get_broadcast_state(OTHER)

        h = OperatorHarness(BroadcastProcessOperator(Call(ask, ask), [RULES]), name="Mine")
        with h, pytest.raises(UserFunctionError, match="requested state does not exist") as e:
            h.process_elements(["d"], input_index=index)
        assert "'other' is not among the broadcast states 'rules' of 'Mine'" in str(e.value)

    def test_error_policies(self) -> None:
        def fail(value: Any, ctx: Any) -> Any:
            if value == 2:
                raise ValueError("two")
            return [value]

        call = Call(fail, fail)
        operator = BroadcastProcessOperator(call, [RULES])
        h = OperatorHarness(operator, error_policy="dead-letter", copy=False)
        with h:
            h.process_elements([1, 2, 3], input_index=0)
            h.process_elements([2, 4], input_index=1)
        assert h.output == [1, 3, 4]
        assert call.seen == [1, 2, 3, 2, 4]
        assert [letter.record for letter, _ in h.side_records(DEAD_LETTER_TAG)] == [2, 2]

    def test_it_needs_a_descriptor_and_both_methods(self) -> None:
        with pytest.raises(ProgramError, match="MapStateDescriptor"):
            BroadcastProcessOperator(Enrich(), [])
        with pytest.raises(TypeError, match="BroadcastProcessFunction"):
            BroadcastProcessOperator(lambda value: value, [RULES])

    def test_in_batch_mode_the_broadcast_input_comes_first(self) -> None:
        operator = BroadcastProcessOperator(Enrich(), [RULES, OTHER])
        with OperatorHarness(operator, batch_mode=True) as h:
            h.process_elements(["a"], [1], 0)
            h.watermark1(2**63 - 1)
            h.operator.end_input(0)
            assert h.events == []
            h.process_elements([("a", 7)], [2], 1)
            h.watermark2(2**63 - 1)
            h.operator.end_input(1)
            h.operator.finish()
        assert h.events == [
            ("rule", ("a", 7), 2, MIN_TIMESTAMP),
            ("a", 7, True, 1),
            Watermark(2**63 - 1),
        ]


def add(self: Any, value: Any, ctx: Any) -> Any:
    self.state.update((self.state.value() or 0) + value[1])
    ctx.timer_service().register_event_time_timer(100)
    ctx.timer_service().register_processing_time_timer(50)


def show(self: Any, timestamp: int, ctx: Any) -> Any:
    rules = dict(ctx.get_broadcast_state(RULES).items())
    yield ctx.get_current_key(), ctx.time_domain().name, self.state.value(), timestamp, rules


class TestKeyedBroadcast:
    def test_timers_see_state_key_and_rules(self) -> None:
        def rule(self: Any, value: Any, ctx: Any) -> None:
            ctx.get_broadcast_state(RULES).put(*value)

        operator = KeyedBroadcastProcessOperator(KeyedCall(add, rule, show), [RULES])
        with OperatorHarness(operator, first) as h:
            h.process_elements([("a", 1), ("b", 2), ("a", 3)], input_index=0)
            h.set_processing_time(50)
            h.process_elements([("r", 1)], input_index=1)
            h.end_input()
        assert h.output == [
            ("a", "PROCESSING_TIME", 4, 50, {}),
            ("b", "PROCESSING_TIME", 2, 50, {}),
            ("a", "EVENT_TIME", 4, 100, {"r": 1}),
            ("b", "EVENT_TIME", 2, 100, {"r": 1}),
        ]

    def test_apply_to_keyed_state_reaches_every_key(self) -> None:
        seen = {}

        def visit(key: Any, state: Any) -> None:
            seen[repr(key)] = state.value()
            state.update(state.value() * 10)

        def broadcast(self: Any, value: Any, ctx: Any) -> None:
            ctx.apply_to_keyed_state(SUM, visit)

        operator = KeyedBroadcastProcessOperator(KeyedCall(add, broadcast, show), [RULES])
        with OperatorHarness(operator, first, copy=False) as h:
            h.process_elements([(1, 1), (True, 2), (1.0, 3)], input_index=0)
            h.process_elements(["go"], input_index=1)
            h.end_input()
        assert seen == {"1": 1, "True": 2, "1.0": 3}
        assert [v[2] for v in h.output] == [10, 20, 30]

    def test_the_broadcast_side_has_no_key(self) -> None:
        def broadcast(self: Any, value: Any, ctx: Any) -> None:
            self.state.update(1)

        operator = KeyedBroadcastProcessOperator(KeyedCall(add, broadcast, show), [RULES])
        with OperatorHarness(operator, first) as h:
            h.process_elements([("a", 1)], input_index=0)
            with pytest.raises(UserFunctionError, match="NoKeyError"):
                h.process_elements(["go"], input_index=1)

    def test_in_batch_mode_rules_come_first_and_keys_one_by_one(self) -> None:
        def element(self: Any, value: Any, ctx: Any) -> Any:
            yield "el", value, dict(ctx.get_broadcast_state(RULES).items())
            ctx.timer_service().register_event_time_timer(5)

        def rule(self: Any, value: Any, ctx: Any) -> Any:
            ctx.get_broadcast_state(RULES).put(*value)
            yield "rule", value

        def timer(self: Any, timestamp: int, ctx: Any) -> Any:
            yield "timer", ctx.get_current_key()

        operator = KeyedBroadcastProcessOperator(KeyedCall(element, rule, timer), [RULES])
        with OperatorHarness(operator, first, batch_mode=True) as h:
            h.process_elements([("a", 2), ("b", 1), ("a", 1)], [2, 1, 1], 0)
            h.process_elements([("r", 1)], input_index=1)
            h.end_input()
        rules = {"r": 1}
        assert h.output == [
            ("rule", ("r", 1)),
            ("el", ("a", 1), rules),
            ("el", ("a", 2), rules),
            ("timer", "a"),
            ("el", ("b", 1), rules),
            ("timer", "b"),
        ]
