"""A bucket: the part files of one directory, written one after the other."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from hurtig.common.serialization import BulkWriterFactory, Encoder, MalformedRecordError
from hurtig.connectors.filesystem.encoding import encode_records
from hurtig.connectors.filesystem.filesystem import FileSystem
from hurtig.connectors.filesystem.output_file_config import OutputFileConfig
from hurtig.connectors.filesystem.part_file import (
    BulkPartFile,
    FileCommittable,
    PartFile,
    PartFileState,
    of_job,
)
from hurtig.connectors.filesystem.rolling_policy import RollingPolicy, size_limit
from hurtig.connectors.sink import SinkContext


class BucketSettings(NamedTuple):
    """What all buckets of a writer share. ``unique_id`` names the writer in part file names,
    ``None`` gives each bucket a random one."""

    filesystem: FileSystem
    base_path: str
    policy: RollingPolicy
    output: OutputFileConfig
    unique_id: str | None
    context: SinkContext


class BucketState(NamedTuple):
    """What a checkpoint keeps of a bucket."""

    bucket_id: str
    unique_id: str
    counter: int
    part: PartFileState | None
    replaced: tuple[str, ...] = ()
    """Unfinished files of earlier attempts, to be deleted at the end."""


_Part = TypeVar("_Part", bound=PartFile)


class Bucket(ABC, Generic[_Part]):
    """Base of row and bulk buckets."""

    def __init__(self, settings: BucketSettings, bucket_id: str) -> None:
        self._settings = settings
        self._policy = settings.policy
        self._limit = size_limit(settings.policy)
        self.bucket_id = bucket_id
        self._directory = settings.filesystem.join(settings.base_path, bucket_id)
        self._unique_id = settings.unique_id or str(uuid.uuid4())
        self._counter = 0
        self._part: _Part | None = None
        self.pending: list[FileCommittable] = []
        """Closed files, not yet handed to the committer."""
        self._job = settings.context.job_id[:8]
        self._in_checkpoints: set[str] = set()
        """Those of the closed files that a checkpoint may still need unfinished."""
        self._replaced: list[str] = []
        """Unfinished files of an earlier attempt that were copied."""

    @property
    def active(self) -> bool:
        """Whether it holds anything."""
        return self._part is not None or bool(self.pending) or bool(self._replaced)

    @abstractmethod
    def write(self, elements: Sequence[Any], now: int) -> None:
        """Write records, closing files as the policy says."""

    @abstractmethod
    def _begin(self, name: str, now: int) -> _Part:
        """A new part file."""

    def snapshot(self, checkpoint_id: int) -> BucketState | None:
        """What is needed to go on after a failure."""
        part = None if self._part is None else self._part.snapshot()
        if part is None and not self._replaced and self._settings.unique_id is None:
            return None
        replaced = tuple(self._replaced)
        return BucketState(self.bucket_id, self._unique_id, self._counter, part, replaced)

    def restore(self, state: BucketState) -> None:
        """Go on with what a checkpoint found."""
        if self._settings.unique_id is None and self._part is None:
            self._unique_id, self._counter = state.unique_id, state.counter
        self._replaced += [path for path in state.replaced if of_job(path, self._job)]
        if state.part is not None:
            self._resume(state.part)

    def start_at(self, counter: int) -> None:
        """The number of the first part file."""
        self._counter = counter

    def _resume(self, part: PartFileState) -> None:
        raise AssertionError(f"{type(self).__name__} has no part file to resume: {part}")

    def roll(self) -> None:
        """Close the part file in hand."""
        if self._part is not None:
            part, self._part = self._part, None
            self.pending.append(part.finish())
            if part.in_checkpoint:
                self._in_checkpoints.add(self.pending[-1].in_progress)

    def hand_over(self, end_of_input: bool = False) -> list[FileCommittable]:
        """The closed files; at the end also what is to be deleted once they are final. Until then
        any retained checkpoint, not the newest alone, may need it."""
        files, self.pending = self.pending, []
        self._in_checkpoints.clear()
        if not end_of_input:
            return files
        replaced, self._replaced = self._replaced, []
        return files + [FileCommittable(self.bucket_id, path, "", 0) for path in replaced]

    def on_checkpoint(self, end_of_input: bool) -> None:
        """Close the part file where a checkpoint or the end asks for it."""
        part = self._part
        if part is not None and (end_of_input or self._policy.should_roll_on_checkpoint(part)):
            self.roll()

    def on_processing_time(self, now: int) -> None:
        """Close the part file where the clock asks for it."""
        part = self._part
        if part is not None and self._policy.should_roll_on_processing_time(part, now):
            self.roll()

    def abandon(self, keep: bool) -> None:
        """Give everything up after a failure; ``keep`` what a checkpoint may need."""
        if self._part is not None:
            part, self._part = self._part, None
            part.abandon(delete=not (keep and part.in_checkpoint))
        for committable in self.pending:
            if not (keep and committable.in_progress in self._in_checkpoints):
                self._settings.filesystem.delete(committable.in_progress)

    def _open_part(self, now: int) -> _Part:
        if self._part is None:
            output = self._settings.output
            while True:
                name = (
                    f"{output.get_part_prefix()}-{self._unique_id}-{self._counter}"
                    f"{output.get_part_suffix()}"
                )
                self._counter += 1
                filesystem = self._settings.filesystem
                # Names by subtask come again in the next run.
                if (
                    self._settings.unique_id is None
                    or filesystem.status(filesystem.join(self._directory, name)) is None
                ):
                    break
            self._part = self._begin(name, now)
        return self._part


class RowBucket(Bucket[PartFile]):
    """Records one after the other, each encoded on its own."""

    def __init__(self, settings: BucketSettings, bucket_id: str, encoder: Encoder) -> None:
        super().__init__(settings, bucket_id)
        self._encoder = encoder

    def write(self, elements: Sequence[Any], now: int) -> None:
        limit = self._limit
        if limit is not None:
            joined = self._encoder.encode_all(elements)
            if joined is not None and self._fits(len(joined), limit):
                self._open_part(now).write(joined, now)
                return
        elements, encoded = encode_records(
            self._encoder, elements, self._settings.context, self._directory
        )
        if limit is not None and self._fits(sum(map(len, encoded)), limit):
            if encoded:
                self._open_part(now).write(b"".join(encoded), now)
            return
        policy = self._policy
        for element, data in zip(elements, encoded, strict=True):
            part = self._part
            if part is not None and policy.should_roll_on_event(part, element):
                self.roll()
            self._open_part(now).write(data, now)

    def _fits(self, size: int, limit: int) -> bool:
        return not limit or size + (0 if self._part is None else self._part.get_size()) <= limit

    def _resume(self, part: PartFileState) -> None:
        resumed = PartFile.resume(self._settings.filesystem, self.bucket_id, part, self._job)
        if resumed is None:
            return
        if of_job(part.in_progress, self._job):
            self._replaced.append(part.in_progress)
        if self._part is None:
            self._part = resumed
        else:
            # Another writer's file of this bucket, after a change of parallelism.
            self.pending.append(resumed.finish())

    def _begin(self, name: str, now: int) -> PartFile:
        return PartFile.begin(
            self._settings.filesystem, self._directory, name, self.bucket_id, now, self._job
        )


class BulkBucket(Bucket[BulkPartFile]):
    """Records handed to a bulk writer; every checkpoint closes the file."""

    def __init__(
        self, settings: BucketSettings, bucket_id: str, factory: BulkWriterFactory
    ) -> None:
        super().__init__(settings, bucket_id)
        self._factory = factory

    def write(self, elements: Sequence[Any], now: int) -> None:
        limit = self._limit
        if limit is not None:
            if limit and self._part is not None and self._part.get_size() > limit:
                self.roll()
            self._add(elements, now)
            return
        for element in elements:
            part = self._part
            if part is not None and self._policy.should_roll_on_event(part, element):
                self.roll()
            self._add([element], now)

    def _add(self, elements: Sequence[Any], now: int) -> None:
        part = self._open_part(now)
        try:
            part.add(elements, now)
            return
        except MalformedRecordError:
            pass  # the writer took none of them
        for element in elements:
            try:
                part.add([element], now)
            except MalformedRecordError as e:
                self._settings.context.bad_record(str(e), self._directory, element)

    def on_checkpoint(self, end_of_input: bool) -> None:
        self.roll()

    def _begin(self, name: str, now: int) -> BulkPartFile:
        begun = PartFile.begin(
            self._settings.filesystem, self._directory, name, self.bucket_id, now, self._job
        )
        part = BulkPartFile(
            begun._filesystem, self.bucket_id, begun._in_progress, begun._final, now, begun._stream
        )
        part.open_writer(self._factory)
        return part
