"""The head of every chain that reads a source: reader, splits, timestamps, watermarks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from hurtig.common.time_text import format_time
from hurtig.connectors.source import ReadStatus, Source, SourceBatch, SourceContext
from hurtig.messages import ACTIVE, IDLE, MAX_TIMESTAMP, RowBatch
from hurtig.operators.contract import StreamOperator
from hurtig.operators.idle_clock import IdleClock
from hurtig.operators.record_failure import set_bad_input_aside
from hurtig.operators.timestamps import (
    WatermarkTracker,
    assign_timestamps,
    explain_strategy,
    slices,
)
from hurtig.operators.watermark_merge import WatermarkMerge
from hurtig.state.descriptors import ListStateDescriptor

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.common.watermark_strategy import WatermarkStrategy


STATE_NAME = "source-splits"


class SplitProvider(Protocol):
    """The reader's line to the enumerator, which may be far away.

    ``next_split`` asks and does not wait: after ``None`` the source is woken up (its ``wakeup``)
    when a split has come or :attr:`finished` has changed, and asks again.
    """

    def next_split(self, subtask_index: int) -> Any | None:
        """A split, or ``None`` when there is none now. May be called again and again."""

    @property
    def finished(self) -> bool:
        """Whether there will never be another split."""

    def pending(self) -> list[Any]:
        """Splits that have come and were not asked for yet: part of the reader's state."""


class AlignmentGroup(Protocol):
    """Watermarks of all sources of an alignment group."""

    def report(self, member: object, watermark: int) -> None:
        """A member's watermark."""

    def limit(self) -> int:
        """Splits whose watermark is above this pause."""


