"""DeltaTrigger: fires when an element is far enough from the one that fired last."""

from __future__ import annotations

from typing import Any

import pytest
from window_harness import Harness

from hurtig.datastream.window import (
    DeltaTrigger,
    EventTimeSessionWindows,
    GlobalWindows,
    TumblingEventTimeWindows,
)
from hurtig.operators.functions import ProcessWindowFunction
from hurtig.operators.window.contents import elements_contents
from hurtig.operators.window.factory import create_window_operator


class Elements(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Any) -> Any:
        yield key, list(elements)


class Distance:
    def get_delta(self, old: int, new: int) -> int:
        return new - old


@pytest.mark.parametrize("function", [Distance(), lambda old, new: new - old])
def test_fires_beyond_the_threshold(function: Any) -> None:
    trigger = DeltaTrigger.of(10, function)
    contents = elements_contents(Elements())
    run = Harness(create_window_operator(GlobalWindows(), trigger, None, 0, None, contents))
    run.send(*((n, None, "a") for n in (0, 10, 11, 15, 21, 22)), (100, None, "b"))
    assert run.output == [("a", [0, 10, 11]), ("a", [0, 10, 11, 15, 21, 22])]


def test_none_is_an_element() -> None:
    trigger = DeltaTrigger.of(0, lambda old, new: 1)
    contents = elements_contents(Elements())
    run = Harness(create_window_operator(GlobalWindows(), trigger, None, 0, None, contents))
    run.send((None, None, "a"), (None, None, "a"))
    assert run.output == [("a", [None, None])]


def test_state_goes_with_the_window() -> None:
    trigger = DeltaTrigger.of(1, lambda old, new: new - old)
    contents = elements_contents(Elements())
    operator = create_window_operator(
        TumblingEventTimeWindows(10), trigger, None, 0, None, contents
    )
    run = Harness(operator).send((1, 1, "a"), (5, 2, "a")).watermark(100)
    assert run.output == [("a", [1, 5])]
    assert run.is_empty()


def test_does_not_merge() -> None:
    contents = elements_contents(Elements())
    with pytest.raises(ValueError, match="DeltaTrigger has no on_merge"):
        create_window_operator(
            EventTimeSessionWindows(5), DeltaTrigger.of(1, Distance()), None, 0, None, contents
        )


def test_not_a_function() -> None:
    with pytest.raises(TypeError, match=r"get_delta\(old, new\)"):
        DeltaTrigger.of(1, 5)  # type: ignore[arg-type]
