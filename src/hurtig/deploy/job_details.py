"""A job as Flink's REST API describes it: plan, vertices, subtasks. Plain data for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from hurtig.common.job_status import JobStatus
    from hurtig.graph.job_graph import JobGraph, JobVertex

__all__ = [
    "SubtaskCounters",
    "exception_entry",
    "exceptions",
    "job_details",
    "job_plan",
    "task_manager",
    "vertex_id",
]

TASK_STATES = (
    "CREATED",
    "SCHEDULED",
    "DEPLOYING",
    "RUNNING",
    "FINISHED",
    "CANCELING",
    "CANCELED",
    "FAILED",
    "RECONCILING",
    "INITIALIZING",
)
_JOB_STATES = (
    "INITIALIZING",
    "CREATED",
    "RUNNING",
    "FAILING",
    "FAILED",
    "CANCELLING",
    "CANCELED",
    "FINISHED",
    "RESTARTING",
    "SUSPENDED",
    "RECONCILING",
)
_TASK_STATE_OF = {
    "CREATED": "CREATED",
    "RUNNING": "RUNNING",
    "FAILING": "CANCELING",
    "FAILED": "FAILED",
    "CANCELLING": "CANCELING",
    "CANCELED": "CANCELED",
    "FINISHED": "FINISHED",
    "RESTARTING": "CREATED",
    "SUSPENDED": "CANCELED",
    "RECONCILING": "RECONCILING",
}
"""Status of a job -> state of those of its tasks of which nothing else is known."""


class SubtaskCounters(NamedTuple):
    """What is known of one subtask."""

    state: str = ""
    """One of :data:`TASK_STATES`; empty: as the job's status suggests."""
    records_in: int = 0
    """Records that the head of the chain read; 0 for a source, as Flink counts."""
    records_out: int = 0
    """Records that left the chain; 0 for a sink."""
    attempt: int = 0
    start_time: int = -1
    """Epoch ms; -1: that of the job."""
    end_time: int = -1
    """Epoch ms; -1 while it runs."""
    task_manager: str = ""
    busy_ms: int = 0
    """Time spent with records, ms, since the start."""
    backpressured_ms: int = 0
    idle_ms: int = 0
    watermark: int | None = None


def vertex_id(vertex: JobVertex) -> str:
    """32 hexadecimal digits, the same in every run of the same program, and in checkpoints."""
    return vertex.uid


def job_plan(graph: JobGraph, job_id: str) -> dict[str, Any]:
    """The chained job as ``/jobs/:id/plan`` has it below ``plan``."""
    kind = "BATCH" if graph.batch_mode else "STREAMING"
    nodes = [_plan_node(graph, vertex) for vertex in graph.vertices]
    return {"jid": job_id, "name": graph.name, "type": kind, "nodes": nodes}


def _plan_node(graph: JobGraph, vertex: JobVertex) -> dict[str, Any]:
    node: dict[str, Any] = {
        "id": vertex_id(vertex),
        "parallelism": vertex.parallelism,
        "operator": "",
        "operator_strategy": "",
        "description": vertex.name,
        "optimizer_properties": {},
    }
    if vertex.in_edges:
        node["inputs"] = [
            {
                "num": number,
                "id": vertex_id(graph.vertices[edge.source_vertex]),
                "ship_strategy": edge.partitioner.name,
                "exchange": "pipelined_bounded",
            }
            for number, edge in enumerate(vertex.in_edges)
        ]
    return node


def job_details(
    graph: JobGraph,
    job_id: str,
    status: JobStatus,
    timestamps: Mapping[str, int],
    now: int,
    subtasks: Mapping[tuple[int, int], SubtaskCounters] | None = None,
) -> dict[str, Any]:
    """The job as ``/jobs/:id`` has it.

    ``timestamps``  name of a status -> when the job entered it, epoch ms; those that are missing
                    count as never. The first is the start.
    ``now``         epoch ms
    ``subtasks``    (index of the vertex, index of the subtask) -> its counters; may be incomplete

    Each vertex has a list ``subtasks`` besides, as ``/jobs/:id/vertices/:vid`` has it.
    """
    entered = [at for at in timestamps.values() if at > 0]
    start = min(entered, default=now)
    end = timestamps.get(status.name, now) if status.is_globally_terminal_state() else -1
    vertices = [
        _vertex(vertex, status.name, start, now if end < 0 else end, subtasks or {})
        for vertex in graph.vertices
    ]
    counts = dict.fromkeys(TASK_STATES, 0)
    for vertex in vertices:
        counts[vertex["status"]] += 1
    return {
        "jid": job_id,
        "name": graph.name,
        "isStoppable": False,
        "state": status.name,
        "job-type": "BATCH" if graph.batch_mode else "STREAMING",
        "start-time": start,
        "end-time": end,
        "duration": (now if end < 0 else end) - start,
        "maxParallelism": max((v.max_parallelism for v in graph.vertices), default=-1),
        "now": now,
        "timestamps": {state: timestamps.get(state, 0) for state in _JOB_STATES},
        "vertices": vertices,
        "status-counts": counts,
        "plan": job_plan(graph, job_id),
    }


