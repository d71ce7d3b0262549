"""Checkpoint statistics as Flink's REST API describes them. Plain data for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = [
    "checkpoint_configuration",
    "checkpoint_entry",
    "checkpoint_statistics",
    "no_checkpoints",
]

_SUMMARISED = (
    "checkpointed_size",
    "state_size",
    "end_to_end_duration",
    "alignment_buffered",
    "processed_data",
    "persisted_data",
)
_QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}


def checkpoint_entry(
    checkpoint_id: int,
    status: str,
    trigger_timestamp: int,
    *,
    is_savepoint: bool = False,
    latest_ack_timestamp: int = -1,
    checkpointed_size: int = 0,
    state_size: int = 0,
    num_subtasks: int = 0,
    num_acknowledged_subtasks: int = 0,
    unaligned: bool = False,
    external_path: str | None = None,
    discarded: bool = False,
    failure_message: str | None = None,
    failure_timestamp: int = -1,
    tasks: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """One checkpoint, as it stands in ``history``.

    ``status`` is ``IN_PROGRESS``, ``COMPLETED`` or ``FAILED``; times are epoch ms, sizes bytes:
    ``checkpointed_size`` what this checkpoint uploaded, ``state_size`` all that it refers to.
    """
    last = failure_timestamp if status == "FAILED" else latest_ack_timestamp
    entry: dict[str, Any] = {
        "className": status.lower(),
        "id": checkpoint_id,
        "status": status,
        "is_savepoint": is_savepoint,
        "savepointFormat": "CANONICAL" if is_savepoint else None,
        "trigger_timestamp": trigger_timestamp,
        "latest_ack_timestamp": latest_ack_timestamp,
        "checkpointed_size": checkpointed_size,
        "state_size": state_size,
        "end_to_end_duration": max(last - trigger_timestamp, 0) if last >= 0 else -1,
        "alignment_buffered": 0,
        "processed_data": 0,
        "persisted_data": 0,
        "num_subtasks": num_subtasks,
        "num_acknowledged_subtasks": num_acknowledged_subtasks,
        "checkpoint_type": "SAVEPOINT"
        if is_savepoint
        else ("UNALIGNED_CHECKPOINT" if unaligned else "CHECKPOINT"),
        "tasks": dict(tasks or {}),
    }
    if status == "COMPLETED":
        entry |= {"external_path": external_path, "discarded": discarded}
    elif status == "FAILED":
        entry |= {"failure_timestamp": failure_timestamp, "failure_message": failure_message}
    return entry


def checkpoint_statistics(
    history: Sequence[Mapping[str, Any]],
    *,
    completed: int,
    failed: int,
    restored: Mapping[str, Any] | None = None,
    restored_count: int = 0,
) -> dict[str, Any]:
    """``/jobs/:id/checkpoints``.

    ``history``   entries of :func:`checkpoint_entry`, from the oldest to the newest
    ``completed``, ``failed``  counts since the start, of those that left the history as well
    ``restored``  ``id``, ``restore_timestamp``, ``is_savepoint``, ``external_path`` of the
                  checkpoint that the job last started from
    """
    newest = [dict(entry) for entry in reversed(history)]
    in_progress = sum(1 for entry in newest if entry["status"] == "IN_PROGRESS")
    complete = [entry for entry in newest if entry["status"] == "COMPLETED"]
    return {
        "counts": {
            "restored": restored_count,
            "total": completed + failed + in_progress,
            "in_progress": in_progress,
            "completed": completed,
            "failed": failed,
        },
        "summary": {
            name: _summary([int(entry[name]) for entry in complete]) for name in _SUMMARISED
        },
        "latest": {
            "completed": _first(complete, is_savepoint=False),
            "savepoint": _first(complete, is_savepoint=True),
            "failed": _first(newest, status="FAILED"),
            "restored": dict(restored) if restored is not None else None,
        },
        "history": newest,
    }


def no_checkpoints() -> dict[str, Any]:
    """The statistics of a job that took none."""
    return checkpoint_statistics((), completed=0, failed=0)


def _first(entries: Sequence[dict[str, Any]], **wanted: Any) -> dict[str, Any] | None:
    for entry in entries:
        if all(entry[key] == value for key, value in wanted.items()):
            return entry
    return None


def _summary(values: list[int]) -> dict[str, float]:
    if not values:
        return {"min": 0, "max": 0, "avg": 0, **dict.fromkeys(_QUANTILES, 0.0)}
    values.sort()
    last = len(values) - 1
    summary: dict[str, float] = {
        "min": values[0],
        "max": values[-1],
        "avg": sum(values) // len(values),
    }
    return summary | {
        name: float(values[round(share * last)]) for name, share in _QUANTILES.items()
    }


def checkpoint_configuration(settings: Mapping[str, str]) -> dict[str, Any]:
    """``/jobs/:id/checkpoints/config``, from the job's settings. Times are in ms; an interval of
    2**63 - 1 says, as in Flink, that there are no periodic checkpoints."""
    from hurtig.checkpoint.settings import CheckpointSettings
    from hurtig.common.configuration import Configuration
    from hurtig.common.options import option

    known = CheckpointSettings.from_configuration(settings)
    configuration = Configuration.from_dict(dict(settings))
    directory = configuration.get(option("execution.checkpointing.dir"))
    rocksdb = str(configuration.get(option("state.backend.type"))).lower() == "rocksdb"
    return {
        "mode": "exactly_once" if known.exactly_once else "at_least_once",
        "interval": known.interval or 2**63 - 1,
        "timeout": known.timeout,
        "min_pause": known.min_pause,
        "max_concurrent": known.max_concurrent,
        "externalization": {
            "enabled": known.retention != "NO_EXTERNALIZED_CHECKPOINTS",
            "delete_on_cancellation": not known.retained_on_cancellation,
        },
        "state_backend": "EmbeddedRocksDBStateBackend" if rocksdb else "HashMapStateBackend",
        "checkpoint_storage": "FileSystemCheckpointStorage"
        if directory
        else "JobManagerCheckpointStorage",
        "unaligned_checkpoints": known.unaligned,
        "tolerable_failed_checkpoints": known.tolerable_failures,
        "aligned_checkpoint_timeout": known.aligned_timeout,
        "checkpoints_after_tasks_finish": known.after_tasks_finish,
        "state_changelog_enabled": False,
        "changelog_periodic_materialization_interval": 600_000,
        "changelog_storage": None,
    }
