"""Count windows: each so many elements of a key."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramError
from hurtig.common.typeinfo import Types
from hurtig.operators.window.assigner import WindowAssigner
from hurtig.operators.window.serializers import CountWindowSerializer
from hurtig.operators.window.triggers.count import CountTrigger
from hurtig.operators.window.windows import CountWindow
from hurtig.state.descriptors import ValueStateDescriptor

if TYPE_CHECKING:
    from hurtig.operators.window.trigger import Trigger


class _CountWindows(WindowAssigner):
    """Numbers the elements of each key in state, and the windows by their first element."""

    def __init__(self, window_size: int, state_name: str) -> None:
        if window_size <= 0:
            raise ProgramError(f"a count window needs a size of 1 or more, got {window_size}")
        self._window_size = window_size
        self._count_descriptor = ValueStateDescriptor(state_name, Types.LONG())

    def assign_windows(
        self, element: Any, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[CountWindow]:
        state = context.get_runtime_context().get_state(self._count_descriptor)
        number = state.value() or 0
        state.update(number + 1)
        return self.windows_of(number)

    @abstractmethod
    def windows_of(self, number: int) -> Collection[CountWindow]:
        """The windows of a key's element with this number (from 0), latest first."""

    def get_default_trigger(self, env: Any) -> Trigger:
        return CountTrigger(self._window_size)

    def get_window_serializer(self) -> CountWindowSerializer:
        return CountWindowSerializer()

    def is_event_time(self) -> bool:
        return False


class CountTumblingWindowAssigner(_CountWindows):
    """Windows of ``window_size`` elements of a key that do not overlap."""

    def __init__(self, window_size: int) -> None:
        super().__init__(window_size, "tumble-count-assigner")

    @staticmethod
    def of(window_size: int) -> CountTumblingWindowAssigner:
        """Windows of so many elements; ``ProgramError`` if not 1 or more."""
        return CountTumblingWindowAssigner(window_size)

    def windows_of(self, number: int) -> Collection[CountWindow]:
        return (CountWindow(number // self._window_size),)

    def __repr__(self) -> str:
        return f"CountTumblingWindowAssigner({self._window_size})"


class CountSlidingWindowAssigner(_CountWindows):
    """Windows of ``window_size`` elements of a key, a new one each ``window_slide`` elements."""

    def __init__(self, window_size: int, window_slide: int) -> None:
        super().__init__(window_size, "slide-count-assigner")
        if window_slide <= 0:
            raise ProgramError(f"a count window needs a slide of 1 or more, got {window_slide}")
        self._window_slide = window_slide

    @staticmethod
    def of(window_size: int, window_slide: int) -> CountSlidingWindowAssigner:
        """Such windows; ``ProgramError`` unless size and slide are 1 or more."""
        return CountSlidingWindowAssigner(window_size, window_slide)

    def windows_of(self, number: int) -> Collection[CountWindow]:
        size, slide = self._window_size, self._window_slide
        last = number // slide
        # The first window that still holds the element; ids below 0 do not exist.
        first = max(0, (number - size) // slide + 1)
        return [CountWindow(n) for n in range(last, first - 1, -1)]

    def __repr__(self) -> str:
        return f"CountSlidingWindowAssigner({self._window_size}, {self._window_slide})"
