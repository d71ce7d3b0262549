"""Joins: of two windowed streams, and of two keyed streams by a time interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from hurtig.common.errors import ProgramError
from hurtig.datastream.streams import build
from hurtig.datastream.streams.base import DataStream
from hurtig.datastream.streams.keyed import KeyedStream, keyed_stream
from hurtig.datastream.streams.windowed import WindowedStream

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.operators.output_tag import OutputTag


class IntervalJoin:
    """``a.interval_join(b)``: set the interval. Mirrors Flink's ``KeyedStream.IntervalJoin``."""

    def __init__(self, left: KeyedStream, right: KeyedStream) -> None:
        if not isinstance(right, KeyedStream):
            raise ProgramError("interval_join needs keys on both streams: call key_by() on each")
        self._left = left
        self._right = right

    def in_event_time(self) -> Self:
        """Joins by event time, which is the only choice."""
        return self

    def between(self, lower_bound: Any, upper_bound: Any) -> IntervalJoined:
        """Pairs with ``left + lower <= right <= left + upper``; Time, Duration or ms."""
        from hurtig.common.time import to_millis

        lower = to_millis(lower_bound, "lower_bound")
        upper = to_millis(upper_bound, "upper_bound")
        if lower > upper:
            raise ProgramError(f"the lower bound {lower} ms is above the upper bound {upper} ms")
        return IntervalJoined(self._left, self._right, lower, upper)


class IntervalJoined:
    """An interval join with its interval. Mirrors Flink's ``KeyedStream.IntervalJoined``."""

    def __init__(self, left: KeyedStream, right: KeyedStream, lower: int, upper: int) -> None:
        self._streams = (left, right)
        self._bounds = [lower, upper]
        self._late: list[OutputTag | None] = [None, None]

    def lower_bound_exclusive(self) -> Self:
        """The lower bound itself does not match."""
        self._bounds[0] += 1
        return self

    def upper_bound_exclusive(self) -> Self:
        """The upper bound itself does not match."""
        self._bounds[1] -= 1
        return self

    def side_output_left_late_data(self, output_tag: OutputTag) -> Self:
        """Sends late left records to a side output instead of dropping them."""
        self._late[0] = output_tag
        return self

    def side_output_right_late_data(self, output_tag: OutputTag) -> Self:
        """Sends late right records to a side output instead of dropping them."""
        self._late[1] = output_tag
        return self

    def process(self, func: Any, output_type: TypeInformation | None = None) -> DataStream:
        """The results for each pair: a :class:`ProcessJoinFunction`."""
        from hurtig.operators.join.interval_join import IntervalJoinOperator

        left, right = (tag.tag_id if tag is not None else None for tag in self._late)
        lower, upper = self._bounds
        operator = IntervalJoinOperator(func, lower, upper, left, right, output_type)
        return build.two_inputs(*self._streams, "Interval Join", operator)


class _WindowJoin:
    """``a.join(b).where(…).equal_to(…).window(…)``, step by step."""

    _co_group = False

    def __init__(self, first: DataStream, second: DataStream) -> None:
        self._streams = (first, second)
        self._selectors: list[Any] = []
        self._key_type: TypeInformation | None = None
        self._window: Any = None
        self._settings: list[tuple[str, Any]] = []

    def where(self, key_selector: Any, key_type: TypeInformation | None = None) -> Self:
        """The key of the first stream."""
        self._selectors = [build.selector(key_selector)]
        self._key_type = key_type
        return self

    def equal_to(self, key_selector: Any) -> Self:
        """The key of the second stream."""
        if not self._selectors:
            raise ProgramError("call where() before equal_to()")
        self._selectors = [self._selectors[0], build.selector(key_selector)]
        return self

    def window(self, assigner: Any) -> Self:
        """The windows in which records meet."""
        if len(self._selectors) != 2:
            raise ProgramError("call where() and equal_to() before window()")
        self._window = assigner
        return self

    def trigger(self, trigger: Any) -> Self:
        """When windows fire."""
        self._settings.append(("trigger", trigger))
        return self

    def evictor(self, evictor: Any) -> Self:
        """Which records are removed around firing."""
        self._settings.append(("evictor", evictor))
        return self

    def allowed_lateness(self, time_ms: Any) -> Self:
        """How long windows are kept behind the watermark."""
        self._settings.append(("allowed_lateness", time_ms))
        return self

    def apply(self, func: Any, output_type: TypeInformation | None = None) -> DataStream:
        """The results: per pair for a join, per key and window for a co-group."""
        from hurtig.operators.join import tagged

        if self._window is None:
            raise ProgramError("call where(), equal_to() and window() before apply()")
        sides = [
            stream.map(tagged.Tag(side)).name(f"Tag {side + 1}")
            for side, stream in enumerate(self._streams)
        ]
        selector = tagged.TaggedKeySelector(*self._selectors)
        keyed = keyed_stream(sides[0].union(sides[1]), selector, self._key_type)
        windowed = WindowedStream(keyed, tagged.untag_windows(self._window))
        for setting, value in self._settings:
            getattr(windowed, setting)(value)
        adapter = tagged.co_group_function(func) if self._co_group else tagged.join_function(func)
        return windowed.apply(adapter, output_type)


class JoinedStreams(_WindowJoin):
    """A window join. Mirrors Flink's ``JoinedStreams``."""


class CoGroupedStreams(_WindowJoin):
    """A window co-group. Mirrors Flink's ``CoGroupedStreams``."""

    _co_group = True
