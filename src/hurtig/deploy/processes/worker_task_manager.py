"""The runtime's TaskManager in a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hurtig.deploy.io_threads import ThreadIo
from hurtig.deploy.processes.lines import RemoteLines
from hurtig.runtime.network.edge_types import edge_types
from hurtig.runtime.task_manager import TaskManager

if TYPE_CHECKING:
    from hurtig.control.messages import Deploy
    from hurtig.deploy.processes.worker import WorkerContext
    from hurtig.graph.job_graph import JobGraph
    from hurtig.runtime.network.network import SocketChannels

REPORT_MS = 1000
"""Time between reports of counters and accumulators."""


def create(context: WorkerContext) -> TaskManager:
    """A TaskManager that reports regularly."""

    def channels(deploy: Deploy, graph: JobGraph) -> SocketChannels:
        attempt = context.network.channels(deploy.epoch, deploy.addresses, edge_types(graph))
        attempt.when_closed = lambda: lines.forget(deploy.epoch)
        return attempt

    lines = RemoteLines(context.send)
    slot = context.slot
    manager = TaskManager(slot, context.send, ThreadIo(slot), channels, lines)

    def report(_: int) -> None:
        for message in manager.report():
            context.send(message)
        slot.schedule(slot.now() + REPORT_MS, report)

    slot.schedule(slot.now() + REPORT_MS, report)
    return manager
