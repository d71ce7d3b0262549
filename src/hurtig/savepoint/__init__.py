"""Reading savepoints and checkpoints: ``Savepoint.load(path)``. See ``docs/savepoint_reader.md``.

Mirrors the reading half of Flink's State Processor API.
"""

from __future__ import annotations

from hurtig.checkpoint.inspect import OperatorSummary, StateSummary
from hurtig.savepoint.savepoint import Savepoint, SavepointReadError

__all__ = ["OperatorSummary", "Savepoint", "SavepointReadError", "StateSummary"]
