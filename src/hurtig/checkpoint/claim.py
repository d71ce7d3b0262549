"""Who owns the files of the checkpoint or savepoint that a job is started from.

Mirrors Flink's ``RestoreMode`` (``RecoveryClaimMode`` in later releases). Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from hurtig.checkpoint.errors import CheckpointError
from hurtig.checkpoint.handles import CompletedCheckpoint
from hurtig.checkpoint.shared_state import shared_files
from hurtig.checkpoint.storage.filesystems import join_url
from hurtig.common.errors import ProgramError


class RestoreMode(Enum):
    """Values of ``execution.state-recovery.claim-mode``."""

    NO_CLAIM = "NO_CLAIM"
    """The user does. The first checkpoint of the job is full: once it is complete, the job needs
    none of those files."""
    CLAIM = "CLAIM"
    """The job does, and deletes them when it needs them no more."""
    LEGACY = "LEGACY"
    """The user does, but the job's checkpoints may refer to them as long as it runs."""


def restore_mode(settings: Mapping[str, str]) -> RestoreMode:
    """From ``execution.state-recovery.claim-mode`` or ``execution.savepoint-restore-mode``."""
    from hurtig.common.options import option

    known = option("execution.state-recovery.claim-mode")
    for key in (known.key, *known.fallback_keys):
        text = settings.get(key)
        if text is not None:
            try:
                return RestoreMode(str(text).strip().upper().replace("-", "_"))
            except ValueError:
                raise ProgramError(
                    f"{key} is {text!r}; it can be NO_CLAIM, CLAIM or LEGACY"
                ) from None
    return RestoreMode.NO_CLAIM


class RestoreClaim:
    """How the job that was started from ``restored`` may use its files."""

    def __init__(self, mode: RestoreMode, restored: CompletedCheckpoint) -> None:
        self.mode = mode
        self._restored = restored
        self._files = frozenset(shared_files(restored))
        self._free = False

    @property
    def owned(self) -> bool:
        """Whether the job deletes the files when it needs them no more."""
        return self.mode is RestoreMode.CLAIM

    @property
    def next_is_full(self) -> bool:
        """Whether the next checkpoint must not refer to earlier files: until the first of the
        job is complete, where it has no claim."""
        return self.mode is RestoreMode.NO_CLAIM and not self._free

    def may_refer_to(self, checkpoint: CompletedCheckpoint) -> bool:
        """Whether checkpoints taken after a restore from ``checkpoint`` may refer to its files:
        always to those of the job itself."""
        is_the_restored = (
            checkpoint.checkpoint_id == self._restored.checkpoint_id
            and checkpoint.location == self._restored.location
        )
        return self.mode is not RestoreMode.NO_CLAIM or not is_the_restored

    def completed(self, checkpoint: CompletedCheckpoint) -> None:
        """A checkpoint of the job is complete, savepoints included.

        Raises :class:`CheckpointError` where it refers to files that the user may delete.
        """
        if self.mode is RestoreMode.NO_CLAIM:
            inside = join_url(self._restored.location, "") if self._restored.location else None
            for path in shared_files(checkpoint):
                if path in self._files or (inside is not None and path.startswith(inside)):
                    raise CheckpointError(
                        f"checkpoint {checkpoint.checkpoint_id} refers to {path}, which belongs "
                        f"to {self._restored.location}: the job has no claim to it"
                    )
        if not checkpoint.is_savepoint:
            self._free = True
