"""StreamingFileSink: the older API of the file sink."""

from __future__ import annotations

from hurtig.common.serialization import BulkWriterFactory, Encoder
from hurtig.connectors.filesystem.rolling_policy import RollingPolicy
from hurtig.connectors.filesystem.sink import FileSink
from hurtig.connectors.sink import SinkContext
from hurtig.operators.functions import SinkFunction


class StreamingFileSink(FileSink, SinkFunction):
    """As :class:`FileSink`, with part files named ``<prefix>-<subtask>-<counter><suffix>``."""

    @staticmethod
    def for_row_format(base_path: str, encoder: Encoder) -> DefaultRowFormatBuilder:
        """A builder for files into which records are written one after the other."""
        return StreamingFileSink.DefaultRowFormatBuilder(base_path, encoder)

    @staticmethod
    def for_bulk_format(
        base_path: str, writer_factory: BulkWriterFactory
    ) -> DefaultBulkFormatBuilder:
        """A builder for files that a bulk writer writes."""
        return StreamingFileSink.DefaultBulkFormatBuilder(base_path, writer_factory)

    @property
    def sink(self) -> StreamingFileSink:
        """Itself: what a ``SinkFunction`` wraps."""
        return self

    def _unique_id(self, context: SinkContext) -> str | None:
        return str(context.subtask_index)

    class BaseBuilder(FileSink.BaseBuilder):
        """What both builders set."""

        def with_rolling_policy(self, policy: RollingPolicy):  # type: ignore[no-untyped-def]
            """When a part file is closed."""
            return super().with_rolling_policy(policy)

        def build(self) -> StreamingFileSink:
            """The sink."""
            return StreamingFileSink(self._settings)

    class DefaultRowFormatBuilder(BaseBuilder, FileSink.RowFormatBuilder):
        """Builder of a row-format sink."""

    class DefaultBulkFormatBuilder(BaseBuilder, FileSink.BulkFormatBuilder):
        """Builder of a bulk-format sink."""


DefaultRowFormatBuilder = StreamingFileSink.DefaultRowFormatBuilder
DefaultBulkFormatBuilder = StreamingFileSink.DefaultBulkFormatBuilder
