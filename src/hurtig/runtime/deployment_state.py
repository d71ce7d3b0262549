"""State of the subtasks of one deployment: stored at checkpoints, loaded before they open."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from hurtig.checkpoint.restore import load_operator
from hurtig.checkpoint.settings import CheckpointSettings
from hurtig.checkpoint.storage import open_checkpoint_storage
from hurtig.checkpoint.upload import SubtaskUpload
from hurtig.control.messages import Acknowledge, Decline, Drained, RestoredState
from hurtig.runtime.in_flight import InFlight
from hurtig.runtime.in_flight_restore import replay
from hurtig.runtime.operator_snapshot import release_snapshot, restore_snapshots
from hurtig.runtime.subtask_checkpoints import SubtaskCheckpoints
from hurtig.runtime.work_directory import work_directory
from hurtig.state.backends.registry import local_copy_finder
from hurtig.state.keys import key_group_range

if TYPE_CHECKING:
    from hurtig.checkpoint.environment import IoExecutor
    from hurtig.checkpoint.handles import OperatorSubtaskState, SubtaskId, SubtaskState
    from hurtig.checkpoint.restore import LocalCopy
    from hurtig.checkpoint.storage.contract import CheckpointStorage
    from hurtig.control.messages import RestoredOperator, ToJobMaster
    from hurtig.graph.job_graph import JobVertex
    from hurtig.messages import CheckpointBarrier
    from hurtig.runtime.deployment import Deployment
    from hurtig.state.snapshot import OperatorSnapshot

Loaded = dict[str, list["OperatorSnapshot"]]
"""Uid -> what the earlier subtasks wrote, in their order."""


class DeploymentState:
    """Connects the tasks of a deployment with the checkpoint storage and the JobMaster."""

    def __init__(
        self, deployment: Deployment, send: Callable[[ToJobMaster], None], io: IoExecutor
    ) -> None:
        self._deployment = deployment
        self._send = send
        self._io = io
        self._storage: CheckpointStorage | None = None
        self._uploads: dict[SubtaskId, SubtaskUpload] = {}
        graph, deploy = deployment.graph, deployment.deploy
        settings = CheckpointSettings.from_configuration(graph.settings)
        for id_, task in deployment.tasks.items():
            task.checkpointing = SubtaskCheckpoints(
                task,
                id_,
                self,
                deployment.time,
                graph.vertices[id_.vertex].max_parallelism,
                settings.exactly_once,
                deploy.checkpointing,
            )

    @property
    def storage(self) -> CheckpointStorage:
        """The job's checkpoint storage, opened at the first use."""
        if self._storage is None:
            deployment = self._deployment
            self._storage = open_checkpoint_storage(
                deployment.graph.settings, deployment.deploy.job_id
            )
        return self._storage

    # -- restore ------------------------------------------------------------------------------

    def restore(
        self, restored: RestoredState, done: Callable[[], None], failed: Callable[[Any], None]
    ) -> None:
        """Load in an I/O thread, then fill the operators in the slot's."""

        def loaded(result: Any, error: BaseException | None) -> None:
            if error is None:
                try:
                    if not self._deployment.closed:
                        self._fill(restored, *result)
                except BaseException as e:
                    error = e
                finally:
                    _release(result[0])
            if self._deployment.closed:
                return
            if error is None:
                done()
            else:
                failed(error)

        self._io.run(partial(self._load, restored), loaded)

    def _load(self, restored: RestoredState) -> tuple[Loaded, dict[str, dict[int, InFlight]]]:
        """Blocks: read what the operators of these subtasks need."""
        deployment = self._deployment
        vertices = {id_.vertex for id_ in deployment.deploy.subtasks}
        operators: Loaded = {}
        flights: dict[str, dict[int, InFlight]] = {}
        for index in sorted(vertices):
            vertex = deployment.graph.vertices[index]
            for node in vertex.nodes:
                known = restored.operators.get(node.uid)
                if known is not None:
                    operators[node.uid] = self._load_operator(vertex, known)
            flights[vertex.uid] = {
                subtask: InFlight.from_bytes(self.storage.read(handle))
                for subtask, handle in restored.in_flight.get(vertex.uid, {}).items()
            }
        return operators, flights

    def _load_operator(self, vertex: JobVertex, known: RestoredOperator) -> list[OperatorSnapshot]:
        from hurtig.state.snapshot import OperatorSnapshot, OperatorStateSnapshot

        present = sorted(known.subtasks)
        states = [known.subtasks[index] for index in present]
        wanted = self._earlier_owners(vertex, known.parallelism)
        files_of = [position for position, index in enumerate(present) if index in wanted]
        snapshots = load_operator(
            self.storage,
            states,
            work_directory(),
            local_copy=self._local_copies(states),
            with_files=files_of,
        )
        loaded = dict(zip(present, snapshots, strict=True))
        nothing = OperatorSnapshot(operator_state=OperatorStateSnapshot({}))
        return [loaded.get(index, nothing) for index in range(known.parallelism)]

    def _local_copies(self, states: Sequence[OperatorSubtaskState]) -> LocalCopy | None:
        """What finds files of the state backend on this machine, where the settings keep them."""
        find = local_copy_finder(self._deployment.graph.settings)
        if find is None:
            return None
        names = {handle: name for state in states for name, handle in state.files.items()}
        return lambda handle: find(names[handle]) if handle in names else None

    def _earlier_owners(self, vertex: JobVertex, parallelism: int) -> set[int]:
        """The earlier subtasks that had key groups which subtasks of this deployment have now."""
        mine = {
            group
            for id_ in self._deployment.deploy.subtasks
            if id_.vertex == vertex.index
            for group in key_group_range(vertex.max_parallelism, vertex.parallelism, id_.subtask)
        }
        return {
            index
            for index in range(parallelism)
            if not mine.isdisjoint(key_group_range(vertex.max_parallelism, parallelism, index))
        }

    def _fill(
        self, restored: RestoredState, operators: Loaded, flights: dict[str, dict[int, InFlight]]
    ) -> None:
        deployment = self._deployment
        for id_, task in deployment.tasks.items():
            info = deployment.info(id_)
            for part in task.parts:
                uid = part.context.uid
                if uid in operators:
                    restore_snapshots(part, operators[uid], info)
                    if restored.may_refer:
                        for state in restored.operators[uid].subtasks.values():
                            self._upload_of(id_).adopt(uid, state.files)
            graph = deployment.graph
            flying = flights[graph.vertices[id_.vertex].uid]
            if flying:
                replay(task, id_, graph, flying)

    # -- what the tasks say -------------------------------------------------------------------

    def snapshot_taken(
        self,
        subtask: SubtaskId,
        barrier: CheckpointBarrier,
        snapshots: dict[str, OperatorSnapshot],
        in_flight: bytes | None,
        alignment_ms: int,
        sync_ms: int,
    ) -> None:
        """Store it in an I/O thread, then acknowledge."""
        upload = self._upload_of(subtask)
        started = time.perf_counter()
        checkpoint_id = barrier.checkpoint_id
        epoch = self._deployment.epoch

        def stored(state: SubtaskState | None, error: BaseException | None) -> None:
            if self._deployment.closed:
                return
            if error is not None or state is None:
                reason = f"{type(error).__name__}: {error}"
                self._send(Decline(epoch, subtask, checkpoint_id, reason))
                return
            millis = int((time.perf_counter() - started) * 1000)
            state = state._replace(alignment_ms=alignment_ms, sync_ms=sync_ms, async_ms=millis)
            self._send(Acknowledge(epoch, subtask, checkpoint_id, state))

        self._io.run(
            lambda: upload.upload(
                checkpoint_id, barrier.location, snapshots, in_flight, barrier.is_savepoint
            ),
            stored,
        )

    def _upload_of(self, subtask: SubtaskId) -> SubtaskUpload:
        upload = self._uploads.get(subtask)
        if upload is None:
            upload = self._uploads[subtask] = SubtaskUpload(self.storage, subtask.subtask)
        return upload

    def declined(self, subtask: SubtaskId, checkpoint_id: int, reason: str) -> None:
        """Pass it on."""
        self._send(Decline(self._deployment.epoch, subtask, checkpoint_id, reason))

    def drained(self, subtask: SubtaskId) -> None:
        """Pass it on."""
        self._send(Drained(self._deployment.epoch, subtask))

    # -- what the JobMaster says --------------------------------------------------------------

    def complete(self, checkpoint_id: int) -> None:
        """Tell the tasks: sinks commit."""
        for upload in self._uploads.values():
            self._clean(upload.notify_complete(checkpoint_id))
        for task in list(self._deployment.tasks.values()):
            task.notify_checkpoint_complete(checkpoint_id)

    def aborted(self, checkpoint_id: int) -> None:
        """Tell the tasks; what they stored for it is deleted."""
        for upload in self._uploads.values():
            self._clean(upload.notify_aborted(checkpoint_id))
        for task in list(self._deployment.tasks.values()):
            task.notify_checkpoint_aborted(checkpoint_id)

    def _clean(self, discard: Callable[[], None] | None) -> None:
        if discard is not None:
            self._io.run(discard, lambda result, error: None)


def _release(operators: Loaded) -> None:
    """Whoever wanted files has linked or copied them."""
    for snapshots in operators.values():
        for snapshot in snapshots:
            release_snapshot(snapshot)
