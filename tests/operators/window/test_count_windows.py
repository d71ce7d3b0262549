"""Count windows and global windows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from window_harness import Harness

from hurtig.common.errors import ProgramError
from hurtig.datastream.window import (
    CountSlidingWindowAssigner,
    CountTrigger,
    CountTumblingWindowAssigner,
    CountWindow,
    CountWindowSerializer,
    GlobalWindow,
    GlobalWindows,
    GlobalWindowSerializer,
    NeverTrigger,
    PurgingTrigger,
)
from hurtig.operators.functions import ProcessWindowFunction
from hurtig.operators.window.contents import elements_contents, reduce_contents
from hurtig.operators.window.count_fast import CountWindowOperator
from hurtig.operators.window.factory import create_window_operator, general_window_operator

BOTH = [create_window_operator, general_window_operator]


class Numbered(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Any) -> Any:
        yield key, context.window().id, list(elements)


def test_construction() -> None:
    assert repr(CountTumblingWindowAssigner.of(3)) == "CountTumblingWindowAssigner(3)"
    assert repr(CountSlidingWindowAssigner.of(3, 2)) == "CountSlidingWindowAssigner(3, 2)"
    trigger = CountTumblingWindowAssigner.of(3).get_default_trigger(None)
    assert type(trigger) is CountTrigger
    assert not CountSlidingWindowAssigner.of(3, 2).is_event_time()
    assert type(CountTumblingWindowAssigner(1).get_window_serializer()) is CountWindowSerializer


@pytest.mark.parametrize(
    "make",
    [
        lambda: CountTumblingWindowAssigner.of(0),
        lambda: CountSlidingWindowAssigner.of(0, 1),
        lambda: CountSlidingWindowAssigner.of(1, 0),
        lambda: CountTrigger.of(0),
    ],
)
def test_invalid(make: Any) -> None:
    with pytest.raises(ProgramError, match="of 1 or more, got 0"):
        make()


def model(keys: list[str], size: int, slide: int) -> list[Any]:
    """A window for every ``slide``-th element of a key; it fires with its last element."""
    fired = []
    seen: dict[str, list[int]] = {}
    for number, key in enumerate(keys):
        elements = seen.setdefault(key, [])
        elements.append(number)
        for start in range(0, len(elements), slide):
            if start + size == len(elements):
                fired.append((key, start // slide, elements[start:]))
    return fired


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from("ab"), max_size=40),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(0, 40),
)
def test_against_model(keys: list[str], size: int, slide: int, restart_at: int) -> None:
    for make in BOTH:
        for assigner in (
            CountSlidingWindowAssigner(size, slide),
            *([CountTumblingWindowAssigner(size)] if size == slide else []),
        ):
            contents = elements_contents(Numbered())
            harness = Harness(make(assigner, None, None, 0, None, contents))
            assert isinstance(harness.operator, CountWindowOperator) == (
                make is create_window_operator
            )
            for number, key in enumerate(keys):
                if number == restart_at:
                    harness.restart()
                harness.send((number, None, key))
            harness.watermark(2**63 - 1)
            assert harness.output == model(keys, size, slide)
            assert {time for _, time in harness.records} <= {2**63 - 1}


@pytest.mark.parametrize("make", BOTH)
def test_full_windows_leave_only_the_count(make: Any) -> None:
    contents = reduce_contents(lambda a, b: a + b)
    harness = Harness(make(CountTumblingWindowAssigner(2), None, None, 0, None, contents))
    harness.send(*((1, None, "a") for _ in range(10)))
    assert harness.output == [2] * 5
    assert harness.num_state_entries == 1


def test_own_trigger_keeps_the_contents() -> None:
    operator = create_window_operator(
        CountTumblingWindowAssigner(3),
        CountTrigger(2),
        None,
        0,
        None,
        elements_contents(Numbered()),
    )
    harness = Harness(operator).send(*((n, None, "a") for n in range(5)))
    assert harness.output == [("a", 0, [0, 1]), ("a", 1, [3, 4])]


class Elements(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Any) -> Any:
        assert context.window() == GlobalWindow.get()
        yield list(elements)


def test_global_windows() -> None:
    assigner = GlobalWindows.create()
    assert repr(assigner) == "GlobalWindows()"
    assert type(assigner.get_default_trigger(None)) is NeverTrigger
    assert type(assigner.get_window_serializer()) is GlobalWindowSerializer
    got = {}
    for name, trigger in {
        "never": None,
        "count": CountTrigger.of(2),
        "purging": PurgingTrigger.of(CountTrigger.of(2)),
    }.items():
        contents = elements_contents(Elements())
        operator = create_window_operator(assigner, trigger, None, 0, None, contents)
        harness = Harness(operator).send(*((n, n, "a") for n in range(5))).watermark(2**63 - 1)
        got[name] = harness.output
    assert got == {"never": [], "count": [[0, 1], [0, 1, 2, 3]], "purging": [[0, 1], [2, 3]]}


def test_count_window_of_a_purged_id_is_not_reused() -> None:
    assigner = CountTumblingWindowAssigner(2)
    assert [list(assigner.windows_of(n)) for n in range(4)] == [
        [CountWindow(0)],
        [CountWindow(0)],
        [CountWindow(1)],
        [CountWindow(1)],
    ]
