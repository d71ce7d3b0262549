"""Snapshots between any two elements, rescaling, and the unkind mode."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from harness_programs import (
    COUNT,
    RULES,
    Alarm,
    Collect,
    CountWithTimer,
    Rules,
    Sum,
    Totals,
    first,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from hurtig.common import Time
from hurtig.datastream import StreamExecutionEnvironment
from hurtig.datastream.functions import (
    AsyncFunction,
    AsyncFunctionDescriptor,
    AsyncRetryStrategy,
    ProcessFunction,
    ProcessJoinFunction,
)
from hurtig.datastream.window import (
    CountTrigger,
    EventTimeSessionWindows,
    ProcessingTimeSessionWindows,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TimeEvictor,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from hurtig.operators.contract import StreamOperator
from hurtig.state.snapshot import OperatorSnapshot
from hurtig.testing import OperatorHarness


def source() -> Any:
    return StreamExecutionEnvironment.get_execution_environment().from_collection([("a", 1)])


def keyed() -> Any:
    return source().key_by(first)


def millis(n: int) -> Time:
    return Time.milliseconds(n)


class Pairs(ProcessJoinFunction):
    def process_element(self, left: Any, right: Any, ctx: Any) -> Any:
        yield left, right


ONE_INPUT: dict[str, Callable[[], Any]] = {
    "map": lambda: source().map(lambda v: v[1]),
    "flat_map": lambda: source().flat_map(lambda v: [v] * (v[1] % 3)),
    "filter": lambda: source().filter(lambda v: v[1] % 2),
    "process": lambda: source().process(Untouched()),
    "reduce": lambda: keyed().reduce(lambda a, b: (a[0], a[1] + b[1])),
    "sum": lambda: keyed().sum(1),
    "keyed process": lambda: keyed().process(CountWithTimer()),
    "processing timers": lambda: keyed().process(Alarm()),
    "tumbling process": lambda: (
        keyed().window(TumblingEventTimeWindows.of(millis(10))).process(Collect())
    ),
    "tumbling aggregate": lambda: (
        keyed().window(TumblingEventTimeWindows.of(millis(10))).aggregate(Sum())
    ),
    "tumbling late": lambda: (
        keyed()
        .window(TumblingEventTimeWindows.of(millis(10)))
        .allowed_lateness(7)
        .reduce(lambda a, b: (a[0], a[1] + b[1]))
    ),
    "sliding": lambda: (
        keyed().window(SlidingEventTimeWindows.of(millis(10), millis(4))).aggregate(Sum())
    ),
    "session": lambda: (
        keyed().window(EventTimeSessionWindows.with_gap(millis(5))).process(Collect())
    ),
    "session late": lambda: (
        keyed()
        .window(EventTimeSessionWindows.with_gap(millis(5)))
        .allowed_lateness(9)
        .aggregate(Sum())
    ),
    "count": lambda: keyed().count_window(3).process(Collect()),
    "count slide": lambda: keyed().count_window(4, 2).aggregate(Sum()),
    "count trigger": lambda: (
        keyed()
        .window(TumblingEventTimeWindows.of(millis(10)))
        .trigger(CountTrigger.of(2))
        .process(Collect())
    ),
    "evictor": lambda: (
        keyed()
        .window(TumblingEventTimeWindows.of(millis(10)))
        .evictor(TimeEvictor.of(millis(3)))
        .process(Collect())
    ),
    "tumbling processing time": lambda: (
        keyed().window(TumblingProcessingTimeWindows.of(millis(10))).process(Collect())
    ),
    "sliding processing time": lambda: (
        keyed().window(SlidingProcessingTimeWindows.of(millis(10), millis(4))).aggregate(Sum())
    ),
    "session processing time": lambda: (
        keyed().window(ProcessingTimeSessionWindows.with_gap(millis(5))).process(Collect())
    ),
    "window all": lambda: (
        source()
        .window_all(TumblingEventTimeWindows.of(millis(10)))
        .reduce(lambda a, b: (a[0] + b[0], a[1] + b[1]))
    ),
}

TWO_INPUTS: dict[str, Callable[..., OperatorHarness]] = {
    "co-process": lambda **o: OperatorHarness(Totals(), first, key_selector2=first, **o),
    "broadcast": lambda **o: OperatorHarness(Rules(), first, broadcast=[RULES], **o),
    "interval join": lambda **o: OperatorHarness(
        keyed().interval_join(keyed()).between(-3, 4).process(Pairs()), **o
    ),
}


class Untouched(ProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Any:
        yield value, ctx.timestamp(), ctx.timer_service().current_watermark()


records = st.tuples(st.sampled_from("ab"), st.integers(0, 5))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("record"), records, st.integers(0, 60)),
        st.tuples(st.just("record"), records, st.integers(0, 60)),
        st.tuples(st.just("watermark"), st.integers(0, 70)),
        st.tuples(st.just("clock"), st.integers(1, 20)),
    ),
    max_size=15,
)


def play(harness: OperatorHarness, script: list[Any]) -> list[list[Any]]:
    """Runs a script; results after each step, sorted: restored keys have another order."""
    now = 0
    results = []
    for kind, *arguments in script:
        if kind == "record":
            harness.process_element(*arguments)
        elif kind == "second":
            harness.process_element2(*arguments)
        elif kind == "watermark":
            harness.watermark(*arguments)
        else:
            now += arguments[0]
            harness.set_processing_time(now)
        results.append(sorted(map(repr, (harness._out.batches and harness.records) or [])))
    late = harness.late_dropped
    harness.end_input()
    results.append([*sorted(map(repr, harness.records)), late, harness.watermarks])
    harness.close()
    return results


@pytest.mark.parametrize("name", ONE_INPUT)
@settings(max_examples=40, deadline=None)
@given(script=steps)
def test_unkindness_changes_nothing(name: str, script: list[Any]) -> None:
    kind = play(OperatorHarness(ONE_INPUT[name]()), script)
    unkind = play(OperatorHarness(ONE_INPUT[name](), unkind=True), script)
    assert unkind == kind


two_steps = st.lists(
    st.one_of(
        st.tuples(st.just("record"), records, st.integers(0, 60)),
        st.tuples(st.just("second"), records, st.integers(0, 60)),
        st.tuples(st.just("watermark"), st.integers(0, 70)),
    ),
    max_size=15,
)


@pytest.mark.parametrize("name", TWO_INPUTS)
@settings(max_examples=40, deadline=None)
@given(script=two_steps)
def test_unkindness_to_two_inputs(name: str, script: list[Any]) -> None:
    assert play(TWO_INPUTS[name](unkind=True), script) == play(TWO_INPUTS[name](), script)


class Forgetful(StreamOperator):
    """An operator that keeps a count where no snapshot finds it."""

    def open(self) -> None:
        self.count = 0

    def process_batch(self, batch: Any, input_index: int = 0) -> None:
        self.count += len(batch)

    def finish(self) -> None:
        from hurtig.messages import RowBatch

        self.output.emit(RowBatch([self.count]))


class Custom(Forgetful):
    """Keeps it beside the backends, as bytes."""

    def open(self) -> None:
        self.count = getattr(self, "count", 0)

    def snapshot_state(self, checkpoint_id: int) -> OperatorSnapshot:
        return OperatorSnapshot(custom={"count": str(self.count).encode()})

    def restore_state(self, snapshots: list[OperatorSnapshot]) -> None:
        self.count = sum(int(s.custom["count"]) for s in snapshots)


@pytest.mark.parametrize(("operator", "expected"), [(Forgetful, 0), (Custom, 3)])
def test_unkind_mode_finds_what_is_not_in_state(operator: Any, expected: int) -> None:
    with OperatorHarness(operator(), unkind=True) as harness:
        harness.process_elements("abc")
        harness.end_input()
        assert harness.output == [expected]


def test_restore_goes_on_where_the_snapshot_was() -> None:
    with OperatorHarness(CountWithTimer(), first) as harness:
        harness.process_elements([("a", 0), ("a", 0)], [1, 2])
        snapshot = harness.snapshot()
        harness.process_element(("a", 0), 3)  # not in the snapshot
    with OperatorHarness.restored(CountWithTimer(), snapshot, key_selector=first) as restored:
        assert restored.state(COUNT, "a").value() == 2
        restored.process_element(("a", 9), 4)
        assert restored.output == [(("a", 9), 3)]
        restored.watermark(11)
        assert restored.output[1:] == [("timer", "a", 11, 3)]


def test_a_snapshot_is_detached_and_storable() -> None:
    with OperatorHarness(CountWithTimer(), first) as harness:
        harness.process_element(("a", 0), 1)
        stored = harness.snapshot().to_bytes()
        harness.process_element(("a", 0), 2)
    snapshot = OperatorSnapshot.from_bytes(stored)
    with OperatorHarness.restored(CountWithTimer(), snapshot, key_selector=first) as restored:
        assert restored.state(COUNT, "a").value() == 1
        assert restored.num_event_time_timers == 1


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1), (2, 3), (3, 2)])
def test_rescaling_moves_state_and_timers(before: int, after: int) -> None:
    keys = [f"key {n}" for n in range(40)]

    def make(parallelism: int, index: int, snapshots: Any = ()) -> OperatorHarness:
        return OperatorHarness(
            CountWithTimer(), first, parallelism=parallelism, subtask_index=index,
            snapshots=snapshots,
        )  # fmt: skip

    snapshots = []
    for index in range(before):
        with make(before, index) as harness:
            for key in keys:
                if harness.owns((key,)):
                    harness.process_elements([(key, 0), (key, 1)], [1, 5])
            snapshots.append(harness.snapshot())
    fired: list[Any] = []
    for index in range(after):
        with make(after, index, snapshots) as harness:
            own = [key for key in keys if harness.owns((key,))]
            assert own
            assert sorted(harness.keys(COUNT)) == sorted(own)
            harness.watermark(100)
            fired += harness.output
    assert sorted(fired) == sorted(
        [("timer", key, 11, 2) for key in keys] + [("timer", key, 15, None) for key in keys]
    )


class Slow(AsyncFunction):
    """Answers at once, or never."""

    async def async_invoke(self, value: Any) -> list[Any]:
        if value == "never":
            await asyncio.sleep(3600)
        return [value]


def asked(mode: AsyncFunctionDescriptor.OutputMode, **options: Any) -> OperatorHarness:
    retry = AsyncRetryStrategy.no_restart()
    return OperatorHarness(
        AsyncFunctionDescriptor(Slow(), Time.hours(1), 10, retry, mode), **options
    )


@pytest.mark.parametrize("mode", AsyncFunctionDescriptor.OutputMode)
def test_calls_under_way_are_made_again(mode: AsyncFunctionDescriptor.OutputMode) -> None:
    with asked(mode) as harness:
        harness.process_elements(["never", "b"], [1, 2])
        harness.watermark(5)
        harness.process_element("c", 6)
        snapshot = harness.snapshot()
    for parallelism in (1, 2):  # shared out among the subtasks
        found: list[Any] = []
        for index in range(parallelism):
            with asked(
                mode, snapshots=[snapshot], parallelism=parallelism, subtask_index=index
            ) as restored:
                under_way = restored.operator._under_way
                found += [(call.value, call.timestamp) for call in under_way]
        assert sorted(found) == [("b", 2), ("c", 6), ("never", 1)]


@pytest.mark.parametrize("mode", AsyncFunctionDescriptor.OutputMode)
def test_unkindness_to_async_functions(mode: AsyncFunctionDescriptor.OutputMode) -> None:
    with asked(mode, unkind=True) as harness:
        harness.process_elements("abcd", [1, 2, 3, 4])
        harness.end_input()
        assert sorted(harness.records) == [("a", 1), ("b", 2), ("c", 3), ("d", 4)]


def test_broadcast_state_is_copied_when_rescaled() -> None:
    with OperatorHarness(Rules(), first, broadcast=[RULES]) as harness:
        harness.process_element2(("a", 5))
        snapshot = harness.snapshot()
    for index in range(2):
        with OperatorHarness.restored(
            Rules(), snapshot, key_selector=first, broadcast=[RULES], parallelism=2,
            subtask_index=index,
        ) as restored:  # fmt: skip
            assert restored.broadcast_state(RULES) == {"a": 5}


def test_records_of_another_subtask_are_refused() -> None:
    with OperatorHarness(CountWithTimer(), first, parallelism=2) as harness:
        foreign = next(k for k in "abcdefgh" if not harness.owns((k,)))
        with pytest.raises(ValueError, match="belongs to subtask 1, this is 0"):
            harness.process_element((foreign, 0), 0)


def test_watermark_and_idleness_survive_a_restart() -> None:
    with OperatorHarness(source().process(Untouched())) as harness:
        harness.watermark(5)
        harness.idle()
        harness.restart()
        harness.process_element("x", 7)
        assert harness.output == [("x", 7, 5)]
        assert harness.watermarks == [5]
        assert harness.statuses == ["idle"]
