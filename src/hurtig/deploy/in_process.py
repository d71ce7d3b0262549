"""JobMaster and TaskManager in one thread: messages are calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.control.messages import Warn
from hurtig.runtime.channel_provider import LocalChannels
from hurtig.runtime.task_manager import TaskManager

if TYPE_CHECKING:
    from hurtig.checkpoint.environment import IoExecutor
    from hurtig.control.messages import (
        AlignmentLimit,
        AssignSplits,
        ToJobMaster,
        ToTaskManager,
    )
    from hurtig.graph.job_graph import ChainNode
    from hurtig.jobmanager.job_master import JobMaster
    from hurtig.runtime.slot import Slot

LOCAL = "local"
"""Id of the one TaskManager."""


class InProcess:
    """The TaskManager as the JobMaster sees it, and the JobMaster as sources see it.

    What the JobMaster says is done at once. What the TaskManager says waits in the slot's mailbox,
    so that neither is called in the middle of what it does.
    """

    def __init__(self, slot: Slot, io: IoExecutor) -> None:
        self._slot = slot
        self._master: JobMaster | None = None
        self.task_manager = TaskManager(
            slot, self._tell, io, lambda *_: LocalChannels(), self, alone=True
        )

    def connect(self, master: JobMaster) -> None:
        """The JobMaster that this TaskManager belongs to."""
        self._master = master

    def _tell(self, message: ToJobMaster) -> None:
        master = self._master
        assert master is not None
        if isinstance(message, Warn):  # in its place among what user functions print
            master.receive(LOCAL, message)
        else:
            self._slot.submit(lambda: master.receive(LOCAL, message))

    # -- for the JobMaster --------------------------------------------------------------------

    def acquire(
        self,
        count: int,
        ready: Callable[[list[str]], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """All slots are here."""
        ready([LOCAL])

    def addresses(self) -> dict[str, str]:
        """No data leaves the process."""
        return {}

    def send(self, task_manager: str, message: ToTaskManager) -> None:
        """Let the TaskManager do it."""
        self.task_manager.receive(message)

    def release(self) -> None:
        """The slot goes with the job."""

    # -- for sources --------------------------------------------------------------------------

    def splits(self, epoch: int, node: ChainNode) -> Any:
        """The enumerator's coordinator itself."""
        assert self._master is not None
        return self._master.enumerators.coordinator(node.uid)

    def alignment(self, epoch: int, node: ChainNode) -> Any:
        """The group itself."""
        assert self._master is not None
        return self._master.alignments.of_source(node)

    def receive(self, message: AssignSplits | AlignmentLimit) -> None:
        """Never comes: sources ask the enumerator itself."""
        raise AssertionError(message)
