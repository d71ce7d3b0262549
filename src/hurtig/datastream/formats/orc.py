"""ORC (``pyflink.datastream.formats.orc``)."""

from __future__ import annotations

from hurtig.formats.orc import OrcBulkWriters, OrcColumnarRowInputFormat

__all__ = ["OrcBulkWriters", "OrcColumnarRowInputFormat"]
