"""Contents of windows with an evictor: all elements beside their timestamps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.operators.window.contents import (
    CONTENTS_STATE,
    MISSING,
    ContentsLogic,
    ElementsLogic,
)
from hurtig.operators.window.evictors import Evictor, TimestampedValue
from hurtig.state.descriptors import ListStateDescriptor, StateDescriptor

if TYPE_CHECKING:
    from hurtig.operators.window.contexts import OperatorTriggerContext


class EvictingLogic(ElementsLogic):
    """Keeps ``(value, timestamp)`` tuples; ``logic`` makes the result of those that stay."""

    def __init__(self, evictor: Evictor, logic: ContentsLogic) -> None:
        super().__init__()
        self._evictor = evictor
        self._logic = logic
        self.result = self._result_of

    def descriptor(self) -> StateDescriptor:
        """Descriptor of the state that keeps them."""
        return ListStateDescriptor(f"{CONTENTS_STATE}-timestamped")

    def before(self, contents: Any, window: Any, context: OperatorTriggerContext) -> list[Any]:
        """The elements that the window function may see."""
        elements = [TimestampedValue(*entry) for entry in contents]
        self._evictor.evict_before(elements, len(elements), window, context)
        return elements

    def after(self, elements: list[Any], window: Any, context: OperatorTriggerContext) -> Any:
        """What stays in the window; ``MISSING`` for nothing."""
        self._evictor.evict_after(elements, len(elements), window, context)
        return [tuple(element) for element in elements] or MISSING

    def _result_of(self, contents: list[Any]) -> Any:
        """The result of the elements, which are not empty."""
        logic = self._logic
        kept = MISSING
        for value, _ in contents:
            kept = logic.add(kept, value)
        return logic.result(kept)
