"""Files as sources and sinks (``pyflink.datastream.connectors.file_system``)."""

from __future__ import annotations

from hurtig.connectors.filesystem.bucket_assigner import BucketAssigner
from hurtig.connectors.filesystem.compaction import FileCompactor, FileCompactStrategy
from hurtig.connectors.filesystem.file_enumerator import FileEnumeratorProvider
from hurtig.connectors.filesystem.output_file_config import OutputFileConfig
from hurtig.connectors.filesystem.rolling_policy import (
    DefaultRollingPolicy,
    OnCheckpointRollingPolicy,
    RollingPolicy,
)
from hurtig.connectors.filesystem.sink import FileSink
from hurtig.connectors.filesystem.source import FileSource, FileSourceBuilder
from hurtig.connectors.filesystem.split_assigner import FileSplitAssignerProvider
from hurtig.connectors.filesystem.streaming_file_sink import StreamingFileSink
from hurtig.formats.contract import BulkFormat, StreamFormat

__all__ = [
    "BucketAssigner",
    "BulkFormat",
    "DefaultRollingPolicy",
    "FileCompactStrategy",
    "FileCompactor",
    "FileEnumeratorProvider",
    "FileSink",
    "FileSource",
    "FileSourceBuilder",
    "FileSplitAssignerProvider",
    "OnCheckpointRollingPolicy",
    "OutputFileConfig",
    "RollingPolicy",
    "StreamFormat",
    "StreamingFileSink",
]
