"""A trigger that fires when an element is far enough from the one that fired last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hurtig.operators.window.trigger import Trigger, TriggerResult
from hurtig.state.descriptors import ValueStateDescriptor


class DeltaTrigger(Trigger):
    """Fires when ``delta_function(last, element) > threshold``; ``last`` is then ``element``.

    The first element of a window only becomes ``last``. ``delta_function`` is a callable or an
    object with ``get_delta(old, new)``. Mirrors the ``DeltaTrigger`` of Flink's Java API.
    """

    def __init__(self, threshold: float, delta_function: Callable[[Any, Any], float]) -> None:
        self._threshold = threshold
        self._delta = delta_of(delta_function)
        self._last_descriptor = ValueStateDescriptor("_trigger_last_element")

    @staticmethod
    def of(
        threshold: float, delta_function: Callable[[Any, Any], float], state_type: Any = None
    ) -> DeltaTrigger:
        """The trigger; ``state_type`` is taken for likeness with Flink and not needed."""
        return DeltaTrigger(threshold, delta_function)

    def on_element(
        self, element: Any, timestamp: int, window: Any, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        state = ctx.get_partitioned_state(self._last_descriptor)
        last = state.value()
        if last is None:
            state.update((element,))  # a tuple, as None is an element like others
            return TriggerResult.CONTINUE
        if self._delta(last[0], element) <= self._threshold:
            return TriggerResult.CONTINUE
        state.update((element,))
        return TriggerResult.FIRE

    def on_processing_time(
        self, time: int, window: Any, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        return TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: Any, ctx: Trigger.TriggerContext) -> TriggerResult:
        return TriggerResult.CONTINUE

    def clear(self, window: Any, ctx: Trigger.TriggerContext) -> None:
        ctx.get_partitioned_state(self._last_descriptor).clear()

    def __repr__(self) -> str:
        return f"DeltaTrigger({self._threshold})"


def delta_of(function: Any) -> Callable[[Any, Any], float]:
    """The callable of a delta function: itself, or its ``get_delta``."""
    delta: Callable[[Any, Any], float] = getattr(function, "get_delta", function)
    if not callable(delta):
        raise TypeError(
            f"a delta function is a callable of (old, new) or has get_delta(old, new): {function!r}"
        )
    return delta
