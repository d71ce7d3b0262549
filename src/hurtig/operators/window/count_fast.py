"""Count windows with the default trigger: they fire when they are full, and are gone then."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import HurtigError
from hurtig.messages import MIN_TIMESTAMP, RowBatch
from hurtig.operators.collector import Collector
from hurtig.operators.record_failure import set_aside
from hurtig.operators.window.contents import CONTENTS_STATE, MISSING, WindowContents, logic_of
from hurtig.operators.window.operator_base import WindowOperatorBase
from hurtig.operators.window.windows import CountWindow
from hurtig.state.descriptors import ValueStateDescriptor

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation


class CountWindowOperator(WindowOperatorBase):
    """A window of ``size`` elements starts with every ``slide``-th element of a key.

    Per key, the number of elements so far and the contents of its open windows, oldest first.
    """

    def __init__(
        self,
        size: int,
        slide: int,
        contents: WindowContents,
        all_windows: bool = False,
        output_type: TypeInformation | None = None,
    ) -> None:
        super().__init__(contents, 0, None, all_windows, output_type)
        self.size = size
        self.slide = slide

    def open(self) -> None:
        super().open()
        self.logic = logic_of(self.contents, overlapping=self.slide < self.size)
        self._table = self.backend.table(ValueStateDescriptor(f"{CONTENTS_STATE}-count"))

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        assert batch.keys is not None
        size, slide, add = self.size, self.slide, self.logic.add
        table = self._table
        collector = Collector(self, True)
        value = None
        time = MIN_TIMESTAMP
        rows = zip(batch.keys, batch.values, batch.timestamps or repeat(time), strict=False)
        while True:
            try:
                for key, value, time in rows:  # noqa: B007 - for the error
                    entry = table.get(key)
                    if entry is None:
                        entry = table[key] = [0, []]
                    number, windows = entry
                    if number % slide == 0:
                        windows.append(MISSING)
                    entry[0] = number + 1
                    for i, contents in enumerate(windows):
                        windows[i] = add(contents, value)
                    # The oldest open window began size - 1 elements ago if it is full.
                    began = number + 1 - size
                    if began >= 0 and began % slide == 0:
                        self._fire(collector, key, CountWindow(began // slide), windows.pop(0))
                break
            except HurtigError:
                raise
            except Exception as e:
                set_aside(self, e, value, time)
        collector.emit()

    def _fire(self, collector: Collector, key: Any, window: CountWindow, contents: Any) -> None:
        elements = self.contents.function is None
        result = contents if elements else self.result_of(self.logic, key, window, contents)
        if result is not MISSING:
            if self.call is None:
                collector.values.append(result)
                collector.timestamps.append(window.max_timestamp())
            else:
                self.run_function(collector, key, window, result if elements else [result])
        self.backend.current_key = key
        self.clear_window(window)
        self.window_context.clear_window_state(window)
