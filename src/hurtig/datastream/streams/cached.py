"""``CachedDataStream``: a bounded stream that is computed once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hurtig.datastream.streams.base import DataStream
from hurtig.graph.transformation import CacheTransformation

if TYPE_CHECKING:
    from hurtig.connectors.collection.sink import CollectBuffer
    from hurtig.datastream.stream_execution_environment import StreamExecutionEnvironment
    from hurtig.graph.transformation import Transformation


class CachedDataStream(DataStream):
    """A stream whose records are kept by the first job that computes them.

    Mirrors PyFlink's ``CachedDataStream``; the records are kept in this process.
    """

    _transformation: CacheTransformation

    def __init__(self, env: StreamExecutionEnvironment, transformation: Transformation) -> None:
        super().__init__(env, CacheTransformation(transformation))
        env._caches.append(self)

    def invalidate(self) -> None:
        """Forget the kept records; the next job computes them again."""
        self._transformation.kept = None

    def _record(self) -> CollectBuffer | None:
        """Record this stream in the job being built; ``None`` when it is kept already."""
        from hurtig.datastream.streams.collect import add_collect_sink

        if self._transformation.kept is not None:
            return None
        origin = DataStream(self._env, self._transformation.inputs[0])
        return add_collect_sink(origin, "Cache", bounded=False)

    def _keep(self, buffer: CollectBuffer) -> None:
        from hurtig.common.watermark_strategy import WatermarkStrategy
        from hurtig.connectors.collection.source import CollectionSource
        from hurtig.graph.transformation import SourceTransformation

        declared = self._transformation.output_type
        self._transformation.kept = SourceTransformation(
            "Source: Cache",
            CollectionSource(list(buffer), declared),
            WatermarkStrategy.no_watermarks(),
            declared,
            1,
        )
