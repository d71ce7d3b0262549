"""The text of a ``_metadata`` file: JSON that a person can read, and no code.

Paths below the checkpoint's folder and below ``shared`` beside it are written relative to the
folder, so that a savepoint's folder, and that of a job, can be moved. Small state is in it as
base64. ``checksum`` is the CRC32 of the file with zeros in its place.
"""

from __future__ import annotations

import zlib
from typing import Any

from hurtig.checkpoint.errors import CheckpointDamagedError
from hurtig.checkpoint.handles import (
    CompletedCheckpoint,
    OperatorState,
    OperatorSubtaskState,
    StateHandle,
)
from hurtig.checkpoint.storage.filesystems import join_url, parent_url

FORMAT = "hurtig checkpoint"
VERSION = 1

_SHARED = "../shared/"
_FLINK_MAGIC = bytes.fromhex("4960672d")
_NO_CHECKSUM = b"00000000"
_BEFORE_CHECKSUM = b'"checksum": "'


def serialize(checkpoint: CompletedCheckpoint) -> bytes:
    """The content of its ``_metadata`` file."""
    import json

    below = checkpoint.location
    document = {
        "format": FORMAT,
        "version": VERSION,
        "checksum": _NO_CHECKSUM.decode(),
        "kind": "savepoint" if checkpoint.is_savepoint else "checkpoint",
        "checkpoint_id": checkpoint.checkpoint_id,
        "job_id": checkpoint.job_id,
        "job_name": checkpoint.job_name,
        "timestamp": checkpoint.timestamp,
        "completed_at": checkpoint.completed_at,
        "operators": [_operator(each, below) for each in checkpoint.operators.values()],
        "in_flight": {
            uid: {str(subtask): _handle(handle, below) for subtask, handle in handles.items()}
            for uid, handles in checkpoint.in_flight.items()
        },
    }
    text = json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n"
    start = text.index(_BEFORE_CHECKSUM) + len(_BEFORE_CHECKSUM)
    return text[:start] + b"%08x" % zlib.crc32(text) + text[start + 8 :]


def parse(data: bytes, location: str, path: str) -> CompletedCheckpoint:
    """The checkpoint whose folder is ``location``; ``path`` is for errors.

    Raises :class:`CheckpointDamagedError` for anything but a whole file of a known version.
    """
    import json

    if data[:4] == _FLINK_MAGIC:
        raise CheckpointDamagedError(
            f"{path} is a checkpoint or savepoint of Apache Flink, whose state hurtig cannot read: "
            "start the job without state, or from a checkpoint that hurtig took"
        )
    if not data.strip():
        raise CheckpointDamagedError(f"{path} is empty: {_OTHER}")
    head = b'{\n "format": "' + FORMAT.encode()
    if not data.startswith(head[: len(data)]):
        raise CheckpointDamagedError(
            f"{path} is not the metadata of a hurtig checkpoint: name the folder of a checkpoint "
            "(chk-<number>) or of a savepoint"
        )
    version = _version(data)
    if version is not None and version > VERSION:
        raise CheckpointDamagedError(
            f"{path} has format version {version}, this release reads up to {VERSION}: restore it "
            "with the release that wrote it, or a later one"
        )
    if not data.endswith(b"\n}\n"):
        raise CheckpointDamagedError(f"{path} is cut off after {len(data)} bytes: {_OTHER}")
    if _checksum(data) != b"%08x" % zlib.crc32(_without_checksum(data)):
        raise CheckpointDamagedError(
            f"{path} is damaged: its checksum does not fit its content, so it was changed after "
            f"it was written; {_OTHER}"
        )
    try:
        document = json.loads(data)
        return _checkpoint(document, location)
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise CheckpointDamagedError(f"{path} is damaged: {type(e).__name__}: {e}") from e


_OTHER = "restore an earlier checkpoint or a copy"


def _version(data: bytes) -> int | None:
    import re

    found = re.search(rb'\A[^:]*:[^:]*"version": (\d+)', data)
    return int(found[1]) if found else None


def _checksum(data: bytes) -> bytes:
    start = data.find(_BEFORE_CHECKSUM) + len(_BEFORE_CHECKSUM)
    return data[start : start + 8]


def _without_checksum(data: bytes) -> bytes:
    start = data.find(_BEFORE_CHECKSUM) + len(_BEFORE_CHECKSUM)
    return data[:start] + _NO_CHECKSUM + data[start + 8 :]


# -- to JSON ----------------------------------------------------------------------------------


def _operator(operator: OperatorState, below: str) -> dict[str, Any]:
    return {
        "uid": operator.uid,
        "name": operator.name,
        "parallelism": operator.parallelism,
        "max_parallelism": operator.max_parallelism,
        "coordinator": operator.coordinator and _handle(operator.coordinator, below),
        "subtasks": {
            str(index): {
                "snapshot": _handle(state.snapshot, below),
                "files": {name: _handle(file, below) for name, file in state.files.items()},
            }
            for index, state in operator.subtasks.items()
        },
    }


def _handle(handle: StateHandle, below: str) -> dict[str, Any]:
    row: dict[str, Any] = {"size": handle.size}
    if handle.checksum >= 0:
        row["crc32"] = f"{handle.checksum:08x}"
    if handle.inline is not None:
        import base64

        row["base64"] = base64.b64encode(handle.inline).decode("ascii")
    else:
        row["path"] = _relative(handle.path, below)
    return row


def _relative(path: str, folder: str) -> str:
    if folder:
        inside = join_url(folder, "")
        if path.startswith(inside):
            return path[len(inside) :]
        shared = join_url(parent_url(folder), "shared", "")
        if path.startswith(shared):
            return _SHARED + path[len(shared) :]
    return path


# -- from JSON --------------------------------------------------------------------------------


def _checkpoint(document: dict[str, Any], location: str) -> CompletedCheckpoint:
    operators = {row["uid"]: _read_operator(row, location) for row in document["operators"]}
    return CompletedCheckpoint(
        str(document["job_id"]),
        str(document["job_name"]),
        int(document["checkpoint_id"]),
        int(document["timestamp"]),
        document["kind"] == "savepoint",
        operators,
        {
            uid: {int(subtask): _read_handle(row, location) for subtask, row in rows.items()}
            for uid, rows in document["in_flight"].items()
        },
        location,
        int(document["completed_at"]),
    )


def _read_operator(row: dict[str, Any], location: str) -> OperatorState:
    subtasks = {
        int(index): OperatorSubtaskState(
            _read_handle(state["snapshot"], location),
            {name: _read_handle(file, location) for name, file in state["files"].items()},
        )
        for index, state in row["subtasks"].items()
    }
    coordinator = row["coordinator"]
    return OperatorState(
        row["uid"],
        row["name"],
        row["parallelism"],
        row["max_parallelism"],
        subtasks,
        None if coordinator is None else _read_handle(coordinator, location),
    )


def _read_handle(row: dict[str, Any], location: str) -> StateHandle:
    checksum = int(row["crc32"], 16) if "crc32" in row else -1
    if "base64" in row:
        import base64

        return StateHandle(row["size"], "", base64.b64decode(row["base64"]), checksum)
    return StateHandle(row["size"], _absolute(row["path"], location), None, checksum)


def _absolute(path: str, folder: str) -> str:
    if "://" in path or path.startswith(("/", "file:")):
        return path
    if path.startswith(_SHARED):
        return join_url(parent_url(folder), "shared", path[len(_SHARED) :])
    return join_url(folder, path)
