"""The operator contract: what the runtime calls, and what an operator may use.

An operator object is built by the API, pickled into the job graph and copied once per subtask.
The runtime then calls, all in one thread: ``setup`` - ``restore_state``? - ``open`` -
(``process_batch`` | ``process_watermark`` | ``process_status`` | callbacks)* - ``end_input`` for
each input - ``finish`` - ``close``. ``close`` is also called after a failure. Between any two of
these after ``open``, also after ``finish``: ``prepare_snapshot`` - ``snapshot_state``, and later
``notify_checkpoint_complete`` or ``notify_checkpoint_aborted``.

To add an operator: subclass :class:`StreamOperator`, implement ``process_batch``, and send results
with ``self.output.emit(RowBatch(...))``. :class:`~hurtig.operators.map.MapOperator` is the
smallest example.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.common.time_text import format_time
from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP, RowBatch, WatermarkStatus
from hurtig.operators.watermark_merge import WatermarkMerge

if TYPE_CHECKING:
    from hurtig.common.errors import UserFunctionError
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.operators.output import Output
    from hurtig.operators.processing_time import Mailbox, ProcessingTimeService
    from hurtig.operators.runtime_context import StreamingRuntimeContext
    from hurtig.state.backends.contract import KeyedStateBackend
    from hurtig.state.operator_state import DefaultOperatorStateBackend
    from hurtig.state.snapshot import OperatorSnapshot
    from hurtig.state.timers import InternalTimerService


class OperatorMetrics:
    """Counters of one operator subtask, moved once per batch."""

    __slots__ = ("late_dropped", "records_in", "records_out", "skipped", "watermark")

    def __init__(self) -> None:
        self.records_in = 0
        self.records_out = 0
        self.late_dropped = 0
        self.skipped = 0
        self.watermark = MIN_TIMESTAMP


class OperatorContext:
    """All that the runtime gives one operator subtask; plain attributes, see their types."""

    def __init__(
        self,
        *,
        name: str,
        uid: str,
        output: Output,
        runtime_context: StreamingRuntimeContext,
        processing_time: ProcessingTimeService,
        mailbox: Mailbox,
        keyed_state: Callable[[], KeyedStateBackend],
        operator_state: DefaultOperatorStateBackend,
        timer_service: InternalTimerService,
        batch_mode: bool = False,
        configuration: dict[str, str] | None = None,
        warn: Callable[[str], None] = lambda message: None,
        watermark_interval_ms: int = 200,
        checkpointing: bool = False,
        job_id: str = "",
    ) -> None:
        self.name = name
        self.uid = uid
        self.output = output
        self.runtime_context = runtime_context
        self.processing_time = processing_time
        self.mailbox = mailbox
        self.keyed_state = keyed_state
        """Creates the keyed backend at the first call; operators off a keyed edge never call it."""
        self.operator_state = operator_state
        self.timer_service = timer_service
        self.batch_mode = batch_mode
        self.configuration = configuration or {}
        self.warn = warn
        """Logs a warning for the user, prefixed with the operator's name."""
        self.watermark_interval_ms = watermark_interval_ms
        """How often periodic watermarks are emitted; 0 for never."""
        self.checkpointing = checkpointing
        """Whether checkpoints are taken regularly: what is written outside waits for them."""
        self.job_id = job_id
        """Id of the job, the same in all attempts; empty where there is none."""
        self.metrics = OperatorMetrics()


