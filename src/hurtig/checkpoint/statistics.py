"""Numbers of the checkpoints of a job, in the shape of Flink's REST API."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from hurtig.checkpoint.handles import SubtaskId, SubtaskState
from hurtig.checkpoint.summary import NumbersSummary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hurtig.checkpoint.handles import CompletedCheckpoint
    from hurtig.checkpoint.plan import CheckpointPlan, PlanVertex
    from hurtig.checkpoint.settings import CheckpointSettings

HISTORY_KEY = "web.checkpoints.history"
NOT_ADDRESSABLE = "<checkpoint-not-externally-addressable>"
"""What Flink writes for a checkpoint in memory."""

IN_PROGRESS, COMPLETED, FAILED = "IN_PROGRESS", "COMPLETED", "FAILED"
_SUMMARISED = (
    "checkpointed_size",
    "state_size",
    "end_to_end_duration",
    "alignment_buffered",
    "processed_data",
    "persisted_data",
)


class SubtaskStats(NamedTuple):
    """Of one acknowledgement. Sizes are bytes, times ms."""

    acknowledged_at: int
    state_size: int
    checkpointed_size: int
    persisted: int
    alignment_ms: int
    sync_ms: int
    async_ms: int

    @classmethod
    def of(cls, state: SubtaskState, now: int) -> SubtaskStats:
        """Of what a subtask acknowledged."""
        flying = state.in_flight.size if state.in_flight is not None else 0
        return cls(
            now,
            sum(operator.size for operator in state.operators.values()) + flying,
            state.written_bytes,
            flying,
            state.alignment_ms,
            state.sync_ms,
            state.async_ms,
        )


class CheckpointStats:
    """Of one checkpoint."""

    def __init__(
        self, checkpoint_id: int, timestamp: int, is_savepoint: bool, stop: bool, unaligned: bool
    ) -> None:
        self.checkpoint_id = checkpoint_id
        self.timestamp = timestamp
        self.is_savepoint = is_savepoint
        self.stop = stop
        self.unaligned = unaligned
        self.status = IN_PROGRESS
        self.vertices: tuple[PlanVertex, ...] = ()
        self.finished: frozenset[SubtaskId] = frozenset()
        self.subtasks: dict[SubtaskId, SubtaskStats] = {}
        self.ended_at = -1
        self.location = ""
        self.discarded = False
        self.failure = ""

    def to_json(self, tasks: bool) -> dict[str, Any]:
        """As in ``history`` of ``/jobs/:id/checkpoints``; with ``tasks`` as in its details."""
        json: dict[str, Any] = {
            "className": self.status.lower(),
            "id": self.checkpoint_id,
            "status": self.status,
            "is_savepoint": self.is_savepoint,
            "savepointFormat": "CANONICAL" if self.is_savepoint else None,
            "trigger_timestamp": self.timestamp,
            **self._numbers(list(self.subtasks.values())),
            "num_subtasks": sum(v.parallelism for v in self.vertices),
            "num_acknowledged_subtasks": len(self.subtasks) + len(self.finished),
            "checkpoint_type": self._type(),
            "tasks": {v.uid: self._task(v) for v in self.vertices} if tasks else {},
        }
        if self.status == COMPLETED:
            json["external_path"] = self.location or NOT_ADDRESSABLE
            json["discarded"] = self.discarded
        elif self.status == FAILED:
            json["failure_timestamp"] = self.ended_at
            json["failure_message"] = self.failure
        return json

    def vertex_to_json(self, uid: str) -> dict[str, Any] | None:
        """As ``/jobs/:id/checkpoints/details/:cid/subtasks/:vertexid``; ``None`` where there is no
        such vertex."""
        vertex = next((v for v in self.vertices if v.uid == uid), None)
        if vertex is None:
            return None
        found = [self.subtasks[s] for s in vertex.subtasks() if s in self.subtasks]
        return {
            **self._task(vertex),
            "summary": {
                "checkpointed_size": _spread(s.checkpointed_size for s in found),
                "state_size": _spread(s.state_size for s in found),
                "end_to_end_duration": _spread(self._duration(s) for s in found),
                "checkpoint_duration": {
                    "sync": _spread(s.sync_ms for s in found),
                    "async": _spread(s.async_ms for s in found),
                },
                "alignment": {
                    "buffered": _spread(0 for _ in found),
                    "processed": _spread(0 for _ in found),
                    "persisted": _spread(s.persisted for s in found),
                    "duration": _spread(s.alignment_ms for s in found),
                },
                "start_delay": _spread(self._start_delay(s) for s in found),
            },
            "subtasks": [self._subtask(s) for s in vertex.subtasks()],
        }

    def _type(self) -> str:
        if self.is_savepoint:
            return "SYNC_SAVEPOINT" if self.stop else "SAVEPOINT"
        return "UNALIGNED_CHECKPOINT" if self.unaligned else "CHECKPOINT"

    def _duration(self, subtask: SubtaskStats) -> int:
        return max(subtask.acknowledged_at - self.timestamp, 0)

    def _start_delay(self, subtask: SubtaskStats) -> int:
        working = subtask.alignment_ms + subtask.sync_ms + subtask.async_ms
        return max(self._duration(subtask) - working, 0)

    def _numbers(self, subtasks: list[SubtaskStats]) -> dict[str, int]:
        latest = max((s.acknowledged_at for s in subtasks), default=-1)
        return {
            "latest_ack_timestamp": latest,
            "checkpointed_size": sum(s.checkpointed_size for s in subtasks),
            "state_size": sum(s.state_size for s in subtasks),
            "end_to_end_duration": max(latest - self.timestamp, 0) if subtasks else -1,
            "alignment_buffered": 0,
            "processed_data": 0,
            "persisted_data": sum(s.persisted for s in subtasks),
        }

    def _task(self, vertex: PlanVertex) -> dict[str, Any]:
        found = [self.subtasks[s] for s in vertex.subtasks() if s in self.subtasks]
        finished = sum(s in self.finished for s in vertex.subtasks())
        acknowledged = len(found) + finished
        done = acknowledged == vertex.parallelism
        return {
            "id": self.checkpoint_id,
            "status": COMPLETED if done else self.status,
            **self._numbers(found),
            "num_subtasks": vertex.parallelism,
            "num_acknowledged_subtasks": acknowledged,
        }

    def _subtask(self, subtask: SubtaskId) -> dict[str, Any]:
        stats = self.subtasks.get(subtask)
        if stats is None:
            status = "finished" if subtask in self.finished else "pending_or_failed"
            return {"className": status, "index": subtask.subtask, "status": status}
        return {
            "className": "completed",
            "index": subtask.subtask,
            "status": "completed",
            "ack_timestamp": stats.acknowledged_at,
            "end_to_end_duration": self._duration(stats),
            "checkpointed_size": stats.checkpointed_size,
            "state_size": stats.state_size,
            "checkpoint": {"sync": stats.sync_ms, "async": stats.async_ms},
            "alignment": {
                "buffered": 0,
                "processed": 0,
                "persisted": stats.persisted,
                "duration": stats.alignment_ms,
            },
            "start_delay": self._start_delay(stats),
            "unaligned_checkpoint": stats.persisted > 0,
            "aborted": False,
        }


class CheckpointStatsTracker:
    """Of all checkpoints of a job. Mirrors Flink's ``CheckpointStatsTracker``.

    ``history``: how many are remembered one by one (``web.checkpoints.history``).
    """

    def __init__(self, history: int = 10) -> None:
        self.counts = dict.fromkeys(("restored", "total", "in_progress", "completed", "failed"), 0)
        self._history: deque[CheckpointStats] = deque(maxlen=max(history, 0))
        self._under_way: dict[int, CheckpointStats] = {}
        self._latest: dict[str, CheckpointStats | None] = {
            "completed": None,
            "savepoint": None,
            "failed": None,
        }
        self._restored: dict[str, Any] | None = None
        self._summary = {name: NumbersSummary() for name in _SUMMARISED}

    # -- what happens -------------------------------------------------------------------------

    def triggered(
        self, checkpoint_id: int, now: int, is_savepoint: bool, stop: bool, unaligned: bool
    ) -> None:
        """A checkpoint begins."""
        stats = CheckpointStats(checkpoint_id, now, is_savepoint, stop, unaligned)
        self._under_way[checkpoint_id] = stats
        self._history.appendleft(stats)
        self.counts["total"] += 1
        self.counts["in_progress"] += 1

    def planned(self, checkpoint_id: int, plan: CheckpointPlan) -> None:
        """It is known who takes part."""
        stats = self._under_way[checkpoint_id]
        stats.vertices, stats.finished = plan.vertices, plan.finished

    def acknowledged(
        self, checkpoint_id: int, subtask: SubtaskId, state: SubtaskState, now: int
    ) -> None:
        """A subtask has stored its part."""
        self._under_way[checkpoint_id].subtasks[subtask] = SubtaskStats.of(state, now)

    def completed(self, checkpoint_id: int, checkpoint: CompletedCheckpoint, now: int) -> None:
        """It can be restored."""
        stats = self._end(checkpoint_id, COMPLETED, now)
        # Those that finished instead of acknowledging.
        everyone = (s for v in stats.vertices for s in v.subtasks())
        stats.finished = frozenset(s for s in everyone if s not in stats.subtasks)
        stats.location = checkpoint.location
        self._latest["savepoint" if stats.is_savepoint else "completed"] = stats
        json = stats.to_json(False)
        for name, summary in self._summary.items():
            summary.add(max(json[name], 0))

    def failed(self, checkpoint_id: int, now: int, message: str) -> None:
        """It will never be complete."""
        stats = self._end(checkpoint_id, FAILED, now)
        stats.failure = message
        self._latest["failed"] = stats

    def discarded(self, checkpoint_id: int) -> None:
        """A completed one was deleted: newer ones replace it."""
        for stats in [*self._history, *self._latest.values()]:
            if stats is not None and stats.checkpoint_id == checkpoint_id:
                stats.discarded = True

    def restored(self, checkpoint: CompletedCheckpoint, now: int) -> None:
        """The job goes on from a checkpoint."""
        self.counts["restored"] += 1
        self._restored = {
            "id": checkpoint.checkpoint_id,
            "restore_timestamp": now,
            "is_savepoint": checkpoint.is_savepoint,
            "external_path": checkpoint.location or NOT_ADDRESSABLE,
        }

    def _end(self, checkpoint_id: int, status: str, now: int) -> CheckpointStats:
        stats = self._under_way.pop(checkpoint_id)
        stats.status = status
        stats.ended_at = now
        self.counts["in_progress"] -= 1
        self.counts[status.lower()] += 1
        return stats

    # -- what is told -------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """The answer of ``/jobs/:id/checkpoints``."""
        latest: dict[str, Any] = {
            name: stats.to_json(False) if stats is not None else None
            for name, stats in self._latest.items()
        }
        return {
            "counts": dict(self.counts),
            "summary": {name: summary.to_json() for name, summary in self._summary.items()},
            "latest": {**latest, "restored": self._restored},
            "history": [stats.to_json(False) for stats in self._history],
        }

    def details_to_json(self, checkpoint_id: int) -> dict[str, Any] | None:
        """The answer of ``/jobs/:id/checkpoints/details/:cid``; ``None`` where it is forgotten."""
        stats = self._find(checkpoint_id)
        return stats.to_json(True) if stats is not None else None

    def vertex_to_json(self, checkpoint_id: int, uid: str) -> dict[str, Any] | None:
        """The answer of ``/jobs/:id/checkpoints/details/:cid/subtasks/:vertexid``."""
        stats = self._find(checkpoint_id)
        return stats.vertex_to_json(uid) if stats is not None else None

    def _find(self, checkpoint_id: int) -> CheckpointStats | None:
        known = [*self._history, *self._latest.values(), *self._under_way.values()]
        return next((s for s in known if s and s.checkpoint_id == checkpoint_id), None)


def config_to_json(settings: CheckpointSettings, storage: str, backend: str) -> dict[str, Any]:
    """The answer of ``/jobs/:id/checkpoints/config``; ``storage`` and ``backend`` are names."""
    return {
        "mode": "exactly_once" if settings.exactly_once else "at_least_once",
        "interval": settings.interval if settings.interval is not None else 2**63 - 1,
        "timeout": settings.timeout,
        "min_pause": settings.min_pause,
        "max_concurrent": settings.max_concurrent,
        "externalization": {
            "enabled": settings.retention != "NO_EXTERNALIZED_CHECKPOINTS",
            "delete_on_cancellation": not settings.retained_on_cancellation,
        },
        "state_backend": backend,
        "checkpoint_storage": storage,
        "unaligned_checkpoints": settings.unaligned,
        "tolerable_failed_checkpoints": settings.tolerable_failures,
        "aligned_checkpoint_timeout": settings.aligned_timeout,
        "checkpoints_after_tasks_finish": settings.after_tasks_finish,
        "state_changelog_enabled": False,
        "changelog_storage": None,
        "changelog_periodic_materialization_interval": None,
    }


def history_size(settings: Mapping[str, str]) -> int:
    """How many checkpoints are remembered one by one."""
    return int(settings.get(HISTORY_KEY, "10"))


def _spread(values: Any) -> dict[str, float]:
    summary = NumbersSummary()
    for value in values:
        summary.add(value)
    return summary.to_json()
