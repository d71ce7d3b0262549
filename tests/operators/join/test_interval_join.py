"""Interval join."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hurtig.common.error_policy import DEAD_LETTER_TAG
from hurtig.common.errors import UserFunctionError
from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP
from hurtig.operators.functions import ProcessJoinFunction
from hurtig.operators.join.interval_join import LEFT, RIGHT, IntervalJoinOperator
from hurtig.operators.output_tag import OutputTag
from hurtig.operators.window.assigner import MissingTimestampError
from hurtig.testing import OperatorHarness


def first(value: Any) -> Any:
    return value[0]


def joining(operator: IntervalJoinOperator, **options: Any) -> OperatorHarness:
    return OperatorHarness(operator, first, key_selector2=first, **options)


class Pairs(ProcessJoinFunction):
    def __init__(self) -> None:
        self.calls = 0

    def process_element(self, left: Any, right: Any, ctx: Any) -> Any:
        self.calls += 1
        yield left, right
        times = ctx.get_left_timestamp(), ctx.get_right_timestamp(), ctx.get_timestamp()
        yield OutputTag("times"), times


class Call(ProcessJoinFunction):
    def __init__(self, function: Any) -> None:
        self.function = function

    def process_element(self, left: Any, right: Any, ctx: Any) -> Any:
        return self.function(left, right)


def test_pairs_within_the_interval_meet_whoever_comes_first() -> None:
    with joining(IntervalJoinOperator(Pairs(), -2, 1)) as h:
        h.process_elements([("k", "r7"), ("k", "r8"), ("x", "r9")], [7, 8, 9], RIGHT)
        h.process_elements([("k", "l10")], [10], LEFT)
        h.process_elements([("k", "r11"), ("k", "r12"), ("k", "r9")], [11, 12, 9], RIGHT)
    left = ("k", "l10")
    assert h.records == [
        ((left, ("k", "r8")), 10),
        ((left, ("k", "r11")), 11),
        ((left, ("k", "r9")), 10),
    ]
    assert h.side_records("times") == [((10, 8, 10), 10), ((10, 11, 11), 11), ((10, 9, 10), 10)]


def test_matches_of_one_record_come_in_order_of_time() -> None:
    with joining(IntervalJoinOperator(Pairs(), -100, 100)) as h:
        h.process_elements([("k", t) for t in (9, 3, 5, 3)], [9, 3, 5, 3], RIGHT)
        h.process_elements([("k", "l")], [4], LEFT)
    assert [right[1] for _, right in h.output] == [3, 3, 5, 9]


def test_state_goes_when_nothing_on_time_can_match() -> None:
    with joining(IntervalJoinOperator(Pairs(), -2, 5)) as h:
        h.process_elements([("k", 1)], [10], LEFT)
        h.process_elements([("k", 2)], [10], RIGHT)
        left, right = h.operator._tables  # type: ignore[attr-defined]
        h.watermark(12)
        assert left
        assert right, "a left record at 12 is on time and matches"
        h.watermark(13)
        assert left
        assert not right
        h.watermark(15)
        assert left, "a right record at 15 is on time and matches"
        h.watermark(16)
        assert not left
    assert h.num_event_time_timers == 0
    assert h.watermarks == [12, 13, 15, 16]


@pytest.mark.parametrize("tags", [(None, None), ("late-left", "late-right")])
def test_late_records(tags: tuple[str | None, str | None]) -> None:
    with OperatorHarness(
        IntervalJoinOperator(Pairs(), 0, 0, *tags), first, key_selector2=first
    ) as h:
        h.watermark(10)
        h.process_elements([("k", 1), ("k", 2)], [9, 10], LEFT)
        h.process_elements([("k", 3), ("k", 4)], [10, 8], RIGHT)
        h.process_elements([("k", 5)], [0], RIGHT)
    assert h.output == [(("k", 2), ("k", 3))]
    if tags[0]:
        assert h.side_records("late-left") == [(("k", 1), 9)]
        assert h.side_records("late-right") == [(("k", 4), 8), (("k", 5), 0)]
        assert h.late_dropped == 0
    else:
        assert h.late_dropped == 3
        assert len(h.warnings) == 1
        assert "side_output_left_late_data" in h.warnings[0]


@pytest.mark.parametrize("timestamps", [None, [MIN_TIMESTAMP]])
def test_a_record_without_timestamp_is_an_error(timestamps: Any) -> None:
    h = OperatorHarness(
        IntervalJoinOperator(Pairs(), 0, 0), first, key_selector2=first, name="Mine"
    )
    with h, pytest.raises(MissingTimestampError, match=r"'Mine'.*assign_timestamps"):
        h.process_elements([("k", 1)], timestamps, LEFT)


def test_errors_name_the_pair_and_other_pairs_go_on() -> None:
    def fail(left: Any, right: Any) -> Any:
        if right[1] == 2:
            raise ValueError("two")
        return [right[1]]

    for policy in ("fail", "dead-letter"):
        operator = IntervalJoinOperator(Call(fail), -9, 9)
        with joining(operator, error_policy=policy) as h:
            h.process_elements([("k", 1), ("k", 2), ("k", 3)], [1, 2, 3], RIGHT)
            if policy == "fail":
                with pytest.raises(UserFunctionError, match="ValueError: two") as e:
                    h.process_elements([("k", "l")], [2], LEFT)
                assert "record    (('k', 'l'), ('k', 2))" in str(e.value)
                assert h.output == [1]
            else:
                h.process_elements([("k", "l")], [2], LEFT)
                assert h.output == [1, 3]
                assert h.side_records(DEAD_LETTER_TAG)[0][0].record == (("k", "l"), ("k", 2))


def test_other_functions_are_refused() -> None:
    with pytest.raises(TypeError, match="ProcessJoinFunction"):
        IntervalJoinOperator(lambda left, right: left, 0, 1)


RECORD = st.tuples(st.integers(0, 1), st.sampled_from("ab"), st.integers(0, 40))
STEPS = st.lists(
    st.one_of(
        st.lists(RECORD, min_size=1, max_size=8),
        st.tuples(st.integers(0, 1), st.integers(0, 45)),
    ),
    max_size=25,
)


@settings(max_examples=200, deadline=None)
@given(STEPS, st.integers(-12, 12), st.integers(0, 15), st.booleans())
def test_agrees_with_comparing_everything(
    steps: list[Any], lower: int, width: int, batch_mode: bool
) -> None:
    upper = lower + width
    function = Pairs()
    sides: tuple[list[Any], list[Any]] = ([], [])
    watermarks = [MIN_TIMESTAMP, MIN_TIMESTAMP]
    late = serial = 0
    operator = IntervalJoinOperator(function, lower, upper)
    with OperatorHarness(
        operator, first, key_selector2=first, batch_mode=batch_mode, copy=False
    ) as h:
        for step in steps:
            if isinstance(step, tuple):
                index, watermark = step
                watermarks[index] = max(watermarks[index], watermark)
                (h.watermark2 if index else h.watermark1)(watermark)
                continue
            for side in (LEFT, RIGHT):
                records = []
                for _, key, time in (r for r in step if r[0] == side):
                    serial += 1
                    records.append((key, time, serial))
                if not records:
                    continue
                h.process_elements(records, [time for _, time, _ in records], side)
                for record in records:
                    if record[1] < min(watermarks) and not batch_mode:
                        late += 1
                    else:
                        sides[side].append(record)
        h.end_input()
    expected = Counter(
        ((left, right), max(left[1], right[1]))
        for left in sides[0]
        for right in sides[1]
        if left[0] == right[0] and left[1] + lower <= right[1] <= left[1] + upper
    )
    assert Counter(h.records) == expected
    assert function.calls == sum(expected.values())
    assert h.late_dropped == late
    assert h.watermarks[-1] == MAX_TIMESTAMP
    assert not any(operator._tables), "state is left behind"
    assert h.num_event_time_timers == 0
