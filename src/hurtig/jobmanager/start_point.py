"""From which checkpoint a job starts or goes on, and the store of those that it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from hurtig.checkpoint.ids import CheckpointIdCounter
from hurtig.common.configuration import Configuration
from hurtig.graph.executor import RECOVER_KEY

if TYPE_CHECKING:
    from hurtig.checkpoint.claim import RestoreClaim
    from hurtig.checkpoint.completed_store import CompletedCheckpoints
    from hurtig.checkpoint.environment import IoExecutor
    from hurtig.checkpoint.handles import CompletedCheckpoint, StateHandle
    from hurtig.checkpoint.storage.contract import CheckpointStorage
    from hurtig.graph.job_graph import JobGraph

PATH_KEY = "execution.state-recovery.path"
OLD_PATH_KEY = "execution.savepoint.path"
IGNORE_KEY = "execution.state-recovery.ignore-unclaimed-state"
OLD_IGNORE_KEY = "execution.savepoint.ignore-unclaimed-state"
DAMAGED_KEY = "hurtig.restore.damaged-checkpoint"
"""``fail``, ``previous``, or not set: previous where no sink commits."""


class StartPoint:
    """Reads settings and storage; knows nothing of running subtasks."""

    def __init__(self, settings: Mapping[str, str], job_id: str, io: IoExecutor) -> None:
        self._settings = settings
        self._job_id = job_id
        self._io = io
        self.ids = CheckpointIdCounter()
        self._path = settings.get(PATH_KEY) or settings.get(OLD_PATH_KEY)
        self._recover = settings.get(RECOVER_KEY, "").lower() == "true"
        read = Configuration.from_dict(dict(settings))._read
        self.allow_non_restored = bool(
            read(IGNORE_KEY, "boolean", False) or read(OLD_IGNORE_KEY, "boolean", False)
        )
        self._storage: CheckpointStorage | None = None
        self._store: CompletedCheckpoints | None = None
        self._claim: RestoreClaim | None = None

    @property
    def wanted(self) -> bool:
        """Whether the settings name anything."""
        return bool(self._path) or self._recover

    @property
    def storage(self) -> CheckpointStorage:
        """The job's storage, opened at the first use."""
        if self._storage is None:
            from hurtig.checkpoint.storage import open_checkpoint_storage

            self._storage = open_checkpoint_storage(self._settings, self._job_id)
        return self._storage

    @property
    def store(self) -> CompletedCheckpoints:
        """The completed checkpoints of this job."""
        if self._store is None:
            from hurtig.checkpoint.completed_store import CompletedCheckpoints
            from hurtig.checkpoint.retention import Retention
            from hurtig.checkpoint.settings import CheckpointSettings

            settings = CheckpointSettings.from_configuration(self._settings)
            self._store = CompletedCheckpoints(
                self.storage, self._io, settings.num_retained, Retention[settings.retention]
            )
        return self._store

    def find(
        self, done: Callable[[CompletedCheckpoint | None, BaseException | None], None]
    ) -> None:
        """``done`` gets the checkpoint to start from, ``None`` where there is none."""
        if self._recover:
            self.store.recover(lambda error: self._recovered(error, done))
        else:
            self._read(done)

    def _recovered(
        self,
        error: BaseException | None,
        done: Callable[[CompletedCheckpoint | None, BaseException | None], None],
    ) -> None:
        def counted(highest: int | None, _: BaseException | None) -> None:
            # Also those of damaged checkpoints and of such that were never completed.
            self.ids.above(highest or 0)
            latest = self.store.latest()
            if error is not None or latest is not None:
                done(latest, error)
            else:
                self._read(done)

        self._io.run(self.storage.highest_id, counted)

    def _read(
        self, done: Callable[[CompletedCheckpoint | None, BaseException | None], None]
    ) -> None:
        path = self._path
        if not path:
            done(None, None)
            return

        from hurtig.checkpoint.claim import restore_mode

        mode = restore_mode(self._settings)

        def read() -> CompletedCheckpoint:
            from hurtig.checkpoint.metadata import read_checkpoint

            return read_checkpoint(path, self._settings)

        def found(checkpoint: CompletedCheckpoint | None, error: BaseException | None) -> None:
            if checkpoint is not None:
                from hurtig.checkpoint.claim import RestoreClaim

                self._claim = RestoreClaim(mode, checkpoint)
                self.store.add_restored(checkpoint, owned=self._claim.owned)
            done(checkpoint, error)

        self._io.run(read, found)

    def newest(self) -> CompletedCheckpoint | None:
        """As :meth:`latest`, without opening a storage that nobody has used."""
        return self._store.latest() if self._store is not None else None

    def may_refer_to(self, checkpoint: CompletedCheckpoint) -> bool:
        """Whether later checkpoints may refer to the files of this one, from which a job goes
        on."""
        return self._claim is None or self._claim.may_refer_to(checkpoint)

    # -- the store, as the coordinator sees it ------------------------------------------------

    def add(self, checkpoint: CompletedCheckpoint) -> None:
        """A checkpoint is complete. Raises where it refers to files that the job has no claim
        to."""
        if self._claim is not None:
            self._claim.completed(checkpoint)
        self.store.add(checkpoint)

    def latest(self) -> CompletedCheckpoint | None:
        """From which a failed job goes on."""
        return self.store.latest()

    def discard(self, files: Iterable[StateHandle]) -> None:
        """Shared files of a checkpoint that will never be complete."""
        self.store.discard(files)

    # -- damage -------------------------------------------------------------------------------

    def read_enumerators(self, checkpoint: CompletedCheckpoint) -> dict[str, bytes]:
        """The states of the split enumerators, by uid of their source. Blocks."""
        return {
            uid: self.storage.read(state.coordinator)
            for uid, state in checkpoint.operators.items()
            if state.coordinator is not None
        }

    def fall_back(
        self, damaged: CompletedCheckpoint, graph: JobGraph, tell: Callable[[str], None]
    ) -> bool:
        """Forget a damaged checkpoint; whether there is an older one that may be used instead."""
        known = self.store.all()
        older = [c for c in known if c.checkpoint_id < damaged.checkpoint_id]
        if not older:
            return False
        if damaged not in known:
            return True  # another subtask has told before
        wanted = self._settings.get(DAMAGED_KEY, "").lower()
        if wanted == "fail" or (wanted != "previous" and _commits(graph)):
            tell(
                f"{_name(damaged)} is damaged. {_name(older[-1])} is not used instead, as sinks of "
                "this job have made final since what they would write again; to allow that, set "
                f"{DAMAGED_KEY}: previous"
            )
            return False
        tell(f"{_name(damaged)} is damaged: {_name(older[-1])} is used instead")
        self.ids.above(damaged.checkpoint_id)
        self.store.forget(damaged)
        return True


def _name(checkpoint: CompletedCheckpoint) -> str:
    kind = "savepoint" if checkpoint.is_savepoint else "checkpoint"
    where = f" ({checkpoint.location})" if checkpoint.location else ""
    return f"{kind} {checkpoint.checkpoint_id}{where}"


def _commits(graph: JobGraph) -> bool:
    """Whether a sink of the job makes its results final with checkpoints."""
    sinks = [
        sink
        for vertex in graph.vertices
        for node in vertex.nodes
        if (sink := getattr(node.operator, "sink", None)) is not None
    ]
    return any(sink.create_committer() is not None for sink in sinks)
