"""Wrong programs that are refused while they are built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hurtig.common import Row, Types
from hurtig.common.errors import ProgramError
from hurtig.datastream import (
    CoProcessFunction,
    MapFunction,
    ProcessFunction,
    StreamExecutionEnvironment,
)
from hurtig.datastream.connectors import DiscardingSink


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


class Add(MapFunction):
    def map(self, value: Any) -> Any:
        return value


class YieldingMap(MapFunction):
    def map(self, value: Any) -> Any:
        yield value


def yielding(*values: Any) -> Any:
    yield values


async def asynchronous(value: Any) -> Any:
    return value


@pytest.mark.parametrize(
    ("apply", "message"),
    [
        (lambda s: s.map(Add), r"map was given the class Add, .*: write Add\(\.\.\.\)"),
        (lambda s: s.map(yielding), "map was given yielding, which yields.*flat_map"),
        (lambda s: s.map(YieldingMap()), r"map was given YieldingMap\.map, which yields"),
        (lambda s: s.filter(yielding), "filter was given yielding, which yields"),
        (lambda s: s.key_by(yielding), "key_by was given yielding, which yields"),
        (lambda s: s.key_by(hash).reduce(yielding), "reduce was given yielding, which yields"),
        (lambda s: s.map(asynchronous), "map was given asynchronous, which is asynchronous"),
        (lambda s: s.flat_map(asynchronous), "flat_map was given asynchronous.*AsyncDataStream"),
    ],
)
def test_functions_whose_result_would_be_no_record(apply: Any, message: str) -> None:
    stream = StreamExecutionEnvironment.get_execution_environment().from_collection([1])
    with pytest.raises(ProgramError, match=message):
        apply(stream)


def test_classes_and_generators_that_can_serve() -> None:
    stream = StreamExecutionEnvironment.get_execution_environment().from_collection([1])
    assert list(stream.map(str).flat_map(yielding).execute_and_collect()) == [("1",)]


ROW = Types.ROW_NAMED(["key", "count"], [Types.STRING(), Types.INT()])
TUPLE = Types.TUPLE([Types.STRING(), Types.INT()])


@pytest.mark.parametrize(
    ("declared", "record", "field"), [(ROW, Row("a", 1), "total"), (ROW, Row("a", 1), 2)]
)
def test_aggregations_of_a_field_that_is_not_declared(
    declared: Any, record: Any, field: Any
) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    keyed = env.from_collection([record], declared).key_by(lambda r: r[0])
    with pytest.raises(
        ProgramError, match=rf"sum\({field!r}\): the records have no such field, but"
    ):
        keyed.sum(field)


@pytest.mark.parametrize(
    ("declared", "record", "field"),
    [(ROW, Row("a", 1), "count"), (ROW, Row("a", 1), 1), (TUPLE, ("a", 1), 1), (None, ("a", 1), 1)],
)
def test_aggregations_of_fields_that_there_are(declared: Any, record: Any, field: Any) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    keyed = env.from_collection([record, record], declared).key_by(lambda r: r[0])
    assert [r[1] for r in keyed.sum(field).execute_and_collect()] == [1, 2]


def test_a_second_execute_of_nothing_new() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.from_collection([1]).sink_to(DiscardingSink())
    env.execute()
    with pytest.raises(ProgramError, match=r"What an earlier execute\(\) ran does not run again"):
        env.execute()
