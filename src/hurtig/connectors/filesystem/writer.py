"""The writer of a file sink: sorts records into buckets and closes part files in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hurtig.connectors.filesystem.bucket import (
    Bucket,
    BucketSettings,
    BucketState,
)
from hurtig.connectors.filesystem.bucket_assigner import BucketAssigner, BucketContext
from hurtig.connectors.filesystem.part_file import FileCommittable, PartFileState
from hurtig.connectors.sink import SinkContext, SinkWriter
from hurtig.connectors.user_code import bad_user_record
from hurtig.messages import MIN_TIMESTAMP, RowBatch

MakeBucket = Callable[[BucketSettings, str], Bucket[Any]]


class FileWriter(SinkWriter):
    """One subtask of a file sink.

    With checkpoints, closed files go to the committer behind the next one. Without them each
    closed file becomes final at once, and the last ones at the end of the input.
    """

    def __init__(
        self,
        context: SinkContext,
        settings: BucketSettings,
        assigner: BucketAssigner,
        make_bucket: MakeBucket,
        bucket_check_interval: int,
    ) -> None:
        self._context = context
        self._settings = settings
        self._assigner = assigner
        self._make_bucket = make_bucket
        self._interval = bucket_check_interval
        self._buckets: dict[str, Bucket[Any]] = {}
        self._first_counter = 0
        self._watermark = MIN_TIMESTAMP
        self._time = context.processing_time
        self._cancel = self._time.schedule(self._time.now() + self._interval, self._check_buckets)

    def write_batch(self, batch: RowBatch) -> None:
        now = self._time.now()
        common = self._assigner.common_bucket_id(BucketContext(now, self._watermark))
        if common is not None:
            self._bucket(common).write(batch.values, now)
        else:
            for bucket_id, values in self._assign(batch, now).items():
                self._bucket(bucket_id).write(values, now)
        if not self._context.checkpointing:
            self._commit_closed()

    def write_watermark(self, timestamp: int) -> None:
        self._watermark = timestamp

    def prepare_commit(self, end_of_input: bool = False) -> list[Any]:
        committables: list[FileCommittable] = []
        for bucket_id, bucket in list(self._buckets.items()):
            bucket.on_checkpoint(end_of_input)
            committables += bucket.hand_over(end_of_input)
            if not bucket.active and self._settings.unique_id is None:
                del self._buckets[bucket_id]
        return [tuple(committable) for committable in committables]

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        states = [bucket.snapshot(checkpoint_id) for bucket in self._buckets.values()]
        return [tuple(state) for state in states if state is not None]

    def restore_state(self, states: list[Any]) -> None:
        restored = [
            BucketState(bucket_id, unique_id, counter, part and PartFileState(*part), *rest)
            for bucket_id, unique_id, counter, part, *rest in states
        ]
        if self._settings.unique_id is not None:
            # No name is given twice, whichever subtask gave it first.
            self._first_counter = max([state.counter for state in restored], default=0)
        for state in restored:
            self._bucket(state.bucket_id).restore(state)

    def close(self) -> None:
        self._cancel()
        buckets, self._buckets = self._buckets, {}
        for bucket in buckets.values():
            bucket.abandon(keep=self._context.checkpointing)

    def _assign(self, batch: RowBatch, now: int) -> dict[str, list[Any]]:
        get_bucket_id = self._assigner.get_bucket_id
        groups: dict[str, list[Any]] = {}
        timestamps = batch.timestamps
        context = BucketContext(now, self._watermark)
        for i, value in enumerate(batch.values):
            if timestamps is not None:
                timestamp = timestamps[i]
                context._timestamp = None if timestamp == MIN_TIMESTAMP else timestamp
            try:
                bucket_id = get_bucket_id(value, context)
            except Exception as e:
                bad_user_record(self._context, e, value)
                continue
            group = groups.get(bucket_id)
            if group is None:
                groups[bucket_id] = [value]
            else:
                group.append(value)
        return groups

    def _bucket(self, bucket_id: str) -> Bucket[Any]:
        bucket = self._buckets.get(bucket_id)
        if bucket is None:
            if not isinstance(bucket_id, str) or ".." in bucket_id.split("/"):
                raise ValueError(
                    f"a bucket id is a relative path below the base path, got {bucket_id!r} "
                    f"from {type(self._assigner).__name__}"
                )
            bucket = self._make_bucket(self._settings, bucket_id.strip("/"))
            bucket.start_at(self._first_counter)
            self._buckets[bucket_id] = bucket
        return bucket

    def _check_buckets(self, timestamp: int) -> None:
        now = self._time.now()
        for bucket in self._buckets.values():
            bucket.on_processing_time(now)
        if not self._context.checkpointing:
            self._commit_closed()
        self._cancel = self._time.schedule(now + self._interval, self._check_buckets)

    def _commit_closed(self) -> None:
        for bucket in self._buckets.values():
            if bucket.pending:
                pending, bucket.pending = bucket.pending, []
                self._context.commit(pending)
