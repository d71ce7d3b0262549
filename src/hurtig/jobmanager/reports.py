"""What TaskManagers last reported: counters of operators and accumulators."""

from __future__ import annotations

from typing import Any

from hurtig.control.messages import Report

OperatorKey = tuple[int, int, int]
"""Vertex, node of its chain, subtask."""


class JobReports:
    """The latest report of each TaskManager, put together."""

    def __init__(self) -> None:
        self.operators: dict[OperatorKey, dict[str, Any]] = {}
        self._accumulators: dict[int, dict[str, dict[str, list[Any]]]] = {}

    def add(self, task_manager: str, report: Report) -> None:
        """Take a report; it replaces the one before of that TaskManager."""
        self.operators.update(report.operators)
        newest = self._accumulators.setdefault(report.epoch, {})
        newest[task_manager] = report.accumulators

    def forget(self, epoch: int, vertices: frozenset[int]) -> None:
        """An attempt is over: its accumulators do not count, as in Flink."""
        self._accumulators.pop(epoch, None)
        for key in [k for k in self.operators if k[0] in vertices]:
            del self.operators[key]

    def accumulators(self) -> dict[str, list[Any]]:
        """Name -> the parts of all subtasks."""
        parts: dict[str, list[Any]] = {}
        for by_task_manager in self._accumulators.values():
            for named in by_task_manager.values():
                for name, some in named.items():
                    parts.setdefault(name, []).extend(some)
        return parts
