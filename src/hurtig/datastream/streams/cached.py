"""``CachedDataStream``: a bounded stream that is computed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.datastream.streams.base import DataStream

if TYPE_CHECKING:
    from hurtig.datastream.stream_execution_environment import StreamExecutionEnvironment
    from hurtig.graph.transformation import Transformation


class CachedDataStream(DataStream):
    """A stream whose records are kept by the first job that computes them.

    Mirrors PyFlink's ``CachedDataStream``; the cache lives in this process.
    """

    def __init__(
        self, env: StreamExecutionEnvironment, transformation: Transformation
    ) -> None:
        super().__init__(env, transformation)
        self._origin = transformation
        self._sink: Any = None

    def _materialize(self) -> None:
        """Called before a job is built: keep the records of this stream, or use what was kept."""
        raise TypeError("replaced below")

    def invalidate(self) -> None:
        """Forget the kept records; the next job computes them again."""
        self._transformation = self._origin
        self._sink = None
