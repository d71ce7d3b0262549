"""Event-time sessions of a fixed gap with the default trigger and no allowed lateness.

Each key has a list of sessions in order of time. An element most often falls into the last one:
then the session is changed in place, without windows to create, to merge and to move timers for.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import HurtigError
from hurtig.messages import MIN_TIMESTAMP, RowBatch
from hurtig.operators.collector import Collector
from hurtig.operators.record_failure import set_aside
from hurtig.operators.window.contents import (
    AGGREGATE,
    CONTENTS_STATE,
    ELEMENTS,
    MISSING,
    WindowContents,
    logic_of,
)
from hurtig.operators.window.operator_base import WindowOperatorBase
from hurtig.operators.window.windows import TimeWindow
from hurtig.state.descriptors import ValueStateDescriptor

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation

START, END, CONTENTS, CHANGED, QUEUED = range(5)
"""A session is a list: bounds (ms), contents, number of the last change of its bounds, and of the
change that stands in the queue."""

Session = list[Any]


class SessionEventTimeOperator(WindowOperatorBase):
    """``gap`` in ms.

    Equal end times fire in the order in which the sessions got their bounds, as timers would.
    """

    merging = True

    def __init__(
        self,
        gap: int,
        contents: WindowContents,
        late_tag: str | None = None,
        all_windows: bool = False,
        output_type: TypeInformation | None = None,
    ) -> None:
        super().__init__(contents, 0, late_tag, all_windows, output_type)
        self.gap = gap

    def open(self) -> None:
        super().open()
        self.logic = logic_of(self.contents, overlapping=False)
        self._sessions = self.backend.table(ValueStateDescriptor(f"{CONTENTS_STATE}-sessions"))
        self._clock = 0
        # One (end, change, key) per session. One that its session has outgrown is put back with
        # the session's new bounds when it comes up.
        self._queue: list[tuple[int, int, Any]] = []
        for key, sessions in self._sessions.items():
            for session in sessions:
                self._enqueue(key, session)

    def _enqueue(self, key: Any, session: Session) -> None:
        self._clock += 1
        session[CHANGED] = session[QUEUED] = self._clock
        heappush(self._queue, (session[END], self._clock, key))

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        timestamps = self.timestamps_of(batch)
        assert batch.keys is not None
        self._late: tuple[list[Any], list[int], list[int | None]] = ([], [], [])
        gap, find, insert = self.gap, self._sessions.get, self._insert
        aggregate = self.contents.kind == AGGREGATE
        add = self.contents.function.add if aggregate else self.logic.add_more
        clock = self._clock
        value = None
        time = 0
        rows = zip(timestamps, batch.keys, batch.values, strict=True)
        while True:
            try:
                for time, key, value in rows:
                    sessions = find(key)
                    if sessions is not None:
                        session = sessions[-1]
                        if session[0] <= time <= session[1]:
                            if time + gap > session[1]:
                                session[1] = time + gap
                                clock += 1
                                session[3] = clock
                            contents = session[2]
                            session[2] = add(value, contents) if aggregate else add(contents, value)
                            continue
                    self._clock = clock
                    insert(sessions, time, key, value)
                    clock = self._clock
                break
            except HurtigError:
                raise
            except Exception as e:
                clock = max(clock, self._clock)
                set_aside(self, e, value, time)
        self._clock = clock
        if self._late[0]:
            self.emit_late(*self._late)

    def _insert(self, sessions: list[Session] | None, time: int, key: Any, value: Any) -> None:
        """Add an element that opens a session, or that the last session does not hold."""
        if time == MIN_TIMESTAMP:
            raise self.missing_timestamp()
        end = time + self.gap
        touching = [s for s in sessions or () if s[START] <= end and time <= s[END]]
        if not touching:
            if end - 1 <= self.current_watermark:
                values, timestamps, ends = self._late
                values.append(value)
                timestamps.append(time)
                ends.append(end)
                return
            session = [time, end, self.logic.add(MISSING, value), 0, 0]
            if sessions is None:
                self._sessions[key] = [session]
            else:
                sessions.append(session)
                sessions.sort(key=_start)
            self._enqueue(key, session)
            return
        assert sessions is not None
        session, *others = touching
        bounds = session[START], session[END]
        for other in others:
            session[END] = other[END]
            session[CONTENTS] = self.logic.merge_two(session[CONTENTS], other[CONTENTS])
            sessions.remove(other)
        session[START] = min(session[START], time)
        session[END] = max(session[END], end)
        session[CONTENTS] = self.logic.add(session[CONTENTS], value)
        if (session[START], session[END]) != bounds:
            self._clock += 1
            session[CHANGED] = self._clock

    def waiting_for(self) -> int | None:
        return self._queue[0][0] - 1 if self._queue else None

    def advance_watermark(self, timestamp: int) -> None:
        queue = self._queue
        collector = Collector(self, True)
        while queue and queue[0][0] - 1 <= timestamp:
            _, change, key = heappop(queue)
            sessions = self._sessions.get(key, ())
            session = next((s for s in sessions if s[QUEUED] == change), None)
            if session is None:
                continue  # it has become part of another
            if session[CHANGED] != change:
                session[QUEUED] = session[CHANGED]
                heappush(queue, (session[END], session[CHANGED], key))
                continue
            if len(sessions) == 1:
                del self._sessions[key]
            else:
                sessions.remove(session)
            window = TimeWindow(session[START], session[END])
            self._fire(collector, key, window, session[CONTENTS])
        collector.emit()
        self.output.emit_watermark(timestamp)

    def _fire(self, collector: Collector, key: Any, window: TimeWindow, contents: Any) -> None:
        elements = self.contents.kind == ELEMENTS
        result = contents if elements else self.result_of(self.logic, key, window, contents)
        if result is not MISSING:
            if self.call is None:
                collector.values.append(result)
                collector.timestamps.append(window.end - 1)
            else:
                self.run_function(collector, key, window, result if elements else [result])
        self.backend.current_key = key
        self.clear_window(window)


def _start(session: Session) -> Any:
    return session[START]
