"""The TaskManager: runs subtasks of one job in one slot, as the JobMaster says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from hurtig.common.configuration import Configuration
from hurtig.common.execution_config import ExecutionConfig
from hurtig.control import messages as m
from hurtig.graph.job_graph import ChainNode, JobGraph, deserialize
from hurtig.runtime.channel_provider import ChannelProvider
from hurtig.runtime.deployment import Deployment
from hurtig.runtime.subtask import JobContext

TASK_CLOSING = "a subtask is closing"
"""Of ``CheckpointFailureReason``, which a job without checkpoints need not load."""

if TYPE_CHECKING:
    from hurtig.checkpoint.environment import IoExecutor
    from hurtig.checkpoint.handles import SubtaskId
    from hurtig.operators.source_operator import AlignmentGroup, SplitProvider
    from hurtig.runtime.deployment_state import DeploymentState
    from hurtig.runtime.slot import Slot


class JobLines(Protocol):
    """A deployment's lines to the JobMaster's side, beside messages."""

    def splits(self, epoch: int, node: ChainNode) -> SplitProvider:
        """The line to the enumerator of a source."""

    def alignment(self, epoch: int, node: ChainNode) -> AlignmentGroup | None:
        """The line to the alignment group of a source, where it is in one."""

    def receive(self, message: m.AssignSplits | m.AlignmentLimit) -> None:
        """An answer."""


class TaskManager:
    """Obeys messages and reports by messages; all in the slot's thread.

    ``send(message)`` goes to the JobMaster. ``alone`` says that all subtasks of the job are here:
    no barrier can come before the message that asks for it. :meth:`step` is the slot's round: what
    fails there fails a subtask, or all of them where nobody can tell whose timer or mail it was.
    """

    def __init__(
        self,
        slot: Slot,
        send: Callable[[m.ToJobMaster], None],
        io: IoExecutor,
        channels: Callable[[m.Deploy, JobGraph], ChannelProvider],
        lines: JobLines,
        alone: bool = False,
    ) -> None:
        self.slot = slot
        self.deployments: dict[int, Deployment] = {}
        """By epoch; those that have ended too, until the next one comes."""
        self._states: dict[int, DeploymentState] = {}
        self._send = send
        self._io = io
        self._channels = channels
        self._lines = lines
        self._alone = alone

    # -- messages -----------------------------------------------------------------------------

    def receive(self, message: m.ToTaskManager) -> None:
        """Do what the JobMaster says."""
        if isinstance(message, m.Deploy):
            self._on_deploy(message)
            return
        deployment = self.deployments.get(message.epoch)
        if deployment is None or deployment.closed:
            if isinstance(message, m.Cancel) and deployment is None:
                self._send(m.Cancelled(message.epoch, message.subtasks or []))
            return
        try:
            _HANDLERS[type(message)](self, deployment, message)
        except BaseException as error:
            self._failed(deployment, None, error)

    def _on_trigger(self, deployment: Deployment, message: m.TriggerCheckpoint) -> None:
        self._state_of(deployment)
        for subtask in message.subtasks:
            task = deployment.tasks[subtask]
            if task.finished:
                id_, reason = message.barrier.checkpoint_id, TASK_CLOSING
                self._send(m.Decline(deployment.epoch, subtask, id_, reason))
            else:
                task.trigger_checkpoint(message.barrier)
        self.slot.wakeup()

    def _on_complete(self, deployment: Deployment, message: m.CheckpointComplete) -> None:
        self._state_of(deployment).complete(message.checkpoint_id)
        self.slot.wakeup()

    def _on_aborted(self, deployment: Deployment, message: m.CheckpointAborted) -> None:
        self._state_of(deployment).aborted(message.checkpoint_id)
        self.slot.wakeup()

    def _state_of(self, deployment: Deployment) -> DeploymentState:
        """Made when it is needed: a job without checkpoints loads none of it."""
        state = self._states.get(deployment.epoch)
        if state is None:
            from hurtig.runtime.deployment_state import DeploymentState

            state = DeploymentState(deployment, self._send, self._io)
            self._states[deployment.epoch] = state
        return state

    def _on_line(self, deployment: Deployment, message: m.AssignSplits | m.AlignmentLimit) -> None:
        self._lines.receive(message)
        self.slot.wakeup()

    def _on_cancel(self, deployment: Deployment, message: m.Cancel) -> None:
        try:
            deployment.close()
        except Exception as error:
            self._tell_not_closed(deployment, error)
        self._send(m.Cancelled(deployment.epoch, list(deployment.tasks)))

    def _tell_not_closed(self, deployment: Deployment, error: Exception) -> None:
        failure = deployment.failure
        if self._alone and isinstance(failure, Exception):
            failure.add_note(f"while the job was closed: {type(error).__name__}: {error}")
        else:
            text = f"could not be closed cleanly: {type(error).__name__}: {error}"
            deployment.context.warn(deployment.graph.name, text)

    def _on_settings(self, deployment: Deployment, message: m.SettingsChanged) -> None:
        deployment.context.settings.update(message.settings)

    # -- deploying ----------------------------------------------------------------------------

    def _on_deploy(self, message: m.Deploy) -> None:
        for epoch in [e for e, d in self.deployments.items() if d.closed]:
            del self.deployments[epoch]
            self._states.pop(epoch, None)
        try:
            graph = deserialize(message.graph)
            context = self._context(graph, message)
            channels = self._channels(message, graph)
            deployment = Deployment(message, graph, context, self.slot, channels)
        except BaseException as error:
            self._send(m.Failed(message.epoch, None, error))
            return
        self.deployments[message.epoch] = deployment
        try:
            if message.restore is not None or message.checkpointing or not self._alone:
                self._state_of(deployment)
        except BaseException as error:
            self._failed(deployment, None, error)
            return
        if message.restore is None:
            self._open(deployment)
        else:
            self._state_of(deployment).restore(
                message.restore,
                lambda: self._open(deployment),
                lambda error: self._failed(deployment, None, error),
            )

    def _open(self, deployment: Deployment) -> None:
        try:
            deployment.open()
        except BaseException as error:
            self._failed(deployment, None, error)
        else:
            self._send(m.Running(deployment.epoch, deployment.deploy.subtasks))

    def _context(self, graph: JobGraph, message: m.Deploy) -> JobContext:
        epoch = message.epoch
        configuration = Configuration.from_dict(dict(graph.settings))
        return JobContext(
            graph.settings,
            graph.batch_mode,
            lambda node: self._lines.splits(epoch, node),
            lambda node: self._lines.alignment(epoch, node),
            lambda operator, text: self._send(m.Warn(epoch, operator, text)),
            ExecutionConfig(configuration).get_global_job_parameters(),
            lambda key, default: configuration._read(key, "duration", default),
            message.checkpointing,
            message.job_id,
        )

    # -- running ------------------------------------------------------------------------------

    def step(self) -> bool:
        """One round of the slot; whether anything was done."""
        try:
            progress = self.slot.step()
        except BaseException as error:
            self._step_failed(error)
            return True
        if self.slot.ended_tasks:
            self._tell_finished()
        return progress

    def _tell_finished(self) -> None:
        ended = {id(task) for task in self.slot.ended_tasks}
        self.slot.ended_tasks.clear()
        for deployment in list(self.deployments.values()):
            for id_, task in deployment.tasks.items():
                if id(task) in ended:
                    self.before_finished(deployment)
                    self._send(m.Finished(deployment.epoch, id_))

    def before_finished(self, deployment: Deployment) -> None:
        """A subtask has ended: its last counters go before the news."""
        if not self._alone:
            self._send(self._report(deployment))

    def _step_failed(self, error: BaseException) -> None:
        running = self.slot.running
        for deployment in list(self.deployments.values()):
            for id_, task in deployment.tasks.items():
                if task is running:
                    self._failed(deployment, id_, error)
                    return
        for deployment in list(self.deployments.values()):
            if not deployment.closed:
                self._failed(deployment, None, error)

    def _failed(
        self, deployment: Deployment, subtask: SubtaskId | None, error: BaseException
    ) -> None:
        """Nothing of this deployment runs on; the JobMaster decides what becomes of it."""
        deployment.halt()
        deployment.failure = error
        self._send(m.Failed(deployment.epoch, subtask, error))

    def report(self) -> list[m.Report]:
        """Counters and accumulators, one report for each deployment."""
        return [self._report(deployment) for deployment in list(self.deployments.values())]

    def _report(self, deployment: Deployment) -> m.Report:
        return m.Report(
            deployment.epoch,
            {
                (o.subtask.vertex, o.node, o.subtask.subtask): o.counters()
                for o in deployment.operators
            },
            {name: list(parts) for name, parts in deployment.context.accumulators.copy().items()},
        )

    def metrics(self) -> dict[str, Any]:
        """What user functions registered, by name with its scope."""
        found: dict[str, Any] = {}
        for deployment in self.deployments.values():
            found |= deployment.context.metrics.snapshot()
        return found

    def close(self) -> None:
        """The process ends: close what still runs."""
        for deployment in self.deployments.values():
            deployment.close()


_HANDLERS: dict[type, Callable[[TaskManager, Deployment, Any], None]] = {
    m.TriggerCheckpoint: TaskManager._on_trigger,
    m.CheckpointComplete: TaskManager._on_complete,
    m.CheckpointAborted: TaskManager._on_aborted,
    m.AssignSplits: TaskManager._on_line,
    m.AlignmentLimit: TaskManager._on_line,
    m.Cancel: TaskManager._on_cancel,
    m.SettingsChanged: TaskManager._on_settings,
}
