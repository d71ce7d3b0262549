"""What is in a checkpoint or savepoint, without running the program's code: only headers are read.

``hurtig savepoint inspect PATH`` prints :func:`describe`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hurtig.checkpoint.errors import CheckpointDamagedError
from hurtig.checkpoint.handles import CompletedCheckpoint, OperatorState, OperatorSubtaskState
from hurtig.checkpoint.metadata import read_checkpoint
from hurtig.checkpoint.storage import open_checkpoint_storage
from hurtig.checkpoint.storage.contract import CheckpointStorage
from hurtig.state.codec import part_size
from hurtig.state.files_snapshot import FilesSnapshot
from hurtig.state.snapshot import (
    KeyedStateSnapshot,
    OperatorSnapshot,
    OperatorStateSnapshot,
    SnapshotFormatError,
    StateMeta,
)


class StateSummary(NamedTuple):
    """One state of an operator, over all subtasks."""

    name: str
    scope: str
    """``keyed``, ``timers``, ``split``, ``union``, ``broadcast``, ``custom`` or ``enumerator``."""
    type: str
    """Kind and types as the program declared them: ``value<Long>``, ``map<String, untyped>``."""
    entries: int | None
    """Keys (in every window), timers, elements, map entries; ``None`` where files hide them."""
    size: int | None
    """Bytes, before compression; ``None`` likewise."""
    types: str = ""
    """JSON description of the types, as of ``StateMeta``."""


class OperatorSummary(NamedTuple):
    """One operator of the job that wrote the checkpoint."""

    uid: str
    name: str
    parallelism: int
    max_parallelism: int
    size: int
    """Bytes that are stored for it."""
    states: list[StateSummary]

    @property
    def timers(self) -> dict[str, int]:
        """How many there are, by time domain."""
        return {s.name: s.entries or 0 for s in self.states if s.scope == "timers"}


def storage_of(
    checkpoint: CompletedCheckpoint, settings: Mapping[str, str] | None
) -> CheckpointStorage:
    """A storage that reads the checkpoint's handles."""
    return open_checkpoint_storage(dict(settings or {}), checkpoint.job_id or "reader")


def summarize(checkpoint: CompletedCheckpoint, storage: CheckpointStorage) -> list[OperatorSummary]:
    """All operators, with their states. Raises ``CheckpointDamagedError``, naming the file."""
    return [_operator(each, storage) for each in checkpoint.operators.values()]


def headers_of(
    storage: CheckpointStorage, states: Iterable[OperatorSubtaskState]
) -> list[OperatorSnapshot]:
    """The snapshots of subtasks, without the files of those that keep keyed state in files."""
    return [_header(storage, state) for state in states]


def _header(storage: CheckpointStorage, state: OperatorSubtaskState) -> OperatorSnapshot:
    from tempfile import mkdtemp

    data = storage.read(state.snapshot)
    folders: list[str] = []

    def new_folder() -> str:
        folders.append(mkdtemp(prefix="hurtig-inspect-"))
        return folders[0]

    try:
        return OperatorSnapshot.from_bytes(data, new_folder)
    except (SnapshotFormatError, KeyError, ValueError, TypeError, StopIteration) as e:
        name = state.snapshot.path or "an operator's state in the metadata file"
        raise CheckpointDamagedError(f"{name} cannot be read: {e}") from e
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


