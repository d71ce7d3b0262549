"""The loops of event-time sliding windows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hurtig.common.errors import HurtigError
from hurtig.messages import MIN_TIMESTAMP, RowBatch
from hurtig.operators.record_failure import set_aside
from hurtig.operators.user_function import callable_of
from hurtig.operators.window.aligned_fast import AlignedWindowOperator, Table
from hurtig.operators.window.contents import AGGREGATE, MISSING, REDUCE, isolated

Rows = Iterator[tuple[int, Any, Any]]


class SlidingEventTimeOperator(AlignedWindowOperator):
    """One loop for each kind of contents; ``low`` and ``high`` bound the pane in hand.

    A pane is a time whose elements all belong to the same windows.
    """

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        timestamps = self.timestamps_of(batch)
        assert batch.keys is not None
        self._late: tuple[list[Any], list[int], list[int | None]] = ([], [], [])
        rows = zip(timestamps, batch.keys, batch.values, strict=True)
        kind = self.contents.kind
        if kind == REDUCE:
            self._reduce(rows)
        elif kind == AGGREGATE:
            self._aggregate(rows)
        else:
            self._collect(rows)
        if self._late[0]:
            self.emit_late(*self._late)

    def _pane(self, time: int, value: Any) -> tuple[int, int, list[Table], list[int]]:
        """Bounds of the pane of ``time``, tables of its open windows, starts of its others.

        Bounds are equal where the pane must be looked up for each record.
        """
        if time == MIN_TIMESTAMP:
            raise self.missing_timestamp()
        size, slide, hot, windows = self.size, self.slide, self.hot, self.windows
        last = time - (time - self.offset) % slide
        starts = range(last, time - size, -slide)
        tables: list[Table] = []
        others: list[int] = []
        for start in starts:
            table = hot.get(start)
            if table is not None:
                tables.append(table)
            elif start in windows:
                others.append(start)
            elif self.is_late(start):
                continue
            elif self.passed(start):
                others.append(start)
            else:
                tables.append(self.open_window(start))
        if not tables and not others:
            if time + self.allowed_lateness <= self.current_watermark:
                values, timestamps, ends = self._late
                values.append(value)
                timestamps.append(time)
                ends.append(last + size if starts else None)
            return 0, 0, tables, others
        oldest = starts[-1]
        return max(last, oldest - slide + size), min(last + slide, oldest + size), tables, others

    def _add_to_others(self, starts: list[int], key: Any, value: Any) -> None:
        for start in starts:
            self.add_outside_loop(start, key, value)

    def _reduce(self, rows: Rows) -> None:
        reduce = callable_of(self.contents.function, "reduce")
        low = high = time = 0
        tables: list[Table] = []
        others: list[int] = []
        value = None
        while True:
            try:
                for time, key, value in rows:
                    if not low <= time < high:
                        low, high, tables, others = self._pane(time, value)
                    for table in tables:
                        before = table.get(key, MISSING)
                        table[key] = isolated(value) if before is MISSING else reduce(before, value)
                    if others:
                        self._add_to_others(others, key, value)
                return
            except HurtigError:
                raise
            except Exception as e:
                set_aside(self, e, value, time)

    def _aggregate(self, rows: Rows) -> None:
        function = self.contents.function
        create, add = function.create_accumulator, function.add
        low = high = time = 0
        tables: list[Table] = []
        others: list[int] = []
        value = None
        while True:
            try:
                for time, key, value in rows:
                    if not low <= time < high:
                        low, high, tables, others = self._pane(time, value)
                    for table in tables:
                        before = table.get(key, MISSING)
                        table[key] = add(value, create() if before is MISSING else before)
                    if others:
                        self._add_to_others(others, key, value)
                return
            except HurtigError:
                raise
            except Exception as e:
                set_aside(self, e, value, time)

    def _collect(self, rows: Rows) -> None:
        low = high = time = 0
        tables: list[Table] = []
        others: list[int] = []
        for time, key, value in rows:
            if not low <= time < high:
                low, high, tables, others = self._pane(time, value)
            for table in tables:
                elements = table.get(key)
                if elements is None:
                    table[key] = [value]
                else:
                    elements.append(value)
            if others:
                self._add_to_others(others, key, value)
