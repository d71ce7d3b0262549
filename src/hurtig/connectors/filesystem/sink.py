"""FileSink: part files in buckets, visible only when they are complete."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from hurtig.common.serialization import BulkWriterFactory, Encoder
from hurtig.common.time import to_millis
from hurtig.connectors.filesystem.bucket import Bucket, BucketSettings, BulkBucket, RowBucket
from hurtig.connectors.filesystem.bucket_assigner import BucketAssigner
from hurtig.connectors.filesystem.committer import FileCommitter
from hurtig.connectors.filesystem.compaction import (
    Compaction,
    FileCompactor,
    FileCompactStrategy,
)
from hurtig.connectors.filesystem.filesystem import plain_path, resolve
from hurtig.connectors.filesystem.output_file_config import OutputFileConfig
from hurtig.connectors.filesystem.rolling_policy import RollingPolicy
from hurtig.connectors.filesystem.writer import FileWriter
from hurtig.connectors.preprocessing import StreamTransformer, SupportsPreprocessing
from hurtig.connectors.sink import Committer, Sink, SinkContext, SinkWriter


class FileSinkSettings(NamedTuple):
    """Everything a file sink is made of; exactly one of ``encoder`` and ``factory`` is given."""

    base_path: str
    encoder: Encoder | None
    factory: BulkWriterFactory | None
    assigner: BucketAssigner
    policy: RollingPolicy
    output: OutputFileConfig
    bucket_check_interval: int = 60_000
    compact_strategy: FileCompactStrategy | None = None
    compactor: FileCompactor | None = None


class FileSink(Sink, SupportsPreprocessing):
    """Writes part files below a base path. Mirrors Flink's ``FileSink``; made by its two methods.

    A part file is hidden (``.part-...inprogress...``) while it is written and renamed to
    ``<prefix>-<unique id>-<counter><suffix>`` when it is committed: behind a checkpoint, or
    without checkpoints when it is closed and at the end of the input.
    """

    def __init__(self, settings: FileSinkSettings) -> None:
        self._settings = settings

    @staticmethod
    def for_row_format(base_path: str, encoder: Encoder) -> RowFormatBuilder:
        """A builder for files into which records are written one after the other."""
        return FileSink.RowFormatBuilder(base_path, encoder)

    @staticmethod
    def for_bulk_format(base_path: str, writer_factory: BulkWriterFactory) -> BulkFormatBuilder:
        """A builder for files that a bulk writer writes; they roll at every checkpoint."""
        return FileSink.BulkFormatBuilder(base_path, writer_factory)

    def get_transformer(self) -> StreamTransformer | None:
        """None: the records go into the sink as they are."""
        return None

    def create_writer(self, context: SinkContext) -> SinkWriter:
        """The writer of one subtask."""
        settings = self._settings
        filesystem, base_path = resolve(settings.base_path)
        shared = BucketSettings(
            filesystem,
            base_path,
            settings.policy,
            settings.output,
            self._unique_id(context),
            context,
        )
        return FileWriter(
            context,
            shared,
            settings.assigner,
            self._make_bucket,
            settings.bucket_check_interval,
        )

    def create_committer(self) -> Committer:
        """Renames closed files, and compacts them where that is enabled."""
        settings = self._settings
        filesystem, base_path = resolve(settings.base_path)
        compaction = None
        if settings.compact_strategy is not None and settings.compactor is not None:
            compaction = Compaction(
                filesystem, base_path, settings.compact_strategy, settings.compactor
            )
        return FileCommitter(filesystem, compaction)

    def _make_bucket(self, shared: BucketSettings, bucket_id: str) -> Bucket[Any]:
        settings = self._settings
        if settings.encoder is not None:
            if not shared.filesystem.can_resume:
                return _RowBucketThatRolls(shared, bucket_id, settings.encoder)
            return RowBucket(shared, bucket_id, settings.encoder)
        assert settings.factory is not None
        return BulkBucket(shared, bucket_id, settings.factory)

    def _unique_id(self, context: SinkContext) -> str | None:
        return None

    class BaseBuilder:
        """What both builders set."""

        def __init__(
            self, base_path: str, encoder: Encoder | None, factory: BulkWriterFactory | None
        ) -> None:
            policy = (
                RollingPolicy.default_rolling_policy()
                if encoder is not None
                else RollingPolicy.on_checkpoint_rolling_policy()
            )
            self._settings = FileSinkSettings(
                plain_path(base_path, "FileSink"),
                encoder,
                factory,
                BucketAssigner.date_time_bucket_assigner(),
                policy,
                OutputFileConfig.builder().build(),
            )

        def with_bucket_check_interval(self: _Builder, interval: Any) -> _Builder:
            """How often (ms) the policy is asked whether time closes a file; 60000 by default."""
            millis = to_millis(interval, "bucket check interval")
            if millis <= 0:
                raise ValueError(f"the bucket check interval must be positive, got {interval!r}")
            return self._set(bucket_check_interval=millis)

        def with_bucket_assigner(self: _Builder, bucket_assigner: BucketAssigner) -> _Builder:
            """The directory of each record; by default ``yyyy-MM-dd--HH`` of the clock."""
            return self._set(assigner=_instance(bucket_assigner, BucketAssigner))

        def with_output_file_config(
            self: _Builder, output_file_config: OutputFileConfig
        ) -> _Builder:
            """Prefix and suffix of part files."""
            return self._set(output=_instance(output_file_config, OutputFileConfig))

        def with_rolling_policy(self: _Builder, rolling_policy: RollingPolicy) -> _Builder:
            """When a part file is closed."""
            return self._set(policy=_instance(rolling_policy, RollingPolicy))

        def enable_compact(
            self: _Builder, strategy: FileCompactStrategy, compactor: FileCompactor
        ) -> _Builder:
            """Make one file of several small ones after they are committed."""
            return self._set(
                compact_strategy=_instance(strategy, FileCompactStrategy),
                compactor=_instance(compactor, FileCompactor),
            )

        def disable_compact(self: _Builder) -> _Builder:
            """No compaction."""
            return self._set(compact_strategy=None, compactor=None)

        def build(self) -> FileSink:
            """The sink."""
            return FileSink(self._settings)

        def _set(self: _Builder, **changes: Any) -> _Builder:
            self._settings = self._settings._replace(**changes)
            return self

    class RowFormatBuilder(BaseBuilder):
        """Builder of a row-format sink."""

        def __init__(self, base_path: str, encoder: Encoder) -> None:
            super().__init__(base_path, _instance(encoder, Encoder), None)

    class BulkFormatBuilder(BaseBuilder):
        """Builder of a bulk-format sink."""

        def __init__(self, base_path: str, writer_factory: BulkWriterFactory) -> None:
            super().__init__(base_path, None, _instance(writer_factory, BulkWriterFactory))

        def with_rolling_policy(self: _BulkBuilder, rolling_policy: RollingPolicy) -> _BulkBuilder:
            """A policy that rolls at every checkpoint: an open bulk file cannot be resumed."""
            from hurtig.connectors.filesystem.rolling_policy import OnCheckpointRollingPolicy

            if not isinstance(rolling_policy, OnCheckpointRollingPolicy):
                raise ValueError(
                    "bulk formats need an OnCheckpointRollingPolicy: a half-written bulk file "
                    f"cannot be resumed after a failure, got {rolling_policy!r}"
                )
            return self._set(policy=rolling_policy)


class _RowBucketThatRolls(RowBucket):
    """Every checkpoint closes the file: on this file system an unfinished one is lost."""

    def on_checkpoint(self, end_of_input: bool) -> None:
        self.roll()


_Builder = TypeVar("_Builder", bound=FileSink.BaseBuilder)
_BulkBuilder = TypeVar("_BulkBuilder", bound=FileSink.BulkFormatBuilder)
_T = TypeVar("_T")
RowFormatBuilder = FileSink.RowFormatBuilder
BulkFormatBuilder = FileSink.BulkFormatBuilder


def _instance(value: _T, kind: type[Any]) -> _T:
    if not isinstance(value, kind):
        raise TypeError(f"expected a {kind.__name__}, got {value!r}")
    return value