class _Counts:
    """Adds up what the subtasks say about one state."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], StateSummary] = {}

    def add(self, scope: str, meta: StateMeta, entries: int | None, size: int | None) -> None:
        known = self._found.get((scope, meta.name))
        if known is None:
            known = StateSummary(meta.name, scope, meta.type, 0, 0, meta.types)
        self._found[scope, meta.name] = known._replace(
            entries=None if entries is None or known.entries is None else known.entries + entries,
            size=None if size is None or known.size is None else known.size + size,
        )

    def result(self) -> list[StateSummary]:
        return list(self._found.values())


def _operator(operator: OperatorState, storage: CheckpointStorage) -> OperatorSummary:
    counts = _Counts()
    size = 0
    for _, state in sorted(operator.subtasks.items()):
        size += state.size
        snapshot = _header(storage, state)
        _count_keyed(counts, snapshot.keyed, "keyed")
        _count_keyed(counts, snapshot.timers, "timers")
        if snapshot.operator_state is not None:
            _count_operator_state(counts, snapshot.operator_state)
        for name, data in snapshot.custom.items():
            counts.add("custom", StateMeta(name, "bytes", "bytes"), 1, len(data))
    if operator.coordinator is not None:
        meta = StateMeta("enumerator", "bytes", "bytes")
        counts.add("enumerator", meta, 1, operator.coordinator.size)
        size += operator.coordinator.size
    return OperatorSummary(
        operator.uid,
        operator.name,
        operator.parallelism,
        operator.max_parallelism,
        size,
        counts.result(),
    )


def _count_keyed(
    counts: _Counts, snapshot: KeyedStateSnapshot | FilesSnapshot | None, scope: str
) -> None:
    if isinstance(snapshot, FilesSnapshot):
        for fields in snapshot.header.get("states", ()):
            counts.add(scope, StateMeta.from_json(fields), None, None)
    elif snapshot is not None:
        for block in snapshot.blocks:
            size = sum(map(part_size, block.parts.values()))
            counts.add(scope, block.state, block.size, size)


def _count_operator_state(counts: _Counts, snapshot: OperatorStateSnapshot) -> None:
    for mode, meta, parts in snapshot.states.values():
        entries = len(parts) // (2 if mode == "broadcast" else 1)
        counts.add(mode, meta, entries, sum(map(part_size, parts)))


_HEADINGS = ("STATE", "SCOPE", "TYPE", "ENTRIES", "BYTES")


def describe(path: str, settings: Mapping[str, str] | None = None) -> str:
    """A text about the checkpoint or savepoint at a path or URL, its operators and states.

    ``settings`` may hold keys such as ``s3.endpoint``. Raises ``CheckpointDamagedError``.
    """
    checkpoint = read_checkpoint(path, settings)
    operators = summarize(checkpoint, storage_of(checkpoint, settings))
    lines = [*_heading(checkpoint, operators)]
    for operator in [each for each in operators if each.states]:
        lines += ["", _operator_line(operator)]
        lines += _aligned([_HEADINGS, *map(_row, operator.states)])
    without = [each.name for each in operators if not each.states]
    if without:
        lines += ["", f"without state: {', '.join(without)}"]
    if any(state.entries is None for operator in operators for state in operator.states):
        lines += ["", "in files: take a savepoint in the canonical form to see entries and bytes"]
    return "\n".join(lines)


def _heading(checkpoint: CompletedCheckpoint, operators: list[OperatorSummary]) -> list[str]:
    from datetime import UTC, datetime

    kind = "savepoint" if checkpoint.is_savepoint else "checkpoint"
    taken = datetime.fromtimestamp(checkpoint.timestamp / 1000, UTC)
    total = sum(operator.size for operator in operators)
    flying = sum(h.size for each in checkpoint.in_flight.values() for h in each.values())
    lines = [
        f"{kind} {checkpoint.checkpoint_id} of job {checkpoint.job_name!r} ({checkpoint.job_id})",
        f"taken     {taken:%Y-%m-%d %H:%M:%S} UTC",
        f"location  {checkpoint.location}",
        f"operators {len(operators)}, {total:,} bytes",
    ]
    if flying:
        lines.append(f"in flight {flying:,} bytes of records that unaligned barriers overtook")
    return lines


def _operator_line(operator: OperatorSummary) -> str:
    return (
        f"{operator.name} (uid {operator.uid}): parallelism {operator.parallelism} of at most "
        f"{operator.max_parallelism}, {operator.size:,} bytes"
    )


def _row(state: StateSummary) -> tuple[str, ...]:
    entries = "in files" if state.entries is None else f"{state.entries:,}"
    size = "in files" if state.size is None else f"{state.size:,}"
    return state.name, state.scope, state.type, entries, size


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if i >= 3 else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
