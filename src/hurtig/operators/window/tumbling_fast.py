"""The loops of event-time tumbling windows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hurtig.common.errors import HurtigError
from hurtig.messages import MIN_TIMESTAMP, RowBatch
from hurtig.operators.record_failure import set_aside
from hurtig.operators.user_function import callable_of
from hurtig.operators.window.aligned_fast import AlignedWindowOperator, Table
from hurtig.operators.window.contents import AGGREGATE, MISSING, REDUCE

Rows = Iterator[tuple[int, Any, Any]]


class TumblingEventTimeOperator(AlignedWindowOperator):
    """One loop for each kind of contents; ``low`` and ``high`` bound the window in hand.

    Only where a record falls out of it is a window looked up, and only where that one is not
    open, or has fired, is more than that done.
    """

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        timestamps = self.timestamps_of(batch)
        assert batch.keys is not None
        self._late: tuple[list[Any], list[int], list[int | None]] = ([], [], [])
        self.run_loop(zip(timestamps, batch.keys, batch.values, strict=True))
        if self._late[0]:
            self.emit_late(*self._late)

    def run_loop(self, rows: Rows) -> None:
        """Add ``(timestamp, key, value)`` of each record to its window."""
        kind = self.contents.kind
        if kind == REDUCE:
            self._reduce(rows)
        elif kind == AGGREGATE:
            self._aggregate(rows)
        else:
            self._collect(rows)

    def _look_up(self, start: int, time: int, key: Any, value: Any) -> Table | None:
        """The table of a new window; ``None`` if the record was late or is already added."""
        if time == MIN_TIMESTAMP:
            raise self.missing_timestamp()
        if self.is_late(start) and start not in self.windows:
            values, timestamps, ends = self._late
            values.append(value)
            timestamps.append(time)
            ends.append(start + self.size)
            return None
        if start in self.windows or self.passed(start):
            self.add_outside_loop(start, key, value)
            return None
        return self.open_window(start)

    def _reduce(self, rows: Rows) -> None:
        reduce = callable_of(self.contents.function, "reduce")
        size, offset, find, look_up = self.size, self.offset, self.hot.get, self._look_up
        low = high = time = 0
        table: Table | None
        open_table: Table = {}
        value = None
        while True:
            try:
                for time, key, value in rows:
                    if not low <= time < high:
                        low = time - (time - offset) % size
                        high = low + size
                        table = find(low)
                        if table is None:
                            table = look_up(low, time, key, value)
                            if table is None:
                                high = low
                                continue
                        open_table = table
                        get = table.get
                    before = get(key, MISSING)
                    open_table[key] = value if before is MISSING else reduce(before, value)
                return
            except HurtigError:
                raise
            except Exception as e:
                set_aside(self, e, value, time)

    def _aggregate(self, rows: Rows) -> None:
        function = self.contents.function
        create, add = function.create_accumulator, function.add
        size, offset, find, look_up = self.size, self.offset, self.hot.get, self._look_up
        low = high = time = 0
        table: Table | None
        open_table: Table = {}
        value = None
        while True:
            try:
                for time, key, value in rows:
                    if not low <= time < high:
                        low = time - (time - offset) % size
                        high = low + size
                        table = find(low)
                        if table is None:
                            table = look_up(low, time, key, value)
                            if table is None:
                                high = low
                                continue
                        open_table = table
                        get = table.get
                    before = get(key, MISSING)
                    open_table[key] = add(value, create() if before is MISSING else before)
                return
            except HurtigError:
                raise
            except Exception as e:
                set_aside(self, e, value, time)

    def _collect(self, rows: Rows) -> None:
        size, offset, find, look_up = self.size, self.offset, self.hot.get, self._look_up
        low = high = time = 0
        table: Table | None
        open_table: Table = {}
        for time, key, value in rows:
            if not low <= time < high:
                low = time - (time - offset) % size
                high = low + size
                table = find(low)
                if table is None:
                    table = look_up(low, time, key, value)
                    if table is None:
                        high = low
                        continue
                open_table = table
                get = table.get
            elements = get(key)
            if elements is None:
                open_table[key] = [value]
            else:
                elements.append(value)
