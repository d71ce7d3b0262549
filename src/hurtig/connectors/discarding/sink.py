"""A sink that throws everything away, to measure what is before it."""

from __future__ import annotations

from hurtig.connectors.sink import Sink, SinkContext, SinkWriter
from hurtig.messages import RowBatch

__all__ = ["DiscardingSink"]


class DiscardingSink(Sink):
    """Takes records and does nothing with them. Mirrors Flink's ``DiscardingSink``."""

    def create_writer(self, context: SinkContext) -> SinkWriter:
        return _DiscardingWriter()


class _DiscardingWriter(SinkWriter):
    def write_batch(self, batch: RowBatch) -> None:
        pass
