"""What window functions see, may do, and how their errors come out."""

from __future__ import annotations

from typing import Any

import pytest
from window_harness import Harness
from window_models import Append, First

from hurtig.common.error_policy import DEAD_LETTER_TAG
from hurtig.common.errors import UserFunctionError
from hurtig.datastream.window import (
    CountTumblingWindowAssigner,
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from hurtig.operators.functions import (
    AllWindowFunction,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
    WindowFunction,
)
from hurtig.operators.output_tag import OutputTag
from hurtig.operators.window.contents import (
    aggregate_contents,
    elements_contents,
    isolated,
    reduce_contents,
)
from hurtig.operators.window.factory import create_window_operator, general_window_operator
from hurtig.state.descriptors import ValueStateDescriptor
from hurtig.state.keys import canonical_key

BOTH = [create_window_operator, general_window_operator]
TUMBLING = TumblingEventTimeWindows(10)


def harness(
    make: Any,
    contents: Any,
    assigner: Any = TUMBLING,
    lateness: int = 0,
    all_windows: bool = False,
    policy: str = "fail",
    copy: bool = True,
) -> Harness:
    operator = make(assigner, None, None, lateness, None, contents, all_windows)
    return Harness(operator, error_policy=policy, copy=copy)


class Apply(WindowFunction):
    def apply(self, key: Any, window: Any, inputs: Any) -> Any:
        return [(key, window.start, sum(inputs))]


class ApplyAll(AllWindowFunction):
    def apply(self, window: Any, inputs: Any) -> Any:
        return [(window.start, sum(inputs))]


class ProcessAll(ProcessAllWindowFunction):
    def process(self, context: Any, elements: Any) -> Any:
        total = context.global_state().get_state(ValueStateDescriptor("total"))
        total.update((total.value() or 0) + sum(elements))
        return [(context.window().start, total.value())]


@pytest.mark.parametrize("make", BOTH)
def test_apply(make: Any) -> None:
    run = harness(make, elements_contents(Apply()))
    run.send((1, 1, "a"), (2, 2, "b"), (3, 3, "a")).watermark(9)
    assert run.output == [("a", 0, 4), ("b", 0, 2)]


@pytest.mark.parametrize("make", BOTH)
def test_all_windows(make: Any) -> None:
    records = [(1, 1, 0), (2, 12, 0), (3, 3, 0)]
    run = harness(make, elements_contents(ApplyAll()), all_windows=True)
    assert run.send(*records).watermark(100).output == [(0, 4), (10, 2)]
    run = harness(make, elements_contents(ProcessAll()), all_windows=True)
    assert run.send(*records).watermark(100).output == [(0, 4), (10, 6)]


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize("assigner", [TUMBLING, EventTimeSessionWindows(10)])
def test_reduce_then_function(make: Any, assigner: Any) -> None:
    run = harness(make, reduce_contents(lambda a, b: a + b, Apply()), assigner)
    run.send((1, 1, "a"), (2, 2, "a")).watermark(100)
    assert run.output == [("a", 0 if assigner is TUMBLING else 1, 3)]


@pytest.mark.parametrize("make", BOTH)
def test_keys_are_the_users(make: Any) -> None:
    run = harness(make, elements_contents(Apply()))
    run.send(*((1, 1, canonical_key(key)) for key in (1, 1.0, True, None))).watermark(9)
    keys = [key for key, _, _ in run.output]
    assert [(type(key), key) for key in keys] == [
        (int, 1),
        (float, 1.0),
        (bool, True),
        (type(None), None),
    ]


FIRINGS = ValueStateDescriptor("firings")


class Stateful(ProcessWindowFunction):
    """Counts the firings of a window, and of a key, in state."""

    def __init__(self, clears: bool = True) -> None:
        self.clears = clears

    def process(self, key: Any, context: Any, elements: Any) -> Any:
        counts = []
        for store in context.window_state(), context.global_state():
            state = store.get_state(FIRINGS)
            state.update((state.value() or 0) + 1)
            counts.append(state.value())
        yield key, context.window().start, *counts

    def clear(self, context: Any) -> None:
        if self.clears:
            state = context.window_state().get_state(FIRINGS)
            assert state.value() > 0
            state.clear()


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize("clears", [True, False])
def test_state_per_window_and_per_key(make: Any, clears: bool) -> None:
    run = harness(make, elements_contents(Stateful(clears)), lateness=20)
    run.send((1, 1, "a"), (1, 1, "b")).watermark(9).send((2, 2, "a"), (3, 12, "a")).watermark(19)
    assert run.output == [("a", 0, 1, 1), ("b", 0, 1, 1), ("a", 0, 2, 2), ("a", 10, 1, 3)]
    run.watermark(1000)
    assert {key: run.state(FIRINGS, key).value() for key in run.keys(FIRINGS)} == {"a": 3, "b": 1}
    assert run.num_state_entries == 2, "state of windows is left behind"


@pytest.mark.parametrize("make", BOTH)
def test_clear_is_called_once_for_each_key_and_window(make: Any) -> None:
    cleared = []

    class Clears(Stateful):
        def clear(self, context: Any) -> None:
            cleared.append(context.window().start)

    run = harness(make, elements_contents(Clears()), lateness=5, copy=False)
    run.send((1, 1, "a"), (1, 1, "b"), (1, 12, "a")).watermark(13)
    assert cleared == []
    run.watermark(14)
    assert cleared == [0, 0]
    run.watermark(100)
    assert cleared == [0, 0, 10]


@pytest.mark.parametrize("make", BOTH)
def test_clear_of_sessions_and_count_windows(make: Any) -> None:
    cleared = []

    class Clears(ProcessWindowFunction):
        def process(self, key: Any, context: Any, elements: Any) -> None:
            return None

        def clear(self, context: Any) -> None:
            cleared.append(context.window())

    for assigner in EventTimeSessionWindows(10), CountTumblingWindowAssigner(2):
        cleared.clear()
        run = harness(make, elements_contents(Clears()), assigner, copy=False)
        run.send((1, 1, "a"), (1, 2, "a")).watermark(100)
        assert len(cleared) == 1
        assert run.output == []


class Times(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Any) -> Any:
        return [(context.current_watermark(), context.current_processing_time())]


@pytest.mark.parametrize("make", BOTH)
def test_times(make: Any) -> None:
    run = harness(make, elements_contents(Times())).set_processing_time(5)
    run.send((1, 1, "a")).watermark(42)
    assert run.output == [(42, 5)]


SIDE = OutputTag("side")


class ToSide(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Any) -> Any:
        yield SIDE, f"side of {key}"
        yield ("pair", key)


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize(
    "assigner", [TUMBLING, EventTimeSessionWindows(10), CountTumblingWindowAssigner(1)]
)
def test_side_outputs(make: Any, assigner: Any) -> None:
    run = harness(make, elements_contents(ToSide()), assigner)
    run.send((1, 1, "a"), (1, 1, "b")).watermark(100)
    assert run.output == [("pair", "a"), ("pair", "b")]
    assert run.side_output("side") == ["side of a", "side of b"]


class Lifecycle(ProcessWindowFunction):
    def __init__(self, calls: list[str]) -> None:
        self.calls = calls

    def open(self, runtime_context: Any) -> None:
        self.calls.append("open")
        self.total = runtime_context.get_state(ValueStateDescriptor("total"))

    def process(self, key: Any, context: Any, elements: Any) -> Any:
        self.total.update((self.total.value() or 0) + len(elements))
        return [(key, self.total.value())]

    def close(self) -> None:
        self.calls.append("close")


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize(
    "assigner", [TUMBLING, SlidingEventTimeWindows(10, 10), EventTimeSessionWindows(9)]
)
def test_open_close_and_state_of_the_runtime_context(make: Any, assigner: Any) -> None:
    calls: list[str] = []
    run = harness(make, elements_contents(Lifecycle(calls)), assigner, copy=False)
    run.send((1, 1, "a"), (2, 1, "b"), (3, 50, "a"), (4, 51, "a")).watermark(1000)
    run.close()
    assert run.output == [("a", 1), ("b", 1), ("a", 3)]
    assert calls == ["open", "close"]


class Fails(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Any) -> Any:
        yield key
        if key == "bad":
            raise ValueError("no such key")


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize(
    "assigner", [TUMBLING, EventTimeSessionWindows(10), CountTumblingWindowAssigner(1)]
)
def test_error_names_key_window_and_elements(make: Any, assigner: Any) -> None:
    run = harness(make, elements_contents(Fails()), assigner)
    with pytest.raises(UserFunctionError) as info:
        run.send((7, 1, "good"), (8, 1, "bad")).watermark(100)
    text = str(info.value)
    assert "ValueError: no such key" in text
    assert "key='bad'" in text
    assert "Window(" in text
    assert "[8]" in text


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize("policy", ["skip", "dead-letter"])
def test_policy_for_window_functions(make: Any, policy: str) -> None:
    run = harness(make, elements_contents(Fails()), policy=policy)
    run.send((7, 1, "good"), (8, 1, "bad"), (9, 1, "last")).watermark(100)
    assert run.output == ["good", "bad", "last"]
    assert run.metrics.skipped == 1
    letters = run.side_output(DEAD_LETTER_TAG)
    assert [letter.record.key for letter in letters] == ["bad"] * (policy == "dead-letter")


def checked_sum(a: int, b: int) -> int:
    if b == 13:
        raise ValueError("unlucky")
    return a + b


class CheckedAppend(Append):
    def add(self, value: Any, accumulator: Any) -> Any:
        return (*accumulator, checked_sum(0, value))


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize(
    "assigner",
    [
        TUMBLING,
        SlidingEventTimeWindows(10, 10),
        EventTimeSessionWindows(10),
        CountTumblingWindowAssigner(3),
    ],
)
def test_policy_for_incremental_functions(make: Any, assigner: Any) -> None:
    records = [(value, 1, "a") for value in (1, 13, 2, 3)]
    with pytest.raises(UserFunctionError) as info:
        harness(make, reduce_contents(checked_sum), assigner).send(*records)
    assert "record    13" in str(info.value)
    for contents, result in (
        (reduce_contents(checked_sum), 6),
        (aggregate_contents(CheckedAppend()), [1, 2, 3]),
    ):
        run = harness(make, contents, assigner, policy="skip")
        run.send(*records).watermark(100)
        if isinstance(assigner, CountTumblingWindowAssigner):
            assert run.metrics.skipped == 1
        else:
            assert run.output == [result]
            assert run.metrics.skipped == 1


class BadResult(Append):
    def get_result(self, accumulator: Any) -> Any:
        if 13 in accumulator:
            raise ValueError("unlucky")
        return list(accumulator)


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize("function", [None, First()])
@pytest.mark.parametrize("assigner", [TUMBLING, EventTimeSessionWindows(10)])
def test_policy_for_get_result(make: Any, function: Any, assigner: Any) -> None:
    contents = aggregate_contents(BadResult(), function)
    records = [(1, 1, "a"), (13, 1, "b"), (2, 1, "c")]
    with pytest.raises(UserFunctionError, match="unlucky"):
        harness(make, contents, assigner).send(*records).watermark(100)
    run = harness(make, contents, assigner, policy="skip").send(*records).watermark(100)
    got = run.output
    assert [value if function is None else value[3] for value in got] == [[1], [2]]


def test_wrong_functions() -> None:
    with pytest.raises(TypeError, match="window_function should be a WindowFunction"):
        reduce_contents(lambda a, b: a, lambda x: x)
    with pytest.raises(TypeError, match="aggregate takes an AggregateFunction"):
        aggregate_contents(lambda a, b: a)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be a ReduceFunction or a callable"):
        reduce_contents(Append())
    with pytest.raises(TypeError, match="a window needs a function"):
        elements_contents(None)


def test_isolated() -> None:
    for value in (1, "x", (1, "x", None)):
        assert isolated(value) is value
    inner = [1]
    copied = isolated((inner, 2))
    assert copied == ([1], 2)
    assert copied[0] is not inner
