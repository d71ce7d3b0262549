"""Runs one window operator on a clock and watermarks of the test's choice."""

from __future__ import annotations

import pickle
from typing import Any

from hurtig.messages import RowBatch
from hurtig.operators.contract import OperatorContext
from hurtig.operators.output import CollectingOutput
from hurtig.operators.processing_time import ManualProcessingTime
from hurtig.operators.runtime_context import StreamingRuntimeContext
from hurtig.state.backends.heap import HeapKeyedStateBackend
from hurtig.state.timers import InternalTimerService

ALL_GROUPS = range(128)


class Harness:
    """Feeds (value, timestamp, key) records, watermarks and clock times; collects results."""

    def __init__(self, operator: Any, now: int = 0, restored: bytes | None = None) -> None:
        self.operator = pickle.loads(pickle.dumps(operator)) if _picklable(operator) else operator
        self.output = CollectingOutput()
        self.clock = ManualProcessingTime(now)
        self.warnings: list[str] = []
        self.backend = HeapKeyedStateBackend(128, self.clock.now)
        self.timers = InternalTimerService(self.clock.now, self.backend)
        runtime_context = StreamingRuntimeContext(
            operator_name="window",
            subtask_index=0,
            parallelism=1,
            max_parallelism=128,
            metric_group=None,  # type: ignore[arg-type]
            keyed_state=lambda: self.backend,
        )
        context = OperatorContext(
            name="window",
            uid="w-1",
            output=self.output,
            runtime_context=runtime_context,
            processing_time=self.clock,
            mailbox=None,  # type: ignore[arg-type]
            keyed_state=lambda: self.backend,
            operator_state=None,  # type: ignore[arg-type]
            timer_service=self.timers,
            warn=self.warnings.append,
        )
        self.operator.setup(context)
        if restored is not None:
            keyed, timers = pickle.loads(restored)
            from hurtig.state.snapshot import KeyedStateSnapshot

            self.backend.restore([KeyedStateSnapshot.from_bytes(keyed)], ALL_GROUPS)
            self.timers.restore([KeyedStateSnapshot.from_bytes(timers)], ALL_GROUPS)
        self.operator.open()

    def send(self, *records: tuple[Any, int | None, Any]) -> Harness:
        """One batch of (value, timestamp, key)."""
        times = [time for _, time, _ in records]
        self.operator.process_batch(
            RowBatch(
                [value for value, _, _ in records],
                None if None in times else times,  # type: ignore[arg-type]
                [key for _, _, key in records],
            )
        )
        return self

    def watermark(self, time: int) -> Harness:
        self.operator.process_watermark(time)
        return self

    def advance_clock(self, now: int) -> Harness:
        self.clock.advance_to(now)
        return self

    def snapshot(self) -> bytes:
        keyed = self.backend.snapshot(1).to_bytes()
        return pickle.dumps((keyed, self.timers.snapshot(1).to_bytes()))

    def restart(self, operator: Any) -> Harness:
        """A new operator with this one's state; its output continues this one's."""
        after = Harness(operator, self.clock.now(), self.snapshot())
        after.output.batches = self.output.batches
        after.output.side = self.output.side
        return after

    def values(self) -> list[Any]:
        return [value for batch in self.output.batches for value in batch.values]

    def results(self) -> list[tuple[Any, int]]:
        """(value, timestamp) of all results."""
        return [
            pair
            for batch in self.output.batches
            for pair in zip(batch.values, batch.timestamps or [], strict=True)
        ]

    def late(self, tag: str = "late") -> list[Any]:
        return [value for batch in self.output.side.get(tag, []) for value in batch.values]

    def is_empty(self) -> bool:
        """Whether no state and no timer is left."""
        entries = sum(
            len(entries)
            for table in self.backend._tables.values()
            for entries in table.namespaces.values()
        )
        timers = self.timers.num_event_time_timers() + self.timers.num_processing_time_timers()
        return entries + timers == 0


def _picklable(operator: Any) -> bool:
    try:
        pickle.dumps(operator)
    except Exception:
        return False  # lambdas: the job graph uses cloudpickle for them
    return True
