"""What a checkpoint consists of: handles of stored bytes, by operator and subtask. Plain data."""

from __future__ import annotations

from typing import NamedTuple


class SubtaskId(NamedTuple):
    """One subtask of a job: the index of its vertex in the job graph, and its own index."""

    vertex: int
    subtask: int


class StateHandle(NamedTuple):
    """Bytes that were stored: a file (``path`` is a URL), or small ones inside the metadata."""

    size: int
    path: str = ""
    inline: bytes | None = None
    checksum: int = -1
    """CRC32 of the bytes; -1 where it was not taken."""


class OperatorSubtaskState(NamedTuple):
    """State of one operator in one subtask."""

    snapshot: StateHandle
    """An :class:`~hurtig.state.snapshot.OperatorSnapshot` container."""
    files: dict[str, StateHandle]
    """Files that are not in the container: those that later checkpoints may share, and large ones
    of this snapshot alone. Local name -> handle."""

    @property
    def size(self) -> int:
        """Bytes, shared ones included."""
        return self.snapshot.size + sum(handle.size for handle in self.files.values())


class SubtaskState(NamedTuple):
    """All that one subtask acknowledges."""

    operators: dict[str, OperatorSubtaskState]
    """By uid; an operator without any state may be left out."""
    in_flight: StateHandle | None = None
    """Records that an unaligned barrier overtook (see ``hurtig.runtime.in_flight``)."""
    written_bytes: int = 0
    """What was uploaded for this checkpoint, without files that an earlier one holds."""
    alignment_ms: int = 0
    sync_ms: int = 0
    async_ms: int = 0


class OperatorState:
    """State of one operator over all its subtasks."""

    __slots__ = ("coordinator", "max_parallelism", "name", "parallelism", "subtasks", "uid")

    def __init__(
        self,
        uid: str,
        name: str,
        parallelism: int,
        max_parallelism: int,
        subtasks: dict[int, OperatorSubtaskState] | None = None,
        coordinator: StateHandle | None = None,
    ) -> None:
        self.uid = uid
        self.name = name
        self.parallelism = parallelism
        self.max_parallelism = max_parallelism
        self.subtasks = subtasks if subtasks is not None else {}
        self.coordinator = coordinator
        """State of the split enumerator, for sources: a pickle."""


class CompletedCheckpoint:
    """A checkpoint or savepoint from which a job can be restored."""

    __slots__ = (
        "checkpoint_id",
        "completed_at",
        "in_flight",
        "is_savepoint",
        "job_id",
        "job_name",
        "location",
        "operators",
        "timestamp",
    )

    def __init__(
        self,
        job_id: str,
        job_name: str,
        checkpoint_id: int,
        timestamp: int,
        is_savepoint: bool,
        operators: dict[str, OperatorState],
        in_flight: dict[str, dict[int, StateHandle]],
        location: str,
        completed_at: int = 0,
    ) -> None:
        self.job_id = job_id
        self.job_name = job_name
        self.checkpoint_id = checkpoint_id
        self.timestamp = timestamp
        """When it was triggered, epoch ms."""
        self.is_savepoint = is_savepoint
        self.operators = operators
        """By uid."""
        self.in_flight = in_flight
        """Uid of a vertex (that of its head) -> subtask -> overtaken records."""
        self.location = location
        """URL of its folder; empty where it exists in memory only."""
        self.completed_at = completed_at
        """Epoch ms."""

    @property
    def size(self) -> int:
        """Bytes of all state."""
        states = (s.size for o in self.operators.values() for s in o.subtasks.values())
        flying = (h.size for handles in self.in_flight.values() for h in handles.values())
        return sum(states) + sum(flying)