class SourceOperator(StreamOperator):
    """Polls a reader and sends what it gives. Mirrors Flink's ``SourceOperator``.

    The task sets ``splits`` and ``wakeup`` before ``open`` and calls :meth:`poll`.

    State: the splits in hand with their positions. As in Flink, watermarks are not part of it:
    after a restore event time begins anew with the records that are read.
    """

    splits: SplitProvider
    wakeup: Callable[[], None]
    alignment: AlignmentGroup | None = None

    def __init__(
        self,
        source: Source,
        strategy: WatermarkStrategy,
        output_type: TypeInformation | None,
        error_policy: str,
    ) -> None:
        self.source = source
        self.strategy = strategy
        self.output_type = output_type
        self.error_policy = error_policy

    def open(self) -> None:
        runtime = self.context.runtime_context
        self._subtask = runtime.get_index_of_this_subtask()
        self.reader = self.source.create_reader(
            SourceContext(
                self._subtask,
                runtime.get_number_of_parallel_subtasks(),
                self.wakeup,
                self.context.processing_time.now,
                self._bad_record,
                self.context.name,
                self.context.uid,
                self.context.warn,
            )
        )
        self.reader.open()
        self._kept = self.context.operator_state.get_list_state(ListStateDescriptor(STATE_NAME))
        self._idle_clock = IdleClock.for_timeout(
            self.context.processing_time.now, self.strategy.idle_timeout_ms
        )
        self._merge = WatermarkMerge()
        self._trackers: dict[str, WatermarkTracker] = {}
        self._without_splits = self._silence()
        self._emitted_idle = False
        self._ended = False
        self._told_no_more = False
        self._suspended = False
        self._cancels: list[Callable[[], None]] = []
        restored = self._kept.get()
        if restored:
            self._add_splits(restored)
        interval = self.context.watermark_interval_ms
        if interval > 0 and not self.context.batch_mode:
            self._every(interval, self._periodic)
        if self.alignment is not None and self.strategy.alignment is not None:
            self._every(self.strategy.alignment[2], self._align)

    # -- reading ------------------------------------------------------------------------------

    def poll(self, max_records: int) -> ReadStatus | int:
        """Read and send one batch; the number of records, or why there are none."""
        result = self.reader.poll(max_records)
        if result is ReadStatus.NEED_SPLIT:
            result = self._request_split(max_records)
        if isinstance(result, SourceBatch):
            self._idle_clock.looked(found=True)
            self._send(result)
            return len(result.values)
        self._idle_clock.looked(found=False)
        if result is ReadStatus.END_OF_INPUT:
            self._end()
        return result

    def _request_split(self, max_records: int) -> SourceBatch | ReadStatus:
        while True:
            split = self.splits.next_split(self._subtask)
            if split is not None:
                self._add_splits([split])
            elif self.splits.finished:
                if not self._told_no_more:
                    self._told_no_more = True
                    self.reader.no_more_splits()
            else:
                return ReadStatus.NOTHING_AVAILABLE
            result = self.reader.poll(max_records)
            if result is not ReadStatus.NEED_SPLIT:
                return result
            if split is None:
                return ReadStatus.END_OF_INPUT

    def _add_splits(self, splits: list[Any]) -> None:
        self.reader.add_splits(splits)
        for split_id in self.reader.split_ids():
            self._tracker_of(split_id)

    def held_back(self) -> None:
        """The task may not read now: what lies unread meanwhile is no idleness."""
        self._idle_clock.pause()

    def _silence(self) -> WatermarkTracker:
        """Watches over the time without any split; gives no watermarks."""
        from hurtig.common.watermark_strategy import WatermarkStrategy

        never = WatermarkStrategy.no_watermarks()
        never.idle_timeout_ms = self.strategy.idle_timeout_ms
        return WatermarkTracker(self, never, self._idle_clock.now)

    # -- sending ------------------------------------------------------------------------------

    def _send(self, read: SourceBatch) -> None:
        split = read.split_id
        tracker = self._tracker_of(split)
        if read.values:
            tracker.last_record_at = self.context.processing_time.now()
            tracker.has_records = True
            timestamps = read.timestamps
            assigner = self.strategy.timestamp_assigner
            if assigner is not None:
                timestamps = assign_timestamps(self, assigner, read.values, timestamps)
            if tracker.output.idle or self._emitted_idle:
                tracker.output.idle = False
                self._merge.mark_active(split)
                self._follow()
            batch = RowBatch(read.values, timestamps)
            for piece, watermark in slices(batch, tracker.cut(read.values, timestamps)):
                self.output.emit(piece)
                if watermark is not None:
                    self._merge.update(split, watermark)
                    self._follow()
        if read.split_finished:
            self._finish_split(split)

    def _tracker_of(self, split: str) -> WatermarkTracker:
        """The tracker of a split, made when the split is first heard of."""
        tracker = self._trackers.get(split)
        if tracker is None:
            tracker = WatermarkTracker(self, self.strategy, self._idle_clock.now)
            tracker.last_record_at = self.context.processing_time.now()
            self._trackers[split] = tracker
            self._merge.register(split)
        return tracker

    def _finish_split(self, split: str) -> None:
        """A finished split no longer counts; while it is the only one, its watermark stays."""
        tracker = self._trackers.pop(split)
        tracker.periodic()
        self._merge.update(split, tracker.output.watermark)
        self._merge.remove(split)
        if self._trackers:
            self._follow()
        elif tracker.has_records:
            self._without_splits = self._silence()

    def _periodic(self) -> None:
        for split, tracker in self._trackers.items():
            tracker.periodic()
            if tracker.output.idle:
                self._merge.mark_idle(split)
            else:
                self._merge.update(split, tracker.output.watermark)
        if not self._trackers:
            self._without_splits.periodic()
        self._follow()

    @property
    def _idle(self) -> bool:
        return self._merge.idle if self._trackers else self._without_splits.output.idle

    def _follow(self) -> None:
        """Send what the merged watermark and idleness of the splits have become."""
        if self.context.batch_mode:
            return
        idle = self._idle
        if not idle and self._emitted_idle:
            self._emitted_idle = False
            self.output.emit_status(ACTIVE)
        watermark = self._merge.watermark
        if self.current_watermark < watermark < MAX_TIMESTAMP:
            self.current_watermark = self.metrics.watermark = watermark
            self.output.emit_watermark(watermark)
        if idle and not self._emitted_idle:
            self._emitted_idle = True
            self.output.emit_status(IDLE)

    def _align(self) -> None:
        assert self.alignment is not None
        # Nobody waits for a source that has nothing to read.
        reached = MAX_TIMESTAMP if self._emitted_idle else self.current_watermark
        self.alignment.report((self.context.uid, self._subtask), reached)
        limit = self.alignment.limit()
        self.reader.pause_splits(
            {s for s, t in self._trackers.items() if t.output.watermark > limit}
        )
        self.paused = self.current_watermark > limit
        self.wakeup()

    paused = False
    """Whether alignment forbids reading for now."""

    def explain_watermark(self) -> str | None:
        if self._ended:
            return None
        never = explain_strategy(self.strategy)
        if never is not None:
            return never
        split = self._merge.holder()
        if split is None:
            return f"is at {format_time(self.current_watermark)} and has no active split"
        tracker = self._trackers[str(split)]
        silence = (self.context.processing_time.now() - tracker.last_record_at) // 1000
        at = format_time(self._merge.watermark_of(split))
        return (
            f"is at {at}, held by split {split!r}, whose last record came {silence} s ago; "
            "with_idleness() lets event time go on without it"
        )

    def waiting_for(self) -> int | None:
        return None

    # -- checkpoints --------------------------------------------------------------------------

    def snapshot_state(self, checkpoint_id: int) -> None:
        self._kept.update([*self.reader.snapshot_state(checkpoint_id), *self.splits.pending()])

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        self.reader.notify_checkpoint_complete(checkpoint_id)

    def suspend(self, suspended: bool) -> None:
        self._suspended = suspended

    # -- ends ---------------------------------------------------------------------------------

    def end_early(self) -> None:
        """Nothing more is read, as if the input had ended here."""
        self._end()

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._stop_timers()
        if self.alignment is not None:
            self.alignment.report((self.context.uid, self._subtask), MAX_TIMESTAMP)
        if self._emitted_idle:
            self.output.emit_status(ACTIVE)
        self.current_watermark = self.metrics.watermark = MAX_TIMESTAMP
        self.output.emit_watermark(MAX_TIMESTAMP)

    def close(self) -> None:
        self._stop_timers()
        reader = getattr(self, "reader", None)
        if reader is not None:
            reader.close()

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        raise AssertionError("a source has no input")

    # -- helpers ------------------------------------------------------------------------------

    def _every(self, interval: int, action: Callable[[], None]) -> None:
        time = self.context.processing_time
        slot = len(self._cancels)

        def fire(_: int) -> None:
            if not self._ended:
                if not self._suspended:
                    action()
                self._cancels[slot] = time.schedule(time.now() + interval, fire)

        self._cancels.append(time.schedule(time.now() + interval, fire))

    def _stop_timers(self) -> None:
        for cancel in getattr(self, "_cancels", []):
            cancel()

    def _bad_record(self, reason: str, location: str, content: Any) -> None:
        set_bad_input_aside(self, reason, location, content)
