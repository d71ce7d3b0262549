"""Windows, assigners, triggers and evictors (``pyflink.datastream.window``)."""

from __future__ import annotations

from hurtig.operators.window.assigner import MergingWindowAssigner, WindowAssigner
from hurtig.operators.window.count import CountSlidingWindowAssigner, CountTumblingWindowAssigner
from hurtig.operators.window.evictors import (
    CountEvictor,
    DeltaEvictor,
    Evictor,
    TimeEvictor,
    TimestampedValue,
)
from hurtig.operators.window.global_ import GlobalWindows
from hurtig.operators.window.serializers import (
    CountWindowSerializer,
    GlobalWindowSerializer,
    TimeWindowSerializer,
)
from hurtig.operators.window.session import (
    DynamicEventTimeSessionWindows,
    DynamicProcessingTimeSessionWindows,
    EventTimeSessionWindows,
    ProcessingTimeSessionWindows,
    SessionWindows,
    SessionWindowTimeGapExtractor,
)
from hurtig.operators.window.sliding import SlidingEventTimeWindows, SlidingProcessingTimeWindows
from hurtig.operators.window.trigger import Trigger, TriggerResult
from hurtig.operators.window.triggers.continuous import (
    ContinuousEventTimeTrigger,
    ContinuousProcessingTimeTrigger,
)
from hurtig.operators.window.triggers.count import CountTrigger
from hurtig.operators.window.triggers.delta import DeltaTrigger
from hurtig.operators.window.triggers.event_time import EventTimeTrigger
from hurtig.operators.window.triggers.never import NeverTrigger
from hurtig.operators.window.triggers.processing_time import ProcessingTimeTrigger
from hurtig.operators.window.triggers.purging import PurgingTrigger
from hurtig.operators.window.triggers.timeout import ProcessingTimeoutTrigger
from hurtig.operators.window.tumbling import TumblingEventTimeWindows, TumblingProcessingTimeWindows
from hurtig.operators.window.windows import CountWindow, GlobalWindow, TimeWindow, Window

__all__ = [
    "ContinuousEventTimeTrigger",
    "ContinuousProcessingTimeTrigger",
    "CountEvictor",
    "CountSlidingWindowAssigner",
    "CountTrigger",
    "CountTumblingWindowAssigner",
    "CountWindow",
    "CountWindowSerializer",
    "DeltaEvictor",
    "DeltaTrigger",
    "DynamicEventTimeSessionWindows",
    "DynamicProcessingTimeSessionWindows",
    "EventTimeSessionWindows",
    "EventTimeTrigger",
    "Evictor",
    "GlobalWindow",
    "GlobalWindowSerializer",
    "GlobalWindows",
    "MergingWindowAssigner",
    "NeverTrigger",
    "ProcessingTimeSessionWindows",
    "ProcessingTimeTrigger",
    "ProcessingTimeoutTrigger",
    "PurgingTrigger",
    "SessionWindowTimeGapExtractor",
    "SessionWindows",
    "SlidingEventTimeWindows",
    "SlidingProcessingTimeWindows",
    "TimeEvictor",
    "TimeWindow",
    "TimeWindowSerializer",
    "TimestampedValue",
    "Trigger",
    "TriggerResult",
    "TumblingEventTimeWindows",
    "TumblingProcessingTimeWindows",
    "Window",
    "WindowAssigner",
]
