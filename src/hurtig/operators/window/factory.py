"""Chooses the operator for a window: a fast one where it means the same, else the general one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramError
from hurtig.operators.window.assigner import MergingWindowAssigner, WindowAssigner
from hurtig.operators.window.contents import WindowContents
from hurtig.operators.window.count import CountSlidingWindowAssigner, CountTumblingWindowAssigner
from hurtig.operators.window.count_fast import CountWindowOperator
from hurtig.operators.window.operator_base import WindowOperatorBase
from hurtig.operators.window.processing_time_fast import TumblingProcessingTimeOperator
from hurtig.operators.window.session import EventTimeSessionWindows
from hurtig.operators.window.session_fast import SessionEventTimeOperator
from hurtig.operators.window.sliding import SlidingEventTimeWindows
from hurtig.operators.window.sliding_fast import SlidingEventTimeOperator
from hurtig.operators.window.trigger import Trigger
from hurtig.operators.window.triggers.event_time import EventTimeTrigger
from hurtig.operators.window.triggers.purging import PurgingTrigger
from hurtig.operators.window.tumbling import (
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from hurtig.operators.window.tumbling_fast import TumblingEventTimeOperator
from hurtig.operators.window.window_operator import WindowOperator

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.operators.window.evictors import Evictor


def create_window_operator(
    assigner: WindowAssigner,
    trigger: Trigger | None,
    evictor: Evictor | None,
    allowed_lateness_ms: int,
    late_tag_id: str | None,
    contents: WindowContents,
    all_windows: bool = False,
    output_type: TypeInformation | None = None,
) -> WindowOperatorBase:
    """The operator; ``trigger=None`` means the assigner's default.

    Raises ``ProgramError`` for parts that do not go together.
    """
    check_parts(assigner, trigger, allowed_lateness_ms)
    if evictor is None and (trigger is None or type(trigger) is EventTimeTrigger):
        fast = _fast_operator(
            assigner, trigger, allowed_lateness_ms, late_tag_id, contents, all_windows, output_type
        )
        if fast is not None:
            return fast
    return general_window_operator(
        assigner,
        trigger,
        evictor,
        allowed_lateness_ms,
        late_tag_id,
        contents,
        all_windows,
        output_type,
    )


def general_window_operator(
    assigner: WindowAssigner,
    trigger: Trigger | None,
    evictor: Evictor | None,
    allowed_lateness_ms: int,
    late_tag_id: str | None,
    contents: WindowContents,
    all_windows: bool = False,
    output_type: TypeInformation | None = None,
) -> WindowOperator:
    """The operator that can do everything."""
    drop_on_purge = False
    if trigger is None:
        trigger = assigner.get_default_trigger(None)
        if isinstance(assigner, CountTumblingWindowAssigner | CountSlidingWindowAssigner):
            # A full window never gets another element: there is nothing to keep it for.
            trigger, drop_on_purge = PurgingTrigger(trigger), True
    return WindowOperator(
        assigner,
        trigger,
        contents,
        evictor,
        allowed_lateness_ms,
        late_tag_id,
        all_windows,
        output_type,
        drop_on_purge,
    )


def check_parts(assigner: Any, trigger: Any, allowed_lateness_ms: int) -> None:
    """Raise for parts of a window that cannot work together."""
    if not isinstance(assigner, WindowAssigner):
        raise TypeError(f"window() takes a WindowAssigner, got {assigner!r}")
    if trigger is not None and not isinstance(trigger, Trigger):
        raise TypeError(f"trigger() takes a Trigger, got {trigger!r}")
    if allowed_lateness_ms < 0:
        raise ProgramError(f"The allowed lateness cannot be negative, got {allowed_lateness_ms} ms")
    if (
        trigger is not None
        and isinstance(assigner, MergingWindowAssigner)
        and not trigger.can_merge()
        and type(trigger).on_merge is Trigger.on_merge
    ):
        raise ProgramError(
            "A merging window assigner cannot be used with a trigger that does not support "
            f"merging: {type(trigger).__name__} has no on_merge, {type(assigner).__name__} merges"
        )


def _fast_operator(
    assigner: WindowAssigner,
    trigger: Trigger | None,
    lateness: int,
    late_tag: str | None,
    contents: WindowContents,
    all_windows: bool,
    output_type: TypeInformation | None,
) -> WindowOperatorBase | None:
    # Exact classes: a subclass may assign other windows.
    kind = type(assigner)
    aligned = (contents, lateness, late_tag, all_windows, output_type)
    if isinstance(assigner, TumblingEventTimeWindows) and kind is TumblingEventTimeWindows:
        return TumblingEventTimeOperator(assigner._size, assigner._size, assigner._offset, *aligned)
    if isinstance(assigner, SlidingEventTimeWindows) and kind is SlidingEventTimeWindows:
        return SlidingEventTimeOperator(assigner._size, assigner._slide, assigner._offset, *aligned)
    if isinstance(assigner, EventTimeSessionWindows) and kind is EventTimeSessionWindows:
        if lateness:
            return None
        return SessionEventTimeOperator(
            assigner._session_gap, contents, late_tag, all_windows, output_type
        )
    if trigger is not None:
        return None
    if (
        isinstance(assigner, TumblingProcessingTimeWindows)
        and kind is TumblingProcessingTimeWindows
    ):
        size = assigner._size
        return TumblingProcessingTimeOperator(
            size, size, assigner._offset, contents, 0, None, all_windows, output_type
        )
    if isinstance(assigner, CountTumblingWindowAssigner) and kind is CountTumblingWindowAssigner:
        size = assigner._window_size
        return CountWindowOperator(size, size, contents, all_windows, output_type)
    if isinstance(assigner, CountSlidingWindowAssigner) and kind is CountSlidingWindowAssigner:
        return CountWindowOperator(
            assigner._window_size, assigner._window_slide, contents, all_windows, output_type
        )
    return None
