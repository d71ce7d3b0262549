"""Triggers decide when a window's results are emitted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from types import GenericAlias
from typing import TYPE_CHECKING, Any, ClassVar

from hurtig.operators.window.operator_view import OperatorView

if TYPE_CHECKING:
    from hurtig.state.descriptors import StateDescriptor


class TriggerResult(Enum):
    """What happens to a window: emit its results (fire), drop its contents (purge), or both."""

    CONTINUE = (False, False)
    FIRE_AND_PURGE = (True, True)
    FIRE = (True, False)
    PURGE = (False, True)

    def is_fire(self) -> bool:
        """Whether results are emitted."""
        return self.value[0]

    def is_purge(self) -> bool:
        """Whether the contents are dropped."""
        return self.value[1]


class Trigger(ABC):
    """Decides when a window fires. Mirrors Flink's ``Trigger``.

    One object serves all keys and windows: what it has to remember belongs into
    ``ctx.get_partitioned_state``.
    """

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)

    class TriggerContext(OperatorView):
        """Timers and state of the key and window in hand."""

        @abstractmethod
        def register_processing_time_timer(self, time: int) -> None:
            """Have ``on_processing_time`` called when the clock has reached ``time``."""

        @abstractmethod
        def register_event_time_timer(self, time: int) -> None:
            """Have ``on_event_time`` called when the watermark has reached ``time``."""

        @abstractmethod
        def delete_processing_time_timer(self, time: int) -> None:
            """Forget the timer for ``time``, if there is one."""

        @abstractmethod
        def delete_event_time_timer(self, time: int) -> None:
            """Forget the timer for ``time``, if there is one."""

        @abstractmethod
        def get_partitioned_state(self, state_descriptor: StateDescriptor) -> Any:
            """State of the key and window."""

    class OnMergeContext(TriggerContext):
        """The context of :meth:`Trigger.on_merge`."""

        @abstractmethod
        def merge_partitioned_state(self, state_descriptor: StateDescriptor) -> None:
            """Merge the state of the windows that have merged into that of the new one."""

    @abstractmethod
    def on_element(
        self, element: Any, timestamp: int, window: Any, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        """An element was added to the window."""

    @abstractmethod
    def on_processing_time(
        self, time: int, window: Any, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        """A processing-time timer has fired."""

    @abstractmethod
    def on_event_time(self, time: int, window: Any, ctx: Trigger.TriggerContext) -> TriggerResult:
        """An event-time timer has fired."""

    def can_merge(self) -> bool:
        """Whether the trigger works with merging windows; then it has ``on_merge``."""
        return False

    def on_merge(self, window: Any, ctx: Trigger.OnMergeContext) -> None:
        """Several windows have become ``window``: merge state, register timers anew."""
        raise TypeError(
            f"{type(self).__name__} does not support merging windows: it has no on_merge"
        )

    def clear(self, window: Any, ctx: Trigger.TriggerContext) -> None:
        """The window is dropped: delete what the trigger keeps for it."""
