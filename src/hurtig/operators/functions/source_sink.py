"""The older source and sink functions."""

from __future__ import annotations

from typing import Any


class SourceFunction:
    """Older source API: wraps a :class:`~hurtig.connectors.source.Source`."""

    def __init__(self, source_func: Any) -> None:
        self.source = source_func


class SinkFunction:
    """Older sink API: wraps a :class:`~hurtig.connectors.sink.Sink`, or a plain callable."""

    def __init__(self, sink_func: Any) -> None:
        self.sink = sink_func
