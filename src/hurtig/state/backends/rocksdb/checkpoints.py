"""Checkpoints of a database as a folder of files, and the names that the files have outside.

A table file has a number that is unique in its database only. Outside, it is named by number and
by the database that wrote it, so that equal names are equal files, also over restores.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from hurtig.common.errors import ProgramError
from hurtig.state.backends.rocksdb.database import Database, is_needed, is_table
from hurtig.state.backends.rocksdb.directories import link_or_copy, remove_directory
from hurtig.state.backends.rocksdb.stored import StoredState
from hurtig.state.files_snapshot import FilesSnapshot

FORMAT = 1
BACKEND = "rocksdb"


class FileNames:
    """The outside names of the table files of one database."""

    def __init__(self) -> None:
        self._database = uuid.uuid4().hex
        self._names: dict[str, str] = {}

    def known(self, files: dict[str, str]) -> None:
        """Files that were restored: outside name -> name in the database."""
        self._names.update({inside: outside for outside, inside in files.items()})

    def of(self, files: Sequence[str]) -> dict[str, str]:
        """Outside name -> name in the database, of all table files that there are."""
        self._names = {
            name: self._names.get(name) or f"{name.removesuffix('.sst')}-{self._database}.sst"
            for name in files
        }
        return {outside: inside for inside, outside in self._names.items()}


def take_files(
    database: Database,
    directory: str,
    names: FileNames,
    header: dict[str, Any],
    incremental: bool,
    release: Callable[[], None],
) -> FilesSnapshot:
    """Link the files of a database into ``directory``."""
    database.checkpoint(directory)
    present = os.listdir(directory)
    files = names.of([name for name in present if is_table(name)])
    for outside, inside in files.items():
        os.rename(os.path.join(directory, inside), os.path.join(directory, outside))
    own = [name for name in present if is_needed(name)]
    for name in present:
        if not is_table(name) and not is_needed(name):
            os.remove(os.path.join(directory, name))
    return FilesSnapshot(
        directory,
        shared=sorted(files) if incremental else [],
        own=own if incremental else [*own, *sorted(files)],
        header={**header, "backend": BACKEND, "format": FORMAT, "files": files, "own": own},
        release=release,
    )


def place_files(snapshot: FilesSnapshot, target: str) -> dict[str, str]:
    """Lay the files of a snapshot out as a database in ``target``; gives the table files."""
    header = snapshot.header
    if header.get("backend") != BACKEND or header.get("format", 0) > FORMAT:
        raise ProgramError(
            f"the state was written by the backend {header.get('backend')!r}, format "
            f"{header.get('format')}: this release reads {BACKEND!r} up to format {FORMAT}. "
            "Restore it with the release that wrote it, take a savepoint, and use that"
        )
    os.makedirs(target)
    files: dict[str, str] = header["files"]
    try:
        for outside, inside in files.items():
            source = os.path.join(snapshot.directory, outside)
            link_or_copy(source, os.path.join(target, inside))
        for name in header["own"]:
            # Not linked: a database may write to these.
            _copy(os.path.join(snapshot.directory, name), os.path.join(target, name))
    except OSError as e:
        remove_directory(target)
        raise ProgramError(
            f"a file of the RocksDB checkpoint in {snapshot.directory} cannot be read: {e}"
        ) from e
    return files


def _copy(source: str, target: str) -> None:
    import shutil

    shutil.copyfile(source, target)


def states_of(header: dict[str, Any]) -> list[StoredState]:
    """The states that a header lists."""
    return [StoredState(*fields) for fields in header["tables"]]