class StreamOperator(ABC):
    """Base of all operators. Mirrors Flink's ``StreamOperator`` on batches."""

    num_inputs = 1

    keyed = False
    """Whether input batches carry keys (and keyed state may be used)."""

    output_type: TypeInformation | None = None
    """Declared type of the results; the runtime checks and converts them at the chain's end."""

    error_policy = "fail"
    """``fail``, ``skip`` or ``dead-letter``: see :mod:`hurtig.common.error_policy`."""

    current_watermark = MIN_TIMESTAMP
    """The operator's event time, epoch ms."""

    def setup(self, context: OperatorContext) -> None:
        """Keep what the runtime gives. Subclasses that override this call ``super().setup``."""
        self.context = context
        self.output = context.output
        self.metrics = context.metrics
        self.reset_watermark()

    def open(self) -> None:
        """Called once before the first record, after state was restored."""

    @abstractmethod
    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        """Handle a non-empty batch of one input."""

    def process_watermark(self, timestamp: int, input_index: int = 0) -> None:
        """One input's watermark has moved; the operator's own is the minimum over its inputs."""
        self._inputs.update(input_index, timestamp)
        self._follow_inputs()

    def process_status(self, status: WatermarkStatus, input_index: int = 0) -> None:
        """One input has become idle or active. Idle inputs do not hold the watermark back."""
        was_idle = self._inputs.idle
        if status.idle:
            self._inputs.mark_idle(input_index)
        else:
            self._inputs.mark_active(input_index)
        self._follow_inputs()
        if self._inputs.idle != was_idle:
            self.advance_status(status)

    def advance_status(self, status: WatermarkStatus) -> None:
        """The operator as a whole has become idle or active; passes it on."""
        self.output.emit_status(status)

    def _follow_inputs(self) -> None:
        merged = self._inputs.watermark
        if merged > self.current_watermark:
            self.current_watermark = merged
            self.metrics.watermark = merged
            self.advance_watermark(merged)

    def advance_watermark(self, timestamp: int) -> None:
        """The operator's watermark has moved: fire what is due, then pass it on."""
        self.output.emit_watermark(timestamp)

    def waiting_for(self) -> int | None:
        """Event time (epoch ms) that the next timer or window waits for; ``None`` for nothing."""
        return self.context.timer_service.next_event_time()

    def explain_watermark(self) -> str | None:
        """What holds the watermark back here, for operators that make or merge watermarks."""
        if self.num_inputs == 1:
            return None
        holder = self._inputs.holder()
        if not isinstance(holder, int):
            return None
        return f"input {holder + 1} is at {format_time(self._inputs.watermark_of(holder))}"

    def for_batch(self) -> StreamOperator:
        """The operator that takes this one's place in BATCH mode."""
        if not self.keyed:
            return self
        from hurtig.operators.batch_execution import BatchKeyedOperator

        return BatchKeyedOperator(self)

    def reset_watermark(self) -> None:
        """Start over with the next key (BATCH mode runs one key after the other)."""
        self._inputs = WatermarkMerge()
        for index in range(self.num_inputs):
            self._inputs.register(index)
        self.current_watermark = MIN_TIMESTAMP

    def held_back(self) -> None:
        """The task may not read now, as a reader of its results is slow."""

    def end_input(self, input_index: int = 0) -> None:
        """No more records will come on this input; its MAX watermark has been seen before."""

    def finish(self) -> None:
        """All inputs have ended: flush what is buffered. Not called after a failure."""

    def close(self) -> None:
        """Release resources. Called exactly once, also after a failure."""

    def user_error(
        self, exc: BaseException, record: Any = None, has_record: bool = True
    ) -> UserFunctionError:
        """What to raise when a user's function raised ``exc`` while it handled ``record``."""
        from hurtig.operators.user_errors import user_error

        return user_error(self, exc, record, has_record)

    def prepare_snapshot(self, checkpoint_id: int, savepoint: bool = False) -> None:
        """Called before the barrier is sent on: the last chance to emit what belongs before it.
        A savepoint outlives the job, so it refers to nothing outside that the job still changes."""

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        """A checkpoint, and with it all earlier ones, is complete. Some are not told of."""

    def notify_checkpoint_aborted(self, checkpoint_id: int) -> None:
        """A checkpoint will never be complete."""

    @property
    def committing(self) -> bool:
        """Whether the task may not end yet, as something is still to be made final."""
        return False

    def suspend(self, suspended: bool) -> None:
        """A savepoint that ends the job was taken: from itself, an operator sends nothing more.
        With ``False`` the job goes on after all."""
        self.context.processing_time.suspend(suspended)

    def snapshot_state(self, checkpoint_id: int) -> OperatorSnapshot | None:
        """What a checkpoint must keep beside the state backends; ``None`` for nothing."""
        return None

    def restore_state(self, snapshots: list[OperatorSnapshot]) -> None:
        """Called before ``open`` with what :meth:`snapshot_state` of earlier subtasks gave."""


__all__ = ["MAX_TIMESTAMP", "MIN_TIMESTAMP", "OperatorContext", "OperatorMetrics", "StreamOperator"]
