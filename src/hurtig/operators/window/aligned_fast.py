"""Event-time tumbling and sliding windows with the default trigger: all keys fire together.

State is what the general operator keeps: the contents under window and key. But windows that
are the same for all keys need one entry in a heap instead of a timer per key, and a batch runs
through one loop on the tables of its windows. The loops are in ``tumbling_fast`` and
``sliding_fast``.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from hurtig.messages import RowBatch
from hurtig.operators.collector import Collector
from hurtig.operators.record_failure import set_aside
from hurtig.operators.window.contents import AGGREGATE, ELEMENTS, MISSING, WindowContents, logic_of
from hurtig.operators.window.operator_base import FiredWindow, WindowOperatorBase
from hurtig.operators.window.windows import TimeWindow
from hurtig.state.descriptors import ValueStateDescriptor
from hurtig.state.typed_key import unwrap_key

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation

Table = MutableMapping[Any, Any]

FIRED_STATE = "window-fired"
"""With allowed lateness: the keys whose window has fired, so that a restore does not repeat it."""

EMIT_LIMIT = 16384
"""Largest batch that a firing sends; a larger result is sent in several."""


class AlignedWindowOperator(WindowOperatorBase):
    """``size`` and ``slide`` in ms; windows start at ``offset`` plus multiples of ``slide``."""

    def __init__(
        self,
        size: int,
        slide: int,
        offset: int,
        contents: WindowContents,
        allowed_lateness: int = 0,
        late_tag: str | None = None,
        all_windows: bool = False,
        output_type: TypeInformation | None = None,
    ) -> None:
        super().__init__(contents, allowed_lateness, late_tag, all_windows, output_type)
        self.size = size
        self.slide = slide
        self.offset = offset

    def open(self) -> None:
        super().open()
        self.logic = logic_of(self.contents, overlapping=self.slide < self.size)
        self._descriptor = self.contents.descriptor()
        self._fired = ValueStateDescriptor(FIRED_STATE)
        self.windows: dict[int, Table] = {}
        """Start -> contents by key, of all windows that are kept."""
        self.hot: dict[int, Table] = {}
        """Those that have not fired: the loops may add to them without further thought."""
        self._to_fire: list[int] = []
        self._to_drop: list[int] = []
        self._restored_marks: dict[int, Table] = {}
        self._restore_windows()

    def _restore_windows(self) -> None:
        marked = set(self.backend.namespaces(self._fired))
        for window in self.backend.namespaces(self._descriptor):
            assert isinstance(window, TimeWindow)
            start = window.start
            self.windows[start] = self.backend.table(self._descriptor, window)
            heappush(self._to_fire, start)
            if window in marked:
                self._restored_marks[start] = self.backend.table(self._fired, window)
            else:
                self.hot[start] = self.windows[start]

    def open_window(self, start: int) -> Table:
        """Create the contents of a new window, which has not fired."""
        table = self.backend.table(self._descriptor, TimeWindow(start, start + self.size))
        self.windows[start] = self.hot[start] = table
        heappush(self._to_fire, start)
        return table

    def passed(self, start: int) -> bool:
        """Whether the watermark has passed the window's end: it has fired, or would at once."""
        return start + self.size - 1 <= self.current_watermark

    def is_late(self, start: int) -> bool:
        """Whether the window is closed for good."""
        return start + self.size - 1 + self.allowed_lateness <= self.current_watermark

    def add_outside_loop(self, start: int, key: Any, value: Any) -> None:
        """Add to a window that the watermark has passed, or that had fired before a restore.

        Within the allowed lateness, each element fires the window again for its key.
        """
        table = self.windows.get(start)
        has_fired = self.passed(start)
        window = TimeWindow(start, start + self.size)
        if table is None:
            table = self.windows[start] = self.backend.table(self._descriptor, window)
            heappush(self._to_drop if has_fired else self._to_fire, start)
        table[key] = self.logic.add(table.get(key, MISSING), value)
        if has_fired:
            self.backend.table(self._fired, window)[key] = True
            self._emit(window, [(key, table[key])])
        else:
            self._restored_marks[start].pop(key, None)

    def waiting_for(self) -> int | None:
        return self._to_fire[0] + self.size - 1 if self._to_fire else None

    def advance_watermark(self, timestamp: int) -> None:
        to_fire, to_drop = self._to_fire, self._to_drop
        last = self.size - 1
        lateness = self.allowed_lateness
        while True:
            fire_at = to_fire[0] + last if to_fire else None
            drop_at = to_drop[0] + last + lateness if to_drop else None
            if fire_at is not None and (drop_at is None or fire_at <= drop_at):
                if fire_at > timestamp:
                    break
                self._fire(heappop(to_fire))
            elif drop_at is not None and drop_at <= timestamp:
                self._drop(heappop(to_drop))
            else:
                break
        self.output.emit_watermark(timestamp)

    def _fire(self, start: int) -> None:
        table = self.windows[start]
        window = TimeWindow(start, start + self.size)
        self.hot.pop(start, None)
        marks = self._restored_marks.pop(start, None)
        if marks:
            self._emit(window, [entry for entry in table.items() if entry[0] not in marks])
        else:
            self._emit(window, table.items())
        if self.allowed_lateness:
            self.backend.table(self._fired, window).update(dict.fromkeys(table, True))
            heappush(self._to_drop, start)
        else:
            self._drop(start)

    def _drop(self, start: int) -> None:
        window = TimeWindow(start, start + self.size)
        table = self.windows.pop(start)
        if self.clear_function is not None:
            for key in list(table):
                self.backend.current_key = key
                self.clear_window(window)
        self.window_context.drop_window_state(window)
        self.backend.drop_namespace(self._descriptor, window)
        self.backend.drop_namespace(self._fired, window)

    def _emit(self, window: TimeWindow, entries: Any) -> None:
        """Send the results of a window for some keys, in the order of their first elements."""
        kind = self.contents.kind
        if self.call is not None:
            self._run_functions(window, entries)
            return
        results = [contents for _, contents in entries]
        if kind == AGGREGATE:
            results = self._finish(window, entries)
        timestamp = window.end - 1
        for i in range(0, len(results), EMIT_LIMIT):
            chunk = results[i : i + EMIT_LIMIT]
            self.output.emit(RowBatch(chunk, [timestamp] * len(chunk)))

    def _finish(self, window: TimeWindow, entries: Any) -> list[Any]:
        finish = self.logic.result
        key = contents = None
        results: list[Any] = []
        rows = iter(entries)
        while True:
            try:
                for key, contents in rows:  # noqa: B007 - for the error
                    results.append(finish(contents))
                return results
            except Exception as e:
                fired = FiredWindow(unwrap_key(key), window, contents)
                set_aside(self, e, fired, window.end - 1)

    def _run_functions(self, window: TimeWindow, entries: Any) -> None:
        collector = Collector(self, True)
        run, logic = self.run_function, self.logic
        if self.contents.kind == ELEMENTS:
            # The function gets a list of its own where the window lives on.
            keep = self.allowed_lateness > 0
            for key, contents in entries:
                run(collector, key, window, contents[:] if keep else contents)
        elif self.contents.kind == AGGREGATE:
            for key, contents in entries:
                result = self.result_of(logic, key, window, contents)
                if result is not MISSING:
                    run(collector, key, window, [result])
        else:
            for key, contents in entries:
                run(collector, key, window, [contents])
        collector.emit()
