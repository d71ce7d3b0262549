"""Deletes savepoints."""

from __future__ import annotations

from collections.abc import Mapping

from hurtig.checkpoint.errors import CheckpointDamagedError, CheckpointError

__all__ = ["dispose_savepoint"]


def dispose_savepoint(path: str, settings: Mapping[str, str] | None = None) -> None:
    """Delete the savepoint (or retained checkpoint) in the folder ``path``, a path or URL.

    Raises :class:`CheckpointDamagedError` where there is none, :class:`CheckpointError` where it
    could not be deleted. Files that a checkpoint shares with others stay.
    """
    from hurtig.checkpoint.metadata import read_checkpoint
    from hurtig.checkpoint.storage import open_checkpoint_storage

    found = read_checkpoint(path, settings)
    here = {**(settings or {}), "execution.checkpointing.dir": found.location}
    open_checkpoint_storage(here, found.job_id).discard_location(found.location)
    try:
        read_checkpoint(path, settings)
    except CheckpointDamagedError:
        return
    raise CheckpointError(f"{path} could not be deleted: are its files yours to delete?")
