"""Global windows: all elements of a key in one window that never ends by itself."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from hurtig.operators.window.assigner import WindowAssigner
from hurtig.operators.window.serializers import GlobalWindowSerializer
from hurtig.operators.window.triggers.never import NeverTrigger
from hurtig.operators.window.windows import GlobalWindow

if TYPE_CHECKING:
    from hurtig.operators.window.trigger import Trigger


class GlobalWindows(WindowAssigner):
    """Everything in one :class:`GlobalWindow`; set a trigger, or nothing is ever emitted."""

    @staticmethod
    def create() -> GlobalWindows:
        """The assigner."""
        return GlobalWindows()

    def assign_windows(
        self, element: Any, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[GlobalWindow]:
        return (GlobalWindow.get(),)

    def get_default_trigger(self, env: Any) -> Trigger:
        return NeverTrigger()

    def get_window_serializer(self) -> GlobalWindowSerializer:
        return GlobalWindowSerializer()

    def is_event_time(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "GlobalWindows()"
