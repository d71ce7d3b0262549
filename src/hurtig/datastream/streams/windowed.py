"""Windowed streams: what happens to the records of each window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from hurtig.datastream.streams import build
from hurtig.datastream.streams.base import DataStream
from hurtig.datastream.streams.checks import warn_if_never_fired

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.datastream.stream_execution_environment import StreamExecutionEnvironment
    from hurtig.datastream.streams.keyed import KeyedStream
    from hurtig.operators.output_tag import OutputTag
    from hurtig.operators.window.assigner import WindowAssigner
    from hurtig.operators.window.contents import WindowContents
    from hurtig.operators.window.evictors import Evictor
    from hurtig.operators.window.trigger import Trigger


class _Windowed:
    """What windows with and without keys have in common."""

    _all_windows = False

    def __init__(self, stream: DataStream, window_assigner: WindowAssigner) -> None:
        self._stream = stream
        self._assigner = window_assigner
        self._trigger: Trigger | None = None
        self._evictor: Evictor | None = None
        self._allowed_lateness_ms = 0
        self._late_tag: OutputTag | None = None

    def get_execution_environment(self) -> StreamExecutionEnvironment:
        """The environment that the stream was made in."""
        return self._stream.get_execution_environment()

    def get_input_type(self) -> TypeInformation:
        """Type of the records in the windows."""
        return self._stream.get_type()

    def trigger(self, trigger: Trigger) -> Self:
        """Sets when windows fire, in place of the assigner's default trigger."""
        self._trigger = trigger
        return self

    def evictor(self, evictor: Evictor) -> Self:
        """Sets which records are removed before or after a window fires. Beyond PyFlink."""
        self._evictor = evictor
        return self

    def allowed_lateness(self, time_ms: Any) -> Self:
        """How long windows are kept after the watermark passed them: ms, Time or Duration."""
        from hurtig.common.time import to_millis

        lateness = to_millis(time_ms, "allowed_lateness")
        if lateness < 0:
            raise ValueError(f"the allowed lateness cannot be negative, got {lateness} ms")
        self._allowed_lateness_ms = lateness
        return self

    def side_output_late_data(self, output_tag: OutputTag) -> Self:
        """Sends records that are too late to this side output instead of dropping them."""
        self._late_tag = output_tag
        return self

    def reduce(
        self,
        reduce_function: Any,
        window_function: Any = None,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Combines a window's records pairwise as they come; ``window_function`` gets the one
        combination when the window fires."""
        from hurtig.operators.window.contents import reduce_contents

        contents = reduce_contents(reduce_function, window_function)
        declared = output_type
        if declared is None and window_function is None:
            declared = self._stream._transformation.output_type
        return self._apply(contents, declared)

    def aggregate(
        self,
        aggregate_function: Any,
        window_function: Any = None,
        accumulator_type: TypeInformation | None = None,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Aggregates a window's records as they come; ``window_function`` gets the one result
        when the window fires."""
        from hurtig.operators.window.contents import aggregate_contents

        contents = aggregate_contents(aggregate_function, window_function, accumulator_type)
        return self._apply(contents, output_type)

    def apply(self, window_function: Any, output_type: TypeInformation | None = None) -> DataStream:
        """Results for all records of a window: a :class:`WindowFunction`
        (:class:`AllWindowFunction` without keys)."""
        return self._elements(window_function, output_type)

    def process(
        self, process_window_function: Any, output_type: TypeInformation | None = None
    ) -> DataStream:
        """Results for all records of a window, with state: a :class:`ProcessWindowFunction`
        (:class:`ProcessAllWindowFunction` without keys)."""
        return self._elements(process_window_function, output_type)

    def _elements(self, function: Any, output_type: TypeInformation | None) -> DataStream:
        from hurtig.operators.window.contents import elements_contents

        return self._apply(elements_contents(function), output_type)

    def _apply(self, contents: WindowContents, output_type: TypeInformation | None) -> DataStream:
        from hurtig.operators.window.factory import create_window_operator

        operator = create_window_operator(
            self._assigner,
            self._trigger,
            self._evictor,
            self._allowed_lateness_ms,
            self._late_tag.tag_id if self._late_tag is not None else None,
            contents,
            self._all_windows,
        )
        operator.output_type = output_type
        name = f"Window({type(self._assigner).__name__})"
        warn_if_never_fired(self._assigner, self._trigger, name)
        result = build.apply(self._stream, name, operator)
        if self._all_windows:
            result.force_non_parallel()
        return result


class WindowedStream(_Windowed):
    """Windows of each key. Mirrors PyFlink's ``WindowedStream``."""

    def __init__(self, keyed_stream: KeyedStream, window_assigner: WindowAssigner) -> None:
        super().__init__(keyed_stream, window_assigner)


class AllWindowedStream(_Windowed):
    """Windows over all records. Mirrors PyFlink's ``AllWindowedStream``."""

    _all_windows = True

    def __init__(self, data_stream: DataStream, window_assigner: WindowAssigner) -> None:
        from hurtig.datastream.streams.keyed import keyed_stream

        super().__init__(keyed_stream(data_stream, _no_key, None), window_assigner)


def _no_key(value: Any) -> int:
    return 0


def count_assigner(size: int, slide: int) -> WindowAssigner:
    """Of ``count_window`` and ``count_window_all``."""
    from hurtig.operators.window.count import (
        CountSlidingWindowAssigner,
        CountTumblingWindowAssigner,
    )

    if slide == 0:
        return CountTumblingWindowAssigner.of(size)
    return CountSlidingWindowAssigner.of(size, slide)
