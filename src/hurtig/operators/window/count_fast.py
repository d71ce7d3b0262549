"""Count windows with the default trigger: they fire when they are full, and are gone then."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import HurtigError, UserFunctionError
from hurtig.messages import RowBatch
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
        results: list[Any] = []
        value = None
        try:
            for key, value in zip(batch.keys, batch.values, strict=True):
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
                    self._fire(key, CountWindow(began // slide), windows.pop(0), results)
        except HurtigError:
            raise
        except Exception as e:
            raise self.user_error(e, value) from e
        if results:
            times = list(repeat(CountWindow(0).max_timestamp(), len(results)))
            self.output.emit(RowBatch(results, times))

    def _fire(self, key: Any, window: CountWindow, contents: Any, results: list[Any]) -> None:
        call = self.call
        elements = self.contents.function is None
        try:
            seen = contents if elements else self.logic.result(contents)
            if call is None:
                results.append(seen)
                return
            self.backend.current_key = key
            got = call(key, window, seen if elements else [seen])
            if got is not None:
                results.extend(got)
        except UserFunctionError:
            raise
        except Exception as e:
            raise self.fired_error(e, key, window, contents) from e
        self.clear_window(window)
        self.window_context.clear_window_state(window)
