"""The sink contract (SinkV2): writers take batches, committers make them final.

``connectors/print/sink.py`` is the smallest example, ``connectors/filesystem`` a two-phase one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.messages import RowBatch

if TYPE_CHECKING:
    from hurtig.operators.processing_time import ProcessingTimeService


class SinkContext:
    """What the runtime gives a writer."""

    def __init__(
        self,
        subtask_index: int,
        parallelism: int,
        processing_time: ProcessingTimeService,
        bad_record: Callable[[str, str, Any], None],
        operator_name: str = "Sink",
        checkpointing: bool = False,
        commit: Callable[[list[Any]], None] = lambda committables: None,
        uid: str = "",
        job_id: str = "",
    ) -> None:
        self.subtask_index = subtask_index
        self.parallelism = parallelism
        self.processing_time = processing_time
        self.bad_record = bad_record
        """``bad_record(reason, location, content)``: applies the error policy of the sink."""
        self.operator_name = operator_name
        self.uid = uid
        self.job_id = job_id
        """The same in all attempts of a job; empty where there is no job."""
        self.checkpointing = checkpointing
        """Whether commits follow checkpoints; without them they follow each roll and the end."""
        self.commit = commit
        """Makes committables final at once; only for writers without checkpointing."""


class SinkWriter(ABC):
    """Writes the records of one subtask. All methods run in the task's thread."""

    @abstractmethod
    def write_batch(self, batch: RowBatch) -> None:
        """Take a non-empty batch."""

    def write_watermark(self, timestamp: int) -> None:
        """The watermark (epoch ms) has moved."""

    def flush(self, end_of_input: bool) -> None:
        """Push out what is buffered, before a checkpoint or at the end."""

    def prepare_commit(self, end_of_input: bool = False) -> list[Any]:
        """Close what is to become final; the committables go to the committer. They are kept in
        checkpoints: plain data. ``end_of_input`` also where nothing may stay unfinished."""
        return []

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        """What a restarted writer needs to go on, called after :meth:`prepare_commit`: plain data,
        which may be dealt out anew when the parallelism changes."""
        return []

    def restore_state(self, states: list[Any]) -> None:
        """Take up earlier :meth:`snapshot_state` results; called before the first write."""

    def close(self) -> None:
        """Release resources; called also after a failure, when nothing may become final."""


def _silent(message: str) -> None:
    pass


class Committer(ABC):
    """Makes committables final; must be idempotent, a commit may be repeated after a failure."""

    warn: Callable[[str], None] = staticmethod(_silent)
    """Set by the runtime: tells the user something."""

    @abstractmethod
    def commit(self, committables: list[Any]) -> None:
        """Make these final; an exception means try again."""

    def commit_again(self, committables: list[Any]) -> None:
        """As :meth:`commit`, for what may have been made final before: what was, and is gone
        since, is no error."""
        self.commit(committables)

    def close(self) -> None:
        """Release resources."""


class Sink(ABC):
    """A sink description: picklable, without resources. Mirrors Flink's ``Sink``."""

    def __init__(self, sink: object = None) -> None:
        """``sink`` is there for PyFlink's signature, and ignored."""
        super().__init__()

    def before_shipping(self) -> None:
        """Called in the program where the job is to run in other processes."""

    @abstractmethod
    def create_writer(self, context: SinkContext) -> SinkWriter:
        """The writer of one subtask."""

    def create_committer(self) -> Committer | None:
        """The committer of a two-phase sink."""
        return None
