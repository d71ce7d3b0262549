"""Compaction: small committed part files become one.

It works on files that are already committed, so it may stop at any point. A plan is written before
anything is replaced: after a crash the first commit of the next run carries it out.
"""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import BinaryIO

from hurtig.connectors.filesystem.filesystem import FileSystem
from hurtig.connectors.filesystem.part_file import FileCommittable

_PLAN = ".compaction-"
_CHUNK = 1 << 20


class FileCompactor(ABC):
    """Writes one file from several. Subclass it or use one of the two."""

    one_input: bool = False
    """Whether each file is compacted on its own."""

    @abstractmethod
    def compact(self, inputs: Sequence[BinaryIO], output: BinaryIO) -> None:
        """Write the content of ``inputs`` to ``output``."""

    @staticmethod
    def concat_file_compactor(file_delimiter: bytes | str | None = None) -> FileCompactor:
        """One file after the other, with ``file_delimiter`` between them."""
        return _ConcatFileCompactor(file_delimiter)

    @staticmethod
    def identical_file_compactor() -> FileCompactor:
        """Each file as it is, under the name of a compacted one."""
        return _IdenticalFileCompactor()


class _ConcatFileCompactor(FileCompactor):
    def __init__(self, file_delimiter: bytes | str | None) -> None:
        delimiter = file_delimiter or b""
        self._delimiter = delimiter.encode() if isinstance(delimiter, str) else bytes(delimiter)

    def compact(self, inputs: Sequence[BinaryIO], output: BinaryIO) -> None:
        for i, file in enumerate(inputs):
            if i and self._delimiter:
                output.write(self._delimiter)
            while chunk := file.read(_CHUNK):
                output.write(chunk)


class _IdenticalFileCompactor(_ConcatFileCompactor):
    one_input = True

    def __init__(self) -> None:
        super().__init__(None)


class FileCompactStrategy:
    """When the files of a bucket are compacted: at a size, or after so many checkpoints."""

    def __init__(
        self, size_threshold: int, num_checkpoints_before_compaction: int, num_compact_threads: int
    ) -> None:
        self.size_threshold = size_threshold
        self.num_checkpoints_before_compaction = num_checkpoints_before_compaction
        self.num_compact_threads = num_compact_threads

    @staticmethod
    def builder() -> Builder:
        """A builder without conditions."""
        return FileCompactStrategy.Builder()

    class Builder:
        """Builder of :class:`FileCompactStrategy`; one of the two conditions is needed."""

        def __init__(self) -> None:
            self._size = -1
            self._checkpoints = -1
            self._threads = 1

        def set_size_threshold(self, size_threshold: int) -> FileCompactStrategy.Builder:
            """Compact once the files of a bucket have this many bytes together."""
            self._size = size_threshold
            return self

        def enable_compaction_on_checkpoint(
            self, num_checkpoints_before_compaction: int
        ) -> FileCompactStrategy.Builder:
            """Compact after so many checkpoints."""
            if num_checkpoints_before_compaction <= 0:
                raise ValueError(
                    "num_checkpoints_before_compaction must be positive, "
                    f"got {num_checkpoints_before_compaction}"
                )
            self._checkpoints = num_checkpoints_before_compaction
            return self

        def set_num_compact_threads(self, num_compact_threads: int) -> FileCompactStrategy.Builder:
            """How many buckets are compacted at a time."""
            if num_compact_threads <= 0:
                raise ValueError(f"num_compact_threads must be positive, got {num_compact_threads}")
            self._threads = num_compact_threads
            return self

        def build(self) -> FileCompactStrategy:
            """The strategy; ValueError without a condition."""
            if self._size < 0 and self._checkpoints < 0:
                raise ValueError(
                    "a FileCompactStrategy needs set_size_threshold(...) or "
                    "enable_compaction_on_checkpoint(...)"
                )
            return FileCompactStrategy(self._size, self._checkpoints, self._threads)


class Compaction:
    """Collects committed files of each bucket and compacts them when it is time."""

    def __init__(
        self,
        filesystem: FileSystem,
        base_path: str,
        strategy: FileCompactStrategy,
        compactor: FileCompactor,
    ) -> None:
        self._filesystem = filesystem
        self._base_path = base_path
        self._strategy = strategy
        self._compactor = compactor
        self._files: dict[str, list[FileCommittable]] = {}
        self._recovered = False
        self._commits = 0

    def after_commit(self, files: list[FileCommittable]) -> None:
        """Take committed files; compact the buckets that are due."""
        if not self._recovered:
            self._recovered = True
            if self._filesystem.status(self._base_path) is not None:
                self._recover(self._base_path)
        for file in files:
            directory = file.final.rpartition("/")[0]
            self._files.setdefault(directory, []).append(file)
        self._commits += 1
        strategy = self._strategy
        if 0 < strategy.num_checkpoints_before_compaction <= self._commits:
            self._commits = 0
            self._compact(list(self._files))
        elif strategy.size_threshold >= 0:
            self._compact(
                [
                    directory
                    for directory, held in self._files.items()
                    if sum(f.size for f in held) >= strategy.size_threshold
                ]
            )

    def finish(self) -> None:
        """Compact what is left."""
        self._compact(list(self._files))

    def _compact(self, directories: list[str]) -> None:
        groups = []
        for directory in directories:
            files = [file.final for file in self._files.pop(directory)]
            groups += [[f] for f in files] if self._compactor.one_input else [files]
        threads = min(self._strategy.num_compact_threads, len(groups))
        if threads > 1:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(self._compact_group, groups))
        else:
            for group in groups:
                self._compact_group(group)

    def _compact_group(self, inputs: list[str]) -> None:
        filesystem = self._filesystem
        directory, _, first = inputs[0].rpartition("/")
        written = filesystem.join(directory, f".compacted-{first}.{uuid.uuid4()}")
        target = filesystem.join(directory, f"compacted-{first}")
        opened = [filesystem.open_input(path) for path in inputs]
        try:
            with filesystem.open_output(written) as output:
                self._compactor.compact(opened, output)
                filesystem.sync(output)
        except BaseException:
            filesystem.delete(written)
            raise
        finally:
            for file in opened:
                file.close()
        plan = filesystem.join(directory, f"{_PLAN}{uuid.uuid4()}")
        import json

        content = {"written": written, "target": target, "inputs": inputs}
        with filesystem.open_output(f"{plan}.tmp") as output:
            output.write(json.dumps(content).encode())
            filesystem.sync(output)
        filesystem.move(f"{plan}.tmp", plan)
        self._carry_out(plan, written, target, inputs)

    def _carry_out(self, plan: str, written: str, target: str, inputs: list[str]) -> None:
        filesystem = self._filesystem
        try:
            filesystem.move(written, target)
        except OSError:
            if filesystem.status(target) is None:
                raise
        for path in inputs:
            filesystem.delete(path)
        filesystem.sync_directory(target.rpartition("/")[0] or ".")
        filesystem.delete(plan)

    def _recover(self, directory: str) -> None:
        """Carry out the plans that an earlier run left below ``directory``."""
        import json

        for entry in list(self._filesystem.list(directory or ".")):
            name = entry.path.rpartition("/")[2]
            if entry.is_directory:
                self._recover(entry.path)
            elif name.startswith(_PLAN) and not name.endswith(".tmp"):
                with self._filesystem.open_input(entry.path) as file:
                    plan = json.loads(file.read())
                self._carry_out(entry.path, plan["written"], plan["target"], plan["inputs"])
