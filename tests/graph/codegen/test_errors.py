"""Errors look as if the functions had been called, without a frame of the engine."""

from __future__ import annotations

import gc
import linecache
import re
import traceback
from typing import Any

import pytest

from hurtig.common.errors import JobCancelledError, UserFunctionError
from hurtig.operators.fusion import REDUCE, FusedStep


def helper(value):
    return 10 // value


def failing_generator(value):
    yield value
    raise KeyError(value)


def chained(value):
    try:
        return helper(value)
    except ZeroDivisionError as error:
        raise ValueError("no good") from error


def error_of(chain: Any, *steps: Any, values: list[Any], inline: bool) -> UserFunctionError:
    harness = chain(*steps, inline=inline)
    with pytest.raises(UserFunctionError) as caught:
        harness.push(values)
    return caught.value


CASES: dict[str, tuple[tuple[Any, ...], list[Any]]] = {
    "lambda": ((("map", lambda v: 10 // v),), [1, 0]),
    "nested call": ((("map", lambda v: (v, helper(v))),), [1, 0]),
    "attribute": ((("map", lambda v: v.missing + v),), [1]),
    "subscript": ((("filter", lambda v: v["ä"]["b"] > 0),), [{"ä": {}}]),
    "unicode before": ((("map", lambda v: ("äöü", v / 0)),), [1]),
    "several lines": (
        (
            (
                "map",
                lambda v: (
                    v[0],
                    v[1]
                    / v[0],
                ),
            ),
            ("map", lambda w: w[0]),
        ),
        [(1, 2), (0, 3)],
    ),
    "second of three": (
        (("map", lambda v: (v, 1)), ("map", lambda w: w[1] // w[0]), ("map", str)),
        [0],
    ),
    "f-string": ((("map", lambda v: f"{v:d}"),), ["x"]),
    "method": ((("map", "abc".index),), ["x"]),
    "flat_map of no iterable": ((("flat_map", lambda v: v),), [1]),
    "generator": ((("flat_map", failing_generator), ("map", lambda v: v)), [1]),
    "cause": ((("map", chained),), [0]),
    "truth": ((("filter", lambda v: NoTruth()),), [0]),
    "stop iteration": ((("map", lambda v: next(iter(()))),), [0]),
}  # fmt: skip


class NoTruth:
    def __bool__(self):
        raise TypeError("neither")


@pytest.mark.parametrize("case", CASES)
def test_inlined_and_called_errors_read_the_same(chain: Any, case: str) -> None:
    steps, values = CASES[case]
    called = error_of(chain, *steps, values=values, inline=False)
    inlined = error_of(chain, *steps, values=values, inline=True)
    assert inlined.user_traceback == called.user_traceback
    assert str(inlined) == str(called)
    assert "hurtig" not in inlined.user_traceback.replace("hurtig/tests", "")
    assert "_h_" not in inlined.user_traceback
    assert type(inlined.cause) is type(called.cause)


def test_the_traceback_is_the_one_of_a_plain_call(chain: Any) -> None:
    function = lambda v: helper(  # noqa: E731
        v - 1
    ) + 1  # fmt: skip
    error = error_of(chain, ("map", function), values=[1], inline=True)
    with pytest.raises(ZeroDivisionError) as plain:
        function(1)
    assert plain.tb.tb_next is not None
    own = plain.value.with_traceback(plain.tb.tb_next)
    expected = "".join(traceback.format_exception(own))
    assert error.user_traceback == expected
    assert "in <lambda>" in expected


def test_the_text_names_operator_record_and_nothing_else(chain: Any) -> None:
    error = error_of(
        chain,
        ("map", lambda v: (v, 2)),
        ("map", lambda w: w[1] // w[0]),
        values=[4, 0],
        inline=True,
    )
    assert re.fullmatch(
        r"Traceback \(most recent call last\):\n"
        r'  File ".*test_errors\.py", line \d+, in <lambda>\n'
        r"    .*w\[1\] // w\[0\].*\n"
        r"( +[~^]+\n)?"
        r"ZeroDivisionError: integer division or modulo by zero\n"
        r"\n"
        r"  operator  map-1  \[uid uid-map-1\]\n"
        r"  record    \(0, 2\)",
        error.render(),
    )


def test_a_builtin_leaves_no_frames(chain: Any) -> None:
    error = error_of(chain, ("map", int), values=["x"], inline=True)
    assert error.user_traceback == "ValueError: invalid literal for int() with base 10: 'x'\n"
    assert error.function == "int"


def two(first: Any, second: Any) -> Any:
    return first


@pytest.mark.parametrize("inline", [True, False])
def test_a_call_that_fails_shows_the_place_of_the_function(chain: Any, inline: bool) -> None:
    error = error_of(chain, ("map", two), values=[1], inline=inline)
    line = two.__code__.co_firstlineno
    assert "missing 1 required positional argument" in error.user_traceback
    assert f"  function  two, {__file__}:{line}\n  record    1" in error.render()


@pytest.mark.parametrize("function", [lambda v: v, int])
def test_a_flat_map_without_an_iterable(chain: Any, function: Any) -> None:
    error = error_of(chain, ("flat_map", function), values=[1], inline=True)
    assert error.user_traceback.startswith(
        "TypeError: 'int' object is not iterable: a flat_map function returns an iterable"
    )


def test_what_was_done_before_is_emitted(chain: Any) -> None:
    harness = chain(("flat_map", lambda v: [6 // v, v]), ("filter", lambda v: v != 3))
    with pytest.raises(UserFunctionError) as caught:
        harness.push([2, 1, 0, 3], [10, 20, 30, 40])
    assert caught.value.record_text == "0"
    assert harness.values == [2, 6, 1]
    assert harness.timestamps == [10, 20, 20]


def test_a_failure_in_the_rest_of_a_flat_map_keeps_timestamps_in_step(chain: Any) -> None:
    harness = chain(
        ("flat_map", lambda v: [0, 5, v]),
        ("map", lambda v: 60 // v, "skip"),
        ("map", lambda v: 60 // (v - 6)),
    )
    with pytest.raises(UserFunctionError) as caught:
        harness.push([10], [77])
    assert caught.value.record_text == "6"
    assert harness.values == [10]
    assert harness.timestamps == [77]


def test_skipped_records_leave_with_their_timestamps(chain: Any) -> None:
    harness = chain(("map", lambda v: 6 // v, "skip"), ("map", lambda v: v + 1, "dead-letter"))
    harness.push([1, 0, 2, 0, 0, 3], [1, 2, 3, 4, 5, 6])
    assert harness.values == [7, 4, 3]
    assert harness.timestamps == [1, 3, 6]
    assert harness.metrics[0].skipped == 3
    assert harness.metrics[0].records_out == harness.metrics[1].records_in == 3


def test_the_first_skipped_record_is_warned_of(chain: Any) -> None:
    harness = chain(("map", lambda v: 6 // v, "skip"))
    harness.push([0, 0])
    (warning,) = harness.contexts[0].warnings
    assert "ZeroDivisionError" in warning
    assert "record    0" in warning


def test_dead_letters_carry_reason_record_and_timestamp(chain: Any) -> None:
    harness = chain(("map", lambda v: v), ("filter", lambda v: 6 // v, "dead-letter"))
    harness.push([0, 9, 5], [7, 8, 9])
    (batch,) = harness.output.side["hurtig-dead-letter"]
    assert batch.timestamps == [7]
    assert batch.values == [
        (
            "filter-1",
            "uid-filter-1",
            "ZeroDivisionError: integer division or modulo by zero",
            0,
            "",
        )
    ]
    assert harness.values == [5]
    assert harness.timestamps == [9]


def test_an_iterator_that_goes_on_after_it_raised_is_left(chain: Any) -> None:
    class Stubborn:
        def __init__(self, value):
            self.left = value

        def __iter__(self):
            return self

        def __next__(self):
            self.left -= 1
            if self.left == 1:
                raise OSError
            if self.left < 0:
                raise StopIteration
            return self.left

    harness = chain(("flat_map", Stubborn, "skip"), ("map", lambda v: v))
    harness.push([3, 1])
    assert harness.values == [2, 0]
    assert harness.metrics[0].skipped == 1


def test_a_failing_reduce_leaves_its_state(chains: Any) -> None:
    table: dict[str, int] = {}
    step = FusedStep(REDUCE, lambda a, b: a // b, table=table)
    harness = chains.Harness([chains.StepOperator(step, "skip")], True)
    harness.push([8, 0, 2], None, ["k", "k", "k"])
    assert harness.values == [8, 4]
    assert table == {"k": 4}


def test_errors_of_the_engine_are_not_skipped(chain: Any) -> None:
    def cancel(value):
        raise JobCancelledError

    harness = chain(("map", cancel, "skip"))
    with pytest.raises(JobCancelledError):
        harness.push([1])


def test_interrupts_are_not_caught(chain: Any) -> None:
    def interrupt(value):
        raise KeyboardInterrupt

    harness = chain(("map", interrupt, "skip"))
    with pytest.raises(KeyboardInterrupt):
        harness.push([1])


def test_generated_source_is_shown_by_debuggers_and_released(chain: Any) -> None:
    harness = chain(("map", lambda v: v + 1), ("filter", bool))
    generated = harness.operator.functions.variant(0, False)
    name = generated.filename
    assert name.startswith("<hurtig chain map-0 -> filter-1")
    assert name.endswith(">")
    lines = linecache.getlines(name)
    assert [line.rpartition("# ")[2].strip() for line in lines if "# " in line] == [
        "map-0",
        "filter-1",
        "filter-1",
    ]
    other = chain(("map", lambda v: v + 1), ("filter", bool))
    assert other.operator.functions.variant(0, False).filename != name
    del harness, generated
    gc.collect()
    assert name not in linecache.cache
