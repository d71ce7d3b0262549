"""Timers without keys are refused while the program is built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hurtig.common.errors import ProgramError
from hurtig.datastream import CoProcessFunction, ProcessFunction, StreamExecutionEnvironment


class Timers(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        ctx.timer_service().register_event_time_timer(1)
        yield value


class TwoInputTimers(CoProcessFunction):
    def process_element1(self, value: Any, ctx: CoProcessFunction.Context) -> Iterator[Any]:
        yield value

    def process_element2(self, value: Any, ctx: CoProcessFunction.Context) -> Iterator[Any]:
        ctx.timer_service().register_processing_time_timer(1)
        yield value


def test_process_function_with_timers_needs_a_key() -> None:
    stream = StreamExecutionEnvironment.get_execution_environment().from_collection([1])
    with pytest.raises(ProgramError, match=r"(?s)only supported on a keyed stream: Timers\.proc.*"):
        stream.process(Timers())


def test_co_process_function_with_timers_needs_keys() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    first, second = env.from_collection([1]), env.from_collection([2])
    with pytest.raises(ProgramError, match=r"TwoInputTimers\.process_element2"):
        first.connect(second).process(TwoInputTimers())
    keyed = first.connect(second).key_by(lambda v: 0, lambda v: 0).process(TwoInputTimers())
    assert sorted(keyed.execute_and_collect()) == [1, 2]