def _vertex(
    vertex: JobVertex,
    job_status: str,
    start: int,
    until: int,
    counters: Mapping[tuple[int, int], SubtaskCounters],
) -> dict[str, Any]:
    subtasks = [
        _subtask(i, counters.get((vertex.index, i), SubtaskCounters()), job_status, start, until)
        for i in range(vertex.parallelism)
    ]
    states = dict.fromkeys(TASK_STATES, 0)
    for subtask in subtasks:
        states[subtask["status"]] += 1
    ended = [s["end-time"] for s in subtasks]
    first = min(s["start-time"] for s in subtasks)
    last = max(ended) if min(ended) >= 0 else -1
    return {
        "id": vertex_id(vertex),
        "slotSharingGroupId": vertex.slot_sharing_group or "default",
        "name": vertex.name,
        "maxParallelism": vertex.max_parallelism,
        "parallelism": vertex.parallelism,
        "status": _common_state(states),
        "start-time": first,
        "end-time": last,
        "duration": (until if last < 0 else last) - first,
        "tasks": states,
        "metrics": _metrics([s["metrics"] for s in subtasks]),
        "subtasks": subtasks,
    }


def _subtask(
    index: int, known: SubtaskCounters, job_status: str, start: int, until: int
) -> dict[str, Any]:
    state = known.state or _TASK_STATE_OF[job_status]
    started = start if known.start_time < 0 else known.start_time
    end = known.end_time
    if end < 0 and state in ("FINISHED", "CANCELED", "FAILED"):
        end = until
    return {
        "subtask": index,
        "status": state,
        "attempt": known.attempt,
        "endpoint": known.task_manager,
        "start-time": started,
        "start_time": started,
        "end-time": end,
        "duration": (until if end < 0 else end) - started,
        "metrics": {
            **_no_bytes(known.records_in, known.records_out),
            "accumulated-backpressured-time": known.backpressured_ms,
            "accumulated-idle-time": known.idle_ms,
            "accumulated-busy-time": float(known.busy_ms),
        },
        "watermark": known.watermark,
        "taskmanager-id": known.task_manager,
    }


def _no_bytes(records_in: int, records_out: int) -> dict[str, Any]:
    """Records are counted, bytes are not: batches between chained tasks have no size."""
    return {
        "read-bytes": 0,
        "read-bytes-complete": False,
        "write-bytes": 0,
        "write-bytes-complete": False,
        "read-records": records_in,
        "read-records-complete": True,
        "write-records": records_out,
        "write-records-complete": True,
    }


def _metrics(parts: list[dict[str, Any]]) -> dict[str, Any]:
    total = _no_bytes(sum(p["read-records"] for p in parts), sum(p["write-records"] for p in parts))
    for name in (
        "accumulated-backpressured-time",
        "accumulated-idle-time",
        "accumulated-busy-time",
    ):
        total[name] = sum(p[name] for p in parts)
    return total


def _common_state(states: Mapping[str, int]) -> str:
    """The state of a vertex: failed as soon as one subtask has, finished when all have."""
    for state in ("FAILED", "CANCELING"):
        if states[state]:
            return state
    present = [state for state in TASK_STATES if states[state]]
    if len(present) == 1:
        return present[0]
    if states["CANCELED"]:
        return "CANCELED"
    return "RUNNING" if states["RUNNING"] or states["FINISHED"] else present[0]


def exception_entry(
    error: BaseException, timestamp: int, task: str = "", task_manager: str = ""
) -> dict[str, Any]:
    """One failure for :func:`exceptions`. ``timestamp`` is in epoch ms."""
    from hurtig.common.errors import HurtigError

    if isinstance(error, HurtigError):
        text = error.render()
    else:
        from traceback import format_exception

        text = "".join(format_exception(error))
    cause = getattr(error, "cause", None)
    named = cause if isinstance(cause, BaseException) else error
    kind = type(named)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return {
        "exceptionName": name,
        "stacktrace": text,
        "timestamp": timestamp,
        "taskName": task or getattr(error, "operator", None) or None,
        "endpoint": task_manager or None,
        "taskManagerId": task_manager or None,
        "failureLabels": {},
        "concurrentExceptions": [],
    }


def exceptions(entries: list[dict[str, Any]], limit: int = 20) -> dict[str, Any]:
    """``/jobs/:id/exceptions``; ``entries`` from the oldest to the newest. Flink's older fields
    are there as well."""
    newest = entries[::-1]
    root = newest[0] if newest else None
    return {
        "root-exception": root["stacktrace"] if root else None,
        "timestamp": root["timestamp"] if root else None,
        "all-exceptions": [],
        "truncated": False,
        "exceptionHistory": {"entries": newest[:limit], "truncated": len(newest) > limit},
    }


def task_manager(
    identity: str,
    slots: int,
    free_slots: int = 0,
    address: str = "",
    heartbeat: int = -1,
    pid: int = 0,
) -> dict[str, Any]:
    """One entry of ``/taskmanagers``. ``heartbeat`` is when it was last heard of, epoch ms; ``pid``
    the process, 0 where it is the job's own."""
    import os

    return {
        "id": identity,
        "path": address,
        "dataPort": -1,
        "jmxPort": -1,
        "timeSinceLastHeartbeat": heartbeat,
        "slotsNumber": slots,
        "freeSlots": free_slots,
        "totalResource": {},
        "freeResource": {},
        "hardware": {
            "cpuCores": os.cpu_count() or 1,
            "physicalMemory": _physical_memory(),
            "freeMemory": -1,
            "managedMemory": 0,
        },
        "memoryConfiguration": {},
        "pid": pid,
    }


def _physical_memory() -> int:
    import os

    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return -1
