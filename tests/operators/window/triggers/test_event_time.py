"""EventTimeTrigger: at the end of the window, and at once for late elements."""

from __future__ import annotations

from window_harness import Harness
from window_models import Collect

from hurtig.datastream.window import EventTimeTrigger, TumblingEventTimeWindows
from hurtig.operators.window.contents import elements_contents
from hurtig.operators.window.factory import create_window_operator
from hurtig.operators.window.tumbling_fast import TumblingEventTimeOperator


def harness(lateness: int) -> Harness:
    operator = create_window_operator(
        TumblingEventTimeWindows(10),
        EventTimeTrigger.create(),
        None,
        lateness,
        "late",
        elements_contents(Collect()),
    )
    assert isinstance(operator, TumblingEventTimeOperator)
    return Harness(operator)


def test_boundary_of_the_window() -> None:
    run = harness(0)
    run.send((1, 5, "a"), (2, 9, "a")).watermark(8)
    assert run.output == []
    run.watermark(9)
    assert run.output == [("a", 0, 10, [1, 2])]


def test_late_elements_fire_one_by_one_within_the_lateness() -> None:
    run = harness(15)
    run.send((5, 5, "a")).watermark(14).send((7, 7, "a"), (8, 8, "a"), (6, 6, "b"))
    assert run.output == [
        ("a", 0, 10, [5]),
        ("a", 0, 10, [5, 7]),
        ("a", 0, 10, [5, 7, 8]),
        ("b", 0, 10, [6]),
    ]
    run.watermark(23).send((1, 1, "a")).watermark(24).send((9, 9, "a"))
    assert run.output[4:] == [("a", 0, 10, [5, 7, 8, 1])]
    assert run.side_output("late") == [9]
    assert run.is_empty()


def test_results_carry_the_last_moment_of_the_window() -> None:
    run = harness(15).send((5, 5, "a")).watermark(14).send((7, 7, "a"))
    assert [time for _, time in run.records] == [9, 9]


def test_contents_given_to_a_function_are_its_own() -> None:
    run = harness(15).send((5, 5, "a")).watermark(14)
    (_, _, _, elements) = run.output[0]
    elements.clear()
    run.send((7, 7, "a"))
    assert run.output[1] == ("a", 0, 10, [5, 7])
