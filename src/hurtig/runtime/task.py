"""A task: a chain of operators with its inbox, run in slices by its slot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from hurtig.common.closing import close_all
from hurtig.graph.codegen.fused_operator import FusedOperator
from hurtig.messages import CheckpointBarrier
from hurtig.operators.contract import StreamOperator
from hurtig.runtime.batch_limit import TARGET_SECONDS, BatchLimit
from hurtig.runtime.outbox import ChannelOutput

if TYPE_CHECKING:
    from hurtig.runtime.subtask_checkpoints import SubtaskCheckpoints


class Task(ABC):
    """Common part: the operators of the chain, head first, and the outgoing channels.

    Its end, where it takes part in checkpoints: the data end, the operators finish, the readers
    are told so, and the task is :attr:`drained`; once a checkpoint taken after that is complete,
    it is :attr:`finished`. Without checkpoints it is finished at once.
    """

    def __init__(
        self, name: str, operators: list[StreamOperator], outputs: list[ChannelOutput]
    ) -> None:
        self.name = name
        self.operators = operators
        self.outputs = outputs
        self.limit = BatchLimit()
        self.checkpointing: SubtaskCheckpoints | None = None
        """Set before :meth:`open` where the task takes part in checkpoints."""
        self.drained = False
        """Whether its operators have finished; barriers may still come."""
        self.stopping = False
        """Whether it has taken a savepoint that ends the job, which is not complete yet: nothing
        is read any more."""
        self.ending = False
        """Whether it finishes as soon as all that it wrote outside is final."""
        self.finished = False
        self._closed = False

    def open(self) -> None:
        """Open the operators, last first, so that whoever emits finds its reader open."""
        for operator in reversed(self.operators):
            operator.open()

    @abstractmethod
    def step(self) -> bool:
        """Do a bounded amount of work; whether there was any."""

    @abstractmethod
    def trigger_checkpoint(self, barrier: CheckpointBarrier) -> None:
        """Take a checkpoint that nobody sends a barrier for: sources do it at once, other tasks
        once all their channels have ended."""

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        """The checkpoint is complete: sinks commit; may finish the task."""
        if self.checkpointing is not None and not self.finished:
            self.checkpointing.notify_complete(checkpoint_id)

    def notify_checkpoint_aborted(self, checkpoint_id: int) -> None:
        """The checkpoint will never be complete: an alignment for it ends."""
        if self.checkpointing is not None and not self.finished:
            self.checkpointing.notify_aborted(checkpoint_id)

    @property
    def blocked(self) -> bool:
        """Whether a reader asks for a pause."""
        return any(output.full for output in self.outputs)

    @property
    def parts(self) -> list[StreamOperator]:
        """The operators with those that are fused, head first: each has state of its own."""
        parts: list[StreamOperator] = []
        for operator in self.operators:
            parts += operator.operators if isinstance(operator, FusedOperator) else [operator]
        return parts

    def _worked(self, records: int, seconds: float) -> None:
        """After a slice: where it was slow, its results do not wait for those of the next one."""
        self.limit.observe(records, seconds)
        if seconds > TARGET_SECONDS:
            self._flush_idle()
        else:
            self._flush_due()

    def _hold_back(self) -> None:
        for operator in self.operators:
            operator.held_back()
        self._flush_due()

    def _flush_due(self) -> None:
        for output in self.outputs:
            output.flush_if_due()

    def _flush_idle(self) -> None:
        for output in self.outputs:
            output.flush_when_idle()

    def _end_data(self, wait: bool) -> None:
        """All records are read: finish the operators in order; end at once, or with a checkpoint
        where ``wait``."""
        for operator in self.operators:
            operator.finish()
        if not wait or self.checkpointing is None:
            self.finish()
            return
        for output in self.outputs:
            output.end_data()
        self.drained = True
        self.checkpointing.drained()

    def finish_when_committed(self) -> None:
        """Finish now, or at a later step where commits are still tried."""
        self.ending = any(operator.committing for operator in self.operators)
        if not self.ending:
            self.finish()

    def finish(self) -> None:
        """End the channels and close; the operators have finished, or their state is stored."""
        for output in self.outputs:
            output.end()
        self.close()
        self.finished = True

    def close(self) -> None:
        """Close all operators once; the first error is raised after all were tried."""
        if self._closed:
            return
        self._closed = True
        if self.checkpointing is not None:
            self.checkpointing.close()
        operators = [operator.close for operator in self.operators]
        backends = [part.context.keyed_state().close for part in self.parts if part.keyed]
        close_all([*operators, *backends])
