"""A part file while it is written, and what is needed to make it final."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, BinaryIO, NamedTuple

from hurtig.common.errors import JobExecutionError
from hurtig.common.serialization import BulkWriterFactory
from hurtig.connectors.filesystem.filesystem import FileSystem


class FileCommittable(NamedTuple):
    """A closed part file that becomes visible under ``final`` by a rename; one without ``final``
    is deleted: a copy of it has taken its place."""

    bucket_id: str
    in_progress: str
    final: str
    size: int


class PartFileState(NamedTuple):
    """A part file that a checkpoint found unfinished: its first ``length`` bytes are valid."""

    in_progress: str
    final: str
    length: int
    created: int


class PartFile:
    """A hidden in-progress file; it is also the ``PartFileInfo`` of rolling policies."""

    def __init__(
        self,
        filesystem: FileSystem,
        bucket_id: str,
        in_progress: str,
        final: str,
        now: int,
        stream: BinaryIO,
        size: int = 0,
    ) -> None:
        self._filesystem = filesystem
        self._bucket_id = bucket_id
        self._in_progress = in_progress
        self._final = final
        self._created = self._updated = now
        self._stream = stream
        self._size = size
        self.in_checkpoint = False
        """Whether a checkpoint may refer to it."""

    @staticmethod
    def begin(
        filesystem: FileSystem, directory: str, name: str, bucket_id: str, now: int, job: str = ""
    ) -> PartFile:
        """A new file that will be named ``name``."""
        in_progress = hidden_name(filesystem, directory, name, job)
        stream = filesystem.open_output(in_progress)
        return PartFile(
            filesystem, bucket_id, in_progress, filesystem.join(directory, name), now, stream
        )

    @staticmethod
    def resume(
        filesystem: FileSystem, bucket_id: str, state: PartFileState, job: str = ""
    ) -> PartFile | None:
        """A copy of the file of a checkpoint without what was written after it: whoever wrote
        that may still be writing. ``None`` where it is final already, as the job went on then."""
        directory, _, name = state.final.rpartition("/")
        in_progress = hidden_name(filesystem, directory, name, job)
        try:
            stream = filesystem.open_copy(state.in_progress, state.length, in_progress)
        except FileNotFoundError as e:
            if filesystem.status(state.final) is not None:
                return None
            raise JobExecutionError(
                f"{state.in_progress}, which the checkpoint found unfinished, is gone, and so is "
                f"{state.final}: was the output directory cleaned up?\n"
                "  fix       restore a later checkpoint, or a savepoint: those need no unfinished "
                "files"
            ) from e
        return PartFile(
            filesystem,
            bucket_id,
            in_progress,
            state.final,
            state.created,
            stream,
            state.length,
        )

    def get_bucket_id(self) -> str:
        return self._bucket_id

    def get_creation_time(self) -> int:
        return self._created

    def get_size(self) -> int:
        return self._size

    def get_last_update_time(self) -> int:
        return self._updated

    def write(self, data: bytes, now: int) -> None:
        """Append bytes."""
        self._stream.write(data)
        self._size += len(data)
        self._updated = now

    def snapshot(self) -> PartFileState:
        """Make what is written durable; the state to resume from."""
        self._filesystem.sync(self._stream)
        self.in_checkpoint = True
        return PartFileState(self._in_progress, self._final, self._size, self._created)

    def finish(self) -> FileCommittable:
        """Close the file for good."""
        self._filesystem.sync(self._stream)
        self._stream.close()
        return FileCommittable(self._bucket_id, self._in_progress, self._final, self._size)

    def abandon(self, delete: bool) -> None:
        """Close the file after a failure; what is written stays hidden or is deleted."""
        self._stream.close()
        if delete:
            self._filesystem.delete(self._in_progress)


def hidden_name(filesystem: FileSystem, directory: str, name: str, job: str) -> str:
    """A path that nobody else uses, with the job in it: it may delete the file later."""
    parts = [f".{name}.inprogress", *([job] if job else []), str(uuid.uuid4())]
    return filesystem.join(directory, ".".join(parts))


def of_job(in_progress: str, job: str) -> bool:
    """Whether a hidden file was made by an attempt of this job."""
    return bool(job) and f".inprogress.{job}." in in_progress.rpartition("/")[2]


class BulkPartFile(PartFile):
    """A part file whose content a bulk writer writes."""

    def open_writer(self, factory: BulkWriterFactory) -> None:
        """Called once before the first record."""
        self._counting = _CountingStream(self._stream)
        self._writer = factory.create(self._counting)  # type: ignore[arg-type]

    def get_size(self) -> int:
        return self._counting.count

    def add(self, elements: Sequence[Any], now: int) -> None:
        """Hand records to the bulk writer."""
        self._writer.add_elements(elements)
        self._updated = now

    def snapshot(self) -> PartFileState:
        raise NotImplementedError("a bulk part file is closed at every checkpoint")

    def finish(self) -> FileCommittable:
        self._writer.flush()
        self._writer.finish()
        self._size = self._counting.count
        return super().finish()

    def abandon(self, delete: bool) -> None:
        # A writer that is collected later may still want to write its footer.
        self._counting.discard = True
        super().abandon(delete)


class _CountingStream:
    """Counts what a bulk writer writes; it cannot close the file."""

    closed = False
    mode = "wb"

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.count = 0
        self.discard = False

    def write(self, data: Any) -> int:
        if not self.discard:
            self._stream.write(data)
        written = memoryview(data).nbytes
        self.count += written
        return written

    def tell(self) -> int:
        return self.count

    def flush(self) -> None:
        if not self.discard:
            self._stream.flush()

    def close(self) -> None:
        pass

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False
