"""The content of one savepoint or checkpoint, as Arrow tables."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from hashlib import md5
from typing import TYPE_CHECKING, Any

from hurtig.checkpoint.handles import OperatorState
from hurtig.checkpoint.inspect import OperatorSummary, StateSummary, storage_of, summarize
from hurtig.checkpoint.metadata import read_checkpoint
from hurtig.checkpoint.restore import load_operator
from hurtig.common.errors import HurtigError
from hurtig.savepoint.blocks import read_blocks
from hurtig.savepoint.columns import array, keys_array, namespace_columns
from hurtig.state.codec import decode
from hurtig.state.files_snapshot import FilesSnapshot
from hurtig.state.operator_state import BROADCAST, redistribute
from hurtig.state.snapshot import KeyedStateSnapshot, OperatorSnapshot
from hurtig.state.timer_snapshot import read_timers
from hurtig.state.timers import InternalTimerService
from hurtig.state.unpickling import StateLoads

if TYPE_CHECKING:
    import pyarrow


class SavepointReadError(HurtigError):
    """What was asked for is not in the savepoint, or cannot be read."""


class Savepoint:
    """A savepoint or checkpoint on a disk or in an object store. Nothing of it is changed.

    Values that the program did not give a type to are pickles: their classes must be importable.
    """

    def __init__(self, path: str, settings: Mapping[str, str] | None = None) -> None:
        self._settings = dict(settings or {})
        self._checkpoint = read_checkpoint(path, settings)
        self._storage = storage_of(self._checkpoint, settings)
        self._summaries: list[OperatorSummary] | None = None

    @staticmethod
    def load(path: str, settings: Mapping[str, str] | None = None) -> Savepoint:
        """Read the metadata at a path or URL. ``settings`` may hold keys such as ``s3.endpoint``.

        Raises ``CheckpointDamagedError`` where there is none that can be used.
        """
        return Savepoint(path, settings)

    @property
    def checkpoint_id(self) -> int:
        """Its number in the job that took it."""
        return self._checkpoint.checkpoint_id

    @property
    def job_name(self) -> str:
        """Of the job that took it."""
        return self._checkpoint.job_name

    @property
    def job_id(self) -> str:
        """Of the job that took it."""
        return self._checkpoint.job_id

    @property
    def timestamp(self) -> int:
        """When it was triggered, epoch ms."""
        return self._checkpoint.timestamp

    @property
    def is_savepoint(self) -> bool:
        """Else it is a checkpoint."""
        return self._checkpoint.is_savepoint

    def operators(self) -> list[OperatorSummary]:
        """The operators, each with its states; runs no code of the program."""
        if self._summaries is None:
            self._summaries = summarize(self._checkpoint, self._storage)
        return self._summaries

    def read_keyed_state(self, uid: str, state_name: str) -> pyarrow.Table:
        """One row for each value, list element or map entry of a keyed state.

        Columns: ``key``; ``window_start`` and ``window_end`` (epoch ms) of state of windows;
        ``map_key`` of map state; ``value``; ``written`` (epoch ms) of state with a time to live.
        ``uid`` is what ``uid(...)`` was called with, the hash that stands for it, or the name of
        an operator that is the only one of that name.
        """
        import pyarrow

        operator = self._operator(uid)
        self._state(operator, state_name, ("keyed",))
        blocks = []
        for snapshot in [keyed for keyed, _ in self._keyed(operator) if keyed is not None]:
            blocks += [b for b in snapshot.blocks if b.state.name == state_name]
        try:
            entries = read_blocks(blocks, operator.max_parallelism)
        except Exception as e:
            raise self._unreadable(operator, state_name, e) from e
        columns = {"key": keys_array(entries.keys), **namespace_columns(entries.namespaces)}
        if entries.map_keys:
            columns["map_key"] = array(entries.map_keys)
        columns["value"] = array(entries.values)
        if entries.times:
            columns["written"] = pyarrow.array(entries.times, pyarrow.int64())
        return pyarrow.table(columns)

    def read_timers(self, uid: str) -> pyarrow.Table:
        """One row a timer: ``domain`` (``EVENT_TIME``, ``PROCESSING_TIME``), ``timestamp`` (epoch
        ms), ``key``, and the window of those of windows."""
        import pyarrow

        operator = self._operator(uid)
        domains: list[str] = []
        timers: list[Any] = []
        for snapshot in [timers for _, timers in self._keyed(operator) if timers is not None]:
            for domain, found in read_timers(snapshot):
                before = len(timers)
                timers += found
                domains += [domain] * (len(timers) - before)
        return pyarrow.table(
            {
                "domain": pyarrow.array(domains, pyarrow.string()),
                "timestamp": pyarrow.array([t[0] for t in timers], pyarrow.int64()),
                "key": keys_array([t[1] for t in timers]),
                **namespace_columns([t[2] for t in timers]),
            }
        )

    def read_operator_state(self, uid: str, state_name: str) -> pyarrow.Table:
        """The elements of a list state as ``value``; the entries of a broadcast state as ``key``
        and ``value``, once."""
        import pyarrow

        operator = self._operator(uid)
        self._state(operator, state_name, ("split", "union", "broadcast"))
        snapshots = [s.operator_state for s in self._load(operator, ()) if s.operator_state]
        mode, meta, parts = redistribute(snapshots, 1)[0].states[state_name]
        try:
            types = meta.value_types() or (None, None)
            loads = StateLoads()
            count = 2 if mode == BROADCAST else 1
            columns = [
                array([decode(part, types[i], loads)[0] for part in parts[i::count]])
                for i in range(count)
            ]
        except Exception as e:
            raise self._unreadable(operator, state_name, e) from e
        names = ["key", "value"] if mode == BROADCAST else ["value"]
        return pyarrow.table(dict(zip(names, columns, strict=True)))

    # -- parts --------------------------------------------------------------------------------

    def _operator(self, uid: str) -> OperatorState:
        operators = self._checkpoint.operators
        for known in (uid, md5(uid.encode()).hexdigest()):
            if known in operators:
                return operators[known]
        named = [each for each in operators.values() if each.name == uid]
        if len(named) == 1:
            return named[0]
        there = ", ".join(f"{each.uid} ({each.name})" for each in operators.values()) or "none"
        raise SavepointReadError(
            f"there {'are several operators' if named else 'is no operator'} {uid!r} in "
            f"{self._checkpoint.location}: name one of {there}"
        )

    def _state(self, operator: OperatorState, name: str, scopes: tuple[str, ...]) -> StateSummary:
        summary = next(each for each in self.operators() if each.uid == operator.uid)
        found = [state for state in summary.states if state.scope in scopes]
        for state in found:
            if state.name == name:
                return state
        there = ", ".join(repr(state.name) for state in found) or "none"
        raise SavepointReadError(
            f"operator {operator.name} ({operator.uid}) has no {' or '.join(scopes)} state "
            f"{name!r}: it has {there}"
        )

    def _load(
        self, operator: OperatorState, with_files: tuple[int, ...] | None
    ) -> list[OperatorSnapshot]:
        from tempfile import gettempdir

        states = [state for _, state in sorted(operator.subtasks.items())]
        return load_operator(self._storage, states, gettempdir(), with_files=with_files)

    def _keyed(
        self, operator: OperatorState
    ) -> list[tuple[KeyedStateSnapshot | None, KeyedStateSnapshot | None]]:
        """Keyed state and timers."""
        found: list[tuple[KeyedStateSnapshot | None, KeyedStateSnapshot | None]] = []
        for snapshot in self._load(operator, None):
            if isinstance(snapshot.keyed, FilesSnapshot):
                try:
                    found.append(self._from_files(operator, snapshot.keyed))
                finally:
                    snapshot.keyed.release()
                found.append((None, snapshot.timers))
            else:
                found.append((snapshot.keyed, snapshot.timers))
        return found

    def _from_files(
        self, operator: OperatorState, files: FilesSnapshot
    ) -> tuple[KeyedStateSnapshot, KeyedStateSnapshot]:
        """Open the database in a folder of its own."""
        from tempfile import mkdtemp

        from hurtig.state.backends.rocksdb.backend import RocksDBKeyedStateBackend
        from hurtig.state.backends.rocksdb.settings import RocksDBSettings

        folder = mkdtemp(prefix="hurtig-savepoint-")
        settings = RocksDBSettings({**self._settings, "state.backend.rocksdb.localdir": folder})
        groups = range(*files.header["key_groups"])
        limit = operator.max_parallelism

        def clock() -> int:
            return self.timestamp

        backend = RocksDBKeyedStateBackend(limit, clock, settings, groups)
        timers = InternalTimerService(clock, backend, backend.timer_queue)
        try:
            backend.restore([files], groups)
            snapshot = backend.snapshot(0, canonical=True)
            assert isinstance(snapshot, KeyedStateSnapshot)
            return snapshot, timers.snapshot(0, limit)
        finally:
            backend.close()
            shutil.rmtree(folder, ignore_errors=True)

    def _unreadable(self, operator: OperatorState, name: str, cause: Exception) -> HurtigError:
        return SavepointReadError(
            f"state {name!r} of operator {operator.name} ({operator.uid}) cannot be read: {cause}"
        )
