"""What a JobMaster needs of the place where its TaskManagers run. One per deployment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hurtig.control.messages import ToTaskManager


class TaskManagers(Protocol):
    """The TaskManagers of one job. All calls and callbacks happen in the JobMaster's thread."""

    def acquire(
        self,
        count: int,
        ready: Callable[[list[str]], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Have TaskManagers for ``count`` slots, replacing lost ones; ``ready`` gets their ids."""

    def addresses(self) -> dict[str, str]:
        """TaskManager id -> where it takes data connections; empty in one process."""

    def send(self, task_manager: str, message: ToTaskManager) -> None:
        """Deliver a message, in order; one to a lost TaskManager is dropped."""

    def release(self) -> None:
        """The job has ended: let the TaskManagers go."""
