"""Finding and reading a checkpoint or savepoint by its path."""

from __future__ import annotations

from collections.abc import Mapping

from hurtig.checkpoint.errors import CheckpointDamagedError
from hurtig.checkpoint.handles import CompletedCheckpoint
from hurtig.checkpoint.metadata_format import parse
from hurtig.checkpoint.storage.filesystem import StateFileSystem
from hurtig.checkpoint.storage.filesystems import (
    FileSystems,
    absolute_url,
    join_url,
    name_of,
    parent_url,
)

METADATA = "_metadata"
"""Name of the file that makes a folder a checkpoint."""


def read_checkpoint(
    path_or_url: str,
    settings: Mapping[str, str] | None = None,
    filesystems: FileSystems | None = None,
) -> CompletedCheckpoint:
    """The checkpoint or savepoint in a folder, or of a ``_metadata`` file.

    ``settings`` may hold keys such as ``s3.endpoint``. Raises :class:`CheckpointDamagedError`
    where there is none that can be used, ``ProgramError`` for a URL of an unknown kind.
    """
    filesystems = filesystems or FileSystems(settings)
    url = absolute_url(path_or_url)
    folder = parent_url(url) if name_of(url) == METADATA else url
    file = join_url(folder, METADATA)
    filesystem, path = filesystems.resolve(file)
    try:
        data = filesystem.read(path)
    except FileNotFoundError:
        raise CheckpointDamagedError(
            f"there is no checkpoint at {path_or_url}: {_instead(filesystems, folder)}"
        ) from None
    except OSError as e:
        raise CheckpointDamagedError(f"cannot read {file}: {e}") from e
    return parse(data, folder, file)


def _instead(filesystems: FileSystems, folder: str) -> str:
    """What to do about a folder without metadata."""
    try:
        filesystem, path = filesystems.resolve(folder)
        inside = [e.name for e in filesystem.list(path) if e.is_folder]
        usable = [name for name in inside if _holds_metadata(filesystem, f"{path}/{name}")]
    except OSError:
        usable = inside = []
    if usable:
        best = max(usable, key=lambda name: (number_of(name) or 0, name))
        return f"name one of the folders in it, such as {join_url(folder, best)}"
    if name_of(folder).startswith(("chk-", "savepoint-")):
        return (
            f"{METADATA} is not in that folder; it was deleted, or never completed; "
            "name another checkpoint"
        )
    return (
        "name the folder of a checkpoint (<execution.checkpointing.dir>/<job id>/chk-<number>) "
        "or of a savepoint"
    )


def _holds_metadata(filesystem: StateFileSystem, path: str) -> bool:
    return any(entry.name == METADATA for entry in filesystem.list(path))


def number_of(folder: str) -> int | None:
    """The number in ``chk-<number>``; None for other names."""
    prefix, _, number = folder.partition("-")
    return int(number) if prefix == "chk" and number.isdigit() else None
