"""Runs one operator without a job: batches in, batches and events out, a clock set by hand."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from hurtig.messages import ACTIVE, IDLE, MAX_TIMESTAMP, MIN_TIMESTAMP, RowBatch
from hurtig.metrics.registry import MetricRegistry
from hurtig.operators.contract import OperatorContext, StreamOperator
from hurtig.operators.output import CollectingOutput
from hurtig.operators.processing_time import Mailbox, ManualProcessingTime
from hurtig.operators.runtime_context import StreamingRuntimeContext
from hurtig.state.backends.heap import HeapKeyedStateBackend
from hurtig.state.keys import canonical_keys
from hurtig.state.operator_state import DefaultOperatorStateBackend
from hurtig.state.timers import InternalTimerService


class ManualMailbox(Mailbox):
    """Keeps work until :meth:`run`."""

    def __init__(self) -> None:
        self.work: deque[Callable[[], None]] = deque()
        self.ran = 0

    def submit(self, work: Callable[[], None]) -> None:
        self.work.append(work)

    def run(self) -> None:
        """Run what has been submitted; ``ran`` counts it."""
        while self.work:
            self.work.popleft()()
            self.ran += 1


class OperatorHarness:
    """``key`` gives a record's key, per input where it is a list (``None`` for an unkeyed one)."""

    def __init__(
        self,
        operator: StreamOperator,
        key: Any = None,
        *,
        policy: str = "fail",
        batch_mode: bool = False,
        name: str = "Op",
    ) -> None:
        operator.error_policy = policy
        self.operator = operator.for_batch() if batch_mode else operator
        self.operator.error_policy = policy
        self.keys = key if isinstance(key, list) else [key] * operator.num_inputs
        self.output = CollectingOutput()
        self.clock = ManualProcessingTime()
        self.mailbox = ManualMailbox()
        self.backend = HeapKeyedStateBackend(128, self.clock.now)
        self.warnings: list[str] = []
        keyed = self.operator.keyed
        self.timers = InternalTimerService(self.clock.now, self.backend if keyed else None)
        self.context = OperatorContext(
            name=name,
            uid="uid-1",
            output=self.output,
            runtime_context=StreamingRuntimeContext(
                operator_name=name,
                subtask_index=0,
                parallelism=1,
                max_parallelism=128,
                metric_group=MetricRegistry().group(name, "0"),
                keyed_state=(lambda: self.backend) if keyed else None,
            ),
            processing_time=self.clock,
            mailbox=self.mailbox,
            keyed_state=lambda: self.backend,
            operator_state=DefaultOperatorStateBackend(),
            timer_service=self.timers,
            batch_mode=batch_mode,
            warn=self.warnings.append,
        )
        self.operator.setup(self.context)

    # -- life cycle --------------------------------------------------------------------------

    def open(self) -> OperatorHarness:
        self.operator.open()
        return self

    def __enter__(self) -> OperatorHarness:
        return self.open()

    def __exit__(self, *exc: object) -> None:
        self.operator.close()

    def end(self) -> None:
        """End all inputs as the runtime does, then finish."""
        for index in range(self.operator.num_inputs):
            self.operator.process_watermark(MAX_TIMESTAMP, index)
        for index in range(self.operator.num_inputs):
            self.operator.end_input(index)
        self.operator.finish()

    # -- input -------------------------------------------------------------------------------

    def push(
        self, values: Iterable[Any], timestamps: Iterable[int] | None = None, index: int = 0
    ) -> None:
        """One batch; ``timestamps=None`` for records without."""
        values = list(values)
        key = self.keys[index]
        keys = None if key is None else canonical_keys([key(value) for value in values])
        times = None if timestamps is None else list(timestamps)
        self.operator.process_batch(RowBatch(values, times, keys), index)

    def watermark(self, timestamp: int, index: int | None = None) -> None:
        """A watermark on one input, or on all."""
        for i in range(self.operator.num_inputs) if index is None else [index]:
            self.operator.process_watermark(timestamp, i)

    def status(self, idle: bool, index: int = 0) -> None:
        self.operator.process_status(IDLE if idle else ACTIVE, index)

    def run_mail(self, until: Callable[[], bool], seconds: float = 10.0) -> None:
        """Run mail until a condition holds; fails after ``seconds``."""
        end = time.monotonic() + seconds
        while not until():
            self.mailbox.run()
            assert time.monotonic() < end, "the condition did not come true"
            time.sleep(0.001)

    # -- output ------------------------------------------------------------------------------

    @property
    def values(self) -> list[Any]:
        """All records of the main output."""
        return [value for batch in self.output.batches for value in batch.values]

    @property
    def pairs(self) -> list[tuple[Any, int | None]]:
        """All records of the main output with their timestamps."""
        return [pair for batch in self.output.batches for pair in _pairs(batch)]

    @property
    def trace(self) -> list[Any]:
        """Records, watermarks and statuses in the order in which they left."""
        trace: list[Any] = []
        for event in self.output.events:
            if isinstance(event, RowBatch):
                trace += event.values
            elif isinstance(event, int):
                trace.append(("watermark", event))
            else:
                trace.append("idle" if event.idle else "active")
        return trace

    def side(self, tag_id: str) -> list[tuple[Any, int | None]]:
        """Records of a side output with their timestamps."""
        return [pair for batch in self.output.side.get(tag_id, []) for pair in _pairs(batch)]


def _pairs(batch: RowBatch) -> list[tuple[Any, int | None]]:
    if batch.timestamps is None:
        return [(value, None) for value in batch.values]
    assert len(batch.timestamps) == len(batch.values)
    return list(zip(batch.values, batch.timestamps, strict=True))


__all__ = ["MAX_TIMESTAMP", "MIN_TIMESTAMP", "ManualMailbox", "OperatorHarness"]
