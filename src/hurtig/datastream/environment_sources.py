"""The sources of an environment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from hurtig.common.errors import ProgramError
from hurtig.datastream.streams.base import DataStream
from hurtig.graph.transformation import SourceTransformation

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.common.watermark_strategy import WatermarkStrategy
    from hurtig.connectors.source import Source
    from hurtig.datastream.stream_execution_environment import StreamExecutionEnvironment


class EnvironmentSources:
    """Makes streams out of sources."""

    _sources: list[SourceTransformation]

    def from_source(
        self,
        source: Any,
        watermark_strategy: WatermarkStrategy,
        source_name: str,
        type_info: TypeInformation | None = None,
    ) -> DataStream:
        """A stream of what ``source`` gives."""
        return self._read(as_source(source), watermark_strategy, source_name, type_info)

    def add_source(
        self,
        source_func: Any,
        source_name: str = "Custom Source",
        type_info: TypeInformation | None = None,
    ) -> DataStream:
        """A stream of what an older source function gives."""
        from hurtig.common.watermark_strategy import WatermarkStrategy

        source = as_source(source_func)
        return self._read(source, WatermarkStrategy.no_watermarks(), source_name, type_info)

    def from_collection(
        self, collection: Iterable[Any], type_info: TypeInformation | None = None
    ) -> DataStream:
        """A stream of the collection's elements, checked and converted to ``type_info``."""
        from hurtig.common.coercion import check_collection
        from hurtig.common.watermark_strategy import WatermarkStrategy
        from hurtig.connectors.collection.source import CollectionSource

        values = list(collection)
        if type_info is not None:
            values = check_collection(values, type_info, "element")
        source = CollectionSource(values, type_info)
        stream = self._read(
            source, WatermarkStrategy.no_watermarks(), "Collection Source", type_info
        )
        return stream.force_non_parallel()

    def from_iterable(
        self,
        iterable: Any,
        source_name: str = "Iterable Source",
        type_info: TypeInformation | None = None,
        watermark_strategy: WatermarkStrategy | None = None,
        bounded: bool = True,
        timestamps: Any = None,
    ) -> DataStream:
        """A stream of any iterable, callable that gives an iterator, or async iterator.

        Beyond PyFlink. The iterator is made where the source runs; give a callable where it
        cannot be pickled. ``timestamps`` is a function of a record that gives its event time in
        epoch ms; ``bounded=False`` says that the iterator never ends. For one iterator per
        subtask see :meth:`IterableSource.partitioned`.
        """
        from hurtig.common.watermark_strategy import WatermarkStrategy
        from hurtig.connectors.iterable.source import IterableSource

        source = IterableSource(iterable, bounded=bounded, timestamps=timestamps)
        strategy = watermark_strategy or WatermarkStrategy.no_watermarks()
        return self._read(source, strategy, source_name, type_info)

    def read_text_file(self, file_path: str, charset_name: str = "UTF-8") -> DataStream:
        """A stream of the lines of a file or directory (older releases)."""
        from hurtig.common.typeinfo import Types
        from hurtig.common.watermark_strategy import WatermarkStrategy
        from hurtig.datastream.connectors.file_system import FileSource, StreamFormat

        source = FileSource.for_record_stream_format(
            StreamFormat.text_line_format(charset_name), file_path
        ).build()
        return self._read(
            source, WatermarkStrategy.no_watermarks(), "Read Text File Source", Types.STRING()
        )

    def socket_text_stream(
        self, hostname: str, port: int, delimiter: str = "\n", max_retry: int = 0
    ) -> DataStream:
        """A stream of the lines that a server on ``hostname:port`` sends. Beyond PyFlink."""
        from hurtig.common.typeinfo import Types
        from hurtig.common.watermark_strategy import WatermarkStrategy
        from hurtig.connectors.socket.source import SocketTextStream

        source = SocketTextStream(hostname, port, delimiter, max_retry)
        stream = self._read(
            source, WatermarkStrategy.no_watermarks(), "Socket Stream", Types.STRING()
        )
        return stream.force_non_parallel()

    def from_sequence(self, start: int, end: int) -> DataStream:
        """The numbers from ``start`` to ``end``, both included. Beyond PyFlink."""
        from hurtig.common.watermark_strategy import WatermarkStrategy
        from hurtig.connectors.number_sequence.source import NumberSequenceSource

        source = NumberSequenceSource(start, end)
        return self._read(source, WatermarkStrategy.no_watermarks(), "Sequence Source", None)

    def create_input(
        self, input_format: Any, type_info: TypeInformation | None = None
    ) -> DataStream:
        """A stream of what an input format reads."""
        from hurtig.common.watermark_strategy import WatermarkStrategy

        source = as_source(input_format)
        return self._read(
            source, WatermarkStrategy.no_watermarks(), "Custom File Source", type_info
        )

    def _read(
        self,
        source: Source,
        strategy: WatermarkStrategy,
        name: str,
        type_info: TypeInformation | None,
    ) -> DataStream:
        env = cast("StreamExecutionEnvironment", self)
        produced = type_info or source.produced_type
        title = name if name.startswith("Source: ") else f"Source: {name}"
        transformation = SourceTransformation(
            title, source, strategy, produced, env.get_parallelism()
        )
        self._sources.append(transformation)
        return DataStream(env, transformation)


def as_source(source: Any) -> Source:
    """The source behind a source, an older source function or an input format."""
    from hurtig.connectors.source import Source
    from hurtig.operators.functions import SourceFunction

    if isinstance(source, SourceFunction):
        source = source.source
    if hasattr(source, "as_source"):
        source = source.as_source()
    if not isinstance(source, Source):
        raise ProgramError(
            f"{source!r} is not a source. For plain Python iterators use env.from_iterable(...)"
        )
    return source
