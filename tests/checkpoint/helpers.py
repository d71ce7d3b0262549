"""Checkpoints and storages for tests."""

from __future__ import annotations

import errno
import zlib
from collections.abc import Callable
from pathlib import Path

from hurtig.checkpoint.handles import (
    CompletedCheckpoint,
    OperatorState,
    OperatorSubtaskState,
    StateHandle,
)
from hurtig.checkpoint.storage.filesystem import LocalStateFileSystem
from hurtig.state.files_snapshot import FilesSnapshot
from hurtig.state.snapshot import OperatorSnapshot

JOB = "a1b2c3d4e5f60718293a4b5c6d7e8f90"


def inline(data: bytes) -> StateHandle:
    return StateHandle(len(data), "", data, zlib.crc32(data))


def checkpoint(
    number: int = 1,
    location: str = "",
    states: dict[int, OperatorSubtaskState] | None = None,
    uid: str = "op",
    savepoint: bool = False,
    job_id: str = JOB,
) -> CompletedCheckpoint:
    operator = OperatorState(uid, "Operator", 2, 128, states or {})
    return CompletedCheckpoint(
        job_id, "job", number, 1000 + number, savepoint, {uid: operator}, {}, location, 2000
    )


class Files:
    """A state backend that keeps its state in files: each snapshot names some that live on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.released = 0

    def snapshot(self, shared: dict[str, bytes], own: dict[str, bytes]) -> OperatorSnapshot:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, data in {**shared, **own}.items():
            (self.folder / name).write_bytes(data)
        files = FilesSnapshot(
            str(self.folder), list(shared), list(own), {"states": []}, self._release
        )
        return OperatorSnapshot(files, custom={"c": b"1"})

    def _release(self) -> None:
        self.released += 1


class FaultyFileSystem(LocalStateFileSystem):
    """Fails when ``fails(operation, path)`` says so, as a full disk does."""

    def __init__(self) -> None:
        self.fails: Callable[[str, str], bool] = lambda operation, path: False
        self.code = errno.ENOSPC

    def _maybe_fail(self, operation: str, path: str) -> None:
        if self.fails(operation, path):
            raise OSError(self.code, "No space left on device", path)

    def write(self, path: str, data: bytes) -> None:
        self._maybe_fail("write", path)
        super().write(path, data)

    def upload(self, path: str, local_path: str) -> tuple[int, int]:
        self._maybe_fail("upload", path)
        return super().upload(path, local_path)

    def make_folder(self, path: str) -> None:
        self._maybe_fail("make_folder", path)
        super().make_folder(path)

    def delete_file(self, path: str) -> None:
        self._maybe_fail("delete_file", path)
        super().delete_file(path)

    def delete_folder(self, path: str) -> None:
        self._maybe_fail("delete_folder", path)
        super().delete_folder(path)


def all_files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
